"""How long a regrade of a large course takes, and undoing it: `python benchmarks/regrade.py`, 20,000 attempts rescored.

Everybody answers exercise 1.4 as printed, every other attempt with 130, which another key makes right. Printed are the
seconds of preview, regrade and undoing, the longest that another write waited meanwhile, and the floor: bare inserts of
as many scores in one transaction. `--url` names an empty PostgreSQL database instead of a new SQLite file.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from large_course import START, large_course
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.attempts import regrade
from app.attempts.item_settings import ItemSettings
from app.attempts.models import Attempt, Score
from app.attempts.regrade import Order
from app.attempts.regrade_plan import make_plan
from app.attempts.service import Service
from app.core.migrate import migrate
from app.core.settings import Settings
from app.courses.models import Item
from app.main import create_app

T = TypeVar("T")

KEY = {"0": {"count": 130}}


async def watched(service: Service, work: Awaitable[T]) -> tuple[T, str]:
    """What the work returns, and in words how long it took, and how long a write that does nothing waited meanwhile."""
    waited = [0.0]
    ended = asyncio.Event()

    async def wait() -> None:
        while not ended.is_set():
            start = time.perf_counter()
            await service.writer.write(lambda session: session.scalar(select(1)))
            waited.append(time.perf_counter() - start)
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(wait())
    start, busy = time.perf_counter(), time.process_time()
    result = await work
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    ended.set()
    await watching
    return (
        result,
        f"{seconds:8.2f} s {busy:8.2f} s of a core; another write waited {1000 * max(waited):4.0f} ms at most",
    )


def floor(session: Session, item: str) -> None:
    """As many scores as are written again, bare; undone by the error that ends the job."""
    rows = [
        {"attempt_id": id_, "key_version": 1, "policy": "either", "score": 0.0, "max_score": 1.0, "correct": False}
        | {"fields": [], "created_at": START, "revision": 0}
        for id_ in session.scalars(select(Attempt.id).where(Attempt.item_id == item))
    ]
    start = time.perf_counter()
    session.execute(insert(Score), rows)
    raise TimeoutError(time.perf_counter() - start)


async def measure(service: Service, assignment: str) -> None:
    with service.database.reading() as session:
        item = session.scalars(select(Item.id).where(Item.assignment_id == assignment)).one()
        course, person = session.execute(regrade_by(assignment)).one()
    try:
        await service.writer.write(lambda session: floor(session, item))
    except TimeoutError as seconds:
        print(f"{'bare inserts':12}{seconds.args[0]:8.2f} s")

    def order(after: ItemSettings | None) -> Order:
        return Order(item_id=item, course_id=course, after=after, reason="The key.", by=person, at=now)

    now = START + timedelta(days=60)
    settings = ItemSettings(points=5.0, key_policy="either", keys=KEY)
    plan, took = await watched(service, service.database.read(make_plan, item, settings, now))
    print(f"{'preview':12}{took}; {len(plan.rows)} attempts to score anew", flush=True)
    made, took = await watched(service, regrade.regrade(service, order(settings)))
    print(f"{'regrade':12}{took}", flush=True)
    _, took = await watched(service, regrade.undo(service, made, order(None)))
    print(f"{'undo':12}{took}", flush=True)


def regrade_by(assignment: str) -> Any:
    from app.courses.models import Assignment, Course  # noqa: PLC0415

    return select(Course.id, Course.created_by).join(Assignment).where(Assignment.id == assignment)


async def run(url: str, students: int) -> None:
    app = create_app(Settings(database_url=url, secret="a secret of the benchmark, long enough"))
    async with app.router.lifespan_context(app):
        service: Service = app.state.service
        await measure(service, large_course(service.database, students, ("1.4",), 2, printed=True))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--students", type=int, default=20_000)
    options.add_argument("--url")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.url or f"sqlite:///{Path(folder) / 'haitang.db'}"
        migrate(url)
        asyncio.run(run(url, given.students))


if __name__ == "__main__":
    main()
