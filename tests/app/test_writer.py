"""The one writer: groups, isolation, bounds, shutdown, failures, and durability against a kill."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.core.clock import utc_now
from app.core.database import Database
from app.core.ids import new_id
from app.core.writer import NotCommitted, Writer, WriterClosed, WriterFull

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


def add_person(session: Session, person_id: str | None = None) -> str:
    row = {"id": person_id or new_id(), "kind": "guest", "created_at": utc_now()}
    session.execute(insert(Person), row)
    return row["id"]


def add(person_id: str) -> Callable[[Session], str]:
    return lambda session: add_person(session, person_id)


def stored(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(Person.id)))


class Gate:
    """A job that holds the writer up until it is opened, so that a test decides what queues up behind it."""

    def __init__(self, writer: Writer) -> None:
        self._entered = threading.Event()
        self._opened = threading.Event()
        self._writing = asyncio.ensure_future(writer.write(self._job))

    def _job(self, _session: Session) -> None:
        self._entered.set()
        assert self._opened.wait(10)

    async def entered(self) -> "Gate":
        assert await asyncio.to_thread(self._entered.wait, 10)
        return self

    async def open(self) -> None:
        self._opened.set()
        await self._writing


async def hold(writer: Writer) -> Gate:
    return await Gate(writer).entered()


def begin_all(*writes) -> list[asyncio.Future]:
    return [asyncio.ensure_future(write) for write in writes]


@pytest.fixture
def commits(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []
    event.listen(database.write_engine, "commit", lambda _connection: seen.append("commit"))
    return seen


class TestGroups:
    async def test_what_queued_up_commits_together(
        self, writer: Writer, database: Database, commits: list[str]
    ) -> None:
        gate = await hold(writer)
        writes = begin_all(*(writer.write(add_person) for _ in range(50)))
        await asyncio.sleep(0)
        await gate.open()
        people = await asyncio.gather(*writes)
        assert commits == ["commit"] * 2  # the gate's group, and one for all the fifty
        assert stored(database) == set(people)

    async def test_a_group_is_bounded(self, database: Database, commits: list[str]) -> None:
        async with Writer(database, group_size=20) as writer:
            gate = await hold(writer)
            writes = begin_all(*(writer.write(add_person) for _ in range(50)))
            await asyncio.sleep(0)
            await gate.open()
            await asyncio.gather(*writes)
        assert len(commits) == 1 + 3  # the gate's, then 20 + 20 + 10

    async def test_jobs_run_one_after_another_in_the_order_they_came(self, writer: Writer) -> None:
        order: list[int] = []
        await asyncio.gather(*(writer.write(lambda _session, n=n: order.append(n)) for n in range(100)))
        assert order == list(range(100))

    async def test_a_job_sees_what_the_jobs_before_it_did(self, writer: Writer) -> None:
        """So that "at most three attempts" is exact although a hundred requests arrive at once."""

        def add_while_fewer_than_three(session: Session) -> bool:
            if session.scalar(select(func.count()).select_from(Person)) == 3:
                return False
            add_person(session)
            return True

        added = await asyncio.gather(*(writer.write(add_while_fewer_than_three) for _ in range(100)))
        assert added == [True] * 3 + [False] * 97

    async def test_a_caller_is_answered_after_the_commit_of_its_group(self, writer: Writer, database: Database) -> None:
        answered_before_commit: list[bool] = []
        gate = await hold(writer)
        (write,) = begin_all(writer.write(add_person))
        await asyncio.sleep(0)

        @event.listens_for(database.write_engine, "commit")
        def look(_connection: object) -> None:
            answered_before_commit.append(write.done())

        await gate.open()
        person = await write
        assert answered_before_commit == [False, False]
        assert person in stored(database)


class TestIsolation:
    async def test_a_failing_job_is_undone_alone(self, writer: Writer, database: Database, commits: list[str]) -> None:
        def fails_after_writing(session: Session) -> None:
            add_person(session, "undone")
            raise LookupError("no such problem")

        gate = await hold(writer)
        writes = begin_all(writer.write(add("before")), writer.write(fails_after_writing), writer.write(add("after")))
        await asyncio.sleep(0)
        await gate.open()
        before, failure, after = await asyncio.gather(*writes, return_exceptions=True)
        assert (before, after) == ("before", "after")
        assert isinstance(failure, LookupError)
        assert stored(database) == {"before", "after"}
        assert len(commits) == 2

    async def test_a_broken_constraint_is_undone_alone(self, writer: Writer, database: Database) -> None:
        gate = await hold(writer)
        writes = begin_all(*(writer.write(add(name)) for name in ("twin", "twin", "other")))
        await asyncio.sleep(0)
        await gate.open()
        first, second, other = await asyncio.gather(*writes, return_exceptions=True)
        assert (first, other) == ("twin", "other")
        assert isinstance(second, IntegrityError)
        assert stored(database) == {"twin", "other"}

    async def test_a_job_may_catch_what_its_own_savepoint_undid(self, writer: Writer, database: Database) -> None:
        await writer.write(add("taken"))

        def add_unless_taken(session: Session) -> str:
            try:
                with session.begin_nested():
                    add_person(session, "taken")
            except IntegrityError:
                return add_person(session, "instead")
            return "taken"

        assert await writer.write(add_unless_taken) == "instead"
        assert stored(database) == {"taken", "instead"}

    async def test_orm_objects_are_flushed_and_stay_readable(self, writer: Writer, database: Database) -> None:
        def add_object(session: Session) -> Person:
            person = Person(id=new_id(), kind="guest", created_at=utc_now())
            session.add(person)
            return person

        person = await writer.write(add_object)
        assert stored(database) == {person.id}
        assert person.kind == "guest"

    async def test_a_failing_flush_is_the_callers_error(self, writer: Writer, database: Database) -> None:
        def add_twice(session: Session) -> None:
            session.add_all([Person(id="twin", kind=kind, created_at=utc_now()) for kind in ("guest", "robot")])

        gate = await hold(writer)
        writes = begin_all(writer.write(add_twice), writer.write(add("other")))
        await asyncio.sleep(0)
        await gate.open()
        failure, other = await asyncio.gather(*writes, return_exceptions=True)
        assert isinstance(failure, DBAPIError)
        assert other == "other"
        assert stored(database) == {"other"}

    async def test_a_swallowed_failure_is_an_error_all_the_same(self, writer: Writer, database: Database) -> None:
        """The savepoint is gone with all that the job did, so its caller must not be told that it is done."""

        def swallow(session: Session) -> None:
            session.add(Person(id="lost", kind="guest", created_at=utc_now()))
            session.flush()
            session.add(Person(id="other", kind="robot", created_at=utc_now()))
            with suppress(IntegrityError):
                session.flush()

        gate = await hold(writer)
        writes = begin_all(writer.write(add("before")), writer.write(swallow), writer.write(add("after")))
        await asyncio.sleep(0)
        await gate.open()
        before, failure, after = await asyncio.gather(*writes, return_exceptions=True)
        assert (before, after) == ("before", "after")
        assert isinstance(failure, SQLAlchemyError)
        assert stored(database) == {"before", "after"}

    async def test_a_job_that_commits_commits_nothing(self, writer: Writer, database: Database) -> None:
        def commits_and_fails(session: Session) -> None:
            add_person(session, "undone")
            session.commit()
            raise LookupError

        with pytest.raises(LookupError):
            await writer.write(commits_and_fails)
        assert stored(database) == set()

    async def test_stop_iteration_reaches_the_caller_as_an_error(self, writer: Writer) -> None:
        """An asyncio future refuses to carry it: it would never be answered."""
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.wait_for(writer.write(lambda _session: next(iter([]))), timeout=10)

    async def test_a_cancelled_callers_job_is_done_and_the_group_answered(
        self, writer: Writer, database: Database
    ) -> None:
        gate = await hold(writer)
        gone, stays = begin_all(writer.write(add("gone")), writer.write(add("stays")))
        await asyncio.sleep(0)
        gone.cancel()
        await gate.open()
        assert await asyncio.wait_for(stays, timeout=10) == "stays"
        assert gone.cancelled()
        assert stored(database) == {"gone", "stays"}


class TestBounds:
    async def test_a_full_queue_refuses(self, database: Database) -> None:
        async with Writer(database, queue_size=3) as writer:
            gate = await hold(writer)  # waits for its answer too, so it counts
            writes = begin_all(writer.write(add_person), writer.write(add_person))
            await asyncio.sleep(0)
            with pytest.raises(WriterFull):
                await writer.write(add("refused"))
            await gate.open()
            people = await asyncio.gather(*writes)
            assert await writer.write(add("later")) == "later"
        assert stored(database) == {*people, "later"}

    async def test_shutdown_finishes_what_was_accepted(self, database: Database) -> None:
        async with Writer(database, group_size=7) as writer:
            gate = await hold(writer)
            writes = begin_all(*(writer.write(add_person) for _ in range(50)))
            await asyncio.sleep(0)
            (opening,) = begin_all(gate.open())
        await opening
        assert all(write.done() for write in writes)
        assert stored(database) == set(await asyncio.gather(*writes))

    async def test_a_closed_writer_refuses(self, database: Database) -> None:
        writer = Writer(database)
        with pytest.raises(WriterClosed):
            await writer.write(add_person)
        async with writer:
            await writer.write(add_person)
        with pytest.raises(WriterClosed):
            await writer.write(add_person)
        assert len(stored(database)) == 1

    async def test_shutdown_leaves_no_thread(self, database: Database) -> None:
        async with Writer(database):
            assert "writer" in {thread.name for thread in threading.enumerate()}
        assert "writer" not in {thread.name for thread in threading.enumerate()}


class TestFailures:
    async def test_when_the_commit_fails_nobody_is_acknowledged(
        self, writer: Writer, database: Database, backend: str
    ) -> None:
        """A deferred constraint is looked at by COMMIT, so breaking one makes a real COMMIT fail."""

        def break_a_deferred_constraint(session: Session) -> None:
            if backend == "sqlite":
                session.execute(text("PRAGMA defer_foreign_keys = ON"))
                session.execute(text("CREATE TABLE child (parent VARCHAR(36) REFERENCES people (id))"))
                session.execute(text("INSERT INTO child VALUES ('nobody')"))
            else:
                session.execute(text("CREATE TABLE late (n INTEGER UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
                session.execute(text("INSERT INTO late VALUES (1), (1)"))

        gate = await hold(writer)
        writes = begin_all(
            writer.write(add("before")), writer.write(break_a_deferred_constraint), writer.write(add("after"))
        )
        await asyncio.sleep(0)
        await gate.open()
        errors = await asyncio.gather(*writes, return_exceptions=True)
        assert [type(error) for error in errors] == [NotCommitted] * 3
        assert {type(error.__cause__) for error in errors} == {IntegrityError}
        assert stored(database) == set()
        assert await writer.write(add("next")) == "next"
        assert stored(database) == {"next"}

    async def test_when_the_transaction_is_lost_nobody_is_acknowledged(
        self, writer: Writer, database: Database, backend: str
    ) -> None:
        """What the job raised is not the point: with the transaction went what the jobs before it had done."""

        def lose_the_transaction(session: Session) -> None:
            if backend == "sqlite":
                session.execute(text("INSERT OR ROLLBACK INTO people SELECT * FROM people"))
            else:
                session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        gate = await hold(writer)
        writes = begin_all(writer.write(add("before")), writer.write(lose_the_transaction), writer.write(add("after")))
        await asyncio.sleep(0)
        await gate.open()
        errors = await asyncio.gather(*writes, return_exceptions=True)
        assert [type(error) for error in errors] == [NotCommitted] * 3
        assert stored(database) == set()
        assert await writer.write(add("next")) == "next"
        assert stored(database) == {"next"}

    async def test_a_connection_that_died_while_idle_is_replaced(
        self, writer: Writer, database: Database, backend: str, database_url: str
    ) -> None:
        if backend == "sqlite":
            pytest.skip("SQLite has no connection to lose")
        await writer.write(add("before"))
        with psycopg.connect(database_url) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert await writer.write(add("after")) == "after"
        assert await database.read(lambda session: session.scalar(select(func.count()).select_from(Person))) == 2

    async def test_two_writers_of_one_database_lose_nothing(self, writer: Writer, database: Database) -> None:
        """As two processes would; read, then write: the increments are all there at the end."""
        setup = text("CREATE TABLE counter (n INTEGER)"), text("INSERT INTO counter VALUES (0)")
        await writer.write(lambda session: [session.execute(statement) for statement in setup] and None)

        def increment(session: Session) -> None:
            session.execute(text("UPDATE counter SET n = n + 1"))

        other_database = Database(database.url.render_as_string(hide_password=False))
        async with Writer(other_database, group_size=5) as other:
            await asyncio.gather(*(each.write(increment) for _ in range(100) for each in (writer, other)))
        other_database.dispose()
        with database.reading() as session:
            assert session.scalar(text("SELECT n FROM counter")) == 200

    async def test_two_processes_that_wait_for_each_other_both_succeed(
        self, writer: Writer, database: Database, backend: str
    ) -> None:
        """Both insert the same two rows, in opposite order; PostgreSQL breaks the deadlock by undoing one job."""
        if backend == "sqlite":
            pytest.skip("SQLite lets one transaction in at a time")
        runs: list[str] = []
        both_have_one_row = threading.Barrier(2)

        def add_if_missing(name: str, *, wait: bool) -> Callable[[Session], str]:
            def job(session: Session) -> str:
                row = {"id": name, "kind": "guest", "created_at": utc_now()}
                runs.append(name)
                session.execute(upsert(Person).values(row).on_conflict_do_nothing())
                if wait:
                    both_have_one_row.wait(10)
                return name

            return job

        other_database = Database(database.url.render_as_string(hide_password=False))
        async with Writer(other_database) as other:
            gates = await hold(writer), await hold(other)
            writes = begin_all(
                writer.write(add_if_missing("a", wait=True)),
                writer.write(add_if_missing("b", wait=False)),
                other.write(add_if_missing("b", wait=True)),
                other.write(add_if_missing("a", wait=False)),
            )
            await asyncio.sleep(0)
            for gate in gates:
                await gate.open()
            assert await asyncio.gather(*writes) == ["a", "b", "b", "a"]
        other_database.dispose()
        assert len(runs) == 5  # four jobs, one of them twice
        assert stored(database) == {"a", "b"}


ACKNOWLEDGING_SERVICE = """
import asyncio, sys
from sqlalchemy import insert
from app.accounts.models import Person
from app.core.clock import utc_now
from app.core.database import Database
from app.core.ids import new_id
from app.core.writer import Writer

async def client(writer):
    while True:
        row = {"id": new_id(), "kind": "guest", "created_at": utc_now()}
        await writer.write(lambda session: session.execute(insert(Person), row) and None)
        print(row["id"], flush=True)

async def main():
    async with Writer(Database(sys.argv[1])) as writer:
        await asyncio.gather(*(client(writer) for _ in range(8)))

asyncio.run(main())
"""


def kill_after_acknowledging(database_url: str, count: int) -> set[str]:
    """What a service acknowledged before it was killed without warning, in the midst of eight clients' writes."""
    command = [sys.executable, "-c", ACKNOWLEDGING_SERVICE, database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as service:
        assert service.stdout is not None
        lines = [service.stdout.readline() for _ in range(count)]
        os.kill(service.pid, signal.SIGKILL)
        lines += service.stdout.readlines()
    assert service.returncode == -signal.SIGKILL
    # The kill may have cut the last line short.
    return {line.strip() for line in lines if line.endswith("\n")}


class TestKill:
    def test_what_was_acknowledged_is_there_after_a_kill(self, database_url: str) -> None:
        compare(kill_after_acknowledging(database_url, 100), database_url)

    def test_two_processes_on_one_database_lose_nothing(self, database_url: str) -> None:
        with ThreadPoolExecutor(2) as threads:
            first, second = threads.map(kill_after_acknowledging, [database_url] * 2, [200] * 2)
        compare(first | second, database_url)

    @pytest.mark.soak
    def test_fifty_kills_lose_nothing(self, database_url: str) -> None:
        for n in range(50):
            compare(kill_after_acknowledging(database_url, 1 + 37 * n), database_url)


def compare(acknowledged: set[str], database_url: str) -> None:
    database = Database(database_url)
    try:
        assert acknowledged
        assert acknowledged <= stored(database)
        if database.url.get_backend_name() == "sqlite":
            with database.reading() as session:
                assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    finally:
        database.dispose()
