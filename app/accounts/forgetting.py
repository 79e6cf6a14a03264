"""Forgetting a person: what says who they are goes, what they answered and earned stays, as that of nobody known.

Here goes what the account holds: name, address, password, sessions with what browsers call themselves, tokens, links,
kept responses of requests, and the tie to the guests that the person was. Packages above remove their own share, in
the same transaction: they are registered in `app.main`, and this package knows none of them. There is no way back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.accounts import audit, people
from app.accounts.models import ApiToken, Person, SignInLink, SignInSession
from app.core import idempotency
from app.core.errors import ConflictError
from app.core.i18n import DELETED

RECENT = timedelta(minutes=15)
"""How fresh the sign-in of somebody without a password must be."""
WORD: Final = "delete"
"""What somebody without an e-mail address types in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Who is being forgotten: the id, which stays, and what has just been theirs."""

    person_id: str
    email: str | None
    guests: Sequence[str]
    at: datetime


Listener: TypeAlias = Callable[[Session, Forgotten], None]
"""Called in the writer's thread: short, and talking to nothing but its session."""

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have it called for everybody who is forgotten from now on; once, however often it is registered."""
    if listener not in _listeners:
        _listeners.append(listener)


def forget(session: Session, actor: str | None, person_id: str, now: datetime) -> bool:
    """Forget a person; False if that was done before.

    Raises:
        UnknownPersonError: nobody has this id.
        ConflictError: nobody would be left to administer the site.

    """
    person = people.get(session, person_id)
    if person.forgotten_at is not None:
        return False
    _require_administrator(session, person)
    guests = list(session.scalars(select(Person.id).where(Person.claimed_by == person_id)))
    told = Forgotten(person_id=person_id, email=person.email, guests=guests, at=now)
    for table in (SignInSession, ApiToken, SignInLink):
        session.execute(delete(table).where(table.person_id == person_id))
    # A closed guest opens nothing, whoever has kept the cookie.
    closed = {"claimed_by": None, "forgotten_at": now, "disabled_at": now}
    session.execute(update(Person).where(Person.claimed_by == person_id).values(**closed))
    idempotency.forget_owners(session, [person_id, *guests])
    idempotency.forget_resources(session, [person_id], select(Person.id).where(Person.is_admin))
    person.name, person.email, person.password_hash = DELETED.en, None, None
    person.is_admin, person.disabled_at, person.forgotten_at = False, person.disabled_at or now, now
    session.flush()
    for listener in _listeners:
        listener(session, told)
    audit.record(session, actor, "person.forget", person_id, at=now)
    return True


def _require_administrator(session: Session, person: Person) -> None:
    others = (Person.is_admin, Person.disabled_at.is_(None), Person.id != person.id)
    if person.is_admin and not session.scalar(select(func.count()).where(*others)):
        raise ConflictError(people.LAST)


def confirmation(person: Person) -> str:
    """What is typed to confirm: the e-mail address, or a word where there is none."""
    return person.email or WORD


def is_confirmed(person: Person, typed: str) -> bool:
    return typed.strip().lower() == confirmation(person)


def is_recent(session: Session, id_hash: str | None, now: datetime) -> bool:
    """Whether the session began just now."""
    began = session.scalar(select(SignInSession.created_at).where(SignInSession.id_hash == (id_hash or "")))
    return began is not None and now - began <= RECENT
