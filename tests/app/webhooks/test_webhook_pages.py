"""Webhooks by forms alone, in both languages."""

import html
import re
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from app.accounts import sessions
from app.webhooks.models import WebhookEndpoint

pytestmark = pytest.mark.anyio


@pytest.fixture
def backend() -> str:
    """Pages do not depend on the database."""
    return "sqlite"


class Browser:
    """A browser in which somebody is signed in; it sends forms with the token of the page on which they stand."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def open(self, address: str, status: int = 200) -> str:
        page = await self.client.get(address)
        assert page.status_code == status, page.text
        return html.unescape(page.text)

    async def send(self, page: str, address: str, **fields: Any) -> httpx.Response:
        token = re.search(r'name="token" value="([^"]+)"', await self.open(page))
        return await self.client.post(address, data={"token": token[1]} | fields)


@pytest.fixture
async def sign_in(app, browse):
    opened: list[httpx.AsyncClient] = []

    async def make(person_id: str) -> Browser:
        service = app.state.service
        secret = await service.writer.write(
            lambda session: sessions.begin(session, person_id, "", service.settings, service.clock())
        )
        client = browse(app)
        client.headers["Accept"] = "text/html"
        client.cookies.set("session", secret)
        opened.append(client)
        return Browser(client)

    yield make
    for client in opened:
        await client.aclose()


async def test_from_the_first_address_to_a_message_and_away_again(classroom, sign_in, receiver):
    room = await classroom(0)
    teacher = await sign_in(room.teacher.id)
    listed = f"/en/courses/{room.course}/webhooks"
    assert listed in await teacher.open(f"/en/courses/{room.course}")
    assert "There are no webhooks yet." in await teacher.open(listed)
    made = await teacher.send(listed, listed, url=receiver.url, description="Dashboard", events="grade.changed")
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    secret = re.search(r"whsec_[A-Za-z0-9+/]{43}=", html.unescape(made.text))[0]
    own = re.search(r'action="(/en/webhooks/[0-9a-f-]{36})"', made.text)[1]
    assert secret not in await teacher.open(own)
    assert own in await teacher.open(listed)
    assert (await teacher.send(own, f"{own}/ping")).headers["location"] == f"{own}#deliveries"
    (message,) = await receiver.wait_for(1)
    assert message.is_signed_by(secret)
    page = await teacher.open(own)
    assert message.id in page
    assert "Test message" in page
    assert (await teacher.send(own, f"{own}/deliveries/{message.id}/resend")).status_code == 303
    await receiver.wait_for_try(message.id, 2)
    assert (await teacher.send(own, f"{own}/resend")).status_code == 303
    rotated = await teacher.send(own, f"{own}/secret", overlap_hours="0")
    assert re.search(r"whsec_[A-Za-z0-9+/]{43}=", html.unescape(rotated.text))[0] != secret
    changed = await teacher.send(own, own, url=receiver.url, description="Other", events="attempt.graded")
    assert changed.headers["location"] == own
    assert "Other" in await teacher.open(own)
    await teacher.send(own, own, enabled="no")
    assert "Disabled" in await teacher.open(own)
    await teacher.send(own, own, enabled="yes")
    assert "Active" in await teacher.open(own)
    assert (await teacher.send(own, f"{own}/remove")).headers["location"] == listed
    await teacher.open(own, 404)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"url": "ftp://example.org/", "events": "grade.changed"}, "begins with https://"),
        ({"url": "https://10.0.0.1/", "events": "grade.changed"}, "begins with https://"),
        ({"url": "https://192.0.43.8/"}, "Choose at least one."),
    ],
)
async def test_what_does_not_fit_stands_beside_its_field(classroom, sign_in, fields, sentence):
    room = await classroom(0)
    teacher = await sign_in(room.teacher.id)
    listed = f"/en/courses/{room.course}/webhooks"
    refused = await teacher.send(listed, listed, **fields)
    assert refused.status_code == 422
    assert sentence in html.unescape(refused.text)
    assert fields["url"] in refused.text


@pytest.mark.parametrize(
    ("reason", "en", "zh"),
    [
        ("failing", "has taken nothing since", "没有接收过任何消息"),
        ("gone", "wants no more messages", "不再接收消息"),
        ("secret", "signing key of this service was replaced", "签名密钥已更换"),
    ],
)
async def test_the_instructor_is_told_why_it_was_disabled(hooked, sign_in, app, clock, reason, en, zh):
    hook = await hooked(0)
    values = {"disabled_at": clock(), "disabled_reason": reason, "failing_since": clock()}
    await app.state.service.writer.write(
        lambda session: session.execute(update(WebhookEndpoint).values(**values)) and None
    )
    teacher = await sign_in(hook.room.teacher.id)
    for language, sentence in (("en", en), ("zh", zh)):
        assert sentence in await teacher.open(f"/{language}/webhooks/{hook.id}")


async def test_a_failing_address_is_seen_with_its_error(hooked, sign_in, receiver):
    hook = await hooked(0)
    receiver.behaviours.append(503)
    await hook.tried(await hook.ping())
    teacher = await sign_in(hook.room.teacher.id)
    for language, sentence in (("en", "after three days the webhook is disabled"), ("zh", "持续三天仍失败")):
        page = await teacher.open(f"/{language}/webhooks/{hook.id}")
        assert sentence in page
        assert "<td>503</td>" in page


async def test_only_instructors_see_them(hooked, sign_in):
    hook = await hooked(1)
    student = await sign_in(hook.room.students[0].id)
    await student.open(f"/en/webhooks/{hook.id}", 403)
    await student.open(f"/en/courses/{hook.room.course}/webhooks", 403)
    assert "/webhooks" not in await student.open(f"/en/courses/{hook.room.course}")


async def test_many_messages_are_shown_page_by_page(hooked, sign_in):
    hook = await hooked(0)
    ids = [await hook.ping() for _ in range(32)]
    await hook.settled(32)
    teacher = await sign_in(hook.room.teacher.id)
    first = await teacher.open(f"/en/webhooks/{hook.id}")
    older = re.search(r'href="(\?cursor=[^"]+)"', first)[1]
    second = await teacher.open(f"/en/webhooks/{hook.id}{older}")
    shown = [[each for each in ids if each in page] for page in (first, second)]
    assert shown == [ids[2:], ids[:2]]
