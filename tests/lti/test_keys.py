"""Our own keys: made when needed, rotated without a moment in which nobody can verify."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from app.accounts import audit
from app.lti import keys
from app.lti.models import Key

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def published(app):
    """What platforms fetch."""

    async def fetch() -> dict:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://haitang.test") as client:
            response = await client.get("/lti/jwks")
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("application/json")
        return response.json()

    return fetch


async def test_the_first_key_is_made_when_it_is_asked_for(app, published, count):
    assert count(Key) == 0
    (key,) = (await published())["keys"]
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    assert (await published())["keys"] == [key]
    assert (await keys.signing_key(app.state.service)).kid == key["kid"]


async def test_nothing_private_is_published(published):
    (key,) = (await published())["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


async def test_those_who_ask_first_at_once_get_the_same_key(app, count):

    service = app.state.service
    made = await asyncio.gather(*(keys.signing_key(service) for _ in range(5)))
    assert len({key.kid for key in made}) == 1
    assert count(Key) == 1


async def test_rotation(app):
    """The new key is published at once, and signs when platforms have had an hour to fetch it."""
    service = app.state.service
    made = [keys.new_key() for _ in range(3)]

    async def add(number: int, at: datetime) -> None:
        await service.writer.write(lambda session: keys.add_key(session, made[number], at))

    async def signs(at: datetime) -> int:
        found = await service.database.read(keys.find_signing_key, at)
        return [key.kid for key in made].index(found.kid)

    async def live() -> set[int]:
        found = [key["kid"] for key in (await keys.public_jwks(service))["keys"]]
        return {[key.kid for key in made].index(kid) for kid in found}

    await add(0, NOON)
    assert (await signs(NOON), await live()) == (0, {0})
    await add(1, NOON + 5 * HOUR)
    assert (await signs(NOON + 5 * HOUR), await live()) == (0, {0, 1})
    assert await signs(NOON + 6 * HOUR) == 1
    await add(2, NOON + 9 * HOUR)
    assert (await signs(NOON + 9 * HOUR), await live()) == (1, {1, 2})
    assert await signs(NOON + 10 * HOUR) == 2


async def test_a_key_that_leaked_is_gone_after_two_rotations(app):
    """Without waiting: the one that stays signs, however new it is."""
    service = app.state.service
    leaked, *new = (keys.new_key() for _ in range(3))
    for number, key in enumerate((leaked, *new)):
        at = NOON + timedelta(minutes=number)
        await service.writer.write(lambda session, key=key, at=at: keys.add_key(session, key, at))
    assert (await service.database.read(keys.find_signing_key, at)).kid == new[0].kid
    assert leaked.kid not in {key["kid"] for key in (await keys.public_jwks(service))["keys"]}


async def test_what_is_signed_verifies_against_what_is_published(app, published):
    key = await keys.signing_key(app.state.service)
    token = jwt.encode({"alg": keys.ALGORITHM, "kid": key.kid}, {"iss": "us"}, key)
    assert jwt.decode(token, KeySet.import_key_set(await published())).claims == {"iss": "us"}


async def test_keys_stand_in_the_audit_log(app):
    key = await keys.signing_key(app.state.service)
    (entry,) = await app.state.service.database.read(audit.list_entries, limit=10)
    assert (entry.action, entry.subject) == ("lti-key.create", key.kid)
    assert "PRIVATE" not in str(entry.detail)
