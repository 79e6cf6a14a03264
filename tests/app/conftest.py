"""The whole service in the test's own event loop, on a database of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from app.accounts import people, tokens
from app.accounts.scopes import SCOPES, Scope
from app.core.settings import Settings
from app.main import create_app


@pytest.fixture
def settings(database_url: str) -> Settings:
    """A test that needs other settings overrides this fixture."""
    return Settings(database_url=database_url, secret="a secret of the tests, which is long enough")


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The running application."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def browse() -> Callable[[FastAPI], httpx.AsyncClient]:
    """Makes a further client, with cookies of its own."""
    return lambda app: httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://haitang.test")


@pytest.fixture
async def client(app: FastAPI, browse: Callable[[FastAPI], httpx.AsyncClient]) -> AsyncIterator[httpx.AsyncClient]:
    async with browse(app) as client:
        yield client


@dataclass(frozen=True, slots=True)
class Account:
    """A person with an account, and a client that sends a token of theirs."""

    id: str
    email: str
    token: str
    client: httpx.AsyncClient


MakeAccount = Callable[..., Awaitable[Account]]


@pytest.fixture
async def account(app: FastAPI, browse: Callable[[FastAPI], httpx.AsyncClient]) -> AsyncIterator[MakeAccount]:
    """Makes people with an account, by a name; with `is_admin=True` an administrator."""
    service = app.state.service
    async with AsyncExitStack() as stack:

        async def make(name: str, *, is_admin: bool = False, scopes: Sequence[Scope] = SCOPES) -> Account:
            email = f"{name}@example.edu"

            def job(session):
                now = service.clock()
                id_ = people.create(session, None, now, name=name, email=email, is_admin=is_admin)
                return id_, tokens.create(session, id_, "tests", scopes, now, timedelta(days=90))[1]

            id_, token = await service.writer.write(job)
            client = await stack.enter_async_context(browse(app))
            client.headers["Authorization"] = f"Bearer {token}"
            return Account(id_, email, token, client)

        yield make
