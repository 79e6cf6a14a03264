"""Picking assignments for a platform: for the links of a deep-linking request, or for a link that has none yet.

Both are bound to a launch: to the session that it began, to whoever came by it, and to one answer. Assistants whom the
platform lets add contents may link to assignments that are there, which changes nothing here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.core.errors import ConflictError, Fault, ForbiddenError, NotFoundError
from app.courses import assignments
from app.courses.models import Course
from app.courses.roles import INSTRUCTORS, STAFF, course_for
from app.lti import claims, links
from app.lti.deep_linking import Asked, Picked, Recipient
from app.lti.launch import find_launch
from app.lti.models import Context, Deployment, Launch, Link, Platform
from problems.text import Text

SHOWN = 100  # assignments of a course

_AGAIN = Text(
    "What you opened in the learning platform is over, or belongs to another browser. Open it there again.",
    "你在教学平台上打开的内容已经失效，或属于另一个浏览器。请在平台上重新打开。",
)
_ANSWERED = Text(
    "This has been answered already. To choose something else, open it in the learning platform again.",
    "这里已经选择过了。如需另选，请在教学平台上重新打开。",
)
_NOT_YOURS = Text("Choosing is for those who teach the course.", "只有课程的教师才能选择。")
_REMOVED = Text("An assignment was removed meanwhile. Open the page again.", "所选的作业已被删除。请重新打开本页。")

New = Sequence[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]
"""Assignments to be made: the settings of each, and its items as `proving.proven` returns them."""


class UnknownLaunchError(NotFoundError):
    """No launch has this id in this session, or it is too old. Open the link in the platform again."""

    slug, title = "unknown-launch", "No such launch"


@dataclass(frozen=True, slots=True)
class Picking:
    """What can be picked, by whom it was asked for, and for which link; `asked` is None where there is one.

    `creates`: new assignments may be made for it, which is for instructors.
    """

    launch: Launch
    course: Course
    creates: bool
    recipient: Recipient
    asked: Asked | None
    link: Link | None
    existing: Sequence[Picked]


def picking(session: Session, launch_id: str, principal: Principal, now: datetime) -> Picking:
    """What stands to be picked.

    Raises:
        UnknownLaunchError: the launch is of another session, or too old.
        ForbiddenError: it was a student's; or an assistant's, who picks in deep linking alone.
        ConflictError: it has been answered.
        UnknownCourseError, CourseArchivedError: as `course_for`.

    """
    launch = find_launch(session, launch_id, principal.session, now)
    if launch is None or launch.context_id is None:
        raise UnknownLaunchError(_AGAIN.en, [Fault(_AGAIN)])
    roles = INSTRUCTORS if launch.deep_linking is None else STAFF
    if claims.role_in_course(launch.roles) not in roles:
        raise ForbiddenError(_NOT_YOURS)
    link = session.get(Link, launch.link_id) if launch.link_id else None
    if launch.used_at is not None or (link is not None and link.assignment_id is not None):
        raise ConflictError(_ANSWERED)
    context = session.get_one(Context, launch.context_id)
    course, role = course_for(session, context.course_id, principal, roles, changing=True)
    deployment = session.get_one(Deployment, launch.deployment_id)
    platform = session.get_one(Platform, deployment.platform_id)
    found = assignments.list_assignments(session, principal, course.id, limit=SHOWN)
    return Picking(
        launch=launch,
        course=course,
        creates=role in INSTRUCTORS,
        recipient=Recipient(platform.issuer, platform.client_id, deployment.deployment_id, platform.product),
        asked=Asked(launch.deep_linking) if launch.deep_linking is not None else None,
        link=link,
        existing=[Picked(view.seen.assignment, view.points) for view in found],
    )


def pick(
    session: Session, launch_id: str, principal: Principal, existing: Sequence[str], new: New, now: datetime
) -> tuple[Picking, list[Picked]]:
    """Make what is new, use the launch up, and for a link that waits, choose; what was picked is returned.

    Raises:
        ConflictError: the launch has been answered, or an assignment is not the course's (any more).
        and as `picking`.

    """
    found = picking(session, launch_id, principal, now)
    unused = (Launch.id == launch_id, Launch.used_at.is_(None))
    if session.execute(update(Launch).where(*unused).values(used_at=now).returning(Launch.id)).first() is None:
        raise ConflictError(_ANSWERED)
    known = {picked.assignment.id: picked for picked in found.existing}
    if not known.keys() >= set(existing):
        raise ConflictError(_REMOVED)
    picked = [known[id_] for id_ in existing]
    for settings, items in new:
        view = assignments.create_assignment(
            session, principal, found.course.id, settings, items, password_hash=None, now=now
        )
        picked.append(Picked(view.seen.assignment, view.points))
    if found.link is not None:
        links.choose(session, found.link, picked[0].assignment.id, found.launch.person_id, now)
    return found, picked
