"""Links that sign a person in once: for the first administrator, for invitations, and for a forgotten password.

Who opens one sees whom it is for, and a button. Only the button uses it up, since mail programs open links.
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.accounts.models import Person, SignInLink
from app.accounts.secrets import digest, new_secret

Purpose: TypeAlias = Literal["setup", "invitation", "reset"]
LIFETIME = timedelta(days=1)
INVITATION_LIFETIME = timedelta(days=14)


class Invited(NamedTuple):
    """For whom a link is."""

    person_id: str
    name: str
    email: str | None
    has_password: bool


def create(session: Session, person_id: str, purpose: Purpose, now: datetime, lifetime: timedelta = LIFETIME) -> str:
    """Store a link and void the person's earlier ones. What is returned is its secret: see `path_of`."""
    unused = (SignInLink.person_id == person_id, SignInLink.used_at.is_(None), SignInLink.expires_at > now)
    session.execute(update(SignInLink).where(*unused).values(expires_at=now))
    secret = new_secret()
    row = {
        "token_hash": digest(secret),
        "person_id": person_id,
        "purpose": purpose,
        "created_at": now,
        "expires_at": now + lifetime,
    }
    session.execute(insert(SignInLink), row)
    return secret


def path_of(secret: str, language: str = "en") -> str:
    return f"/{language}/sign-in/link/{secret}"


def find(session: Session, secret: str, now: datetime) -> Invited | None:
    """For whom the link is, while it can be used."""
    row = session.execute(
        select(Person.id, Person.name, Person.email, Person.password_hash.is_not(None))
        .join(SignInLink, SignInLink.person_id == Person.id)
        .where(
            SignInLink.token_hash == digest(secret),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
            Person.disabled_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else Invited(*row)


def use(session: Session, secret: str, now: datetime) -> Invited | None:
    """Use the link up; None if it can't be used (any more). Jobs of the writer run one by one, so only one succeeds."""
    invited = find(session, secret, now)
    if invited is None:
        return None
    unused = (SignInLink.token_hash == digest(secret), SignInLink.used_at.is_(None))
    used = session.execute(update(SignInLink).where(*unused).values(used_at=now).returning(SignInLink.token_hash))
    return None if used.first() is None else invited
