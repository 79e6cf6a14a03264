"""Pages of those who look after people, courses and grades: a person, the audit log, past regrades, long lists."""

import html
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, text

from app.accounts.models import Person
from app.attempts import override_pages, regrade, regrade_history_pages
from app.core.ids import new_id
from app.courses import assignment_pages, audit_pages, pages
from app.courses.models import Enrolment
from tests.backends import on_one_database

pytestmark = [pytest.mark.anyio, on_one_database]


async def send(client: httpx.AsyncClient, page: str, to: str, **fields: Any) -> httpx.Response:
    shown = await client.get(page)
    assert shown.status_code == 200, shown.text
    token = re.search(r'name="token" value="([^"]+)"', shown.text)[1]
    return await client.post(to, data={"token": token} | fields)


class TestPerson:
    async def test_the_administrator_changes_closes_and_opens(self, account, signed_in):
        root, lin = await account("root", is_admin=True), await account("lin")
        browser, address = await signed_in(root), f"/en/people/{lin.id}"
        saved = await send(browser, address, address, name="Lin  Hai", email="Lin@example.edu", is_admin="yes")
        assert (saved.status_code, saved.headers["location"]) == (303, f"{address}?done=saved")
        page = (await browser.get(saved.headers["location"])).text
        assert "The change is saved." in page
        assert 'value="Lin Hai"' in page
        assert (await lin.client.get("/api/v1/me")).json()["is_admin"] is True
        await send(browser, address, address, state="closed")
        assert (await lin.client.get("/api/v1/me")).status_code == 401
        assert "Open the account again" in (await browser.get(address)).text
        await send(browser, address, address, state="open")
        assert "Close the account" in (await browser.get(address)).text
        link = await send(browser, address, f"{address}/link")
        assert "A link that signs in once" in link.text
        assert f'href="{address}"' in (await browser.get("/en/people?search=hai")).text

    async def test_what_cannot_be_is_said_in_the_language_of_the_page(self, account, signed_in):
        root, lin = await account("root", is_admin=True), await account("lin")
        browser, address = await signed_in(root), f"/zh/people/{lin.id}"
        wrong = await send(browser, address, address, name="", email="nobody")
        assert (wrong.status_code, "这不是邮箱地址。" in wrong.text) == (422, True)
        taken = await send(browser, address, address, name="Lin", email=root.email)
        assert "已有人用这个邮箱地址注册。" in taken.text
        own = f"/zh/people/{root.id}"
        last = await send(browser, own, own, state="closed")
        assert "网站必须至少保留一名管理员。" in last.text

    async def test_it_is_for_the_administrator(self, account, signed_in):
        lin, wei = await account("lin"), await account("wei")
        browser = await signed_in(lin)
        for path in (f"people/{wei.id}", f"people/{wei.id}/delete", "audit", "people"):
            refused = await browser.get(f"/zh/{path}")
            assert (refused.status_code, "这是管理员专用的。" in refused.text) == (403, True)


class TestAuditLog:
    async def test_it_is_shown_filtered_and_verified(self, classroom, signed_in, app):
        room = await classroom(1)
        await room.assign({})
        browser = await signed_in(room.teacher)
        page = html.unescape((await browser.get("/en/audit")).text)
        assert "assignment.create" in page
        assert ">teacher</a>" in page
        only = (await browser.get("/en/audit?action=enrolment")).text
        assert "enrolment.create" in only
        assert "assignment.create" not in only
        about = (await browser.get(f"/zh/audit?person={room.students[0].id}")).text
        assert "token.create" in about
        assert "course.create" not in about
        assert "fit together" in (await browser.get("/en/audit?verify=yes")).text

        def tamper(session):
            session.execute(text("DROP TRIGGER audit_log_no_update"))
            session.execute(text("UPDATE audit_log SET subject = 'nobody' WHERE id = 2"))

        await app.state.service.writer.write(tamper)
        assert "第 2 条记录对不上" in (await browser.get("/zh/audit?verify=yes")).text

    async def test_instructors_see_their_course_alone(self, classroom, signed_in, account):
        room = await classroom(1)
        second = await account("second")
        body = {"email": second.email, "role": "instructor"}
        await room.teacher.client.post(f"/api/v1/courses/{room.course}/enrolments", json=body)
        browser, address = await signed_in(second), f"/en/courses/{room.course}/audit"
        page = (await browser.get(f"{address}?verify=yes")).text
        assert "course.create" in page
        assert "token.create" not in page
        assert "fit together" in page
        assert (await (await signed_in(room.students[0])).get(address)).status_code == 403
        assert (await (await signed_in(await account("stranger"))).get(address)).status_code == 404
        found = (await second.client.get(f"/api/v1/courses/{room.course}/audit?action=enrolment.create")).json()
        assert {each["action"] for each in found["items"]} == {"enrolment.create"}

    async def test_page_by_page(self, account, signed_in, monkeypatch):
        monkeypatch.setattr(audit_pages, "SHOWN", 2)
        root = await account("root", is_admin=True)
        for name in "abc":
            await account(name)
        browser = await signed_in(root)
        seen, address = [], "/en/audit?action=token"
        while address:
            page = html.unescape((await browser.get(address)).text)
            seen += re.findall(r'<th scope="row">(\d+)</th>', page)
            older = re.search(r'href="([^"]+)" rel="next"', page)
            address = older and older[1]
        assert len(seen) == 4
        assert seen == sorted(seen, key=int, reverse=True)


class TestRegrades:
    @pytest.fixture
    async def room(self, classroom):
        room = await classroom(2)
        await room.assign({})
        for student, count in zip(room.students, (128, 130), strict=True):
            await room.answer(student, {"count": count})
        return room

    async def regraded(self, room: Any, **settings: Any) -> httpx.Response:
        body = {"item": room.items[0], "settings": settings, "reason": "because"}
        return await room.teacher.client.post(f"/api/v1/assignments/{room.assignment}/regrades", json=body)

    async def test_one_that_was_cut_short_is_carried_on_with(self, room, signed_in, monkeypatch):
        async def crash(*_: Any, **__: Any) -> None:
            raise RuntimeError("the power went off")

        with monkeypatch.context() as patch:
            patch.setattr(regrade, "WHOLE", 0)
            patch.setattr(regrade, "_go_on", crash)
            assert (await self.regraded(room, points=4.0)).status_code == 500
        browser, address = await signed_in(room.teacher), f"/en/assignments/{room.assignment}/regrades"
        page = (await browser.get(address)).text
        assert "not finished" in page
        resume = re.search(r'action="([^"]+/resume)"', page)[1]
        assert (await send(browser, address, resume)).status_code == 303
        assert "in force" in (await browser.get(address)).text
        assert [room.grade(student).score for student in room.students] == [4.0, 0.0]
        assert (await send(browser, address, resume)).status_code == 303  # finished ones stay as they are

    async def test_each_says_whose_grades_it_changed(self, room, signed_in):
        made = (await self.regraded(room, points=4.0)).json()
        browser, address = await signed_in(room.teacher), f"/assignments/{room.assignment}/regrades"
        assert f"/en{address}/{made['id']}" in (await browser.get(f"/en{address}")).text
        page = (await browser.get(f"/zh{address}/{made['id']}")).text
        assert "1 名学生的分数有变动" in page
        assert "s0" in page
        assert "because" in page
        assert (await browser.get(f"/en{address}/{new_id()}")).status_code == 404
        assert (await (await signed_in(room.students[0])).get(f"/en{address}/{made['id']}")).status_code == 403

    async def test_why_one_cannot_be_undone_is_said_in_both_languages(self, room, signed_in):
        first = (await self.regraded(room, points=4.0)).json()["id"]
        await self.regraded(room, points=6.0)
        browser = await signed_in(room.teacher)
        for language, sentence in (("en", "A later regrade of this item stands on it"), ("zh", "请先撤销后面那一次")):
            address = f"/{language}/assignments/{room.assignment}/regrades"
            refused = await send(browser, address, f"{address}/{first}/undo", reason="no")
            assert (refused.status_code, sentence in refused.text) == (409, True)

    async def test_page_by_page(self, room, signed_in, monkeypatch):
        monkeypatch.setattr(regrade_history_pages, "SHOWN", 2)
        for points in (4.0, 6.0, 8.0):
            await self.regraded(room, points=points)
        browser, address = await signed_in(room.teacher), f"/en/assignments/{room.assignment}/regrades"
        page = (await browser.get(address)).text
        assert page.count("/undo") == 2
        older = await browser.get(re.search(r'href="([^"]+)" rel="next"', page)[1])
        assert older.text.count("/undo") == 1

    async def test_nothing_to_withdraw(self, room, signed_in):
        browser = await signed_in(room.teacher)
        address = f"/zh/assignments/{room.assignment}/items/{room.items[0]}/overrides"
        student = room.students[0].id
        refused = await send(browser, address, address, person_id=student, reason="x", action="withdraw")
        assert "这里没有人工给定的分数。" in refused.text


class TestLongLists:
    async def test_assignments_and_courses_page_by_page(self, classroom, signed_in, monkeypatch):
        monkeypatch.setattr(pages, "SHOWN", 2)
        room = await classroom(0)
        for _ in range(3):
            await room.assign({})
            await room.teacher.client.post("/api/v1/courses", json={"title": "More", "time_zone": "Asia/Shanghai"})
        browser = await signed_in(room.teacher)
        for address, counted in ((f"/en/courses/{room.course}", "Sheet 1</a>"), ("/en/courses", "More</a>")):
            page = (await browser.get(address)).text
            assert page.count(counted) == 2
            older = (await browser.get(re.search(r'href="([^"]+)" rel="next"', page)[1])).text
            assert older.count(counted) == 1
            assert "The newest" in older

    @pytest.fixture
    async def crowd(self, classroom, app):
        """A course of many, of whom one is called Zoe."""
        room = await classroom(0)
        await room.assign({})
        now = datetime(2026, 3, 2, tzinfo=UTC)
        room.zoe = new_id()

        def fill(session):
            for number in range(6):
                id_ = room.zoe if number == 5 else new_id()
                name = "Zoe" if number == 5 else f"Student {number}"
                person = {"id": id_, "kind": "user", "name": name, "email": f"{number}@example.org", "created_at": now}
                session.execute(insert(Person), person)
                row = {"id": new_id(), "course_id": room.course, "person_id": id_, "role": "student", "created_at": now}
                session.execute(insert(Enrolment), row | {"student_number": f"70{number}"})

        await app.state.service.writer.write(fill)
        return room

    async def test_of_many_students_the_one_is_searched_for(self, crowd, signed_in, monkeypatch):
        monkeypatch.setattr(assignment_pages, "CHOICE", 3)
        monkeypatch.setattr(override_pages, "CHOICE", 3)
        browser, base = await signed_in(crowd.teacher), f"/en/assignments/{crowd.assignment}"
        for address in (f"{base}/edit", f"{base}/preview", f"{base}/items/{crowd.items[0]}/overrides"):
            page = (await browser.get(address)).text
            assert "search for the one whom you mean" in page
            assert crowd.zoe not in page
            found = (await browser.get(f"{address}?search=zoe")).text
            assert crowd.zoe in found
            assert "search for the one whom you mean" not in found
            assert crowd.zoe in (await browser.get(f"{address}?search=705")).text
        given = await send(
            browser, f"{base}/edit?search=zoe", f"{base}/extensions", whose=f"person:{crowd.zoe}", extra_attempts="1"
        )
        assert given.status_code == 303, given.text
        editor = (await browser.get(f"{base}/edit")).text
        assert '<th scope="row">Zoe</th>' in editor  # named, although she is not among those to choose from
        chosen = (await browser.get(f"{base}/preview?person_id={crowd.zoe}")).text
        assert f'value="{crowd.zoe}" selected' in chosen

    async def test_extensions_page_by_page(self, crowd, signed_in, monkeypatch):
        monkeypatch.setattr(assignment_pages, "SHOWN", 2)
        listed = await crowd.teacher.client.get(f"/api/v1/courses/{crowd.course}/enrolments?role=student")
        for each in listed.json()["items"][:3]:
            body = {"person_id": each["person_id"], "extra_attempts": 1}
            await crowd.teacher.client.post(f"/api/v1/assignments/{crowd.assignment}/extensions", json=body)
        browser = await signed_in(crowd.teacher)
        page = (await browser.get(f"/en/assignments/{crowd.assignment}/edit")).text
        assert page.count("Take back</button>") == 2
        older = re.search(r'href="([^"#]+)(?:#extensions)?" rel="next"', page)[1]
        assert (await browser.get(older)).text.count("Take back</button>") == 1
