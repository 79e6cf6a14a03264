"""Assignments over HTTP: items that are proven, dates, extensions, passwords, copies, and what may change when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select, text

from app.attempts.models import Attempt, Variant
from app.core.ids import new_id
from app.courses import changes
from app.courses.models import Assignment, Item
from problems.catalogue import catalogue, find
from problems.checks import check

pytestmark = pytest.mark.anyio

COURSES = "/api/v1/courses"
ASSIGNMENTS = "/api/v1/assignments"
NOBODY = "01a2054b-5386-70de-b9b7-058e224f8480"
ITEM = {"problem": "1.6", "form": "open"}
PAST, FUTURE = ((datetime.now(UTC) + timedelta(days=days)).isoformat() for days in (-1, 1))


@pytest.fixture
async def root(account):
    return await account("root", is_admin=True)


@pytest.fixture
async def course(root) -> dict[str, Any]:
    return (await root.client.post(COURSES, json={"title": "Course", "time_zone": "Europe/Berlin"})).json()


@pytest.fixture
def join(root, course, account):
    async def make(name: str, role: str = "student", **more: Any):
        person = await account(name)
        body = {"email": person.email, "role": role} | more
        assert (await root.client.post(f"{COURSES}/{course['id']}/enrolments", json=body)).status_code == 201
        return person

    return make


@pytest.fixture
def assign(root, course):
    """Makes an assignment of one item, published."""

    async def make(*, client=root.client, **settings: Any):
        body = {"title": "Homework", "items": [ITEM], "published": True} | settings
        return await client.post(f"{COURSES}/{course['id']}/assignments", json=body)

    return make


def pointers(response) -> list[str]:
    assert response.status_code == 422, response.text
    return [fault["pointer"] for fault in response.json()["errors"]]


def store_answer(app: FastAPI, item_id: str, person_id: str):
    """The row of an attempt at the item, which is all that the rules of editing ask for."""

    def job(session):
        now = datetime.now(UTC)
        variant = {"problem": "1.6", "version": 1, "seed": 1, "parameters": {}, "options": {}}
        row = session.execute(insert(Variant).returning(Variant.id), variant | {"redraws": 0, "created_at": now})
        attempt = {"id": new_id(), "person_id": person_id, "variant_id": row.scalar_one(), "form": "open"}
        session.execute(insert(Attempt), attempt | {"answers": {}, "created_at": now, "item_id": item_id})

    return app.state.service.writer.write(job)


async def items_of(client, assignment) -> list[dict[str, Any]]:
    return (await client.get(f"{ASSIGNMENTS}/{assignment['id']}/items")).json()["items"]


class TestWhoSeesWhat:
    async def test_an_assignment_with_all_its_settings(self, root, assign):
        sent = {
            "instructions": "Round to $10^{-3}$.",
            "opens_at": PAST,
            "due_at": FUTURE,
            "attempts_allowed": 3,
            "counting": "last",
            "attempt_penalty": 0.1,
            "late_per_day": 0.2,
            "key_policy": "corrected",
            "release": {"key": "never"},
            "password": "sesame",
            "items": [ITEM | {"points": 4}, {"problem": "1.1", "form": "choice", "points": 1.5}],
        }
        response = await assign(**sent)
        assert response.status_code == 201, response.text
        made = response.json()
        assert (made["points"], made["phase"], made["has_password"]) == (5.5, "open", True)
        assert made["release"] == {
            "correctness": "at-once",
            "diagnosis": "at-once",
            "key": "never",
            "solution": "after-due",
        }
        assert (await root.client.get(response.headers["location"])).json() == made
        assert "password_hash" not in response.text
        assert "seed_secret" not in response.text
        assert [item["position"] for item in await items_of(root.client, made)] == [1, 2]

    async def test_drafts_are_for_those_who_teach(self, course, assign, join):
        lin, ta = await join("lin"), await join("ta", "assistant")
        draft = (await assign(published=False)).json()
        address = f"{ASSIGNMENTS}/{draft['id']}"
        assert (await ta.client.get(address)).status_code == 200
        for path in (address, f"{address}/items"):
            assert (await lin.client.get(path)).json()["type"] == "/errors/unknown-assignment"
        assert (await lin.client.get(f"{COURSES}/{course['id']}/assignments")).json()["items"] == []

    async def test_only_instructors_change_anything(self, assign, join):
        assignment = (await assign()).json()
        for role in ("student", "assistant"):
            person = await join(role, role)
            address = f"{ASSIGNMENTS}/{assignment['id']}"
            for response in (
                await person.client.patch(address, json={"title": "Mine"}),
                await person.client.delete(address),
                await person.client.post(f"{address}/items", json=ITEM),
                await person.client.post(f"{address}/copy", json={"course_id": assignment["course_id"]}),
                await assign(client=person.client),
            ):
                assert response.status_code == 403

    async def test_strangers_hear_that_there_is_nothing(self, assign, account):
        assignment = (await assign()).json()
        stranger = await account("stranger")
        for path in ("", "/items", "/extensions", "/preview"):
            response = await stranger.client.get(f"{ASSIGNMENTS}/{assignment['id']}{path}")
            assert response.json() == (await stranger.client.get(f"{ASSIGNMENTS}/{NOBODY}{path}")).json()
            assert response.status_code == 404

    async def test_students_are_told_no_seed(self, root, assign, join):
        lin = await join("lin")
        assignment = (await assign(items=[ITEM | {"seed_mode": "pool", "pool": [3, 4]}])).json()
        (item,) = await items_of(lin.client, assignment)
        assert (item["seed_mode"], item["seed"], item["pool"]) == (None, None, None)
        (item,) = await items_of(root.client, assignment)
        assert item["pool"] == [3, 4]

    async def test_items_are_shown_when_it_opens(self, root, assign, join):
        lin = await join("lin")
        assignment = (await assign(opens_at=FUTURE)).json()
        response = await lin.client.get(f"{ASSIGNMENTS}/{assignment['id']}/items")
        assert (response.status_code, response.json()["type"]) == (403, "/errors/assignment-not-open")
        assert len(await items_of(root.client, assignment)) == 1
        await root.client.patch(f"{ASSIGNMENTS}/{assignment['id']}", json={"opens_at": PAST})
        assert len(await items_of(lin.client, assignment)) == 1

    async def test_a_password_is_asked_for_once_and_again_when_it_changes(self, root, assign, join):
        lin = await join("lin")
        assignment = (await assign(password="sesame")).json()
        address = f"{ASSIGNMENTS}/{assignment['id']}"

        async def items():
            return (await lin.client.get(f"{address}/items")).status_code

        assert await items() == 403
        assert (await lin.client.post(f"{address}/unlock", json={"password": "wrong"})).status_code == 403
        assert await items() == 403
        assert (await lin.client.post(f"{address}/unlock", json={"password": "sesame"})).status_code == 200
        assert await items() == 200
        await root.client.patch(address, json={"password": "another"})
        assert await items() == 403
        await root.client.patch(address, json={"password": None})
        assert await items() == 200


class TestDates:
    @pytest.mark.parametrize(
        ("dates", "wrong"),
        [
            ({"opens_at": FUTURE, "due_at": PAST}, "/due_at"),
            ({"due_at": FUTURE, "closes_at": PAST}, "/closes_at"),
            ({"opens_at": FUTURE, "closes_at": PAST}, "/closes_at"),
        ],
    )
    async def test_they_are_in_order(self, assign, dates, wrong):
        assert pointers(await assign(**dates)) == [wrong]

    async def test_a_change_keeps_them_in_order(self, root, assign):
        assignment = (await assign(due_at=PAST)).json()
        refused = await root.client.patch(f"{ASSIGNMENTS}/{assignment['id']}", json={"opens_at": FUTURE})
        assert pointers(refused) == ["/due_at"]

    async def test_an_extension_is_told_to_whom_it_is_for(self, root, course, assign, join):
        lin, wang = await join("lin"), await join("wang", section="B")
        assignment = (await assign(due_at=PAST, closes_at=PAST, attempts_allowed=1)).json()
        address = f"{ASSIGNMENTS}/{assignment['id']}"
        for whose in ({"person_id": lin.id, "extra_attempts": 2}, {"section": "B"}):
            given = await root.client.post(f"{address}/extensions", json=whose | {"due_at": FUTURE})
            assert given.status_code == 201, given.text
        seen = [(await person.client.get(address)).json() for person in (lin, wang, root)]
        assert [each["phase"] for each in seen] == ["open", "open", "closed"]
        assert [each["attempts_allowed"] for each in seen] == [3, 1, 1]
        listed = (await lin.client.get(f"{COURSES}/{course['id']}/assignments")).json()["items"]
        assert listed == [seen[0]]


class TestItems:
    async def test_every_exercise_can_be_set_in_every_form(self, root, assign):
        forms = [(problem.id, form) for problem in catalogue().values() for form in problem.forms(1)]
        items = [{"problem": problem_id, "form": form} for problem_id, form in forms]
        for begin in range(0, len(items), 100):
            assignment = await assign(items=items[begin : begin + 100])
            assert assignment.status_code == 201, assignment.text
            stored = await items_of(root.client, assignment.json())
            assert [(item["problem"], item["form"]) for item in stored] == forms[begin : begin + 100]

    @pytest.mark.parametrize(
        ("change", "wrong"),
        [
            ({"problem": "9.9"}, ["/problem"]),
            ({"problem": "1.1", "form": "open"}, ["/form"]),
            ({"problem": "1.5", "seed_mode": "fixed", "seed": 0}, ["/form"]),  # as printed it is symbolic
            ({"seed_mode": "fixed"}, ["/seed"]),
            ({"seed": 5}, ["/seed"]),
            ({"seed_mode": "pool"}, ["/pool"]),
            ({"seed_mode": "pool", "pool": [1], "pool_size": 2}, ["/pool"]),
            ({"seed_mode": "pool", "pool": [1, 1]}, ["/pool"]),
            ({"scoring": "all"}, ["/scoring"]),
            ({"tolerance": {"kind": "relative", "value": 0.01}}, ["/tolerance"]),
            ({"tolerance": {"kind": "decimals", "value": 1.5}}, ["/tolerance/value"]),
            ({"form": "choice", "tolerance": {"kind": "absolute", "value": 0.1}}, ["/tolerance"]),
            ({"problem": "9.9", "seed": 1}, ["/problem", "/seed"]),
        ],
    )
    async def test_what_can_not_be_served(self, root, assign, change, wrong):
        assignment = (await assign()).json()
        refused = await root.client.post(f"{ASSIGNMENTS}/{assignment['id']}/items", json=ITEM | change)
        assert pointers(refused) == wrong
        assert pointers(await assign(items=[ITEM, ITEM | change])) == [f"/items/1{place}" for place in wrong]

    async def test_a_pool_is_drawn_and_proven(self, root, assign):
        assignment = (await assign(items=[ITEM | {"seed_mode": "pool", "pool_size": 5}])).json()
        (item,) = await items_of(root.client, assignment)
        assert len(set(item["pool"])) == 5
        assert list(check(find("1.6"), item["pool"])) == []

    @pytest.mark.parametrize("kind", ["relative", "significant"])
    async def test_a_key_of_0_has_no_relative_tolerance(self, assign, kind):
        tolerance = {"kind": kind, "value": 1}
        zero, other = ({"seed_mode": "fixed", "seed": seed} for seed in (14, 1))
        item = {"problem": "1.5", "form": "open", "tolerance": tolerance}
        assert pointers(await assign(items=[item | zero])) == ["/items/0/tolerance"]
        assert (await assign(items=[item | other])).status_code == 201

    async def test_items_are_moved_and_removed(self, root, assign):
        problems = ["1.1", "1.2", "1.3", "1.4"]
        assignment = (await assign(items=[{"problem": each, "form": "choice"} for each in problems])).json()

        async def order():
            items = await items_of(root.client, assignment)
            assert [item["position"] for item in items] == list(range(1, len(items) + 1))
            return [item["problem"] for item in items]

        first, second, *_ = await items_of(root.client, assignment)
        await root.client.patch(f"/api/v1/items/{first['id']}", json={"position": 3})
        assert await order() == ["1.2", "1.3", "1.1", "1.4"]
        assert (await root.client.delete(f"/api/v1/items/{second['id']}")).status_code == 200
        assert await order() == ["1.3", "1.1", "1.4"]
        added = await root.client.post(
            f"{ASSIGNMENTS}/{assignment['id']}/items", json={"problem": "1.2", "form": "choice", "position": 1}
        )
        assert added.json()["position"] == 1
        assert await order() == ["1.2", "1.3", "1.1", "1.4"]

    async def test_another_way_to_deal_drops_the_seeds_of_the_way_before(self, root, assign):
        assignment = (await assign(items=[ITEM | {"seed_mode": "fixed", "seed": 7}])).json()
        (item,) = await items_of(root.client, assignment)
        changed = await root.client.patch(f"/api/v1/items/{item['id']}", json={"seed_mode": "shared"})
        assert (changed.status_code, changed.json()["seed"]) == (200, None)

    async def test_a_published_assignment_keeps_an_item(self, root, assign):
        assert (await assign(items=[])).status_code == 409
        assignment = (await assign()).json()
        (item,) = await items_of(root.client, assignment)
        assert (await root.client.delete(f"/api/v1/items/{item['id']}")).status_code == 409


class TestEditingWhatHasBeenAnswered:
    @pytest.fixture
    async def answered(self, app, root, assign, join):
        assignment = (await assign(items=[ITEM, {"problem": "1.1", "form": "choice"}])).json()
        lin = await join("lin")
        first, second = await items_of(root.client, assignment)
        await store_answer(app, first["id"], lin.id)
        return assignment, first, second

    @pytest.mark.parametrize(
        "change",
        [
            {"problem": "1.7"},
            {"form": "choice"},
            {"seed_mode": "shared"},
            {"points": 3},
            {"tolerance": {"kind": "absolute", "value": 0.1}},
        ],
    )
    async def test_an_answered_item_stays_as_it_was_asked(self, root, answered, change):
        _, first, second = answered
        refused = await root.client.patch(f"/api/v1/items/{first['id']}", json=change)
        assert (refused.status_code, refused.json()["type"]) == (409, "/errors/already-answered")
        assert (await root.client.get(f"/api/v1/items/{first['id']}")).json() == first
        assert (await root.client.patch(f"/api/v1/items/{second['id']}", json={"points": 3})).status_code == 200

    async def test_it_can_be_moved(self, root, answered):
        _, first, _ = answered
        moved = await root.client.patch(f"/api/v1/items/{first['id']}", json={"position": 2, "points": 1})
        assert (moved.status_code, moved.json()["position"]) == (200, 2)

    async def test_neither_it_nor_its_assignment_can_be_removed(self, root, answered):
        assignment, first, second = answered
        for address in (f"/api/v1/items/{first['id']}", f"{ASSIGNMENTS}/{assignment['id']}"):
            assert (await root.client.delete(address)).json()["type"] == "/errors/already-answered"
        assert (await root.client.delete(f"/api/v1/items/{second['id']}")).status_code == 200
        assert len(await items_of(root.client, assignment)) == 1

    @pytest.mark.parametrize("change", [{"published": False}, {"key_policy": "published"}])
    async def test_it_stays_published_and_its_key_changes_by_a_regrade(self, root, answered, change):
        refused = await root.client.patch(f"{ASSIGNMENTS}/{answered[0]['id']}", json=change)
        assert refused.json()["type"] == "/errors/already-answered"

    async def test_rules_of_counting_change_and_grades_are_told(self, root, answered, monkeypatch):
        heard = []
        monkeypatch.setattr(changes, "_listeners", [lambda _session, changed: heard.append(changed)])
        address = f"{ASSIGNMENTS}/{answered[0]['id']}"
        for change in ({"late_per_day": 0.5, "title": "Other"}, {"instructions": "Other"}, {"late_per_day": 0.5}):
            assert (await root.client.patch(address, json=change)).status_code == 200
        assert [(each.assignment_id, each.names) for each in heard] == [(answered[0]["id"], {"late_per_day", "title"})]

    async def test_an_extension_is_told_with_whom_it_is_for(self, root, answered, join, monkeypatch):
        heard = []
        wang = await join("wang")
        monkeypatch.setattr(changes, "_listeners", [lambda _session, changed: heard.append(changed)])
        given = await root.client.post(
            f"{ASSIGNMENTS}/{answered[0]['id']}/extensions", json={"person_id": wang.id, "due_at": FUTURE}
        )
        address = f"/api/v1/extensions/{given.json()['id']}"
        assert (await root.client.patch(address, json={"reason": "ill"})).json()["reason"] == "ill"
        assert (await root.client.delete(address)).status_code == 200
        assert [each.persons for each in heard] == [{wang.id}] * 3


class TestChanges:
    async def test_a_version_guards_against_undoing_others_work(self, root, assign):
        assignment = (await assign()).json()
        address = f"{ASSIGNMENTS}/{assignment['id']}"
        first = await root.client.patch(address, json={"title": "First", "version": assignment["version"]})
        assert first.json()["version"] == assignment["version"] + 1
        late = await root.client.patch(address, json={"title": "Second", "version": assignment["version"]})
        assert (late.status_code, late.json()["type"]) == (409, "/errors/edited-meanwhile")
        assert (await root.client.get(address)).json()["title"] == "First"

    async def test_a_part_of_the_release_policy_changes_that_part(self, root, assign):
        assignment = (await assign(release={"solution": "never"})).json()
        address = f"{ASSIGNMENTS}/{assignment['id']}"
        changed = (await root.client.patch(address, json={"release": {"key": "at-once"}})).json()
        assert (changed["release"]["key"], changed["release"]["solution"]) == ("at-once", "never")

    async def test_a_formula_that_can_not_be_shown(self, assign):
        assert pointers(await assign(instructions=r"$\frac{1}{$")) == ["/instructions"]

    async def test_publishing_and_taking_back(self, root, assign):
        assignment = (await assign(published=False)).json()
        address = f"{ASSIGNMENTS}/{assignment['id']}"
        assert (await root.client.patch(address, json={"published": True})).json()["published_at"] is not None
        assert (await root.client.patch(address, json={"published": False})).json()["published_at"] is None

    async def test_an_unanswered_assignment_is_removed_with_all_that_belongs_to_it(self, app, root, assign, join):
        lin = await join("lin")
        assignment = (await assign(password="sesame")).json()
        address = f"{ASSIGNMENTS}/{assignment['id']}"
        await lin.client.post(f"{address}/unlock", json={"password": "sesame"})
        await root.client.post(f"{address}/extensions", json={"person_id": lin.id, "extra_attempts": 1})
        assert (await root.client.delete(address)).json()["id"] == assignment["id"]
        assert (await root.client.get(address)).status_code == 404
        with app.state.service.database.reading() as session:
            for table in ("items", "extensions", "unlocks"):
                assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


class TestCopies:
    async def test_into_another_course_with_later_dates_at_the_same_local_time(self, app, root, assign):
        """From summer to winter time in Berlin: 18:00 stays 18:00, which is an hour later in UTC."""
        items = [ITEM | {"points": 3, "tolerance": {"kind": "absolute", "value": 0.01}}, ITEM | {"seed_mode": "shared"}]
        original = (await assign(due_at="2026-10-23T18:00:00+02:00", password="sesame", items=items)).json()
        other = (await root.client.post(COURSES, json={"title": "Next", "time_zone": "Asia/Shanghai"})).json()
        body = {"course_id": other["id"], "shift_days": 7}
        copied = await root.client.post(f"{ASSIGNMENTS}/{original['id']}/copy", json=body)
        assert copied.status_code == 201
        copy = copied.json()
        assert (copy["due_at"], copy["published_at"], copy["has_password"]) == ("2026-10-30T17:00:00Z", None, False)
        assert (copy["points"], copy["course_id"]) == (4.0, other["id"])
        ours, theirs = [await items_of(root.client, each) for each in (original, copy)]
        own = {"id", "assignment_id"}
        assert [{k: v for k, v in item.items() if k not in own} for item in ours] == [
            {k: v for k, v in item.items() if k not in own} for item in theirs
        ]
        assert {item["id"] for item in ours}.isdisjoint(item["id"] for item in theirs)
        with app.state.service.database.reading() as session:
            assert len(set(session.scalars(select(Assignment.seed_secret)))) == 2

    async def test_both_courses_must_be_ones_own(self, root, assign, join):
        teacher = await join("teacher", "instructor")
        assignment = (await assign()).json()
        other = (await root.client.post(COURSES, json={"title": "Other", "time_zone": "UTC"})).json()
        body = {"course_id": other["id"]}
        refused = await teacher.client.post(f"{ASSIGNMENTS}/{assignment['id']}/copy", json=body)
        assert refused.json()["type"] == "/errors/unknown-course"


class TestExtensions:
    @pytest.mark.parametrize(
        ("body", "wrong"),
        [
            ({"due_at": FUTURE}, ""),
            ({"person_id": NOBODY, "section": "B", "due_at": FUTURE}, ""),
            ({"person_id": NOBODY, "due_at": FUTURE}, "/person_id"),
            ({"section": "Z", "due_at": FUTURE}, "/section"),
            ({"section": "B"}, ""),
            ({"section": "B", "extra_attempts": -1}, "/extra_attempts"),
        ],
    )
    async def test_what_is_none(self, root, assign, join, body, wrong):
        await join("lin", section="B")
        assignment = (await assign()).json()
        refused = await root.client.post(f"{ASSIGNMENTS}/{assignment['id']}/extensions", json=body)
        assert pointers(refused) == [wrong]

    async def test_assistants_give_them_and_nobody_has_two(self, assign, join):
        ta, lin = await join("ta", "assistant"), await join("lin")
        address = f"{ASSIGNMENTS}/{(await assign()).json()['id']}/extensions"
        body = {"person_id": lin.id, "due_at": FUTURE}
        assert (await lin.client.post(address, json=body)).status_code == 403
        assert (await ta.client.post(address, json=body)).status_code == 201
        assert (await ta.client.post(address, json=body)).status_code == 409
        assert len((await ta.client.get(address)).json()["items"]) == 1


class TestPreviews:
    async def test_each_student_has_own_seeds_which_stay(self, root, assign, join):
        lin, wang = await join("lin"), await join("wang")
        assignment = (await assign(items=[ITEM, ITEM | {"seed_mode": "shared"}])).json()
        address = f"{ASSIGNMENTS}/{assignment['id']}/preview"

        async def seeds(person):
            preview = (await root.client.get(address, params={"person_id": person.id})).json()
            return [item["seed"] for item in preview["items"]]

        assert await seeds(lin) == await seeds(lin)
        assert (await seeds(lin))[0] != (await seeds(wang))[0]
        assert (await seeds(lin))[1] == (await seeds(wang))[1]
        assert (await lin.client.get(address)).status_code == 403
        assert (await root.client.get(address, params={"person_id": NOBODY})).status_code == 404

    async def test_ones_own_without_taking_part_as_a_student(self, root, assign):
        assignment = (await assign()).json()
        preview = (await root.client.get(f"{ASSIGNMENTS}/{assignment['id']}/preview")).json()
        assert preview["person_id"] == root.id
        assert preview["items"][0]["seed"] > 0


async def test_rows_of_a_pool_are_json_and_of_other_modes_none(app, assign):
    """The constraints of the table compare with SQL's NULL, not with JSON's null."""
    assert (await assign(items=[ITEM, ITEM | {"seed_mode": "pool", "pool": [5]}])).status_code == 201
    with app.state.service.database.reading() as session:
        assert list(session.scalars(select(Item.pool).order_by(Item.position))) == [None, [5]]
