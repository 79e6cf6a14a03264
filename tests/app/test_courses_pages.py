"""The pages of courses: from an empty database to a class with an assignment, by forms alone."""

import html
import re
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.accounts import people, sessions
from app.courses.models import Assignment, Course, Enrolment, Extension, Item
from tests.backends import on_one_database

pytestmark = [pytest.mark.anyio, on_one_database]


class Browser:
    """A browser in which somebody is signed in; it sends forms with the token of the page on which they stand."""

    def __init__(self, client: httpx.AsyncClient, person_id: str) -> None:
        self.client, self.person_id = client, person_id

    async def open(self, address: str, status: int = 200) -> str:
        page = await self.client.get(address)
        assert page.status_code == status, page.text
        return page.text

    async def send(self, page: str, address: str, files: Any = None, **fields: Any) -> httpx.Response:
        token = re.search(r'name="token" value="([^"]+)"', await self.open(page))
        assert token
        return await self.client.post(address, data={"token": token[1]} | fields, files=files)

    async def sent(self, page: str, address: str, files: Any = None, **fields: Any) -> str:
        """Where a form that was taken leads."""
        response = await self.send(page, address, files, **fields)
        assert response.status_code == 303, response.text
        return response.headers["location"]


@pytest.fixture
async def sign_in(app, browse):
    opened = []

    async def make(name: str, *, is_admin: bool = False) -> Browser:
        service = app.state.service

        def job(session):
            now = service.clock()
            id_ = people.create(session, None, now, name=name, email=f"{name}@example.edu", is_admin=is_admin)
            return id_, sessions.begin(session, id_, "", service.settings, now)

        id_, secret = await service.writer.write(job)
        client = browse(app)
        client.headers["Accept"] = "text/html"
        client.cookies.set("session", secret)
        opened.append(client)
        return Browser(client, id_)

    yield make
    for client in opened:
        await client.aclose()


@pytest.fixture
async def root(sign_in) -> Browser:
    return await sign_in("root", is_admin=True)


@pytest.fixture
async def course(root) -> str:
    """The address of a course."""
    return await root.sent("/en/courses", "/en/courses", title="Neural <computation>", time_zone="Europe/Berlin")


@pytest.fixture
async def editor(root, course) -> str:
    """The address of an assignment's editor."""
    return await root.sent(course, f"{course}/assignments", title="Homework 1")


ITEM = {"problem": "1.6", "form": "open", "points": "2", "seed_mode": "per-student"}


def stored(app, table):
    with app.state.service.database.reading() as session:
        return session.scalars(select(table)).all()


def settings(page: str) -> dict[str, str]:
    """What the form of settings on an editor would send, as it stands."""
    form = page[page.index('name="version"') - 200 :]
    form = form[: form.index("</form>")]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'{attribute}="([^"]*)"', tag) for attribute in ("name", "value"))
        if name and 'type="checkbox"' not in tag:
            fields[name[1]] = html.unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select name="([^"]+)">(.*?)</select>', form, re.DOTALL):
        fields[name] = re.search(r'value="([^"]*)" selected', options)[1]
    return fields | {"instructions": html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", form, re.DOTALL)[1])}


async def test_a_visitor_is_sent_to_sign_in(client):
    response = await client.get("/en/courses", headers={"Accept": "text/html"})
    assert (response.status_code, response.headers["location"]) == (303, "/en/sign-in?next=/en/courses")


async def test_a_page_that_does_not_exist_knows_who_is_signed_in(root, client):
    for address in ("/en/nowhere", "/nowhere"):
        page = await root.client.get(address)
        assert (page.status_code, 'href="/en/account"' in page.text, "Sign in" in page.text) == (404, True, False)
    assert "Sign in" in (await client.get("/en/nowhere", headers={"Accept": "text/html"})).text


async def test_only_what_can_be_opened_is_offered_in_another_language(root, course):
    """The answer to a form that has no page at its own address is no page of the other language either."""
    refused = await root.send(course, f"{course}/assignments", title="")
    assert (refused.status_code, "中文" in refused.text) == (422, False)
    assert f'href="{course.replace("/en/", "/zh/")}"' in await root.open(course)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_every_page_is_shown_in_both_languages(root, course, editor, language):
    for address in ("/en/courses", course, f"{course}/people", editor, editor.replace("/edit", "/preview")):
        page = await root.open(address.replace("/en/", f"/{language}/"))
        assert f'<html lang="{"en" if language == "en" else "zh-Hans"}">' in page
        assert not re.search(r"<[^>]* style=|<script>|{{", page)


async def test_titles_are_escaped(root, course):
    assert "Neural &lt;computation&gt;" in await root.open(course)


async def test_what_does_not_fit_is_said_beside_its_field(root):
    refused = await root.send("/zh/courses", "/zh/courses", title="神经", time_zone="Mars")
    assert refused.status_code == 422
    assert 'id="time_zone-fault">这里需要时区名称' in refused.text
    assert 'value="神经"' in refused.text


async def test_a_form_of_another_site_changes_nothing(app, root, course):
    refused = await root.client.post(course, data={"token": "0.forged", "title": "Mine"})
    assert refused.status_code == 403
    assert [each.title for each in stored(app, Course)] == ["Neural <computation>"]


async def test_an_assignment_is_made_published_and_seen(app, root, course, editor, sign_in):
    assert (await root.send(editor, editor, publish="yes")).status_code == 409
    base = editor.removesuffix("/edit")
    assert (await root.sent(editor, f"{base}/items", **ITEM)).endswith("#items")
    form = settings(await root.open(editor)) | {
        "instructions": "Round to $10^{-3}$.",
        "opens_at": "2020-01-01T00:00",
        "due_at": "2026-10-25T02:30",  # comes twice: the second time counts
        "late_per_day": "12.5",
        "attempts_allowed": "3",
        "release-key": "never",
    }
    await root.sent(editor, editor, **form)
    await root.sent(editor, editor, publish="yes")
    (assignment,) = stored(app, Assignment)
    assert assignment.due_at.isoformat() == "2026-10-25T01:30:00+00:00"
    assert (assignment.late_per_day, assignment.attempts_allowed) == (0.125, 3)
    assert (assignment.release["key"], assignment.release["solution"]) == ("never", "after-due")
    page = await root.open(editor)
    assert 'value="2026-10-25T02:30:00"' in page
    assert settings(page)["late_per_day"] == "12.5"
    lin = await sign_in("lin")
    await root.sent(f"{course}/people", f"{course}/people", email="lin@example.edu", role="student")
    page = await lin.open(course)
    assert "Homework 1" in page
    assert "25 Oct 2026, 02:30 (UTC+1)" in page
    await lin.open(editor, 403)
    await lin.open(f"{course}/people", 403)


async def test_saving_the_form_as_it_stands_changes_nothing_but_the_version(app, root, editor):
    (before,) = stored(app, Assignment)
    await root.sent(editor, editor, **settings(await root.open(editor)))
    (after,) = stored(app, Assignment)
    kept = [name for name in Assignment.__table__.columns.keys() if name not in {"version", "updated_at"}]  # noqa: SIM118
    assert [getattr(before, name) for name in kept] == [getattr(after, name) for name in kept]
    assert after.version == before.version + 1


async def test_a_time_that_clocks_skip_is_refused_and_an_old_page_too(root, editor):
    form = settings(await root.open(editor))
    refused = await root.send(editor, editor, **form | {"due_at": "2026-03-29T02:30"})
    assert refused.status_code == 422
    assert "Clocks are put forward over this time" in refused.text
    await root.sent(editor, editor, **form)
    assert "Somebody else has changed it" in (await root.send(editor, editor, **form)).text


async def test_items_are_changed_moved_and_removed(app, root, editor):
    base = editor.removesuffix("/edit")
    await root.sent(editor, f"{base}/items", **ITEM)
    await root.sent(editor, f"{base}/items", **ITEM | {"problem": "1.7", "seed_mode": "pool", "pool": "5, 7 9"})
    first, second = sorted(stored(app, Item), key=lambda item: item.position)
    assert second.pool == [5, 7, 9]
    await root.sent(editor, f"/en/items/{second.id}", move="up")
    changed = ITEM | {"seed_mode": "fixed", "seed": "0", "tolerance_kind": "absolute", "tolerance": "0.01"}
    await root.sent(editor, f"/en/items/{first.id}", **changed)
    second, first = sorted(stored(app, Item), key=lambda item: item.position)
    assert (first.seed, first.tolerance) == (0, {"kind": "absolute", "value": 0.01})
    refused = await root.send(editor, f"/en/items/{first.id}", **changed | {"form": "choice", "points": "many"})
    assert (refused.status_code, refused.text.count("A number is needed here.")) == (422, 2)
    await root.sent(editor, f"/en/items/{first.id}", remove="yes")
    assert [item.id for item in stored(app, Item)] == [second.id]


LIST = "email,name,section\nlin@example.edu,Lin,A\nwang@example.edu,王,B\n"


class TestClassList:
    async def test_pasted_looked_at_and_applied(self, app, root, course):
        address = f"{course}/people"
        looked = await root.send(address, f"{address}/class-list", csv=LIST)
        assert looked.status_code == 200
        assert "What the list changes" in looked.text
        assert len(stored(app, Enrolment)) == 1
        kept = html.unescape(re.search(r'name="csv" value="([^"]*)"', looked.text)[1])
        assert await root.sent(address, f"{address}/class-list", csv=kept, apply="yes") == address
        assert len(stored(app, Enrolment)) == 3
        page = await root.open(f"{address}?section=B")
        assert "王" in page
        assert "lin@example.edu" not in page

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
    async def test_a_file_of_a_spreadsheet(self, root, course, encoding):
        address = f"{course}/people"
        file = {"file": ("class.csv", LIST.replace(",", "\t").encode(encoding), "text/csv")}
        looked = await root.send(address, f"{address}/class-list", file, csv="")
        assert "wang@example.edu" in looked.text
        assert "What the list changes" in looked.text

    async def test_bad_lines_are_named(self, app, root, course):
        address = f"{course}/people"
        looked = await root.send(address, f"{address}/class-list", csv="email\nnone\n", apply="")
        assert "Line 2: This is no e-mail address." in looked.text
        assert "Apply the whole list" not in looked.text
        refused = await root.send(address, f"{address}/class-list", csv="email\nnone\n", apply="yes")
        assert refused.status_code == 422
        assert len(stored(app, Enrolment)) == 1

    async def test_links_for_the_new_ones(self, root, course, client):
        address = f"{course}/people"
        await root.sent(address, f"{address}/class-list", csv=LIST, apply="yes")
        page = (await root.send(address, f"{address}/links")).text
        (path, _) = re.findall(r"/en/sign-in/link/[\w-]+", page)
        assert (await client.get(path)).status_code == 200

    async def test_one_person_changed_and_taken_out(self, app, root, course):
        address = f"{course}/people"
        await root.sent(address, address, email="lin@example.edu", role="student", section="A")
        enrolment = max(stored(app, Enrolment), key=lambda each: each.id)
        await root.sent(address, f"/en/enrolments/{enrolment.id}", role="assistant", section="B", student_number="7")
        await root.sent(address, f"/en/enrolments/{enrolment.id}", end="yes")
        enrolment = max(stored(app, Enrolment), key=lambda each: each.id)
        assert (enrolment.role, enrolment.section, enrolment.student_number) == ("assistant", "B", "7")
        assert enrolment.ended_at is not None


class TestInvitations:
    @pytest.fixture
    async def link(self, root, course) -> str:
        await root.sent(f"{course}/people", f"{course}/invitations", role="student", section="A", max_uses="")
        return re.search(r"/en/join/[\w-]+", await root.open(f"{course}/people"))[0]

    async def test_somebody_with_an_account_presses_a_button(self, course, link, sign_in):
        lin = await sign_in("lin")
        assert "Take part in the course" in await lin.open(link)
        assert await lin.sent(link, link) == course
        assert "Neural" in await lin.open(course)

    async def test_somebody_without_one_makes_it(self, course, link, client):
        client.headers["Accept"] = "text/html"
        stranger = Browser(client, "")
        entries = {"name": "New", "email": "new@example.edu", "password": "seven green boats"}
        refused = await stranger.send(link, link, **entries | {"password": "short"})
        assert (refused.status_code, refused.text.count('id="password-fault"')) == (422, 1)
        assert await stranger.sent(link, link, **entries) == course
        assert "Neural" in await stranger.open(course)

    async def test_a_revoked_one_says_so(self, root, course, link, client):
        invitation = re.search(r"/en/invitations/[\w-]+/revoke", await root.open(f"{course}/people"))[0]
        await root.sent(f"{course}/people", invitation)
        page = await client.get(link)
        assert (page.status_code, "cannot be used any more" in page.text) == (404, True)


async def test_extensions_copies_archive_and_removal(app, root, course, editor, sign_in):
    lin, base = await sign_in("lin"), editor.removesuffix("/edit")
    await root.sent(f"{course}/people", f"{course}/people", email="lin@example.edu", role="student")
    await root.sent(
        editor, f"{base}/extensions", whose=f"person:{lin.person_id}", due_at="2026-12-01T12:00", reason="ill"
    )
    (extension,) = stored(app, Extension)
    assert (extension.person_id, extension.due_at.isoformat()) == (lin.person_id, "2026-12-01T11:00:00+00:00")
    await root.sent(editor, f"/en/extensions/{extension.id}/delete")
    course_id = course.rpartition("/")[2]
    copy = await root.sent(editor, f"{base}/copy", course_id=course_id, shift_days="7")
    assert copy != editor
    assert await root.sent(copy, copy.replace("/edit", "/delete")) == course
    assert len(stored(app, Assignment)) == 1
    await root.sent(course, course, archive="yes")
    refused = await root.send(course, f"{course}/assignments", title="More")
    assert "Take the course out of the archive first." in refused.text
    await root.sent(course, course, archive="no")
    await root.sent(course, course, title="Renamed", time_zone="UTC", pass_mark="55")
    (changed,) = stored(app, Course)
    assert (changed.title, changed.pass_mark) == ("Renamed", 0.55)


async def test_a_preview_leads_to_the_variants_that_a_student_has(root, course, editor, sign_in):
    base = editor.removesuffix("/edit")
    await root.sent(editor, f"{base}/items", **ITEM)
    lin = await sign_in("lin")
    await root.sent(f"{course}/people", f"{course}/people", email="lin@example.edu", role="student")
    own, others = [await root.open(f"{base}/preview{query}") for query in ("", f"?person_id={lin.person_id}")]
    links = [re.search(r'href="(/en/problems/1\.6\?seed=\d+)', page)[1] for page in (own, others)]
    assert links[0] != links[1]
    await root.open(links[1])


async def test_the_password_of_an_assignment(root, course, editor, sign_in):
    base = editor.removesuffix("/edit")
    await root.sent(editor, f"{base}/items", **ITEM)
    await root.sent(editor, editor, **settings(await root.open(editor)) | {"password": "sesame"})
    await root.sent(editor, editor, publish="yes")
    lin = await sign_in("lin")
    await root.sent(f"{course}/people", f"{course}/people", email="lin@example.edu", role="student")
    token_page = "/en/account"
    assert (await lin.sent(token_page, f"{base}/unlock", password="wrong")).endswith("password=wrong")
    assert await lin.sent(token_page, f"{base}/unlock", password="sesame") == base
