"""What a receiver's reply means for a delivery and for its endpoint.

    2xx            delivered; the endpoint is well again
    410            the receiver wants no more: the endpoint is disabled ("gone")
    no secret      the service's signing key was replaced: the endpoint is disabled ("secret"), and needs a new one
    anything else  tried again after waits that grow, up to `TRIES` times within 3¼ days; then it has failed

A failing endpoint pauses as a whole, for a minute at most, so that one which is down is not called for every message
that waits, and one message that it can't digest does not hold up the others for long. One that has taken nothing for
three days is disabled ("failing"), which its course's instructors see.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.backoff import Backoff
from app.webhooks.models import WebhookDelivery, WebhookEndpoint

TRIES = 11
BACKOFF = Backoff(first=timedelta(seconds=5), factor=4, longest=timedelta(hours=24))
PAUSE = Backoff(first=timedelta(seconds=1), factor=2, longest=timedelta(minutes=1))
LONGEST_PAUSE = timedelta(hours=1)  # however long a receiver asks to be left alone
LASTING = timedelta(days=3)
GONE = 410
UNSIGNABLE = "The signing key of the service was replaced; the webhook needs a new secret."


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one try: the status of the reply, or what kept it from coming."""

    status: int | None
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def apply(endpoint: WebhookEndpoint, delivery: WebhookDelivery, tried: Tried, now: datetime) -> None:
    """Change both rows by the outcome of a try."""
    delivery.tries += 1
    delivery.last_tried_at = now
    delivery.last_status = tried.status
    delivery.last_error = tried.error[:200] if tried.error else None
    if tried.is_success:
        delivery.state = "delivered"
        recover(endpoint)
        return
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.paused_until = now + _pause(endpoint.failures, tried)
    if tried.status == GONE:
        disable(endpoint, "gone", now)
    elif tried.error == UNSIGNABLE:
        disable(endpoint, "secret", now)
    elif now - endpoint.failing_since >= LASTING:
        disable(endpoint, "failing", now)
    if delivery.tries < TRIES:
        delivery.due_at = now + BACKOFF.wait(delivery.tries)
    else:
        delivery.state = "failed"


def recover(endpoint: WebhookEndpoint) -> None:
    """Forget that it failed."""
    endpoint.failures, endpoint.failing_since, endpoint.paused_until = 0, None, None


def disable(endpoint: WebhookEndpoint, reason: str, now: datetime) -> None:
    """Send it nothing more, until an instructor enables it again; what is waiting waits."""
    if endpoint.disabled_at is None:
        endpoint.disabled_at, endpoint.disabled_reason = now, reason


def enable(endpoint: WebhookEndpoint) -> None:
    endpoint.disabled_at, endpoint.disabled_reason = None, None
    recover(endpoint)


def _pause(failures: int, tried: Tried) -> timedelta:
    pause = PAUSE.wait(failures)
    return pause if tried.retry_after is None else max(pause, min(tried.retry_after, LONGEST_PAUSE))
