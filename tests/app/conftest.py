"""The whole service in the test's own event loop, on a database of its own."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from fastapi import FastAPI

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
