"""Items that are void leave every total; points for all reach whoever is a student, then or later."""

import csv
import io
from typing import Any

import pytest

from app.attempts.grade_models import ItemGrade

pytestmark = pytest.mark.anyio

API = "/api/v1"


async def award(room: Any, kind: str, item: int = 0) -> str:
    body = {"item": room.items[item], "settings": {"award": kind}, "reason": "so decided"}
    done = await room.teacher.client.post(f"{API}/assignments/{room.assignment}/regrades", json=body)
    assert done.status_code == 201, done.text
    return done.json()["id"]


async def report(room: Any) -> Any:
    found = await room.teacher.client.get(f"{API}/assignments/{room.assignment}/report")
    assert found.status_code == 200, found.text
    return found.json()


async def totals(room: Any) -> dict[str, float]:
    return {line["name"]: line["total"] for line in (await report(room))["gradebook"]["items"]}


@pytest.fixture
async def room(classroom) -> Any:
    """Two students, two items of 2 and 3 points: one student right in both, the other in the second."""
    room = await classroom(2)
    await room.assign({}, {"points": 3})
    for student, counts in zip(room.students, ((128, 128), (1, 128)), strict=True):
        for item, count in enumerate(counts):
            await room.answer(student, {"count": count}, item)
    return room


async def test_a_void_item_leaves_every_total(room):
    await award(room, "void")
    found = await report(room)
    assert await totals(room) == {"s0": 3, "s1": 3}
    assert (found["summary"]["max_points"], found["assignment"]["max_points"]) == (3, 3)
    assert found["summary"]["statistics"]["mean"] == 3
    assert found["summary"]["histogram"][-1] == 2
    void, other = found["items"]
    assert (void["award"], void["statistics"]["facility"], other["statistics"]["facility"]) == ("void", None, 1)
    lines = list(
        csv.DictReader(
            io.StringIO((await room.teacher.client.get(f"{API}/assignments/{room.assignment}/report.csv")).text)
        )
    )
    assert [(line["total"], line["of"]) for line in lines] == [("3", "3"), ("3", "3")]
    assert {line[key] for line in lines for key in line if key.startswith("1.4")} <= {"", "3"}
    student = room.students[0].client
    assert (await student.get(f"{API}/assignments/{room.assignment}")).json()["points"] == 3
    listed = (await student.get(f"{API}/courses/{room.course}/assignments")).json()["items"]
    assert [each["points"] for each in listed] == [3]


async def test_all_items_void(room):
    await award(room, "void", 0)
    await award(room, "void", 1)
    found = await report(room)
    assert (found["summary"]["max_points"], found["summary"]["statistics"]["mean"]) == (0, None)
    assert await totals(room) == {"s0": 0, "s1": 0}


async def come(room: Any, account: Any, way: str) -> Any:
    """A student who takes part from now on."""
    newcomer = await account("newcomer")
    teacher = room.teacher.client
    match way:
        case "enrolled":
            body = {"email": newcomer.email, "role": "student"}
            done = await teacher.post(f"{API}/courses/{room.course}/enrolments", json=body)
        case "listed":
            body = {"csv": f"email,section\n{newcomer.email},A\n", "apply": True}
            done = await teacher.post(f"{API}/courses/{room.course}/class-list", json=body)
        case _:
            invited = await teacher.post(f"{API}/courses/{room.course}/invitations", json={"role": "student"})
            token = invited.json()["path"].rsplit("/", 1)[-1]
            done = await newcomer.client.post(f"{API}/me/enrolments", json={"token": token})
    assert done.status_code < 300, done.text
    return newcomer


@pytest.mark.parametrize("way", ["enrolled", "listed", "invited"])
async def test_points_for_all_reach_who_comes_later(room, account, way: str):
    await award(room, "full")
    newcomer = await come(room, account, way)
    assert await totals(room) == {"s0": 5, "s1": 5, "newcomer": 2}
    grade = room.grade(newcomer)
    assert (grade.score, grade.attempts, grade.last_activity) == (2, 0, None)
    assert room.grade(newcomer, item=1) is None


async def test_points_for_all_are_taken_back_from_who_never_answered(room, account):
    regrade = await award(room, "full")
    newcomer = await come(room, account, "enrolled")
    undone = await room.teacher.client.post(
        f"{API}/assignments/{room.assignment}/regrades/{regrade}/undo", json={"reason": "no"}
    )
    assert undone.json()["state"] == "undone"
    assert (room.grade(newcomer), room.grade(room.students[1]).score) == (None, 0)


async def test_who_leaves_has_no_points_for_all_and_who_comes_back_has_them_again(room, account):
    await award(room, "full")
    newcomer = await come(room, account, "enrolled")
    listed = (await room.teacher.client.get(f"{API}/courses/{room.course}/enrolments?search=newcomer")).json()
    address = f"{API}/enrolments/{listed['items'][0]['id']}"
    for change, points in (({"ended": True}, None), ({"ended": False}, 2), ({"role": "assistant"}, None)):
        assert (await room.teacher.client.patch(address, json=change)).status_code == 200
        grade = room.grade(newcomer)
        assert (grade and grade.score) == points, change
    assert room.count(ItemGrade) == 4


async def test_a_student_who_changes_sections_has_the_dates_of_the_new_one(classroom):
    room = await classroom(2)
    past = {"due_at": "2020-01-01T00:00:00Z", "closes_at": "2099-01-01T00:00:00Z", "late_per_day": 1}
    await room.assign({}, **past)
    body = {"section": "B", "due_at": "2099-01-01T00:00:00Z", "reason": "excursion"}
    given = await room.teacher.client.post(f"{API}/assignments/{room.assignment}/extensions", json=body)
    assert given.status_code == 201, given.text
    student = room.students[0]
    await room.answer(student, {"count": 128})
    assert (room.grade(student).score, room.grade(student).late) == (0, True)
    listed = (await room.teacher.client.get(f"{API}/courses/{room.course}/enrolments?search=s0")).json()
    await room.teacher.client.patch(f"{API}/enrolments/{listed['items'][0]['id']}", json={"section": "B"})
    assert (room.grade(student).score, room.grade(student).late) == (2, False)


@pytest.mark.parametrize(
    ("release", "score"), [({"correctness": "never"}, None), ({"correctness": "after-last-attempt"}, 1.5)]
)
async def test_points_given_without_an_attempt_follow_the_release_policy(classroom, release, score):
    room = await classroom(1)
    await room.assign({}, release=release)
    address = f"{API}/assignments/{room.assignment}/items/{room.items[0]}"
    (student,) = room.students
    body = {"person_id": student.id, "points": 1.5, "reason": "on paper"}
    assert (await room.teacher.client.post(f"{address}/overrides", json=body)).status_code == 201
    assert (await room.exercise(student))["grade"]["score"] == score
