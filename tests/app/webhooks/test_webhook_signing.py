"""Signatures are those of the Standard Webhooks specification; what a reply means is decided without any network."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.webhooks import outcomes
from app.webhooks.models import WebhookDelivery, WebhookEndpoint
from app.webhooks.outcomes import Tried
from app.webhooks.signing import headers, secret_of

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
DOCUMENT = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")

# A message that libraries of the specification use in their own tests.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = ("msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), b'{"test": 2432232314}')
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_that_of_other_libraries():
    assert headers([SECRET], *MESSAGE) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_two_secrets_give_two_signatures():
    first, second = headers([secret_of(b"key", "one"), SECRET], *MESSAGE)["webhook-signature"].split(" ")
    assert second == SIGNATURE
    assert first.startswith("v1,")
    assert first != second


def test_secrets_are_32_bytes_of_their_own_for_each_key_and_id():
    secrets = {secret_of(key, id_) for key in (b"key 1", b"key 2") for id_ in ("one", "two")}
    assert len(secrets) == 4
    for secret in secrets:
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32


def test_the_receiver_of_the_document_works():
    code = DOCUMENT.partition("```python\n")[2].partition("```")[0]
    names: dict = {}
    exec(code, names)
    sent = headers([SECRET], "an-id", datetime.now(UTC), b"{}")
    assert names["is_genuine"](SECRET, sent, b"{}")
    assert not names["is_genuine"](SECRET, sent, b"{ }")
    assert not names["is_genuine"]("whsec_AAAA", sent, b"{}")
    assert not names["is_genuine"](SECRET, sent | {"webhook-id": "another"}, b"{}")
    old = headers([SECRET], "an-id", datetime.now(UTC) - timedelta(minutes=6), b"{}")
    assert not names["is_genuine"](SECRET, old, b"{}")


@pytest.fixture
def endpoint() -> WebhookEndpoint:
    return WebhookEndpoint(failures=0)


@pytest.fixture
def delivery() -> WebhookDelivery:
    return WebhookDelivery(state="pending", tries=0, due_at=NOW)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_every_2xx_is_a_success(endpoint, delivery, status):
    endpoint.failures, endpoint.failing_since, endpoint.paused_until = 3, NOW, NOW
    outcomes.apply(endpoint, delivery, Tried(status), NOW)
    assert (delivery.state, delivery.last_status, delivery.tries) == ("delivered", status, 1)
    assert (endpoint.failures, endpoint.failing_since, endpoint.paused_until) == (0, None, None)


@pytest.mark.parametrize("status", [None, 100, 301, 302, 400, 401, 404, 409, 429, 500, 503])
def test_everything_else_is_tried_again(endpoint, delivery, status):
    outcomes.apply(endpoint, delivery, Tried(status, "a reason" * 100), NOW)
    assert (delivery.state, delivery.tries, endpoint.failures, endpoint.disabled_at) == ("pending", 1, 1, None)
    assert timedelta(seconds=2.5) <= delivery.due_at - NOW <= timedelta(seconds=5)
    assert len(delivery.last_error) == 200


def test_the_tries_of_one_message_span_days(endpoint, delivery):
    now = NOW
    while delivery.state == "pending":
        outcomes.apply(endpoint, delivery, Tried(500), now)
        outcomes.recover(endpoint)  # others go through meanwhile
        now = max(now, delivery.due_at)
    assert delivery.tries == outcomes.TRIES
    assert timedelta(days=1.5) < now - NOW < timedelta(days=3.3)


def test_what_a_receiver_asks_for_counts_up_to_an_hour(endpoint, delivery):
    for asked, pause in ((timedelta(minutes=10), timedelta(minutes=10)), (timedelta(days=9), timedelta(hours=1))):
        outcomes.apply(endpoint, delivery, Tried(429, retry_after=asked), NOW)
        assert endpoint.paused_until == NOW + pause


def test_a_failing_endpoint_pauses_a_minute_at_most(endpoint, delivery):
    for _ in range(30):
        outcomes.apply(endpoint, delivery, Tried(500), NOW)
    assert timedelta(seconds=30) <= endpoint.paused_until - NOW <= timedelta(minutes=1)


@pytest.mark.parametrize(
    ("tried", "reason"),
    [(Tried(410), "gone"), (Tried(None, outcomes.UNSIGNABLE), "secret"), (Tried(500), None)],
)
def test_what_disables_at_once(endpoint, delivery, tried, reason):
    outcomes.apply(endpoint, delivery, tried, NOW)
    assert endpoint.disabled_reason == reason


def test_three_days_of_failure_disable(endpoint, delivery):
    outcomes.apply(endpoint, delivery, Tried(500), NOW)
    outcomes.apply(endpoint, delivery, Tried(500), NOW + outcomes.LASTING - timedelta(seconds=1))
    assert endpoint.disabled_at is None
    outcomes.apply(endpoint, delivery, Tried(500), NOW + outcomes.LASTING)
    assert (endpoint.disabled_at, endpoint.disabled_reason) == (NOW + outcomes.LASTING, "failing")
