"""How long reports take in a large course: `python benchmarks/reports.py`, at first with 10,000 × 20 × 5 attempts.

Fills a database with a course, then calls what the pages and the API call, each in a fresh session, and prints the
seconds and the memory that Python objects took at most. `--url` names an empty PostgreSQL database instead of a new
SQLite file.
"""

import argparse
import random
import tempfile
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.models import Person
from app.attempts.grade_models import ItemGrade
from app.attempts.models import Attempt, Score, Variant
from app.core.database import Database
from app.core.ids import new_id
from app.core.migrate import migrate
from app.courses.models import Assignment, Course, Enrolment, Item
from app.reports import answers
from app.reports.exports import attempt_lines, gradebook_rows
from app.reports.gradebook import Wish, gradebook
from app.reports.items import analyse_items
from app.reports.marks import load_marks
from app.reports.spreadsheets import csv_blocks, write_xlsx
from app.reports.subject import Subject, find_subject
from app.reports.summary import summarise

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
PROBLEMS = ("1.4", "1.6", "1.7", "1.8", "1.9", "1.10", "2.3", "2.4", "c1.1", "c1.4")
MISTAKES = (None, None, "one-step-short", "momentum-sign", "bias-forgotten")
ROWS = 20_000


def batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, ROWS)):
        yield batch


def fill(database: Database, students: int, items: int, attempts: int) -> str:
    """A course in which everybody has made so many attempts at every item; the id of its assignment."""
    chance = random.Random(1)
    people = [new_id() for _ in range(students + 1)]
    course, assignment = new_id(), new_id()
    dealt = [PROBLEMS[i % len(PROBLEMS)] for i in range(items)]
    item_ids = [new_id() for _ in dealt]

    def write(table: type, rows: Iterator[dict[str, Any]]) -> None:
        for batch in batches(rows):
            with database.write_engine.begin() as connection:
                connection.execute(insert(table), batch)

    write(
        Person,
        (
            {
                "id": person,
                "kind": "user",
                "created_at": START,
                "is_admin": i == 0,
                "name": f"Student {i:05}",
                "email": f"s{i}@example.org",
            }
            for i, person in enumerate(people)
        ),
    )
    write(
        Course,
        iter(
            [
                {
                    "id": course,
                    "title": "Neural computation",
                    "time_zone": "Asia/Shanghai",
                    "pass_mark": 0.6,
                    "created_at": START,
                    "created_by": people[0],
                }
            ]
        ),
    )
    write(
        Enrolment,
        (
            {
                "id": new_id(),
                "course_id": course,
                "person_id": person,
                "role": "student" if i else "instructor",
                "section": "ABCD"[i % 4],
                "student_number": f"2026{i:06}",
                "created_at": START,
            }
            for i, person in enumerate(people)
        ),
    )
    write(
        Assignment,
        iter(
            [
                {
                    "id": assignment,
                    "course_id": course,
                    "title": "Problem set 3",
                    "instructions": "",
                    "attempts_allowed": attempts,
                    "counting": "best",
                    "attempt_penalty": 0.0,
                    "late_per_day": 0.1,
                    "key_policy": "either",
                    "release": {},
                    "seed_secret": b"secret",
                    "published_at": START,
                    "created_at": START,
                    "updated_at": START,
                    "version": 1,
                }
            ]
        ),
    )
    write(
        Item,
        (
            {
                "id": item,
                "assignment_id": assignment,
                "position": i,
                "problem": dealt[i],
                "form": "open",
                "points": 5.0,
                "seed_mode": "pool" if i < 2 else "per-student",
                "pool": [1, 2, 3, 4] if i < 2 else None,
            }
            for i, item in enumerate(item_ids)
        ),
    )
    seeds = 4
    write(
        Variant,
        (
            {
                "problem": problem,
                "version": 1,
                "seed": seed,
                "parameters": {"steps": seed},
                "options": {},
                "redraws": 0,
                "created_at": START,
            }
            for problem in dict.fromkeys(dealt)
            for seed in range(1, seeds + 1)
        ),
    )
    first = {problem: 1 + seeds * i for i, problem in enumerate(dict.fromkeys(dealt))}

    def made() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        for i, person in enumerate(people[1:]):
            able = chance.gauss(0, 1)
            at = START + timedelta(minutes=chance.randrange(20_000))
            for j, item in enumerate(item_ids):
                for number in range(1, attempts + 1):
                    at += timedelta(seconds=chance.randrange(20, 900))
                    right = chance.gauss(able, 1) > j / items * 3 - 1.5
                    id_ = new_id()
                    yield (
                        {
                            "id": id_,
                            "person_id": person,
                            "variant_id": first[dealt[j]] + i % seeds,
                            "form": "open",
                            "answers": {"w": ["0.123", "-0.456"]},
                            "created_at": at,
                            "item_id": item,
                            "number": number,
                            "digest": id_[:32],
                        },
                        {
                            "attempt_id": id_,
                            "key_version": 1,
                            "policy": "either",
                            "score": float(right),
                            "max_score": 1.0,
                            "correct": right,
                            "created_at": at,
                            "revision": 0,
                            "fields": [
                                {
                                    "name": "w",
                                    "score": float(right),
                                    "max_score": 1.0,
                                    "correct": right,
                                    "read_as": "[0.123, -0.456]",
                                    "read_as_latex": r"\begin{pmatrix}0.123\\-0.456\end{pmatrix}",
                                    "parts": [right, right],
                                    "mistake": None if right else chance.choice(MISTAKES),
                                    "feedback": {"en": "A sentence or two of feedback.", "zh": "一两句反馈。"},
                                }
                            ],
                        },
                    )

    grades: dict[tuple[str, str], dict[str, Any]] = {}
    pairs = made()
    while batch := list(islice(pairs, ROWS)):
        with database.write_engine.begin() as connection:
            connection.execute(insert(Attempt), [attempt for attempt, _ in batch])
            connection.execute(insert(Score), [score for _, score in batch])
        for attempt, score in batch:
            grade = grades.setdefault((attempt["item_id"], attempt["person_id"]), {"score": 0.0, "attempts": 0})
            grade |= {
                "score": max(grade["score"], 5 * score["score"]),
                "attempts": attempt["number"],
                "counted_attempt": attempt["id"],
                "last_activity": attempt["created_at"],
            }
    write(
        ItemGrade,
        (
            {
                "item_id": item,
                "person_id": person,
                "raw_share": grade["score"] / 5,
                "late": False,
                "overridden": False,
                "status": "graded",
                "updated_at": grade["last_activity"],
                **grade,
            }
            for (item, person), grade in grades.items()
        ),
    )
    with database.write_engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    return assignment


def measure(name: str, database: Database, run: Callable[[Session], object]) -> None:
    """The time on the clock and on the processor; then the memory, with tracing, which slows everything down."""
    with database.reading() as session:
        start, busy = time.perf_counter(), time.process_time()
        run(session)
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
    tracemalloc.start()
    with database.reading() as session:
        run(session)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    print(f"{name:42}{seconds:8.2f} s {busy:8.2f} s of a core {peak:8.1f} MiB", flush=True)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--students", type=int, default=10_000)
    options.add_argument("--items", type=int, default=20)
    options.add_argument("--attempts", type=int, default=5)
    options.add_argument("--url")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.url or f"sqlite:///{Path(folder) / 'haitang.db'}"
        migrate(url)
        database = Database(url)
        start = time.perf_counter()
        assignment = fill(database, given.students, given.items, given.attempts)
        print(f"filled in {time.perf_counter() - start:.0f} s\n")
        report(database, assignment)
        database.dispose()


def report(database: Database, assignment: str) -> None:
    with database.reading() as session:
        subject: Subject = find_subject(session, assignment, Principal(is_admin=True, via="token"))

    def consume(rows: Callable[[Session], Iterator[object]]) -> Callable[[Session], object]:
        return lambda session: deque(rows(session), maxlen=0)

    every = Wish()
    for sort in ("name", "total", "last_activity"):
        wish = Wish(sort=sort, descending=sort != "name")
        measure(
            f"gradebook, 50 lines by {sort}",
            database,
            lambda session, wish=wish: gradebook(session, subject, wish, limit=50),
        )
    searched = Wish(search="student 0999", section="B")
    measure(
        "gradebook, searched in one section", database, lambda session: gradebook(session, subject, searched, limit=50)
    )
    measure("summary", database, lambda session: summarise(subject, load_marks(session, subject)))
    measure("item analysis", database, lambda session: analyse_items(session, subject, load_marks(session, subject)))
    for count in (
        answers.attempts_by_item,
        answers.mistakes,
        answers.attempts_until_right,
        answers.median_seconds,
        answers.activity,
    ):
        measure(f"  {count.__name__}", database, lambda session, count=count: count(session, subject))
    measure("CSV", database, consume(lambda session: csv_blocks(gradebook_rows(session, subject, every), bom=True)))
    measure("XLSX", database, lambda session: write_xlsx([("Scores", gradebook_rows(session, subject, every))]).close())
    measure("attempts as JSON lines", database, consume(lambda session: attempt_lines(session, subject)))


if __name__ == "__main__":
    main()
