"""API tokens: shown once, scoped, expiring, revocable; and what they decide about a request."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, text

from app.accounts import people, tokens
from app.accounts.models import ApiToken
from app.core.settings import Settings
from app.main import create_app

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
ANSWER = {"problem": "1.6", "seed": 0, "form": "choice", "answers": {"answer": "B"}}


def problem_of(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"].removeprefix("/errors/")


async def test_a_token_says_who_is_asking(account, client):
    lin = await account("lin")
    me = (await lin.client.get("/api/v1/me")).json()
    assert me == {
        "via": "token",
        "id": lin.id,
        "name": "lin",
        "email": "lin@example.edu",
        "is_admin": False,
        "scopes": ["read", "attempt", "manage"],
    }
    nobody = (await client.get("/api/v1/me")).json()
    assert (nobody["via"], nobody["id"], nobody["scopes"]) == ("anonymous", None, ["read", "attempt"])


async def test_a_made_token_is_shown_once_and_works(account, client, app):
    lin = await account("lin")
    response = await lin.client.post(
        "/api/v1/tokens", json={"name": " notebook ", "scopes": ["attempt", "read"], "days": 7}
    )
    assert response.status_code == 201
    made = response.json()
    assert (made["name"], made["scopes"], made["revoked_at"]) == ("notebook", ["read", "attempt"], None)
    days = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert days == timedelta(days=7)
    listed = (await lin.client.get("/api/v1/tokens")).json()["items"]
    assert listed[0]["id"] == made["id"]
    assert "token" not in listed[0]
    me = await client.get("/api/v1/me", headers={"Authorization": f"bearer {made['token']}"})
    assert (me.json()["id"], me.json()["scopes"]) == (lin.id, ["read", "attempt"])
    # Nowhere in the database stands what opens the door.
    secret = made["token"].split("_", 2)[2]
    rows = await app.state.service.database.read(
        lambda session: session.execute(text("SELECT * FROM api_tokens")).all()
    )
    assert not any(secret in str(row) for row in rows)


async def test_a_revoked_token_opens_nothing(account):
    lin = await account("lin")
    ((own,),) = [(await lin.client.get("/api/v1/tokens")).json()["items"]]
    revoked = await lin.client.delete(f"/api/v1/tokens/{own['id']}")
    assert (revoked.status_code, revoked.json()["revoked_at"] is None) == (200, False)
    response = await lin.client.get("/api/v1/me")
    assert problem_of(response) == (401, "invalid-token")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def test_somebody_elses_token_is_none(account):
    lin, wei = await account("lin"), await account("wei")
    theirs = (await wei.client.get("/api/v1/tokens")).json()["items"][0]["id"]
    assert problem_of(await lin.client.delete(f"/api/v1/tokens/{theirs}")) == (404, "unknown-token")
    assert problem_of(await lin.client.delete("/api/v1/tokens/nonsense")) == (404, "unknown-token")
    assert (await wei.client.get("/api/v1/me")).status_code == 200


async def test_an_expired_token_is_refused(database_url):
    now = NOON
    app = create_app(Settings(database_url=database_url, secret="x" * 32), clock=lambda: now)
    async with app.router.lifespan_context(app):

        def make(session):
            person = people.create(session, None, now, name="Lin", email="lin@example.edu")
            return tokens.create(session, person, "short", ["read"], now, timedelta(days=1))[1]

        token = await app.state.service.writer.write(make)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://haitang.test", headers={"Authorization": f"Bearer {token}"}
        ) as client:
            now = NOON + timedelta(days=1) - timedelta(microseconds=1)
            assert (await client.get("/api/v1/me")).status_code == 200
            used = await app.state.service.database.read(lambda session: session.scalar(select(ApiToken.last_used_at)))
            assert used == now
            now = NOON + timedelta(days=1)
            assert problem_of(await client.get("/api/v1/me")) == (401, "invalid-token")


@pytest.mark.parametrize("token", ["", "nonsense", "haitang_000000000000_" + "A" * 43, "é" * 5, "haitang__"])
async def test_what_is_no_token_is_refused_even_where_none_is_needed(client, token):
    response = await client.get("/api/v1/attempts", headers={b"Authorization": f"Bearer {token}".encode("latin-1")})
    assert problem_of(response) == (401, "invalid-token")


async def test_a_secret_belongs_to_its_id(account):
    lin, wei = await account("lin"), await account("wei")
    mixed = "_".join([*lin.token.split("_", 2)[:2], wei.token.split("_", 2)[2]])
    response = await lin.client.get("/api/v1/me", headers={"Authorization": f"Bearer {mixed}"})
    assert problem_of(response) == (401, "invalid-token")


async def test_other_schemes_are_not_ours(client):
    """A proxy may ask for a password of its own."""
    response = await client.get("/api/v1/me", headers={"Authorization": "Basic bGluOmhhaQ=="})
    assert response.json()["via"] == "anonymous"


async def test_scopes_bound_what_a_token_may_do(account):
    reader = await account("reader", scopes=["read"])
    assert problem_of(await reader.client.post("/api/v1/attempts", json=ANSWER)) == (403, "insufficient-scope")
    assert problem_of(await reader.client.post("/api/v1/tokens", json={"name": "x", "scopes": ["read"]})) == (
        403,
        "insufficient-scope",
    )
    assert (await reader.client.get("/api/v1/attempts")).json()["items"] == []
    writer = await account("writer", scopes=["attempt"])
    assert (await writer.client.post("/api/v1/attempts", json=ANSWER)).status_code == 201
    assert problem_of(await writer.client.get("/api/v1/attempts")) == (403, "insufficient-scope")


async def test_a_token_makes_none_that_may_more(account):
    manager = await account("manager", scopes=["manage"])
    refused = await manager.client.post("/api/v1/tokens", json={"name": "x", "scopes": ["manage", "attempt"]})
    assert problem_of(refused) == (403, "insufficient-scope")
    made = await manager.client.post("/api/v1/tokens", json={"name": "x", "scopes": ["manage"]})
    assert made.status_code == 201


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"scopes": ["read"]}, "/name"),
        ({"name": "", "scopes": ["read"]}, "/name"),
        ({"name": "x", "scopes": []}, "/scopes"),
        ({"name": "x", "scopes": ["everything"]}, "/scopes/0"),
        ({"name": "x", "scopes": ["read"], "days": 0}, "/days"),
        ({"name": "x", "scopes": ["read"], "days": 367}, "/days"),
        ({"name": "x", "scopes": ["read"], "person": "lin"}, "/person"),
    ],
)
async def test_a_wrong_wish_is_named(account, body, pointer):
    lin = await account("lin")
    response = await lin.client.post("/api/v1/tokens", json=body)
    assert problem_of(response) == (422, "invalid-request")
    assert response.json()["errors"][0]["pointer"] == pointer


async def test_tokens_are_listed_in_pages(account):
    lin = await account("lin")
    for n in range(4):
        await lin.client.post("/api/v1/tokens", json={"name": f"token {n}", "scopes": ["read"]})
    first = (await lin.client.get("/api/v1/tokens?limit=2")).json()
    second = (await lin.client.get("/api/v1/tokens", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    names = [token["name"] for token in first["items"] + second["items"]]
    assert names == ["token 3", "token 2", "token 1", "token 0", "tests"]
    assert second["next_cursor"] is None


async def test_attempts_of_a_person_are_theirs_alone(account, client):
    lin, wei = await account("lin"), await account("wei")
    made = (await lin.client.post("/api/v1/attempts", json=ANSWER)).json()
    assert [item["id"] for item in (await lin.client.get("/api/v1/attempts")).json()["items"]] == [made["id"]]
    assert (await lin.client.get(f"/api/v1/attempts/{made['id']}")).json() == made
    for other in (wei.client, client):
        assert problem_of(await other.get(f"/api/v1/attempts/{made['id']}")) == (404, "unknown-attempt")
        assert (await other.get("/api/v1/attempts")).json()["items"] == []


class TestWithoutGuests:
    @pytest.fixture
    def settings(self, database_url):
        return Settings(database_url=database_url, secret="x" * 32, guest_practice=False)

    async def test_people_with_an_account_may_answer(self, account, client):
        lin = await account("lin")
        assert problem_of(await client.post("/api/v1/attempts", json=ANSWER)) == (401, "account-required")
        assert (await lin.client.post("/api/v1/attempts", json=ANSWER)).status_code == 201
