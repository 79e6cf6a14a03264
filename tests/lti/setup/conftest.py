"""The service and an LMS that it does not know yet, an administrator, and the browser of an instructor."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.lti.keys import public_jwks
from tests.app.conftest import Account, account, app, browse, client  # noqa: F401 - fixtures
from tests.lti.platform import TEACHER, Course, Member, Platform, ResourceLink

TOOL = "https://haitang.test"


@pytest.fixture
def backend() -> str:
    """Pages and messages do not differ; tests of what is stored just once ask for both databases."""
    return "sqlite"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(
        database_url=database_url,
        secret="a secret of the tests, which is long enough",
        public_url=TOOL,
        lti_allow_loopback=True,
        lti_sender=False,
    )


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(tool=TOOL) as platform:
        yield platform


@pytest.fixture
async def administrator(app: FastAPI, account: Callable[..., Awaitable[Account]], platform: Platform) -> Account:  # noqa: F811
    """Who connects platforms; and the platform knows our keys from now on."""
    jwks = await public_jwks(app.state.service)
    platform.tool_keys = lambda: jwks
    return await account("administrator", is_admin=True)


def registration(platform: Platform, **changed: Any) -> dict[str, Any]:
    """What an administrator types in."""
    return {
        "name": "LMS",
        "product": "moodle",
        "issuer": platform.issuer,
        "client_id": platform.client_id,
        "authorization_url": f"{platform.address}/auth",
        "token_url": f"{platform.address}/token",
        "keyset_url": f"{platform.address}/jwks",
        "deployments": [platform.deployment_id],
    } | changed


@dataclass
class Browser:
    """Launches from the platform, and sends the forms of the pages."""

    client: httpx.AsyncClient
    platform: Platform

    async def launch(self, member: Member, what: ResourceLink | Course) -> httpx.Response:
        """The page on which the launch ends."""
        sent = await self.client.post("/lti/login", data=self.platform.initiate(member, what))
        sent = await self.client.get(sent.headers["location"])
        answer = self.platform.authorize(sent.headers["location"])
        return await self.client.post("/lti/launch", data=answer, follow_redirects=True)

    async def send(self, page: httpx.Response, **fields: Any) -> httpx.Response:
        """Send the form of the page, with these fields filled in."""
        token = next(value for name, value in inputs(page) if name == "token")
        return await self.client.post(page.url.raw_path.decode(), data={"token": token} | fields)


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        if tag == "input":
            self.found.append((values.get("name") or "", values.get("value") or ""))


def inputs(page: httpx.Response) -> list[tuple[str, str]]:
    """The names and values of the page's input elements."""
    parser = _Inputs()
    parser.feed(page.text)
    return parser.found


@pytest.fixture
async def browser(app: FastAPI, platform: Platform) -> AsyncIterator[Browser]:  # noqa: F811
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=TOOL) as client:  # noqa: F811
        yield Browser(client, platform)


@pytest.fixture
async def connected(administrator: Account, platform: Platform) -> dict[str, Any]:
    """The platform as the service knows it."""
    made = await administrator.client.post("/api/v1/lti/platforms", json=registration(platform))
    assert made.status_code == 201, made.text
    return made.json()


@pytest.fixture
async def picker(browser: Browser, connected: dict[str, Any]) -> httpx.Response:
    """The page on which an instructor picks, after a deep-linking request."""
    del connected
    page = await browser.launch(TEACHER, Course())
    assert page.status_code == 200, page.text
    return page
