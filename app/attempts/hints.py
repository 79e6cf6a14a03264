"""Hints of an item in an assignment: free ones are there at once, others are opened, which costs a share of the points.

What a hint costs is said by the exercise (`problems.text.Page.hint_costs`). Opening is noted with the moment and its
cost; each attempt that arrives afterwards is worth so much less (`app.attempts.counting`), those before are not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.attempts.asked import Asked, ask
from app.attempts.grade_models import OpenedHint
from app.core.errors import ForbiddenError, UnknownExhibitError
from problems.catalogue import find
from problems.text import Text
from problems.variant import Variant

_STUDENTS = Text(
    "Only students of the course open hints; others see them all.",
    "只有课程的学生需要打开提示，其他人可以直接看到。",
)

_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class HintView:
    """A hint as somebody has it: without its text while it is closed."""

    number: int
    cost: float
    text: Text | None

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "cost": self.cost,
            "opened": self.text is not None,
            "text": None if self.text is None else self.text.as_dict(),
        }


def opened_by(session: Session, item_id: str, person_id: str) -> frozenset[int]:
    """The numbers of the hints that the person has opened at a cost."""
    mine = (OpenedHint.item_id == item_id, OpenedHint.person_id == person_id)
    return frozenset(session.scalars(select(OpenedHint.number).where(*mine)))


def hints_of(variant: Variant[Any], asked: Asked, opened: frozenset[int]) -> Sequence[HintView]:
    """Those who teach see all of them."""
    costs = _costs(asked)
    return [
        HintView(number, cost, text if cost == 0 or number in opened or asked.role != "student" else None)
        for number, (text, cost) in enumerate(zip(variant.hints, costs, strict=True), start=1)
    ]


def _costs(asked: Asked) -> Sequence[float]:
    return find(asked.item.problem).page.hint_costs


def open_hint(
    session: Session, item_id: str, principal: Principal, assignment_id: str, number: int, now: datetime
) -> None:
    """Open a hint for good; a free one, or one that is open already, costs nothing (more).

    Raises:
        UnknownAssignmentError, AssignmentNotOpenError, AssignmentLockedError: as for an answer.
        ForbiddenError: not a student of the course.
        UnknownExhibitError: there is no such hint.

    """
    asked = ask(session, item_id, principal, assignment_id=assignment_id)
    if asked.role != "student":
        raise ForbiddenError(_STUDENTS)
    asked.require_open(now)
    costs = _costs(asked)
    if not 1 <= number <= len(costs):
        raise UnknownExhibitError("There is no such hint.")
    if costs[number - 1] == 0 or number in opened_by(session, item_id, asked.person_id):
        return
    row = {"item_id": item_id, "person_id": asked.person_id, "number": number, "cost": costs[number - 1]}
    insert: Any = _INSERTS[session.connection().dialect.name]
    # Another process may be opening it at this very moment: then it is open, and was paid for once.
    session.execute(insert(OpenedHint).values(row | {"opened_at": now}).on_conflict_do_nothing())
