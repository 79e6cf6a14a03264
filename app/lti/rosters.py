"""Bringing a course in line with the platform's class list.

    for each context of the course: class list ──► people, enrolments, lti_roster (the list as it was last seen)

- Who is new is enrolled, known by the subject of the issuer as at a launch. Who has left is taken out, and comes back
  by the next list or launch that names them; attempts and grades stay.
- A list never lowers a role: in several platforms an assistant is an instructor at a launch and a learner in the list.
- Who was enrolled here by hand is no business of the list. Nobody is taken out whom another context of the course
  names, nor the last instructor, and an empty list is not believed.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.access import Principal
from app.accounts.models import Person
from app.core.errors import ConflictError, ServiceError
from app.core.outgoing import OutgoingError
from app.core.service import Service
from app.courses.changes import announce_people
from app.courses.models import Enrolment
from app.courses.roles import INSTRUCTORS, course_for
from app.lti import memberships
from app.lti.contexts import take_part
from app.lti.identities import make_person
from app.lti.memberships import Member
from app.lti.models import Context, Deployment, Identity, Platform, RosterEntry
from app.lti.paging import PagingError
from app.lti.tokens import Client, TokenError, Tokens

CHUNK = 100  # people in one job of the writer, which others wait for


class PlatformFailedError(ServiceError):
    """The learning platform did not answer, or not as it should. Nothing was changed."""

    status: ClassVar[int] = 502
    slug: ClassVar[str] = "platform-failed"
    title: ClassVar[str] = "The learning platform failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A context of the course, and whom to ask for its class list."""

    context_id: str
    title: str
    course_id: str
    issuer: str
    client: Client
    url: str


@dataclass(slots=True, kw_only=True)
class Synced:
    """What a class list has changed; `without_part` counts those whose roles give them no part in the course."""

    context_id: str
    title: str
    members: int
    without_part: int = 0
    added: int = 0
    ended: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def sync(service: Service, tokens: Tokens, principal: Principal | None, course_id: str) -> list[Synced]:
    """Bring the course in line with the lists of all platforms that it is part of. For instructors; None is the site.

    Raises:
        UnknownCourseError, ForbiddenError, CourseArchivedError: not for whoever asks, or not now.
        ConflictError: no platform gives a class list of this course.
        PlatformFailedError: a list can't be had, or is empty.

    """
    sources = await service.database.read(_sources, principal, course_id)
    if not sources:
        raise ConflictError("No learning platform gives a class list for this course.")
    by = None if principal is None else principal.person_id
    now = service.clock()
    # All lists before any change: a fault of one platform leaves the course as it was.
    lists = [(source, await _fetch(service, tokens, source)) for source in sources]
    alone = len(sources) == 1
    return [await _apply(service, source, members, by, now, alone=alone) for source, members in lists]


def has_source(session: Session, course_id: str) -> bool:
    """Whether a platform has offered the class list of the course."""
    return bool(_lists(session, course_id))


def _sources(session: Session, principal: Principal | None, course_id: str) -> list[Source]:
    if principal is not None:
        course_for(session, course_id, principal, INSTRUCTORS, changing=True)
    return _lists(session, course_id)


def _lists(session: Session, course_id: str) -> list[Source]:
    rows = session.execute(
        select(Context, Platform)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .join(Platform, Platform.id == Deployment.platform_id)
        .where(Context.course_id == course_id, Context.memberships_url.is_not(None), Platform.disabled_at.is_(None))
        .order_by(Context.id)
    )
    return [
        Source(
            context_id=context.id,
            title=context.title,
            course_id=course_id,
            issuer=platform.issuer,
            client=Client.of(platform),
            url=str(context.memberships_url),
        )
        for context, platform in rows
    ]


async def _fetch(service: Service, tokens: Tokens, source: Source) -> list[Member]:
    try:
        members = await memberships.fetch(service, tokens, source.client, source.url)
    except (TokenError, OutgoingError, PagingError) as error:
        raise PlatformFailedError(str(error)) from error
    if not members:
        raise PlatformFailedError("The platform's class list is empty.")
    return members


async def _apply(
    service: Service, source: Source, members: Sequence[Member], by: str | None, now: datetime, *, alone: bool
) -> Synced:
    synced = Synced(context_id=source.context_id, title=source.title, members=len(members))
    before = await service.database.read(_known, source.context_id)
    for start in range(0, len(members), CHUNK):
        part = members[start : start + CHUNK]
        job = partial(_enter, source=source, members=part, by=by, now=now)
        try:
            entered = await service.writer.write(job)
        except IntegrityError:
            # A launch at another process has just made the same person; this time they are found.
            entered = await service.writer.write(job)
        synced.added += entered[0]
        synced.without_part += entered[1]

    def finish(session: Session) -> None:
        synced.ended = _leave(session, source, members, before, by, now, alone=alone)
        told = synced.as_json()
        audit.record(session, by, "lti-roster.sync", source.context_id, told, course=source.course_id, at=now)

    await service.writer.write(finish)
    return synced


def _known(session: Session, context_id: str) -> set[str]:
    """Who was in the list when it was last seen."""
    seen = select(RosterEntry.person_id).where(RosterEntry.context_id == context_id)
    return {person_id for person_id in session.scalars(seen) if person_id is not None}


def _enter(
    session: Session, source: Source, members: Sequence[Member], by: str | None, now: datetime
) -> tuple[int, int]:
    """Take in these members; how many take part who did not, and how many have no part in the course."""
    _lock(session, source)
    subjects = [member.subject for member in members]
    theirs = (Identity.issuer == source.issuer, Identity.subject.in_(subjects))
    identities = select(Identity.subject, Person).join(Person, Person.id == Identity.person_id).where(*theirs)
    known = {row.subject: row.Person for row in session.execute(identities)}
    mine = (Enrolment.course_id == source.course_id, Enrolment.ended_at.is_(None))
    people = [person.id for person in known.values()]
    taking_part = set(session.scalars(select(Enrolment.person_id).where(*mine, Enrolment.person_id.in_(people))))
    there = (RosterEntry.context_id == source.context_id, RosterEntry.subject.in_(subjects))
    session.execute(delete(RosterEntry).where(*there))
    added = without = 0
    for member in members:
        person = known.get(member.subject)
        person_id = None if person is None else person.id
        is_closed = person is not None and person.disabled_at is not None
        if member.role is None or is_closed:
            without += member.status == "Active"
        else:
            if person_id is None:
                person_id = make_person(session, source.issuer, member.subject, member.name, now)
            elif person is not None and person.email is None and person.password_hash is None:
                person.name = _name(member.name, person.name)
            take_part(session, source.course_id, person_id, member.role, now, by=by)
            added += person_id not in taking_part
        session.execute(insert(RosterEntry), _row(source, member, person_id, now))
    return added, without


def _name(listed: str, known: str) -> str:
    """What the list calls somebody, if it is another name and not the same in another order.

    Moodle's list has the family name last always; a launch has the name as the site writes it (王小明, not 小明 王).
    """
    letters = (sorted(filter(str.isalnum, name)) for name in (listed, known))
    return known if not listed or next(letters) == next(letters) else listed


def _lock(session: Session, source: Source) -> None:
    """One after another, of the processes that bring the course in line with this context's list."""
    session.execute(select(Context.id).where(Context.id == source.context_id).with_for_update())


def _row(source: Source, member: Member, person_id: str | None, now: datetime) -> dict[str, Any]:
    return {
        "context_id": source.context_id,
        "subject": member.subject,
        "name": member.name,
        "roles": list(member.roles),
        "status": member.status,
        "person_id": person_id,
        "seen_at": now,
    }


def _leave(
    session: Session,
    source: Source,
    members: Sequence[Member],
    before: Collection[str],
    by: str | None,
    now: datetime,
    *,
    alone: bool,
) -> int:
    """Take out who has left: who is not active in the list of any context, and was in this one's or came by launches.

    Without an earlier list nobody knows of somebody who came by a launch whether the list ever named them. Students
    have left then, if this is the course's only context; those who teach may administer the platform, and stay.

    The list itself says who is there: what is stored of it may have been written by somebody who fetches it too.
    """
    _lock(session, source)
    mine = RosterEntry.context_id == source.context_id
    gone = sorted(set(session.scalars(select(RosterEntry.subject).where(mine))) - {each.subject for each in members})
    for start in range(0, len(gone), CHUNK):
        session.execute(delete(RosterEntry).where(mine, RosterEntry.subject.in_(gone[start : start + CHUNK])))
    contexts = select(Context.id).where(Context.course_id == source.course_id)
    active = (RosterEntry.context_id.in_(contexts), RosterEntry.status == "Active")
    still = {each for each in session.scalars(select(RosterEntry.person_id).where(*active)) if each is not None}
    listed = {each.subject for each in members if each.status == "Active"}
    known = select(Identity.subject, Identity.person_id).join(Enrolment, Enrolment.person_id == Identity.person_id)
    known = known.where(Identity.issuer == source.issuer, Enrolment.course_id == source.course_id)
    still |= {row.person_id for row in session.execute(known) if row.subject in listed}
    from_here = select(Identity.person_id).where(Identity.issuer == source.issuer)
    here = (Enrolment.course_id == source.course_id, Enrolment.ended_at.is_(None), Enrolment.person_id.in_(from_here))
    # Whoever came after the list was asked for can't be in it.
    enrolments = session.scalars(select(Enrolment).where(*here, Enrolment.created_at < now)).all()
    inactive = set(session.scalars(select(RosterEntry.person_id).where(mine)))
    left = [
        each
        for each in enrolments
        if each.person_id not in still
        and (each.person_id in before or each.person_id in inactive or (alone and each.role == "student"))
    ]
    left = _but_the_last_instructor(session, source.course_id, left)
    for enrolment in left:
        session.execute(update(Enrolment).where(Enrolment.id == enrolment.id).values(ended_at=now))
        told = {"ended": True, "by": "lti"}
        audit.record(session, by, "enrolment.change", enrolment.id, told, course=source.course_id, at=now)
    if left:
        announce_people(session, source.course_id, [each.person_id for each in left], by or left[0].person_id, now)
    return len(left)


def _but_the_last_instructor(session: Session, course_id: str, left: list[Enrolment]) -> list[Enrolment]:
    teaching = set(
        session.scalars(
            select(Enrolment.person_id).where(
                Enrolment.course_id == course_id, Enrolment.role == "instructor", Enrolment.ended_at.is_(None)
            )
        )
    )
    if teaching - {each.person_id for each in left}:
        return left
    return [each for each in left if each.role != "instructor"]
