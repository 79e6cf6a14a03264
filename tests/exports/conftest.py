"""The running service, as the tests of the service have it. Exports only read, so one database is enough."""

from typing import Any

import pytest

from tests.app.conftest import account, app, browse, classroom, client, settings

__all__ = ["account", "app", "browse", "classroom", "client", "settings"]


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
async def room(classroom):
    return await classroom(students=3)


async def fetched(client: Any, address: str, **query: Any) -> Any:
    response = await client.get(address, params=query)
    assert response.status_code == 200, response.text
    return response
