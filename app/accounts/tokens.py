"""API tokens: `haitang_<id>_<secret>`, scoped, expiring, revocable, shown once.

The prefix lets scanners of source code find a token that was committed; the id is public and names it in lists.
"""

import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.models import ApiToken, Person
from app.accounts.scopes import Scope
from app.accounts.secrets import digest, new_secret

PREFIX = "haitang"
TOUCH = timedelta(minutes=5)
_ID = re.compile("[0-9a-f]{12}")
_TOKEN = re.compile(f"{PREFIX}_({_ID.pattern})_([A-Za-z0-9_-]{{43}})")


class Bearer(NamedTuple):
    """A valid token, and whose it is."""

    id: str
    secret_hash: str
    person_id: str
    name: str
    is_admin: bool
    scopes: Sequence[Scope]
    last_used_at: datetime | None


_FIND = (
    select(
        ApiToken.id,
        ApiToken.secret_hash,
        Person.id,
        Person.name,
        Person.is_admin,
        ApiToken.scopes,
        ApiToken.last_used_at,
    )
    .join(Person, Person.id == ApiToken.person_id)
    .where(
        ApiToken.id == bindparam("id"),
        ApiToken.expires_at > bindparam("now"),
        ApiToken.revoked_at.is_(None),
        Person.disabled_at.is_(None),
    )
)


def find(session: Session, token: str, now: datetime) -> Bearer | None:
    """The token, unless it is unknown, expired or revoked, or its owner's account is closed."""
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        return None
    row = session.execute(_FIND, {"id": parts[1], "now": now}).one_or_none()
    if row is None or not hmac.compare_digest(row.secret_hash, digest(parts[2])):
        return None
    return Bearer(*row)


def create(
    session: Session, person_id: str, name: str, scopes: Sequence[Scope], now: datetime, lifetime: timedelta
) -> tuple[ApiToken, str]:
    """Store a new token; the text that is returned with it can't be had again."""
    id_, secret = secrets.token_hex(6), new_secret()
    row = {
        "id": id_,
        "person_id": person_id,
        "name": name,
        "secret_hash": digest(secret),
        "scopes": list(scopes),
        "created_at": now,
        "expires_at": now + lifetime,
    }
    session.execute(insert(ApiToken), row)
    audit.record(session, person_id, "token.create", id_, {"scopes": list(scopes), "days": lifetime.days}, at=now)
    return ApiToken(**row), f"{PREFIX}_{id_}_{secret}"


def is_token_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def list_tokens(session: Session, person_id: str, *, limit: int, before: str | None = None) -> list[ApiToken]:
    """The person's tokens, the newest first; those that have expired or were revoked too."""
    query = select(ApiToken).where(ApiToken.person_id == person_id)
    if before is not None:
        last = select(ApiToken.created_at).where(ApiToken.id == before).scalar_subquery()
        query = query.where(
            (ApiToken.created_at < last) | ((ApiToken.created_at == last) & (ApiToken.id < before)),
        )
    return list(session.scalars(query.order_by(ApiToken.created_at.desc(), ApiToken.id.desc()).limit(limit)))


def revoke(session: Session, person_id: str, token_id: str, now: datetime) -> ApiToken | None:
    """The person's token, revoked now or before; None if they have none with this id."""
    if not is_token_id(token_id):
        return None
    token = session.scalar(select(ApiToken).where(ApiToken.id == token_id, ApiToken.person_id == person_id))
    if token is not None and token.revoked_at is None:
        token.revoked_at = now
        audit.record(session, person_id, "token.revoke", token_id, at=now)
        session.flush()
    return token


def revoke_all(session: Session, person_id: str, now: datetime) -> None:
    session.execute(
        update(ApiToken).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None)).values(revoked_at=now)
    )


def touch(session: Session, token_id: str, now: datetime) -> None:
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))
