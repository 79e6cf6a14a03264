"""Reading attempts: each query holds the rule of who may see what.

A person sees an attempt in an assignment as far as it is released by then; the staff of the course sees all of it.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.accounts.access import Principal
from app.accounts.guests import identities
from app.attempts.asked import Asked, asked_of
from app.attempts.assigned_result import HIDDEN, AssignedResult, Concealing, for_student, in_assignment
from app.attempts.models import Attempt, Score, Variant
from app.attempts.result import AttemptResult
from app.core.errors import ForbiddenError, UnknownAssignmentError
from app.courses.roles import STAFF, item_for


def find_attempt(session: Session, attempt_id: str, person_id: str | None, now: datetime) -> AttemptResult | None:
    """An attempt of this person, or one that belongs to nobody, whose id is its only key; else None."""
    mine: ColumnElement[bool] = Attempt.person_id.is_(None)
    if person_id is not None:
        mine = or_(mine, Attempt.person_id.in_(identities(person_id)))
    row = session.execute(_attempts().where(Attempt.id == attempt_id, mine)).one_or_none()
    return None if row is None else Concealing(session, now)(row.Attempt, _result(row))


def find_repeated(session: Session, attempt_id: str, person_id: str, now: datetime) -> AssignedResult:
    """The person's earlier attempt in an assignment, in answer to the same once more."""
    found = find_attempt(session, attempt_id, person_id, now)
    if not isinstance(found, AssignedResult):
        raise TypeError("An attempt of this person in an assignment was expected.")
    return replace(found, repeated=True)


def find_in_course(session: Session, attempt_id: str, principal: Principal) -> AssignedResult | None:
    """An attempt in an assignment, whole, for the staff of its course; else None."""
    row = session.execute(_attempts().where(Attempt.id == attempt_id, Attempt.item_id.is_not(None))).one_or_none()
    if row is None:
        return None
    attempt: Attempt = row.Attempt
    try:
        item_for(session, attempt.item_id or "", principal, STAFF)
    except (UnknownAssignmentError, ForbiddenError):
        return None
    return in_assignment(attempt, _result(row), asked_of(session, attempt.item_id or "", attempt.person_id or ""))


def list_attempts(
    session: Session, person_id: str | None, now: datetime, *, limit: int, before: str | None = None
) -> list[AttemptResult]:
    """At most `limit` of the person's attempts, the newest first, older than the attempt `before` if it is given.

    Nobody's attempts are not listed: without a person the list is empty.
    """
    if person_id is None:
        return []
    query = _attempts().where(Attempt.person_id.in_(identities(person_id))).order_by(Attempt.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Attempt.id < before)
    conceal = Concealing(session, now)
    return [conceal(row.Attempt, _result(row)) for row in session.execute(query).all()]


def list_from(
    session: Session, person_id: str, now: datetime, *, after: str, limit: int, items: Select[str] | None = None
) -> list[AttemptResult]:
    """At most so many attempts that are stored under this id, the oldest first, from the one after `after` on.

    As the person may see them; with `items`, those at these items alone, and whole, but for their seeds.
    """
    query = _attempts().where(Attempt.person_id == person_id, Attempt.id > after).order_by(Attempt.id).limit(limit)
    if items is None:
        conceal = Concealing(session, now)
        return [conceal(row.Attempt, _result(row)) for row in session.execute(query).all()]
    asked: dict[str, Asked] = {}
    found: list[AttemptResult] = []
    for row in session.execute(query.where(Attempt.item_id.in_(items))).all():
        item_id = row.Attempt.item_id or ""
        if item_id not in asked:
            asked[item_id] = asked_of(session, item_id, person_id)
        found.append(replace(in_assignment(row.Attempt, _result(row), asked[item_id]), seed=HIDDEN))
    return found


def list_own(
    session: Session, item_id: str, person_id: str, now: datetime, *, limit: int | None = None, after: int = 0
) -> list[AssignedResult]:
    """The person's attempts at an item, in the order of their numbers, with greater ones than `after`."""
    mine = (Attempt.item_id == item_id, Attempt.person_id == person_id, Attempt.number > after)
    query = _attempts().where(*mine).order_by(Attempt.number).limit(limit)
    asked = asked_of(session, item_id, person_id)
    return [
        for_student(in_assignment(row.Attempt, _result(row), asked), asked, now) for row in session.execute(query).all()
    ]


def _attempts() -> Select[Attempt, str, int, int, Score]:
    """Attempts with their variant and their newest score, if they have one."""
    later = aliased(Score)
    newest = select(func.max(later.id)).where(later.attempt_id == Attempt.id).scalar_subquery()
    return (
        select(Attempt, Variant.problem, Variant.version, Variant.seed, Score)
        .join(Variant, Variant.id == Attempt.variant_id)
        .outerjoin(Score, and_(Score.attempt_id == Attempt.id, Score.id == newest))
    )


def _result(row: Row[Attempt, str, int, int, Score]) -> AttemptResult:
    attempt: Attempt = row.Attempt
    score: Score | None = row.Score
    return AttemptResult(
        id=attempt.id,
        problem=row.problem,
        version=row.version,
        seed=row.seed,
        form=attempt.form,
        answers=attempt.answers,
        score=score.score if score else None,
        max_score=score.max_score if score else None,
        correct=score.correct if score else None,
        fields=score.fields if score else [],
        created_at=attempt.created_at,
    )
