"""The schema: from nothing to the newest revision and back, whole or not at all, with a copy of what was there."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, insert, inspect, text
from sqlalchemy.exc import DBAPIError

import app.main  # noqa: F401 - adds every table to the metadata
import migrations
from app.accounts.models import Person
from app.core.database import Database, create_write_engine, parse_url
from app.core.migrate import _check_foreign_keys, _suspend_foreign_keys, downgrade, is_current, migrate
from app.core.models import Base

VERSIONS = Path(migrations.__file__).parent / "versions"
HEAD = max(file.name[:4] for file in VERSIONS.glob("[0-9]*.py"))
TABLES = set(Base.metadata.tables)
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection beside the migration, committed at the end."""
    engine = create_write_engine(parse_url(url))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def tables(url: str) -> set[str]:
    with connected(url) as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_from_nothing_to_the_newest_revision(empty_database_url: str) -> None:
    migration = migrate(empty_database_url)
    assert (migration.before, migration.after, migration.backup) == (None, HEAD, None)
    assert tables(empty_database_url) == TABLES


def test_a_second_time_there_is_nothing_to_do(empty_database_url: str) -> None:
    migrate(empty_database_url)
    migration = migrate(empty_database_url)
    assert (migration.before, migration.after, migration.backup) == (HEAD, HEAD, None)


def test_the_migrated_schema_is_the_models(database_url: str) -> None:
    with connected(database_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_check_constraints_are_the_models_too(database_url: str) -> None:
    """Alembic's comparison does not look at them."""
    with connected(database_url) as connection:
        for table in Base.metadata.tables.values():
            in_models = {check.name for check in table.constraints if isinstance(check, CheckConstraint)}
            in_database = {check["name"] for check in inspect(connection).get_check_constraints(table.name)}
            assert in_models == in_database


def test_down_to_nothing_and_up_again(empty_database_url: str) -> None:
    migrate(empty_database_url)
    assert downgrade(empty_database_url, "base").after is None
    assert tables(empty_database_url) == set()
    assert migrate(empty_database_url).after == HEAD
    assert tables(empty_database_url) == TABLES


def test_a_failing_migration_leaves_the_database_as_it_was(empty_database_url: str) -> None:
    """The revision makes three tables before it comes to the name that is taken."""
    with connected(empty_database_url) as connection:
        connection.execute(text("CREATE TABLE scores (n INTEGER)"))
    with pytest.raises(DBAPIError, match="scores"):
        migrate(empty_database_url)
    assert tables(empty_database_url) == {"scores"}
    with connected(empty_database_url) as connection:
        connection.execute(text("DROP TABLE scores"))
    assert migrate(empty_database_url).after == HEAD


def test_services_that_start_together_migrate_once(empty_database_url: str) -> None:
    start = threading.Barrier(4)

    def migrate_together(_n: int) -> str | None:
        start.wait()
        return migrate(empty_database_url).before

    with ThreadPoolExecutor(4) as threads:
        before = list(threads.map(migrate_together, range(4)))
    assert sorted(before, key=str) == [HEAD, HEAD, HEAD, None]


@pytest.mark.anyio
async def test_readiness_asks_whether_the_schema_is_current(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert not await database.read(is_current)
    migrate(empty_database_url)
    assert await database.read(is_current)
    database.dispose()


class TestSQLite:
    def test_the_folder_is_made(self, tmp_path: Path) -> None:
        migrate(f"sqlite:///{tmp_path / 'var' / 'data' / 'haitang.db'}")
        assert (tmp_path / "var" / "data" / "haitang.db").is_file()

    def test_a_database_with_something_in_it_is_copied_first(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'haitang.db'}"
        migrate(url)
        database = Database(url)
        with database.write_engine.begin() as connection:
            connection.execute(insert(Person), {"id": "someone", "kind": "guest", "created_at": NOON})
        # The engine is open, so that the row stands in the WAL alone: a copy of the file would miss it.
        backup = downgrade(url, "base", now=lambda: NOON).backup
        database.dispose()
        assert backup == tmp_path / f"haitang-{HEAD}-20260901T120000000000Z.db"
        with closing(sqlite3.connect(backup)) as copy:
            assert copy.execute("SELECT id FROM people").fetchall() == [("someone",)]
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert not list(tmp_path.glob("*.partial"))

    def test_rows_that_point_to_nothing_stop_a_migration(self, tmp_path: Path) -> None:
        """While Alembic copies tables, foreign keys are not enforced; they are looked through before the commit."""
        file = tmp_path / "haitang.db"
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
            connection.execute("CREATE TABLE child (parent INTEGER REFERENCES parent)")
            connection.execute("INSERT INTO child VALUES (1)")
            connection.commit()
        with pytest.raises(RuntimeError, match="point to nothing"):
            migrate(f"sqlite:///{file}")
        with closing(sqlite3.connect(file)) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert names == {"parent", "child"}

    def test_a_table_that_others_point_to_can_be_altered(self, migrated_sqlite: Path, tmp_path: Path) -> None:
        """As a later revision will, by Alembic's batch mode: copy the table, drop it, rename the copy."""
        file = tmp_path / "haitang.db"
        shutil.copy(migrated_sqlite, file)
        engine = create_write_engine(parse_url(f"sqlite:///{file}"))
        _suspend_foreign_keys(engine)
        with engine.begin() as connection:
            connection.execute(insert(Person), {"id": "someone", "kind": "guest", "created_at": NOON})
            connection.execute(text("CREATE TABLE cards (person VARCHAR(36) REFERENCES people (id))"))
            connection.execute(text("INSERT INTO cards VALUES ('someone')"))
            operations = Operations(MigrationContext.configure(connection))
            with operations.batch_alter_table("people", recreate="always") as batch:
                batch.alter_column("created_at", new_column_name="since")
            _check_foreign_keys(connection)
            assert (
                connection.scalar(text("SELECT count(since) FROM people JOIN cards ON cards.person = people.id")) == 1
            )
        engine.dispose()
