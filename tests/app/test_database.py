"""The tables, the read side, and what the databases themselves enforce."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.attempts.models import Attempt, Score, Variant
from app.core.clock import utc_now
from app.core.database import Database, parse_url
from app.core.idempotency import IdempotencyKey
from app.core.ids import new_id
from app.core.models import Base
from app.core.problem_details import as_service_error
from app.core.writer import Writer

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


def add_variant(session: Session, *, seed: int = 0) -> int:
    row = {
        "problem": "1.6",
        "version": 1,
        "seed": seed,
        "parameters": {"X": [[1.0, 2.0]], "y": [-1]},
        "options": {"answer": [["A", "key"], ["B", "mistake:sum"]]},
        "redraws": 0,
        "created_at": NOON,
    }
    return session.execute(insert(Variant).values(row).returning(Variant.id)).scalar_one()


def add_attempt(session: Session, *, person_id: str | None = None) -> str:
    """A graded attempt at a variant of its own."""
    attempt_id = new_id()
    variant_id = add_variant(session, seed=session.scalar(select(func.count()).select_from(Variant)) or 0)
    attempt = {
        "id": attempt_id,
        "person_id": person_id,
        "variant_id": variant_id,
        "form": "open",
        "answers": {"w": ["−0.527", "7/2"]},
        "created_at": NOON,
    }
    score = {
        "attempt_id": attempt_id,
        "key_version": 1,
        "policy": "either",
        "score": 0.5,
        "max_score": 1.0,
        "correct": False,
        "fields": [{"name": "w", "score": 0.5, "mistake": "sum"}],
        "created_at": NOON,
    }
    session.execute(insert(Attempt).values(attempt))
    session.execute(insert(Score).values(score))
    return attempt_id


class TestUrl:
    @pytest.mark.parametrize(
        ("given", "driver"),
        [
            ("sqlite:///var/haitang.db", "sqlite"),
            ("postgresql://u:p@host/db", "postgresql+psycopg"),
            ("postgres://u:p@host/db", "postgresql+psycopg"),
            ("postgresql+asyncpg://host/db", "postgresql+psycopg"),
        ],
    )
    def test_uses_the_driver_of_the_service(self, given: str, driver: str) -> None:
        assert parse_url(given).drivername == driver

    @pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///a.db?mode=ro", "mysql://host/db"])
    def test_refuses_what_the_writer_and_the_readers_cannot_share(self, url: str) -> None:
        with pytest.raises(ValueError, match="database"):
            parse_url(url)


class TestReads:
    async def test_read_runs_a_query_off_the_event_loop(self, database: Database, writer: Writer) -> None:
        attempt_id = await writer.write(add_attempt)

        def answers(session: Session, key: str) -> object:
            return session.scalar(select(Attempt.answers).where(Attempt.id == key))

        assert await database.read(answers, attempt_id) == {"w": ["−0.527", "7/2"]}

    async def test_the_read_side_cannot_write(self, database: Database) -> None:
        with pytest.raises(DBAPIError, match=r"readonly|read-only"):
            await database.read(add_variant)

    async def test_a_read_sees_one_snapshot(self, database: Database, writer: Writer, backend: str) -> None:
        if backend == "postgresql":
            pytest.skip("PostgreSQL takes a snapshot a statement, unless asked otherwise")
        count = select(func.count()).select_from(Attempt)
        with database.reading() as session:
            before = session.scalar(count)
            await writer.write(add_attempt)
            assert session.scalar(count) == before
        with database.reading() as session:
            assert session.scalar(count) == 1

    async def test_sqlite_is_durable_and_checks_foreign_keys(self, database: Database, backend: str) -> None:
        if backend == "postgresql":
            pytest.skip("of SQLite")
        with database.write_engine.connect() as connection:
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "busy_timeout")
            }
        assert pragmas == {
            "journal_mode": "wal",
            "synchronous": 2,  # FULL
            "foreign_keys": 1,
            "recursive_triggers": 1,
            "busy_timeout": 10_000,
        }


class TestConstraints:
    async def test_a_variant_is_stored_once(self, writer: Writer) -> None:
        await writer.write(add_variant)
        with pytest.raises(IntegrityError):
            await writer.write(add_variant)

    async def test_an_attempt_needs_its_person(self, writer: Writer) -> None:
        with pytest.raises(IntegrityError):
            await writer.write(lambda session: add_attempt(session, person_id=new_id()))

    async def test_an_idempotency_key_is_its_owners(self, writer: Writer, database: Database) -> None:
        def remember(owner: str) -> Callable[[Session], None]:
            row = {
                "owner": owner,
                "key": "retry-1",
                "request_hash": "0" * 64,
                "resource": new_id(),
                "status": 201,
                "body": b'{"id": "\xe6\xb5\xb7\xe6\xa3\xa0"}',
                "created_at": NOON,
            }
            return lambda session: session.execute(insert(IdempotencyKey).values(row)) and None

        await writer.write(remember("person-1"))
        await writer.write(remember("person-2"))
        with pytest.raises(IntegrityError):
            await writer.write(remember("person-1"))
        with database.reading() as session:
            assert set(session.scalars(select(IdempotencyKey.body))) == {b'{"id": "\xe6\xb5\xb7\xe6\xa3\xa0"}'}

    @pytest.mark.parametrize(
        ("table", "column", "value"),
        [(Person, "kind", "robot"), (Score, "policy", "generous"), (Score, "score", 1.5), (Score, "score", -0.5)],
    )
    async def test_values_stay_in_their_range(
        self, writer: Writer, table: type[Base], column: str, value: object
    ) -> None:
        attempt_id = await writer.write(add_attempt)
        rows: dict[type[Base], dict[str, object]] = {
            Person: {"id": new_id(), "kind": "guest", "created_at": NOON},
            Score: {
                "attempt_id": attempt_id,
                "key_version": 2,
                "policy": "corrected",
                "score": 1.0,
                "max_score": 1.0,
                "correct": True,
                "fields": [],
                "created_at": NOON,
            },
        }
        await writer.write(lambda session: session.execute(insert(table).values(rows[table])) and None)
        row = rows[table] | {column: value, "id": new_id() if table is Person else 99}
        with pytest.raises(IntegrityError):
            await writer.write(lambda session: session.execute(insert(table).values(row)) and None)


class TestAttemptsAreImmutable:
    CHANGES = (
        update(Attempt).values(form="choice"),
        delete(Attempt),
        update(Score).values(score=1.0),
        delete(Score),
    )

    @pytest.mark.parametrize(
        "change", CHANGES, ids=["update attempt", "delete attempt", "update score", "delete score"]
    )
    async def test_the_database_refuses_a_change(self, writer: Writer, database: Database, change) -> None:
        await writer.write(add_attempt)
        with pytest.raises(IntegrityError, match="append-only"):
            await writer.write(lambda session: session.execute(change) and None)
        with database.reading() as session:
            assert session.execute(select(Attempt.form, Score.score).join(Score)).all() == [("open", 0.5)]

    async def test_a_replacing_insert_is_a_change_too(self, writer: Writer, backend: str) -> None:
        attempt_id = await writer.write(add_attempt)
        replace = (
            "INSERT OR REPLACE INTO attempts SELECT * FROM attempts WHERE id = :id"
            if backend == "sqlite"
            else "TRUNCATE attempts, scores"
        )
        with pytest.raises(IntegrityError, match="append-only"):
            await writer.write(lambda session: session.execute(text(replace), {"id": attempt_id}) and None)

    async def test_a_regrade_appends(self, writer: Writer, database: Database) -> None:
        attempt_id = await writer.write(add_attempt)

        def regrade(session: Session) -> None:
            first = session.scalars(select(Score).where(Score.attempt_id == attempt_id)).one()
            columns = {
                column.key: getattr(first, column.key) for column in Score.__table__.columns if column.key != "id"
            }
            session.add(Score(**columns | {"key_version": 2, "score": 1.0, "correct": True}))

        await writer.write(regrade)
        with database.reading() as session:
            newest = select(Score.score).where(Score.attempt_id == attempt_id).order_by(Score.id.desc()).limit(1)
            assert session.scalar(newest) == 1.0


class TestTimes:
    async def test_come_back_in_utc(self, writer: Writer, database: Database) -> None:
        in_beijing = NOON.astimezone(timezone(timedelta(hours=8)))
        row = {"id": new_id(), "kind": "guest", "created_at": in_beijing}
        await writer.write(lambda session: session.execute(insert(Person).values(row)) and None)
        with database.reading() as session:
            (stored,) = session.scalars(select(Person.created_at))
        assert stored == NOON
        assert stored.tzinfo is UTC

    async def test_compare_as_instants(self, writer: Writer, database: Database) -> None:
        for microsecond in (0, 1, 999_999):
            row = {"id": new_id(), "kind": "guest", "created_at": NOON.replace(microsecond=microsecond)}
            await writer.write(lambda session, row=row: session.execute(insert(Person).values(row)) and None)
        in_new_york = NOON.astimezone(timezone(timedelta(hours=-4)))
        with database.reading() as session:
            later = select(func.count()).select_from(Person).where(Person.created_at > in_new_york)
            assert session.scalar(later) == 2

    async def test_without_a_zone_are_refused(self, writer: Writer) -> None:
        row = {"id": new_id(), "kind": "guest", "created_at": datetime(2026, 9, 1, 12)}  # noqa: DTZ001
        with pytest.raises(StatementError, match="names no instant"):
            await writer.write(lambda session: session.execute(insert(Person).values(row)) and None)

    def test_the_clock_is_utc(self) -> None:
        assert utc_now().tzinfo is UTC


def test_identifiers_sort_in_the_order_of_their_making() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(set(made))


def test_a_persons_attempts_are_listed_from_an_index(database: Database, backend: str) -> None:
    if backend == "postgresql":
        pytest.skip("PostgreSQL's planner scans a table this small")
    newest = select(Attempt.id).where(Attempt.person_id == "p", Attempt.id < "x").order_by(Attempt.id.desc()).limit(20)
    compiled = newest.compile(database.read_engine, compile_kwargs={"literal_binds": True})
    with database.reading() as session:
        plan = [row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))]
    assert plan == ["SEARCH attempts USING COVERING INDEX ix_attempts_person_id_id (person_id=? AND id<?)"]


def test_a_text_that_a_database_cannot_hold_is_no_fault_of_ours(database: Database, backend: str) -> None:
    query = select(Person.id).where(Person.name == "a\0b")
    with database.reading() as session:
        if backend == "sqlite":
            assert session.scalar(query) is None
            return
        with pytest.raises(DataError) as refused:
            session.scalar(query)
    assert as_service_error(refused.value).status == 422
