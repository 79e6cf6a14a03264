"""Resource links and their assignments.

    custom parameter names an assignment ──► of this course ──► that one
                                         └─► of another course of the same platform: the course was copied there,
                                             and so is the assignment here, once
    no parameter ──► what somebody who teaches has chosen, or nothing yet

The platform keeps the parameter and hands it back at every launch, copies of its courses included; nobody but those
who teach can change it there. What they choose here instead (`relinking`) counts until the platform names another.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.scopes import SCOPES
from app.core.errors import UnknownAssignmentError
from app.core.ids import is_id, new_id
from app.courses.assignments import copy_assignment
from app.courses.models import Assignment
from app.lti import line_items
from app.lti.claims import ASSIGNMENT
from app.lti.messages import Message, OfLink
from app.lti.models import Context, Copy, Deployment, Link
from app.lti.refusals import RefusedError
from problems.text import Language


def chooser_address(language: Language, launch_id: str) -> str:
    """The page on which somebody who teaches chooses the assignment of the link that this launch opened."""
    return f"/{language}/lti/choose/{launch_id}"


def deep_link_address(language: Language, launch_id: str) -> str:
    """The page on which somebody who teaches picks what the platform shall link to."""
    return f"/{language}/lti/deep-link/{launch_id}"


def link_of(session: Session, told: OfLink, message: Message, context: Context, person_id: str, now: datetime) -> Link:
    """The link, with its assignment if there is one, and its line item recorded.

    Raises:
        RefusedError: it names an assignment of another platform.

    """
    mine = (Link.deployment_id == context.deployment_id, Link.resource_link_id == told.id)
    link = session.scalar(select(Link).where(*mine))
    if link is None:
        link = Link(
            id=new_id(),
            deployment_id=context.deployment_id,
            resource_link_id=told.id,
            assignment_id=None,
            created_at=now,
        )
        session.add(link)
    named = message.custom.get(ASSIGNMENT, "")
    is_news = (link.named, link.context_id) != (named, context.id)
    link.context_id, link.title, link.line_item_url = context.id, told.title, told.line_item_url
    if is_id(named) and is_news:
        link.assignment_id = _assignment_in(session, named, context, person_id, now) or link.assignment_id
        link.named = named
    session.flush()
    record_line_item(session, link, context, person_id, now)
    return link


def choose(session: Session, link: Link, assignment_id: str, person_id: str, now: datetime) -> None:
    """Give the link its assignment, one of its context's course. Whether the person may is for the caller to check.

    Raises:
        UnknownAssignmentError: the course has no such assignment.

    """
    context = session.get_one(Context, link.context_id)
    ours = (Assignment.id == assignment_id, Assignment.course_id == context.course_id)
    if not session.scalar(select(exists().where(*ours))):
        raise UnknownAssignmentError("The course has no assignment with this id.")
    link.assignment_id = assignment_id
    session.flush()
    record_line_item(session, link, context, person_id, now)


def record_line_item(session: Session, link: Link, context: Context, person_id: str, now: datetime) -> None:
    """Have the scores of the link's assignment go to its line item, as far as the platform told of one."""
    if link.assignment_id is None:
        return
    claim: dict[str, Any] = {"scope": context.scopes, "lineitems": context.line_items_url}
    line_items.record(
        session,
        platform_id=session.get_one(Deployment, context.deployment_id).platform_id,
        link_id=link.id,
        assignment_id=link.assignment_id,
        claim=claim | ({"lineitem": link.line_item_url} if link.line_item_url else {}),
        person_id=person_id,
        now=now,
    )


def _assignment_in(session: Session, source_id: str, context: Context, person_id: str, now: datetime) -> str | None:
    """The assignment that stands for the named one in this context; None if that one is no more."""
    source = session.get(Assignment, source_id)
    if source is None:
        return None
    if source.course_id == context.course_id:
        return source.id
    known = select(Copy.assignment_id).where(Copy.context_id == context.id, Copy.source_id == source.id)
    copy_id = session.scalar(known)
    if copy_id is not None:
        return copy_id
    if not _same_platform(session, source.course_id, context):
        raise RefusedError(
            "foreign-assignment", f"The link names the assignment {source.id}, which is not this platform's."
        )
    return _copy(session, source, context, person_id, now)


def _same_platform(session: Session, course_id: str, context: Context) -> bool:
    """Whether the course is one that came from the platform of this context."""
    platform_id = session.get_one(Deployment, context.deployment_id).platform_id
    from_there = select(Context.id).join(Deployment, Deployment.id == Context.deployment_id)
    here = (Context.course_id == course_id, Deployment.platform_id == platform_id)
    return session.scalar(from_there.where(*here).limit(1)) is not None


def _copy(session: Session, source: Assignment, context: Context, person_id: str, now: datetime) -> str:
    """Copy the assignment into the context's course, published if it is.

    Dates stay while they are to come (a parallel course), and go when the last of them has passed (last year's course).
    """
    # Whoever opens the copied link first, which may be a student, sets off what the platform's course copy has decided.
    on_behalf = Principal(person_id, is_admin=True, scopes=frozenset(SCOPES), via="token")
    made = copy_assignment(session, on_behalf, source.id, context.course_id, title=None, shift_days=0, now=now)
    copied = made.seen.assignment
    copied.published_at = now if source.published_at is not None else None
    last = copied.closes_at or copied.due_at
    if last is not None and last <= now:
        copied.opens_at = copied.due_at = copied.closes_at = None
    row = {"context_id": context.id, "source_id": source.id, "assignment_id": copied.id, "created_at": now}
    session.execute(insert(Copy), row)
    session.flush()
    return copied.id
