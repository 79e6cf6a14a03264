"""What was sent to an endpoint and what came of it, for instructors; sending again; removing what is old."""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from app.accounts.access import Principal, require_user
from app.webhooks.endpoints import UnknownWebhookError, endpoint_for, woken
from app.webhooks.models import State, WebhookDelivery

KEPT = timedelta(days=30)


def list_deliveries(
    session: Session,
    principal: Principal,
    endpoint_id: str,
    *,
    limit: int,
    before: str | None = None,
    state: State | None = None,
) -> list[WebhookDelivery]:
    """The endpoint's, the newest first."""
    endpoint_for(session, endpoint_id, principal)
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if state is not None:
        query = query.where(WebhookDelivery.state == state)
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    return list(session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)))


def find_delivery(session: Session, principal: Principal, endpoint_id: str, delivery_id: str) -> WebhookDelivery:
    """One of the endpoint's; raises UnknownWebhookError if it has none with this id."""
    endpoint_for(session, endpoint_id, principal)
    found = session.get(WebhookDelivery, delivery_id)
    if found is None or found.endpoint_id != endpoint_id:
        raise UnknownWebhookError("The webhook has no delivery with this id.")
    return found


def resend(
    session: Session, principal: Principal, endpoint_id: str, delivery_id: str, now: datetime
) -> WebhookDelivery:
    """Send it again, now, under the same id, with as many tries as a new one; whatever has become of it.

    Raises:
        ConflictError: the endpoint is disabled.

    """
    require_user(principal, "manage")
    delivery = find_delivery(session, principal, endpoint_id, delivery_id)
    woken(session, principal, endpoint_id)
    delivery.state, delivery.due_at, delivery.tries = "pending", now, 0
    session.flush()
    return delivery


def resend_failed(session: Session, principal: Principal, endpoint_id: str, now: datetime) -> int:
    """Send all that have failed again, now; how many there are. Raises as `resend`."""
    require_user(principal, "manage")
    woken(session, principal, endpoint_id)
    failed = (WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.state == "failed")
    return _rows(
        session.execute(
            update(WebhookDelivery).where(*failed).values(state="pending", due_at=now, tries=0),
            execution_options={"synchronize_session": False},
        )
    )


def remove_old(session: Session, now: datetime, limit: int) -> int:
    """Remove so many deliveries that are older than is told in docs/webhooks.md; how many were removed."""
    old = select(WebhookDelivery.id).where(WebhookDelivery.created_at < now - KEPT)
    some = old.order_by(WebhookDelivery.created_at).limit(limit)
    return _rows(session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(some))))


def _rows(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
