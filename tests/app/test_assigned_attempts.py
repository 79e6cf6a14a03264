"""Answers in assignments: what is taken, until when, how often, what it is worth, and what its student is told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.attempts import grades, listeners
from app.attempts.grade_models import Draft, ItemGrade
from app.attempts.grade_queries import arrivals_of, overrides_of
from app.attempts.models import Attempt
from app.core.settings import Settings
from app.courses.dealing import seed_for
from app.courses.models import Assignment, Item
from app.main import create_app
from problems.catalogue import find
from problems.dealing import deal
from tests.backends import on_one_database

pytestmark = pytest.mark.anyio

API = "/api/v1"
DUE = datetime(2026, 10, 1, 16, tzinfo=UTC)
RIGHT = {"count": 128}  # exercise 1.4 as printed
OPEN = {"correctness": "at-once", "diagnosis": "at-once", "key": "after-due", "solution": "after-due"}


class Clock:
    """Stands still until it is set."""

    now = DUE - timedelta(days=2)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def app(settings: Settings, clock: Clock) -> AsyncIterator[FastAPI]:
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        yield app


# Taken


async def test_an_answer_is_graded_counted_and_told(classroom):
    room = await classroom(1)
    await room.assign({}, attempts_allowed=3)
    (student,) = room.students
    response = await room.answer(student, RIGHT)
    assert response.status_code == 201
    attempt = response.json()
    assert (attempt["correct"], attempt["number"], attempt["attempts_left"], attempt["late"]) == (True, 1, 2, False)
    assert attempt["seed"] is None
    grade = room.grade(student)
    assert (grade.score, grade.raw_share, grade.attempts, grade.counted_attempt) == (2.0, 1.0, 1, attempt["id"])
    assert (await student.client.get(response.headers["location"])).json() == attempt


async def test_every_student_has_numbers_of_their_own(classroom):
    room = await classroom(2)
    await room.assign({"problem": "1.6", "seed_mode": "per-student", "seed": None})
    first, second = [(await room.exercise(student))["data"] for student in room.students]
    assert first != second
    with room.app.state.service.database.reading() as session:
        item, assignment = session.get_one(Item, room.items[0]), session.get_one(Assignment, room.assignment)
        seed = seed_for(assignment, item, room.students[0].id)
    answers = deal(find("1.6"), seed).keys("open", "corrected")[0]
    assert (await room.answer(room.students[0], {"w": list(answers["w"])})).json()["correct"]
    assert not (await room.answer(room.students[1], {"w": list(answers["w"])})).json()["correct"]


async def test_an_unreadable_answer_spends_nothing(classroom):
    room = await classroom(1)
    await room.assign({}, attempts_allowed=1)
    refused = await room.answer(room.students[0], {"count": "many"})
    assert (refused.status_code, refused.json()["type"]) == (422, "/errors/unreadable-answers")
    assert (await room.answer(room.students[0], RIGHT)).status_code == 201


async def test_the_same_wrong_answer_again_is_told_and_spends_nothing(classroom):
    room = await classroom(1)
    await room.assign({}, attempts_allowed=2)
    (student,) = room.students
    first = await room.answer(student, {"count": 5})
    again = await room.answer(student, {"count": " 5.0 "})  # typed otherwise, read alike
    assert (again.status_code, again.json()["repeated"], again.json()["id"]) == (200, True, first.json()["id"])
    assert (room.count(Attempt), again.json()["attempts_left"]) == (1, 1)
    assert (await room.answer(student, RIGHT)).status_code == 201


async def test_coming_back_to_an_earlier_answer_is_new_where_the_last_counts(classroom):
    room = await classroom(1)
    await room.assign({}, counting="last")
    (student,) = room.students
    codes = [(await room.answer(student, {"count": count})).status_code for count in (5, 6, 6, 5)]
    assert codes == [201, 201, 200, 201]


async def test_a_retry_with_its_key_returns_the_first_result(classroom):
    room = await classroom(1)
    await room.assign({}, attempts_allowed=1)
    (student,) = room.students
    first = await room.answer(student, {"count": 5}, **{"Idempotency-Key": "k"})
    again = await room.answer(student, {"count": 5}, **{"Idempotency-Key": "k"})
    assert (again.status_code, again.content) == (201, first.content)
    other = await room.answer(student, {"count": 6}, **{"Idempotency-Key": "k"})
    assert other.json()["type"] == "/errors/idempotency-key-reused"


# How often


async def test_the_limit_is_exact_under_concurrent_submissions(classroom):
    room = await classroom(1)
    await room.assign({}, attempts_allowed=3)
    (student,) = room.students
    responses = await asyncio.gather(*(room.answer(student, {"count": count}) for count in range(20)))
    assert sorted(response.status_code for response in responses) == [201] * 3 + [403] * 17
    assert {response.json()["type"] for response in responses if response.status_code == 403} == {
        "/errors/no-attempts-left"
    }
    assert (room.count(Attempt), room.grade(student).attempts) == (3, 3)


async def test_the_limit_is_exact_between_processes(classroom, settings: Settings, clock: Clock):
    """Two services on one database, each with a writer of its own."""
    room = await classroom(1)
    await room.assign({}, attempts_allowed=3)
    (student,) = room.students
    other = create_app(settings, clock=clock)
    async with other.router.lifespan_context(other):
        transport = httpx.ASGITransport(other)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://haitang.test", headers=dict(student.client.headers)
        ) as client:
            bodies = [
                {"assignment": room.assignment, "item": room.items[0], "answers": {"count": count}}
                for count in range(16)
            ]
            responses = await asyncio.gather(
                *(
                    (client if place % 2 else student.client).post(f"{API}/attempts", json=body)
                    for place, body in enumerate(bodies)
                )
            )
    assert sorted(response.status_code for response in responses) == [201] * 3 + [403] * 13
    assert room.count(Attempt) == 3


@on_one_database
async def test_an_extension_gives_more_attempts(classroom):
    room = await classroom(2)
    await room.assign({}, attempts_allowed=1)
    lucky, other = room.students
    made = await room.teacher.client.post(
        f"{API}/assignments/{room.assignment}/extensions",
        json={"person_id": lucky.id, "extra_attempts": 1, "reason": "ill"},
    )
    assert made.status_code == 201, made.text
    assert [(await room.answer(lucky, {"count": n})).status_code for n in (1, 2, 3)] == [201, 201, 403]
    assert [(await room.answer(other, {"count": n})).status_code for n in (1, 2)] == [201, 403]


# Until when


@on_one_database
async def test_the_deadline_is_exact(classroom, clock: Clock):
    room = await classroom(1)
    await room.assign(
        {},
        opens_at=(DUE - timedelta(days=1)).isoformat(),
        due_at=DUE.isoformat(),
        closes_at=(DUE + timedelta(days=3)).isoformat(),
        late_per_day=0.25,
        counting="last",
    )
    (student,) = room.students
    seen = []
    for place, moment in enumerate(
        (
            DUE - timedelta(days=1, microseconds=1),
            DUE - timedelta(days=1),
            DUE,
            DUE + timedelta(microseconds=1),
            DUE + timedelta(days=1),
            DUE + timedelta(days=1, microseconds=1),
            DUE + timedelta(days=3),
            DUE + timedelta(days=3, microseconds=1),
        )
    ):
        clock.now = moment
        # A right answer in ever new writing would be the same; where the last counts, a wrong one in between is not.
        await room.answer(student, {"count": place})
        response = await room.answer(student, RIGHT)
        grade = room.grade(student)
        seen.append((response.status_code, grade and (grade.score, grade.late)))
    assert seen == [
        (403, None),
        (201, (2.0, False)),
        (201, (2.0, False)),
        (201, (1.5, True)),
        (201, (1.5, True)),
        (201, (1.0, True)),
        (201, (0.5, True)),
        (403, (0.5, True)),
    ]


@on_one_database
async def test_an_extension_given_later_takes_the_lateness_away(classroom, clock: Clock):
    room = await classroom(2)
    await room.assign({}, due_at=DUE.isoformat(), late_per_day=0.5)
    clock.now = DUE + timedelta(hours=1)
    for student in room.students:
        await room.answer(student, RIGHT)
    assert [room.grade(student).score for student in room.students] == [1.0, 1.0]
    made = await room.teacher.client.post(
        f"{API}/assignments/{room.assignment}/extensions",
        json={"section": "B", "due_at": (DUE + timedelta(days=1)).isoformat(), "reason": "train strike"},
    )
    assert made.status_code == 201, made.text
    assert [(room.grade(student).score, room.grade(student).late) for student in room.students] == [
        (1.0, True),
        (2.0, False),
    ]


@on_one_database
async def test_what_arrived_in_time_counts_however_long_the_grading_takes(classroom, clock: Clock):
    room = await classroom(1)
    await room.assign({}, closes_at=DUE.isoformat())
    clock.now = DUE
    variants = room.app.state.service.variants
    compute = variants.compute

    async def slowly(*arguments: Any) -> Any:
        clock.now = DUE + timedelta(hours=1)
        return await compute(*arguments)

    variants.compute = slowly
    assert (await room.answer(room.students[0], RIGHT)).status_code == 201


# What it is worth


@pytest.mark.parametrize(
    ("counting", "points"),
    # Half right, wrong, right in exercise 2.1 would need partial scores; 1.4 is right or wrong: 0, 1, 0 less penalties.
    [("best", 1.6), ("first", 0.0), ("last", 0.0), ("average", pytest.approx(1.6 / 3))],
)
@on_one_database
async def test_which_attempt_counts(classroom, counting: str, points: float):
    room = await classroom(1)
    await room.assign({}, counting=counting, attempt_penalty=0.2)
    (student,) = room.students
    for answers in ({"count": 1}, RIGHT, {"count": 2}):
        assert (await room.answer(student, answers)).status_code == 201
    assert room.grade(student).score == points


@on_one_database
async def test_changing_the_rules_derives_every_grade_again(classroom):
    room = await classroom(1)
    await room.assign({}, counting="first")
    (student,) = room.students
    for answers in ({"count": 1}, RIGHT):
        await room.answer(student, answers)
    assert room.grade(student).score == 0.0
    changed = await room.teacher.client.patch(f"{API}/assignments/{room.assignment}", json={"counting": "best"})
    assert changed.status_code == 200, changed.text
    assert room.grade(student).score == 2.0


async def test_replaying_all_attempts_gives_the_stored_grades(classroom):
    room = await classroom(4)
    await room.assign({}, {"problem": "1.1", "form": "choice", "points": 3}, counting="average", attempt_penalty=0.1)
    for place, student in enumerate(room.students):
        for count in range(place):
            await room.answer(student, {"count": 128 - count})
            await room.answer(student, {"answer": "ABCD"[count]}, item=1)
    with room.app.state.service.database.reading() as session:
        assignment = session.get_one(Assignment, room.assignment)
        for item_id in room.items:
            item = session.get_one(Item, item_id)
            arrivals = arrivals_of(session, item_id)
            replayed = grades.derive(
                grades.marking_of(session, item, assignment), arrivals, overrides_of(session, item_id), arrivals
            )
            stored = {
                row.person_id: (row.score, row.raw_share, row.attempts, row.counted_attempt, row.late, row.status)
                for row in session.scalars(select(ItemGrade).where(ItemGrade.item_id == item_id))
            }
            assert stored == {
                person: (each.score, each.share, each.attempts, each.counted, each.late, each.status)
                for person, each in replayed.items()
            }
            assert len(stored) == 3


async def test_who_listens_is_told_of_a_changed_grade_in_its_transaction(classroom, monkeypatch: pytest.MonkeyPatch):
    room = await classroom(1)
    await room.assign({}, counting="last")
    (student,) = room.students
    told: list[listeners.GradeChange] = []
    monkeypatch.setattr(listeners, "_listeners", [lambda _session, changes: told.extend(changes)])
    for count in (5, 6, 128):  # the second wrong answer changes no score, and leaves one attempt less
        await room.answer(student, {"count": count})
    assert [(each.person_id, each.before, each.after, each.points) for each in told] == [
        (student.id, None, 0.0, 2.0),
        (student.id, 0.0, 0.0, 2.0),
        (student.id, 0.0, 2.0, 2.0),
    ]

    def fail(_session: Any, _changes: Any) -> None:
        raise RuntimeError("the outbox is full")

    monkeypatch.setattr(listeners, "_listeners", [fail])
    assert (await room.answer(student, {"count": 7})).status_code == 500
    assert (room.count(Attempt), room.grade(student).score) == (3, 2.0)


# What is told


@on_one_database
async def test_nothing_is_told_before_its_release(classroom, clock: Clock):
    release = dict.fromkeys(OPEN, "after-due")
    room = await classroom(1)
    await room.assign({}, due_at=DUE.isoformat(), release=release, attempts_allowed=5)
    (student,) = room.students
    right, wrong = [(await room.answer(student, each)).json() for each in (RIGHT, {"count": 5})]
    for attempt in (right, wrong):
        assert (attempt["score"], attempt["correct"]) == (None, None)
        (field,) = attempt["fields"]
        assert (field["score"], field["correct"], field["parts"], field["mistake"]) == (None, None, [], None)
    # A right answer that comes again is known too, or its silence would tell that it is right.
    assert (await room.answer(student, RIGHT)).json()["repeated"]
    exercise = await room.exercise(student)
    assert (exercise["key"], exercise["solution"], exercise["grade"]["score"]) == (None, None, None)
    listed = (await student.client.get(f"{API}/attempts")).json()["items"]
    assert [each["correct"] for each in listed] == [None, None]
    clock.now = DUE + timedelta(microseconds=1)
    exercise = await room.exercise(student)
    assert (exercise["key"], exercise["grade"]["score"]) == ({"count": "128"}, 2.0)
    assert exercise["solution"]["en"]
    assert (await student.client.get(f"{API}/attempts/{wrong['id']}")).json()["correct"] is False


@on_one_database
async def test_who_may_see_an_attempt(classroom):
    room = await classroom(2)
    await room.assign({}, release=dict.fromkeys(OPEN, "never"))
    mine, other = room.students
    attempt = (await room.answer(mine, RIGHT)).json()["id"]
    assert (await other.client.get(f"{API}/attempts/{attempt}")).status_code == 404
    seen = (await room.teacher.client.get(f"{API}/attempts/{attempt}")).json()
    assert (seen["correct"], seen["seed"]) == (True, 0)


@on_one_database
async def test_only_students_of_the_course_answer(classroom, account):
    room = await classroom(1)
    await room.assign({})
    stranger = await account("stranger")
    assert (await room.answer(stranger, RIGHT)).status_code == 404
    assert (await room.answer(room.teacher, RIGHT)).status_code == 403
    async with httpx.AsyncClient(transport=httpx.ASGITransport(room.app), base_url="http://haitang.test") as nobody:
        body = {"assignment": room.assignment, "item": room.items[0], "answers": RIGHT}
        assert (await nobody.post(f"{API}/attempts", json=body)).status_code == 401


# Drafts


async def test_a_draft_is_kept_until_the_answer_is_given(classroom):
    room = await classroom(1)
    await room.assign({})
    (student,) = room.students
    address = f"{API}/assignments/{room.assignment}/items/{room.items[0]}/draft"
    for count in ("1", "15"):
        saved = await student.client.put(address, json={"answers": {"count": count}})
        assert saved.status_code == 200, saved.text
    assert (await student.client.get(address)).json()["answers"] == {"count": "15"}
    assert (await room.exercise(student))["draft"]["answers"] == {"count": "15"}
    assert (room.count(Draft), room.count(Attempt)) == (1, 0)
    await room.answer(student, RIGHT)
    assert (await student.client.get(address)).json() == {"answers": {}, "updated_at": None}
