"""Submitting an answer: graded first, then stored by one job of the writer, answered after its commit.

variant (memory · stored · dealt) ──► grade ──► one job: idempotency key · person · variant · attempt · score
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.guests import closed_guest
from app.accounts.models import Person
from app.attempts.models import Attempt, Score
from app.attempts.result import AttemptResult, fields_json
from app.attempts.service import Service
from app.attempts.variants import Served, store
from app.core.errors import AccountRequiredError, GradingFailedError, IdempotencyKeyReusedError
from app.core.idempotency import IdempotencyKey
from app.core.ids import new_id
from problems.grading import Grade, UnreadableAnswersError, grade
from problems.problem import Form, KeyPolicy, Problem
from problems.trace_kind import TRACE
from problems.variant import UnknownFormError, Variant

ANONYMOUS = "anonymous"
"""The owner of the idempotency keys of all who send none but the key: the bare API knows nobody."""

POLICY: KeyPolicy = "either"  # practice accepts the published and the corrected key of a disputed exercise
TRIES = 3

# Built once: building a statement and its cache key costs as much as executing it.
_FIND_PERSON = select(closed_guest().label("closed")).where(Person.id == bindparam("person"))
_ADD_PERSON, _ADD_ATTEMPT, _ADD_SCORE, _ADD_KEY = map(insert, (Person, Attempt, Score, IdempotencyKey))

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Answers as they arrived.

    `person` is the id of a user, or of a guest whose row is made with the first attempt, or None; `is_user` says which.
    """

    problem: Problem[Any]
    seed: int
    form: Form
    answers: Mapping[str, Any]
    received_at: datetime
    person: str | None = None
    is_user: bool = False
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """The stored attempt: its id, and its JSON, which is the same bytes again when the submission is repeated."""

    id: str
    body: bytes


async def submit(service: Service, submission: Submission) -> Submitted:
    """Grade and store an answer, or return the first result when its idempotency key is known.

    Raises:
        AccountRequiredError: nobody is signed in, and guests may not practise here.
        problems.dealing.SeedOutOfRangeError, problems.variant.UnknownFormError: no such variant, or form of it.
        problems.grading.UnreadableAnswersError: some answers are no answers; nothing is stored.
        IdempotencyKeyReusedError: the key came with other answers before; nothing is stored.
        GradingFailedError: the grader itself failed; the attempt is stored without a score.
        app.core.writer.WriterError, UnavailableError: not done now, may be tried again.

    """
    if not (submission.is_user or service.settings.guest_practice):
        raise AccountRequiredError("Practice as a guest is switched off on this server.")
    served = await service.variants.get(submission.problem, submission.seed)
    if TRACE in submission.answers:  # a long run takes a while
        graded = await service.variants.compute(_grade, served.variant, submission)
    else:
        graded = _grade(served.variant, submission)
    stored = await _write(service, _Writing(submission, served, graded))
    if stored.failed:
        raise GradingFailedError(
            "The answer is stored and will be graded once the fault is mended.",
            members={"attempt": stored.submitted.id},
        )
    return stored.submitted


def _grade(variant: Variant[Any], submission: Submission) -> Grade | None:
    """The grade, or None when the grader itself fails: a fault of ours never becomes a score of 0."""
    try:
        return grade(variant, submission.form, submission.answers, policy=POLICY)
    except (UnknownFormError, UnreadableAnswersError):
        raise
    except Exception:
        logger.exception("Grading failed: %s, seed %d, %s.", variant.problem.id, variant.seed, submission.form)
        return None


@dataclass(frozen=True, slots=True)
class _Stored:
    submitted: Submitted
    failed: bool
    variant: int | None = None


async def _write(service: Service, writing: "_Writing") -> _Stored:
    """Hand the job to the writer. Another process may insert the same key, person or variant first: look again then."""
    for left in reversed(range(TRIES)):
        try:
            stored = await service.writer.write(writing)
        except IntegrityError:
            if not left:
                raise
        else:
            if stored.variant is not None:
                writing.served.row = stored.variant
            return stored
    raise AssertionError("unreachable")


class _Writing:
    """The job. All that can be computed before the writer's thread runs it is computed when it is made."""

    def __init__(self, submission: Submission, served: Served, graded: Grade | None) -> None:
        problem = submission.problem
        self.served = served
        self._submission = submission
        self._graded = graded
        self._owner = submission.person or ANONYMOUS
        self._hash = _digest(submission) if submission.idempotency_key else ""
        self._result = AttemptResult(
            id=new_id(),
            problem=problem.id,
            version=problem.version,
            seed=submission.seed,
            form=submission.form,
            answers=dict(submission.answers),
            score=graded.score if graded else None,
            max_score=graded.max_score if graded else None,
            correct=graded.correct if graded else None,
            fields=fields_json(graded) if graded else [],
            created_at=submission.received_at,
        )
        self._body = self._result.as_bytes()

    def __call__(self, session: Session) -> _Stored:
        connection = session.connection()  # statements of the Core: the ORM would double the cost of the job
        if self._submission.idempotency_key and (earlier := self._find_earlier(connection)):
            return earlier
        person = self._submission.person
        if person and not self._is_known(connection, person):
            person = None  # nobody's, since a guest whom an account has claimed takes no further attempts
        variant = self.served.row or store(connection, self.served.variant, self._result.created_at)
        self._add_attempt(connection, person, variant)
        if self._submission.idempotency_key:
            self._add_key(connection, self._submission.idempotency_key)
        return _Stored(Submitted(self._result.id, self._body), self._graded is None, variant)

    def _find_earlier(self, connection: Connection) -> _Stored | None:
        table = IdempotencyKey
        earlier = connection.execute(
            select(table.request_hash, table.resource, table.status, table.body).where(
                table.owner == self._owner, table.key == self._submission.idempotency_key
            )
        ).one_or_none()
        if earlier is None:
            return None
        if earlier.request_hash != self._hash:
            raise IdempotencyKeyReusedError("This Idempotency-Key was used for other answers; send a new one.")
        return _Stored(Submitted(earlier.resource, earlier.body), earlier.status == GradingFailedError.status)

    def _is_known(self, connection: Connection, person: str) -> bool:
        """Whether attempts may be stored for this person; the row of a new guest is made."""
        found = connection.execute(_FIND_PERSON, {"person": person}).one_or_none()
        if found is None:
            connection.execute(_ADD_PERSON, {"id": person, "kind": "guest", "created_at": self._result.created_at})
        return found is None or not found.closed

    def _add_attempt(self, connection: Connection, person: str | None, variant: int) -> None:
        result = self._result
        connection.execute(
            _ADD_ATTEMPT,
            {
                "id": result.id,
                "person_id": person,
                "variant_id": variant,
                "form": result.form,
                "answers": result.answers,
                "created_at": result.created_at,
            },
        )
        if self._graded is not None:
            connection.execute(
                _ADD_SCORE,
                {
                    "attempt_id": result.id,
                    "key_version": result.version,
                    "policy": POLICY,
                    "score": result.score,
                    "max_score": result.max_score,
                    "correct": result.correct,
                    "fields": result.fields,
                    "created_at": result.created_at,
                },
            )

    def _add_key(self, connection: Connection, key: str) -> None:
        connection.execute(
            _ADD_KEY,
            {
                "owner": self._owner,
                "key": key,
                "request_hash": self._hash,
                "resource": self._result.id,
                "status": 201 if self._graded is not None else GradingFailedError.status,
                "body": self._body,
                "created_at": self._result.created_at,
            },
        )


def _digest(submission: Submission) -> str:
    """Of what was submitted, whatever the order and spacing in which a body wrote it."""
    content = [submission.problem.id, submission.seed, submission.form, dict(submission.answers)]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
