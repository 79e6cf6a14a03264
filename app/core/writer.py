"""The one writer of the process: every write is a job that runs in its thread, in the transaction of a group.

    queued up: job job job ──► BEGIN · savepoint(job) · savepoint(job) · savepoint(job) · COMMIT ──► three answers

A durable commit costs a sync of the disk; a group shares one. While it syncs, the next group queues up, so that groups
grow with the load by themselves and nobody waits for company. See `docs/decisions/0002-one-writer-per-process.md`.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.database import Database

T = TypeVar("T")

# PostgreSQL's codes for serialization_failure and deadlock_detected.
RACES = frozenset({"40001", "40P01"})

logger = logging.getLogger(__name__)


class WriterError(Exception):
    """The write was not acknowledged; the same request may be tried again."""


class WriterFull(WriterError):  # noqa: N818 - a state, which passes
    """As many jobs as the queue may hold are waiting. This one was not taken."""


class WriterClosed(WriterError):  # noqa: N818 - a state
    """The service is shutting down, or has not started. The job was not taken."""


class NotCommitted(WriterError):  # noqa: N818 - says what happened
    """The transaction of the job's group failed; its cause says how.

    Nothing of the group is stored, with one exception that no program can rule out: when a PostgreSQL server is lost
    during COMMIT, it may have committed. An idempotency key makes trying again safe in both cases.
    """


@dataclass(frozen=True, slots=True)
class _Accepted(Generic[T]):
    job: Callable[[Session], T]
    answer: asyncio.Future[T]


@dataclass(frozen=True, slots=True)
class _Outcome:
    answer: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Runs jobs one after another, in groups that commit together. Its methods belong to one event loop.

    `async with Writer(database) as writer:` starts the thread; leaving the block finishes what was accepted.
    """

    def __init__(self, database: Database, *, queue_size: int = 10_000, group_size: int = 256) -> None:
        self._database = database
        self._queue_size = queue_size
        self._group_size = group_size
        self._queue: SimpleQueue[_Accepted[Any] | None] = SimpleQueue()
        self._unanswered = 0  # touched by the event loop alone
        self._open = False

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._finished = self._loop.create_future()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._thread.start()
        self._open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        self._queue.put(None)
        await self._finished
        self._thread.join()

    async def write(self, job: Callable[[Session], T]) -> T:
        """What `job` returns, once the transaction in which it ran is committed.

        The job runs in the writer's thread, in a savepoint of its own. What it raises (or its flush, at the end) undoes
        its own statements only and is raised here. It must be short, never commit, and do nothing but talk to its
        session, for it may be run again: PostgreSQL undoes one of two processes that wait for each other. A caller that
        is cancelled leaves its job behind: once accepted, it is done.

        Raises:
            WriterFull: the queue is full.
            WriterClosed: the writer has not started or is shutting down.
            NotCommitted: the group's transaction failed.

        """
        if not self._open:
            raise WriterClosed("The writer is not running.")
        if self._unanswered >= self._queue_size:
            raise WriterFull(f"{self._unanswered} writes are waiting.")
        answer: asyncio.Future[T] = self._loop.create_future()
        self._unanswered += 1
        self._queue.put(_Accepted(job, answer))
        return await answer

    def _work(self) -> None:
        """The thread: take a group, commit it, answer it, until the queue has ended."""
        ended = False
        while not ended:
            group, ended = self._take()
            if group:
                self._loop.call_soon_threadsafe(self._answer, self._run(group))
        self._loop.call_soon_threadsafe(self._finished.set_result, None)

    def _take(self) -> tuple[list[_Accepted[Any]], bool]:
        """What has queued up, at most a group and at least one job; and whether the queue has ended."""
        group: list[_Accepted[Any]] = []
        accepted = self._queue.get()
        try:
            while accepted is not None:
                group.append(accepted)
                if len(group) == self._group_size:
                    return group, False
                accepted = self._queue.get_nowait()
        except Empty:
            return group, False
        return group, True

    def _run(self, group: list[_Accepted[Any]], tries: int = 3) -> list[_Outcome]:
        """The outcomes of a committed group. A job that lost a race is run again, in a transaction of its own."""
        try:
            with self._database.write_lock(), self._database.write_engine.begin() as connection:
                outcomes = [_run_in_savepoint(connection, accepted) for accepted in group]
        except BaseException as error:
            logger.exception("A group of %d writes was not committed.", len(group))
            return [_Outcome(accepted.answer, error=_not_committed(error)) for accepted in group]
        if tries == 1:
            return outcomes
        return [
            self._run([accepted], tries - 1)[0] if _lost_a_race(outcome.error) else outcome
            for accepted, outcome in zip(group, outcomes, strict=True)
        ]

    def _answer(self, outcomes: list[_Outcome]) -> None:
        self._unanswered -= len(outcomes)
        for outcome in outcomes:
            if outcome.answer.done():  # its caller was cancelled
                if outcome.error is not None:
                    logger.error("A write failed after its caller had gone.", exc_info=outcome.error)
            elif outcome.error is not None:
                outcome.answer.set_exception(outcome.error)
            else:
                outcome.answer.set_result(outcome.result)


def _run_in_savepoint(connection: Connection, accepted: _Accepted[Any]) -> _Outcome:
    error: BaseException | None = None
    result = None
    try:
        with connection.begin_nested() as savepoint:
            # The session may roll back the savepoint, as it does when a flush fails; to commit is not its business.
            with Session(connection, join_transaction_mode="rollback_only") as session:
                result = accepted.job(session)
                session.flush()
            # Said aloud, because it raises when the savepoint is gone, which leaving the block would pass over.
            savepoint.commit()
    except StopIteration as stop:  # the one exception that a future refuses to carry
        error = RuntimeError("The job raised StopIteration.")
        error.__cause__ = stop
    except BaseException as raised:  # noqa: BLE001 - it is the caller's
        error = raised
    _require_transaction(connection)
    return _Outcome(accepted.answer, result, error)


def _lost_a_race(error: BaseException | None) -> bool:
    """Whether the database undid the job for the sake of another process, so that it can simply be run again."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in RACES


def _require_transaction(connection: Connection) -> None:
    """Some errors end the whole transaction instead of a statement: a full disk, INSERT OR ROLLBACK, a lost server.

    What came before is gone then, and what came after would commit by itself, so the group must fail as one.
    """
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        alive = driver.in_transaction
    else:
        alive = driver.info.transaction_status == TransactionStatus.INTRANS
    if not alive:
        raise RuntimeError("The database ended the transaction of the group.")


def _not_committed(cause: BaseException) -> NotCommitted:
    error = NotCommitted("The write was not committed.")
    error.__cause__ = cause
    return error
