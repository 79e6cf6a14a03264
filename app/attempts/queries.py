"""Reading attempts: each query holds the rule of who may see what."""

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.accounts.guests import identities
from app.attempts.models import Attempt, Score, Variant
from app.attempts.result import AttemptResult


def find_attempt(session: Session, attempt_id: str, person_id: str | None) -> AttemptResult | None:
    """An attempt of this person, or one that belongs to nobody, whose id is its only key; else None."""
    mine: ColumnElement[bool] = Attempt.person_id.is_(None)
    if person_id is not None:
        mine = or_(mine, Attempt.person_id.in_(identities(person_id)))
    row = session.execute(_attempts().where(Attempt.id == attempt_id, mine)).one_or_none()
    return None if row is None else _result(row)


def list_attempts(
    session: Session, person_id: str | None, *, limit: int, before: str | None = None
) -> list[AttemptResult]:
    """At most `limit` of the person's attempts, the newest first, older than the attempt `before` if it is given.

    Nobody's attempts are not listed: without a person the list is empty.
    """
    if person_id is None:
        return []
    query = _attempts().where(Attempt.person_id.in_(identities(person_id))).order_by(Attempt.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Attempt.id < before)
    return [_result(row) for row in session.execute(query)]


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
