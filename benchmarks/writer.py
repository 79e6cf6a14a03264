"""What grouping buys: the same durable attempt, committed one by one and through the writer, taking turns in one run.

    python benchmarks/writer.py                        # an SQLite file in a temporary folder
    python benchmarks/writer.py --folder var           # on another disk: durable commits cost what the disk costs
    python benchmarks/writer.py --url postgresql://…   # an empty PostgreSQL database

Only ratios of one run can be compared; the requests a second depend on the machine and on what else it does.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.attempts.models import Attempt, Score, Variant
from app.core.clock import utc_now
from app.core.database import Database
from app.core.ids import new_id
from app.core.migrate import migrate
from app.core.writer import Writer

INSERT_ATTEMPT = insert(Attempt.__table__)
INSERT_SCORE = insert(Score.__table__)

Write = Callable[[Callable[[Session], str]], Awaitable[str]]


def add_variant(session: Session) -> int:
    row = {"problem": "1.6", "version": 1, "seed": 0, "parameters": {}, "options": {}, "redraws": 0}
    return session.execute(insert(Variant).values(row | {"created_at": utc_now()}).returning(Variant.id)).scalar_one()


def attempt_job(variant_id: int) -> Callable[[Session], str]:
    """The hot path's two inserts: an attempt and its score."""
    attempt_id, now = new_id(), utc_now()
    attempt = {
        "id": attempt_id,
        "person_id": None,
        "variant_id": variant_id,
        "form": "open",
        "answers": {"w": ["-0.527", "0.104"]},
        "created_at": now,
    }
    score = {
        "attempt_id": attempt_id,
        "key_version": 1,
        "policy": "either",
        "score": 1.0,
        "max_score": 1.0,
        "correct": True,
        "fields": [{"name": "w", "score": 1.0, "correct": True, "mistake": None}],
        "created_at": now,
    }

    def add(session: Session) -> str:
        connection = session.connection()  # Core: a session's own `execute` costs as much again
        connection.execute(INSERT_ATTEMPT, attempt)
        connection.execute(INSERT_SCORE, score)
        return attempt_id

    return add


async def load(write: Write, variant_id: int, clients: int, seconds: float) -> tuple[float, float]:
    """Writes a second, and the 99th percentile of a write's time in milliseconds."""
    end = time.perf_counter() + seconds
    times: list[float] = []

    async def client() -> None:
        while (start := time.perf_counter()) < end:
            await write(attempt_job(variant_id))
            times.append(time.perf_counter() - start)

    start = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return len(times) / (time.perf_counter() - start), statistics.quantiles(times, n=100)[98] * 1e3


async def one_by_one(database: Database, variant_id: int, clients: int, seconds: float) -> tuple[float, float]:
    """A commit for each request, by one thread: the writer without its groups."""

    def commit_alone(job: Callable[[Session], str]) -> str:
        with database.write_lock(), Session(database.write_engine) as session, session.begin():
            return job(session)

    with ThreadPoolExecutor(1) as thread:
        loop = asyncio.get_running_loop()
        return await load(lambda job: loop.run_in_executor(thread, commit_alone, job), variant_id, clients, seconds)


async def grouped(database: Database, variant_id: int, clients: int, seconds: float) -> tuple[float, float]:
    async with Writer(database) as writer:
        return await load(writer.write, variant_id, clients, seconds)


def compare(url: str, clients: int, rounds: int, seconds: float) -> None:
    migrate(url)
    database = Database(url)
    with Session(database.write_engine) as session, session.begin():
        variant_id = add_variant(session)
    print(f"{clients} clients, {rounds} rounds of {seconds} s each way")
    ratios = []
    for _ in range(rounds):
        alone, alone_p99 = asyncio.run(one_by_one(database, variant_id, clients, seconds))
        together, together_p99 = asyncio.run(grouped(database, variant_id, clients, seconds))
        ratios.append(together / alone)
        print(
            f"one by one {alone:6.0f}/s, p99 {alone_p99:5.1f} ms   "
            f"grouped {together:6.0f}/s, p99 {together_p99:5.1f} ms   × {ratios[-1]:.2f}"
        )
    print(f"grouped ÷ one by one: median {statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}")
    database.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        compare(options.url or f"sqlite:///{folder}/haitang.db", options.clients, options.rounds, options.seconds)


if __name__ == "__main__":
    main()
