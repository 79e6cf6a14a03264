"""Everything about one person, as one JSON text: for themself, the administrator, and those who teach a course."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from app.attempts import personal
from app.attempts.models import Attempt, Score
from app.core.ids import new_id

pytestmark = pytest.mark.anyio

PARTS = [
    "sessions",
    "tokens",
    "links",
    "invitations",
    "drafts",
    "enrolments",
    "extensions",
    "grades",
    "overrides",
    "hints",
    "attempts",
    "audit",
    "lti_identities",
]


@pytest.fixture
async def room(classroom):
    """Two students have answered wrongly; the first has an extension, a draft, and points by hand."""
    room = await classroom(2)
    await room.assign({"seed_mode": "per-student", "seed": None}, {"problem": "1.6"}, attempts_allowed=3)
    for student in room.students:
        assert (await room.answer(student, {"count": 5})).status_code == 201
        await student.client.post(
            "/api/v1/attempts", json={"problem": "1.4", "seed": 3, "form": "open", "answers": {"count": 7}}
        )
    ada, teacher = room.students[0], room.teacher.client
    await ada.client.put(
        f"/api/v1/assignments/{room.assignment}/items/{room.items[1]}/draft", json={"answers": {"w": "0.5"}}
    )
    extension = {"person_id": ada.id, "extra_attempts": 1, "reason": "ill"}
    await teacher.post(f"/api/v1/assignments/{room.assignment}/extensions", json=extension)
    override = {"person_id": ada.id, "points": 1.5, "reason": "good idea"}
    given = await teacher.post(f"/api/v1/assignments/{room.assignment}/items/{room.items[0]}/overrides", json=override)
    assert given.status_code == 201, given.text
    return room


async def test_what_a_student_gets(room):
    ada = room.students[0]
    response = await ada.client.get("/api/v1/me/export")
    assert response.headers["content-disposition"].startswith('attachment; filename="haitang-')
    data = response.json()
    assert [name for name in data if name in PARTS] == PARTS
    assert (data["account"]["name"], data["account"]["email"]) == ("s0", ada.email)
    assert data["enrolments"][0]["course"] == "Neural"
    assert (data["extensions"][0]["reason"], data["drafts"][0]["answers"]) == ("ill", {"w": "0.5"})
    assert (data["overrides"][0]["points_given"], data["overrides"][0]["reason"]) == (1.5, "good idea")
    grade = data["grades"][0]
    assert (grade["score"], grade["overridden"], grade["attempts"]) == (1.5, True, 1)
    assigned, practised = sorted(data["attempts"], key=lambda each: "item" not in each)
    assert (assigned["answers"], assigned["correct"], assigned["fields"][0]["read_as"]) == ({"count": 5}, False, "5")
    assert practised["answers"] == {"count": 7}
    assert data["tokens"][0]["name"] == "tests"
    actions = {each["action"] for each in data["audit"]}
    assert {"token.create", "extension.create", "grade.override"} <= actions


async def test_it_holds_no_seed_no_secret_and_nothing_of_others(room):
    ada, ben = room.students
    text = (await ada.client.get("/api/v1/me/export")).text
    assert ada.token.split("_", 2)[2] not in text
    for word in ("hash", "secret_", ben.id, ben.email, "seed_secret"):
        assert word not in text.replace('"secrets', ""), word
    assert [each["seed"] for each in json.loads(text)["attempts"]] == [None, 3]  # one's own choice, in practice


async def test_what_is_not_released_is_not_in_it(classroom):
    room = await classroom(1)
    hidden = dict.fromkeys(("correctness", "diagnosis", "key", "solution"), "never")
    await room.assign({}, release=hidden)
    ada = room.students[0]
    await room.answer(ada, {"count": 5})
    path = f"/api/v1/assignments/{room.assignment}/items/{room.items[0]}/overrides"
    await room.teacher.client.post(path, json={"person_id": ada.id, "points": 0.5, "reason": "half an idea"})
    for client, address in ((ada.client, "me"), (room.teacher.client, f"people/{ada.id}")):
        text = (await client.get(f"/api/v1/{address}/export")).text
        data = json.loads(text)
        (attempt,) = data["attempts"]
        assert (attempt["score"], attempt["correct"], attempt["fields"][0]["mistake"]) == (None, None, None)
        assert (data["grades"][0]["score"], data["grades"][0]["released"]) == (None, False)
        assert (data["overrides"][0]["points_given"], data["overrides"][0]["reason"]) == (None, None)
        assert "half an idea" not in text
        assert [each["detail"] for each in data["audit"] if each["action"] == "grade.override"] == [None]
    taught = await room.teacher.client.get(f"/api/v1/courses/{room.course}/people/{ada.id}/export")
    data = taught.json()
    assert (data["attempts"][0]["correct"], data["attempts"][0]["seed"]) == (False, None)
    assert (data["grades"][0]["score"], data["overrides"][0]["reason"]) == (0.5, "half an idea")


async def test_who_teaches_gets_their_course_alone(room):
    ada, teacher = room.students[0], room.teacher.client
    data = (await teacher.get(f"/api/v1/courses/{room.course}/people/{ada.id}/export")).json()
    assert set(data["account"]) == {"id", "name", "email"}
    assert not {"sessions", "tokens", "links", "invitations", "drafts"} & set(data)
    assert [each["item"] for each in data["attempts"]] == [room.items[0]]
    assert {each["course_id"] for each in data["audit"]} == {room.course}
    other = (await teacher.post("/api/v1/courses", json={"title": "Other", "time_zone": "Asia/Shanghai"})).json()["id"]
    assert (await teacher.get(f"/api/v1/courses/{other}/people/{ada.id}/export")).status_code == 404
    assert (await teacher.get(f"/api/v1/people/{new_id()}/export")).status_code == 404


async def test_packages_above_add_their_part(room, monkeypatch):
    monkeypatch.setitem(
        personal._contributed, "library_cards", lambda _session, person_id: [{"subject": person_id[:4]}]
    )
    ada = room.students[0]
    assert (await ada.client.get("/api/v1/me/export")).json()["library_cards"] == [{"subject": ada.id[:4]}]
    taught = await room.teacher.client.get(f"/api/v1/courses/{room.course}/people/{ada.id}/export")
    assert "library_cards" not in taught.json()


async def test_many_attempts_come_in_order_and_each_once(room, app, monkeypatch):
    monkeypatch.setattr(personal, "CHUNK", 7)
    ada, start = room.students[0], datetime(2026, 3, 2, tzinfo=UTC)

    def fill(session):
        variant = session.query(Attempt.variant_id).filter(Attempt.item_id.is_(None)).first()[0]
        for number in range(40):
            row = {"id": new_id(), "person_id": ada.id, "variant_id": variant, "form": "open"}
            at = start + timedelta(minutes=number)
            session.execute(insert(Attempt), row | {"answers": {"count": str(number)}, "created_at": at})
            score = {"attempt_id": row["id"], "key_version": 1, "policy": "either", "score": 0.0, "max_score": 1.0}
            session.execute(insert(Score), score | {"correct": False, "fields": [], "created_at": at})

    await app.state.service.writer.write(fill)
    attempts = (await ada.client.get("/api/v1/me/export")).json()["attempts"]
    assert [each["answers"]["count"] for each in attempts[-40:]] == [str(number) for number in range(40)]
    ids = [each["id"] for each in attempts]
    assert len(ids) == len(set(ids)) == 42
    assert ids == sorted(ids)
