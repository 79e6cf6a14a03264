"""Courses, enrolments, class lists and invitations over HTTP: what people may do, and what becomes of it."""

from typing import Any

import pytest
from sqlalchemy import func, select

from app.accounts import audit
from app.accounts.models import Person
from app.core.idempotency import IdempotencyKey
from app.courses.models import Enrolment

pytestmark = pytest.mark.anyio

COURSES = "/api/v1/courses"
NEW = {"title": "Neural computation", "time_zone": "Asia/Shanghai"}
NOBODY = "01a2054b-5386-70de-b9b7-058e224f8480"


@pytest.fixture
async def root(account):
    """An administrator."""
    return await account("root", is_admin=True)


@pytest.fixture
async def course(root) -> dict[str, Any]:
    """A course of the administrator's."""
    return (await root.client.post(COURSES, json=NEW)).json()


@pytest.fixture
def join(root, course, account):
    """Makes people with an account who take part in the course, by name and role."""

    async def make(name: str, role: str = "student", **more: Any):
        person = await account(name)
        body = {"email": person.email, "role": role} | more
        response = await root.client.post(f"{COURSES}/{course['id']}/enrolments", json=body)
        assert response.status_code == 201, response.text
        return person

    return make


async def enrolment_of(client, course, search) -> dict[str, Any]:
    (found,) = (await client.get(f"{COURSES}/{course['id']}/enrolments", params={"search": search})).json()["items"]
    return found


def sentences(response) -> list[str]:
    return [fault["detail"] for fault in response.json()["errors"]]


class TestCourses:
    async def test_who_makes_a_course_teaches_it(self, root):
        response = await root.client.post(COURSES, json=NEW | {"pass_mark": 0.5})
        assert response.status_code == 201
        course = response.json()
        assert (course["role"], course["pass_mark"], course["archived_at"]) == ("instructor", 0.5, None)
        assert (await root.client.get(response.headers["location"])).json() == course
        enrolments = (await root.client.get(f"{COURSES}/{course['id']}/enrolments")).json()["items"]
        assert [(each["person_id"], each["role"]) for each in enrolments] == [(root.id, "instructor")]

    async def test_courses_are_made_by_administrators_and_by_those_who_teach(self, join):
        lin, wang = await join("lin", "student"), await join("wang", "instructor")
        assert (await lin.client.post(COURSES, json=NEW)).status_code == 403
        assert (await wang.client.post(COURSES, json=NEW)).status_code == 201

    async def test_a_course_is_unknown_to_those_who_take_no_part(self, course, account):
        stranger = await account("stranger")
        for path in ("", "/enrolments", "/invitations", "/assignments"):
            response = await stranger.client.get(f"{COURSES}/{course['id']}{path}")
            assert response.status_code == 404
            assert response.json() == (await stranger.client.get(f"{COURSES}/{NOBODY}{path}")).json()
        assert (await stranger.client.get(COURSES)).json() == {"items": [], "next_cursor": None}

    async def test_nobody_is_told_anything_without_an_account(self, client, course):
        assert (await client.get(COURSES)).status_code == 401
        assert (await client.get(f"{COURSES}/{course['id']}")).status_code == 401
        assert (await client.post(COURSES, json=NEW)).status_code == 401

    async def test_a_token_to_read_changes_nothing(self, account, course):
        reader = await account("reader", is_admin=True, scopes=["read"])
        assert (await reader.client.get(f"{COURSES}/{course['id']}")).status_code == 200
        for response in (
            await reader.client.post(COURSES, json=NEW),
            await reader.client.patch(f"{COURSES}/{course['id']}", json={"title": "Mine"}),
            await reader.client.post(f"{COURSES}/{course['id']}/sign-in-links"),
        ):
            assert response.status_code == 403
            assert response.json()["type"] == "/errors/insufficient-scope"

    async def test_the_list_comes_in_pages(self, root):
        made = [(await root.client.post(COURSES, json=NEW)).json()["id"] for _ in range(5)]
        found, cursor = [], {}
        while cursor is not None:
            page = (await root.client.get(COURSES, params={"limit": 2} | cursor)).json()
            found += [course["id"] for course in page["items"]]
            cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
        assert found == made[::-1]

    async def test_an_archived_course_is_read_and_not_changed(self, root, course, join):
        lin = await join("lin")
        archived = await root.client.patch(f"{COURSES}/{course['id']}", json={"archived": True})
        assert archived.json()["archived_at"] is not None
        assert (await lin.client.get(f"{COURSES}/{course['id']}")).status_code == 200
        refused = await root.client.patch(f"{COURSES}/{course['id']}", json={"title": "Other"})
        assert (refused.status_code, refused.json()["type"]) == (409, "/errors/course-archived")
        refused = await root.client.post(f"{COURSES}/{course['id']}/enrolments", json={"email": "new@example.edu"})
        assert refused.status_code == 409
        assert (await root.client.get(COURSES, params={"archived": "false"})).json()["items"] == []
        assert (await root.client.patch(f"{COURSES}/{course['id']}", json={"archived": False})).status_code == 200
        assert (await root.client.patch(f"{COURSES}/{course['id']}", json={"title": "Other"})).json()[
            "title"
        ] == "Other"

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"title": " "}, "/title"),
            ({"title": "a\0b"}, "/title"),
            ({"time_zone": "Mars/Olympus"}, "/time_zone"),
            ({"time_zone": "../etc/passwd"}, "/time_zone"),
            ({"pass_mark": 1.5}, "/pass_mark"),
            ({"pass_mark": "0.5"}, "/pass_mark"),
            ({"owner": "me"}, "/owner"),
        ],
    )
    async def test_what_is_no_course(self, root, change, pointer):
        response = await root.client.post(COURSES, json=NEW | change)
        assert response.status_code == 422
        assert [fault["pointer"] for fault in response.json()["errors"]] == [pointer]

    async def test_a_retry_makes_no_second_course(self, root):
        headers = {"Idempotency-Key": "once"}
        responses = [await root.client.post(COURSES, json=NEW, headers=headers) for _ in range(2)]
        assert responses[0].content == responses[1].content
        assert responses[0].headers["location"] == responses[1].headers["location"]
        assert len((await root.client.get(COURSES)).json()["items"]) == 1
        other = await root.client.post(COURSES, json=NEW | {"title": "Other"}, headers=headers)
        assert (other.status_code, other.json()["type"]) == (409, "/errors/idempotency-key-reused")

    async def test_what_is_done_stands_in_the_audit_log(self, app, root, course):
        await root.client.patch(f"{COURSES}/{course['id']}", json={"pass_mark": 0.4})
        with app.state.service.database.reading() as session:
            entries = audit.list_entries(session, limit=10, course=course["id"])
            assert [entry.action for entry in entries] == ["course.change", "course.create"]
            assert entries[0].detail == {"pass_mark": 0.4}
            assert audit.verify(session).holds


class TestEnrolments:
    async def test_roles_see_and_change_what_is_theirs(self, course, join):
        people = {role: await join(role, role) for role in ("student", "assistant", "instructor")}
        address = f"{COURSES}/{course['id']}"
        may = {
            role: [
                (await person.client.get(address)).status_code,
                (await person.client.get(f"{address}/enrolments")).status_code,
                (await person.client.get(f"{address}/invitations")).status_code,
                (await person.client.patch(address, json={"title": "Renamed"})).status_code,
                (await person.client.post(f"{address}/enrolments", json={"email": f"x{role}@a.edu"})).status_code,
            ]
            for role, person in people.items()
        }
        assert may == {
            "student": [200, 403, 403, 403, 403],
            "assistant": [200, 200, 403, 403, 403],
            "instructor": [200, 200, 200, 200, 201],
        }

    async def test_somebody_without_an_account_gets_one(self, app, root, course):
        body = {"email": " New@Example.EDU ", "name": "New", "section": "A", "student_number": "7"}
        response = await root.client.post(f"{COURSES}/{course['id']}/enrolments", json=body)
        assert response.status_code == 201
        expected = {"email": "new@example.edu", "name": "New", "role": "student", "section": "A"}
        assert expected.items() <= response.json().items()
        with app.state.service.database.reading() as session:
            person = session.get(Person, response.json()["person_id"])
            assert (person.kind, person.password_hash, person.is_admin) == ("user", None, False)

    async def test_the_name_of_an_account_is_its_owners(self, root, course, account):
        lin = await account("lin")
        body = {"email": lin.email, "name": "Somebody else"}
        assert (await root.client.post(f"{COURSES}/{course['id']}/enrolments", json=body)).json()["name"] == "lin"

    async def test_nobody_takes_part_twice(self, root, course, join):
        lin = await join("lin")
        again = await root.client.post(f"{COURSES}/{course['id']}/enrolments", json={"email": lin.email})
        assert again.status_code == 409

    async def test_a_student_number_belongs_to_one(self, root, course, join):
        await join("lin", student_number="7")
        await join("wang")
        wang = await enrolment_of(root.client, course, "wang")
        taken = await root.client.patch(f"/api/v1/enrolments/{wang['id']}", json={"student_number": "7"})
        assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (409, "/student_number")

    async def test_whoever_is_taken_out_sees_the_course_no_more(self, root, course, join):
        lin = await join("lin")
        enrolment = await enrolment_of(root.client, course, "lin")
        address = f"/api/v1/enrolments/{enrolment['id']}"
        assert (await root.client.patch(address, json={"ended": True})).json()["ended_at"] is not None
        assert (await lin.client.get(f"{COURSES}/{course['id']}")).status_code == 404
        ended = await root.client.get(f"{COURSES}/{course['id']}/enrolments", params={"ended": "true"})
        assert [each["id"] for each in ended.json()["items"]] == [enrolment["id"]]
        assert (await root.client.patch(address, json={"ended": False})).json()["ended_at"] is None
        assert (await lin.client.get(f"{COURSES}/{course['id']}")).status_code == 200

    async def test_a_student_sees_the_own_enrolment_only(self, root, course, join):
        lin, _ = await join("lin"), await join("wang")
        own, other = [await enrolment_of(root.client, course, name) for name in ("lin", "wang")]
        assert (await lin.client.get(f"/api/v1/enrolments/{own['id']}")).json() == own
        assert (await lin.client.get(f"/api/v1/enrolments/{other['id']}")).status_code == 404
        refused = await lin.client.patch(f"/api/v1/enrolments/{own['id']}", json={"role": "instructor"})
        assert refused.status_code == 403

    @pytest.mark.parametrize("change", [{"role": "student"}, {"ended": True}])
    async def test_somebody_is_left_who_teaches(self, root, course, change):
        own = await enrolment_of(root.client, course, "root")
        refused = await root.client.patch(f"/api/v1/enrolments/{own['id']}", json=change)
        assert refused.status_code == 409
        assert await enrolment_of(root.client, course, "root") == own

    async def test_the_list_is_filtered_and_searched(self, root, course, join):
        await join("lin", section="A", student_number="2026-1")
        await join("wang", section="B")
        await join("ta", "assistant")

        async def names(**query):
            found = await root.client.get(f"{COURSES}/{course['id']}/enrolments", params=query)
            return [each["name"] for each in found.json()["items"]]

        assert await names() == ["root", "lin", "wang", "ta"]
        assert await names(section="A") == ["lin"]
        assert await names(role="assistant") == ["ta"]
        assert await names(search="2026") == ["lin"]
        assert await names(search="%") == []
        assert await names(search="\0") == await names(section="\0") == []  # PostgreSQL has no text with a NUL


LIST = "邮箱,姓名,学号,班级\nlin@example.edu,林海棠,1,A\nwang@example.edu,王,2,B\n"


class TestClassLists:
    @pytest.fixture
    def send(self, root, course):
        async def send(csv: str, *, apply: bool = False, client=root.client):
            return await client.post(f"{COURSES}/{course['id']}/class-list", json={"csv": csv, "apply": apply})

        return send

    def count(self, app) -> tuple[int, int]:
        with app.state.service.database.reading() as session:
            return tuple(session.scalar(select(func.count()).select_from(table)) for table in (Person, Enrolment))

    async def test_a_dry_run_changes_nothing(self, app, send, account):
        await account("lin")
        before = self.count(app)
        planned = (await send(LIST)).json()
        assert planned["counts"] == {"enrol": 2}
        assert [(row["line"], row["action"], row["account"]) for row in planned["rows"]] == [
            (2, "enrol", True),
            (3, "enrol", False),
        ]
        assert (planned["applied"], planned["errors"]) == (False, [])
        assert self.count(app) == before

    async def test_the_list_is_applied(self, root, course, send):
        applied = await send(LIST, apply=True)
        assert (applied.status_code, applied.json()["applied"]) == (200, True)
        wang = await enrolment_of(root.client, course, "wang")
        assert (wang["name"], wang["student_number"], wang["section"], wang["role"]) == ("王", "2", "B", "student")

    async def test_a_second_time_only_differences_count(self, root, course, send):
        await send(LIST, apply=True)
        assert (await send(LIST)).json()["counts"] == {"nothing": 2}
        moved = await send("email,section\nwang@example.edu,A\n", apply=True)
        assert moved.json()["counts"] == {"change": 1}
        wang = await enrolment_of(root.client, course, "wang")
        assert (wang["section"], wang["student_number"]) == ("A", "2")  # what the list does not name stays

    async def test_bad_rows_are_named_by_line_and_nothing_is_half_done(self, app, send):
        csv = (
            "email,name,number,role\n"
            "good@example.edu,Good,1,student\n"
            "no address,Bad,2,\n"
            ",Nobody,3,\n"
            "\n"
            "good@example.edu,Twice,4,\n"
            "boss@example.edu,Boss,5,dean\n"
            "same@example.edu,Same,1,\n"
            "much@example.edu,Much,7,,8\n"
        )
        before = self.count(app)
        planned = (await send(csv)).json()
        assert [fault["line"] for fault in planned["errors"]] == [3, 4, 6, 7, 8, 9]
        refused = await send(csv, apply=True)
        assert refused.status_code == 422
        assert [fault["line"] for fault in refused.json()["errors"]] == [3, 4, 6, 7, 8, 9]
        assert refused.json()["errors"][2]["detail"] == "Line 6: The address stands on line 2 already."
        assert refused.json()["errors"][2]["detail_zh"].startswith("第 6 行：")
        assert self.count(app) == before

    async def test_a_number_of_somebody_who_is_not_on_the_list(self, send, join):
        await join("old", student_number="1")
        assert sentences(await send(LIST, apply=True)) == [
            "Line 2: Somebody else in the course has this student number."
        ]

    async def test_numbers_can_be_exchanged(self, send):
        await send(LIST, apply=True)
        swapped = LIST.replace(",1,", ",x,").replace(",2,", ",1,").replace(",x,", ",2,")
        assert (await send(swapped, apply=True)).json()["counts"] == {"change": 2}

    async def test_the_last_who_teaches_is_not_made_a_student(self, root, course, send):
        refused = await send(f"email,role\n{root.email},student\n", apply=True)
        assert refused.status_code == 409
        assert (await enrolment_of(root.client, course, "root"))["role"] == "instructor"

    @pytest.mark.parametrize("role", ["student", "assistant"])
    async def test_it_is_for_instructors(self, join, send, role):
        person = await join("person", role)
        assert (await send(LIST, client=person.client)).status_code == 403

    async def test_links_lead_the_new_ones_in_and_nobody_else(self, root, course, send, client):
        await send(LIST, apply=True)
        elsewhere = (await root.client.post(COURSES, json=NEW)).json()
        await root.client.post(f"{COURSES}/{elsewhere['id']}/enrolments", json={"email": "wang@example.edu"})
        links = (await root.client.post(f"{COURSES}/{course['id']}/sign-in-links")).json()["items"]
        assert [link["email"] for link in links] == ["lin@example.edu"]
        page = await client.get(links[0]["path"])
        assert page.status_code == 200
        assert "林海棠" in page.text

    async def test_a_thousand_rows(self, app, send):
        rows = "".join(f"s{number}@example.edu,S {number},{number},A\n" for number in range(1000))
        applied = await send("email,name,number,section\n" + rows, apply=True)
        assert applied.json()["counts"] == {"enrol": 1000}
        assert self.count(app) == (1001, 1001)


class TestInvitations:
    @pytest.fixture
    def invite(self, root, course):
        async def invite(**settings):
            return await root.client.post(f"{COURSES}/{course['id']}/invitations", json=settings)

        return invite

    async def test_the_link_enrols_who_follows_it(self, course, account, invite):
        invitation = (await invite(section="A")).json()
        lin = await account("lin")
        accepted = await lin.client.post("/api/v1/me/enrolments", json={"token": invitation["token"]})
        assert (accepted.status_code, accepted.json()["role"], accepted.json()["section"]) == (200, "student", "A")
        assert (await lin.client.get(f"{COURSES}/{course['id']}")).json()["role"] == "student"

    async def test_a_use_is_spent_once_a_person(self, root, course, account, invite):
        token = (await invite(max_uses=1)).json()["token"]
        lin, wang = await account("lin"), await account("wang")
        statuses = [
            (await person.client.post("/api/v1/me/enrolments", json={"token": token})).status_code
            for person in (lin, wang)
        ]
        assert statuses == [200, 404]
        (listed,) = (await root.client.get(f"{COURSES}/{course['id']}/invitations")).json()["items"]
        assert (listed["uses"], listed["token"]) == (1, token)

    async def test_a_revoked_one_leads_nowhere(self, root, account, invite):
        invitation = (await invite()).json()
        revoked = await root.client.delete(f"/api/v1/invitations/{invitation['id']}")
        assert revoked.json()["revoked_at"] is not None
        lin = await account("lin")
        accepted = await lin.client.post("/api/v1/me/enrolments", json={"token": invitation["token"]})
        assert (accepted.status_code, accepted.json()["type"]) == (404, "/errors/unknown-invitation")

    async def test_one_for_an_address_is_for_nobody_else(self, account, invite):
        token = (await invite(email="LIN@example.edu", role="assistant")).json()["token"]
        lin, wang = await account("lin"), await account("wang")
        assert (await wang.client.post("/api/v1/me/enrolments", json={"token": token})).status_code == 403
        assert (await lin.client.post("/api/v1/me/enrolments", json={"token": token})).json()["role"] == "assistant"

    async def test_who_was_taken_out_does_not_come_back_by_a_link(self, root, course, join, invite):
        lin = await join("lin")
        enrolment = await enrolment_of(root.client, course, "lin")
        await root.client.patch(f"/api/v1/enrolments/{enrolment['id']}", json={"ended": True})
        token = (await invite()).json()["token"]
        assert (await lin.client.post("/api/v1/me/enrolments", json={"token": token})).status_code == 409

    async def test_a_retry_has_the_same_token_which_is_not_stored(self, app, root, course):
        headers = {"Idempotency-Key": "once"}
        address = f"{COURSES}/{course['id']}/invitations"
        first, again = [await root.client.post(address, json={}, headers=headers) for _ in range(2)]
        assert first.content == again.content
        with app.state.service.database.reading() as session:
            (kept,) = session.scalars(select(IdempotencyKey.body))
        assert first.json()["token"].encode() not in kept

    @pytest.mark.parametrize("expires_at", ["2001-01-01T00:00:00Z", "2099-01-01T00:00:00+08:00"])
    async def test_when_it_can_end(self, invite, expires_at):
        refused = await invite(expires_at=expires_at)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/expires_at")

    async def test_an_instant_needs_an_offset(self, invite):
        assert sentences(await invite(expires_at="2026-12-24T18:00:00")) == [
            "An instant with an offset is needed here, such as 2026-10-23T23:59:59+08:00."
        ]
