"""An assignment as one student has it, for those who teach: nothing of it is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.core.errors import NotFoundError
from app.courses.deadlines import Window
from app.courses.dealing import seed_for
from app.courses.enrolments import find_enrolment
from app.courses.entering import window_for
from app.courses.items import items_of
from app.courses.models import Item
from app.courses.roles import STAFF, InAssignment, assignment_for


@dataclass(frozen=True, slots=True)
class Preview:
    """The person's dates, and their items with the seeds that are dealt."""

    seen: InAssignment
    person_id: str
    window: Window
    items: Sequence[tuple[Item, int]]

    def as_json(self, now: datetime) -> dict[str, Any]:
        return {
            "person_id": self.person_id,
            "opens_at": self.window.opens,
            "due_at": self.window.due,
            "closes_at": self.window.closes,
            "attempts_allowed": self.window.attempts_allowed,
            "phase": self.window.phase(now),
            "items": [
                {
                    "id": item.id,
                    "position": item.position,
                    "problem": item.problem,
                    "form": item.form,
                    "points": item.points,
                    "seed": seed,
                }
                for item, seed in self.items
            ],
        }


def preview(session: Session, principal: Principal, assignment_id: str, person_id: str) -> Preview:
    """What this person has, or would have: one's own variants, or those of somebody in the course.

    Raises:
        NotFoundError: the person takes no part in the course.

    """
    seen = assignment_for(session, assignment_id, principal, STAFF)
    if person_id != principal.person_id and find_enrolment(session, seen.course.id, person_id) is None:
        raise NotFoundError("This person takes no part in the course.")
    dealt = [(item, seed_for(seen.assignment, item, person_id)) for item in items_of(session, assignment_id)]
    return Preview(seen, person_id, window_for(session, seen.assignment, person_id), dealt)
