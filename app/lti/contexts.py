"""The platform's courses as ours: made at the first launch, and who takes part in them."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.accounts import audit
from app.core.ids import new_id
from app.courses.changes import announce_people
from app.courses.enrolments import find_enrolment
from app.courses.models import Course, Enrolment, Role
from app.lti.messages import InCourse
from app.lti.models import Context
from app.lti.refusals import RefusedError

PASS_MARK = 0.6
RANK: dict[str, int] = {"student": 0, "assistant": 1, "instructor": 2}


def context_of(
    session: Session, deployment_id: str, told: InCourse, person_id: str, time_zone: str, now: datetime
) -> Context:
    """The context, with a course of its own; its addresses are those that the platform has just told."""
    mine = (Context.deployment_id == deployment_id, Context.context_id == told.id)
    context = session.scalar(select(Context).where(*mine))
    if context is None:
        course_id = _make_course(session, told.title or told.id[:200], person_id, time_zone, now)
        context = Context(
            id=new_id(), deployment_id=deployment_id, context_id=told.id, course_id=course_id, created_at=now
        )
        session.add(context)
    context.title, context.updated_at = told.title, now
    context.memberships_url = told.memberships_url or context.memberships_url
    context.line_items_url = told.line_items_url or context.line_items_url
    context.scopes = list(told.scopes) or context.scopes or []
    session.flush()
    return context


def take_part(
    session: Session, course_id: str, person_id: str, role: Role, now: datetime, *, by: str | None = None
) -> None:
    """Have somebody take part in the course, in this role or in the higher one that they have.

    `by` is who asks for it, where it is not the person, who is launched.

    The platform says who comes, so that a part that had ended begins again. It never takes a role away: what an
    instructor here has given by hand stays, and who is no instructor any more is made a student again by hand.

    Raises:
        RefusedError: the course is archived, and they took no part in it.

    """
    found = find_enrolment(session, course_id, person_id)
    if found is not None and found.ended_at is None and RANK[found.role] >= RANK[role]:
        return
    archived_at = session.scalar(select(Course.archived_at).where(Course.id == course_id))
    if archived_at is not None:
        if found is not None and found.ended_at is None:
            return
        raise RefusedError("archived-course", "The course is archived here.")
    enrolment = found or Enrolment(id=new_id(), course_id=course_id, person_id=person_id, created_at=now)
    enrolment.role, enrolment.ended_at = role, None
    session.add(enrolment)
    session.flush()
    verb = "enrolment.change" if found else "enrolment.create"
    actor = by or person_id
    audit.record(session, actor, verb, enrolment.id, {"role": role, "by": "lti"}, course=course_id, at=now)
    announce_people(session, course_id, [person_id], actor, now)


def _make_course(session: Session, title: str, person_id: str, time_zone: str, now: datetime) -> str:
    """Nobody is enrolled yet: who teaches it is known when somebody who does is launched."""
    course_id = new_id()
    row = {"id": course_id, "title": title, "time_zone": time_zone, "pass_mark": PASS_MARK}
    session.execute(insert(Course), row | {"created_at": now, "created_by": person_id})
    audit.record(session, person_id, "course.create", course_id, {"by": "lti"}, course=course_id, at=now)
    return course_id
