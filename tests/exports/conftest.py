"""The running service, as the tests of the service have it. Exports only read, so one database is enough."""

import pytest

from tests.app.conftest import account, app, browse, classroom, client, settings

__all__ = ["account", "app", "browse", "classroom", "client", "settings"]


@pytest.fixture
def backend() -> str:
    return "sqlite"
