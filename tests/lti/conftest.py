"""A tool and an LMS that know each other, and browsers that go from one to the other."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Row, Select, func, select, update

from app.accounts.models import SignInSession
from app.core.ids import new_id
from app.core.settings import Settings
from app.courses.models import Course as OurCourse
from app.lti import claims as names
from app.lti import models
from app.main import create_app
from tests.lti.platform import TEACHER, Claims, Course, Member, Platform, ResourceLink

TOOL = "https://haitang.test"
LINK = ResourceLink()


@pytest.fixture
def settings(database_url: str) -> Settings:
    """The LMS of the tests is on this machine, and without TLS."""
    secret = "a secret of the tests, which is long enough"
    return Settings(database_url=database_url, secret=secret, lti_allow_loopback=True, lti_sender=False)


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(tool=TOOL) as platform:
        yield platform


class Browser:
    """A browser with cookies of its own, in which somebody opens what the LMS links to."""

    def __init__(self, client: httpx.AsyncClient, platform: Platform) -> None:
        self.client = client
        self.platform = platform

    async def login(self, member: Member, what: ResourceLink | Course, **changed: str) -> httpx.Response:
        """From the LMS's page to the last answer of the login: the way to the authorization endpoint, or a refusal."""
        fields = {name: value for name, value in self.platform.initiate(member, what, **changed).items() if value}
        response = await self.client.post("/lti/login", data=fields)
        if response.status_code == 303 and response.headers["location"].startswith("/lti/login"):
            return await self.client.get(response.headers["location"])
        return response

    async def message(self, member: Member, what: ResourceLink | Course, **changed: str) -> dict[str, str]:
        """What the authorization endpoint gives the browser for our launch."""
        response = await self.login(member, what, **changed)
        assert response.status_code == 303, response.text
        return self.platform.authorize(response.headers["location"])

    async def send(self, fields: dict[str, str], **headers: str) -> httpx.Response:
        return await self.client.post("/lti/launch", data=fields, headers={"Sec-Fetch-Dest": "iframe"} | headers)

    async def launch(
        self, member: Member, what: ResourceLink | Course, bend: Callable[[Claims], Any] | None = None
    ) -> httpx.Response:
        """The whole way; `bend` changes the claims before they are signed."""
        self.platform.bend = bend or (lambda _claims: None)
        return await self.send(await self.message(member, what))


def reason_of(response: httpx.Response) -> str:
    """Why a launch was refused, as the page tells it to whoever can help."""
    found = re.search("<pre[^>]*>([a-z-]+)", response.text)
    assert found is not None, response.text
    return found[1]


@pytest.fixture
async def browser(app: FastAPI, platform: Platform) -> AsyncIterator[Callable[[], Browser]]:
    """Makes browsers; the platform is registered here, as an administrator does it."""
    await register(app, platform)
    async with AsyncExitStack() as stack:
        clients = []

        def make() -> Browser:
            clients.append(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=TOOL))
            stack.push_async_callback(clients[-1].aclose)
            return Browser(clients[-1], platform)

        yield make


async def register(app: FastAPI, platform: Platform, **changed: Any) -> str:
    """Store the platform's registration with its deployment; returns our id for it."""
    service = app.state.service
    id_, now = new_id(), service.clock()
    row = {
        "id": id_,
        "name": "The LMS",
        "issuer": platform.issuer,
        "client_id": platform.client_id,
        "authorization_url": f"{platform.address}/auth",
        "token_url": f"{platform.address}/token",
        "keyset_url": f"{platform.address}/jwks",
        "product": "",
        "created_at": now,
    }

    def job(session):
        session.add(models.Platform(**row | changed))
        session.flush()
        session.add(
            models.Deployment(id=new_id(), platform_id=id_, deployment_id=platform.deployment_id, created_at=now)
        )

    await service.writer.write(job)
    return id_


@pytest.fixture
def count(app: FastAPI) -> Callable[[Any], int]:
    """How many rows a table has."""

    def rows(table: Any) -> int:
        with app.state.service.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table))

    return rows


@pytest.fixture
def nothing_happened(count: Callable[[Any], int]) -> Callable[[], bool]:
    """Whether nobody was let in, and nothing made."""
    tables = (SignInSession, models.Launch, models.Identity, models.Context, models.Link)
    return lambda: [count(table) for table in tables] == [0] * len(tables)


@pytest.fixture
def change(app: FastAPI) -> Callable[..., Any]:
    """Sets columns in all rows of a table."""

    async def set_(table: Any, **values: Any) -> None:
        await app.state.service.writer.write(lambda session: session.execute(update(table).values(**values)))

    return set_


@pytest.fixture
def read(app: FastAPI) -> Callable[[Select[Any]], Sequence[Row[Any]]]:
    """Runs a query."""

    def rows(query: Select[Any]) -> Sequence[Row[Any]]:
        with app.state.service.database.reading() as session:
            return session.execute(query).all()

    return rows


@pytest.fixture
def assigned(
    browser: Callable[[], Browser], read: Callable[[Select[Any]], Sequence[Row[Any]]]
) -> Callable[..., Awaitable[ResourceLink]]:
    """A published assignment in the LMS's course, and the link that names it."""

    async def make(link: ResourceLink = LINK, **settings: Any) -> ResourceLink:
        teacher = browser()
        await teacher.launch(TEACHER, link)
        (course_id,) = read(select(OurCourse.id))[-1]
        item = {"problem": "1.4", "form": "open", "seed_mode": "fixed", "seed": 0, "points": 2}
        body = {"title": "Sheet 1", "published": True, "items": [item]} | settings
        sent = {"Sec-Fetch-Site": "same-origin"}
        made = await teacher.client.post(f"/api/v1/courses/{course_id}/assignments", json=body, headers=sent)
        assert made.status_code == 201, made.text
        return ResourceLink(link.id, link.title, link.course, {names.ASSIGNMENT: made.json()["id"]})

    return make
