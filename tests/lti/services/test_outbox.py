"""The outbox: every change of a grade gets to the platform, by whatever it was changed, and nothing else does."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import event, update

from app.core.service import Service
from app.lti import models
from app.lti.sender import Sender
from tests.backends import on_one_database
from tests.lti.platform_services import Fault
from tests.lti.services.conftest import Link, Linked
from tests.lti.services.test_sender import all_sent, until

pytestmark = pytest.mark.anyio


def iso(at: datetime) -> str:
    return at.isoformat()


async def answered(linked: Linked, number: int = 0) -> float:
    """A right answer of the student; what it is worth."""
    student = linked.classroom.students[number]
    sent = await linked.classroom.answer(student, {"count": "128"})
    assert sent.status_code == 201, sent.text
    grade = linked.classroom.grade(student)
    assert grade is not None
    assert grade.score == 2
    return grade.score


async def regrade(linked: Linked, *, item: int = 0, **settings: object) -> None:
    address = f"/api/v1/assignments/{linked.classroom.assignment}/regrades"
    body = {"item": linked.classroom.items[item], "settings": settings, "reason": "a test"}
    made = await linked.classroom.teacher.client.post(address, json=body)
    assert made.status_code == 201, made.text


async def test_a_regrade_reaches_the_gradebook(link: Link, sender: Sender) -> None:
    linked = await link()
    await answered(linked)
    async with sender:
        await all_sent(linked)
        await regrade(linked, points=5)
        await until(lambda: linked.shown() == 5)
    assert linked.column.results["u0"].maximum == 5


async def test_a_voided_assignment_removes_the_scores(link: Link, sender: Sender) -> None:
    linked = await link()
    await answered(linked)
    async with sender:
        await all_sent(linked)
        await regrade(linked, award="void")
        await until(lambda: linked.shown() is None)
        await all_sent(linked)
    score = linked.score()
    assert (score.last_score, score.final) == (None, False)


async def test_full_points_for_all_reach_who_has_not_answered(
    link: Link, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.lti.outbox.CHUNK", 1)
    linked = await link(students=3)
    await answered(linked)
    async with sender:
        await regrade(linked, award="full")
        await until(lambda: linked.shown(1) == linked.shown(2) == 2)


@on_one_database
async def test_an_extension_that_forgives_lateness_reaches_the_gradebook(link: Link, sender: Sender) -> None:
    due = datetime.now(UTC) - timedelta(hours=1)
    linked = await link(due_at=iso(due), late_per_day=0.5)
    student = linked.classroom.students[0]
    await linked.classroom.answer(student, {"count": "128"})
    async with sender:
        await until(lambda: linked.shown() == 1)
        body = {"person_id": student.id, "due_at": iso(due + timedelta(hours=3)), "reason": "ill"}
        address = f"/api/v1/assignments/{linked.classroom.assignment}/extensions"
        extended = await linked.classroom.teacher.client.post(address, json=body)
        assert extended.status_code == 201, extended.text
        await until(lambda: linked.shown() == 2)


@on_one_database
async def test_what_is_not_released_waits(link: Link, sender: Sender) -> None:
    due = datetime.now(UTC) + timedelta(seconds=3)
    release = {"correctness": "after-due", "diagnosis": "after-due", "key": "after-due", "solution": "after-due"}
    linked = await link(due_at=iso(due), closes_at=iso(due), release=release)
    await answered(linked)
    async with sender:
        await until(lambda: linked.score().state == "held")
        assert linked.column.results == {}
        await until(lambda: linked.shown() == 2)
    assert datetime.now(UTC) > due


@on_one_database
async def test_a_total_waits_for_what_could_not_be_graded(
    link: Link, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked = await link({}, {})
    await answered(linked)
    with monkeypatch.context() as failing:
        failing.setattr("app.attempts.assigned.grade_with", None)
        sent = await linked.classroom.answer(linked.classroom.students[0], {"count": "128"}, item=1)
        assert sent.status_code == 500
    async with sender:
        await until(lambda: linked.score().state == "held")
        assert linked.score().last_timestamp is None
        await regrade(linked, item=1)
        await all_sent(linked)
    assert (linked.shown(), linked.gradebook.taken) == (4, 1)


async def test_grades_that_were_there_before_the_line_item(link: Link, sender: Sender) -> None:
    linked = await link(launched=False)
    await answered(linked)
    assert linked.scores() == []
    await linked.launch()
    async with sender:
        await all_sent(linked)
    assert linked.shown() == 2


async def test_a_link_that_gets_another_assignment(link: Link, sender: Sender) -> None:
    """What was sent for the one before is removed where the new one has no score."""
    linked = await link(students=2)
    await answered(linked)
    async with sender:
        await all_sent(linked)
        await linked.classroom.assign({})
        await linked.launch()
        await until(lambda: linked.shown() is None)
        sent = await linked.classroom.answer(linked.classroom.students[1], {"count": "128"})
        assert sent.status_code == 201
        await until(lambda: linked.shown(1) == 2)


@on_one_database
async def test_people_whom_the_platform_does_not_know_are_not_sent(link: Link) -> None:
    linked = await link()
    stranger = await linked.classroom._account("stranger")
    body = {"email": stranger.email, "role": "student"}
    await linked.classroom.teacher.client.post(f"/api/v1/courses/{linked.classroom.course}/enrolments", json=body)
    assert (await linked.classroom.answer(stranger, {"count": "128"})).status_code == 201
    assert linked.scores() == []


async def test_an_answer_in_a_course_without_a_platform_costs_one_look(link: Link, service: Service) -> None:
    linked = await link(launched=False)
    statements: list[str] = []
    engine = service.database.write_engine
    event.listen(engine, "before_cursor_execute", lambda *each: statements.append(each[2]))
    await answered(linked)
    ours = [each for each in statements if "lti_" in each]
    assert len(ours) == 1
    await linked.launch()
    statements.clear()
    await linked.override(linked.classroom.students[0], 1)
    ours = [each for each in statements if "lti_" in each]
    assert len(ours) == 2
    assert ours[1].startswith("INSERT")


async def test_a_change_while_the_score_is_on_its_way_sends_it_again(link: Link, sender: Sender) -> None:
    linked = await link()
    linked.gradebook.slow_seconds = 0.5
    faults = [Fault.SLOW]
    linked.gradebook.fault_of = lambda _user: faults.pop() if faults else Fault.NONE
    await linked.override(linked.classroom.students[0], 1)
    async with sender:
        await until(lambda: linked.shown() == 1)
        assert linked.score().leased_by is not None
        await linked.override(linked.classroom.students[0], 2)
        assert linked.score().leased_by is not None
        await until(lambda: linked.shown() == 2)
        await all_sent(linked)
    assert linked.gradebook.violations == []


class Told:
    """What is done to the assignment, and whether a score that has settled goes again for it."""

    def __init__(self, linked: Linked, state: str) -> None:
        self.linked = linked
        self.state = state
        self.at = f"/api/v1/assignments/{linked.classroom.assignment}"

    async def goes(self, doing: Awaitable[httpx.Response], number: int = 0) -> bool:
        later = datetime.now(UTC) + timedelta(hours=6)
        settled = update(models.Score).values(state=self.state, due_at=later)
        await self.linked.service.writer.write(lambda session: session.execute(settled) and None)
        done = await doing
        assert done.is_success, done.text
        score = self.linked.scores()[number]
        assert (score.state == "pending") == (score.due_at < later)
        return score.state == "pending"


@on_one_database
async def test_points_that_can_be_earned_by_others_change_a_total_too(link: Link) -> None:
    """The student has answered the first item alone, and keeps the grade there; it is out of other points."""
    linked = await link({}, {})
    room, client = linked.classroom, linked.classroom.teacher.client
    await answered(linked)
    told = Told(linked, "sent")
    item = {"problem": "1.4", "form": "open", "seed_mode": "fixed", "seed": 0, "points": 3}

    def regrade(**settings: object) -> Awaitable[httpx.Response]:
        body = {"item": room.items[1], "settings": settings, "reason": "a test"}
        return client.post(f"{told.at}/regrades", json=body)

    assert await told.goes(regrade(points=5))
    assert await told.goes(regrade(award="void"))
    newest = (await client.get(f"{told.at}/regrades")).json()["items"][0]["id"]
    assert await told.goes(client.post(f"{told.at}/regrades/{newest}/undo", json={"reason": "a test"}))
    assert not await told.goes(regrade(tolerance={"kind": "absolute", "value": 1}))
    assert await told.goes(client.post(f"{told.at}/items", json=item))
    added = f"/api/v1/items/{(await client.get(f'{told.at}/items')).json()['items'][2]['id']}"
    assert await told.goes(client.patch(added, json={"points": 4}))
    assert not await told.goes(client.patch(added, json={"position": 1}))
    assert await told.goes(client.delete(added))


@on_one_database
async def test_what_may_release_a_score_that_is_held_has_it_looked_at_at_once(link: Link) -> None:
    due = datetime.now(UTC) + timedelta(hours=1)
    release = {"correctness": "after-last-attempt"}
    linked = await link(students=2, due_at=iso(due), attempts_allowed=3, release=release)
    room, client = linked.classroom, linked.classroom.teacher.client
    await answered(linked, 0)
    await answered(linked, 1)
    told = Told(linked, "held")
    student = room.students[0]
    extension = {"person_id": student.id, "due_at": iso(due + timedelta(days=1)), "reason": "ill"}

    assert await told.goes(room.answer(student, {"count": "7"}))  # earns nothing, and is an attempt less
    assert not await told.goes(room.answer(student, {"count": "8"}), 1)
    assert await told.goes(client.post(f"{told.at}/extensions", json=extension))
    given = f"/api/v1/extensions/{(await client.get(f'{told.at}/extensions')).json()['items'][0]['id']}"
    assert not await told.goes(client.patch(given, json={"extra_attempts": 1}), 1)
    assert await told.goes(client.delete(given))
    for change in (
        {"release": {"correctness": "at-once"}},
        {"attempts_allowed": 2},
        {"due_at": iso(due - timedelta(minutes=30))},
        {"closes_at": iso(due)},
    ):
        assert await told.goes(client.patch(told.at, json=change)), change
    assert not await told.goes(client.patch(told.at, json={"title": "Sheet 2"}))
    told.state = "sent"
    assert not await told.goes(client.patch(told.at, json={"attempts_allowed": 3}))
