"""Who is signed in with which browser: an opaque random id in a cookie, its digest in the database.

A new id is made at every sign-in, so that an id planted beforehand leads nowhere. A session ends after some time
without a request, at the latest after a fixed time, at the sign-out, and when the password changes or the account is
closed.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.models import Person, SignInSession
from app.accounts.secrets import digest, new_secret
from app.core.settings import Settings

COOKIE = "session"
FRAME_COOKIE = "frame-session"  # of a session that began in a frame of another site
TOUCH = timedelta(minutes=5)  # how exact `last_seen_at` is: a write a request would be dear
_USER_AGENT_LENGTH = 200


class SignedIn(NamedTuple):
    """A valid session, and whose it is."""

    id_hash: str
    person_id: str
    name: str
    is_admin: bool
    last_seen_at: datetime
    frame_ancestors: str | None


_FIND = (
    select(
        SignInSession.id_hash,
        Person.id,
        Person.name,
        Person.is_admin,
        SignInSession.last_seen_at,
        SignInSession.frame_ancestors,
    )
    .join(Person, Person.id == SignInSession.person_id)
    .where(
        SignInSession.id_hash == bindparam("id_hash"),
        SignInSession.expires_at > bindparam("now"),
        SignInSession.last_seen_at > bindparam("active_after"),
        Person.disabled_at.is_(None),
    )
)


def find(session: Session, id_: str, settings: Settings, now: datetime) -> SignedIn | None:
    """The session of a cookie, unless it has ended."""
    active_after = now - timedelta(hours=settings.session_idle_hours)
    row = session.execute(_FIND, {"id_hash": digest(id_), "now": now, "active_after": active_after}).one_or_none()
    return None if row is None else SignedIn(*row)


def list_sessions(session: Session, person_id: str, settings: Settings, now: datetime) -> list[SignInSession]:
    """Where the person is signed in, the one used last first."""
    idle = now - timedelta(hours=settings.session_idle_hours)
    query = select(SignInSession).where(
        SignInSession.person_id == person_id, SignInSession.expires_at > now, SignInSession.last_seen_at > idle
    )
    return list(session.scalars(query.order_by(SignInSession.last_seen_at.desc())))


def begin(
    session: Session,
    person_id: str,
    user_agent: str,
    settings: Settings,
    now: datetime,
    *,
    frame_ancestors: str | None = None,
) -> str:
    """Store a new session, and remove the person's ended ones; what is returned belongs in the cookie only."""
    idle = now - timedelta(hours=settings.session_idle_hours)
    ended = or_(SignInSession.expires_at <= now, SignInSession.last_seen_at <= idle)
    session.execute(delete(SignInSession).where(SignInSession.person_id == person_id, ended))
    id_ = new_secret()
    session.execute(
        insert(SignInSession),
        {
            "id_hash": digest(id_),
            "person_id": person_id,
            "created_at": now,
            "last_seen_at": now,
            "expires_at": now + timedelta(hours=settings.session_hours),
            "user_agent": user_agent[:_USER_AGENT_LENGTH],
            "frame_ancestors": frame_ancestors,
        },
    )
    return id_


def renew(session: Session, id_hash: str, settings: Settings, now: datetime) -> None:
    """The person has shown anew who they are, in the same browser: the session counts from now on."""
    times = {"created_at": now, "last_seen_at": now, "expires_at": now + timedelta(hours=settings.session_hours)}
    session.execute(update(SignInSession).where(SignInSession.id_hash == id_hash).values(times))


def touch(session: Session, id_hash: str, now: datetime) -> None:
    session.execute(update(SignInSession).where(SignInSession.id_hash == id_hash).values(last_seen_at=now))


def end(session: Session, id_hash: str) -> None:
    session.execute(delete(SignInSession).where(SignInSession.id_hash == id_hash))


def end_all(session: Session, person_id: str, *, but: str | None = None) -> None:
    """End the person's sessions, if wanted but for one: what a changed password asks for."""
    session.execute(
        delete(SignInSession).where(SignInSession.person_id == person_id, SignInSession.id_hash != (but or ""))
    )
