"""Launches that are accepted: who comes, into which course, in which role, and what they see."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import select

from app.accounts.models import AuditEntry, Person, SignInSession
from app.courses.models import Course, Enrolment
from app.lti import claims as names
from app.lti import models
from app.main import create_app
from tests.lti.conftest import LINK, TOOL, Browser, reason_of, register
from tests.lti.platform import ASSISTANT, LEARNER, TEACHER, Member, Platform

pytestmark = pytest.mark.anyio


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
