"""What was answered, counted by the database: mistakes, options, attempts until right, and when people worked.

Every function is one aggregate over the attempts of an assignment; no attempt is fetched. An attempt counts by its
newest score. Only what students of the course have submitted is counted, never an instructor's trial.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    cast,
    column,
    func,
    lateral,
    null,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased

from app.attempts.models import Attempt, Score
from app.reports.subject import Subject, students

PAUSE = timedelta(minutes=30)
"""Who submits nothing for longer has not been working on one item all the while."""

_QUARTER = 15 * 60  # seconds; clocks of all time zones differ from UTC by whole quarters of an hour


@dataclass(frozen=True, slots=True)
class MistakeCount:
    """How often answers to a field of an item were explained by one known mistake, and by how many students.

    `variant` is the row of the variant, where each is counted by itself.
    """

    variant: int | None
    field: str
    mistake: str
    attempts: int
    students: int


@dataclass(frozen=True, slots=True)
class OptionCount:
    """How often an option of a variant was chosen; of several options each counts by itself."""

    variant: int
    field: str
    option: str
    attempts: int


def attempts_by_item(session: Session, subject: Subject) -> dict[str, int]:
    query = select(Attempt.item_id, func.count()).where(_ours(subject)).group_by(Attempt.item_id)
    return {str(item): count for item, count in session.execute(query)}


def attempts_by_variant(session: Session, subject: Subject, item_ids: Sequence[str]) -> dict[tuple[str, int], int]:
    columns = (Attempt.item_id, Attempt.variant_id)
    query = select(*columns, func.count()).where(_ours(subject), Attempt.item_id.in_(item_ids)).group_by(*columns)
    return {(str(item), variant): count for item, variant, count in session.execute(query)}


def mistakes(
    session: Session,
    subject: Subject,
    item_ids: Sequence[str] | None = None,
    *,
    by_variant: bool = False,
    since: datetime | None = None,
) -> dict[str, list[MistakeCount]]:
    """The named mistakes of each item (of some items), the most frequent first; only those made `since` then."""
    parts = _elements(session, Score.fields)
    name, mistake = _text(session, parts, "name"), _text(session, parts, "mistake")
    variant: ColumnElement[Any] = type_coerce(Attempt.variant_id, BigInteger) if by_variant else null()
    groups = (Attempt.item_id, *((variant,) if by_variant else ()), name, mistake)
    counts = (func.count(), func.count(Attempt.person_id.distinct()))
    query = _scored(subject, Attempt.item_id, variant, name, mistake, *counts, of=parts)
    query = query.where(~Score.correct, mistake.is_not(None)).group_by(*groups)
    if item_ids is not None:
        query = query.where(Attempt.item_id.in_(item_ids))
    if since is not None:
        query = query.where(Attempt.created_at >= since)
    found: dict[str, list[MistakeCount]] = defaultdict(list)
    for item, *counted in session.execute(query):
        found[item].append(MistakeCount(*counted))
    for each in found.values():
        each.sort(key=lambda count: (-count.attempts, count.field, count.mistake))
    return found


def options(session: Session, subject: Subject, item_ids: Sequence[str]) -> dict[str, list[OptionCount]]:
    """How often each option was chosen, for items all of whose students meet a few variants.

    The answer to a choice is one id, that to several a list of ids; `read_as` holds either as text, as it was graded.
    """
    parts = _elements(session, Score.fields)
    name, read_as = _text(session, parts, "name"), _text(session, parts, "read_as")
    query = (
        _scored(subject, Attempt.item_id, Attempt.variant_id, name, read_as, func.count(), of=parts)
        .where(Attempt.item_id.in_(item_ids), Attempt.form == "choice")
        .group_by(Attempt.item_id, Attempt.variant_id, name, read_as)
    )
    found: dict[str, Counter[tuple[int, str, str]]] = defaultdict(Counter)
    for item, variant, field, chosen, count in session.execute(query):
        for option in str(chosen).replace(" ", "").split(","):
            found[item][variant, field, option] += count
    return {item: [OptionCount(*key, count) for key, count in sorted(counts.items())] for item, counts in found.items()}


def attempts_until_right(session: Session, subject: Subject) -> dict[str, dict[int, int]]:
    """For each item: how many students were right with their first, second, … attempt."""
    first = (
        _scored(subject, Attempt.item_id, Attempt.person_id, func.min(Attempt.number).label("first"))
        .where(Score.correct)
        .group_by(Attempt.item_id, Attempt.person_id)
        .subquery()
    )
    query = select(first.c.item_id, first.c.first, func.count()).group_by(first.c.item_id, first.c.first)
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for item, number, count in session.execute(query.order_by(first.c.first)):
        found[item][number] = count
    return found


def median_seconds(session: Session, subject: Subject) -> dict[str, float]:
    """The median time, in seconds, between an attempt and the same student's attempt before it in this assignment.

    A student's first attempt has no time, and neither has one after a `PAUSE`.
    """
    second = _seconds(session, Attempt.created_at)
    before = func.lag(second).over(partition_by=Attempt.person_id, order_by=Attempt.id)
    gaps = select(Attempt.item_id, (second - before).label("gap")).where(_ours(subject)).subquery()
    query = (
        select(gaps.c.item_id, gaps.c.gap, func.count())
        .where(gaps.c.gap <= int(PAUSE.total_seconds()))
        .group_by(gaps.c.item_id, gaps.c.gap)
    )
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for item, gap, count in session.execute(query):
        counts[item][int(gap)] = count
    return {item: median(counted.elements()) for item, counted in counts.items()}


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


def variants_of_students(session: Session, subject: Subject, item_ids: Sequence[str]) -> Mapping[str, dict[str, int]]:
    """For each item: which variant each student answered (the newest, where an item was changed meanwhile)."""
    query = (
        select(Attempt.item_id, Attempt.person_id, Attempt.variant_id, func.max(Attempt.number))
        .where(_ours(subject), Attempt.item_id.in_(item_ids))
        .group_by(Attempt.item_id, Attempt.person_id, Attempt.variant_id)
        .order_by(func.max(Attempt.number))
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for item, person, variant, _ in session.execute(query):
        found[str(item)][str(person)] = variant
    return found


def _ours(subject: Subject) -> ColumnElement[bool]:
    return Attempt.item_id.in_(subject.columns) & Attempt.person_id.in_(students(subject))


def _scored(subject: Subject, *columns: Any, of: FromClause | None = None) -> Select[Any]:
    """Attempts with their newest score, and the elements `of` its JSON where they are asked for."""
    later = aliased(Score)
    newest = select(func.max(later.id)).where(later.attempt_id == Attempt.id).correlate(Attempt).scalar_subquery()
    query = select(*columns).select_from(Attempt).join(Score, Score.id == newest).where(_ours(subject))
    return query if of is None else query.join(of, true())


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
