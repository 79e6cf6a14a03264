"""Attempts counted by the database, where the time of each matters: recent mistakes, and the days of work.

Only what students of the course have submitted is counted. What needs no times is added up from tallies
(`app.reports.tallies`).
"""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    String,
    cast,
    column,
    func,
    lateral,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased

from app.attempts.models import Attempt, Score
from app.reports.subject import Subject, students
from app.reports.tallies import MistakeCount

_QUARTER = 15 * 60  # seconds; clocks of all time zones differ from UTC by whole quarters of an hour


def mistakes_since(session: Session, subject: Subject, since: datetime) -> dict[str, list[MistakeCount]]:
    """The named mistakes of each item in attempts since then, by their newest scores, the most frequent first."""
    parts = _elements(session, Score.fields)
    name, mistake = _text(session, parts, "name"), _text(session, parts, "mistake")
    later = aliased(Score)
    newest = select(func.max(later.id)).where(later.attempt_id == Attempt.id).correlate(Attempt).scalar_subquery()
    query = (
        select(Attempt.item_id, name, mistake, func.count(), func.count(Attempt.person_id.distinct()))
        .select_from(Attempt)
        .join(Score, Score.id == newest)
        .join(parts, true())
        .where(_ours(subject), Attempt.created_at >= since, ~Score.correct, mistake.is_not(None))
        .group_by(Attempt.item_id, name, mistake)
    )
    found: dict[str, list[MistakeCount]] = defaultdict(list)
    for item, field, found_mistake, attempts, people in session.execute(query):
        found[str(item)].append(MistakeCount(field, found_mistake, attempts, people))
    for each in found.values():
        each.sort(key=lambda count: (-count.attempts, count.field, count.mistake))
    return found


def activity(session: Session, subject: Subject) -> dict[str, int]:
    """Attempts on each day (ISO date) of the course's time zone, in order; days without any are left out."""
    quarter = _seconds(session, Attempt.created_at) // _QUARTER
    query = select(quarter, func.count()).where(_ours(subject)).group_by(quarter)
    zone = ZoneInfo(subject.time_zone)
    days: Counter[str] = Counter()
    for number, count in session.execute(query):
        at = datetime.fromtimestamp(number * _QUARTER, UTC).astimezone(zone)
        days[at.date().isoformat()] += count
    return dict(sorted(days.items()))


def _ours(subject: Subject) -> ColumnElement[bool]:
    return Attempt.item_id.in_(subject.columns) & Attempt.person_id.in_(students(subject))


def _elements(session: Session, array: Any) -> FromClause:
    """The elements of a JSON array, as rows with one column `value`."""
    if _is_sqlite(session):
        return func.json_each(array).table_valued(column("value", String), name="parts")
    return lateral(func.json_array_elements(array).table_valued(column("value", String), name="parts"))


def _text(session: Session, parts: FromClause, member: str) -> ColumnElement[str]:
    """The member of an element, as text; NULL where it is null."""
    if _is_sqlite(session):
        return type_coerce(func.json_extract(parts.c.value, f"$.{member}"), String)
    return type_coerce(func.json_extract_path_text(parts.c.value, member), String)


def _seconds(session: Session, instant: Any) -> ColumnElement[int]:
    """Whole seconds since 1970."""
    if _is_sqlite(session):
        return cast(func.strftime("%s", instant), Integer)
    return cast(func.floor(func.extract("epoch", instant)), Integer)


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
