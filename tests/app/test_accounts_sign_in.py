"""Signing in with a browser: by password, by link; what a session is worth, and when it ends."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.accounts import people, sign_in_links
from app.accounts.models import Person
from app.core.settings import Settings
from app.main import create_app

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("lin")]

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
PASSWORD = "seven quiet herons"
EMAIL = "lin@example.edu"


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def app(settings: Settings, clock: Clock) -> AsyncIterator[FastAPI]:
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def lin(app: FastAPI) -> str:
    """The id of a person with a password."""
    password_hash = await app.state.passwords.hash(PASSWORD)
    return await app.state.service.writer.write(
        lambda session: people.create(session, None, NOON, name="Lin Hai", email=EMAIL, password_hash=password_hash)
    )


async def token_on(client: httpx.AsyncClient, page: str) -> str:
    response = await client.get(page)
    assert response.status_code == 200, response.text
    found = re.search(r'name="token" value="([^"]+)"', response.text)
    assert found is not None
    return found[1]


async def sign_in(
    client: httpx.AsyncClient, password: str = PASSWORD, email: str = EMAIL, **more: str
) -> httpx.Response:
    token = await token_on(client, "/en/sign-in")
    form = {"token": token, "email": email, "password": password, **more}
    return await client.post("/en/sign-in", data=form)


async def me(client: httpx.AsyncClient) -> dict:
    return (await client.get("/api/v1/me")).json()


async def test_a_password_opens_a_session(client, lin):
    response = await sign_in(client, email=" LIN@Example.edu ")
    assert (response.status_code, response.headers["location"]) == (303, "/en")
    cookie = next(each for each in response.headers.get_list("set-cookie") if each.startswith("session="))
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    found = await me(client)
    assert (found["via"], found["id"], found["name"]) == ("session", lin, "Lin Hai")
    page = (await client.get("/zh")).text
    assert "Lin Hai" in page


async def test_over_https_the_cookie_belongs_to_the_host(app, lin):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://haitang.test") as client:
        response = await sign_in(client)
        cookie = next(each for each in response.headers.get_list("set-cookie") if "session=" in each)
        assert cookie.startswith("__Host-session=")
        assert "Secure" in cookie
        assert (await me(client))["id"] == lin


@pytest.mark.parametrize(("email", "password"), [(EMAIL, "seven quiet heron"), ("wei@example.edu", PASSWORD), ("", "")])
async def test_a_wrong_word_tells_nothing_about_who_exists(client, email, password):
    response = await sign_in(client, email=email, password=password)
    assert response.status_code == 200
    assert "The address or the password is not right, or the account is closed." in response.text
    assert (await me(client))["via"] == "guest"


async def test_a_closed_account_is_signed_out_and_stays_out(client, app, lin):
    await sign_in(client)

    def close(session):
        people.create(session, None, NOON, name="root", email="root@example.edu", is_admin=True)
        people.change(session, lin, lin, {"disabled": True}, NOON)

    await app.state.service.writer.write(close)
    assert (await me(client))["via"] == "guest"
    assert "or the account is closed" in (await sign_in(client)).text


async def test_tries_are_limited(client):
    token = await token_on(client, "/en/sign-in")
    form = {"token": token, "email": EMAIL, "password": "a wrong password"}
    answers = [(await client.post("/en/sign-in", data=form)).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    refused = await client.post("/en/sign-in", data=form | {"password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 300
    assert (await client.post("/en/sign-in", data=form | {"email": "wei@example.edu"})).status_code == 200


async def test_the_session_is_made_anew_at_every_sign_in(client, app):
    await sign_in(client)
    first = client.cookies["session"]
    token = await token_on(client, "/en/account")
    response = await client.post("/en/sign-in", data={"token": token, "email": EMAIL, "password": PASSWORD})
    assert response.status_code == 303
    assert client.cookies["session"] != first
    client.cookies.set("session", first, domain="haitang.test", path="/")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://haitang.test") as thief:
        thief.cookies.set("session", first)
        assert (await me(thief))["via"] == "anonymous"


async def test_only_the_digest_is_stored(client, app):
    await sign_in(client)
    rows = await app.state.service.database.read(lambda session: session.execute(text("SELECT * FROM sessions")).all())
    assert len(rows) == 1
    assert client.cookies["session"] not in str(rows)


async def test_signing_out_ends_the_session_for_good(client):
    await sign_in(client)
    id_ = client.cookies["session"]
    token = await token_on(client, "/en/account")
    response = await client.post("/en/sign-out", data={"token": token})
    assert (response.status_code, response.headers["location"]) == (303, "/en")
    assert "session" not in client.cookies
    client.cookies.set("session", id_)
    assert (await me(client))["via"] == "guest"


async def test_without_the_forms_token_nobody_is_signed_out(client):
    await sign_in(client)
    await client.post("/en/sign-out", data={"token": "forged"})
    assert (await me(client))["via"] == "session"


async def test_a_session_ends_when_it_is_not_used(client, clock):
    await sign_in(client)
    clock.now = NOON + timedelta(hours=168) - timedelta(seconds=1)
    assert (await me(client))["via"] == "session"
    clock.now += timedelta(hours=167)  # used a week later, so it goes on
    assert (await me(client))["via"] == "session"
    clock.now += timedelta(hours=168)
    assert (await me(client))["via"] != "session"


async def test_a_session_ends_however_much_it_is_used(client, clock):
    await sign_in(client)
    while clock.now < NOON + timedelta(hours=720) - timedelta(hours=24):
        clock.now += timedelta(hours=24)
        assert (await me(client))["via"] == "session"
    clock.now = NOON + timedelta(hours=720)
    assert (await me(client))["via"] != "session"


async def test_another_sites_page_changes_nothing(client):
    await sign_in(client)
    wish = {"name": "x", "scopes": ["read"]}
    for header in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://elsewhere.test"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        refused = await client.post("/api/v1/tokens", json=wish, headers=header)
        assert (refused.status_code, refused.json()["type"]) == (403, "/errors/cross-site-request")
    assert (await client.get("/api/v1/me", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200
    assert (
        await client.post("/api/v1/tokens", json=wish, headers={"Sec-Fetch-Site": "same-origin"})
    ).status_code == 201


async def test_a_token_makes_the_cookies_beside_it_count_for_nothing(client):
    await sign_in(client)
    response = await client.get("/api/v1/me", headers={"Authorization": "Bearer nonsense"})
    assert response.status_code == 401


@pytest.mark.parametrize(
    ("wish", "lands"),
    [
        ("/en/account/tokens", "/en/account/tokens"),
        ("//elsewhere.test/", "/en"),
        ("/\\elsewhere.test", "/en"),
        ("https://elsewhere.test/", "/en"),
        ("/en\r\nSet-Cookie: a=b", "/en"),
    ],
)
async def test_the_way_back_never_leads_to_another_site(client, wish, lands):
    token = await token_on(client, "/en/sign-in")
    form = {"token": token, "email": EMAIL, "password": PASSWORD}
    response = await client.post("/en/sign-in", params={"next": wish}, data=form)
    assert response.headers["location"] == lands


async def test_pages_of_the_account_send_to_the_sign_in_and_back(client):
    response = await client.get("/zh/account/tokens")
    assert (response.status_code, response.headers["location"]) == (303, "/zh/sign-in?next=/zh/account/tokens")


class TestPassword:
    async def test_changing_it_signs_all_others_out(self, client, app, browse):
        await sign_in(client)
        async with browse(app) as other:
            await sign_in(other)
            token = await token_on(client, "/en/account")
            form = {"token": token, "current": PASSWORD, "password": "nine loud magpies"}
            response = await client.post("/en/account/password", data=form)
            assert response.headers["location"] == "/en/account?done=password"
            assert (await me(client))["via"] == "session"
            assert (await me(other))["via"] == "guest"
            assert (await sign_in(other)).status_code == 200
            assert (await sign_in(other, "nine loud magpies")).status_code == 303

    async def test_the_present_one_is_needed(self, client):
        await sign_in(client)
        token = await token_on(client, "/en/account")
        form = {"token": token, "current": "something else", "password": "nine loud magpies"}
        assert "This is not your password." in (await client.post("/en/account/password", data=form)).text

    @pytest.mark.parametrize("wish", ["short", "1234567890", "aaaaaaaaaaaaaaa", "password1234", "x" * 201])
    async def test_a_weak_one_is_refused(self, client, wish):
        await sign_in(client)
        token = await token_on(client, "/en/account")
        response = await client.post(
            "/en/account/password", data={"token": token, "current": PASSWORD, "password": wish}
        )
        assert response.status_code == 200
        assert 'id="password-fault"' in response.text

    async def test_the_hash_is_argon2_and_renewed_when_it_is_outdated(self, client, app, lin):
        def stored(session):
            return session.get_one(Person, lin).password_hash

        read = app.state.service.database.read
        assert (await read(stored)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        from argon2 import PasswordHasher  # noqa: PLC0415

        weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

        def weaken(session):
            session.get_one(Person, lin).password_hash = weak

        await app.state.service.writer.write(weaken)
        assert (await sign_in(client)).status_code == 303
        assert (await read(stored)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


class TestLink:
    @pytest.fixture
    async def link(self, app):
        """A link for an administrator of whom nothing is known yet."""

        def make(session):
            person = people.create(session, None, NOON, name="", email=None, is_admin=True)
            return sign_in_links.create(session, person, "setup", NOON)

        return sign_in_links.path_of(await app.state.service.writer.write(make))

    async def test_it_asks_for_what_is_missing_and_works_once(self, client, app, browse, link):
        token = await token_on(client, link)
        form = {"token": token, "name": "Wei", "email": "wei@example.edu", "password": PASSWORD}
        response = await client.post(link, data=form)
        assert response.status_code == 303
        found = await me(client)
        assert (found["via"], found["name"], found["email"], found["is_admin"]) == (
            "session",
            "Wei",
            "wei@example.edu",
            True,
        )
        async with browse(app) as other:
            assert (await other.get(link)).status_code == 404
            assert (await sign_in(other, email="wei@example.edu")).status_code == 303

    async def test_looking_does_not_use_it_up(self, client, link):
        """Mail programs open links by themselves."""
        for _ in range(3):
            assert (await client.get(link)).status_code == 200
        response = await client.get(link)
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(
        ("changed", "fault"),
        [({"name": " "}, "name"), ({"email": "wei"}, "email"), ({"password": "short"}, "password")],
    )
    async def test_a_fault_leaves_it_usable(self, client, link, changed, fault):
        token = await token_on(client, link)
        form = {"token": token, "name": "Wei", "email": "wei@example.edu", "password": PASSWORD}
        response = await client.post(link, data=form | changed)
        assert f'id="{fault}-fault"' in response.text
        assert (await client.post(link, data=form)).status_code == 303

    async def test_a_taken_address_leaves_it_usable(self, client, link):
        token = await token_on(client, link)
        form = {"token": token, "name": "Wei", "email": EMAIL, "password": PASSWORD}
        assert "Somebody has an account with this address." in (await client.post(link, data=form)).text
        assert (await client.post(link, data=form | {"email": "wei@example.edu"})).status_code == 303

    async def test_it_is_too_old_after_a_day(self, client, clock, link):
        clock.now = NOON + timedelta(days=1)
        assert (await client.get(link)).status_code == 404

    async def test_a_newer_one_voids_it(self, client, app, lin):
        paths = []
        for _ in range(2):
            secret = await app.state.service.writer.write(
                lambda session: sign_in_links.create(session, lin, "reset", NOON)
            )
            paths.append(sign_in_links.path_of(secret))
        assert [(await client.get(path)).status_code for path in paths] == [404, 200]

    async def test_for_a_forgotten_password_a_new_one_may_be_chosen(self, client, app, lin):
        secret = await app.state.service.writer.write(lambda session: sign_in_links.create(session, lin, "reset", NOON))
        path = sign_in_links.path_of(secret, "zh")
        token = await token_on(client, path)
        assert (await client.post(path, data={"token": token, "password": "nine loud magpies"})).status_code == 303
        assert (await me(client))["id"] == lin
        assert urlsplit((await client.get("/zh/sign-in")).headers["location"]).path == "/zh/account"


class TestGuest:
    """Answers that were checked before the sign-in."""

    async def answered(self, client: httpx.AsyncClient) -> str:
        page = "/en/problems/1.6?form=choice"
        html = (await client.get(page)).text
        form = {name: re.search(rf'name="{name}" value="([^"]+)"', html)[1] for name in ("token", "key")}
        response = await client.post(page, data=form | {"answer": "B"})
        assert response.status_code == 303
        return response.headers["location"].rpartition("/")[2]

    async def test_they_become_the_accounts_if_wanted(self, client, app, browse):
        attempt = await self.answered(client)
        assert 'name="claim"' in (await client.get("/en/sign-in")).text
        await sign_in(client, claim="yes")
        assert "guest" not in client.cookies
        assert [item["id"] for item in (await client.get("/api/v1/attempts")).json()["items"]] == [attempt]
        assert (await client.get(f"/en/attempts/{attempt}")).status_code == 200
        async with browse(app) as other:
            assert (await other.get(f"/api/v1/attempts/{attempt}")).status_code == 404

    async def test_they_stay_the_guests_if_not(self, client):
        attempt = await self.answered(client)
        await sign_in(client)
        assert (await client.get("/api/v1/attempts")).json()["items"] == []
        assert (await client.get(f"/api/v1/attempts/{attempt}")).status_code == 404

    async def test_nobody_claims_what_has_been_claimed(self, client, app, lin):
        await self.answered(client)
        guest = (await me(client))["id"]
        claim = people.claim_guest
        write = app.state.service.writer.write
        wei = await write(lambda session: people.create(session, None, NOON, name="Wei", email="wei@example.edu"))
        assert await write(lambda session: claim(session, guest, lin, NOON))
        assert not await write(lambda session: claim(session, guest, wei, NOON))
        assert not await write(lambda session: claim(session, lin, wei, NOON))

    async def test_a_guest_who_answered_nothing_is_not_asked(self, client):
        await client.get("/en/sign-in")
        assert 'name="claim"' not in (await client.get("/en/sign-in")).text

    async def test_answers_after_the_sign_in_are_the_accounts(self, client):
        await sign_in(client)
        attempt = await self.answered(client)
        assert [item["id"] for item in (await client.get("/api/v1/attempts")).json()["items"]] == [attempt]
