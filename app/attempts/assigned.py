"""Submitting an answer to an item of an assignment.

asked (one read) ──► variant ──► answer graded ──► one job: settings the same? · in time? · a new answer? · one left?
                                                            then attempt · score · grade · listeners

What is checked in the job holds at the commit. Where the settings were changed between the read and the job, it all
begins again. The moment that counts is the one in which the request arrived, however long the grading takes.
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal, require_user
from app.attempts.asked import Asked, ask
from app.attempts.assigned_result import HIDDEN, AssignedResult, for_student
from app.attempts.grade_models import Draft
from app.attempts.grade_queries import GRADES, Arrival, arrivals_of
from app.attempts.grades import marking_of, refresh
from app.attempts.item_settings import adjusted, grade_with
from app.attempts.listeners import AttemptsGraded, announce_graded
from app.attempts.models import Attempt, Score
from app.attempts.queries import find_repeated
from app.attempts.result import fields_json
from app.attempts.service import Service
from app.attempts.variants import Served, store
from app.core import idempotency
from app.core.errors import ForbiddenError, GradingFailedError, NoAttemptsLeftError, UnavailableError
from app.core.ids import new_id
from app.core.models import Base
from app.courses.entering import window_for
from app.courses.models import Assignment, Enrolment, Item
from problems.grading import Grade, UnreadableAnswersError
from problems.text import Text
from problems.variant import UnknownFormError

TRIES = 5

_ITEMS = Base.metadata.tables[Item.__tablename__].c
_LAST_ACTIVITY = select(func.max(GRADES.c.last_activity)).where(
    GRADES.c.person_id == bindparam("person"),
    GRADES.c.item_id.in_(select(_ITEMS.id).where(_ITEMS.assignment_id == bindparam("assignment"))),
)
_STUDENTS = Text(
    "Only students of the course answer its assignments; others can preview them.",
    "只有课程的学生才能作答，其他人可以预览。",
)
_LEFT = Text("You are not a student of this course any more.", "你已不是这门课程的学生。")
_NONE_LEFT = Text("As many answers as are allowed have been given.", "允许的作答次数已用完。")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedSubmission:
    """Answers to an item as they arrived."""

    assignment_id: str
    item_id: str
    answers: Mapping[str, Any]
    received_at: datetime
    principal: Principal
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class SubmittedAssigned:
    """The stored attempt with what its student may see of it. `repeated`: it is an earlier one, and none was spent."""

    id: str
    body: bytes
    repeated: bool = False


class _ChangedError(Exception):
    """The settings are not those by which the answer was graded."""


class _RepeatedError(Exception):
    """The very answer has been given before, and leaves things as they are."""

    def __init__(self, attempt: str) -> None:
        super().__init__(attempt)
        self.attempt = attempt


async def submit_assigned(service: Service, submission: AssignedSubmission) -> SubmittedAssigned:
    """Grade and store an answer of a student, or return the earlier attempt that gave the same.

    Raises:
        AccountRequiredError, InsufficientScopeError, UnknownAssignmentError, ForbiddenError: not for them.
        AssignmentNotOpenError, AssignmentLockedError: not yet, not any more, or not without the password.
        NoAttemptsLeftError: as many answers as are allowed have been given.
        problems.grading.UnreadableAnswersError: some answers are no answers; no attempt is spent.
        IdempotencyKeyReusedError: the key came with another request before.
        GradingFailedError: the grader itself failed; the attempt is stored and graded later.
        app.core.writer.WriterError, UnavailableError: not done now, may be tried again.

    """
    require_user(submission.principal, "attempt")
    for _ in range(TRIES):
        asked = await service.database.read(
            ask, submission.item_id, submission.principal, assignment_id=submission.assignment_id
        )
        if asked.role != "student":
            raise ForbiddenError(_STUDENTS)
        asked.require_open(submission.received_at)
        served = await service.variants.get(asked.problem, asked.seed)
        graded = await service.variants.compute(_grade, asked, served, submission.answers)
        try:
            return await _write(service, submission, _Writing(submission, asked, served, graded))
        except _ChangedError:
            continue
    raise UnavailableError("The assignment is being changed.", headers={"Retry-After": "2"})


async def _write(service: Service, submission: AssignedSubmission, writing: "_Writing") -> SubmittedAssigned:
    owner = submission.principal.person_id or ""
    content = ["assigned", submission.assignment_id, submission.item_id, dict(submission.answers)]
    request = idempotency.Request(
        owner=owner, key=submission.idempotency_key, content=content, now=submission.received_at
    )
    try:
        created = await idempotency.create(service.writer, request, writing)
    except _RepeatedError as repeated:
        earlier = await service.database.read(find_repeated, repeated.attempt, owner, submission.received_at)
        return SubmittedAssigned(earlier.id, earlier.as_bytes(), repeated=True)
    if writing.graded is None:
        raise GradingFailedError(
            "The answer is stored and will be graded once the fault is mended.", members={"attempt": created.id}
        )
    return SubmittedAssigned(created.id, created.body)


def _grade(asked: Asked, served: Served, answers: Mapping[str, Any]) -> Grade | None:
    """The grade, or None when the grader itself fails: a fault of ours never becomes a score of 0."""
    try:
        settings = asked.settings
        # The time of the response must not tell right from wrong where the policy withholds it.
        return grade_with(adjusted(served.variant, asked.form, settings), asked.form, answers, settings, alike=True)
    except (UnknownFormError, UnreadableAnswersError):
        raise
    except Exception:
        logger.exception("Grading failed: item %s, seed %d.", asked.item.id, asked.seed)
        return None


def digest_of(answers: Mapping[str, Any], graded: Grade | None) -> str:
    """The same for answers that are read alike, however they were typed."""
    read = dict(answers) if graded is None else {field.name: field.read_as for field in graded.fields}
    return hashlib.sha256(orjson.dumps(read, option=orjson.OPT_SORT_KEYS)).hexdigest()


class _Writing:
    """The job."""

    def __init__(self, submission: AssignedSubmission, asked: Asked, served: Served, graded: Grade | None) -> None:
        self.graded = graded
        self._submission = submission
        self._asked = asked
        self._served = served
        self._digest = digest_of(submission.answers, graded)

    def __call__(self, session: Session) -> tuple[str, dict[str, Any]]:
        asked, now = self._asked, self._submission.received_at
        self._require_unchanged(session)
        self._require_student(session)
        asked = replace(asked, window=window_for(session, asked.assignment, asked.person_id))
        asked.require_open(now)
        arrivals = arrivals_of(session, asked.item.id, [asked.person_id]).get(asked.person_id, [])
        asked = replace(asked, used=len(arrivals))
        self._require_new(session, asked, arrivals)
        if asked.attempts_left == 0:
            raise NoAttemptsLeftError(_NONE_LEFT)
        attempt = self._add_attempt(session, len(arrivals) + 1)
        session.execute(delete(Draft).where(Draft.item_id == asked.item.id, Draft.person_id == asked.person_id))
        marking = marking_of(session, asked.item, asked.assignment, persons=[asked.person_id])
        refresh(session, marking, [asked.person_id], now)
        result = self._result(attempt, replace(asked, used=len(arrivals) + 1))
        return attempt, result.as_json()

    def _require_unchanged(self, session: Session) -> None:
        """The lock (PostgreSQL) keeps another process from regrading the item before this attempt is stored."""
        item, assignment = self._asked.item, self._asked.assignment
        current = session.execute(
            select(Item.revision, Assignment.version)
            .join(Assignment, Assignment.id == Item.assignment_id)
            .where(Item.id == item.id)
            .with_for_update(read=True)
        ).one_or_none()
        if current is None or tuple(current) != (item.revision, assignment.version):
            raise _ChangedError

    def _require_student(self, session: Session) -> None:
        """The lock (PostgreSQL) makes the attempts of one student wait for each other."""
        enrolled = session.execute(
            select(Enrolment.role)
            .where(
                Enrolment.course_id == self._asked.course.id,
                Enrolment.person_id == self._asked.person_id,
                Enrolment.ended_at.is_(None),
            )
            .with_for_update()
        ).scalar_one_or_none()
        if enrolled != "student":
            raise ForbiddenError(_LEFT)

    def _require_new(self, session: Session, asked: Asked, arrivals: Sequence[Arrival]) -> None:
        """An answer that is known to be wrong, or of which nothing is told yet, is not taken a second time.

        Where the last attempt counts, coming back to an earlier answer is a decision, so only the last one is known.
        """
        same = session.execute(
            select(Attempt.id, Attempt.number)
            .where(
                Attempt.item_id == asked.item.id,
                Attempt.person_id == asked.person_id,
                Attempt.digest == self._digest,
            )
            .order_by(Attempt.number.desc())
            .limit(1)
        ).one_or_none()
        if same is None or (asked.assignment.counting == "last" and same.number != len(arrivals)):
            return
        correct = session.scalar(
            select(Score.correct).where(Score.attempt_id == same.id).order_by(Score.id.desc()).limit(1)
        )
        if not (correct and asked.released(self._submission.received_at).correctness):
            raise _RepeatedError(same.id)

    def _add_attempt(self, session: Session, number: int) -> str:
        asked, graded, now = self._asked, self.graded, self._submission.received_at
        variant = store(session.connection(), self._served.variant, now)
        attempt = new_id()
        session.execute(
            insert(Attempt),
            {
                "id": attempt,
                "person_id": asked.person_id,
                "variant_id": variant,
                "form": asked.form,
                "answers": dict(self._submission.answers),
                "created_at": now,
                "item_id": asked.item.id,
                "number": number,
                "digest": self._digest,
                "seconds": _seconds_since_last(session, asked, now),
            },
        )
        if graded is not None:
            session.execute(
                insert(Score),
                score_row(attempt, asked.problem.version, asked.settings.key_policy, graded, now)
                | {"revision": asked.item.revision},
            )
            announce_graded(
                session,
                AttemptsGraded(assignment_id=asked.assignment.id, item_id=asked.item.id, attempt_ids=[attempt], at=now),
            )
        return attempt

    def _result(self, attempt: str, asked: Asked) -> AssignedResult:
        graded = self.graded
        now = self._submission.received_at
        result = AssignedResult(
            id=attempt,
            problem=asked.problem.id,
            version=asked.problem.version,
            seed=HIDDEN,
            form=asked.form,
            answers=dict(self._submission.answers),
            score=graded.score if graded else None,
            max_score=graded.max_score if graded else None,
            correct=graded.correct if graded else None,
            fields=fields_json(graded) if graded else [],
            created_at=now,
            assignment=asked.assignment.id,
            item=asked.item.id,
            number=asked.used,
            late=asked.window.due is not None and now > asked.window.due,
            attempts_left=asked.attempts_left,
        )
        return for_student(result, asked, now)


def _seconds_since_last(session: Session, asked: Asked, now: datetime) -> int | None:
    """Whole seconds since the person's attempt before this one in the assignment, whichever item it answered."""
    last = session.scalar(_LAST_ACTIVITY, {"assignment": asked.assignment.id, "person": asked.person_id})
    # What arrived first may be stored second.
    return None if last is None else max(0, int((now - last).total_seconds()))


def score_row(attempt: str, version: int, policy: str, graded: Grade, now: datetime) -> dict[str, Any]:
    """A row of `scores`, whose revision is to be added."""
    return {
        "attempt_id": attempt,
        "key_version": version,
        "policy": policy,
        "score": graded.score,
        "max_score": graded.max_score,
        "correct": graded.correct,
        "fields": fields_json(graded),
        "created_at": now,
    }
