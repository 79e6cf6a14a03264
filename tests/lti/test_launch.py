"""Launches that are accepted: who comes, into which course, in which role, and what they see."""

import asyncio
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select

from app.accounts.models import AuditEntry, Person, SignInSession
from app.courses.models import Assignment, Course, Enrolment
from app.lti import claims as names
from app.lti import models
from app.main import create_app
from tests.lti.conftest import TOOL, Browser, reason_of, register
from tests.lti.platform import ASSISTANT, LEARNER, TEACHER, Member, Platform, ResourceLink
from tests.lti.platform import Course as PlatformCourse

pytestmark = pytest.mark.anyio

LINK = ResourceLink()


@pytest.fixture
def read(app):
    """Runs a query."""

    def rows(query):
        with app.state.service.database.reading() as session:
            return session.execute(query).all()

    return rows


@pytest.fixture
def assigned(browser, read):
    """A published assignment in the LMS's course, and the link that names it."""

    async def make(link: ResourceLink = LINK, **settings) -> ResourceLink:
        teacher = browser()
        await teacher.launch(TEACHER, link)
        (course_id,) = read(select(Course.id))[-1]
        item = {"problem": "1.4", "form": "open", "seed_mode": "fixed", "seed": 0, "points": 2}
        body = {"title": "Sheet 1", "published": True, "items": [item]} | settings
        sent = {"Sec-Fetch-Site": "same-origin"}
        made = await teacher.client.post(f"/api/v1/courses/{course_id}/assignments", json=body, headers=sent)
        assert made.status_code == 201, made.text
        return ResourceLink(link.id, link.title, link.course, {names.ASSIGNMENT: made.json()["id"]})

    return make


async def test_a_student_lands_on_the_assignment(browser, assigned):
    link = await assigned()
    student = browser()
    response = await student.launch(LEARNER, link)
    assert response.status_code == 303
    assert response.headers["location"] == f"/en/assignments/{link.custom[names.ASSIGNMENT]}"
    page = await student.client.get(response.headers["location"])
    assert page.status_code == 200
    assert "Sheet 1" in page.text
    assert LEARNER.name in page.text


async def test_a_teacher_lands_on_the_assignment_too(browser, assigned):
    link = await assigned()
    teacher = browser()
    response = await teacher.launch(TEACHER, link)
    page = await teacher.client.get(response.headers["location"])
    assert "Edit the assignment" in page.text
    assert "Score report" in page.text


async def test_the_course_is_made_once_and_people_take_part_in_their_roles(browser, read):
    for member in (TEACHER, ASSISTANT, LEARNER, LEARNER, TEACHER):
        await browser().launch(member, LINK)
    assert read(select(Course.title)) == [("Neural computation",)]
    took_part = select(Person.name, Person.kind, Person.email, Enrolment.role).join(
        Enrolment, Enrolment.person_id == Person.id
    )
    assert sorted(read(took_part)) == [
        ("Ada Teacher", "user", None, "instructor"),
        ("Alan Assistant", "user", None, "assistant"),
        (LEARNER.name, "user", None, "student"),
    ]


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"], "student"),
        (["Learner"], "student"),
        (["http://purl.imsglobal.org/vocab/lis/v2/membership/Learner#GuestLearner"], "student"),
        (["http://purl.imsglobal.org/vocab/lis/v2/membership#ContentDeveloper"], "instructor"),
        (["http://purl.imsglobal.org/vocab/lis/v2/membership#Administrator"], "instructor"),
        (["http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"], "assistant"),
        (["http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#Grader", names.INSTRUCTOR], "assistant"),
        ([names.LEARNER, "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"], "student"),
        ([names.LEARNER, "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"], "student"),
        (["urn:lti:role:unheard-of", names.LEARNER], "student"),
    ],
)
async def test_roles_in_the_context_count(browser, read, roles, expected):
    await browser().launch(Member("5", "Somebody", tuple(roles)), LINK)
    assert read(select(Enrolment.role)) == [(expected,)]


async def test_a_launch_raises_a_role_and_never_lowers_it(browser, read):
    for roles, expected in (
        ((names.LEARNER,), "student"),
        ((names.INSTRUCTOR,), "instructor"),
        ((names.LEARNER,), "instructor"),
    ):
        await browser().launch(Member("5", "Somebody", roles), LINK)
        assert read(select(Enrolment.role)) == [(expected,)]


async def test_a_role_that_an_instructor_has_lowered_stays_so_while_the_platform_says_no_more(browser, change, read):
    person = Member("5", "Somebody", (names.INSTRUCTOR,))
    await browser().launch(person, LINK)
    await change(Enrolment, role="student")
    for roles, expected in (((names.LEARNER,), "student"), ((names.INSTRUCTOR,), "instructor")):
        await browser().launch(replace(person, launch_roles=roles), LINK)
        assert read(select(Enrolment.role)) == [(expected,)]


async def test_nothing_is_changed_for_who_is_there_already(browser, read):
    for _ in range(2):
        await browser().launch(LEARNER, LINK)
    assert read(select(AuditEntry.action).where(AuditEntry.action.like("enrolment.%"))) == [("enrolment.create",)]


async def test_who_had_left_takes_part_again(browser, change, read):
    await browser().launch(LEARNER, LINK)
    await change(Enrolment, ended_at=datetime(2026, 1, 1, tzinfo=UTC))
    await browser().launch(LEARNER, LINK)
    assert read(select(Enrolment.ended_at)) == [(None,)]


async def test_nobody_is_found_by_e_mail(browser, app, count):
    """Whoever administers a platform could take over any account by its address."""

    def job(session):
        row = {"id": "0", "kind": "user", "name": "Dean", "email": "dean@example.edu", "is_admin": True}
        session.add(Person(**row, created_at=datetime(2026, 1, 1, tzinfo=UTC)))

    await app.state.service.writer.write(job)
    visitor = browser()
    await visitor.launch(Member("5", "Dean", email="dean@example.edu"), LINK)
    me = (await visitor.client.get("/api/v1/me")).json()
    assert me["id"] != "0"
    assert me["email"] is None
    assert count(Person) == 2


async def test_who_has_an_account_of_their_own_keeps_its_name(browser, change, read):
    await browser().launch(LEARNER, LINK)
    for own in ({"email": "li@example.edu"}, {"email": None, "password_hash": "x"}):
        await change(Person, name="Own name", **own)
        await browser().launch(LEARNER, LINK)
        assert read(select(Person.name)) == [("Own name",)]


async def test_the_same_subject_of_another_issuer_is_somebody_else(browser, app, count):
    first = browser()
    await first.launch(LEARNER, LINK)
    with Platform(tool=TOOL) as other:
        await register(app, other)
        visitor = browser()
        visitor.platform = other
        assert (await visitor.launch(LEARNER, LINK)).status_code == 303
    assert (count(Person), count(Course)) == (2, 2)


async def test_one_issuer_may_have_many_clients_and_deployments(browser, app, count):
    """As Canvas has: a person is the same with every client, a course belongs to its deployment."""
    first = browser()
    await first.launch(LEARNER, LINK)
    with Platform(TOOL, issuer=first.platform.issuer, client_id="other-client", deployment_id="2") as other:
        await register(app, other)
        visitor = browser()
        visitor.platform = other
        assert (await visitor.launch(LEARNER, LINK)).status_code == 303
        assert reason_of(await visitor.login(LEARNER, LINK, client_id="")) == "unknown-platform"
    assert (count(Person), count(Course), count(models.Link)) == (1, 2, 2)


async def test_the_client_id_may_be_left_out_where_there_is_one(browser):
    visitor = browser()
    fields = await visitor.message(LEARNER, LINK, client_id="", lti_deployment_id="")
    assert (await visitor.send(fields)).status_code == 303


async def test_a_login_may_be_begun_by_get(browser, platform):
    visitor = browser()
    response = await visitor.client.get("/lti/login", params=platform.initiate(LEARNER, LINK), follow_redirects=False)
    response = await visitor.client.get(response.headers["location"])
    fields = platform.authorize(response.headers["location"])
    assert (await visitor.send(fields)).status_code == 303


@pytest.mark.parametrize("audience", [["haitang-client"], ["another", "haitang-client"]])
async def test_the_audience_may_be_a_list(browser, audience):
    response = await browser().launch(LEARNER, LINK, lambda claims: claims.update(aud=audience, azp="haitang-client"))
    assert response.status_code == 303


@pytest.mark.parametrize("seconds", [-110, 50])
async def test_clocks_may_differ_by_a_minute(browser, platform, seconds):
    """A message lives for 60 seconds here: it may have ended 50 seconds ago, or begin in 50."""
    now = platform.clock()
    platform.clock = lambda: now + seconds
    assert (await browser().launch(LEARNER, LINK)).status_code == 303


@pytest.mark.parametrize(
    "left_out", ["name", names.CUSTOM, names.TOOL_PLATFORM, names.LAUNCH_PRESENTATION, names.AGS_ENDPOINT]
)
async def test_what_a_message_can_do_without(browser, left_out):
    assert (await browser().launch(LEARNER, LINK, lambda claims: claims.pop(left_out))).status_code == 303


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"name": "李海棠"}, "李海棠"),
        ({"name": None, "given_name": "Ada", "family_name": "King"}, "Ada King"),
        ({"name": None}, f"#{LEARNER.subject}"),  # a platform that keeps names to itself
        ({"name": "x" * 300}, "x" * 200),
        ({"name": " Ada\x00\nKing "}, "Ada King"),
    ],
)
async def test_names(browser, read, given, shown):
    await browser().launch(LEARNER, LINK, lambda claims: claims.update(given))
    assert read(select(Person.name)) == [(shown,)]


@pytest.mark.parametrize(("locale", "language"), [("en_us", "en"), ("zh_cn", "zh"), ("zh-TW", "zh"), ("de", "en")])
async def test_pages_speak_the_language_of_the_platform(browser, locale, language):
    response = await browser().launch(
        LEARNER, LINK, lambda claims: claims[names.LAUNCH_PRESENTATION].update(locale=locale)
    )
    assert response.headers["location"] == f"/{language}/lti/waiting"


class TestLinkWithoutAssignment:
    async def test_a_student_is_told_to_wait(self, browser):
        student = browser()
        response = await student.launch(LEARNER, LINK)
        page = await student.client.get(response.headers["location"])
        assert page.status_code == 200
        assert "Nothing to do here yet" in page.text

    async def test_who_teaches_chooses_one(self, browser):
        teacher = browser()
        response = await teacher.launch(TEACHER, LINK)
        assert response.headers["location"].startswith("/en/lti/choose/")
        assert (await teacher.client.get(response.headers["location"])).status_code == 200

    async def test_who_came_as_a_student_chooses_none_whatever_they_are_here(self, browser, change, read):
        student = browser()
        await student.launch(LEARNER, LINK)
        await change(Enrolment, role="instructor")
        (launch_id,) = read(select(models.Launch.id))[0]
        assert (await student.client.get(f"/en/lti/choose/{launch_id}")).status_code == 403

    async def test_a_draft_is_nothing_to_do_yet(self, browser, assigned):
        link = await assigned(published=False)
        assert (await browser().launch(LEARNER, link)).headers["location"] == "/en/lti/waiting"
        response = await browser().launch(ASSISTANT, link)
        assert response.headers["location"] == f"/en/assignments/{link.custom[names.ASSIGNMENT]}"


class TestAnotherAssignmentIsChosen:
    """Whatever the platform names with the link: what those who teach choose here counts, until it names another."""

    async def choose(self, browser, read, assignment: str, resource_link: str = LINK.id) -> httpx.Response:
        teacher = browser()
        await teacher.launch(TEACHER, LINK)
        (link_id,) = read(select(models.Link.id).where(models.Link.resource_link_id == resource_link))[0]
        sent = {"json": {"assignment_id": assignment}, "headers": {"Sec-Fetch-Site": "same-origin"}}
        return await teacher.client.patch(f"/api/v1/lti/links/{link_id}", **sent)

    async def opened(self, browser, link: ResourceLink) -> str:
        return (await browser().launch(LEARNER, link)).headers["location"].rpartition("/")[2]

    async def test_it_stays_until_the_platform_names_another(self, browser, assigned, read):
        first, second, third = [await assigned() for _ in range(3)]
        ids = [each.custom[names.ASSIGNMENT] for each in (first, second, third)]
        assert await self.opened(browser, first) == ids[0]
        assert (await self.choose(browser, read, ids[1])).status_code == 200
        assert await self.opened(browser, first) == ids[1]
        assert await self.opened(browser, third) == ids[2]
        assert await self.opened(browser, first) == ids[0]

    async def test_an_assignment_of_another_course_is_none(self, browser, assigned, read):
        here = (await assigned()).custom[names.ASSIGNMENT]
        there = await assigned(ResourceLink("32", course=PlatformCourse("12", "Another course")))
        refused = await self.choose(browser, read, there.custom[names.ASSIGNMENT])
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (404, "unknown-assignment")
        assert (await self.choose(browser, read, here)).status_code == 200


class TestCopiedCourse:
    """The LMS copies a course: its links come from another context with the parameter of the old one."""

    def link_in(self, course: str, link: ResourceLink) -> ResourceLink:
        return ResourceLink(f"copied-{course}", link.title, PlatformCourse(course, f"Course {course}"), link.custom)

    async def test_the_assignment_is_copied_once(self, browser, assigned, read):
        link = await assigned()
        source = link.custom[names.ASSIGNMENT]
        addresses = {
            (await browser().launch(member, self.link_in("12", link))).headers["location"]
            for member in (LEARNER, TEACHER, LEARNER)
        }
        copies = read(select(Assignment.id, Assignment.title).where(Assignment.id != source))
        assert [title for _, title in copies] == ["Sheet 1"]
        assert addresses == {f"/en/assignments/{copies[0].id}"}

    async def test_a_copy_that_was_deleted_does_not_come_back(self, browser, assigned, read):
        """Somebody who teaches the new course did without it; the link waits for another one."""
        link = self.link_in("12", await assigned())
        teacher = browser()
        copy = (await teacher.launch(TEACHER, link)).headers["location"].rpartition("/")[2]
        deleted = await teacher.client.delete(f"/api/v1/assignments/{copy}", headers={"Sec-Fetch-Site": "same-origin"})
        assert deleted.status_code == 200, deleted.text
        assert (await browser().launch(LEARNER, link)).headers["location"] == "/en/lti/waiting"
        assert len(read(select(Assignment.id))) == 1

    async def test_a_draft_is_copied_as_one(self, browser, assigned):
        link = self.link_in("12", await assigned(published=False))
        assert (await browser().launch(LEARNER, link)).headers["location"] == "/en/lti/waiting"

    async def test_each_copy_of_the_course_has_its_own(self, browser, assigned, count):
        link = await assigned()
        for course in ("12", "13", "12"):
            await browser().launch(LEARNER, self.link_in(course, link))
        assert count(Assignment) == 3

    @pytest.mark.parametrize(("days", "stays"), [(7, True), (-7, False)])
    async def test_dates_stay_while_they_are_to_come(self, browser, assigned, read, days, stays):
        link = await assigned(due_at=(datetime.now(UTC) + timedelta(days=days)).isoformat())
        await browser().launch(LEARNER, self.link_in("12", link))
        (due_at,) = read(select(Assignment.due_at).where(Assignment.id != link.custom[names.ASSIGNMENT]))[0]
        assert (due_at is not None) == stays

    async def test_another_platforms_assignment_is_not_copied(self, browser, app, assigned, count):
        link = await assigned()
        with Platform(tool=TOOL) as other:
            await register(app, other)
            visitor = browser()
            visitor.platform = other
            assert reason_of(await visitor.launch(TEACHER, self.link_in("12", link))) == "foreign-assignment"
        assert count(Assignment) == 1

    async def test_an_assignment_that_is_no_more_leaves_the_link_without(self, browser):
        link = ResourceLink(custom={names.ASSIGNMENT: "01890000-0000-7000-8000-000000000000"})
        assert (await browser().launch(TEACHER, link)).headers["location"].startswith("/en/lti/choose/")
        assert (await browser().launch(LEARNER, link)).headers["location"] == "/en/lti/waiting"


class TestSession:
    async def test_in_a_frame_the_cookie_is_partitioned(self, browser):
        response = await browser().launch(LEARNER, LINK)
        cookies = response.headers.get_list("set-cookie")
        (session,) = (cookie for cookie in cookies if cookie.startswith("__Host-frame-session="))
        assert "; HttpOnly; Max-Age=2592000; Path=/; SameSite=None; Secure; Partitioned" in session

    @pytest.mark.parametrize(
        ("base", "is_plain"),
        [
            ("http://haitang.localhost:8000", False),
            ("http://[::1]:8000", False),
            ("http://haitang:8000", True),
            ("http://172.17.0.1:8000", True),
        ],
    )
    @pytest.mark.parametrize("backend", ["sqlite"])
    async def test_without_tls_there_is_one_that_browsers_keep(self, app, platform, base, is_plain):
        """They take `Secure` from this machine alone; without it the activity opens in a tab, or on the same host."""
        await register(app, platform)
        platform.tool = base
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
            login = await client.post("/lti/login", data=platform.initiate(LEARNER, LINK))
        partitioned, *plain = login.headers.get_list("set-cookie")
        assert partitioned.endswith("; HttpOnly; Max-Age=600; Path=/; SameSite=None; Secure; Partitioned")
        assert plain == [partitioned.removesuffix("; SameSite=None; Secure; Partitioned")] * is_plain

    async def test_in_a_tab_of_its_own_it_is_an_ordinary_one(self, browser):
        visitor = browser()
        response = await visitor.send(await visitor.message(LEARNER, LINK), **{"Sec-Fetch-Dest": "document"})
        (session,) = (each for each in response.headers.get_list("set-cookie") if each.startswith("__Host-session="))
        assert "SameSite=lax" in session
        page = await visitor.client.get("/en/courses")
        assert LEARNER.name in page.text
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]

    async def test_pages_may_be_framed_by_the_launched_platform_alone(self, browser, assigned, platform):
        link = await assigned()
        student = browser()
        response = await student.launch(LEARNER, link)
        page = await student.client.get(response.headers["location"])
        assert f"frame-ancestors {platform.address};" in page.headers["content-security-policy"]
        assert "frame.js" in page.text
        missing = await student.client.get("/en/nowhere", headers={"Accept": "text/html"})
        assert (missing.status_code, f"frame-ancestors {platform.address};" in str(missing.headers)) == (404, True)
        stranger = await browser().client.get("/en")
        assert "frame-ancestors 'none'" in stranger.headers["content-security-policy"]
        assert "frame.js" not in stranger.text

    async def test_in_a_frame_what_leads_away_from_the_activity_opens_a_tab(self, browser, assigned):
        """The LMS has a head of its own; ours says who one is, and in which language one reads."""
        student = browser()
        page = (await student.client.get((await student.launch(LEARNER, await assigned())).headers["location"])).text
        head = page[page.index("<header") : page.index("</header>")]
        assert LEARNER.name in head
        assert "My attempts" not in head
        away = [tag for tag in re.findall("<a [^>]*>", page) if re.search('href="/en(/about)?"', tag)]
        assert [('target="_blank" rel="noopener"' in tag) for tag in away] == [True, True]
        alone = await student.client.get("/en/courses", headers={"Sec-Fetch-Dest": "document"})
        assert "My attempts" in alone.text

    async def test_who_has_no_address_to_sign_in_with_is_offered_no_password(self, browser):
        student = browser()
        await student.launch(LEARNER, LINK)
        page = (await student.client.get("/en/account")).text
        assert LEARNER.name in page
        assert "New password" not in page

    async def test_a_second_launch_of_the_same_person_keeps_the_session(self, browser, count):
        """So that a form that is open in another tab can still be sent."""
        visitor = browser()
        await visitor.launch(LEARNER, LINK)
        before = visitor.client.cookies["__Host-frame-session"]
        await visitor.launch(LEARNER, LINK)
        assert visitor.client.cookies["__Host-frame-session"] == before
        assert count(SignInSession) == 1

    async def test_whoever_has_no_password_shows_by_a_launch_that_it_is_them(self, browser, change):
        """As for the deletion of the account, which asks for a sign-in of the last minutes."""
        visitor = browser()
        await visitor.launch(LEARNER, LINK)
        await change(SignInSession, created_at=datetime.now(UTC) - timedelta(days=1))
        sent = {"json": {"confirmation": "delete"}, "headers": {"Sec-Fetch-Site": "same-origin"}}
        refused = await visitor.client.post("/api/v1/me/deletion", **sent)
        assert refused.status_code == 422
        assert "open Haitang from your learning platform once more" in refused.text
        await visitor.launch(LEARNER, LINK)
        assert (await visitor.client.post("/api/v1/me/deletion", **sent)).status_code == 200

    async def test_somebody_else_in_the_same_browser_gets_a_session_of_their_own(self, browser, count):
        visitor = browser()
        await visitor.launch(LEARNER, LINK)
        before = visitor.client.cookies["__Host-frame-session"]
        await visitor.launch(TEACHER, LINK)
        assert visitor.client.cookies["__Host-frame-session"] != before
        assert count(SignInSession) == 1
        assert (await visitor.client.get("/api/v1/me")).json()["name"] == TEACHER.name

    async def test_signing_out_ends_it(self, browser, count):
        visitor = browser()
        await visitor.launch(LEARNER, LINK)
        account = await visitor.client.get("/en/account")
        token = re.search('name="token" value="([^"]+)"', account.text)[1]
        sent = {"Sec-Fetch-Site": "same-origin"}
        farewell = await visitor.client.post("/en/sign-out", data={"token": token}, headers=sent)
        assert "You are signed out" in farewell.text
        assert f"frame-ancestors {visitor.platform.address};" in farewell.headers["content-security-policy"]
        assert LEARNER.name not in farewell.text
        assert "__Host-frame-session" not in visitor.client.cookies
        assert count(SignInSession) == 0

    async def test_the_newest_way_in_counts(self, browser):
        """In a frame, and later in a tab of its own: one browser, one session."""
        visitor = browser()
        await visitor.launch(LEARNER, LINK)
        response = await visitor.send(await visitor.message(TEACHER, LINK), **{"Sec-Fetch-Dest": "document"})
        assert response.status_code == 303
        assert "__Host-frame-session" not in visitor.client.cookies
        assert (await visitor.client.get("/api/v1/me")).json()["name"] == TEACHER.name

    async def test_an_answer_is_given_in_the_frame(self, browser, assigned):
        link = await assigned()
        student = browser()
        assignment = link.custom[names.ASSIGNMENT]
        await student.launch(LEARNER, link)
        items = (await student.client.get(f"/api/v1/assignments/{assignment}/items")).json()["items"]
        body = {"assignment": assignment, "item": items[0]["id"], "answers": {"count": 128}}
        sent = await student.client.post("/api/v1/attempts", json=body, headers={"Sec-Fetch-Site": "same-origin"})
        assert sent.status_code == 201, sent.text
        foreign = await student.client.post("/api/v1/attempts", json=body, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403


async def test_two_processes_that_meet_somebody_new_at_once_make_them_once(settings, browser, count):
    visitors = [browser() for _ in range(8)]
    messages = [await visitor.message(LEARNER, LINK) for visitor in visitors]
    second = create_app(settings)
    async with second.router.lifespan_context(second):
        for visitor in visitors[4:]:
            visitor.client._transport = httpx.ASGITransport(second)
        sent = (visitor.send(fields) for visitor, fields in zip(visitors, messages, strict=True))
        responses = await asyncio.gather(*sent)
    assert [response.status_code for response in responses] == [303] * 8
    tables = (Person, Course, Enrolment, models.Identity, models.Context, models.Link)
    assert [count(table) for table in tables] == [1] * len(tables)


class TestReplay:
    async def test_of_fifty_at_once_one_is_accepted(self, browser, count):
        visitor = browser()
        fields = await visitor.message(LEARNER, LINK)
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.client.cookies.items())
        responses = await asyncio.gather(*(browser().send(fields, Cookie=cookies) for _ in range(50)))
        assert Counter(response.status_code for response in responses) == {303: 1, 409: 49}
        assert {reason_of(response) for response in responses if response.status_code == 409} == {"used-state"}
        assert [count(table) for table in (SignInSession, models.Launch, models.Identity)] == [1, 1, 1]

    async def test_between_processes_too(self, settings, browser, platform):
        """Two processes on one database: what one has used, the other refuses."""
        visitor = browser()
        fields = await visitor.message(LEARNER, LINK)
        second = create_app(settings)
        async with (
            second.router.lifespan_context(second),
            httpx.AsyncClient(transport=httpx.ASGITransport(second), base_url=TOOL) as client,
        ):
            client.cookies = visitor.client.cookies
            other = Browser(client, platform)
            responses = await asyncio.gather(*(each.send(fields) for each in (visitor, other) * 10))
        assert Counter(response.status_code for response in responses) == {303: 1, 409: 19}
