"""An item has what a practised exercise has: data as code, hints, a whole run; once released, figures and tables."""

import asyncio
import html
import re
from collections.abc import Iterator
from typing import Any, ClassVar

import httpx
import psycopg
import pytest

from app.attempts.drafts import MAX_BYTES
from app.attempts.grade_models import OpenedHint
from app.attempts.models import Attempt
from problems.catalogue import find
from problems.dealing import deal
from tests.backends import on_postgresql

pytestmark = pytest.mark.anyio

RELEASED = dict.fromkeys(("correctness", "diagnosis", "key", "solution"), "at-once")
WITHHELD = dict.fromkeys(RELEASED, "never")
DESCENT: dict[str, Any] = {"problem": "1.6", "seed_mode": "fixed", "seed": 7}


@pytest.fixture
def backend() -> str:
    """Pages do not depend on the database."""
    return "sqlite"


def page_of(room: Any, item: int = 0) -> str:
    return f"/en/assignments/{room.assignment}/items/{room.items[item]}"


async def send(client: httpx.AsyncClient, address: str, **fields: Any) -> httpx.Response:
    page = await client.get(address)
    assert page.status_code == 200, page.text
    token, key = (re.search(rf'name="{name}" value="([^"]+)"', page.text)[1] for name in ("token", "key"))
    return await client.post(address, data={"token": token, "key": key} | fields)


async def test_the_data_are_those_of_the_statement_and_nothing_beside_them(classroom, signed_in):
    """Some exercises draw numbers that lead to the key; they are no data."""
    room = await classroom(1)
    await room.assign(DESCENT)
    page = html.unescape((await (await signed_in(room.students[0])).get(page_of(room))).text)
    variant = deal(find("1.6"), 7)
    code = re.search(r'<pre id="code-1">(.*?)</pre>', page, re.DOTALL)[1]
    assert re.findall(r"^(\w+) = ", code, re.MULTILINE) == list(variant.problem.data(variant.parameters))


async def test_a_solution_comes_with_its_figures_and_tables_when_it_is_released(classroom, signed_in):
    room = await classroom(1)
    await room.assign(DESCENT, release=RELEASED)
    browser = await signed_in(room.students[0])
    page = (await browser.get(page_of(room))).text
    figures = set(re.findall(r'(?:src|srcset)="([^"]+\.svg)"', page)) - {"/static"}
    tables = set(re.findall(r'href="([^"]+\.csv)"', page))
    assert len(figures) >= 2
    assert tables
    for address in figures | tables:
        assert address.startswith(page_of(room))
        assert "seed" not in address
        got = await browser.get(address)
        assert (got.status_code, got.headers["cache-control"]) == (200, "private, max-age=3600")
    assert (await browser.get(f"{page_of(room)}/figures/nothing.light.svg")).status_code == 404
    assert (await browser.get(f"{page_of(room)}/tables/nothing.csv")).status_code == 404


async def test_before_that_there_is_nothing_at_their_addresses(classroom, signed_in, account):
    room = await classroom(1)
    await room.assign(DESCENT, release=WITHHELD)
    browser = await signed_in(room.students[0])
    assert ".svg" not in (await browser.get(page_of(room))).text.replace("icon.svg", "")
    exhibits = deal(find("1.6"), 7).exhibits()
    addresses = [f"{page_of(room)}/figures/{exhibits.figures[0].id}.light.svg"]
    addresses.append(f"{page_of(room)}/tables/{exhibits.tables[0].id}.csv")
    for each in addresses:
        assert (await browser.get(each)).status_code == 404
        assert (await (await signed_in(await account(f"stranger{len(each)}"))).get(each)).status_code == 404


async def test_a_run_stands_beside_the_answer_and_is_told_of_when_mistakes_are(classroom, signed_in):
    room = await classroom(1)
    await room.assign(DESCENT, attempts_allowed=5)
    browser, variant = await signed_in(room.students[0]), deal(find("1.6"), 7)
    rows = variant.problem.tracing.run(variant.parameters).tolist()
    answer = [f"{number:.6f}" for number in variant.solved["w"]]
    rows[2][0] += 0.5
    pasted = "\n".join(", ".join(map(str, row)) for row in rows)
    sent = await send(browser, page_of(room), w=answer, trace=pasted)
    assert sent.status_code == 303, sent.text
    page = html.unescape((await browser.get(page_of(room))).text)
    assert "Your last answer is right" in page
    assert "trace-feedback" in page
    assert pasted.splitlines()[2] in page
    refused = await send(browser, page_of(room), w=answer, trace="no numbers here")
    assert (refused.status_code, 'id="trace-error"' in refused.text) == (200, True)
    assert room.count(Attempt) == 1


async def test_what_is_said_of_a_run_waits_for_its_release(classroom, signed_in):
    room = await classroom(1)
    await room.assign(DESCENT, release=WITHHELD)
    browser, variant = await signed_in(room.students[0]), deal(find("1.6"), 7)
    rows = variant.problem.tracing.run(variant.parameters).tolist()
    pasted = "\n".join(", ".join(map(str, row)) for row in rows)
    answer = [f"{number:.6f}" for number in variant.solved["w"]]
    assert (await send(browser, page_of(room), w=answer, trace=pasted)).status_code == 303
    page = html.unescape((await browser.get(page_of(room))).text)
    note = re.search(r'id="trace-feedback">(.*?)</div></div>', page, re.DOTALL)[1]
    assert "Your answer has been received." in note
    assert "right" not in note


async def test_a_draft_that_is_too_long_stays_in_the_form(classroom, signed_in):
    room = await classroom(1)
    await room.assign(DESCENT)
    browser = await signed_in(room.students[0])
    refused = await send(browser, page_of(room), w=["1", "2"], trace="1, 2\n" * (MAX_BYTES // 4), action="save")
    assert refused.status_code == 413
    assert "too long to be kept as a draft" in refused.text
    assert refused.text.count("1, 2") > MAX_BYTES // 5


class TestHints:
    """A hint that costs a tenth of the points, and a free one."""

    @pytest.fixture(autouse=True)
    def costs(self) -> Iterator[None]:
        page = find("2.4").page  # frozen: exercises do not change while they are served
        object.__setattr__(page, "hint_costs", (0.0, 0.1))
        yield
        object.__setattr__(page, "hint_costs", (0.0, 0.0))

    ITEM: ClassVar = {"problem": "2.4", "seed": 0, "points": 10}
    RIGHT: ClassVar = {"difference": deal(find("2.4"), 0).solved["difference"]}

    async def test_it_is_closed_until_it_is_opened_and_then_costs(self, classroom, signed_in):
        room = await classroom(2)
        await room.assign(self.ITEM)
        ada, ben = room.students
        browser, variant = await signed_in(ada), deal(find("2.4"), 0)
        shown = await room.exercise(ada)
        assert [(each["cost"], each["opened"]) for each in shown["hints"]] == [(0.0, True), (0.1, False)]
        assert shown["hints"][1]["text"] is None
        page = (await browser.get(page_of(room))).text
        assert "It costs 10 % of the points" in page
        words = html.escape(variant.hints[1].en.split("$")[0].split("*")[0][:20], quote=False)
        assert words not in page
        opened = await send_hint(browser, room, 2)
        assert (opened.status_code, opened.headers["location"]) == (303, f"{page_of(room)}#hint-2")
        assert words in (await browser.get(page_of(room))).text
        assert (await room.exercise(ada))["hints"][1]["text"] == variant.hints[1].as_dict()
        await send_hint(browser, room, 2)  # once is enough
        assert room.count(OpenedHint) == 1
        for student in (ada, ben):
            assert (await room.answer(student, self.RIGHT)).status_code == 201
        assert [room.grade(each).score for each in (ada, ben)] == [9.0, 10.0]

    @on_postgresql
    async def test_two_processes_that_open_it_at_once_open_it_once(self, classroom, app):
        """On SQLite one waits for the other before it looks; here it learns only when it writes."""
        room = await classroom(1)
        await room.assign(self.ITEM)
        (ada,) = room.students
        url = app.state.service.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url) as other, psycopg.connect(url, autocommit=True) as watching:
            other.execute("INSERT INTO opened_hints VALUES (%s, %s, 2, 0.1, now())", (room.items[0], ada.id))
            path = f"/api/v1/assignments/{room.assignment}/items/{room.items[0]}/hints/2"
            opening = asyncio.create_task(ada.client.post(path))
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            async with asyncio.timeout(10):
                while watching.execute(waiting).fetchone() == (0,):  # noqa: ASYNC110 - the database tells nobody
                    await asyncio.sleep(0.01)
            other.commit()
            opened = await opening
        assert (opened.status_code, opened.json()["hints"][1]["opened"]) == (200, True)
        assert room.count(OpenedHint) == 1

    async def test_what_was_answered_before_keeps_its_worth(self, classroom):
        room = await classroom(1)
        await room.assign(self.ITEM)
        (ada,) = room.students
        await room.answer(ada, self.RIGHT)
        path = f"/api/v1/assignments/{room.assignment}/items/{room.items[0]}/hints"
        opened = await ada.client.post(f"{path}/2")
        assert (opened.status_code, opened.json()["hints"][1]["opened"]) == (200, True)
        assert room.grade(ada).score == 10.0
        regraded = {"item": room.items[0], "settings": {"points": 20.0}, "reason": "worth more"}
        await room.teacher.client.post(f"/api/v1/assignments/{room.assignment}/regrades", json=regraded)
        assert room.grade(ada).score == 20.0
        assert (await ada.client.post(f"{path}/9")).status_code == 404

    async def test_a_regrade_counts_it_too(self, classroom):
        room = await classroom(1)
        await room.assign(self.ITEM)
        (ada,) = room.students
        await ada.client.post(f"/api/v1/assignments/{room.assignment}/items/{room.items[0]}/hints/2")
        await room.answer(ada, self.RIGHT)
        regraded = {"item": room.items[0], "settings": {"points": 20.0}, "reason": "worth more"}
        await room.teacher.client.post(f"/api/v1/assignments/{room.assignment}/regrades", json=regraded)
        assert room.grade(ada).score == 18.0

    async def test_those_who_teach_see_all_and_open_none(self, classroom, signed_in):
        room = await classroom(1)
        await room.assign(self.ITEM)
        page = (await (await signed_in(room.teacher)).get(page_of(room))).text
        assert page.count('id="hint-') == 2
        assert "It costs" not in page

    async def test_a_closed_assignment_opens_no_hints(self, classroom):
        room = await classroom(1)
        await room.assign(self.ITEM, closes_at="2026-01-01T00:00:00Z", opens_at="2025-12-01T00:00:00Z")
        path = f"/api/v1/assignments/{room.assignment}/items/{room.items[0]}/hints/2"
        refused = await room.students[0].client.post(path)
        assert (refused.status_code, refused.json()["detail_zh"]) == (403, "作业已关闭，不再接受答案。")
        assert room.count(OpenedHint) == 0


async def send_hint(browser: httpx.AsyncClient, room: Any, number: int) -> httpx.Response:
    page = (await browser.get(page_of(room))).text
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    return await browser.post(f"{page_of(room)}/hints/{number}", data={"token": token})
