"""An attempt in an assignment, as its student may see it now, or as the staff of the course sees it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.attempts.asked import Asked, asked_of
from app.attempts.models import Attempt
from app.attempts.release import redacted
from app.attempts.result import AttemptResult
from problems.text import Language

HIDDEN = -1
"""In the place of a seed that is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedResult(AttemptResult):
    """An attempt at an item, the `number`-th of its student.

    `attempts_left` is None without a limit. `repeated` says that the same answer came again and spent nothing.
    """

    assignment: str
    item: str
    number: int
    late: bool
    attempts_left: int | None
    repeated: bool = False

    def as_json(self) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return shown | {"seed": None if self.seed == HIDDEN else self.seed}


def in_assignment(attempt: Attempt, result: AttemptResult, asked: Asked, *, repeated: bool = False) -> AssignedResult:
    """The whole result, with its place in the assignment."""
    due = asked.window.due
    return AssignedResult(
        **{name: getattr(result, name) for name in AttemptResult.__dataclass_fields__},
        assignment=asked.assignment.id,
        item=asked.item.id,
        number=attempt.number or 0,
        late=due is not None and attempt.created_at > due,
        attempts_left=asked.attempts_left,
        repeated=repeated,
    )


def for_student(result: AssignedResult, asked: Asked, now: datetime) -> AssignedResult:
    """What is released of it by now."""
    # Whoever knows the seed could practise the very variant, and is told its key there.
    shown = redacted(replace(result, seed=HIDDEN), asked.released(now))
    if not isinstance(shown, AssignedResult):
        raise TypeError("A redacted attempt is of the same kind.")
    return shown


def item_address(language: Language, assignment_id: str, item_id: str) -> str:
    """The page on which the student answers the item and sees what came of it."""
    return f"/{language}/assignments/{assignment_id}/items/{item_id}"


class Concealing:
    """Shows a person their own attempts, in practice as they are, in assignments as far as they are released."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now
        self._asked: dict[tuple[str, str], Asked] = {}

    def __call__(self, attempt: Attempt, result: AttemptResult) -> AttemptResult:
        if attempt.item_id is None or attempt.person_id is None:
            return result
        place = (attempt.item_id, attempt.person_id)
        if place not in self._asked:
            self._asked[place] = asked_of(self._session, *place)
        asked = self._asked[place]
        return for_student(in_assignment(attempt, result, asked), asked, self._now)
