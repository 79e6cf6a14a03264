"""What grades are derived from, as it is stored: attempts with their newest scores, points given by hand.

The statements are built once. Building one costs as much as running it, and every answer runs them all.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from app.attempts.grade_models import ItemGrade, OpenedHint, Override
from app.attempts.models import Attempt, Score
from app.attempts.tally import Graded
from app.core.models import Base

CHUNK = 500  # persons in one statement: databases bound the number of parameters

_ATTEMPTS, _SCORES, _OVERRIDES, _HINTS, GRADES = (
    Base.metadata.tables[each.__tablename__] for each in (Attempt, Score, Override, OpenedHint, ItemGrade)
)
_ITEM: Any = bindparam("item")


Opened: TypeAlias = tuple[datetime, float]
"""When a hint was opened, and the share of the points that it cost."""
Known: TypeAlias = tuple[float | None, int]
"""A grade: its score, and on how many attempts it rests."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An attempt at an item: when it arrived, and its share of the exercise, None while it could not be graded."""

    id: str
    number: int
    at: datetime
    share: float | None
    graded: Graded


class _ByPerson:
    """A query about one item, for everybody or for some persons."""

    def __init__(self, query: Select[Any], person: ColumnElement[Any]) -> None:
        self._everybody = query
        self._some = query.where(person.in_(bindparam("persons", expanding=True)))

    def rows(self, session: Session, item_id: str, persons: Iterable[str] | None) -> Iterator[Row[Any]]:
        for part in parts(persons):
            if part is None:
                yield from session.execute(self._everybody, {"item": item_id})
            else:
                yield from session.execute(self._some, {"item": item_id, "persons": part})


def _arrivals() -> _ByPerson:
    attempts, scores, later = _ATTEMPTS.c, _SCORES.c, _SCORES.alias("later")
    newest = select(func.max(later.c.id)).where(later.c.attempt_id == attempts.id).scalar_subquery()
    names = ("person_id", "id", "number", "created_at", "variant_id", "form", "seconds")
    query = (
        select(*(attempts[name] for name in names), scores.score, scores.max_score, scores.correct, scores.fields)
        .select_from(_ATTEMPTS.outerjoin(_SCORES, scores.id == newest))
        .where(attempts.item_id == _ITEM)
        .order_by(attempts.person_id, attempts.number)
    )
    return _ByPerson(query, attempts.person_id)


def _overrides() -> _ByPerson:
    columns = _OVERRIDES.c
    newest = select(func.max(columns.id)).where(columns.item_id == _ITEM).group_by(columns.person_id)
    query = select(columns.person_id, columns.points).where(columns.id.in_(newest), columns.points.is_not(None))
    return _ByPerson(query, columns.person_id)


_ARRIVALS = _arrivals()
_GIVEN = _overrides()
_OPENED = _ByPerson(
    select(_HINTS.c.person_id, _HINTS.c.opened_at, _HINTS.c.cost).where(_HINTS.c.item_id == _ITEM), _HINTS.c.person_id
)
_STORED = _ByPerson(
    select(GRADES.c.person_id, GRADES.c.score, GRADES.c.attempts).where(GRADES.c.item_id == _ITEM), GRADES.c.person_id
)


def arrivals_of(session: Session, item_id: str, persons: Iterable[str] | None = None) -> dict[str, list[Arrival]]:
    """The attempts of each person at the item, in the order of their numbers; of all persons unless some are named."""
    found: dict[str, list[Arrival]] = {}
    for row in _ARRIVALS.rows(session, item_id, persons):
        found.setdefault(row.person_id, []).append(arrival_of(row))
    return found


def arrival_of(row: Any) -> Arrival:
    """From the columns of an attempt and of its newest score."""
    graded = Graded(row.variant_id, row.form, row.correct, row.fields or (), row.seconds)
    return Arrival(row.id, row.number, row.created_at, share_of(row.score, row.max_score), graded)


def share_of(score: float | None, max_score: float) -> float | None:
    """None for an attempt that could not be graded; an exercise worth nothing has earned nothing."""
    return None if score is None else score / max_score if max_score else 0.0


def overrides_of(session: Session, item_id: str, persons: Iterable[str] | None = None) -> dict[str, float]:
    """The points that are given by hand and not withdrawn."""
    return {row.person_id: row.points for row in _GIVEN.rows(session, item_id, persons)}


def hints_at(session: Session, item_id: str, persons: Iterable[str] | None = None) -> dict[str, list[Opened]]:
    """The hints of the item that each person has opened at a cost."""
    found: dict[str, list[Opened]] = {}
    for row in _OPENED.rows(session, item_id, persons):
        found.setdefault(row.person_id, []).append((row.opened_at, row.cost))
    return found


def stored_grades(session: Session, item_id: str, persons: Iterable[str] | None = None) -> dict[str, Known]:
    """The grades that are stored, by person."""
    return {row.person_id: (row.score, row.attempts) for row in _STORED.rows(session, item_id, persons)}


def parts(persons: Iterable[str] | None) -> Sequence[list[str] | None]:
    """The persons in parts that fit into a statement; one None stands for everybody."""
    return [None] if persons is None else chunks(list(persons))


def chunks(persons: list[str]) -> list[list[str]]:
    return [persons[start : start + CHUNK] for start in range(0, len(persons), CHUNK)]
