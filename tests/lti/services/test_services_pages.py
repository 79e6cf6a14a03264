"""What those who teach see of scores and class lists, and the buttons and commands that set both going."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app.accounts import sign_in_links
from app.cli import cli
from app.core.settings import Settings
from app.courses.models import Enrolment
from app.lti.models import Context
from app.lti.sender import Sender
from tests.lti.platform import LEARNER, TEACHER, Answer
from tests.lti.platform_services import Gradebook
from tests.lti.services.conftest import Link, Linked
from tests.lti.services.test_sender import all_sent, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def backend() -> str:
    """The other tests of scores and class lists run on both databases."""
    return "sqlite"


@pytest.fixture
async def linked(link: Link) -> Linked:
    linked = await link(students=2)
    linked.gradebook.courses[linked.course.id] = replace(linked.course, members=(LEARNER, TEACHER))
    return linked


@pytest.fixture
async def teacher(
    linked: Linked, app: FastAPI, browse: Callable[[FastAPI], httpx.AsyncClient]
) -> AsyncIterator[httpx.AsyncClient]:
    """The teacher's browser, signed in."""
    service = app.state.service

    def link_for(session: Session) -> str:
        return sign_in_links.create(session, linked.classroom.teacher.id, "reset", service.clock())

    secret = await service.writer.write(link_for)
    async with browse(app) as client:
        page = await client.get(sign_in_links.path_of(secret))
        form = {"token": token_in(page), "password": "seven quiet herons", "again": "seven quiet herons"}
        signed_in = await client.post(sign_in_links.path_of(secret), data=form)
        assert signed_in.status_code in {302, 303}, signed_in.text
        yield client


def token_in(page: httpx.Response) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


async def test_the_scores_are_one_step_from_where_the_teacher_lands(linked: Linked, teacher: httpx.AsyncClient) -> None:
    landed = f"/en/assignments/{linked.classroom.assignment}"
    assert f'href="{landed}/lti"' in (await teacher.get(landed)).text
    assert (await teacher.get(f"{landed}/lti")).status_code == 200


async def refused(linked: Linked, sender: Sender, gradebook: Gradebook) -> None:
    """One score has arrived, and one was refused."""
    gradebook.refuse = lambda user: Answer({"error": "not enrolled there"}, 400) if user == "u1" else None
    for student in linked.classroom.students:
        await linked.override(student, 1.5)
    async with sender:
        await until(lambda: {score.state for score in linked.scores()} == {"sent", "failed"})
    gradebook.refuse = lambda _user: None


class TestScores:
    async def test_what_has_become_of_each(self, linked: Linked, sender: Sender, gradebook: Gradebook) -> None:
        await refused(linked, sender, gradebook)
        client, address = linked.classroom.teacher.client, f"/api/v1/assignments/{linked.classroom.assignment}/lti"
        listed: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = (await client.get(f"{address}/scores?limit=1{cursor}")).json()
            listed += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert [(each["name"], each["state"], each["score"], each["status"]) for each in listed] == [
            ("s1", "failed", None, 400),
            ("s0", "sent", 1.5, 200),
        ]
        assert "not enrolled there" in listed[0]["error"]
        assert all(each["tried_at"] for each in listed)
        only = (await client.get(f"{address}/scores?state=failed")).json()["items"]
        assert [each["name"] for each in only] == ["s1"]

    async def test_they_are_sent_once_more_by_the_call(
        self, linked: Linked, sender: Sender, gradebook: Gradebook
    ) -> None:
        await refused(linked, sender, gradebook)
        client, address = linked.classroom.teacher.client, f"/api/v1/assignments/{linked.classroom.assignment}/lti"
        assert (await client.post(f"{address}/resend", json={"only_failed": True})).json() == {"scores": 1}
        mine = {"person_id": linked.classroom.students[0].id}
        assert (await client.post(f"{address}/resend", json=mine)).json() == {"scores": 1}
        assert (await client.post(f"{address}/resend", json={})).json() == {"scores": 2}
        async with sender:
            await all_sent(linked)
        assert (linked.shown(0), linked.shown(1)) == (1.5, 1.5)

    @pytest.mark.parametrize("language", ["en", "zh"])
    async def test_the_page_and_its_buttons(
        self, linked: Linked, sender: Sender, gradebook: Gradebook, teacher: httpx.AsyncClient, language: str
    ) -> None:
        address = f"/{language}/assignments/{linked.classroom.assignment}/lti"
        assert (await teacher.get(address)).status_code == 200
        await refused(linked, sender, gradebook)
        page = await teacher.get(address)
        assert "not enrolled there" in page.text
        assert "1.5" in page.text
        assert (await teacher.get(f"{address}?state=failed")).text.count('<th scope="row"') == 1
        sent = await teacher.post(address, data={"token": token_in(page), "only_failed": "yes"})
        assert sent.headers["location"] == f"{address}?resent=1"
        row = {"token": token_in(page), "person_id": linked.classroom.students[0].id}
        assert f'name="person_id" value="{row["person_id"]}"' in page.text
        assert (await teacher.post(address, data=row)).headers["location"] == f"{address}?resent=1"
        assert (await teacher.get(sent.headers["location"])).status_code == 200
        async with sender:
            await all_sent(linked)
        assert (await teacher.post(address, data={"token": "forged"})).status_code == 403

    @pytest.mark.parametrize("person", ["\x00", "x", "a" * 100_000])
    async def test_nobody_has_such_an_id(self, linked: Linked, teacher: httpx.AsyncClient, person: str) -> None:
        """It would go into the audit log, where it stays."""
        address = f"/en/assignments/{linked.classroom.assignment}/lti"
        token = token_in(await teacher.get(address))
        assert (await teacher.post(address, data={"token": token, "person_id": person})).status_code == 404

    async def test_a_link_is_given_another_assignment(self, linked: Linked, teacher: httpx.AsyncClient) -> None:
        address = f"/zh/assignments/{linked.classroom.assignment}/lti"
        page = await teacher.get(address)
        assert "教学平台中的链接" in page.text
        assert "/lti/links" not in page.text  # there is no other assignment
        await linked.classroom.assign({}, title="Sheet 2")
        form = {"token": token_in(page), "link": linked.link_id, "assignment": linked.classroom.assignment}
        assert f'action="{address}/links"' in (await teacher.get(address)).text
        changed = await teacher.post(f"{address}/links", data=form)
        assert changed.headers["location"] == f"/zh/assignments/{linked.classroom.assignment}/lti"
        assert "教学平台中的链接" not in (await teacher.get(address)).text
        assert "教学平台中的链接" in (await teacher.get(changed.headers["location"])).text
        for bad in ({"link": "x"}, {"assignment": ""}, {"assignment": linked.link_id}):
            assert (await teacher.post(f"{address}/links", data=form | bad)).status_code == 404
        assert (await teacher.post(f"{address}/links", data=form | {"token": "x"})).status_code == 403

    async def test_an_assignment_that_no_platform_links_to(self, linked: Linked, teacher: httpx.AsyncClient) -> None:
        await linked.classroom.assign({})
        page = await teacher.get(f"/en/assignments/{linked.classroom.assignment}/lti")
        assert "No learning platform receives the scores" in page.text

    async def test_the_editor_leads_here(self, linked: Linked, teacher: httpx.AsyncClient) -> None:
        editor = await teacher.get(f"/en/assignments/{linked.classroom.assignment}/edit")
        assert f"/en/assignments/{linked.classroom.assignment}/lti" in editor.text


class TestClassList:
    async def test_by_calls(self, linked: Linked) -> None:
        client, address = linked.classroom.teacher.client, f"/api/v1/courses/{linked.classroom.course}/lti"
        synced = await client.post(f"{address}/sync")
        assert synced.status_code == 200, synced.text
        (context,) = synced.json()["contexts"]
        assert (context["members"], context["added"]) == (2, 2)
        first = (await client.get(f"{address}/roster?limit=1")).json()
        rest = (await client.get(f"{address}/roster?cursor={first['next_cursor']}")).json()
        found = {each["subject"]: each for each in first["items"] + rest["items"]}
        assert found["7"]["roles"] == list(LEARNER.launch_roles)
        assert found["7"]["person_id"] is not None

    async def test_a_platform_that_fails_is_told(self, linked: Linked) -> None:
        linked.gradebook.platform.on("GET", "/courses/11/memberships", lambda _request, _match: Answer(status=500))
        failed = await linked.classroom.teacher.client.post(f"/api/v1/courses/{linked.classroom.course}/lti/sync")
        assert (failed.status_code, failed.json()["type"]) == (502, "/errors/platform-failed")

    @pytest.mark.parametrize("language", ["en", "zh"])
    async def test_by_the_button(self, linked: Linked, teacher: httpx.AsyncClient, language: str) -> None:
        address = f"/{language}/courses/{linked.classroom.course}/lti"
        people = await teacher.get(f"/{language}/courses/{linked.classroom.course}/people")
        assert address in people.text
        page = await teacher.get(address)
        synced = await teacher.post(address, data={"token": token_in(page)})
        assert synced.status_code == 200
        assert LEARNER.name in synced.text
        assert "membership#Learner" in synced.text
        linked.gradebook.platform.on("GET", "/courses/11/memberships", lambda _request, _match: Answer(status=500))
        failed = await teacher.post(address, data={"token": token_in(page)})
        assert failed.status_code == 502
        assert "500" in failed.text

    async def test_who_is_more_here_than_in_the_list_is_marked(
        self, linked: Linked, teacher: httpx.AsyncClient, change: Callable[..., Any]
    ) -> None:
        address = f"/en/courses/{linked.classroom.course}/lti"
        synced = await teacher.post(address, data={"token": token_in(await teacher.get(address))})
        assert "higher than in the list" not in synced.text
        await change(Enrolment, role="instructor")
        page = await teacher.get(address)
        assert page.text.count("higher than in the list") == 1  # the learner, and not the instructor
        assert f'href="/en/courses/{linked.classroom.course}/people">To the people of the course' in page.text

    async def test_where_no_platform_gives_a_list_there_is_nothing_to_fetch(
        self, linked: Linked, teacher: httpx.AsyncClient, change: Callable[..., Any]
    ) -> None:
        await change(Context, memberships_url=None)
        page = await teacher.get(f"/en/courses/{linked.classroom.course}/lti")
        assert "No learning platform gives a class list for this course." in page.text
        assert "Fetch the list now" not in page.text

    @pytest.mark.parametrize("cursor", ["x", "WyJhIl0", "WzEsMl0"])
    async def test_a_position_that_is_none(self, linked: Linked, cursor: str) -> None:
        address = f"/api/v1/courses/{linked.classroom.course}/lti/roster?cursor={cursor}"
        assert (await linked.classroom.teacher.client.get(address)).status_code == 422


class TestCommands:
    async def run(self, settings: Settings, *arguments: str) -> str:
        environment = {
            "HAITANG_DATABASE_URL": settings.database_url,
            "HAITANG_SECRET": settings.secret.get_secret_value() if settings.secret else "",
            "HAITANG_LTI_ALLOW_LOOPBACK": "true",
        }
        done = await asyncio.to_thread(CliRunner().invoke, cli, ["lti", *arguments], env=environment)
        assert done.exit_code == 0, done.output
        return done.stdout

    async def test_what_was_not_accepted_is_sent_once_more(
        self, linked: Linked, sender: Sender, gradebook: Gradebook, settings: Settings
    ) -> None:
        await refused(linked, sender, gradebook)
        assert re.search(r"failed +1", await self.run(settings, "scores"))
        assert "1 score is due" in await self.run(settings, "resend", "--failed")
        assert "2 scores are due" in await self.run(settings, "resend", linked.classroom.assignment)
        async with sender:
            await all_sent(linked)
        assert re.search(r"sent +2", await self.run(settings, "scores", linked.classroom.assignment))

    async def test_the_class_list(self, linked: Linked, settings: Settings) -> None:
        assert "2 in the list, 2 added" in await self.run(settings, "sync", linked.classroom.course)

    async def test_another_key(self, linked: Linked, settings: Settings) -> None:
        told = await self.run(settings, "rotate-key")
        keys = (await linked.classroom.teacher.client.get("/lti/jwks")).json()["keys"]
        assert len(keys) == 2
        assert any(key["kid"] in told for key in keys)
