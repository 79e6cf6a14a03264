"""Access tokens: asked for with an assertion that the platform verifies, kept for a while, never mixed up."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.core.service import Service
from app.lti import claims as names
from app.lti.calls import call
from app.lti.tokens import Client, TokenError, Tokens
from tests.lti.platform import Answer, Platform

pytestmark = pytest.mark.anyio

SCORES = [names.SCOPE_SCORE]


@pytest.fixture
def backend() -> str:
    """Nothing here depends on the database."""
    return "sqlite"


@pytest.fixture
def us(platform: Platform) -> Client:
    address = f"{platform.address}/token"
    return Client(platform.issuer, platform.client_id, address, address)


class Moving:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


async def test_a_token_is_asked_for_once_and_kept(tokens: Tokens, us: Client, platform: Platform) -> None:
    first = await tokens.get(us, SCORES)
    assert await tokens.get(us, SCORES) == first
    tokens.forget(us, SCORES, "one that another call had before")
    assert await tokens.get(us, SCORES) == first
    assert platform.count("/token") == 1


async def test_who_asks_at_the_same_time_shares_one_request(tokens: Tokens, us: Client, platform: Platform) -> None:
    found = await asyncio.gather(*(tokens.get(us, SCORES) for _ in range(20)))
    assert len(set(found)) == 1
    assert platform.count("/token") == 1


async def test_other_scopes_clients_and_issuers_have_others(tokens: Tokens, us: Client) -> None:
    found = [
        await tokens.get(us, SCORES),
        await tokens.get(us, [names.SCOPE_MEMBERSHIPS]),
        await tokens.get(replace(us, issuer="https://other.example"), SCORES),
    ]
    assert len(set(found)) == 3
    with pytest.raises(TokenError, match="invalid_client") as refused:
        await tokens.get(replace(us, client_id="another"), SCORES)
    assert (refused.value.fault, refused.value.status, refused.value.error) == ("refused", 400, "invalid_client")


@pytest.mark.parametrize(("life", "used"), [(60, 45), (3600, 3540)])
async def test_it_is_used_for_most_of_its_life(
    service: Service, us: Client, platform: Platform, life: int, used: int
) -> None:
    clock = Moving()
    platform.clock = lambda: clock().timestamp()
    platform.token_seconds = life
    async with Tokens(replace(service, clock=clock)) as tokens:
        first = await tokens.get(us, SCORES)
        clock.now += timedelta(seconds=used - 1)
        assert await tokens.get(us, SCORES) == first
        clock.now += timedelta(seconds=1)
        assert await tokens.get(us, SCORES) != first


async def test_one_that_the_platform_has_forgotten_is_replaced_once(
    service: Service, tokens: Tokens, us: Client, platform: Platform
) -> None:
    platform.on("GET", "/service", lambda request, _: Answer(status=200 if platform.allows(request, *SCORES) else 401))
    request = ("GET", f"{platform.address}/service", None, "application/json")
    assert (await call(service, tokens, us, SCORES, request)).status == 200
    platform.tokens.clear()
    assert (await call(service, tokens, us, SCORES, request)).status == 200
    assert platform.count("/token") == 2
    platform.on("GET", "/service", lambda _request, _: Answer(status=401))
    assert (await call(service, tokens, us, SCORES, request)).status == 401
    assert platform.count("/token") == 3


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer("<html>Log in</html>", content_type="text/html"), "unreadable"),
        (Answer({"token": "x"}), "unreadable"),
        (Answer({"access_token": "x\r\nEvil: 1"}), "unreadable"),
        (Answer({"access_token": "x", "token_type": "mac"}), "unreadable"),
        (Answer({"access_token": "x", "scope": "other"}), "scope"),
        (Answer({"error": "invalid_scope"}, 400), "refused"),
        (Answer("<h1>Not found</h1>", 404, content_type="text/html"), "refused"),
        (Answer(status=429), "failed"),
        (Answer("<h1>Error</h1>", 500, content_type="text/html"), "failed"),
        (None, "unreachable"),
    ],
)
async def test_what_is_no_token_says_why(
    tokens: Tokens, us: Client, platform: Platform, answer: Answer | None, fault: str
) -> None:
    platform.on("POST", "/token", lambda _request, _match: answer)
    with pytest.raises(TokenError) as refused:
        await tokens.get(us, SCORES)
    assert refused.value.fault == fault


@pytest.mark.parametrize("life", [None, "60", 60.5, "soon"])
async def test_however_the_life_is_written(tokens: Tokens, us: Client, platform: Platform, life: object) -> None:
    body = {"access_token": "x"} | ({} if life is None else {"expires_in": life})
    platform.on("POST", "/token", lambda _request, _match: Answer(body))
    assert await tokens.get(us, SCORES) == "x"


async def test_who_stops_waiting_takes_nothing_from_the_others(tokens: Tokens, us: Client) -> None:
    first = asyncio.create_task(tokens.get(us, SCORES))
    second = asyncio.create_task(tokens.get(us, SCORES))
    await asyncio.sleep(0)
    first.cancel()
    assert await second
