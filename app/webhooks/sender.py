"""Sends what lies in the outbox, in the background of the service.

    look (a read, each second) ──► lease endpoints ──► for each: next delivery ──► sign, post ──► record ──► next …

An endpoint is leased to one process at a time, which sends it one message after another, the oldest first. Nothing is
sent inside a transaction. Its outcome is recorded before the next message: a process that is killed has sent at most
one message whose outcome is lost, and that is sent again when the lease has run out. So each message arrives at least
once, and mostly in order.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from app.core.backoff import retry_after
from app.core.ids import new_id
from app.core.outgoing import SECONDS, OutgoingError
from app.core.polling import keep_looking
from app.core.service import Service
from app.webhooks import outcomes, signing
from app.webhooks.models import WebhookDelivery, WebhookEndpoint
from app.webhooks.outcomes import Tried
from app.webhooks.secrets import live_secrets

POLL = 1.0  # seconds
LEASE = timedelta(seconds=15)  # renewed with every message, which takes a third of it at most
ENDPOINTS = 50  # that one process serves at the same time
TURN = 200  # messages, after which others get their chance

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be sent: the headers and the body follow from it and the moment of sending."""

    id: str
    url: str
    body: bytes
    secrets: Sequence[str]


class Sender:
    """`async with Sender(service, key):` sends until the block is left. `key` is the service's signing key."""

    def __init__(self, service: Service, key: bytes) -> None:
        self._service = service
        self._key = key
        self._name = new_id()
        self._serving: dict[str, asyncio.Task[None]] = {}  # by endpoint
        self._more = asyncio.Event()
        self._stopping = False

    async def __aenter__(self) -> Self:
        look = keep_looking(self._take, "webhooks to send", seconds=POLL, more=self._more)
        self._task = asyncio.create_task(look, name="webhooks")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What is on its way arrives and is recorded first, so that a restart sends nothing twice."""
        self._stopping = True
        self._task.cancel()
        if self._serving:
            _, late = await asyncio.wait(self._serving.values(), timeout=SECONDS + 1)
            for task in late:
                task.cancel()
        await asyncio.gather(self._task, *self._serving.values(), return_exceptions=True)

    async def _take(self) -> None:
        service, free, now = self._service, ENDPOINTS - len(self._serving), self._service.clock()
        if free and await service.database.read(_is_any_due, now):
            leased = await service.writer.write(partial(lease, by=self._name, now=now, limit=free))
            for endpoint_id in set(leased) - self._serving.keys():  # a clock that jumps ends leases before their time
                task = asyncio.create_task(self._serve(endpoint_id))
                self._serving[endpoint_id] = task
                task.add_done_callback(partial(self._served, endpoint_id))

    def _served(self, endpoint_id: str, task: asyncio.Task[None]) -> None:
        del self._serving[endpoint_id]
        if task.cancelled():
            return
        if error := task.exception():
            logger.error("Sending webhooks failed.", exc_info=error)
        else:
            self._more.set()

    async def _serve(self, endpoint_id: str) -> None:
        service = self._service
        try:
            for _ in range(TURN):
                message = await service.database.read(next_message, endpoint_id, self._key, service.clock())
                if message is None or self._stopping:
                    break
                tried = await self._send(message)
                record = partial(record_outcome, delivery_id=message.id, by=self._name, tried=tried)
                if not await service.writer.write(partial(record, now=service.clock())):
                    break
        finally:
            await service.writer.write(partial(release, endpoint_id=endpoint_id, by=self._name))

    async def _send(self, message: Message) -> Tried:
        now = self._service.clock()
        if not message.secrets:
            return Tried(None, outcomes.UNSIGNABLE)
        headers = signing.headers(message.secrets, message.id, now, message.body)
        try:
            reply = await self._service.outgoing.post(
                message.url, message.body, content_type="application/json", headers=headers
            )
        except OutgoingError as error:
            return Tried(None, str(error))
        except Exception:  # a fault of ours must not be repeated at once, and for ever
            logger.exception("The message %s could not be sent.", message.id)
            return Tried(None, "The service itself failed.")
        tried = Tried(reply.status, retry_after=retry_after(reply.headers.get("retry-after"), now))
        return tried if tried.is_success else Tried(tried.status, f"Status {reply.status}.", tried.retry_after)


def _free(now: datetime) -> Select[str]:
    """Endpoints to which something may be sent now, and is to be."""
    table = WebhookEndpoint
    due = select(WebhookDelivery.id).where(
        WebhookDelivery.endpoint_id == table.id, WebhookDelivery.state == "pending", WebhookDelivery.due_at <= now
    )
    return select(table.id).where(
        table.disabled_at.is_(None),
        (table.paused_until.is_(None)) | (table.paused_until <= now),
        (table.leased_until.is_(None)) | (table.leased_until <= now),
        due.exists(),
    )


def _is_any_due(session: Session, now: datetime) -> bool:
    return session.scalar(_free(now).limit(1)) is not None


def lease(session: Session, *, by: str, now: datetime, limit: int) -> list[str]:
    """Take endpoints for this process alone; those that another is just taking are passed over."""
    query = _free(now).order_by(WebhookEndpoint.leased_until, WebhookEndpoint.id).limit(limit)
    # A weak lock: answers of students, whose deliveries refer to an endpoint, neither wait for it nor hide it.
    ids = list(session.scalars(query.with_for_update(of=WebhookEndpoint, key_share=True, skip_locked=True)))
    session.execute(
        update(WebhookEndpoint).where(WebhookEndpoint.id.in_(ids)).values(leased_by=by, leased_until=now + LEASE)
    )
    return ids


def next_message(session: Session, endpoint_id: str, key: bytes, now: datetime) -> Message | None:
    """The oldest message that is due, unless the endpoint has been disabled or removed meanwhile."""
    row = session.execute(
        select(WebhookDelivery.id, WebhookDelivery.body, WebhookEndpoint.url)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(
            WebhookEndpoint.id == endpoint_id,
            WebhookEndpoint.disabled_at.is_(None),
            WebhookDelivery.state == "pending",
            WebhookDelivery.due_at <= now,
        )
        .order_by(WebhookDelivery.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else Message(row.id, row.url, row.body, live_secrets(session, endpoint_id, key, now))


def record_outcome(session: Session, *, delivery_id: str, by: str, tried: Tried, now: datetime) -> bool:
    """Store what came of a try; whether this process should go on with the endpoint."""
    delivery = session.get(WebhookDelivery, delivery_id)
    if delivery is None or delivery.state != "pending":  # removed, or sent by a process that had the lease after us
        return delivery is not None and tried.is_success
    endpoint = session.get(WebhookEndpoint, delivery.endpoint_id, with_for_update={"key_share": True})
    if endpoint is None:
        return False
    outcomes.apply(endpoint, delivery, tried, now)
    if endpoint.leased_by != by:
        return False
    endpoint.leased_until = now + LEASE
    return tried.is_success


def release(session: Session, *, endpoint_id: str, by: str) -> None:
    session.execute(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.leased_by == by)
        .values(leased_by=None, leased_until=None)
    )
