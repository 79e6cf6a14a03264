"""A link is given another assignment: what students see in the platform's gradebook follows it."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.lti.models import LineItem
from app.lti.sender import Sender
from tests.lti.services.conftest import Link, Linked
from tests.lti.services.test_sender import all_sent

pytestmark = pytest.mark.anyio


@pytest.fixture
def backend() -> str:
    """The other tests of line items and the outbox run on both databases."""
    return "sqlite"


async def relink(linked: Linked, assignment: str) -> httpx.Response:
    body = {"assignment_id": assignment}
    return await linked.classroom.teacher.client.patch(f"/api/v1/lti/links/{linked.link_id}", json=body)


async def links_of(linked: Linked) -> list[dict[str, Any]]:
    listed = await linked.classroom.teacher.client.get(f"/api/v1/courses/{linked.classroom.course}/lti/links")
    assert listed.status_code == 200, listed.text
    return listed.json()["items"]


async def test_scores_of_the_new_assignment_replace_those_of_the_one_before(link: Link, sender: Sender) -> None:
    linked = await link(students=2)
    first, second = linked.classroom.students
    await linked.override(first, 1.5)
    async with sender:
        await all_sent(linked)
        assert (linked.shown(0), linked.shown(1)) == (1.5, None)
        before = linked.classroom.assignment
        await linked.classroom.assign({}, title="Sheet 2")
        await linked.override(second, 2.0)
        changed = await relink(linked, linked.classroom.assignment)
        assert changed.status_code == 200, changed.text
        assert changed.json()["assignment_id"] == linked.classroom.assignment != before
        await all_sent(linked)
    assert (linked.shown(0), linked.shown(1)) == (None, 2.0)
    assert [each["assignment_id"] for each in await links_of(linked)] == [linked.classroom.assignment]


async def test_a_linked_assignment_can_be_deleted_and_the_link_waits(link: Link) -> None:
    linked = await link()
    deleted = await linked.classroom.teacher.client.delete(f"/api/v1/assignments/{linked.classroom.assignment}")
    assert deleted.status_code == 200, deleted.text
    (waiting,) = await links_of(linked)
    assert waiting == {
        "id": linked.link_id,
        "title": "Sheet 1",
        "platform": "LMS",
        "context": linked.course.title,
        "assignment_id": None,
    }
    with linked.service.database.reading() as session:
        assert session.scalars(select(LineItem)).all() == []
    await linked.classroom.assign({})
    assert (await relink(linked, linked.classroom.assignment)).status_code == 200


@pytest.mark.parametrize("id_", ["x", "01890000-0000-7000-8000-000000000000"])
async def test_no_such_link(link: Link, id_: str) -> None:
    linked = await link()
    linked.link_id = id_
    refused = await relink(linked, linked.classroom.assignment)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (404, "unknown-link")


async def test_what_is_no_assignment_is_said_by_its_field(link: Link) -> None:
    refused = await relink(await link(), "x")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/assignment_id")
