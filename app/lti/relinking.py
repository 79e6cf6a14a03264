"""Which assignment a link of the platform opens, seen and changed by those who teach; and what a deleted one leaves.

The link's column in the platform's gradebook stays its column: scores of the newly chosen assignment replace those of
the one before, and who has none in it loses theirs there (`outbox.enqueue_line_item`).
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.access import Principal, require_user
from app.core.errors import NotFoundError
from app.courses.roles import INSTRUCTORS, STAFF, course_for
from app.lti import links
from app.lti.models import Context, Copy, Deployment, LineItem, Link, Platform, Score


class UnknownLinkError(NotFoundError):
    """No link of a learning platform has this id."""

    slug, title = "unknown-link", "No such link"


class SeenLink(NamedTuple):
    """A link, and where it stands in the platform."""

    link: Link
    context: str
    platform: str

    def as_json(self) -> dict[str, Any]:
        link = self.link
        return {
            "id": link.id,
            "title": link.title,
            "platform": self.platform,
            "context": self.context,
            "assignment_id": link.assignment_id,
        }


def list_links(
    session: Session, principal: Principal, course_id: str, *, limit: int, after: str | None = None
) -> list[SeenLink]:
    """The links by which platforms open assignments of the course, or that wait for one; for those who teach."""
    course_for(session, course_id, principal, STAFF)
    query = _seen().where(Context.course_id == course_id).order_by(Link.id).limit(limit)
    if after is not None:
        query = query.where(Link.id > after)
    return [SeenLink(*row) for row in session.execute(query)]


def links_to(session: Session, assignment_id: str) -> list[SeenLink]:
    """Those that open this assignment. Whether it may be known is for the caller to check."""
    return [
        SeenLink(*row) for row in session.execute(_seen().where(Link.assignment_id == assignment_id).order_by(Link.id))
    ]


def relink(session: Session, principal: Principal, link_id: str, assignment_id: str, now: datetime) -> SeenLink:
    """Have the link open another assignment of the course; for instructors.

    Raises:
        UnknownLinkError: there is none.
        UnknownAssignmentError: the course has no such assignment.
        UnknownCourseError, ForbiddenError, CourseArchivedError: as `course_for`.

    """
    actor = require_user(principal, "manage")
    row = session.execute(_seen().add_columns(Context.course_id).where(Link.id == link_id)).one_or_none()
    if row is None:
        raise UnknownLinkError("No link has this id.")
    link, title, platform, course_id = row
    course_for(session, course_id, principal, INSTRUCTORS, changing=True)
    links.choose(session, link, assignment_id, actor, now)
    audit.record(session, actor, "lti-link.change", link_id, {"assignment": assignment_id}, course=course_id, at=now)
    return SeenLink(link, title, platform)


def forget_assignment(session: Session, assignment_id: str) -> None:
    """Before an assignment is deleted: its links wait for another one, and nothing is sent for it any more."""
    session.execute(update(Link).where(Link.assignment_id == assignment_id).values(assignment_id=None))
    session.execute(delete(Copy).where(or_(Copy.assignment_id == assignment_id, Copy.source_id == assignment_id)))
    columns = select(LineItem.id).where(LineItem.assignment_id == assignment_id)
    session.execute(delete(Score).where(Score.line_item_id.in_(columns)))
    session.execute(delete(LineItem).where(LineItem.assignment_id == assignment_id))


def _seen() -> Any:
    return (
        select(Link, Context.title, Platform.name)
        .join(Context, Context.id == Link.context_id)
        .join(Deployment, Deployment.id == Link.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
    )
