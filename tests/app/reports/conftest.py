"""A small course in which some have answered, whose figures can be checked by hand."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app.accounts import sessions
from app.accounts.models import Person
from app.attempts.grade_models import ItemGrade
from app.attempts.models import Attempt, Score, Variant
from app.attempts.upkeep import derive_again
from app.core.ids import new_id
from app.courses.models import Assignment, Course, Enrolment, Item

START = datetime(2026, 3, 2, 15, 50, tzinfo=UTC)  # ten minutes before midnight in Shanghai

# Attempts of each student at the two items: (right or not, the mistake). The second item is worth 4 points.
WRONG = (False, "threshold-zero")
ANSWERS: dict[str, tuple[list[tuple[bool, str | None]], ...]] = {
    "Ada": ([(True, None)], [WRONG, WRONG, (True, None)]),
    "Ben": ([(True, None)], [WRONG]),
    "Chi": ([(False, None), (True, None)], []),
    "=SUM(1+1)": ([(False, None)], [(False, "hinge")]),
}


@dataclass
class Taught:
    """A course with four students who have answered, one who has not, and one who has left."""

    assignment: str
    course: str
    people: dict[str, str]
    teacher: str
    items: tuple[str, str]
    instructor: httpx.AsyncClient
    student: httpx.AsyncClient
    stranger: httpx.AsyncClient

    @property
    def path(self) -> str:
        return f"/api/v1/assignments/{self.assignment}"


@pytest.fixture
async def taught(app, account) -> Taught:
    teacher, student, stranger = [await account(name) for name in ("teacher", "student", "stranger")]
    course, assignment, items = new_id(), new_id(), (new_id(), new_id())
    people = {name: new_id() for name in (*ANSWERS, "Eve", "Gone")}

    def fill(session: Session) -> None:
        add = session.connection().execute
        for name, person in people.items():
            add(insert(Person), {"id": person, "kind": "user", "created_at": START, "name": name, "is_admin": False})
        add(
            insert(Course),
            {
                "id": course,
                "title": "Neural computation",
                "time_zone": "Asia/Shanghai",
                "pass_mark": 0.5,
                "created_at": START,
                "created_by": teacher.id,
            },
        )
        roles = [(teacher.id, "instructor", None), (student.id, "student", None)]
        roles += [(person, "student", "AB"[i % 2]) for i, person in enumerate(people.values())]
        for number, (person, role, section) in enumerate(roles):
            add(
                insert(Enrolment),
                {
                    "id": new_id(),
                    "course_id": course,
                    "person_id": person,
                    "role": role,
                    "section": section,
                    "student_number": f"{number:03}",
                    "created_at": START,
                    "ended_at": START if person == people["Gone"] else None,
                },
            )
        add(
            insert(Assignment),
            {
                "id": assignment,
                "course_id": course,
                "title": "Problem set 3",
                "instructions": "",
                "counting": "best",
                "attempt_penalty": 0.0,
                "late_per_day": 0.0,
                "key_policy": "either",
                "release": {},
                "seed_secret": b"x",
                "published_at": START,
                "created_at": START,
                "updated_at": START,
                "version": 1,
            },
        )
        for place, (item, problem, points) in enumerate(zip(items, ("1.8", "1.6"), (2.0, 4.0), strict=True)):
            add(
                insert(Item),
                {
                    "id": item,
                    "assignment_id": assignment,
                    "position": place,
                    "problem": problem,
                    "form": "open",
                    "points": points,
                    "seed_mode": "shared",
                },
            )
        answer(add)
        for item in items:
            derive_again(session, item, START)
        session.execute(update(ItemGrade).where(ItemGrade.person_id == people["Ben"]).values(late=True))

    def answer(add: Callable[..., Any]) -> None:
        variants = [
            add(
                insert(Variant).returning(Variant.id),
                {
                    "problem": problem,
                    "version": 1,
                    "seed": 7,
                    "parameters": {"steps": 2},
                    "options": {},
                    "redraws": 0,
                    "created_at": START,
                },
            ).scalar_one()
            for problem in ("1.8", "1.6")
        ]
        # Whoever has left answered, too, and so did a student of no course; neither counts.
        given = ANSWERS | {"Gone": ([(True, None)], [(True, None)])}
        for name, answers in given.items():
            at = START
            for item, variant, tries in zip(items, variants, answers, strict=True):
                for number, (right, mistake) in enumerate(tries, start=1):
                    at += timedelta(minutes=4)
                    attempt = {
                        "id": new_id(),
                        "person_id": people[name],
                        "variant_id": variant,
                        "form": "open",
                        "answers": {"w": ["1", "2"]},
                        "created_at": at,
                        "item_id": item,
                        "number": number,
                        "digest": "0",
                        "seconds": None if at == START + timedelta(minutes=4) else 240,
                    }
                    add(insert(Attempt), attempt)
                    part = {
                        "name": "w",
                        "score": float(right),
                        "max_score": 1.0,
                        "correct": right,
                        "read_as": "(1, 2)",
                        "mistake": mistake,
                        "parts": [],
                        "feedback": {"en": "", "zh": ""},
                    }
                    score = {
                        "attempt_id": attempt["id"],
                        "key_version": 1,
                        "policy": "either",
                        "max_score": 1.0,
                        "created_at": at,
                        "revision": 0,
                    }
                    # An older score, which a regrade has replaced, counts nowhere.
                    add(insert(Score), score | {"score": 0.0, "correct": False, "fields": [part | {"mistake": "old"}]})
                    add(insert(Score), score | {"score": float(right), "correct": right, "fields": [part]})

    await app.state.service.writer.write(fill)
    return Taught(assignment, course, people, teacher.id, items, teacher.client, student.client, stranger.client)


@pytest.fixture
async def browser(taught, app, browse, settings) -> AsyncIterator[httpx.AsyncClient]:
    """The instructor, signed in with a browser."""
    async with browse(app) as client:

        def begin(session: Session) -> str:
            return sessions.begin(session, taught.teacher, "", settings, app.state.service.clock())

        client.cookies.set(sessions.COOKIE, await app.state.service.writer.write(begin))
        yield client
