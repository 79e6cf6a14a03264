"""The platforms' class lists as they were last seen, with their roles beside ours, for those who teach."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.courses.models import Enrolment, Role
from app.courses.roles import STAFF, course_for
from app.lti import claims
from app.lti.contexts import RANK
from app.lti.models import Context, RosterEntry


def list_roster(
    session: Session, principal: Principal, course_id: str, *, limit: int, after: tuple[str, str] | None = None
) -> list[RosterEntry]:
    """The platforms' lists as they were last seen, with the roles as the platforms write them; for those who teach."""
    course_for(session, course_id, principal, STAFF)
    query = (
        select(RosterEntry)
        .join(Context, Context.id == RosterEntry.context_id)
        .where(Context.course_id == course_id)
        .order_by(RosterEntry.context_id, RosterEntry.subject)
        .limit(limit)
    )
    if after is not None:
        context_id, subject = after
        later = (RosterEntry.context_id == context_id) & (RosterEntry.subject > subject)
        query = query.where((RosterEntry.context_id > context_id) | later)
    return list(session.scalars(query))


def roles_here(session: Session, course_id: str, entries: Sequence[RosterEntry]) -> dict[str | None, Role]:
    """The roles that people of the lists have in the course, by person; who takes no part in it is left out."""
    persons = [entry.person_id for entry in entries if entry.person_id is not None]
    mine = (Enrolment.course_id == course_id, Enrolment.person_id.in_(persons), Enrolment.ended_at.is_(None))
    query = select(Enrolment.person_id, Enrolment.role).where(*mine)
    return {row.person_id: row.role for row in session.execute(query)}


def higher_here(entries: Sequence[RosterEntry], roles: Mapping[str | None, Role]) -> set[str | None]:
    """Those who are more here than by the list: raised by a launch or by hand, or less in the platform since then."""
    return {
        entry.person_id
        for entry in entries
        if (role := roles.get(entry.person_id)) and RANK[role] > RANK[claims.role_in_course(entry.roles) or "student"]
    }


def entry_json(entry: RosterEntry) -> dict[str, Any]:
    return {
        "context_id": entry.context_id,
        "subject": entry.subject,
        "name": entry.name,
        "roles": entry.roles,
        "status": entry.status,
        "person_id": entry.person_id,
        "seen_at": entry.seen_at,
    }
