"""Setting webhooks up: addresses, secrets, deliveries to look at, and who may do it."""

import pytest
from sqlalchemy import func, select, update

from app.accounts.models import AuditEntry
from app.core.housekeeping import sweep
from app.webhooks import deliveries
from app.webhooks.models import WebhookDelivery, WebhookSecret
from tests.backends import on_one_database

pytestmark = pytest.mark.anyio

GOOD = "https://192.0.43.8/hook"


@pytest.fixture
async def teaching(classroom):
    room = await classroom(1)
    return room.teacher.client, f"/api/v1/courses/{room.course}/webhooks"


async def test_a_webhook_from_beginning_to_end(teaching):
    client, path = teaching
    made = await client.post(path, json={"url": GOOD, "description": "Dashboard", "events": ["grade.changed"]})
    assert made.status_code == 201
    own = made.headers["Location"]
    webhook = made.json()
    assert webhook.pop("secret").startswith("whsec_")
    assert (webhook["url"], webhook["events"], webhook["enabled"]) == (GOOD, ["grade.changed"], True)
    assert (await client.get(own)).json() == webhook
    assert (await client.get(path)).json()["items"] == [webhook]
    changed = await client.patch(own, json={"description": "", "events": ["grade.changed", "attempt.graded"]})
    assert changed.json() == webhook | {"description": "", "events": ["attempt.graded", "grade.changed"]}
    disabled = (await client.patch(own, json={"enabled": False})).json()
    assert (disabled["enabled"], disabled["disabled_reason"]) == (False, "by-hand")
    assert (await client.patch(own, json={"enabled": True})).json()["disabled_at"] is None
    assert (await client.delete(own)).status_code == 200
    assert (await client.get(own)).json()["type"] == "/errors/unknown-webhook"


async def test_the_secret_is_shown_once_and_nowhere_stored(teaching, app):
    client, path = teaching
    headers = {"Idempotency-Key": "one"}
    made = await client.post(path, json={"url": GOOD}, headers=headers)
    secret = made.json()["secret"]
    assert secret not in (await client.get(made.headers["Location"])).text
    assert (await client.post(path, json={"url": GOOD}, headers=headers)).content == made.content
    with app.state.service.database.reading() as session:
        raw = session.connection().connection.dbapi_connection
        for table in ("webhook_endpoints", "webhook_secrets", "webhook_deliveries", "idempotency_keys", "audit_log"):
            rows = raw.cursor().execute(f"SELECT * FROM {table}").fetchall()
            assert secret.removeprefix("whsec_") not in str(rows)


@on_one_database
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/url"),
        ({"url": "https://example.org/ö"}, "/url"),
        ({"url": GOOD, "events": []}, "/events"),
        ({"url": GOOD, "events": ["ping"]}, "/events/0"),
        ({"url": GOOD, "secret": "mine"}, "/secret"),
    ],
)
async def test_what_makes_no_sense_is_refused(teaching, body, pointer):
    client, path = teaching
    refused = await client.post(path, json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


@on_one_database
async def test_ten_webhooks_are_enough(teaching):
    client, path = teaching
    made = [await client.post(path, json={"url": GOOD}) for _ in range(11)]
    assert [each.status_code for each in made] == [201] * 10 + [409]
    ids = [each.json()["id"] for each in made[:10]]
    first = (await client.get(path, params={"limit": 6})).json()
    second = (await client.get(path, params={"limit": 6, "cursor": first["next_cursor"]})).json()
    assert [each["id"] for each in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None


async def test_while_a_secret_is_replaced_both_sign(hooked, receiver, clock):
    hook = await hooked()
    rotated = await hook.teacher.post(f"{hook.path}/secret", json={"overlap_hours": 2})
    assert rotated.status_code == 201
    new = rotated.json()["secret"]
    assert new != hook.secret
    await hook.ping()
    (message,) = await receiver.wait_for(1)
    assert message.is_signed_by(new)
    assert message.is_signed_by(hook.secret)
    clock.advance(hours=2.1)
    await hook.ping()
    _, later = await receiver.wait_for(2)
    assert later.is_signed_by(new, clock())
    assert not later.is_signed_by(hook.secret, clock())


@on_one_database
async def test_there_are_never_more_than_two(hooked, receiver):
    hook = await hooked()
    rotated = [(await hook.teacher.post(f"{hook.path}/secret", json={})).json()["secret"] for _ in range(3)]
    await hook.ping()
    (message,) = await receiver.wait_for(1)
    assert [message.is_signed_by(secret) for secret in (hook.secret, *rotated)] == [False, False, True, True]


@on_one_database
async def test_a_leaked_secret_ends_at_once(hooked, receiver):
    hook = await hooked()
    new = (await hook.teacher.post(f"{hook.path}/secret", json={"overlap_hours": 0})).json()["secret"]
    await hook.ping()
    (message,) = await receiver.wait_for(1)
    assert message.is_signed_by(new)
    assert not message.is_signed_by(hook.secret)


async def test_without_its_secret_a_webhook_is_disabled_until_it_has_a_new_one(hooked, receiver, app):
    """As after the service's signing key has been replaced: no secret is the one whose digest is stored."""
    hook = await hooked()
    await app.state.service.writer.write(
        lambda session: session.execute(update(WebhookSecret).values(secret_hash="0" * 64)) and None
    )
    await hook.ping()
    assert (await hook.disabled())["disabled_reason"] == "secret"
    assert receiver.messages == []
    new = (await hook.teacher.post(f"{hook.path}/secret", json={})).json()["secret"]
    assert (await hook.state())["enabled"]
    await hook.ping()
    (message, *_) = await receiver.wait_for(1)
    assert message.is_signed_by(new)


async def test_deliveries_can_be_looked_at(hooked, receiver):
    hook = await hooked()
    ids = [await hook.ping() for _ in range(3)]
    await hook.settled(3)
    first = (await hook.teacher.get(f"{hook.path}/deliveries", params={"limit": 2})).json()
    assert [each["id"] for each in first["items"]] == ids[:0:-1]
    rest = await hook.teacher.get(f"{hook.path}/deliveries", params={"limit": 2, "cursor": first["next_cursor"]})
    assert [each["id"] for each in rest.json()["items"]] == ids[:1]
    one = (await hook.teacher.get(f"{hook.path}/deliveries/{ids[0]}")).json()
    sent = next(message for message in receiver.messages if message.id == ids[0])
    assert one["body"].encode() == sent.raw
    assert {name: one[name] for name in ("type", "state", "tries", "last_status", "due_at", "last_error")} == {
        "type": "ping",
        "state": "delivered",
        "tries": 1,
        "last_status": 204,
        "due_at": None,
        "last_error": None,
    }


@on_one_database
async def test_deliveries_of_other_webhooks_are_not_found(hooked):
    hook = await hooked()
    id_ = await hook.ping()
    other = await hook.teacher.post(f"/api/v1/courses/{hook.room.course}/webhooks", json={"url": GOOD})
    for method, tail in (("GET", ""), ("POST", "/resend")):
        answer = await hook.teacher.request(method, f"{other.headers['Location']}/deliveries/{id_}{tail}")
        assert answer.status_code == 404


async def test_all_that_failed_is_sent_again(hooked, receiver, app):
    hook = await hooked()
    for _ in range(3):
        await hook.ping()
    await hook.settled(3)
    await app.state.service.writer.write(
        lambda session: session.execute(update(WebhookDelivery).values(state="failed", tries=11)) and None
    )
    assert (await hook.teacher.post(f"{hook.path}/resend")).json() == {"count": 3}
    await hook.settled(3)
    assert set(receiver.ids.values()) == {2}


async def test_old_deliveries_are_removed(hooked, app, clock):
    hook = await hooked()
    await hook.ping()
    await hook.settled(1)
    clock.advance(days=29)
    assert await sweep(app.state.service, [deliveries.remove_old]) == 0
    clock.advance(days=2)
    assert await sweep(app.state.service, [deliveries.remove_old]) == 1
    assert await hook.deliveries() == []


async def test_removing_a_webhook_removes_what_belongs_to_it(hooked, app):
    hook = await hooked()
    await hook.ping()
    await hook.settled(1)
    assert (await hook.teacher.delete(hook.path)).status_code == 200
    with app.state.service.database.reading() as session:
        for table in (WebhookDelivery, WebhookSecret):
            assert session.scalar(select(func.count()).select_from(table)) == 0


async def test_changes_are_in_the_audit_log_without_addresses(hooked, receiver, app):
    hook = await hooked()
    await hook.teacher.patch(hook.path, json={"url": receiver.url + "?key=secret", "enabled": True})
    await hook.teacher.post(f"{hook.path}/secret", json={})
    await hook.teacher.delete(hook.path)
    with app.state.service.database.reading() as session:
        mine = select(AuditEntry).where(AuditEntry.subject == hook.id).order_by(AuditEntry.id)
        entries = [(each.action, each.detail, each.course_id) for each in session.scalars(mine)]
    assert entries == [
        ("webhook.create", {"events": ["attempt.graded", "grade.changed"]}, hook.room.course),
        ("webhook.change", {"changed": ["enabled", "url"]}, hook.room.course),
        ("webhook.rotate", {"overlap_hours": 24.0}, hook.room.course),
        ("webhook.remove", {}, hook.room.course),
    ]
