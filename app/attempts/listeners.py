"""Who must know of a changed grade, and is told inside the transaction that changes it.

So neither is stored without the other. `app.main` registers them; this package knows none of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeChange:
    """A student's grade at an item is another than before; None where there was, or is, none. Points, of `points`."""

    assignment_id: str
    item_id: str
    person_id: str
    before: float | None
    after: float | None
    points: float
    at: datetime


Listener: TypeAlias = Callable[[Session, Sequence[GradeChange]], None]
"""Called in the writer's thread: short, and talking to nothing but its session."""

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have it called for every change from now on; once, however often it is registered."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(session: Session, changes: Sequence[GradeChange]) -> None:
    """Tell everybody, if there is anything to tell."""
    if changes:
        for listener in _listeners:
            listener(session, changes)
