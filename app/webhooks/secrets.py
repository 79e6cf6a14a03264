"""Secrets of endpoints: one, and for a while after it was replaced the one before, so that receivers can follow."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.accounts.secrets import digest
from app.core.ids import new_id
from app.webhooks.models import WebhookSecret
from app.webhooks.signing import secret_of


def add_secret(session: Session, endpoint_id: str, key: bytes, now: datetime) -> WebhookSecret:
    """A new secret for the endpoint. `key` is the service's signing key."""
    id_ = new_id()
    made = WebhookSecret(
        id=id_, endpoint_id=endpoint_id, secret_hash=digest(secret_of(key, id_)), created_at=now, expires_at=None
    )
    session.add(made)
    session.flush()
    return made


def replace_secret(session: Session, endpoint_id: str, overlap: timedelta, key: bytes, now: datetime) -> WebhookSecret:
    """A new secret; messages are signed by the one before too, for so long. An even older one ends at once."""
    older = (WebhookSecret.endpoint_id == endpoint_id, WebhookSecret.expires_at > now)
    session.execute(update(WebhookSecret).where(*older).values(expires_at=now))
    current = (WebhookSecret.endpoint_id == endpoint_id, WebhookSecret.expires_at.is_(None))
    session.execute(update(WebhookSecret).where(*current).values(expires_at=now + overlap))
    return add_secret(session, endpoint_id, key, now)


def live_secrets(session: Session, endpoint_id: str, key: bytes, now: datetime) -> list[str]:
    """The secrets by which to sign, the newest first; none if the signing key is another than when they were made."""
    live = or_(WebhookSecret.expires_at.is_(None), WebhookSecret.expires_at > now)
    query = select(WebhookSecret).where(WebhookSecret.endpoint_id == endpoint_id, live)
    found = session.scalars(query.order_by(WebhookSecret.id.desc()))
    secrets = [(secret_of(key, each.id), each.secret_hash) for each in found]
    return [secret for secret, hashed in secrets if digest(secret) == hashed]
