"""What has become of the scores of an assignment: which were sent, which wait, which were refused, and why."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.access import Principal, require_user
from app.accounts.models import Person
from app.courses.roles import INSTRUCTORS, STAFF, assignment_for
from app.lti import outbox
from app.lti.models import LineItem, Link, Platform, Score, ScoreState

STATES: tuple[ScoreState, ...] = ("pending", "held", "sent", "failed")


class SentScore(NamedTuple):
    """A score, whose it is, and to which column it goes."""

    score: Score
    person: str
    platform: str
    link: str | None

    @property
    def tried_at(self) -> datetime | None:
        """When it was last sent, or could not be."""
        return self.score.updated_at if self.score.tries else self.score.last_timestamp

    def as_json(self) -> dict[str, Any]:
        score = self.score
        return {
            "id": str(score.id),
            "person_id": score.person_id,
            "name": self.person,
            "platform": self.platform,
            "link": self.link,
            "state": score.state,
            "score": score.last_score,
            "max_score": score.last_max,
            "tried_at": self.tried_at,
            "tries": score.tries,
            "next_try_at": score.due_at if score.state in {"pending", "held"} else None,
            "status": score.last_status,
            "error": score.last_error,
        }


def list_scores(
    session: Session,
    principal: Principal,
    assignment_id: str,
    *,
    limit: int,
    before: int | None = None,
    state: ScoreState | None = None,
) -> list[SentScore]:
    """Those of the assignment, at every line item, the newest first; for those who teach."""
    assignment_for(session, assignment_id, principal, STAFF)
    query = _scores().where(LineItem.assignment_id == assignment_id).order_by(Score.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Score.id < before)
    if state is not None:
        query = query.where(Score.state == state)
    return [SentScore(*row) for row in session.execute(query)]


def _scores() -> Select[Score, str, str, str | None]:
    return (
        select(Score, Person.name, Platform.name, Link.title)
        .join(LineItem, LineItem.id == Score.line_item_id)
        .join(Platform, Platform.id == LineItem.platform_id)
        .join(Person, Person.id == Score.person_id)
        .outerjoin(Link, Link.id == LineItem.link_id)
    )


def count_states(session: Session, assignment_id: str | None = None) -> dict[ScoreState, int]:
    """How many scores of the assignment, or of all, are in each state."""
    query = select(Score.state, func.count()).join(LineItem, LineItem.id == Score.line_item_id).group_by(Score.state)
    if assignment_id is not None:
        query = query.where(LineItem.assignment_id == assignment_id)
    found = {state: number for state, number in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy
    return {state: found.get(state, 0) for state in STATES}


def count_line_items(session: Session, assignment_id: str) -> int:
    """To how many columns the scores of the assignment go."""
    query = select(func.count()).select_from(LineItem).where(LineItem.assignment_id == assignment_id)
    return session.scalar(query) or 0


def resend(
    session: Session,
    principal: Principal,
    assignment_id: str,
    now: datetime,
    *,
    person_id: str | None = None,
    only_failed: bool = False,
) -> int:
    """Send scores once more, for instructors; how many."""
    actor = require_user(principal, "manage")
    course = assignment_for(session, assignment_id, principal, INSTRUCTORS, changing=True).course
    count = outbox.resend(session, assignment_id, now, person_id=person_id, only_failed=only_failed)
    told = {"scores": count, "person": person_id, "only_failed": only_failed}
    audit.record(session, actor, "lti-score.resend", assignment_id, told, course=course.id, at=now)
    return count
