"""People with an account: creating and changing them, and what of a guest becomes theirs."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.accounts import audit, sessions, tokens
from app.accounts.models import Person, SignInLink
from app.core.database import searchable
from app.core.errors import ConflictError, Fault, InvalidRequestError, UnknownPersonError
from app.core.ids import new_id
from problems.text import Text

EMAIL = r"^[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}$"
_EMAIL = re.compile(EMAIL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
NAME_LENGTH = 200
NO_ADDRESS = Text("This is no e-mail address.", "这不是邮箱地址。")
_UNCLAIMED = and_(Person.kind == "guest", Person.claimed_by.is_(None), Person.forgotten_at.is_(None))
LAST = Text("Somebody must be left who administers the site.", "网站必须至少保留一名管理员。")
_FORGOTTEN = Text("This account has been deleted, for good.", "此账号已永久注销。")
TAKEN = Text("Somebody has an account with this address.", "已有人用这个邮箱地址注册。")


def normal_email(text: str) -> str | None:
    """The address in the form in which it is stored, or None if it is none."""
    email = text.strip().lower()
    return email if _EMAIL.fullmatch(email) else None


def normal_name(text: str) -> str | None:
    """The name with single spaces, or None if it is none: empty, longer than a table holds, or with control characters.

    They may come from what a form was made to send, and would break lists of names.
    """
    name = " ".join(text.split())
    return name if 0 < len(name) <= NAME_LENGTH and _CONTROL.search(name) is None else None


def find_by_email(session: Session, email: str) -> Person | None:
    return session.scalar(select(Person).where(Person.email == email))


def get(session: Session, person_id: str) -> Person:
    """The user; raises UnknownPersonError."""
    person = session.scalar(select(Person).where(Person.id == person_id, Person.kind == "user"))
    if person is None:
        raise UnknownPersonError("There is nobody with this id.")
    return person


def get_kept(session: Session, person_id: str) -> Person:
    """The user, for a change; raises UnknownPersonError, and ConflictError for one who has been forgotten."""
    person = get(session, person_id)
    if person.forgotten_at is not None:
        raise ConflictError(_FORGOTTEN)
    return person


def create(
    session: Session,
    actor: str | None,
    now: datetime,
    *,
    name: str,
    email: str | None,
    password_hash: str | None = None,
    is_admin: bool = False,
) -> str:
    """The id of a new user.

    Raises:
        ConflictError: somebody has this address.

    """
    if email is not None and find_by_email(session, email) is not None:
        raise ConflictError(TAKEN, [Fault(TAKEN, pointer="/email")])
    person_id = new_id()
    row = {"id": person_id, "kind": "user", "created_at": now, "name": name, "email": email}
    session.execute(insert(Person), row | {"password_hash": password_hash, "is_admin": is_admin})
    audit.record(session, actor, "person.create", person_id, {"is_admin": is_admin}, at=now)
    return person_id


def change(session: Session, actor: str, person_id: str, changes: Mapping[str, Any], now: datetime) -> Person:
    """Set `name`, `email`, `is_admin` or `disabled` of a user; a closed account is signed out everywhere.

    Raises:
        UnknownPersonError: nobody has this id.
        ConflictError: somebody else has this address, nobody would be left to administer the site, or the person has
            been forgotten.

    """
    person = get_kept(session, person_id)
    if "email" in changes and changes["email"] != person.email:
        if changes["email"] is not None and find_by_email(session, changes["email"]) is not None:
            raise ConflictError(TAKEN, [Fault(TAKEN, pointer="/email")])
        person.email = changes["email"]
    person.name = changes.get("name", person.name)
    person.is_admin = changes.get("is_admin", person.is_admin)
    if "disabled" in changes:
        person.disabled_at = (person.disabled_at or now) if changes["disabled"] else None
    session.flush()
    if not session.scalar(select(func.count()).where(Person.is_admin, Person.disabled_at.is_(None))):
        raise ConflictError(LAST)
    if person.disabled_at is not None:
        close_doors(session, person_id, now)
    told = {name: value for name, value in changes.items() if name in {"is_admin", "disabled"}}
    audit.record(session, actor, "person.change", person_id, told | {"members": sorted(changes)}, at=now)
    return person


def set_password(
    session: Session, person_id: str, password_hash: str, now: datetime, *, keep_session: str | None = None
) -> None:
    """Store a new password's hash, and end the sessions that the old one opened, but for the one it is changed in."""
    session.execute(update(Person).where(Person.id == person_id).values(password_hash=password_hash))
    sessions.end_all(session, person_id, but=keep_session)
    audit.record(session, person_id, "password.change", person_id, at=now)


def close_doors(session: Session, person_id: str, now: datetime) -> None:
    """End every session, token and link of a person."""
    sessions.end_all(session, person_id)
    tokens.revoke_all(session, person_id, now)
    unused = (SignInLink.person_id == person_id, SignInLink.used_at.is_(None), SignInLink.expires_at > now)
    session.execute(update(SignInLink).where(*unused).values(expires_at=now))


def claim_guest(session: Session, guest_id: str, person_id: str, now: datetime) -> bool:
    """Give a guest's attempts to a user; False if there is no such unclaimed guest.

    The guest's cookie is worth nothing from then on (`app.accounts.guests.identities`): whoever has kept a copy of it
    neither reads these attempts nor adds to them.
    """
    unclaimed = (Person.id == guest_id, _UNCLAIMED)
    claimed = session.execute(update(Person).where(*unclaimed).values(claimed_by=person_id).returning(Person.id))
    if claimed.first() is None:
        return False
    audit.record(session, person_id, "guest.claim", guest_id, at=now)
    return True


def can_be_claimed(session: Session, guest_id: str) -> bool:
    """Whether the guest has answered anything, since only then there is a row, and belongs to nobody yet."""
    return session.scalar(select(Person.id).where(Person.id == guest_id, _UNCLAIMED)) is not None


def list_people(session: Session, *, limit: int, before: str | None = None, search: str | None = None) -> list[Person]:
    """Users who are not forgotten, the newest first; with `search` those in whose name or address the text occurs."""
    users = (Person.kind == "user", Person.forgotten_at.is_(None))
    query = select(Person).where(*users).order_by(Person.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Person.id < before)
    if search:
        wanted = searchable(search.lower())
        query = query.where(
            or_(
                func.lower(Person.name).contains(wanted, autoescape=True),
                Person.email.contains(wanted, autoescape=True),
            )
        )
    return list(session.scalars(query))


def administrator_without_password(session: Session) -> tuple[bool, str | None]:
    """Whether the site still waits for its first administrator, and the row that was made for them, if it was."""
    admins = session.execute(
        select(Person.id, Person.password_hash).where(Person.is_admin, Person.disabled_at.is_(None)).order_by(Person.id)
    ).all()
    waiting = all(password_hash is None for _, password_hash in admins)
    return waiting, admins[0].id if waiting and admins else None


def required_email(text: str) -> str:
    """`normal_email`, for a JSON body's member `email`; raises InvalidRequestError."""
    email = normal_email(text)
    if email is None:
        fault = Fault(NO_ADDRESS, pointer="/email")
        raise InvalidRequestError("The address is not valid.", [fault])
    return email
