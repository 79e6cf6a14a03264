"""The whole way: teacher and students are launched, answer, and find their points in the LMS; so in a copied course."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.accounts import tokens as api_tokens
from app.accounts.scopes import SCOPES
from app.core.service import Service
from app.lti import models
from app.lti.claims import ASSIGNMENT
from app.lti.sender import Sender
from tests.lti.conftest import Browser
from tests.lti.platform import LEARNER, TEACHER, Course, Member, Platform, ResourceLink
from tests.lti.platform_services import Column, Gradebook
from tests.lti.services.test_sender import until

pytestmark = pytest.mark.anyio

CLASSMATE = Member("8", "Classmate")
ITEM = {"problem": "1.4", "form": "open", "seed_mode": "fixed", "seed": 0, "points": 2}


class School:
    """The LMS's people, who come by launches alone and use our calls with a token of theirs."""

    def __init__(self, app: FastAPI, browser: Callable[[], Browser], gradebook: Gradebook) -> None:
        self.app = app
        self.service: Service = app.state.service
        self._browser = browser
        self._gradebook = gradebook

    def link(self, course: Course, id_: str, assignment: str = "") -> tuple[ResourceLink, Column]:
        """A link of the course with a column; the assignment is named by its custom parameter."""
        column, path = self._gradebook.add_column(course, link=id_)
        custom = {ASSIGNMENT: assignment} if assignment else {}
        return ResourceLink(id=id_, course=course, custom=custom, line_item=path), column

    async def launch(self, member: Member, link: ResourceLink) -> str:
        """The address at which the member lands."""
        launched = await self._browser().launch(member, link)
        assert launched.status_code == 303, launched.text
        return launched.headers["location"]

    async def call(self, member: Member, method: str, path: str, body: Any = None) -> Any:
        def token(session: Any) -> str:
            mine = select(models.Identity.person_id).where(models.Identity.subject == member.subject)
            now = self.service.clock()
            return api_tokens.create(session, session.scalars(mine).one(), "tests", SCOPES, now, timedelta(days=1))[1]

        headers = {"Authorization": f"Bearer {await self.service.writer.write(token)}"}
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://haitang.test", headers=headers) as client:
            answered = await client.request(method, f"/api/v1{path}", json=body)
        assert answered.is_success, answered.text
        return answered.json()

    async def answer(self, member: Member, assignment: str, count: str) -> None:
        items = (await self.call(member, "GET", f"/assignments/{assignment}/items"))["items"]
        body = {"assignment": assignment, "item": items[0]["id"], "answers": {"count": count}}
        await self.call(member, "POST", "/attempts", body)


@pytest.fixture
def school(
    app: FastAPI, service: Service, browser: Callable[[], Browser], platform: Platform, gradebook: Gradebook
) -> School:
    platform.tool = "https://haitang.test"
    assert service is app.state.service
    return School(app, browser, gradebook)


async def test_students_find_their_points_in_the_lms_and_in_its_copied_course(school: School, sender: Sender) -> None:
    autumn = Course("11", "Neural computation, autumn", (LEARNER, CLASSMATE, TEACHER))
    first, _ = school.link(autumn, "31")
    assert "/lti/choose/" in await school.launch(TEACHER, first)
    (course,) = (await school.call(TEACHER, "GET", "/courses"))["items"]
    body = {"title": "Sheet 1", "published": True, "items": [ITEM]}
    made = await school.call(TEACHER, "POST", f"/courses/{course['id']}/assignments", body)

    link, column = school.link(autumn, "32", made["id"])
    assert (await school.launch(LEARNER, link)).endswith(f"/assignments/{made['id']}")
    await school.launch(CLASSMATE, link)
    async with sender:
        await school.answer(LEARNER, made["id"], "128")
        await school.answer(CLASSMATE, made["id"], "7")
        await until(lambda: len(column.results) == 2)
        assert (column.results["7"].score, column.results["8"].score) == (2, 0)

        spring = Course("12", "Neural computation, spring", (LEARNER, TEACHER))
        copied, second = school.link(spring, "41", made["id"])
        address = await school.launch(LEARNER, copied)
        copy = address.rpartition("/")[2]
        assert copy != made["id"]
        await school.answer(LEARNER, copy, "7")
        await until(lambda: bool(second.results))
        await school.answer(LEARNER, copy, "128")
        await until(lambda: second.results["7"].score == 2)
    assert column.results["7"].score == 2
    assert list(second.results) == ["7"]
