"""A large course with its attempts, in bulk rows, written as each database likes best.

A million attempts with their scores and grades take about half a minute. Who is able answers more, wrong answers show
mistakes that the exercises name, and times are those of people at work; the answers themselves are all alike.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select

from app.accounts.models import Person
from app.attempts.grade_models import ItemGrade
from app.attempts.models import Attempt, Score, Variant
from app.attempts.tally import Graded, tally
from app.core.database import Database
from app.core.ids import new_id
from app.courses.models import Assignment, Course, Enrolment, Item
from problems.catalogue import find
from problems.dealing import deal

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
PROBLEMS = ("1.4", "1.6", "1.7", "1.8", "1.9", "1.10", "2.3", "2.4", "c1.1", "c1.4")
MISTAKES = (None, None, "one-step-short", "momentum-sign", "bias-forgotten")
SEEDS = (1, 2, 3, 4)
ROWS = 20_000


def large_course(database: Database, students: int, problems: Sequence[str], attempts: int, *, printed: bool) -> str:
    """A course in which everybody has made so many attempts at every item, one an exercise; the assignment's id.

    `printed` deals the exercise as printed, where every second attempt gives 130 (which is wrong); else there are four
    variants of each.
    """
    seeds = (0,) if printed else SEEDS
    people = [new_id() for _ in range(students + 1)]
    items = [new_id() for _ in problems]
    with database.write_engine.begin() as connection:
        assignment = _set(connection, people, dict(zip(items, problems, strict=True)), attempts, printed=printed)
        variants = {problem: [_variant(connection, problem, seed) for seed in seeds] for problem in set(problems)}
        places = [(item, variants[problem]) for item, problem in zip(items, problems, strict=True)]
        made = _made(people[1:], places, attempts, printed=printed)
        while batch := list(islice(made, ROWS // attempts)):
            _write(connection, Attempt, (row for answered, _, _ in batch for row in answered))
            _write(connection, Score, (row for _, scores, _ in batch for row in scores))
            _write(connection, ItemGrade, (grade for _, _, grade in batch))
        connection.exec_driver_sql("ANALYZE")
    return assignment


def _set(
    connection: Connection, people: Sequence[str], items: Mapping[str, str], attempts: int, *, printed: bool
) -> str:
    course, assignment = new_id(), new_id()
    connection.execute(
        insert(Person),
        [
            {"id": person, "kind": "user", "created_at": START, "is_admin": not i}
            | {"name": f"Student {i:05}", "email": f"{person}@example.org"}
            for i, person in enumerate(people)
        ],
    )
    connection.execute(
        insert(Course),
        {"id": course, "title": "Neural computation", "time_zone": "Asia/Shanghai", "pass_mark": 0.6}
        | {"created_at": START, "created_by": people[0]},
    )
    connection.execute(
        insert(Enrolment),
        [
            {"id": new_id(), "course_id": course, "person_id": person, "role": "student" if i else "instructor"}
            | {"section": "ABCD"[i % 4], "student_number": f"2026{i:06}", "created_at": START}
            for i, person in enumerate(people)
        ],
    )
    connection.execute(
        insert(Assignment),
        {"id": assignment, "course_id": course, "title": "Problem set 3", "instructions": "", "counting": "best"}
        | {"attempts_allowed": 2 * attempts, "attempt_penalty": 0.0, "late_per_day": 0.1, "key_policy": "either"}
        | {"release": dict.fromkeys(("correctness", "diagnosis", "key", "solution"), "never"), "seed_secret": b"secret"}
        | {"published_at": START, "created_at": START, "updated_at": START, "version": 1},
    )
    for position, (item, problem) in enumerate(items.items(), start=1):
        pooled = not printed and position <= 2
        connection.execute(
            insert(Item),
            {"id": item, "assignment_id": assignment, "position": position, "problem": problem, "form": "open"}
            | {"points": 5.0, "seed_mode": "fixed" if printed else "pool" if pooled else "per-student"}
            | {"seed": 0 if printed else None, "pool": list(SEEDS) if pooled else None},
        )
    return assignment


def _variant(connection: Connection, problem: str, seed: int) -> int:
    known = (Variant.problem == problem, Variant.version == find(problem).version, Variant.seed == seed)
    stored: int | None = connection.execute(select(Variant.id).where(*known)).scalar()
    if stored is not None:
        return stored
    dealt = deal(find(problem), seed)
    row = {"problem": problem, "version": dealt.problem.version, "seed": seed, "parameters": dealt.parameters}
    made: int = connection.execute(
        insert(Variant).returning(Variant.id), row | {"options": {}, "redraws": dealt.redraws, "created_at": START}
    ).scalar_one()
    return made


def _made(
    people: Sequence[str], places: Sequence[tuple[str, Sequence[int]]], attempts: int, *, printed: bool
) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]]:
    """For every student and item: attempts, their scores, and the grade."""
    chance = random.Random(1)
    for i, person in enumerate(people):
        able, at, gap = chance.gauss(0, 1), START + timedelta(minutes=chance.randrange(20_000)), None
        for j, (item, variants) in enumerate(places):
            answered, scores = [], []
            for number in range(1, attempts + 1):
                if printed:
                    right, answers = number % 2 == 0, {"count": 128 if number % 2 == 0 else 130}
                else:
                    right, answers = chance.gauss(able, 1) > j / len(places) * 3 - 1.5, {"w": ["0.123", "-0.456"]}
                id_ = new_id()
                answered.append(
                    {"id": id_, "person_id": person, "variant_id": variants[i % len(variants)], "form": "open"}
                    | {"answers": answers, "created_at": at, "item_id": item, "number": number, "digest": id_}
                    | {"seconds": gap}
                )
                mistake = None if right else chance.choice(MISTAKES)
                scores.append(_score(id_, at, right=right, field=next(iter(answers)), mistake=mistake))
                gap = chance.randrange(20, 900)
                at += timedelta(seconds=gap)
            yield answered, scores, _grade(answered, scores)


def _score(attempt: str, at: datetime, *, right: bool, field: str, mistake: str | None) -> dict[str, Any]:
    share = float(right)
    return {
        "attempt_id": attempt,
        "key_version": 1,
        "policy": "either",
        "score": share,
        "max_score": 1.0,
        "correct": right,
        "created_at": at,
        "revision": 0,
        "fields": [
            {
                "name": field,
                "score": share,
                "max_score": 1.0,
                "correct": right,
                "read_as": "[0.123, -0.456]",
                "read_as_latex": r"\begin{pmatrix}0.123\\-0.456\end{pmatrix}",
                "parts": [right],
                "mistake": mistake,
                "feedback": {"en": "A sentence or two of feedback.", "zh": "一两句反馈。"},
            }
        ],
    }


def _grade(answered: Sequence[dict[str, Any]], scores: Sequence[dict[str, Any]]) -> dict[str, Any]:
    last = answered[-1]
    graded = [
        Graded(attempt["variant_id"], "open", score["correct"], score["fields"], attempt["seconds"])
        for attempt, score in zip(answered, scores, strict=True)
    ]
    right = [attempt for attempt, score in zip(answered, scores, strict=True) if score["correct"]]
    return {
        "item_id": last["item_id"],
        "person_id": last["person_id"],
        "score": 5.0 * bool(right),
        "raw_share": float(bool(right)),
        "attempts": len(answered),
        "counted_attempt": (right or answered)[0]["id"],
        "late": False,
        "overridden": False,
        "status": "graded",
        "last_activity": last["created_at"],
        "updated_at": last["created_at"],
        **tally(graded).as_row(),
    }


def _write(connection: Connection, table: Any, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert by the driver itself: COPY on PostgreSQL, one prepared statement on SQLite."""
    rows = list(rows)
    names, driver = list(rows[0]), connection.connection.cursor()
    columns = ", ".join(f'"{name}"' for name in names)
    if connection.dialect.name == "postgresql":
        with closing(driver), driver.copy(f"COPY {table.__tablename__} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([_cell(row[name]) for name in names])
    else:
        places = ", ".join("?" * len(names))
        values = ([_cell(row[name], naive=True) for name in names] for row in rows)
        driver.executemany(f"INSERT INTO {table.__tablename__} ({columns}) VALUES ({places})", values)


def _cell(value: Any, *, naive: bool = False) -> Any:
    if isinstance(value, datetime) and naive:
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else value
