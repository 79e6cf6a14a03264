"""Addresses that want to hear of events in a course, and what is on its way to them.

    courses ◄── webhook_endpoints ◄── webhook_secrets
                        ▲
                        └── webhook_deliveries

A delivery is one message to one endpoint: its row is written in the transaction of what it tells (the outbox), and its
body is sent as it is stored however often it is tried.
"""

from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Person
from app.core.models import UUID_TEXT, Base
from app.courses.models import Course

State: TypeAlias = Literal["pending", "delivered", "failed"]
Reason: TypeAlias = Literal["by-hand", "gone", "failing", "secret"]
"""Why an endpoint is sent nothing: see `app.webhooks.outcomes`."""


class WebhookEndpoint(Base):
    """An address, and how it has answered lately.

    `failures` counts those since the last success, the first of which was at `failing_since`; nothing is sent before
    `paused_until`. The process named by `leased_by` sends to it until `leased_until`, and no other does.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint("disabled_reason IN ('by-hand', 'gone', 'failing', 'secret')", name="disabled_reason"),
        CheckConstraint("(disabled_at IS NULL) = (disabled_reason IS NULL)", name="disabled"),
        Index(None, "course_id", "id"),
    )

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    course_id: Mapped[str] = mapped_column(ForeignKey(Course.id))
    url: Mapped[str] = mapped_column(String(2000))
    description: Mapped[str] = mapped_column(String(200))
    events: Mapped[list[Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(ForeignKey(Person.id))
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None] = mapped_column(String(16))
    failures: Mapped[int]
    failing_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None] = mapped_column(UUID_TEXT)


class WebhookSecret(Base):
    """A secret by which messages to an endpoint are signed; until `expires_at`, if it has been replaced.

    The secret itself follows from the service's signing key and the id (`app.webhooks.signing`). Here lies its SHA-256,
    which tells when the signing key is not the one any more under which the secret was given out.
    """

    __tablename__ = "webhook_secrets"

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(ForeignKey(WebhookEndpoint.id, ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class WebhookDelivery(Base):
    """One message to one endpoint; `id` is its `webhook-id`.

    `due_at` is when a pending one is tried next, `last_status` what the receiver said to the last try (None: nothing),
    and `last_error` what was wrong with it, in English.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state"),
        Index(None, "endpoint_id", "state", "due_at"),
        Index(None, "endpoint_id", "id"),
        Index(None, "created_at"),
    )

    id: Mapped[str] = mapped_column(UUID_TEXT, primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(ForeignKey(WebhookEndpoint.id, ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[datetime]
    tries: Mapped[int]
    last_tried_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(String(200))
