"""Regrades: the preview is what the regrade does, only what is concerned is graded again, and undoing restores all."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.audit import verify
from app.accounts.models import AuditEntry
from app.attempts import grades, regrade
from app.attempts.grade_models import ItemGrade
from app.attempts.grade_queries import GRADES, arrivals_of, overrides_of
from app.attempts.models import Attempt, Score
from app.courses.models import Assignment, Item
from tests.backends import on_one_database

pytestmark = pytest.mark.anyio

API = "/api/v1"
ANSWERS = (128, 130, 5)  # the key of exercise 1.4 as printed, and two wrong answers


async def answered(classroom: Any, **settings: Any) -> Any:
    """Three students who answered 1.4: right, with 130, with 5; then the first one wrong too."""
    room = await classroom(3)
    await room.assign({}, **settings)
    for student, count in zip(room.students, ANSWERS, strict=True):
        assert (await room.answer(student, {"count": count})).status_code == 201
    await room.answer(room.students[0], {"count": 7})
    return room


def scores(room: Any, item: int = 0) -> list[float | None]:
    return [grade and grade.score for grade in (room.grade(student, item) for student in room.students)]


def rows(room: Any) -> list[tuple[Any, ...]]:
    """The grades in all their columns, but for the moment in which they were written."""
    columns = [column for column in GRADES.columns if column.name != "updated_at"]
    with room.app.state.service.database.reading() as session:
        return sorted(map(tuple, session.execute(select(*columns))), key=str)


async def preview(room: Any, **settings: Any) -> dict[str, Any]:
    found = await room.teacher.client.post(
        f"{API}/assignments/{room.assignment}/regrades/preview", json={"item": room.items[0], "settings": settings}
    )
    assert found.status_code == 200, found.text
    return found.json()


async def apply(room: Any, digest: str | None = None, **settings: Any) -> Any:
    return await room.teacher.client.post(
        f"{API}/assignments/{room.assignment}/regrades",
        json={"item": room.items[0], "settings": settings, "reason": "The key was wrong.", "preview": digest},
    )


async def undo(room: Any, regrade_id: str) -> Any:
    return await room.teacher.client.post(
        f"{API}/assignments/{room.assignment}/regrades/{regrade_id}/undo", json={"reason": "It was right after all."}
    )


KEY = {"keys": {"0": {"count": 130}}}


@pytest.mark.parametrize(
    ("changed", "after", "recomputed", "rescored"),
    [
        (KEY, [0.0, 2.0, 0.0], 4, 2),
        ({"points": 5}, [5.0, 0.0, 0.0], 0, 0),
        ({"award": "void"}, [None, None, None], 0, 0),
        ({"award": "full"}, [2.0, 2.0, 2.0], 0, 0),
        (KEY | {"points": 1}, [0.0, 1.0, 0.0], 4, 2),
        ({"key_policy": "published"}, [2.0, 0.0, 0.0], 0, 0),
    ],
    ids=["key", "points", "void", "full", "key-and-points", "policy"],
)
async def test_the_preview_is_what_is_applied_and_undoing_restores(
    classroom, changed: dict[str, Any], after: list[float | None], recomputed: int, rescored: int
):
    room = await answered(classroom)
    before, before_rows = scores(room), rows(room)
    shown = await preview(room, **changed)
    assert scores(room) == before
    assert (shown["recomputed"], shown["rescored"]) == (recomputed, rescored)
    predicted = {each["person_id"]: (each["before"], each["after"]) for each in shown["changes"]}
    assert predicted == {
        student.id: (old, new) for student, old, new in zip(room.students, before, after, strict=True) if old != new
    }
    done = await apply(room, shown["digest"], **changed)
    assert done.status_code == 201, done.text
    assert scores(room) == after
    assert {each["person_id"]: (each["before"], each["after"]) for each in done.json()["changes"]} == predicted
    assert (await undo(room, done.json()["id"])).json()["state"] == "undone"
    assert (scores(room), rows(room)) == (before, before_rows)


async def test_it_is_one_event_of_the_audit_log_and_undoing_another(classroom):
    room = await answered(classroom)
    done = (await apply(room, **KEY)).json()
    await undo(room, done["id"])
    with room.app.state.service.database.reading() as session:
        events = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == done["id"]).order_by(AuditEntry.id)
        ).all()
        assert [event.action for event in events] == ["regrade.apply", "regrade.undo"]
        assert events[0].detail["after"]["keys"] == {"0": {"count": 130}}
        assert room.grade(room.students[0]).updated_at == events[1].at
        assert verify(session).holds


async def test_answers_after_a_regrade_are_graded_by_it_and_again_when_it_is_undone(classroom):
    room = await answered(classroom)
    done = (await apply(room, **KEY)).json()
    late = (await room.answer(room.students[2], {"count": 130})).json()
    assert (late["correct"], scores(room)[2]) == (True, 2.0)
    await undo(room, done["id"])
    assert scores(room) == [2.0, 0.0, 0.0]
    assert (await room.students[2].client.get(f"{API}/attempts/{late['id']}")).json()["correct"] is False


async def test_regrades_are_undone_in_order(classroom):
    room = await answered(classroom)
    first = (await apply(room, **KEY)).json()["id"]
    second = (await apply(room, points=4)).json()["id"]
    refused = await undo(room, first)
    assert (refused.status_code, scores(room)) == (409, [0.0, 4.0, 0.0])
    assert (await undo(room, second)).status_code == 200
    assert scores(room) == [0.0, 2.0, 0.0]
    assert (await undo(room, second)).status_code == 409
    third = (await apply(room, award="full")).json()["id"]
    assert (await undo(room, third)).status_code == 200
    assert (await undo(room, first)).status_code == 200
    assert scores(room) == [2.0, 0.0, 0.0]


async def test_an_override_is_kept_through_a_regrade(classroom):
    room = await answered(classroom)
    address = f"{API}/assignments/{room.assignment}/items/{room.items[0]}/overrides"
    student = room.students[1]
    body = {"person_id": student.id, "points": 1.5, "reason": "right on paper"}
    assert (await room.teacher.client.post(address, json=body)).status_code == 201
    shown = await preview(room, **KEY)
    assert [each["person_id"] for each in shown["changes"]] == [room.students[0].id]
    done = (await apply(room, **KEY)).json()
    assert (room.grade(student).score, room.grade(student).overridden) == (1.5, True)
    await room.answer(student, {"count": 9})
    assert room.grade(student).score == 1.5
    assert (await room.teacher.client.post(address, json=body | {"points": None})).status_code == 201
    assert (room.grade(student).score, room.grade(student).overridden) == (2.0, False)
    await undo(room, done["id"])
    assert room.grade(student).score == 0.0
    assert [each["points"] for each in (await room.teacher.client.get(address)).json()["items"]] == [None, 1.5]


@on_one_database
async def test_full_points_go_to_students_who_have_not_answered_too(classroom):
    room = await classroom(2)
    await room.assign({})
    await room.answer(room.students[0], {"count": 5})
    done = (await apply(room, award="full")).json()
    assert scores(room) == [2.0, 2.0]
    await undo(room, done["id"])
    assert scores(room) == [0.0, None]
    assert room.grade(room.students[1]) is None


@on_one_database
async def test_only_answers_to_the_variant_whose_key_changes_are_graded_again(classroom):
    room = await classroom(2)
    await room.assign({"seed_mode": "pool", "seed": None, "pool": [1, 2, 3, 4, 5, 6, 7, 8]})
    for student in room.students:
        await room.answer(student, {"count": 1})
    attempts = (await room.teacher.client.get(f"{API}/attempts")).json()["items"]
    assert attempts == []  # the teacher's own
    with room.app.state.service.database.reading() as session:
        ids = session.scalars(select(Attempt.id).order_by(Attempt.id)).all()
    seeds = [(await room.teacher.client.get(f"{API}/attempts/{id_}")).json()["seed"] for id_ in ids]
    shown = await preview(room, keys={str(seeds[0]): {"count": 1}})
    same = seeds.count(seeds[0])
    assert (shown["recomputed"], shown["students"]) == (same, same)


@on_one_database
async def test_a_wider_tolerance(classroom):
    room = await classroom(1)
    await room.assign({"problem": "1.6"})
    (student,) = room.students
    near = ["-0.53", "1.22", "-1.05", "-0.44"]
    assert (await room.answer(student, {"w": near})).json()["correct"] is False
    done = await apply(room, tolerance={"kind": "absolute", "value": 0.01})
    assert (done.json()["rescored"], scores(room)) == (1, [2.0])
    assert (await room.exercise(student))["fields"][0]["tolerance"] == 0.01
    await undo(room, done.json()["id"])
    assert scores(room) == [0.0]
    assert (await room.exercise(student))["fields"][0]["tolerance"] != 0.01


@on_one_database
async def test_a_preview_that_is_not_true_any_more_is_not_applied(classroom):
    room = await answered(classroom)
    digest = (await preview(room, **KEY))["digest"]
    await room.answer(room.students[2], {"count": 130})
    refused = await apply(room, digest, **KEY)
    assert (refused.status_code, refused.json()["type"]) == (409, "/errors/conflict")
    assert (await apply(room, (await preview(room, **KEY))["digest"], **KEY)).status_code == 201


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"keys": {"0": {"count": "many"}}}, "/settings/keys/0/count"),
        ({"keys": {"0": {"sum": 1}}}, "/settings/keys/0/sum"),
        ({"keys": {"99": {"count": 1}}}, "/settings/keys/99"),
        ({"points": -1}, "/settings/points"),
        ({"award": "double"}, "/settings/award"),
    ],
)
@on_one_database
async def test_settings_that_cannot_be_used_are_refused(classroom, changed: dict[str, Any], pointer: str):
    room = await answered(classroom)
    refused = await apply(room, **changed)
    assert refused.status_code == 422
    assert pointer in {fault["pointer"] for fault in refused.json()["errors"]}
    assert scores(room) == [2.0, 0.0, 0.0]


@on_one_database
async def test_students_neither_preview_nor_regrade(classroom):
    room = await answered(classroom)
    room.teacher = room.students[0]
    assert (await apply(room, award="full")).status_code == 403
    address = f"{API}/assignments/{room.assignment}/regrades"
    assert (await room.teacher.client.post(f"{address}/preview", json={"item": room.items[0]})).status_code == 403
    assert (await room.teacher.client.get(address)).status_code == 403


async def test_a_long_regrade_goes_through_in_parts_while_answers_arrive(classroom, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(regrade, "WHOLE", 0)
    monkeypatch.setattr(regrade, "PART", 1)
    room = await answered(classroom)
    before = rows(room)
    done, *_ = await asyncio.gather(
        apply(room, **KEY),
        *(room.answer(student, {"count": 130}) for student in room.students),
    )
    assert (done.status_code, done.json()["state"]) == (201, "applied")
    replay(room)
    undone = await undo(room, done.json()["id"])
    assert undone.json()["state"] == "undone"
    replay(room)
    assert scores(room) == [2.0, 0.0, 0.0]
    assert len(rows(room)) == len(before)


async def test_a_regrade_that_was_cut_short_is_taken_up_again(classroom, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(regrade, "WHOLE", 0)
    room = await answered(classroom)

    async def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("the power went off")

    with monkeypatch.context() as patch:
        patch.setattr(regrade, "_go_on", crash)
        assert (await apply(room, **KEY)).status_code == 500
    address = f"{API}/assignments/{room.assignment}/regrades"
    (half,) = (await room.teacher.client.get(address)).json()["items"]
    assert half["state"] == "applying"
    assert (await apply(room, points=9)).status_code == 409
    for _ in range(2):
        finished = await room.teacher.client.post(f"{address}/{half['id']}/resume")
        assert (finished.status_code, finished.json()["state"]) == (200, "applied")
    assert scores(room) == [0.0, 2.0, 0.0]
    with room.app.state.service.database.reading() as session:
        regraded = session.scalars(select(Score.attempt_id).where(Score.revision == 1)).all()
    assert len(regraded) == len(set(regraded)) == 2


def replay(room: Any) -> None:
    """Every stored grade is what the attempts come to."""
    with room.app.state.service.database.reading() as session:
        assignment = session.get_one(Assignment, room.assignment)
        for item in (session.get_one(Item, id_) for id_ in room.items):
            arrivals = arrivals_of(session, item.id)
            marking = grades.marking_of(session, item, assignment)
            derived = grades.derive(marking, arrivals, overrides_of(session, item.id), arrivals)
            stored = {
                row.person_id: row for row in session.scalars(select(ItemGrade).where(ItemGrade.item_id == item.id))
            }
            assert {person: (row.score, row.counted_attempt) for person, row in stored.items()} == {
                person: (each.score, each.counted) for person, each in derived.items()
            }
