"""Canvas takes each score for a new submission of the student, unless the message says that it is none."""

import pytest
from sqlalchemy import update

from app.lti.models import Platform
from app.lti.scores import CANVAS_SUBMISSION
from app.lti.sender import Sender
from tests.lti.platform import Answer
from tests.lti.platform_services import Fault, Gradebook
from tests.lti.services.conftest import Link, Linked
from tests.lti.services.test_outbox import regrade
from tests.lti.services.test_sender import all_sent

pytestmark = pytest.mark.anyio

OUT_OF_ATTEMPTS = "The maximum number of allowed attempts has been reached for this submission"


@pytest.fixture
def backend() -> str:
    """What is told here depends on no database."""
    return "sqlite"


@pytest.fixture
async def linked(link: Link) -> Linked:
    linked = await link()
    await linked.service.writer.write(lambda session: session.execute(update(Platform).values(product="canvas")))
    return linked


async def answer(linked: Linked) -> None:
    student = linked.classroom.students[0]
    answered = await linked.classroom.answer(student, {"count": "128"})
    assert answered.status_code == 201, answered.text


async def test_an_answer_is_a_submission_of_its_own_moment_and_a_regrade_is_none(
    linked: Linked, sender: Sender
) -> None:
    await answer(linked)
    async with sender:
        await all_sent(linked)
        told = linked.column.results["u0"].message
        assert told[CANVAS_SUBMISSION] == {"submitted_at": told["submission"]["submittedAt"]}
        await regrade(linked, points=5)
        await all_sent(linked)
    assert linked.column.results["u0"].message[CANVAS_SUBMISSION] == {"new_submission": False}


async def test_where_no_attempts_are_left_the_score_goes_without_a_submission(
    linked: Linked, sender: Sender, gradebook: Gradebook
) -> None:
    answers = iter([Answer({"errors": {"type": "unprocessable_entity", "message": OUT_OF_ATTEMPTS}}, 422)])
    gradebook.refuse = lambda _user: next(answers, None)
    await answer(linked)
    async with sender:
        await all_sent(linked)
    assert linked.shown() == 2
    assert linked.column.results["u0"].message[CANVAS_SUBMISSION] == {"new_submission": False}


async def test_points_by_hand_and_their_removal_are_none(linked: Linked, sender: Sender) -> None:
    student = linked.classroom.students[0]
    async with sender:
        for points, shown in ((1.5, 1.5), (None, None)):
            await linked.override(student, points)
            await all_sent(linked)
            assert linked.shown() == shown
            assert linked.column.results["u0"].message[CANVAS_SUBMISSION] == {"new_submission": False}


async def test_an_answer_whose_message_was_refused_at_first_is_a_submission_still(
    linked: Linked, sender: Sender, gradebook: Gradebook
) -> None:
    await answer(linked)
    async with sender:
        await all_sent(linked)
        faults = iter([Fault.BUSY])
        gradebook.fault_of = lambda _user: next(faults, Fault.NONE)
        await answer(linked)
        await all_sent(linked)
    told = linked.column.results["u0"].message
    assert told[CANVAS_SUBMISSION] == {"submitted_at": told["submission"]["submittedAt"]}
