"""The gradebook: one row a student of the course, whether anything was submitted or not.

The database adds up, sorts and cuts; only the rows that are shown are fetched.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Literal, TypeAlias, get_args

import orjson
from sqlalchemy import ColumnElement, Select, String, and_, cast, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.attempts.grade_models import ItemGrade
from app.core.ids import is_id
from app.courses.models import Enrolment
from app.reports.subject import Subject

Sort: TypeAlias = Literal["name", "number", "section", "total", "attempts", "last_activity"]
SORTS: tuple[Sort, ...] = get_args(Sort)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_ESCAPE = "\\"
_HIGHEST = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A student's grade at an item; `score` is None where it is not graded, or counts for nobody."""

    score: float | None
    attempts: int
    late: bool
    overridden: bool
    status: str


@dataclass(slots=True, kw_only=True)
class Line:
    """A student with their grades by item id; an item without any attempt or grade is not in `cells`."""

    enrolment: str
    person: str
    name: str
    email: str | None
    number: str | None
    section: str | None
    total: float
    attempts: int
    last_activity: datetime | None
    cells: dict[str, Cell] = field(default_factory=dict)

    @property
    def late(self) -> bool:
        return any(cell.late for cell in self.cells.values())

    @property
    def status(self) -> str:
        """``none`` without an attempt, ``waiting`` while one can't be graded, else ``submitted``."""
        if not self.attempts:
            return "none"
        if any(cell.status == "waiting" for cell in self.cells.values()):
            return "waiting"
        return "submitted"

    def as_json(self, subject: Subject) -> dict[str, Any]:
        return {
            "person_id": self.person,
            "name": self.name,
            "email": self.email,
            "number": self.number,
            "section": self.section,
            "total": self.total,
            "max_points": subject.max_points,
            "attempts": self.attempts,
            "last_activity": self.last_activity,
            "late": self.late,
            "status": self.status,
            "grades": [_cell_json(item.id, self.cells.get(item.id)) for item in subject.items],
        }


def _cell_json(item: str, cell: Cell | None) -> dict[str, Any]:
    nothing = Cell(score=None, attempts=0, late=False, overridden=False, status="none")
    return {"item": item, **asdict(cell or nothing)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which students, in which order. `search` is a part of the name, the e-mail address or the student number.

    `person` is the id of the only student who is wanted.
    """

    section: str | None = None
    search: str = ""
    sort: Sort = "name"
    descending: bool = False
    person: str | None = None


def gradebook(session: Session, subject: Subject, wish: Wish, *, limit: int, after: str | None = None) -> list[Line]:
    """At most `limit` lines, those that follow the position `after` (see `position`) if it is given."""
    query, key = _lines(subject, wish)
    if after is not None:
        value, enrolment = orjson.loads(after)
        if wish.sort == "last_activity":
            value = datetime.fromisoformat(value)
        at = tuple_(literal(value, key.type), literal(enrolment, String))
        here = tuple_(key, Enrolment.id)
        query = query.where(here < at if wish.descending else here > at)
    lines = [_line(row) for row in session.execute(query.limit(limit))]
    _fill(session, subject, {line.person: line for line in lines})
    return lines


def all_lines(session: Session, subject: Subject, wish: Wish, *, chunk: int = 1000) -> Iterator[Line]:
    """Every line. The totals are added up once; the grades are fetched for some students at a time."""
    rows = iter(session.execute(_lines(subject, wish)[0]).all())
    while lines := [_line(row) for row in islice(rows, chunk)]:
        _fill(session, subject, {line.person: line for line in lines})
        yield from lines


def count_lines(session: Session, subject: Subject, wish: Wish) -> int:
    query = select(func.count()).select_from(Enrolment).join(Person, Person.id == Enrolment.person_id)
    return session.scalar(query.where(_wanted(subject, wish))) or 0


def position(line: Line, sort: Sort) -> str:
    """Where a line stands in this order, for a cursor."""
    key: dict[Sort, Any] = {
        "name": line.name,
        "number": line.number or "",
        "section": line.section or "",
        "total": line.total,
        "attempts": line.attempts,
        "last_activity": (line.last_activity or _NEVER).isoformat(),
    }
    return orjson.dumps([key[sort], line.enrolment]).decode()


def is_position(text: str, sort: Sort) -> bool:
    """Whether `position` could have made it for this order."""
    try:
        value, enrolment = orjson.loads(text)
        if sort == "last_activity":
            # An instant without its time zone, or outside all time in UTC, is none of ours.
            value = datetime.fromisoformat(value)
            return value.tzinfo is not None and value.astimezone(UTC) >= _NEVER and is_id(enrolment)
        if sort in {"total", "attempts"}:
            return type(value) in {int, float} and abs(value) < _HIGHEST and is_id(enrolment)
        return isinstance(value, str) and "\0" not in value and is_id(enrolment)
    except (ValueError, TypeError, OverflowError):
        return False


def _lines(subject: Subject, wish: Wish) -> tuple[Select[Any], ColumnElement[Any]]:
    """The query of all lines that are wanted, in order, and the column that orders them (never NULL)."""
    sums = (
        select(
            ItemGrade.person_id,
            func.coalesce(func.sum(ItemGrade.score), 0.0).label("total"),
            func.sum(ItemGrade.attempts).label("attempts"),
            func.max(ItemGrade.last_activity).label("last_activity"),
        )
        .where(ItemGrade.item_id.in_(subject.columns))
        .group_by(ItemGrade.person_id)
        .subquery()
    )
    total = func.coalesce(sums.c.total, 0.0)
    attempts = func.coalesce(sums.c.attempts, 0)
    keys: dict[Sort, ColumnElement[Any]] = {
        "name": func.coalesce(Person.name, ""),
        "number": func.coalesce(Enrolment.student_number, ""),
        "section": func.coalesce(Enrolment.section, ""),
        "total": total,
        "attempts": attempts,
        "last_activity": func.coalesce(sums.c.last_activity, literal(_NEVER, ItemGrade.last_activity.type)),
    }
    key = keys[wish.sort]
    query = (
        select(
            Enrolment.id,
            Enrolment.person_id,
            Enrolment.section,
            Enrolment.student_number,
            func.coalesce(Person.name, "").label("name"),
            Person.email,
            total.label("total"),
            attempts.label("attempts"),
            sums.c.last_activity,
        )
        .join(Person, Person.id == Enrolment.person_id)
        .outerjoin(sums, sums.c.person_id == Enrolment.person_id)
        .where(_wanted(subject, wish))
    )
    order = (key.desc(), Enrolment.id.desc()) if wish.descending else (key, Enrolment.id)
    return query.order_by(*order), key


def _wanted(subject: Subject, wish: Wish) -> ColumnElement[bool]:
    conditions = [
        Enrolment.course_id == subject.course_id,
        Enrolment.role == "student",
        Enrolment.ended_at.is_(None),
    ]
    if wish.person is not None:
        conditions.append(Enrolment.person_id == wish.person)
    if wish.section is not None:
        conditions.append(Enrolment.section == wish.section)
    if wish.search:
        # What people type is text, so its % and _ are no patterns.
        text = wish.search.casefold()
        for special in (_ESCAPE, "%", "_"):
            text = text.replace(special, _ESCAPE + special)
        places = (Person.name, Person.email, Enrolment.student_number)
        conditions.append(or_(*(func.lower(cast(place, String)).like(f"%{text}%", escape=_ESCAPE) for place in places)))
    return and_(*conditions)


def _line(row: Any) -> Line:
    return Line(
        enrolment=row.id,
        person=row.person_id,
        name=row.name,
        email=row.email,
        number=row.student_number,
        section=row.section,
        total=row.total,
        attempts=int(row.attempts),
        last_activity=row.last_activity,
    )


def _fill(session: Session, subject: Subject, lines: dict[str, Line]) -> None:
    """Put the grades of these students, and only theirs, into their lines."""
    columns = (ItemGrade.score, ItemGrade.attempts, ItemGrade.late, ItemGrade.overridden, ItemGrade.status)
    query = select(ItemGrade.person_id, ItemGrade.item_id, *columns).where(
        ItemGrade.item_id.in_(subject.columns), ItemGrade.person_id.in_(lines)
    )
    for person, item, score, attempts, late, overridden, status in session.execute(query):
        lines[person].cells[item] = Cell(
            score=score, attempts=attempts, late=late, overridden=overridden, status=status
        )
