"""Scores on their way to the LMS: what becomes of each kind of answer, and the state of the gradebook in the end."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.core import outgoing
from app.core.service import Service
from app.lti.sender import Sender
from app.lti.tokens import Tokens
from tests.backends import on_one_database, on_postgresql
from tests.lti.platform import Answer
from tests.lti.platform_services import Fault, Gradebook
from tests.lti.services.conftest import Link, Linked

pytestmark = pytest.mark.anyio


async def until(happened: Callable[[], bool], seconds: float = 15) -> None:
    """Wait for it; the time runs out aloud."""
    ends = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < ends, "it did not happen"
        await asyncio.sleep(0.02)


async def all_sent(linked: Linked) -> None:
    await until(lambda: all(score.state == "sent" for score in linked.scores()))


async def test_an_answer_reaches_the_gradebook(link: Link, sender: Sender) -> None:
    linked = await link()
    exercise = await linked.classroom.exercise(linked.classroom.students[0])
    answered = await linked.classroom.answer(linked.classroom.students[0], {exercise["fields"][0]["name"]: "1"})
    assert answered.status_code == 201
    assert linked.score().state == "pending"
    async with sender:
        await all_sent(linked)
    assert linked.shown() == linked.classroom.grade(linked.classroom.students[0]).score
    message = linked.column.results["u0"].message
    assert (message["scoreMaximum"], message["gradingProgress"], message["activityProgress"]) == (
        2,
        "FullyGraded",
        "Submitted",
    )
    assert message["submission"]["submittedAt"] <= message["timestamp"]


@on_one_database
async def test_only_the_newest_of_many_changes_goes(link: Link, sender: Sender, gradebook: Gradebook) -> None:
    linked = await link()
    for points in (0.5, 1, 1.5, 2):
        await linked.override(linked.classroom.students[0], points)
    async with sender:
        await all_sent(linked)
    assert linked.shown() == 2
    assert gradebook.taken == 1


async def test_a_fault_delays_a_score_and_nothing_else(link: Link, sender: Sender, gradebook: Gradebook) -> None:
    """One student for each fault, which befalls the first two messages about them."""
    faults = [fault for fault in Fault if fault is not Fault.NONE]
    linked = await link(students=len(faults))
    left = {f"u{number}": [fault, fault] for number, fault in enumerate(faults)}
    gradebook.fault_of = lambda user: left[user].pop() if left[user] else Fault.NONE
    students = linked.classroom.students
    for student in students:
        await linked.override(student, 1.5)
    async with sender:
        await all_sent(linked)
        for student in students:
            await linked.override(student, 0.5)
        await all_sent(linked)
    assert {fault: linked.shown(number) for number, fault in enumerate(faults)} == dict.fromkeys(faults, 0.5)
    assert gradebook.violations == []
    for score in linked.scores():
        assert (score.last_score, score.last_max, score.final, score.tries) == (0.5, 2, True, 0)
        assert (score.leased_by, score.leased_until, score.last_error) == (None, None, None)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 422, 302])
@on_one_database
async def test_what_is_refused_is_given_up_and_says_so(
    link: Link, sender: Sender, gradebook: Gradebook, status: int
) -> None:
    linked = await link()
    gradebook.refuse = lambda _user: Answer({"error": "This person cannot be graded"}, status)
    await linked.override(linked.classroom.students[0], 1)
    async with sender:
        await until(lambda: linked.score().state == "failed")
        sent = gradebook.platform.count(linked.column_path.partition("?")[0] + "/scores")
        await asyncio.sleep(0.3)
        assert gradebook.platform.count(linked.column_path.partition("?")[0] + "/scores") == sent == 1
        score = linked.score()
        assert score.last_status == status
        assert "cannot be graded" in str(score.last_error)
        # The next change tries again, and so does the student's next launch.
        gradebook.refuse = lambda _user: None
        await linked.override(linked.classroom.students[0], 2)
        await all_sent(linked)
    assert linked.shown() == 2


@on_one_database
async def test_what_was_refused_is_tried_again_when_the_student_comes_again(
    link: Link, sender: Sender, gradebook: Gradebook
) -> None:
    linked = await link()
    gradebook.refuse = lambda _user: Answer(status=400)
    await linked.override(linked.classroom.students[0], 1)
    async with sender:
        await until(lambda: linked.score().state == "failed")
        gradebook.refuse = lambda _user: None
        await linked.launch()
        await all_sent(linked)
    assert linked.shown() == 1


@on_one_database
async def test_a_reason_beside_the_status_is_told(link: Link, sender: Sender, gradebook: Gradebook) -> None:
    """As Moodle does it, with an empty list as the body."""
    linked = await link()
    gradebook.refuse = lambda _user: Answer([], 403)
    await linked.override(linked.classroom.students[0], 1)
    async with sender:
        await until(lambda: linked.score().state == "failed")
    assert linked.score().last_error == "The platform answers 403: Forbidden"


@on_one_database
@pytest.mark.parametrize(
    "answer",
    [
        Answer({"errors": "Provided timestamp of 2026 before last updated timestamp of 2027"}, 400),
        Answer("403 Forbidden (Rate Limit Exceeded)\n", 403, content_type="text/plain"),
    ],
)
async def test_a_conflict_and_a_rate_limit_in_the_words_of_canvas_pass(
    link: Link, sender: Sender, gradebook: Gradebook, answer: Answer
) -> None:
    linked = await link()
    answers = iter([answer])
    gradebook.refuse = lambda _user: next(answers, None)
    await linked.override(linked.classroom.students[0], 1)
    async with sender:
        await all_sent(linked)
    assert linked.shown() == 1


@on_one_database
async def test_an_answer_that_does_not_come(
    link: Link, sender: Sender, gradebook: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.3)
    linked = await link()
    gradebook.slow_seconds = 1
    faults = [Fault.SLOW]
    gradebook.fault_of = lambda _user: faults.pop() if faults else Fault.NONE
    await linked.override(linked.classroom.students[0], 1)
    async with sender:
        await until(lambda: bool(linked.score().last_error))
        assert "seconds" in str(linked.score().last_error)
        await all_sent(linked)
    assert linked.shown() == 1


@on_one_database
async def test_a_score_that_may_have_arrived_is_taken_back_too(
    link: Link, service: Service, tokens: Tokens, gradebook: Gradebook
) -> None:
    """The connection ended before the LMS could say that it has it; then the points are taken back."""
    linked = await link()
    faults = [Fault.APPLIED_DROPPED]
    gradebook.fault_of = lambda _user: faults.pop() if faults else Fault.NONE
    await linked.override(linked.classroom.students[0], 1)
    async with Sender(service, tokens, poll=0.05):
        await until(lambda: linked.score().last_error is not None)
        assert linked.shown() == 1
        await linked.override(linked.classroom.students[0], None)
        await all_sent(linked)
    assert linked.shown() is None


@on_postgresql
async def test_what_no_database_takes_is_left_out_of_an_error(link: Link, sender: Sender, gradebook: Gradebook) -> None:
    linked = await link()
    gradebook.platform.on("POST", "/token", lambda _request, _match: Answer({"error": "wrong\0key"}, 400))
    await linked.override(linked.classroom.students[0], 1)
    async with sender:
        await until(lambda: linked.score().last_error is not None)
    assert linked.score().last_error == "The token endpoint answers 400: wrongkey"


@on_one_database
async def test_it_gives_up_after_many_tries(
    link: Link, sender: Sender, gradebook: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.lti.sender.TRIES", 2)
    linked = await link()
    gradebook.fault_of = lambda _user: Fault.DOWN
    await linked.override(linked.classroom.students[0], 1)
    async with sender:
        await until(lambda: linked.score().state == "failed")
        assert linked.score().tries == 2
        assert linked.score().last_status == 503
    await linked.override(linked.classroom.students[0], 2)
    assert linked.score().tries == 0


@on_one_database
async def test_a_platform_that_is_slow_leaves_room_for_others(
    link: Link, sender: Sender, gradebook: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.lti.sender.A_PLATFORM", 1)
    linked = await link(students=3)
    under_way: list[int] = []

    def slow(_user: str) -> Fault:
        time.sleep(0.1)
        under_way.append(len(sender._under_way))
        return Fault.NONE

    gradebook.fault_of = slow
    for student in linked.classroom.students:
        await linked.override(student, 1)
    async with sender:
        await all_sent(linked)
    assert under_way == [1, 1, 1]


@on_one_database
async def test_a_retry_after_holds_for_the_whole_platform(
    link: Link, service: Service, tokens: Tokens, gradebook: Gradebook
) -> None:
    linked = await link(students=2)
    answers = [Answer(status=429, headers={"Retry-After": "2"})]
    gradebook.refuse = lambda _user: answers.pop() if answers else None
    await linked.override(linked.classroom.students[0], 1)
    async with Sender(service, tokens, poll=0.05):
        await until(lambda: linked.scores()[0].last_status == 429)
        asked = datetime.now(UTC)
        await linked.override(linked.classroom.students[1], 1)
        await all_sent(linked)
    for user in ("u0", "u1"):
        assert linked.column.results[user].timestamp - asked > timedelta(seconds=1.5)


async def test_timestamps_rise_by_whole_seconds_and_never_run_ahead(
    link: Link, sender: Sender, gradebook: Gradebook
) -> None:
    linked = await link()
    async with sender:
        for points in (0.5, 1, 1.5):
            await linked.override(linked.classroom.students[0], points)
            await until(lambda points=points: linked.shown() == points)
        await all_sent(linked)
    assert gradebook.violations == []
    assert gradebook.taken == 3
    path = linked.column_path.partition("?")[0] + "/scores"
    sent = [each.json()["timestamp"][:19] for each in gradebook.platform.requests if each.path == path]
    assert sent == sorted(set(sent))
