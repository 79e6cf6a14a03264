"""Brings the schema of a database to the newest revision, whole or not at all.

Alembic would commit every revision by itself on SQLite, and a kill in the middle would leave half a schema. Here one
transaction spans them all, which also keeps two processes that start together from migrating together.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

import migrations
from app.core.clock import Clock, utc_now
from app.core.database import create_write_engine, parse_url, sqlite_path

# Any number that nothing else in the same PostgreSQL database takes: "haitang" in ASCII.
ADVISORY_LOCK = int.from_bytes(b"haitang")


@dataclass(frozen=True)
class Migration:
    """What `migrate` did. A revision is None before the first one; equal revisions say that nothing was to do."""

    before: str | None
    after: str | None
    backup: Path | None


def migrate(url: str, *, revision: str = "head", now: Clock = utc_now) -> Migration:
    """Upgrade the database to `revision`; an SQLite file is made if there is none, and copied first if there is one.

    Raises:
        ValueError: the URL is not one of a database that this service can use.
        sqlalchemy.exc.SQLAlchemyError: a revision failed; the database is as it was.

    """
    return _change(url, revision, command.upgrade, now)


def downgrade(url: str, revision: str, *, now: Clock = utc_now) -> Migration:
    """Take the database back to `revision` ("base": to nothing), with the data that later revisions hold lost."""
    return _change(url, revision, command.downgrade, now)


def is_current(session: Session) -> bool:
    """Whether the schema is the one that this code was written for."""
    return MigrationContext.configure(session.connection()).get_current_revision() == _head()


@cache
def _head() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _change(url: str, revision: str, change: Callable[[Config, str], None], now: Clock) -> Migration:
    parsed = parse_url(url)
    file = sqlite_path(parsed)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    existed = file is not None and file.exists() and file.stat().st_size > 0
    engine = create_write_engine(parsed)
    try:
        if file is not None:
            _suspend_foreign_keys(engine)
        with engine.begin() as connection:
            if file is None:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
            config = _config(connection)
            before = MigrationContext.configure(connection).get_current_revision()
            target: Script | None = ScriptDirectory.from_config(config).get_revision(revision)  # None: the base
            after = target.revision if target is not None else None
            backup = None
            if before != after:
                if file is not None and existed:
                    backup = _back_up(file, before, now)
                change(config, revision)
                if file is not None:
                    _check_foreign_keys(connection)
            return Migration(before, after, backup)
    finally:
        engine.dispose()


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    # Alembic's configuration interpolates, so that a percent sign in a path must be doubled.
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    return config


def _suspend_foreign_keys(engine: Engine) -> None:
    """Alembic alters an SQLite table by copying and dropping it, to which the rows that point to it would object.

    SQLite ignores the switch inside a transaction, so it must be turned as the connection is made.
    """

    @event.listens_for(engine, "connect")
    def suspend(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        connection.execute("PRAGMA foreign_keys = OFF")


def _check_foreign_keys(connection: Connection) -> None:
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        raise RuntimeError(f"The migration leaves {len(broken)} rows that point to nothing: {broken[:5]}")


def _back_up(file: Path, revision: str | None, now: Clock) -> Path:
    """A copy beside the database, of all that is committed: copying the file alone would miss what is in the WAL."""
    backup = file.with_name(f"{file.stem}-{revision or 'unversioned'}-{now():%Y%m%dT%H%M%S%fZ}{file.suffix}")
    partial = backup.with_name(f"{backup.name}.partial")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(partial)) as target:
        source.backup(target)
    return partial.rename(backup)
