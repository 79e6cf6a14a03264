"""Class lists: who comes, who leaves, and whose role stays as it is."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.models import Person
from app.accounts.scopes import SCOPES
from app.core.errors import ConflictError, ForbiddenError
from app.core.service import Service
from app.core.writer import Writer
from app.courses.models import Enrolment
from app.lti import claims as names
from app.lti import memberships, rosters
from app.lti.contexts import take_part
from app.lti.identities import make_person, person_of
from app.lti.models import Context, RosterEntry
from app.lti.paging import PagingError, next_page
from app.lti.rosters import PlatformFailedError
from app.lti.tokens import Tokens
from tests.backends import on_one_database
from tests.lti.platform import ASSISTANT, LEARNER, MENTOR, TEACHER, Answer, Member
from tests.lti.services.conftest import Link, Linked

pytestmark = pytest.mark.anyio

TEACHER_SUB = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#PrimaryInstructor"


@pytest.fixture
async def linked(link: Link) -> Linked:
    return await link()


def set_list(linked: Linked, *members: Member) -> None:
    linked.course = replace(linked.course, members=members)
    linked.gradebook.courses[linked.course.id] = linked.course


async def sync(linked: Linked, tokens: Tokens) -> rosters.Synced:
    teacher = Principal(linked.classroom.teacher.id, scopes=frozenset(SCOPES), via="token", is_admin=True)
    (synced,) = await rosters.sync(linked.service, tokens, teacher, linked.classroom.course)
    return synced


async def launch(linked: Linked, member: Member) -> str:
    """What a launch makes of somebody: a person who takes part."""
    service = linked.service

    def job(session: Session) -> str:
        now = service.clock()
        person_id = person_of(session, linked.gradebook.platform.issuer, member.subject, member.name, now)
        role = names.role_in_course(member.launch_roles)
        assert role is not None
        take_part(session, linked.classroom.course, person_id, role, now)
        return person_id

    return await service.writer.write(job)


def taking_part(linked: Linked) -> dict[str, str]:
    """Names and roles of those who take part, but for the teacher and student who were enrolled by hand."""
    with linked.service.database.reading() as session:
        query = select(Person.name, Enrolment.role).join(Enrolment, Enrolment.person_id == Person.id)
        mine = (Enrolment.course_id == linked.classroom.course, Enrolment.ended_at.is_(None))
        found = session.execute(query.where(*mine, Person.email.is_(None)))
        return {row.name: row.role for row in found}


def raw_roles(linked: Linked) -> dict[str, Sequence[str]]:
    with linked.service.database.reading() as session:
        return {entry.subject: entry.roles for entry in session.scalars(select(RosterEntry))}


async def test_everybody_in_all_pages_takes_part_by_their_role(linked: Linked, tokens: Tokens) -> None:
    others = [Member(f"m{number}", f"Member {number}") for number in range(3)]
    set_list(linked, LEARNER, TEACHER, MENTOR, *others)
    synced = await sync(linked, tokens)
    assert (synced.members, synced.added, synced.ended, synced.without_part) == (6, 5, 1, 1)
    assert taking_part(linked) == {
        LEARNER.name: "student",
        TEACHER.name: "instructor",
        **{each.name: "student" for each in others},
    }
    assert raw_roles(linked)["9"] == [names.MENTOR]
    assert linked.gradebook.platform.count("/courses/11/memberships") == 3
    again = await sync(linked, tokens)
    assert (again.added, again.ended) == (0, 0)


@on_one_database
async def test_an_assistant_of_a_launch_stays_one_although_the_list_says_learner(
    linked: Linked, tokens: Tokens
) -> None:
    await launch(linked, ASSISTANT)
    set_list(linked, ASSISTANT, LEARNER)
    await sync(linked, tokens)
    assert taking_part(linked) == {ASSISTANT.name: "assistant", LEARNER.name: "student"}
    assert raw_roles(linked)[ASSISTANT.subject] == [names.LEARNER]


async def test_who_is_known_by_a_launch_is_not_made_twice(linked: Linked, tokens: Tokens) -> None:
    known = await launch(linked, LEARNER)
    set_list(linked, replace(LEARNER, name="李小棠"))
    assert (await sync(linked, tokens)).added == 0
    assert taking_part(linked) == {"李小棠": "student"}
    with linked.service.database.reading() as session:
        assert session.scalars(select(RosterEntry.person_id)).all() == [known]


@on_one_database
async def test_a_name_in_another_order_is_the_same_name(linked: Linked, tokens: Tokens) -> None:
    """Moodle's list has the family name last, whatever the site's language; its launches have it where it belongs."""
    await launch(linked, LEARNER)
    assert LEARNER.name == "李海棠"
    set_list(linked, replace(LEARNER, name="海棠 李"))
    await sync(linked, tokens)
    assert taking_part(linked) == {LEARNER.name: "student"}


@on_one_database
async def test_the_same_address_is_not_the_same_person(linked: Linked, tokens: Tokens) -> None:
    set_list(linked, replace(LEARNER, email=linked.classroom.students[0].email))
    await sync(linked, tokens)
    assert taking_part(linked) == {LEARNER.name: "student"}


async def test_who_leaves_is_taken_out_and_who_comes_back_is_taken_in(linked: Linked, tokens: Tokens) -> None:
    other = Member("8", "Other")
    set_list(linked, LEARNER, TEACHER, other)
    await sync(linked, tokens)
    set_list(linked, TEACHER, replace(other, status="Inactive"))
    assert (await sync(linked, tokens)).ended == 2
    assert taking_part(linked) == {TEACHER.name: "instructor"}
    set_list(linked, LEARNER, TEACHER, other)
    assert (await sync(linked, tokens)).added == 2
    assert set(taking_part(linked)) == {LEARNER.name, TEACHER.name, other.name}


async def test_a_student_who_left_before_the_first_list(linked: Linked, tokens: Tokens) -> None:
    await launch(linked, LEARNER)
    await launch(linked, TEACHER)
    set_list(linked, Member("8", "Other"))
    await sync(linked, tokens)
    assert taking_part(linked) == {"Other": "student", TEACHER.name: "instructor"}


@on_one_database
async def test_who_was_enrolled_by_hand_is_no_business_of_the_list(linked: Linked, tokens: Tokens) -> None:
    stranger = await linked.classroom._account("stranger")
    body = {"email": stranger.email, "role": "student"}
    await linked.classroom.teacher.client.post(f"/api/v1/courses/{linked.classroom.course}/enrolments", json=body)
    set_list(linked, LEARNER)
    await sync(linked, tokens)
    with linked.service.database.reading() as session:
        enrolment = session.scalars(select(Enrolment).where(Enrolment.person_id == stranger.id)).one()
        assert enrolment.ended_at is None


async def test_the_last_instructor_stays(linked: Linked, tokens: Tokens, service: Service) -> None:
    set_list(linked, LEARNER, TEACHER)
    await sync(linked, tokens)

    def only_theirs(session: Session) -> None:
        mine = select(Enrolment).where(Enrolment.person_id == linked.classroom.teacher.id)
        session.scalars(mine).one().ended_at = service.clock()

    await service.writer.write(only_theirs)
    set_list(linked, LEARNER)
    assert (await sync(linked, tokens)).ended == 0
    assert taking_part(linked)[TEACHER.name] == "instructor"


async def test_nobody_is_taken_out_whom_another_context_of_the_course_names(
    linked: Linked, tokens: Tokens, service: Service
) -> None:
    def second(session: Session) -> None:
        first = session.get_one(Context, linked.context_id)
        values = {column.name: getattr(first, column.name) for column in Context.__table__.columns}
        address = f"{linked.gradebook.platform.address}/courses/12/memberships"
        more = {"id": linked.context_id[:-1] + "x", "context_id": "12", "memberships_url": address}
        session.add(Context(**values | more))

    await service.writer.write(second)
    linked.gradebook.courses["12"] = replace(linked.course, id="12", members=(Member("8", "Other"), LEARNER))
    teacher = Principal(linked.classroom.teacher.id, scopes=frozenset(SCOPES), via="token", is_admin=True)
    set_list(linked, LEARNER, TEACHER)
    await rosters.sync(service, tokens, teacher, linked.classroom.course)
    set_list(linked, TEACHER)
    await rosters.sync(service, tokens, teacher, linked.classroom.course)
    assert set(taking_part(linked)) == {LEARNER.name, TEACHER.name, "Other"}


async def test_lists_that_are_fetched_at_the_same_time_take_nobody_out(linked: Linked, tokens: Tokens) -> None:
    """As by a second click on the button, in this process or in another one."""
    others = [Member(f"s{number}", f"Student {number}") for number in range(120)]
    set_list(linked, LEARNER, TEACHER, *others)
    await sync(linked, tokens)
    everybody = taking_part(linked)
    async with AsyncExitStack() as stack:
        writer = await stack.enter_async_context(Writer(linked.service.database))
        second = replace(linked.service, writer=writer)
        site = [(linked.service, None), (second, None), (linked.service, None), (second, None)]
        await asyncio.gather(*(rosters.sync(each, tokens, by, linked.classroom.course) for each, by in site))
    assert taking_part(linked) == everybody


@on_one_database
async def test_a_closed_account_is_not_opened(linked: Linked, tokens: Tokens, service: Service) -> None:
    def close(session: Session) -> None:
        person_id = make_person(session, linked.gradebook.platform.issuer, LEARNER.subject, "Gone", service.clock())
        session.get_one(Person, person_id).disabled_at = service.clock()

    await service.writer.write(close)
    set_list(linked, LEARNER, TEACHER)
    synced = await sync(linked, tokens)
    assert synced.without_part == 1
    assert set(taking_part(linked)) == {TEACHER.name}


@on_one_database
class TestFaults:
    @pytest.mark.parametrize(
        "answer",
        [
            Answer(status=500),
            Answer("<html>", content_type="text/html"),
            Answer({"members": []}),
            Answer({"members": "all"}),
            Answer([]),
            None,
        ],
    )
    async def test_a_list_that_does_not_come_changes_nothing(
        self, linked: Linked, tokens: Tokens, answer: Answer | None
    ) -> None:
        await launch(linked, LEARNER)
        linked.gradebook.platform.on("GET", "/courses/11/memberships", lambda _request, _match: answer)
        with pytest.raises(PlatformFailedError):
            await sync(linked, tokens)
        assert taking_part(linked) == {LEARNER.name: "student"}

    async def test_pages_in_a_circle(self, linked: Linked, tokens: Tokens) -> None:
        set_list(linked, LEARNER, TEACHER, ASSISTANT)
        first = f"{linked.gradebook.platform.address}/courses/11/memberships?limit=500"
        linked.gradebook.next_link = lambda _link: first
        with pytest.raises(PlatformFailedError, match="circle"):
            await sync(linked, tokens)

    async def test_pages_without_end(self, linked: Linked, tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.lti.paging.PAGES", 3)
        set_list(linked, *(Member(f"m{number}", f"Member {number}") for number in range(20)))
        with pytest.raises(PlatformFailedError, match="no end"):
            await sync(linked, tokens)

    async def test_a_page_on_another_server_is_not_sent_our_token(self, linked: Linked, tokens: Tokens) -> None:
        set_list(linked, LEARNER, TEACHER, ASSISTANT)
        linked.gradebook.next_link = lambda _link: "http://localhost:9/elsewhere"
        with pytest.raises(PlatformFailedError, match="another server"):
            await sync(linked, tokens)

    async def test_a_course_without_a_platform(self, linked: Linked, tokens: Tokens, service: Service) -> None:
        await service.writer.write(
            lambda session: setattr(session.get_one(Context, linked.context_id), "memberships_url", None)
        )
        with pytest.raises(ConflictError):
            await sync(linked, tokens)

    async def test_students_do_not_fetch_lists(self, linked: Linked, tokens: Tokens, service: Service) -> None:
        student = Principal(linked.classroom.students[0].id, scopes=frozenset(SCOPES), via="token")
        with pytest.raises(ForbiddenError):
            await rosters.sync(service, tokens, student, linked.classroom.course)


class TestReading:
    def test_a_row_may_leave_out_what_it_may(self) -> None:
        rows = [{"user_id": 7, "roles": [names.LEARNER]}, {"user_id": "8"}, {"roles": []}, {"user_id": ""}]
        assert [(each.subject, each.status, each.role) for each in memberships.read(rows)] == [
            ("7", "Active", "student"),
            ("8", "Active", None),
        ]

    @pytest.mark.parametrize(
        "told",
        [{"given_name": "Ada", "family_name": "Lovelace"}, {"name": " Ada\x00\nLovelace "}],
        ids=["parts", "NUL"],
    )
    def test_the_name_is_read_as_that_of_a_launch(self, told: dict[str, str]) -> None:
        (member,) = memberships.read([{"user_id": "7", "roles": []} | told])
        assert member.name == "Ada Lovelace"

    def test_who_is_there_twice_has_the_roles_of_both_rows(self) -> None:
        rows = [
            {"user_id": "7", "roles": [names.LEARNER], "status": "Inactive"},
            {"user_id": "7", "roles": [TEACHER_SUB], "status": "Active"},
        ]
        (member,) = memberships.read(rows)
        assert (member.roles, member.role) == ((names.LEARNER, TEACHER_SUB), "instructor")

    @pytest.mark.parametrize(
        ("link", "page"),
        [
            ('<https://lms/m?from=2>; rel="next"', "https://lms/m?from=2"),
            ('<https://lms/m?p=1>; rel="first", <https://lms/m?p=2>; rel=next', "https://lms/m?p=2"),
            ('</m?p=2>; title="x, y"; REL="prev Next"', "https://lms/m?p=2"),
            ('<https://lms/m?p=2>; rel="differences"', None),
            ("", None),
            ("nonsense", None),
        ],
    )
    def test_the_next_page(self, link: str, page: str | None) -> None:
        assert next_page("https://lms/m", link) == page

    def test_another_server(self) -> None:
        with pytest.raises(PagingError):
            next_page("https://lms/m", '<https://other/m?p=2>; rel="next"')
