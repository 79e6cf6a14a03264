"""Who must know of a graded attempt or a changed grade, and is told inside the transaction that stores it.

So neither is stored without the other. `app.main` registers them; this package knows none of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeChange:
    """A student's grade at an item is another than before; None where there was, or is, none. Points, of `points`.

    By a further attempt that earns nothing, `after` is `before`: nothing but the number of attempts is another.
    """

    assignment_id: str
    item_id: str
    person_id: str
    before: float | None
    after: float | None
    points: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptsGraded:
    """Attempts at an item have a score that they did not have: their first, or one by a regrade. It is stored."""

    assignment_id: str
    item_id: str
    attempt_ids: Sequence[str]
    at: datetime


Listener: TypeAlias = Callable[[Session, Sequence[GradeChange]], None]
"""Called in the writer's thread: short, and talking to nothing but its session."""
GradedListener: TypeAlias = Callable[[Session, AttemptsGraded], None]

_listeners: list[Listener] = []
_graded_listeners: list[GradedListener] = []


def listen(listener: Listener) -> None:
    """Have it called for every change from now on; once, however often it is registered."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(session: Session, changes: Sequence[GradeChange]) -> None:
    """Tell everybody, if there is anything to tell."""
    if changes:
        for listener in _listeners:
            listener(session, changes)


def listen_graded(listener: GradedListener) -> None:
    """Have it called for all attempts that are graded from now on; once, however often it is registered."""
    if listener not in _graded_listeners:
        _graded_listeners.append(listener)


def announce_graded(session: Session, graded: AttemptsGraded) -> None:
    """Tell everybody, if there is anything to tell. What they want to know of the attempts they read themselves."""
    if graded.attempt_ids:
        for listener in _graded_listeners:
            listener(session, graded)
