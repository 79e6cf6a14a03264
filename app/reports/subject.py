"""What a report is about: an assignment with its items, found only by those who may read its report."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.courses.models import Enrolment, Item
from app.courses.roles import STAFF, assignment_for
from problems.catalogue import UnknownProblemError, find
from problems.text import Text

COMPARED = ("fixed", "shared", "pool")
"""The modes of seeds in which several students meet the same variant."""


@dataclass(frozen=True, slots=True)
class ReportItem:
    """An item as reports name it. `position` counts from 1; a voided item counts for nobody."""

    id: str
    position: int
    problem: str
    form: str
    points: float
    seed_mode: str
    award: str

    @property
    def label(self) -> str:
        """What heads its column: its place and its exercise, since an exercise may stand in two places."""
        return f"{self.position}. {self.problem}"

    @property
    def title(self) -> Text:
        """Of the exercise; its number where the catalogue has it no more."""
        try:
            return find(self.problem).page.title
        except UnknownProblemError:
            return Text(self.problem, self.problem)

    @property
    def counts(self) -> bool:
        return self.award != "void"


@dataclass(frozen=True)
class Subject:
    """An assignment, its course, and its items in order."""

    id: str
    title: str
    course_id: str
    course: str
    time_zone: str
    pass_mark: float
    opens_at: datetime | None
    due_at: datetime | None
    closes_at: datetime | None
    items: tuple[ReportItem, ...]

    @cached_property
    def columns(self) -> dict[str, int]:
        """The place of each item, by its id."""
        return {item.id: column for column, item in enumerate(self.items)}

    @property
    def max_points(self) -> float:
        return sum(item.points for item in self.items if item.counts)

    @property
    def max_marks(self) -> list[float]:
        return [item.points for item in self.items]


def find_subject(session: Session, assignment_id: str, principal: Principal) -> Subject:
    """The assignment, for its course's assistants and instructors and for the administrator.

    Raises:
        UnknownAssignmentError: there is none, or none of which this person may know.
        ForbiddenError: a student of the course asks.

    """
    assignment, course, _ = assignment_for(session, assignment_id, principal, STAFF)
    return Subject(
        id=assignment.id,
        title=assignment.title,
        course_id=course.id,
        course=course.title,
        time_zone=course.time_zone,
        pass_mark=course.pass_mark,
        opens_at=assignment.opens_at,
        due_at=assignment.due_at,
        closes_at=assignment.closes_at,
        items=tuple(_items(session, assignment.id)),
    )


def _items(session: Session, assignment_id: str) -> list[ReportItem]:
    columns = (Item.id, Item.problem, Item.form, Item.points, Item.seed_mode, Item.award)
    query = select(*columns).where(Item.assignment_id == assignment_id).order_by(Item.position, Item.id)
    return [
        ReportItem(row.id, place, row.problem, row.form, row.points, row.seed_mode, row.award)
        for place, row in enumerate(session.execute(query), start=1)
    ]


def students(subject: Subject, section: str | None = None) -> Select[str]:
    """The ids of the people who are students of the course now, in one section if it is given."""
    query = select(Enrolment.person_id).where(
        Enrolment.course_id == subject.course_id, Enrolment.role == "student", Enrolment.ended_at.is_(None)
    )
    return query if section is None else query.where(Enrolment.section == section)


def sections(session: Session, subject: Subject) -> list[str]:
    """The sections of its students, sorted."""
    query = (
        select(Enrolment.section)
        .where(Enrolment.course_id == subject.course_id, Enrolment.role == "student", Enrolment.ended_at.is_(None))
        .where(Enrolment.section.is_not(None))
        .distinct()
        .order_by(Enrolment.section)
    )
    return [section for section in session.scalars(query) if section is not None]
