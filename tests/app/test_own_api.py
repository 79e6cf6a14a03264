"""What one does for oneself by API: password, browsers, an account by invitation, reading an answer beforehand."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts import sessions
from app.accounts.models import Person
from app.attempts.models import Attempt

pytestmark = pytest.mark.anyio

OLD, NEW = "several words in a row", "quite other words, too"


@pytest.fixture
def backend() -> str:
    """These calls stand on parts that are tested on both databases."""
    return "sqlite"


@pytest.fixture
async def invited(classroom):
    room = await classroom(0)
    made = await room.teacher.client.post(f"/api/v1/courses/{room.course}/invitations", json={"section": "A"})
    return room, made.json()["token"]


@pytest.fixture
async def newcomer(invited, client):
    """Somebody who has made an account by an invitation; their client."""
    _, token = invited
    body = {"invitation": token, "name": "林海棠", "email": "Lin@example.edu", "password": OLD}
    made = await client.post("/api/v1/accounts", json=body)
    assert made.status_code == 201, made.text
    client.headers["Authorization"] = f"Bearer {made.json()['token']}"
    return client


class TestAccountByInvitation:
    async def test_the_offer_is_shown_to_whoever_has_the_token(self, invited, client):
        _, token = invited
        shown = await client.get(f"/api/v1/offers/{token}")
        assert shown.json() == {"course_title": "Neural", "role": "student", "section": "A"}
        assert (await client.get("/api/v1/offers/unknown")).json()["type"] == "/errors/unknown-invitation"

    async def test_the_account_is_enrolled_and_can_act_at_once(self, invited, newcomer):
        room, _ = invited
        me = (await newcomer.get("/api/v1/me")).json()
        assert (me["name"], me["email"], me["scopes"]) == ("林海棠", "lin@example.edu", ["read", "attempt", "manage"])
        (course,) = (await newcomer.get("/api/v1/courses")).json()["items"]
        assert (course["id"], course["role"]) == (room.course, "student")

    async def test_an_address_has_one_account(self, invited, newcomer):
        _, token = invited
        body = {"invitation": token, "name": "Other", "email": "lin@example.edu", "password": OLD}
        assert (await newcomer.post("/api/v1/accounts", json=body)).status_code == 409

    @pytest.mark.parametrize(
        ("changed", "status", "where"),
        [
            ({"password": "short"}, 422, "/password"),
            ({"password": "password1234"}, 422, "/password"),
            ({"email": "nobody"}, 422, "/email"),
            ({"name": ""}, 422, "/name"),
            ({"invitation": "unknown"}, 404, None),
        ],
    )
    async def test_what_does_not_fit_makes_no_account(self, invited, client, app, changed, status, where):
        _, token = invited
        body = {"invitation": token, "name": "Lin", "email": "lin@example.edu", "password": OLD} | changed
        refused = await client.post("/api/v1/accounts", json=body)
        assert refused.status_code == status
        assert where is None or refused.json()["errors"][0]["pointer"] == where
        with app.state.service.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Person)) == 1

    async def test_an_invitation_for_somebody_else_makes_no_account(self, invited, client, app):
        room, _ = invited
        made = await room.teacher.client.post(
            f"/api/v1/courses/{room.course}/invitations", json={"email": "wang@example.edu"}
        )
        body = {"invitation": made.json()["token"], "name": "Lin", "email": "lin@example.edu", "password": OLD}
        assert (await client.post("/api/v1/accounts", json=body)).status_code == 403
        with app.state.service.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Person)) == 1


class TestPassword:
    async def test_it_changes_given_the_one_before(self, newcomer):
        wrong = await newcomer.put("/api/v1/me/password", json={"current": NEW, "password": NEW})
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/current")
        poor = await newcomer.put("/api/v1/me/password", json={"current": OLD, "password": "lin lin lin"})
        assert (poor.status_code, poor.json()["errors"][0]["pointer"]) == (422, "/password")
        assert (await newcomer.put("/api/v1/me/password", json={"current": OLD, "password": NEW})).status_code == 200
        assert (await newcomer.put("/api/v1/me/password", json={"current": NEW, "password": OLD})).status_code == 200

    async def test_it_can_t_be_found_by_trying(self, newcomer):
        statuses = [
            (await newcomer.put("/api/v1/me/password", json={"current": f"{n}", "password": NEW})).status_code
            for n in range(11)
        ]
        assert statuses == [422] * 10 + [429]

    async def test_the_first_one_is_set_on_the_page(self, account):
        someone = await account("someone")
        refused = await someone.client.put("/api/v1/me/password", json={"current": "", "password": NEW})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/current")


async def test_browsers_are_listed_and_ended(newcomer, app):
    service = app.state.service
    person_id = (await newcomer.get("/api/v1/me")).json()["id"]
    for name in ("Firefox", "Chromium"):
        await service.writer.write(
            lambda session, name=name: sessions.begin(session, person_id, name, service.settings, service.clock())
        )
    listed = (await newcomer.get("/api/v1/me/sessions")).json()["items"]
    assert {(each["user_agent"], each["current"]) for each in listed} == {("Firefox", False), ("Chromium", False)}
    assert (await newcomer.delete("/api/v1/me/sessions")).json() == {"count": 2}
    assert (await newcomer.get("/api/v1/me/sessions")).json() == {"items": []}


class TestReading:
    async def test_how_answers_of_a_variant_would_be_read(self, client, app):
        path = "/api/v1/problems/1.6/variants/0/reading"
        shown = await client.post(path, json={"form": "open", "answers": {"w": "[-0.527 1,22e0; −1/4 3]"}})
        assert shown.status_code == 422
        shown = await client.post(path, json={"form": "open", "answers": {"w": ["−.5", "1/4", 3, "２"]}})
        (field,) = shown.json()["fields"]
        assert field["name"] == "w"
        assert "0.25" in field["read_as"]
        assert "matrix" in field["read_as_latex"]
        with app.state.service.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Attempt)) == 0

    async def test_what_can_t_be_read_is_told_as_for_an_attempt(self, client):
        body = {"form": "open", "answers": {"count": "one"}}
        refused = await client.post("/api/v1/problems/1.4/variants/0/reading", json=body)
        attempted = await client.post("/api/v1/attempts", json=body | {"problem": "1.4", "seed": 0})
        assert refused.json() == attempted.json()
        other = await client.post("/api/v1/problems/1.1/variants/0/reading", json=body)
        assert other.json()["type"] == "/errors/unknown-form"

    async def test_reading_an_answer_to_an_item_spends_nothing(self, classroom):
        room = await classroom(1)
        await room.assign({}, attempts_allowed=1)
        (student,) = room.students
        path = f"/api/v1/assignments/{room.assignment}/items/{room.items[0]}/reading"
        for _ in range(3):
            shown = await student.client.post(path, json={"answers": {"count": " +128 "}})
            assert shown.json() == {"fields": [{"name": "count", "read_as": "128", "read_as_latex": "128"}]}
        assert (await room.exercise(student))["attempts_left"] == 1

    async def test_an_item_that_has_not_opened_is_not_read(self, classroom, app):
        room = await classroom(1)
        opens = app.state.service.clock() + timedelta(days=1)
        await room.assign({}, opens_at=opens.isoformat())
        path = f"/api/v1/assignments/{room.assignment}/items/{room.items[0]}/reading"
        refused = await room.students[0].client.post(path, json={"answers": {"count": 1}})
        assert refused.json()["type"] == "/errors/assignment-not-open"


class TestItemSolution:
    @pytest.fixture
    def release(self) -> dict[str, str]:
        return dict.fromkeys(("correctness", "diagnosis", "key", "solution"), "after-last-attempt")

    async def test_once_released_it_comes_with_tables_and_figures(self, classroom, release):
        room = await classroom(1)
        await room.assign(
            {"problem": "1.6", "seed_mode": "per-student", "seed": None}, release=release, attempts_allowed=1
        )
        (student,) = room.students
        path = f"/api/v1/assignments/{room.assignment}/items/{room.items[0]}"
        assert (await student.client.get(f"{path}/solution")).status_code == 404
        await room.answer(student, {"w": [0, 0, 0, 0]})
        found = (await student.client.get(f"{path}/solution")).json()
        exercise = await room.exercise(student)
        assert found["solution"] == exercise["solution"]
        assert {"seed", "key", "published_key"}.isdisjoint(found)
        (table, *_), (figure, *_) = found["tables"], found["figures"]
        rows = (await student.client.get(table["csv"])).text.splitlines()
        assert len(rows) == table["row_count"] + 1
        for address in figure["svg"].values():
            drawn = await student.client.get(address)
            assert drawn.headers["content-type"] == "image/svg+xml"
            assert "<title" in drawn.text
        for missing in ("nothing.csv", "nothing.light.svg"):
            assert (await student.client.get(f"{path}/solution/{missing}")).status_code == 404

    async def test_before_that_there_is_nothing(self, classroom, release):
        room = await classroom(1)
        await room.assign({"problem": "1.6"}, release=release | {"solution": "never"})
        (student,) = room.students
        await room.answer(student, {"w": [0, 0, 0, 0]})
        for tail in ("", "/iterates.csv", "/cost.light.svg"):
            path = f"/api/v1/assignments/{room.assignment}/items/{room.items[0]}/solution{tail}"
            refused = await student.client.get(path)
            assert (refused.status_code, refused.json()["type"]) == (404, "/errors/unknown-exhibit")
