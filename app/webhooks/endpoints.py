"""The endpoints of a course: which addresses hear of what. For its instructors, who may see all that events say.

Every change is recorded in the audit log. An endpoint hears of what happens while it is enabled.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.access import Principal, require_user
from app.core.errors import ConflictError, Fault, ForbiddenError, InvalidRequestError, NotFoundError
from app.core.ids import known, new_id
from app.core.outgoing import OutgoingError
from app.core.service import Service
from app.courses.models import Course, Role
from app.courses.roles import INSTRUCTORS, NOT_YOUR_ROLE, course_for, role_of
from app.webhooks import outbox, outcomes
from app.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookSecret
from app.webhooks.outbox import WANTED, Endpoint
from app.webhooks.secrets import add_secret, replace_secret
from problems.text import Text

MOST = 10  # endpoints of one course
_NO_ADDRESS = Text(
    "An address of the public internet is needed here that begins with https:// and holds no password.",
    "这里需要公共互联网上以 https:// 开头、不含密码的地址。",
)
_FULL = Text(
    f"A course has {MOST} webhooks at most; remove one first.", f"一门课程最多有 {MOST} 个 Webhook，请先删除一个。"
)
_DISABLED = Text("The webhook is disabled; enable it first.", "这个 Webhook 已停用，请先启用。")


class UnknownWebhookError(NotFoundError):
    """No webhook or delivery has this id, or it belongs to a course in which whoever asks takes no part."""

    slug, title = "unknown-webhook", "No such webhook"


known_webhook = partial(known, error=UnknownWebhookError)


class Seen(NamedTuple):
    """An endpoint as an instructor sees it."""

    endpoint: WebhookEndpoint
    course: Course
    role: Role


def endpoint_for(session: Session, endpoint_id: str, principal: Principal) -> Seen:
    """The endpoint, for instructors of its course.

    Raises:
        UnknownWebhookError: there is none, or they take no part in its course.
        ForbiddenError: they take part, but do not teach it.

    """
    role = role_of(principal)
    row = session.execute(
        select(WebhookEndpoint, Course, role)
        .join(Course, Course.id == WebhookEndpoint.course_id)
        .where(WebhookEndpoint.id == endpoint_id, role.is_not(None))
    ).one_or_none()
    if row is None:
        raise UnknownWebhookError("There is no webhook with this id, or it is not for you.")
    if row[2] not in INSTRUCTORS:
        raise ForbiddenError(NOT_YOUR_ROLE)
    return Seen(*row)


def list_endpoints(
    session: Session, principal: Principal, course_id: str, *, limit: int, before: str | None = None
) -> list[WebhookEndpoint]:
    """Those of the course, the newest first; for its instructors."""
    course_for(session, course_id, principal, INSTRUCTORS)
    query = select(WebhookEndpoint).where(WebhookEndpoint.course_id == course_id)
    if before is not None:
        query = query.where(WebhookEndpoint.id < before)
    return list(session.scalars(query.order_by(WebhookEndpoint.id.desc()).limit(limit)))


def require_address(service: Service, url: str) -> None:
    """Raise InvalidRequestError for an address to which nothing would ever be sent.

    Where a name leads is looked at whenever something is sent, since that changes.
    """
    try:
        service.outgoing.check(url)
    except OutgoingError:
        fault = Fault(_NO_ADDRESS, pointer="/url")
        raise InvalidRequestError("The address does not fit.", [fault]) from None


def create(
    session: Session,
    principal: Principal,
    course_id: str,
    *,
    url: str,
    description: str,
    events: Sequence[str],
    key: bytes,
    now: datetime,
) -> tuple[WebhookEndpoint, WebhookSecret]:
    """A new endpoint with its first secret. `key` is the service's signing key.

    Raises:
        ConflictError: the course has as many endpoints as it may have.

    """
    actor = require_user(principal, "manage")
    course_for(session, course_id, principal, INSTRUCTORS, changing=True)
    count = select(func.count()).select_from(WebhookEndpoint).where(WebhookEndpoint.course_id == course_id)
    if (session.scalar(count) or 0) >= MOST:
        raise ConflictError(_FULL)
    endpoint = WebhookEndpoint(
        id=new_id(),
        course_id=course_id,
        url=url,
        description=description,
        events=_in_order(events),
        created_at=now,
        created_by=actor,
        disabled_at=None,
        disabled_reason=None,
        failures=0,
        failing_since=None,
        paused_until=None,
        leased_until=None,
        leased_by=None,
    )
    session.add(endpoint)
    session.flush()
    secret = add_secret(session, endpoint.id, key, now)
    _record(session, actor, "create", endpoint, {"events": endpoint.events}, now)
    return endpoint, secret


def change(
    session: Session, principal: Principal, endpoint_id: str, changes: Mapping[str, Any], now: datetime
) -> WebhookEndpoint:
    """Set some of `url`, `description`, `events`; `enabled` switches it on or off, and makes it start afresh."""
    actor = require_user(principal, "manage")
    endpoint = endpoint_for(session, endpoint_id, principal).endpoint
    for name in ("url", "description"):
        setattr(endpoint, name, changes.get(name, getattr(endpoint, name)))
    if "events" in changes:
        endpoint.events = _in_order(changes["events"])
    if changes.get("enabled") is True:
        outcomes.enable(endpoint)
    elif changes.get("enabled") is False:
        outcomes.disable(endpoint, "by-hand", now)
    session.flush()
    # By name only: an address may hold a password of its kind, and the log keeps for ever what it is told.
    _record(session, actor, "change", endpoint, {"changed": sorted(changes)}, now)
    return endpoint


def remove(session: Session, principal: Principal, endpoint_id: str, now: datetime) -> WebhookEndpoint:
    """Remove the endpoint with its deliveries; what is waiting is never sent."""
    actor = require_user(principal, "manage")
    endpoint = endpoint_for(session, endpoint_id, principal).endpoint
    _record(session, actor, "remove", endpoint, {}, now)
    session.expunge(endpoint)
    session.execute(delete(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id))
    return endpoint


def rotate(
    session: Session, principal: Principal, endpoint_id: str, overlap: timedelta, key: bytes, now: datetime
) -> tuple[WebhookEndpoint, WebhookSecret]:
    """Another secret; the one before signs along for so long. An endpoint that had lost its secret is well again."""
    actor = require_user(principal, "manage")
    endpoint = endpoint_for(session, endpoint_id, principal).endpoint
    secret = replace_secret(session, endpoint_id, overlap, key, now)
    if endpoint.disabled_reason == "secret":
        outcomes.enable(endpoint)
    session.flush()
    _record(session, actor, "rotate", endpoint, {"overlap_hours": overlap / timedelta(hours=1)}, now)
    return endpoint, secret


def ping(session: Session, principal: Principal, endpoint_id: str, now: datetime) -> WebhookDelivery:
    """Send it a message that says nothing, to see whether it arrives; at once, even if the endpoint is pausing.

    Raises:
        ConflictError: the endpoint is disabled.

    """
    require_user(principal, "manage")
    endpoint = woken(session, principal, endpoint_id)
    to = Endpoint(endpoint.id, endpoint.course_id, endpoint.events)
    (row,) = outbox.deliveries([to], "ping", {"webhook_id": endpoint.id}, now)
    session.flush()
    outbox.store(session, [row])
    return session.get_one(WebhookDelivery, row["id"])


def woken(session: Session, principal: Principal, endpoint_id: str) -> WebhookEndpoint:
    """The endpoint, which is to be sent something at once, even if it was pausing; raises ConflictError if disabled."""
    endpoint = endpoint_for(session, endpoint_id, principal).endpoint
    if endpoint.disabled_at is not None:
        raise ConflictError(_DISABLED)
    endpoint.paused_until = None
    return endpoint


def _in_order(events: Sequence[str]) -> list[str]:
    return [event for event in WANTED if event in events]


def _record(
    session: Session, actor: str, verb: str, endpoint: WebhookEndpoint, detail: Mapping[str, Any], now: datetime
) -> None:
    audit.record(session, actor, f"webhook.{verb}", endpoint.id, detail, endpoint.course_id, now)
