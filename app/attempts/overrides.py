"""Grades given by hand: appended with a reason, withdrawn by a further entry, kept through every regrade."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.access import Principal
from app.attempts.grade_models import ItemGrade, Override
from app.attempts.grades import marking_of, refresh
from app.core.errors import ConflictError, Fault, InvalidRequestError
from app.courses.models import Enrolment
from app.courses.roles import INSTRUCTORS, STAFF, InItem, item_for
from problems.text import Text

_NOT_A_STUDENT = Text("Nobody of this id is a student of the course.", "课程中没有这个编号的学生。")
_NOTHING = Text("No points are given by hand here.", "这里没有人工给定的分数。")
_TOO_MANY = Text("These are more points than the item has.", "分数超过了该题的满分。")


def override(
    session: Session,
    item_id: str,
    principal: Principal,
    person_id: str,
    points: float | None,
    reason: str,
    now: datetime,
) -> Override:
    """Give a student these points at the item, whatever the attempts come to; None withdraws what was given.

    Raises:
        UnknownAssignmentError, ForbiddenError, CourseArchivedError: not for whoever asks, or not now.
        InvalidRequestError: not a student of the course, or more points than the item has.
        ConflictError: there is nothing to withdraw.

    """
    seen = item_for(session, item_id, principal, INSTRUCTORS, changing=True)
    _require_student(session, seen, person_id)
    if points is not None and points > seen.item.points:
        raise InvalidRequestError("Too many points.", [Fault(_TOO_MANY, pointer="/points")])
    newest = newest_override(session, item_id, person_id)
    if points is None and (newest is None or newest.points is None):
        raise ConflictError(_NOTHING)
    given = Override(
        item_id=item_id, person_id=person_id, points=points, reason=reason, by=principal.person_id or "", at=now
    )
    session.add(given)
    session.flush()
    detail = {"person": person_id, "points": points, "before": None if newest is None else newest.points}
    action = "grade.override" if points is not None else "grade.restore"
    audit.record(session, principal.person_id, action, item_id, detail | {"reason": reason}, seen.course.id, now)
    refresh(session, marking_of(session, seen.item, seen.assignment, persons=[person_id]), [person_id], now)
    return given


def _require_student(session: Session, seen: InItem, person_id: str) -> None:
    role = session.scalar(
        select(Enrolment.role).where(Enrolment.course_id == seen.course.id, Enrolment.person_id == person_id)
    )
    if role != "student":
        raise InvalidRequestError("Not a student.", [Fault(_NOT_A_STUDENT, pointer="/person_id")])


def newest_override(session: Session, item_id: str, person_id: str) -> Override | None:
    return session.scalar(
        select(Override)
        .where(Override.item_id == item_id, Override.person_id == person_id)
        .order_by(Override.id.desc())
        .limit(1)
    )


def list_overrides(
    session: Session, item_id: str, principal: Principal, *, limit: int, before: int | None = None
) -> list[Override]:
    """What was given by hand at an item, and withdrawn, the newest first; for the staff of the course."""
    item_for(session, item_id, principal, STAFF)
    query = select(Override).where(Override.item_id == item_id).order_by(Override.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Override.id < before)
    return list(session.scalars(query))


def grade_of(session: Session, item_id: str, person_id: str) -> ItemGrade | None:
    return session.get(ItemGrade, (item_id, person_id))
