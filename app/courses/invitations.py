"""Invitations: links by which people enrol themselves.

The secret in a link follows from the service's signing key and the invitation's id, so that those who teach can look it
up again; the database holds its digest alone, and opens nothing to who reads it.
"""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.access import Principal, require_user
from app.accounts.models import Person
from app.accounts.secrets import digest
from app.core.errors import ConflictError, Fault, ForbiddenError, InvalidRequestError, NotFoundError
from app.core.ids import new_id
from app.courses.changes import announce_people
from app.courses.enrolments import Enrolled, find_enrolment
from app.courses.models import Course, Enrolment, Invitation
from app.courses.roles import INSTRUCTORS, course_for
from problems.text import Text

LIFETIME = timedelta(days=14)
LONGEST = timedelta(days=366)
PURPOSE = b"haitang invitation 1\0"

_ANOTHER = Text("This invitation is for somebody with another address.", "这份邀请是发给另一个邮箱地址的。")
_TAKEN_OUT = Text("You were taken out of this course; ask those who teach it.", "你已被移出这门课程，请联系任课教师。")


class UnknownInvitationError(NotFoundError):
    """No invitation has this token or id, or it is expired, revoked or used up."""

    slug, title = "unknown-invitation", "No such invitation"


class Offer(NamedTuple):
    """What an invitation is to, for whoever holds its link."""

    invitation: Invitation
    course: Course


def invite(
    session: Session,
    principal: Principal,
    course_id: str,
    *,
    role: str,
    section: str | None,
    email: str | None,
    expires_at: datetime | None,
    max_uses: int | None,
    key: bytes,
    now: datetime,
) -> Invitation:
    """A new invitation. `key` is the signing key of the service.

    Raises:
        InvalidRequestError: it would have ended already, or end too late.

    """
    actor = require_user(principal, "manage")
    course_for(session, course_id, principal, INSTRUCTORS, changing=True)
    expires_at = expires_at or now + LIFETIME
    if not now < expires_at <= now + LONGEST:
        fault = Fault(
            Text("An invitation ends within a year from now.", "邀请必须在从现在起的一年之内到期。"),
            pointer="/expires_at",
        )
        raise InvalidRequestError("The date does not fit.", [fault])
    id_ = new_id()
    invitation = Invitation(
        id=id_,
        course_id=course_id,
        token_hash=digest(token_of(key, id_)),
        role=role,
        section=section,
        email=email,
        created_at=now,
        created_by=actor,
        expires_at=expires_at,
        max_uses=max_uses,
        uses=0,
    )
    session.add(invitation)
    session.flush()
    audit.record(session, actor, "invitation.create", invitation.id, {"role": role}, course=course_id, at=now)
    return invitation


def token_of(key: bytes, invitation_id: str) -> str:
    """The secret in the link of this invitation."""
    mac = hmac.digest(key, PURPOSE + invitation_id.encode(), "sha256")
    return urlsafe_b64encode(mac).decode().rstrip("=")


def path_of(token: str, language: str = "en") -> str:
    """The page that the link leads to."""
    return f"/{language}/join/{token}"


def list_invitations(
    session: Session, principal: Principal, course_id: str, *, limit: int, before: str | None = None
) -> list[Invitation]:
    """Those of the course, the newest first; for instructors."""
    course_for(session, course_id, principal, INSTRUCTORS)
    query = select(Invitation).where(Invitation.course_id == course_id).order_by(Invitation.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Invitation.id < before)
    return list(session.scalars(query))


def revoke(session: Session, principal: Principal, invitation_id: str, now: datetime) -> Invitation:
    """Make the link useless; who has used it stays enrolled."""
    actor = require_user(principal, "manage")
    invitation = session.get(Invitation, invitation_id)
    if invitation is None:
        raise UnknownInvitationError("There is no invitation with this id.")
    course_for(session, invitation.course_id, principal, INSTRUCTORS)
    invitation.revoked_at = invitation.revoked_at or now
    session.flush()
    audit.record(session, actor, "invitation.revoke", invitation_id, course=invitation.course_id, at=now)
    return invitation


def find_offer(session: Session, token: str, now: datetime) -> Offer | None:
    """What the link leads to, while it can be used."""
    row = session.execute(
        select(Invitation, Course)
        .join(Course, Course.id == Invitation.course_id)
        .where(
            Invitation.token_hash == digest(token),
            Invitation.expires_at > now,
            Invitation.revoked_at.is_(None),
            Course.archived_at.is_(None),
            or_(Invitation.max_uses.is_(None), Invitation.uses < Invitation.max_uses),
        )
    ).one_or_none()
    return None if row is None else Offer(*row)


def accept(session: Session, person_id: str, token: str, now: datetime) -> Enrolled:
    """Enrol a person who has the link. For somebody who takes part already nothing changes and no use is spent.

    Raises:
        UnknownInvitationError: the link can't be used (any more).
        ForbiddenError: it is for somebody else's address.
        ConflictError: they were taken out of the course, into which only those who teach can take them again.

    """
    person = session.scalar(select(Person).where(Person.id == person_id, Person.kind == "user"))
    found = find_offer(session, token, now)
    if found is None or person is None:
        raise UnknownInvitationError("This invitation can't be used any more.")
    invitation = found.invitation
    if invitation.email is not None and invitation.email != person.email:
        raise ForbiddenError(_ANOTHER)
    enrolment = find_enrolment(session, invitation.course_id, person_id)
    if enrolment is not None:
        if enrolment.ended_at is not None:
            raise ConflictError(_TAKEN_OUT)
        return Enrolled(enrolment, person.name, person.email)
    enrolment = Enrolment(
        id=new_id(),
        course_id=invitation.course_id,
        person_id=person_id,
        role=invitation.role,
        section=invitation.section,
        created_at=now,
    )
    session.add(enrolment)
    session.flush()
    # Counted by the database, whose constraint keeps two processes from using the last place twice.
    session.execute(update(Invitation).where(Invitation.id == invitation.id).values(uses=Invitation.uses + 1))
    detail = {"invitation": invitation.id, "role": invitation.role}
    audit.record(session, person_id, "invitation.accept", enrolment.id, detail, course=invitation.course_id, at=now)
    announce_people(session, invitation.course_id, [person_id], person_id, now)
    return Enrolled(enrolment, person.name, person.email)


def invitation_json(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "course_id": invitation.course_id,
        "role": invitation.role,
        "section": invitation.section,
        "email": invitation.email,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
        "max_uses": invitation.max_uses,
        "uses": invitation.uses,
        "revoked_at": invitation.revoked_at,
    }
