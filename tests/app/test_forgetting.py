"""Deleting an account: what says who somebody is goes from every table, and no figure of a report moves."""

import re
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import insert, select, update

from app.accounts import audit, forgetting, people, sessions, sign_in_links
from app.accounts.models import AuditEntry, Person
from app.accounts.passwords import Passwords
from app.core.errors import ConflictError
from app.core.ids import new_id
from app.core.models import Base
from app.courses.models import Enrolment, Extension
from app.lti.models import Identity, Platform

pytestmark = pytest.mark.anyio

PASSWORD = "seven quiet herons"
TRACES = ("Lin Hai", "lin.hai@example.edu", "2026-4711", "Mozilla/lin", "hospital", "lin's notebook", "scribble")
NAMELESS = {"confirmation": "LIN.HAI@example.edu ", "password": PASSWORD}


def traces(app, *texts: str) -> list[tuple[str, str]]:
    """The tables, and the texts of these that stand in any of their cells."""
    found = []
    with app.state.service.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            everything = repr([tuple(row) for row in session.execute(select(table))])
            found += [(table.name, text) for text in texts if text in everything]
    return found


async def write(app, job: Any) -> Any:
    return await app.state.service.writer.write(job)


@pytest.fixture
async def lin(app, classroom, browse):
    """A course with Lin, who has left something of themself in every corner, and two others."""
    room = await classroom(2)
    teacher, service = room.teacher.client, app.state.service
    body = {"email": "lin.hai@example.edu", "name": "Lin Hai", "student_number": "2026-4711", "section": "A"}
    made = await teacher.post(
        f"/api/v1/courses/{room.course}/enrolments", json=body, headers={"Idempotency-Key": "enrol"}
    )
    await room.assign({}, {"problem": "1.6"}, attempts_allowed=3)
    person_id = made.json()["person_id"]
    invited = {"role": "student", "email": "lin.hai@example.edu"}
    assert (await teacher.post(f"/api/v1/courses/{room.course}/invitations", json=invited)).status_code == 201
    extension = {"person_id": person_id, "extra_attempts": 1, "reason": "in hospital"}
    assert (await teacher.post(f"/api/v1/assignments/{room.assignment}/extensions", json=extension)).status_code == 201
    passwords = Passwords()
    password_hash = await passwords.hash(PASSWORD)
    passwords.close()

    def enter(session):
        now = service.clock()
        people.set_password(session, person_id, password_hash, now)
        sign_in_links.create(session, person_id, "reset", now)
        return sessions.begin(session, person_id, "Mozilla/lin", service.settings, now)

    room.person_id, secret = person_id, await write(app, enter)
    client = browse(app)
    client.headers["Accept"] = "text/html"
    client.cookies.set(sessions.COOKIE, secret)
    room.lin = client
    token = await client.post("/api/v1/tokens", json={"name": "lin's notebook", "scopes": ["read", "manage"]})
    room.token = token.json()["token"]
    for student, count in ((client, 128), (room.students[0].client, 5), (room.students[1].client, 128)):
        answer = {"assignment": room.assignment, "item": room.items[0], "answers": {"count": count}}
        sent = await student.post("/api/v1/attempts", json=answer, headers={"Idempotency-Key": "first"})
        assert sent.status_code == 201, sent.text
    draft = f"/api/v1/assignments/{room.assignment}/items/{room.items[1]}/draft"
    assert (await client.put(draft, json={"answers": {"w": "scribble"}})).status_code == 200
    yield room
    await client.aclose()


async def test_nothing_is_left_that_says_who_it_was(app, lin):
    assert {text for _, text in traces(app, *TRACES)} == set(TRACES)
    done = await lin.lin.post("/api/v1/me/deletion", json=NAMELESS)
    assert done.status_code == 200, done.text
    assert traces(app, *TRACES) == []
    assert (await lin.lin.get("/api/v1/me")).json()["via"] == "anonymous"
    lin.lin.headers["Authorization"] = f"Bearer {lin.token}"
    assert (await lin.lin.get("/api/v1/me")).status_code == 401
    with app.state.service.database.reading() as session:
        newest = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert (newest.action, newest.subject, newest.detail) == ("person.forget", lin.person_id, {})
        assert audit.verify(session).holds
        extension = session.scalars(select(Extension)).one()
        assert (extension.extra_attempts, extension.reason) == (1, "")


async def test_no_figure_of_the_report_moves(lin):
    base = f"/api/v1/assignments/{lin.assignment}/report"

    async def figures() -> tuple[Any, Any, Any]:
        report = (await lin.teacher.client.get(base)).json()
        analysis = (await lin.teacher.client.get(f"{base}/items")).json()
        lines = {each["person_id"]: each["total"] for each in report["gradebook"]["items"]}
        return report["summary"], analysis, lines

    before = await figures()
    assert (await lin.lin.post("/api/v1/me/deletion", json=NAMELESS)).status_code == 200
    assert await figures() == before
    csv = (await lin.teacher.client.get(f"{base}.csv")).text
    assert "(deleted),,," in csv


async def test_pages_say_it_in_their_language(app, lin, browse):
    await lin.lin.post("/api/v1/me/deletion", json=NAMELESS)
    service = app.state.service
    async with browse(app) as browser:
        secret = await write(
            app, lambda session: sessions.begin(session, lin.teacher.id, "", service.settings, service.clock())
        )
        browser.cookies.set(sessions.COOKIE, secret)
        report = f"assignments/{lin.assignment}/report"
        for path in (f"courses/{lin.course}/people", report, f"{report}/students/{lin.person_id}"):
            assert "(deleted)" in (await browser.get(f"/en/{path}")).text
            chinese = (await browser.get(f"/zh/{path}")).text
            assert "（已注销）" in chinese
            assert "(deleted)" not in chinese
        assert "(deleted)" not in (await browser.get("/en/people")).text  # nobody to do anything about
        person = await browser.get(f"/zh/people/{lin.person_id}")
        assert (person.status_code, "已注销" in person.text) == (200, True)


async def test_it_asks_for_the_password_and_the_address(lin):
    for change, pointer in (
        ({"password": "seven quiet heron"}, "/password"),
        ({"confirmation": "lin"}, "/confirmation"),
    ):
        refused = await lin.lin.post("/api/v1/me/deletion", json=NAMELESS | change)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await lin.lin.get("/api/v1/me")).json()["email"] == "lin.hai@example.edu"


async def test_without_a_password_the_sign_in_must_be_fresh(app, lin):
    await write(app, lambda session: session.execute(update(Person).values(password_hash=None)).rowcount)
    lin.lin.headers["Authorization"] = f"Bearer {lin.token}"
    by_token = await lin.lin.post("/api/v1/me/deletion", json=NAMELESS)
    assert (by_token.status_code, by_token.json()["errors"][0]["pointer"]) == (422, "/password")
    del lin.lin.headers["Authorization"]
    with app.state.service.database.reading() as session:
        service = app.state.service
        mine = sessions.list_sessions(session, lin.person_id, service.settings, service.clock())[0]
        last = mine.created_at + forgetting.RECENT
        assert forgetting.is_recent(session, mine.id_hash, last)
        assert not forgetting.is_recent(session, mine.id_hash, last + timedelta(seconds=1))
        assert not forgetting.is_recent(session, None, last)
    assert (await lin.lin.post("/api/v1/me/deletion", json=NAMELESS)).status_code == 200


async def test_the_page_says_what_stays_and_signs_out(app, lin):
    page = await lin.lin.get("/en/account/delete")
    assert "Answers and scores stay" in page.text
    assert "Nobody can restore the account" in page.text
    token = re.search(r'name="token" value="([^"]+)"', page.text)[1]
    wrong = await lin.lin.post("/zh/account/delete", data={"token": token, "password": "x", "confirmation": "x"})
    assert (wrong.status_code, "请按要求逐字输入，以示确认。" in wrong.text) == (422, True)
    assert traces(app, "lin.hai@example.edu") != []
    done = await lin.lin.post("/en/account/delete", data={"token": token} | NAMELESS)
    assert (done.status_code, done.headers["location"]) == (303, "/en/account/deleted")
    shown = {
        place: (await lin.lin.get("/en/account/deleted", headers={"Sec-Fetch-Dest": place})).text
        for place in ("iframe", "document")
    }
    assert "signed out everywhere" in shown["iframe"]
    # Whose frame it is, nobody could say any more of the next page.
    assert re.search(r'<a href="/en" target="_blank"[^>]*>To the exercises', shown["iframe"])
    assert '<a href="/en">To the exercises</a>' in shown["document"]
    assert traces(app, *TRACES) == []


async def test_the_administrator_deletes_anybody_but_the_last_of_their_kind(app, lin):
    root = lin.teacher
    path = f"/api/v1/people/{lin.person_id}"
    first, again = await root.client.delete(path), await root.client.delete(path)
    assert (first.status_code, first.json()) == (200, again.json())
    assert traces(app, *TRACES) == []
    with app.state.service.database.reading() as session:
        assert len(session.scalars(select(AuditEntry.id).where(AuditEntry.action == "person.forget")).all()) == 1
    for answer in (
        await root.client.patch(path, json={"name": "Lin"}),
        await root.client.patch(path, json={"disabled": False}),
        await root.client.post(f"{path}/sign-in-links"),
        await root.client.delete(f"/api/v1/people/{root.id}"),
    ):
        assert answer.status_code == 409
        assert answer.json()["detail_zh"]
    assert (await root.client.delete("/api/v1/people/nobody")).status_code == 404


async def test_the_administrators_page_asks_for_the_address(app, lin, browse):
    service = app.state.service
    async with browse(app) as browser:
        secret = await write(
            app, lambda session: sessions.begin(session, lin.teacher.id, "", service.settings, service.clock())
        )
        browser.cookies.set(sessions.COOKIE, secret)
        address = f"/en/people/{lin.person_id}/delete"
        token = re.search(r'name="token" value="([^"]+)"', (await browser.get(address)).text)[1]
        refused = await browser.post(address, data={"token": token, "confirmation": "yes"})
        assert (refused.status_code, traces(app, "Lin Hai") != []) == (422, True)
        done = await browser.post(address, data={"token": token, "confirmation": "lin.hai@example.edu"})
        assert done.headers["location"] == "/en/people?done=deleted"
        assert traces(app, *TRACES) == []
        last = f"/zh/people/{lin.teacher.id}/delete"
        kept = await browser.post(last, data={"token": token, "confirmation": lin.teacher.email})
        assert "网站必须至少保留一名管理员。" in kept.text


async def test_a_learning_platform_knows_them_no_longer(app, lin):
    """What is kept of it is told before, and gone after."""
    now, platform = app.state.service.clock(), new_id()
    urls = dict.fromkeys(("authorization_url", "token_url", "keyset_url"), "https://lms.example.edu/")

    def launch(session):
        named = {"id": platform, "name": "LMS", "issuer": "https://lms.example.edu", "client_id": "1"}
        session.execute(insert(Platform), named | urls | {"product": "canvas", "created_at": now})
        identity = {"issuer": named["issuer"], "subject": "sub-4711", "person_id": lin.person_id, "created_at": now}
        session.execute(insert(Identity), identity)

    await write(app, launch)
    told = (await lin.lin.get("/api/v1/me/export")).json()["lti_identities"]
    assert [(each["issuer"], each["subject"]) for each in told] == [("https://lms.example.edu", "sub-4711")]
    assert (await lin.lin.post("/api/v1/me/deletion", json=NAMELESS)).status_code == 200
    assert traces(app, "sub-4711") == []


async def test_who_teaches_takes_part_no_longer(app, lin, account):
    second = await account("second")
    body = {"email": second.email, "role": "instructor"}
    await lin.teacher.client.post(f"/api/v1/courses/{lin.course}/enrolments", json=body)
    await lin.teacher.client.delete(f"/api/v1/people/{second.id}")
    with app.state.service.database.reading() as session:
        ended = dict(session.execute(select(Enrolment.person_id, Enrolment.ended_at)).all())
    assert ended[second.id] is not None
    assert ended[lin.person_id] is None


async def test_packages_above_are_told_in_the_same_transaction(app, lin, monkeypatch):
    """One that fails undoes all of it."""
    told = []

    def listener(session, forgotten):
        told.append((forgotten.person_id, forgotten.email, session.get_one(Person, forgotten.person_id).email))
        raise ConflictError("Not now.")

    monkeypatch.setattr(forgetting, "_listeners", [*forgetting._listeners, listener])
    assert (await lin.teacher.client.delete(f"/api/v1/people/{lin.person_id}")).status_code == 409
    assert told == [(lin.person_id, "lin.hai@example.edu", None)]
    assert {text for _, text in traces(app, *TRACES)} == set(TRACES)


class TestGuests:
    """What a guest answered in a browser, and a copy of that browser's cookie."""

    PRACTICE: ClassVar = {"problem": "1.4", "seed": 0, "form": "open", "answers": {"count": 5}}

    @pytest.fixture
    async def copied(self, app, lin, browse):
        """A browser with the cookie of a guest whom Lin has claimed, and the guest's attempt."""
        async with browse(app) as browser:
            page = await browser.get("/en/problems/1.4")
            guest = browser.cookies["guest"]
            assert page.status_code == 200
            made = await browser.post("/api/v1/attempts", json=self.PRACTICE)
            id_ = guest.partition(".")[0]
            now = app.state.service.clock()
            assert await write(app, lambda session: people.claim_guest(session, id_, lin.person_id, now))
            yield browser, made.json()["id"]

    async def test_a_copy_of_the_cookie_reads_nothing_of_the_account(self, lin, copied):
        browser, attempt = copied
        mine = (await lin.lin.get("/api/v1/attempts")).json()["items"]
        assert attempt in {each["id"] for each in mine}
        assert (await browser.get("/api/v1/attempts")).json()["items"] == []
        assert (await browser.get(f"/api/v1/attempts/{attempt}")).status_code == 404
        later = (await lin.lin.post("/api/v1/attempts", json=self.PRACTICE)).json()["id"]
        assert (await browser.get(f"/api/v1/attempts/{later}")).status_code == 404

    async def test_nor_does_it_add_to_the_account(self, lin, copied):
        browser, _ = copied
        before = (await lin.lin.get("/api/v1/attempts")).json()["items"]
        added = await browser.post("/api/v1/attempts", json=self.PRACTICE)
        assert added.status_code == 201
        assert (await lin.lin.get("/api/v1/attempts")).json()["items"] == before
        assert (await browser.get(f"/api/v1/attempts/{added.json()['id']}")).status_code == 200  # it is nobody's

    async def test_and_nothing_after_the_account_is_deleted(self, app, lin, copied):
        browser, attempt = copied
        assert (await lin.lin.post("/api/v1/me/deletion", json=NAMELESS)).status_code == 200
        with app.state.service.database.reading() as session:
            assert session.scalars(select(Person.claimed_by).where(Person.claimed_by.is_not(None))).all() == []
            guest = browser.cookies["guest"].partition(".")[0]
            assert not people.can_be_claimed(session, guest)
        assert (await browser.get("/api/v1/attempts")).json()["items"] == []
        assert (await browser.get(f"/api/v1/attempts/{attempt}")).status_code == 404
