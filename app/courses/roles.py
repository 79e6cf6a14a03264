"""Who may do what in a course. Deny by default: the check is a part of the query that finds what is asked for.

Whoever takes no part in a course hears 404, as if there were none; who takes part but lacks the role hears 403. The
site's administrators count as instructors everywhere. Assistants see all that instructors see and give extensions;
everything else is changed by instructors. Students know of an assignment once it is published.
"""

from collections.abc import Collection
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, literal, or_, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.core.errors import CourseArchivedError, ForbiddenError, UnknownAssignmentError, UnknownCourseError
from app.courses.models import Assignment, Course, Enrolment, Item, Role
from problems.text import Text

NOT_YOUR_ROLE = Text("Your role in this course does not allow that.", "你在这门课程中的角色无权这样做。")
ARCHIVED = Text("Take the course out of the archive first.", "请先将课程移出归档。")

EVERYBODY: frozenset[Role] = frozenset({"student", "assistant", "instructor"})
STAFF: frozenset[Role] = frozenset({"assistant", "instructor"})
INSTRUCTORS: frozenset[Role] = frozenset({"instructor"})


class InCourse(NamedTuple):
    """A course as somebody sees it."""

    course: Course
    role: Role


class InAssignment(NamedTuple):
    """An assignment as somebody sees it."""

    assignment: Assignment
    course: Course
    role: Role


class InItem(NamedTuple):
    """An item of an assignment as somebody sees it."""

    item: Item
    assignment: Assignment
    course: Course
    role: Role

    @property
    def in_assignment(self) -> InAssignment:
        return InAssignment(self.assignment, self.course, self.role)


Seen = TypeVar("Seen", InCourse, InAssignment, InItem)


def role_of(principal: Principal) -> ColumnElement[Role]:
    """The role that somebody has in the `Course` of the query around it; NULL for those who take no part (any more)."""
    if not principal.is_user:
        return literal(None)
    if principal.is_admin:
        return literal("instructor")
    mine = (Enrolment.course_id == Course.id, Enrolment.person_id == principal.person_id, Enrolment.ended_at.is_(None))
    return select(Enrolment.role).where(*mine).correlate(Course).scalar_subquery()


def course_for(
    session: Session,
    course_id: str,
    principal: Principal,
    roles: Collection[Role] = EVERYBODY,
    *,
    changing: bool = False,
) -> InCourse:
    """The course, for somebody who has one of these roles in it.

    Raises:
        UnknownCourseError: there is none, or they take no part in it.
        ForbiddenError: they take part, but have another role.
        CourseArchivedError: it is to be changed, and is archived.

    """
    role = role_of(principal)
    row = session.execute(select(Course, role).where(Course.id == course_id, role.is_not(None))).one_or_none()
    if row is None:
        raise UnknownCourseError("There is no course with this id, or you take no part in it.")
    return _checked(InCourse(*row), roles, changing=changing)


def assignment_for(
    session: Session,
    assignment_id: str,
    principal: Principal,
    roles: Collection[Role] = EVERYBODY,
    *,
    changing: bool = False,
) -> InAssignment:
    """The assignment, for somebody who has one of these roles in its course; raises as `course_for`.

    Raises:
        UnknownAssignmentError: there is none, or they may not know of it.

    """
    role = role_of(principal)
    row = session.execute(
        select(Assignment, Course, role)
        .join(Course, Course.id == Assignment.course_id)
        .where(Assignment.id == assignment_id, _may_know(role))
    ).one_or_none()
    if row is None:
        raise UnknownAssignmentError("There is no assignment with this id, or it is not for you.")
    return _checked(InAssignment(*row), roles, changing=changing)


def item_for(
    session: Session,
    item_id: str,
    principal: Principal,
    roles: Collection[Role] = EVERYBODY,
    *,
    changing: bool = False,
) -> InItem:
    """The item, for somebody who has one of these roles in its course; raises as `assignment_for`."""
    role = role_of(principal)
    row = session.execute(
        select(Item, Assignment, Course, role)
        .join(Assignment, Assignment.id == Item.assignment_id)
        .join(Course, Course.id == Assignment.course_id)
        .where(Item.id == item_id, _may_know(role))
    ).one_or_none()
    if row is None:
        raise UnknownAssignmentError("There is no item with this id, or it is not for you.")
    return _checked(InItem(*row), roles, changing=changing)


def _may_know(role: ColumnElement[Role]) -> ColumnElement[bool]:
    return or_(role.in_(sorted(STAFF)), role.is_not(None) & Assignment.published_at.is_not(None))


def _checked(seen: Seen, roles: Collection[Role], *, changing: bool) -> Seen:
    if seen.role not in roles:
        raise ForbiddenError(NOT_YOUR_ROLE)
    if changing and seen.course.archived_at is not None:
        raise CourseArchivedError(ARCHIVED)
    return seen
