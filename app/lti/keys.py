"""Our own keys: what we sign with, and what the platforms check it by.

    `haitang lti rotate-key`:   A, B live  ──►  B, C live, A retired
                                               └─ B signs until C has been published for an hour

Platforms keep a copy of our key set, so a key is published for a while before anything is signed with it, and stays
published after the next one signs: what was signed a moment before can still be checked.
"""

import asyncio
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from joserfc.jwk import RSAKey
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.accounts import audit
from app.core.service import Service
from app.lti.models import Key

ALGORITHM = "RS256"
BITS = 2048
LIVE = 2
PUBLISHED_BEFORE = timedelta(hours=1)
CLOCKS_APART = timedelta(seconds=30)
"""By which what we sign is dated back: Moodle refuses what comes from the future, be it a second."""


def new_key() -> RSAKey:
    """Takes up to a second of the processor; make it outside the writer."""
    return RSAKey.generate_key(BITS, auto_kid=True)


async def signing_key(service: Service) -> RSAKey:
    """The key that signs now; the very first one is made when it is asked for. It carries its `kid`."""
    found = await service.database.read(find_signing_key, service.clock())
    return found or await _first_key(service)


async def public_jwks(service: Service) -> dict[str, Any]:
    """The key set (RFC 7517) that platforms fetch: public parts alone."""
    found = await service.database.read(_live_keys)
    keys = found or [await _first_key(service)]
    return {"keys": [{**key.as_dict(private=False), "kid": key.kid, "use": "sig", "alg": ALGORITHM} for key in keys]}


def find_signing_key(session: Session, now: datetime) -> RSAKey | None:
    """The newest live key that has been published long enough, else the oldest; None before the first."""
    rows = session.execute(_LIVE).all()
    long_enough = [row for row in rows if now - row.created_at >= PUBLISHED_BEFORE]
    row = long_enough[0] if long_enough else rows[-1] if rows else None
    return None if row is None else _load(row.kid, row.private_key)


def add_key(session: Session, key: RSAKey, now: datetime) -> None:
    """Publish a new key beside the newest one; older ones are retired."""
    live = session.execute(_LIVE).all()
    for row in live[LIVE - 1 :]:
        session.execute(update(Key).where(Key.kid == row.kid).values(retired_at=now))
    private_key = key.as_pem(private=True).decode()
    session.execute(insert(Key), {"kid": key.kid, "private_key": private_key, "created_at": now})
    audit.record(session, None, "lti-key.create", str(key.kid), {"retired": [row.kid for row in live[1:]]}, at=now)


_LIVE = (
    select(Key.kid, Key.private_key, Key.created_at)
    .where(Key.retired_at.is_(None))
    .order_by(Key.created_at.desc(), Key.kid)
)


def _live_keys(session: Session) -> list[RSAKey]:
    return [_load(row.kid, row.private_key) for row in session.execute(_LIVE)]


async def _first_key(service: Service) -> RSAKey:
    key = await asyncio.to_thread(new_key)

    def job(session: Session) -> RSAKey:
        now = service.clock()
        found = find_signing_key(session, now)
        if found is None:
            add_key(session, key, now)
        return found or key

    return await service.writer.write(job)


@lru_cache(maxsize=8)
def _load(kid: str, pem: str) -> RSAKey:
    return RSAKey.import_key(pem, {"kid": kid})
