"""The outbox: every change of a grade gets to the platform, by whatever it was changed, and nothing else does."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from app.core.service import Service
from app.lti.sender import Sender
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


async def regrade(linked: Linked, **settings: object) -> None:
    address = f"/api/v1/assignments/{linked.classroom.assignment}/regrades"
    body = {"item": linked.classroom.items[0], "settings": settings, "reason": "a test"}
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


async def test_full_points_for_all_reach_who_has_not_answered(link: Link, sender: Sender) -> None:
    linked = await link(students=2)
    await answered(linked)
    async with sender:
        await regrade(linked, award="full")
        await until(lambda: linked.shown(1) == 2)


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
