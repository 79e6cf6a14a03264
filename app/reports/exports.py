"""Tables to take away: the gradebook and the item analysis as rows, the raw attempts as JSON lines."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import orjson
from sqlalchemy import String, and_, cast, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.accounts.models import Person
from app.attempts.models import Attempt, Score, Variant
from app.reports.gradebook import Line, Wish, all_lines
from app.reports.items import ItemAnalysis
from app.reports.spreadsheets import Row
from app.reports.subject import Subject, students
from app.reports.summary import Summary

GRADEBOOK_HEAD = ("student", "number", "email", "section")
GRADEBOOK_TAIL = ("total", "of", "attempts", "last_activity", "late", "status")
ITEM_HEAD = (
    "item",
    "problem",
    "form",
    "points",
    "students",
    "attempts",
    "facility",
    "sd",
    "random_guess_score",
    "discrimination_index",
    "discriminative_efficiency",
    "point_biserial",
    "effective_weight",
    "negative_covariance",
    "mean_attempts_until_right",
    "median_seconds",
    "most_frequent_mistake",
    "its_share",
)

Place: TypeAlias = tuple[str, int]
FIRST: Place = ("", 0)
"""Before every (person, number of the attempt)."""


def gradebook_rows(session: Session, subject: Subject, wish: Wish) -> Iterator[Row]:
    """The head, then a row a student; an item without a score is an empty cell."""
    yield [*GRADEBOOK_HEAD, *(item.label for item in subject.items), *GRADEBOOK_TAIL]
    for line in all_lines(session, subject, wish):
        yield _gradebook_row(subject, line)


def _gradebook_row(subject: Subject, line: Line) -> Row:
    cells = [line.cells.get(item.id) for item in subject.items]
    return [
        *(line.name, line.number, line.email, line.section),
        *(cell.score if cell else None for cell in cells),
        *(line.total, subject.max_points, line.attempts, line.last_activity, line.late, line.status),
    ]


def item_rows(analyses: Iterable[ItemAnalysis]) -> Iterator[Row]:
    yield ITEM_HEAD
    for each in analyses:
        figures = each.statistics
        mistake = next((mistake for mistake in each.mistakes if mistake.variant is None), None)
        yield [
            *(each.item.label, each.item.problem, each.item.form, each.item.points, figures.attempted, each.attempts),
            *(figures.facility, figures.sd, each.random_guess_score),
            *(figures.discrimination_index, figures.discriminative_efficiency, figures.point_biserial),
            *(figures.effective_weight, figures.negative_covariance),
            *(each.mean_until_right, each.median_seconds),
            *((mistake.mistake, mistake.share) if mistake else (None, None)),
        ]


def summary_rows(subject: Subject, summary: Summary) -> Iterator[Row]:
    """Figures by name, with the histogram below."""
    yield ["figure", "value"]
    yield from [["assignment", subject.title], ["course", subject.course]]
    figures = summary.as_json()
    for name in ("enrolled", "submitted", "max_points", "pass_mark", "below_pass_mark", "share_below_pass_mark"):
        yield [name, figures[name]]
    yield from ([name, value] for name, value in figures["statistics"].items())
    for i, count in enumerate(summary.histogram):
        yield [f"{10 * i}–{10 * i + 10} %", count]


def attempts_after(
    session: Session, subject: Subject, item_id: str, after: Place = FIRST, *, limit: int = 500
) -> Sequence[Any]:
    """At most so many attempts at the item by students, in the order of its index: by person, then by number.

    JSON stays the text as which it is stored, since nobody reads it on the way.
    """
    later = aliased(Score)
    newest = select(func.max(later.id)).where(later.attempt_id == Attempt.id).correlate(Attempt).scalar_subquery()
    query = (
        select(
            Attempt.id,
            Attempt.item_id.label("item"),
            Attempt.number,
            Attempt.person_id,
            Person.name,
            Variant.problem,
            Variant.version,
            Variant.seed,
            Attempt.form,
            cast(Attempt.answers, String).label("answers"),
            Score.score,
            Score.max_score,
            Score.correct,
            cast(Score.fields, String).label("fields"),
            Attempt.created_at,
        )
        .join(Variant, Variant.id == Attempt.variant_id)
        .join(Person, Person.id == Attempt.person_id)
        .outerjoin(Score, and_(Score.attempt_id == Attempt.id, Score.id == newest))
        .where(Attempt.item_id == item_id, tuple_(Attempt.person_id, Attempt.number) > after)
        .where(Attempt.person_id.in_(students(subject)))
        .order_by(Attempt.person_id, Attempt.number)
        .limit(limit)
    )
    return session.execute(query).all()


def attempt_line(row: Any) -> bytes:
    value = row._asdict() | {"answers": orjson.Fragment(row.answers), "fields": orjson.Fragment(row.fields or "[]")}
    return orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def file_name(subject: Subject, what: str, suffix: str, now: datetime) -> str:
    """In ASCII, since what follows may be read by anything: ``scores-20260302.csv``."""
    return f"{what}-{subject.id[:8]}-{now.astimezone(UTC):%Y%m%d}.{suffix}"
