"""How far a person has come with each exercise."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.accounts.guests import identities
from app.attempts.models import Attempt, Score, Variant


@dataclass(frozen=True, slots=True)
class Best:
    """The best of a person's attempts at an exercise, in all its variants and forms, as a share of the points."""

    share: float
    attempts: int

    @property
    def correct(self) -> bool:
        return self.share == 1


def best_results(session: Session, person_id: str | None) -> dict[str, Best]:
    """By problem id; an attempt counts by its newest score. Nobody has none.

    Of practice alone: what an answer in an assignment came to is told there, when it is released.
    """
    if person_id is None:
        return {}
    later = aliased(Score)
    newest = select(func.max(later.id)).where(later.attempt_id == Attempt.id).scalar_subquery()
    query = (
        select(Variant.problem, func.max(Score.score / Score.max_score), func.count())
        .select_from(Attempt)
        .join(Variant, Variant.id == Attempt.variant_id)
        .join(Score, Score.attempt_id == Attempt.id)
        .where(
            Attempt.person_id.in_(identities(person_id)),
            Attempt.item_id.is_(None),
            Score.id == newest,
            Score.max_score > 0,
        )
        .group_by(Variant.problem)
    )
    return {problem: Best(share, attempts) for problem, share, attempts in session.execute(query)}
