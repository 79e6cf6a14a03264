"""What a change of an assignment means for answers that were given before it.

Two rules. What was asked stays: nothing of an item that has been answered can be changed but what its answers are
worth, and that by a regrade. And grades follow the settings in force: who keeps grades registers here and is told of
each change inside its transaction.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.courses.models import Assignment, Item

ENROLMENT = "enrolment"
ITEMS = "items"
"""What can be earned: items were added, taken out or voided, or are worth other points."""
GRADING = frozenset({"due_at", "closes_at", "counting", "attempt_penalty", "late_per_day", "extension", ENROLMENT})
"""What changes the grades of an assignment whose items are as they were.

Taking part does, too: points may be given to all students, and extensions to a section.
"""
TOLD = GRADING | {ITEMS, "attempts_allowed", "release"}
"""And what else the totals of students follow from, or when they may see them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Some of `TOLD` are others than before; with persons or a section, for these alone."""

    assignment_id: str
    names: frozenset[str]
    by: str
    at: datetime
    persons: frozenset[str] | None = None
    section: str | None = None


Listener: TypeAlias = Callable[[Session, Changed], None]
"""Called in the writer's thread: short, and talking to nothing but its session."""

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have it called for every change from now on; once, however often it is registered."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(session: Session, changed: Changed) -> None:
    """Tell everybody, if there is anything to tell."""
    if changed.names & TOLD:
        session.flush()
        for listener in _listeners:
            listener(session, changed)


Removal: TypeAlias = Callable[[Session, str], None]
"""Called with the id of an assignment before it is deleted, in the same transaction."""

_removals: list[Removal] = []


def listen_removed(removal: Removal) -> None:
    """Have it called for every assignment that is deleted; once, however often it is registered."""
    if removal not in _removals:
        _removals.append(removal)


def announce_removed(session: Session, assignment_id: str) -> None:
    """Tell everybody who keeps something beside an assignment that it goes."""
    for removal in _removals:
        removal(session, assignment_id)


def announce_people(session: Session, course_id: str, persons: Iterable[str], by: str, at: datetime) -> None:
    """Tell everybody, for each assignment of the course, whose part in it has begun, changed or ended."""
    found = frozenset(persons)
    if not found:
        return
    session.flush()
    query = select(Assignment.id).where(Assignment.course_id == course_id).order_by(Assignment.id)
    for assignment_id in session.scalars(query).all():
        names = frozenset({ENROLMENT})
        announce(session, Changed(assignment_id=assignment_id, names=names, by=by, at=at, persons=found))


def are_answered(session: Session, item_ids: Sequence[str]) -> bool:
    """Whether anything stands on these items: the database is asked to remove them, in a savepoint, and refuses.

    So nothing that other packages store has to be known here.
    """
    if not item_ids:
        return False
    session.flush()
    trial = session.begin_nested()
    try:
        session.execute(delete(Item).where(Item.id.in_(item_ids)), execution_options={"synchronize_session": False})
    except IntegrityError:
        return True
    finally:
        trial.rollback()
    return False
