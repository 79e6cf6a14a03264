"""What a change of an assignment means for answers that were given before it.

Two rules. What was asked stays: nothing of an item that has been answered can be changed but what its answers are
worth, and that by a regrade. And grades follow the settings in force: who keeps grades registers here and is told of
each change inside its transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.courses.models import Item

GRADING = frozenset({"due_at", "closes_at", "counting", "attempt_penalty", "late_per_day", "extension"})
"""What changes the grades of an assignment whose items are as they were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Some of `GRADING` are others than before; with a person or a section, for these alone."""

    assignment_id: str
    names: frozenset[str]
    by: str
    at: datetime
    person_id: str | None = None
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
    if changed.names & GRADING:
        session.flush()
        for listener in _listeners:
            listener(session, changed)


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
