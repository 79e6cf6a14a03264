"""Grades: derived from attempts, scores and overrides, and kept up to date in the transaction that changes any of them.

    attempts, newest scores ──► counting.outcome ──► grades        the same function derives one row after an attempt,
    dates, extensions ─────────────┘      ▲                        all rows of an item after a regrade, and what a
    overrides ────────────────────────────┘                        regrade would change before it is applied

Each row holds the tally of the attempts, too, which reports add up (`app.attempts.tally`). Throwing all rows away and
deriving them again (`derive_again`) gives the same rows.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Row, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.attempts.counting import Outcome, Rules, Worth, outcome
from app.attempts.grade_models import ItemGrade
from app.attempts.grade_queries import (
    GRADES,
    Arrival,
    Known,
    Opened,
    arrivals_of,
    chunks,
    hints_at,
    overrides_of,
    parts,
    stored_grades,
)
from app.attempts.item_settings import ItemSettings, settings_of
from app.attempts.listeners import GradeChange, announce
from app.attempts.tally import tally
from app.courses.deadlines import Extended, Window, late_factor, window
from app.courses.models import Assignment, Counting, Enrolment, Extension, Item

COUNTING: Mapping[str, Counting] = {"best": "best", "last": "last", "first": "first", "average": "average"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """All that makes grades of the attempts at one item, but for the attempts and the overrides themselves.

    `sections` holds everybody who takes part or once did, `students` those who do so as students now.
    """

    item: Item
    assignment: Assignment
    rules: Rules
    extensions: Sequence[Extended]
    sections: Mapping[str, str | None]
    students: frozenset[str]
    hints: Mapping[str, Sequence[Opened]] = field(default_factory=dict)

    def worth(self, mine: Window, arrival: Arrival, hints: Sequence[Opened] = ()) -> Worth:
        """What an attempt comes to for somebody with these dates who has opened these hints."""
        return Worth(
            arrival.id,
            arrival.number,
            arrival.share,
            late_factor(mine, self.assignment.late_per_day, arrival.at),
            mine.due is not None and arrival.at > mine.due,
            math.fsum(cost for opened_at, cost in hints if opened_at <= arrival.at),
        )

    def outcome(self, person_id: str, arrivals: Sequence[Arrival], override: float | None) -> Outcome | None:
        """None for a student who has done nothing here and is given nothing."""
        if not arrivals and override is None and not (self.rules.award == "full" and person_id in self.students):
            return None
        mine = window(self.assignment, self.extensions, person_id, self.sections.get(person_id))
        hints = self.hints.get(person_id, ())
        return outcome([self.worth(mine, each, hints) for each in arrivals], self.rules, override)


def rules_of(settings: ItemSettings, assignment: Assignment) -> Rules:
    return Rules(
        points=settings.points,
        counting=COUNTING[assignment.counting],
        attempt_penalty=assignment.attempt_penalty,
        award=settings.award,
    )


def marking_of(
    session: Session,
    item: Item,
    assignment: Assignment,
    *,
    settings: ItemSettings | None = None,
    persons: Iterable[str] | None = None,
) -> Marking:
    """How the item is marked, by its own settings or by others; for these persons only, if some are named."""
    extensions = session.scalars(select(Extension).where(Extension.assignment_id == assignment.id)).all()
    columns = (Enrolment.person_id, Enrolment.section, Enrolment.role, Enrolment.ended_at)
    query = select(*columns).where(Enrolment.course_id == assignment.course_id)
    enrolled: list[Row[Any, Any, Any, Any]] = []
    for part in parts(persons):
        enrolled += session.execute(query if part is None else query.where(Enrolment.person_id.in_(part)))
    return Marking(
        item=item,
        assignment=assignment,
        rules=rules_of(settings or settings_of(item, assignment), assignment),
        extensions=extensions,
        sections={row.person_id: row.section for row in enrolled},
        students=frozenset(row.person_id for row in enrolled if row.role == "student" and row.ended_at is None),
        hints=hints_at(session, item.id, persons),
    )


def derive(
    marking: Marking, arrivals: Mapping[str, Sequence[Arrival]], overrides: Mapping[str, float], persons: Iterable[str]
) -> dict[str, Outcome | None]:
    """The grades of these persons; pure."""
    return {person: marking.outcome(person, arrivals.get(person, ()), overrides.get(person)) for person in persons}


def refresh(
    session: Session,
    marking: Marking,
    persons: Iterable[str] | None,
    now: datetime,
) -> list[GradeChange]:
    """Derive the grades of these persons (of all who have any, unless some are named), store and announce changes."""
    item_id = marking.item.id
    named = None if persons is None else sorted(set(persons))
    lock_students(session, marking.assignment.course_id, named)
    arrivals, overrides = arrivals_of(session, item_id, named), overrides_of(session, item_id, named)
    stored = stored_grades(session, item_id, named)
    if named is None:
        everybody = marking.students if marking.rules.award == "full" else frozenset[str]()
        named = sorted(arrivals.keys() | overrides.keys() | stored.keys() | everybody)
    return store(session, marking, derive(marking, arrivals, overrides, named), arrivals, stored, now)


def store(
    session: Session,
    marking: Marking,
    outcomes: Mapping[str, Outcome | None],
    arrivals: Mapping[str, Sequence[Arrival]],
    stored: Mapping[str, Known],
    now: datetime,
) -> list[GradeChange]:
    """Write grades and tell the listeners of all that are others than those in `stored`."""
    rows = [
        _row(marking.item.id, person, found, arrivals.get(person, ()), now)
        for person, found in outcomes.items()
        if found is not None
    ]
    _upsert(session, rows)
    gone = [person for person, found in outcomes.items() if found is None and person in stored]
    for part in chunks(gone):
        session.execute(delete(ItemGrade).where(ItemGrade.item_id == marking.item.id, ItemGrade.person_id.in_(part)))
    none: Known = (None, 0)
    after = {person: (found.score, found.attempts) if found else none for person, found in outcomes.items()}
    changes = [
        GradeChange(
            assignment_id=marking.assignment.id,
            item_id=marking.item.id,
            person_id=person,
            before=stored.get(person, none)[0],
            after=grade[0],
            points=marking.rules.points,
            at=now,
        )
        for person, grade in after.items()
        if grade != stored.get(person, none)
    ]
    announce(session, changes)
    return changes


def _row(item_id: str, person_id: str, found: Outcome, arrivals: Sequence[Arrival], now: datetime) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "person_id": person_id,
        "score": found.score,
        "raw_share": found.share,
        "attempts": found.attempts,
        "counted_attempt": found.counted,
        "late": found.late,
        "overridden": found.overridden,
        "status": found.status,
        "last_activity": arrivals[-1].at if arrivals else None,
        "updated_at": now,
        **tally([each.graded for each in arrivals]).as_row(),
    }


_KEY = ("item_id", "person_id")
_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _upserting(dialect: str) -> Insert:
    statement: Any = _INSERTS[dialect](GRADES)
    changed = {column.name: statement.excluded[column.name] for column in GRADES.columns if column.name not in _KEY}
    upsert: Insert = statement.on_conflict_do_update(index_elements=_KEY, set_=changed)
    return upsert


_UPSERTS = {dialect: _upserting(dialect) for dialect in _INSERTS}


def _upsert(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection = session.connection()
        connection.execute(_UPSERTS[connection.dialect.name], rows)


def lock_students(session: Session, course_id: str, persons: Iterable[str] | None) -> None:
    """Keep other processes from changing grades of these students until this transaction ends.

    SQLite has one writer and needs no lock. In the order of ids, so that two processes do not wait for each other.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    query = select(Enrolment.id).where(Enrolment.course_id == course_id).order_by(Enrolment.id).with_for_update()
    for part in parts(persons):
        session.execute(query if part is None else query.where(Enrolment.person_id.in_(part))).all()
