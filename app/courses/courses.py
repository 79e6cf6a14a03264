"""Courses: making, finding, changing and archiving them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.access import Principal, require_user
from app.core.errors import ForbiddenError
from app.core.ids import new_id
from app.courses.models import Course, Enrolment, Role
from app.courses.roles import INSTRUCTORS, InCourse, course_for, role_of
from problems.text import Text

_MAKERS = Text(
    "Courses are made by administrators and by people who teach one already.",
    "只有管理员和已在授课的教师才能创建课程。",
)


def may_create(session: Session, principal: Principal) -> bool:
    """Whether somebody may make courses: administrators, and those who teach one already."""
    if principal.is_admin:
        return True
    teaches = exists().where(
        Enrolment.person_id == principal.person_id, Enrolment.role == "instructor", Enrolment.ended_at.is_(None)
    )
    return principal.is_user and bool(session.scalar(select(teaches)))


def create_course(
    session: Session, principal: Principal, *, title: str, time_zone: str, pass_mark: float, now: datetime
) -> InCourse:
    """A new course, whose instructor is who makes it.

    Raises:
        ForbiddenError: they are neither an administrator nor an instructor of another course.

    """
    person_id = require_user(principal, "manage")
    if not may_create(session, principal):
        raise ForbiddenError(_MAKERS)
    course = Course(
        id=new_id(), title=title, time_zone=time_zone, pass_mark=pass_mark, created_at=now, created_by=person_id
    )
    session.add(course)
    session.flush()
    session.execute(
        insert(Enrolment),
        {
            "id": new_id(),
            "course_id": course.id,
            "person_id": person_id,
            "role": "instructor",
            "created_at": now,
        },
    )
    audit.record(session, person_id, "course.create", course.id, course=course.id, at=now)
    return InCourse(course, "instructor")


def list_courses(
    session: Session, principal: Principal, *, limit: int, before: str | None = None, archived: bool | None = None
) -> list[InCourse]:
    """The courses in which somebody takes part, the newest first; every one for an administrator."""
    role = role_of(principal)
    query = select(Course, role).where(role.is_not(None)).order_by(Course.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Course.id < before)
    if archived is not None:
        query = query.where(Course.archived_at.is_not(None) if archived else Course.archived_at.is_(None))
    return [InCourse(*row) for row in session.execute(query)]


def change_course(
    session: Session, principal: Principal, course_id: str, changes: Mapping[str, Any], now: datetime
) -> InCourse:
    """Set `title`, `time_zone`, `pass_mark`, or put the course in the archive or take it out again (`archived`).

    A new time zone moves no deadline: deadlines are instants, and are merely told in another zone.
    """
    person_id = require_user(principal, "manage")
    found = course_for(session, course_id, principal, INSTRUCTORS, changing="archived" not in changes)
    course = found.course
    for name in ("title", "time_zone", "pass_mark"):
        if name in changes:
            setattr(course, name, changes[name])
    if "archived" in changes:
        course.archived_at = (course.archived_at or now) if changes["archived"] else None
    session.flush()
    told = {name: value for name, value in changes.items() if name != "title"}
    audit.record(session, person_id, "course.change", course_id, told, course=course_id, at=now)
    return found


def course_json(course: Course, role: Role) -> dict[str, Any]:
    return {
        "id": course.id,
        "title": course.title,
        "time_zone": course.time_zone,
        "pass_mark": course.pass_mark,
        "role": role,
        "created_at": course.created_at,
        "archived_at": course.archived_at,
    }
