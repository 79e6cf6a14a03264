"""Line items: told by the launch, or found, or made; never a second one."""

import pytest
from sqlalchemy import select

from app.core.service import Service
from app.lti import claims as names
from app.lti.line_items import find_due
from app.lti.models import LineItem
from app.lti.models import Link as LinkRow
from app.lti.sender import Sender
from app.lti.tokens import Tokens
from tests.backends import on_one_database
from tests.lti.platform import Answer
from tests.lti.services.conftest import Link, Linked
from tests.lti.services.test_sender import all_sent, until

pytestmark = pytest.mark.anyio


def line_items(linked: Linked) -> list[str]:
    with linked.service.database.reading() as session:
        return list(session.scalars(select(LineItem.url)))


def due_at(linked: Linked) -> object:
    with linked.service.database.reading() as session:
        return session.get_one(LinkRow, linked.link_id).line_item_due_at


async def test_the_one_of_the_claim_is_taken_once(link: Link) -> None:
    linked = await link()
    await linked.launch()
    assert line_items(linked) == [f"{linked.gradebook.platform.address}{linked.column_path}"]


@on_one_database
async def test_without_the_scope_for_scores_none_is_taken(link: Link) -> None:
    linked = await link(launched=False)
    await linked.launch(linked.claim(scope=[names.SCOPE_LINE_ITEM]))
    await linked.launch({})
    await linked.launch({"scope": None, "lineitem": 7})
    assert line_items(linked) == []
    assert due_at(linked) is None


@on_one_database
async def test_an_address_that_is_none_is_no_line_item(link: Link) -> None:
    linked = await link(launched=False)
    await linked.launch(linked.claim(lineitem="https://[", lineitems=None))
    assert line_items(linked) == []


async def test_a_link_without_one_finds_its_column(link: Link, service: Service, tokens: Tokens) -> None:
    linked = await link(launched=False)
    await linked.launch(linked.claim(lineitem=None))
    await find_due(service, tokens)
    assert line_items(linked) == [f"{linked.gradebook.platform.address}{linked.column_path}"]
    assert due_at(linked) is None


async def test_a_link_without_any_column_gets_one_and_its_scores(link: Link, sender: Sender) -> None:
    linked = await link(launched=False)
    linked.gradebook.columns.clear()
    await linked.override(linked.classroom.students[0], 1.5)
    await linked.launch(linked.claim(lineitem=None))
    async with sender:
        while not line_items(linked):
            await linked.launch(linked.claim(lineitem=None))
        await all_sent(linked)
    (column,) = linked.gradebook.columns["11"].values()
    assert (column.label, column.maximum, column.resource_link_id) == ("Sheet 1", 2, "31")
    assert column.resource_id == linked.classroom.assignment
    assert column.results["u0"].score == 1.5


@on_one_database
async def test_of_several_columns_the_one_with_our_id_is_taken(link: Link, service: Service, tokens: Tokens) -> None:
    linked = await link(launched=False)
    ours, path = linked.gradebook.add_column(linked.course, link="31", resource_id=linked.classroom.assignment)
    linked.gradebook.add_column(linked.course, link="32", resource_id=linked.classroom.assignment)
    await linked.launch(linked.claim(lineitem=None))
    await find_due(service, tokens)
    assert line_items(linked) == [f"{linked.gradebook.platform.address}{path}"]
    assert ours.resource_id


async def test_a_column_that_the_platform_has_made_anew_takes_the_place_of_the_former(
    link: Link, sender: Sender
) -> None:
    """Somebody deleted it there, with its grades. They go to the new one, and nothing any more to the former."""
    linked = await link()
    await linked.override(linked.classroom.students[0], 1.5)
    linked.gradebook.columns.clear()
    column, path = linked.gradebook.add_column(linked.course, link="31")
    address = f"{linked.gradebook.platform.address}{path}"
    await linked.launch(linked.claim(lineitem=address))
    assert line_items(linked) == [address]
    async with sender:
        await all_sent(linked)
    assert column.results["u0"].score == 1.5


@on_one_database
async def test_a_column_that_is_gone_is_made_again(link: Link, sender: Sender) -> None:
    """By the next launch, if the platform names no column with the link but lets us make some."""
    linked = await link()
    linked.gradebook.columns.clear()
    await linked.override(linked.classroom.students[0], 1.5)
    async with sender:
        await until(lambda: linked.score().state == "failed")
        await linked.launch(linked.claim(lineitem=None))
        await until(lambda: bool(linked.gradebook.columns))
        await until(lambda: linked.score().state == "sent")
    (column,) = linked.gradebook.columns["11"].values()
    assert column.results["u0"].score == 1.5
    assert len(line_items(linked)) == 1


@on_one_database
async def test_a_column_that_is_there_after_all_is_tried_again(link: Link, sender: Sender) -> None:
    """The platform may have meant the person, whom it knows when they come again."""
    linked = await link()
    linked.gradebook.refuse = lambda _user: Answer(status=404)
    await linked.override(linked.classroom.students[0], 1.5)
    async with sender:
        await until(lambda: linked.score().state == "failed")
        linked.gradebook.refuse = lambda _user: None
        await linked.launch(linked.claim(lineitem=None))
        await until(lambda: linked.score().state == "sent")
    assert linked.shown() == 1.5
    assert len(line_items(linked)) == 1


@on_one_database
async def test_without_the_scope_for_line_items_none_is_made(link: Link, service: Service, tokens: Tokens) -> None:
    linked = await link(launched=False)
    await linked.launch(linked.claim(lineitem=None, scope=[names.SCOPE_SCORE]))
    await find_due(service, tokens)
    assert line_items(linked) == []
    assert linked.gradebook.platform.count("/courses/11/lineitems") == 0


@pytest.mark.parametrize("answer", [Answer(status=403), Answer("<html>", content_type="text/html"), Answer({}), None])
@on_one_database
async def test_a_platform_that_fails_is_asked_again_later(
    link: Link, service: Service, tokens: Tokens, answer: Answer | None
) -> None:
    linked = await link(launched=False)
    await linked.launch(linked.claim(lineitem=None))
    linked.gradebook.platform.on("GET|POST", "/courses/11/lineitems", lambda _request, _match: answer)
    await find_due(service, tokens)
    await find_due(service, tokens)
    assert line_items(linked) == []
    assert linked.gradebook.platform.count("/courses/11/lineitems") == 1
    assert due_at(linked) is not None
