"""One URL, two engines: reads from a pool of read-only connections, writes on the one connection of the writer.

The read side cannot write (SQLite: `query_only`; PostgreSQL: read-only transactions), so a write that does not go
through `app.core.writer` fails at once, not some day under load.

SQLite runs in WAL mode with `synchronous=FULL`: a commit that returned survives a power loss. Its driver would begin
transactions on its own, and too late; here every transaction begins by an explicit statement: `BEGIN` for reads, which
then see one snapshot, and `BEGIN IMMEDIATE` for writes, which take the write lock before the first read
(https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#transactions-with-sqlite-and-the-sqlite3-driver).
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from typing import Concatenate, ParamSpec, TypeVar

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from app.core.file_lock import FileLock

P = ParamSpec("P")
T = TypeVar("T")

BUSY_TIMEOUT = 10.0  # seconds that SQLite waits for another process's transaction


def parse_url(url: str) -> URL:
    """The URL with the driver that this service uses.

    Raises:
        ValueError: neither an SQLite file nor a PostgreSQL database.

    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database in {None, "", ":memory:"} or parsed.query:
            raise ValueError("An SQLite database is a file, given as sqlite:///path/to/file.db without parameters.")
        return parsed.set(drivername="sqlite")
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError(f"The database URL begins with {backend!r}; it must begin with sqlite:/// or postgresql://.")


def searchable(text: str) -> str:
    """The text as a query may look for it: PostgreSQL has none with a NUL, and nothing is found by one."""
    return text.replace("\0", "\ufffd")


def sqlite_path(url: URL) -> Path | None:
    """The database file, or None on PostgreSQL."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def create_write_engine(url: URL) -> Engine:
    """An engine with a single connection, whose transactions are write transactions from their first moment."""
    engine = _create_engine(url, begin="BEGIN IMMEDIATE", pool_size=1, max_overflow=0)
    # SQLAlchemy compiles a savepoint anew each time; as plain text it costs a third less of a whole write's time.
    engine.dialect.do_savepoint = _statement("SAVEPOINT")  # type: ignore[method-assign,assignment]
    engine.dialect.do_release_savepoint = _statement("RELEASE SAVEPOINT")  # type: ignore[method-assign,assignment]
    return engine


def create_read_engine(url: URL, pool_size: int) -> Engine:
    engine = _create_engine(url, begin="BEGIN", pool_size=pool_size)
    if sqlite_path(url) is None:
        return engine.execution_options(postgresql_readonly=True)

    @event.listens_for(engine, "connect")
    def forbid_writes(connection: SQLiteConnection, _record: ConnectionPoolEntry) -> None:
        connection.execute("PRAGMA query_only = ON")

    return engine


def _create_engine(url: URL, *, begin: str, pool_size: int, max_overflow: int = 10) -> Engine:
    file = sqlite_path(url)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=max_overflow,
        # A PostgreSQL connection that died while it lay idle is replaced before it is used.
        pool_pre_ping=file is None,
        connect_args={"timeout": BUSY_TIMEOUT} if file else {},
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
    )
    if file is None:
        return engine

    @event.listens_for(engine, "connect")
    def configure(connection: SQLiteConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # Without it, INSERT OR REPLACE would pass by the triggers that forbid deleting.
        connection.execute("PRAGMA recursive_triggers = ON")

    @event.listens_for(engine, "begin")
    def begin_explicitly(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _statement(verb: str) -> Callable[[Connection, str], None]:
    def execute(connection: Connection, name: str) -> None:
        connection.exec_driver_sql(f"{verb} {name}")

    return execute


def _to_json(value: object) -> str:
    return orjson.dumps(value).decode()


class Database:
    """The engines of one URL and the threads in which reads run; `dispose` closes them all."""

    def __init__(self, url: str, *, read_threads: int = 4) -> None:
        self.url = parse_url(url)
        self.write_engine = create_write_engine(self.url)
        self.read_engine = create_read_engine(self.url, read_threads)
        self._threads = ThreadPoolExecutor(read_threads, thread_name_prefix="database-read")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that can only read, for code that may block (the command line, tests)."""
        with Session(self.read_engine) as session:
            yield session

    async def read(self, query: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`query(session, *args, **kwargs)` in a thread, off the event loop, in one read transaction."""

        def run() -> T:
            with self.reading() as session:
                return query(session, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    def write_lock(self) -> AbstractContextManager[object]:
        """What a process must hold around a write transaction.

        SQLite lets processes that find the file locked sleep and poll, so that one of them can starve for seconds; a
        lock on a file beside the database wakes the next one at once. PostgreSQL needs none.
        """
        file = sqlite_path(self.url)
        return nullcontext() if file is None else FileLock(file.with_name(f"{file.name}-lock"))

    def dispose(self) -> None:
        self._threads.shutdown()
        self.read_engine.dispose()
        self.write_engine.dispose()
