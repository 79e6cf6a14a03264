"""/healthz and /readyz: does the process live, and can it do its work."""

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app

pytestmark = pytest.mark.anyio


async def test_a_running_service_is_alive_and_ready(client: httpx.AsyncClient):
    for path, status in (("/healthz", "alive"), ("/readyz", "ready")):
        response = await client.get(path)
        assert (response.status_code, response.json()) == (200, {"status": status})
        assert response.headers["cache-control"] == "no-store"


async def test_before_the_database_is_migrated_it_is_alive_but_not_ready(
    empty_database_url: str, browse: Callable[[FastAPI], httpx.AsyncClient]
):
    app = create_app(Settings(database_url=empty_database_url, secret="a secret of the tests, which is long enough"))
    async with app.router.lifespan_context(app), browse(app) as client:
        assert (await client.get("/healthz")).status_code == 200
        response = await client.get("/readyz")
    assert (response.status_code, response.json()["type"]) == (503, "/errors/unavailable")
    assert response.headers["retry-after"] == "5"
