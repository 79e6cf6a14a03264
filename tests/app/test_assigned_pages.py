"""The pages of assignments: a student answers, a teacher regrades and gives points by hand."""

import html
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from app.attempts.models import Attempt
from tests.backends import on_one_database

pytestmark = [pytest.mark.anyio, on_one_database]


class Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        each = dict(attrs)
        if tag == "input" and each.get("name"):
            self.found[each["name"] or ""] = each.get("value") or ""


def inputs(page: httpx.Response) -> dict[str, str]:
    parser = Inputs()
    parser.feed(page.text)
    return parser.found


def item_page(room: Any, item: int = 0) -> str:
    return f"/en/assignments/{room.assignment}/items/{room.items[item]}"


async def send(client: httpx.AsyncClient, address: str, to: str | None = None, **fields: str) -> httpx.Response:
    """Open a page, fill its form in, and send it."""
    page = await client.get(address)
    assert page.status_code == 200, page.text
    return await client.post(to or address, data=inputs(page) | fields)


async def test_a_student_answers_and_reads_the_result(classroom, signed_in):
    room = await classroom(1)
    await room.assign({}, attempts_allowed=2)
    browser = await signed_in(room.students[0])
    sent = await send(browser, item_page(room), count="5")
    assert sent.status_code == 303
    shown = await browser.get(sent.headers["location"])
    assert "Your last answer is not right" in shown.text
    again = await send(browser, item_page(room), count="5")
    assert "costs no attempt" in (await browser.get(again.headers["location"])).text
    assert (await send(browser, item_page(room), count="128")).status_code == 303
    shown = await browser.get(item_page(room))
    assert "Your last answer is right" in shown.text
    assert "No attempt is left." in shown.text
    listed = await browser.get(f"/en/assignments/{room.assignment}")
    assert "2 / 2" in listed.text
    assert "2 of 2" in listed.text
    assert "正确" in (await browser.get(item_page(room).replace("/en/", "/zh/"))).text


async def test_what_cannot_be_read_stays_in_the_form(classroom, signed_in):
    room = await classroom(1)
    await room.assign({})
    browser = await signed_in(room.students[0])
    page = await send(browser, item_page(room), count="many")
    assert (page.status_code, inputs(page)["count"]) == (200, "many")
    assert room.count(Attempt) == 0


async def test_a_draft_comes_back_in_another_browser(classroom, signed_in):
    room = await classroom(1)
    await room.assign({})
    first, second = [await signed_in(room.students[0]) for _ in range(2)]
    saved = await send(first, item_page(room), count="12", action="save")
    assert saved.status_code == 303
    assert inputs(await second.get(item_page(room)))["count"] == "12"
    assert room.count(Attempt) == 0


async def test_a_form_without_its_token_is_not_taken(classroom, signed_in):
    room = await classroom(1)
    await room.assign({})
    browser = await signed_in(room.students[0])
    page = await send(browser, item_page(room), count="128", token="forged")
    assert (inputs(page)["count"], room.count(Attempt)) == ("128", 0)


@pytest.mark.parametrize(("problem", "answers"), [("1.4", {"count": "128"}), ("2.1", {"answer": "1"})])
async def test_the_page_tells_nothing_before_its_release(classroom, signed_in, problem: str, answers: dict[str, str]):
    room = await classroom(1)
    await room.assign(
        {"problem": problem, "form": "open" if problem == "1.4" else "choice"},
        release=dict.fromkeys(("correctness", "diagnosis", "key", "solution"), "never"),
    )
    browser = await signed_in(room.students[0])
    await send(browser, item_page(room), **answers)
    page = html.unescape((await browser.get(item_page(room))).text)
    assert "Your answer has been received" in page
    for tell in ("✓", "✗", "worked solution", "right answer", "is right", "Right."):
        assert tell not in page
    assert "answer received" in (await browser.get(f"/en/assignments/{room.assignment}")).text


async def test_nobody_is_sent_to_sign_in_and_strangers_see_nothing(classroom, signed_in, account, client):
    room = await classroom(1)
    await room.assign({})
    sent_away = await client.get(item_page(room))
    assert (sent_away.status_code, "/sign-in" in sent_away.headers["location"]) == (303, True)
    stranger = await signed_in(await account("stranger"))
    for page in (f"/en/assignments/{room.assignment}", item_page(room), f"{item_page(room)}/regrade"):
        assert (await stranger.get(page)).status_code == 404
    student = await signed_in(room.students[0])
    for page in (
        f"{item_page(room)}/regrade",
        f"{item_page(room)}/overrides",
        f"/en/assignments/{room.assignment}/regrades",
    ):
        assert (await student.get(page)).status_code == 403


async def test_an_assignment_asks_for_its_password(classroom, signed_in):
    room = await classroom(1)
    await room.assign({}, password="open sesame")
    browser = await signed_in(room.students[0])
    address = f"/en/assignments/{room.assignment}"
    assert (await browser.get(item_page(room))).status_code == 403
    wrong = await send(browser, address, f"{address}/unlock", password="guess")
    assert "not the password" in (await browser.get(wrong.headers["location"])).text
    right = await send(browser, address, f"{address}/unlock", password="open sesame")
    assert "Exercises of this assignment" in (await browser.get(right.headers["location"])).text


async def test_a_teacher_finds_a_wrong_key_and_corrects_it(classroom, signed_in):
    room = await classroom(2)
    await room.assign({})
    for student, count in zip(room.students, (128, 130), strict=True):
        await room.answer(student, {"count": count})
    browser = await signed_in(room.teacher)
    address = f"{item_page(room)}/regrade"
    fields = {"award": "normal", "key_policy": "either", "tolerance_kind": "", "scoring": "", "seed": "0"}
    endless = await send(browser, address, **fields | {"seed": "9" * 5000, "action": "preview"})
    assert endless.status_code == 200  # a seed that is none sets no key
    preview = await send(browser, address, **fields, **{"key-count": "130", "action": "preview"})
    assert "The points of 2 students would change" in preview.text
    assert [room.grade(student).score for student in room.students] == [2.0, 0.0]
    again = inputs(preview) | fields | {"key-count": "130", "action": "apply"}
    refused = await browser.post(address, data=again | {"reason": ""})
    assert "Write down why" in refused.text
    applied = await browser.post(address, data=again | {"reason": "It was 130."})
    assert applied.status_code == 303, applied.text
    assert [room.grade(student).score for student in room.students] == [0.0, 2.0]
    regrades = await browser.get(applied.headers["location"])
    assert "It was 130." in regrades.text
    (regrade,) = (await room.teacher.client.get(f"/api/v1/assignments/{room.assignment}/regrades")).json()["items"]
    undone = await browser.post(
        f"{applied.headers['location']}/{regrade['id']}/undo",
        data={"token": inputs(regrades)["token"], "reason": "It was not."},
    )
    assert undone.status_code == 303
    assert [room.grade(student).score for student in room.students] == [2.0, 0.0]


async def test_a_teacher_gives_points_by_hand(classroom, signed_in):
    room = await classroom(1)
    await room.assign({})
    (student,) = room.students
    browser = await signed_in(room.teacher)
    address = f"{item_page(room)}/overrides"
    for points, expected in (("3", None), ("many", None), ("1.5", 1.5)):
        await send(browser, address, person_id=student.id, points=points, reason="on paper", action="give")
        grade = room.grade(student)
        assert (grade and grade.score) == expected
    assert "on paper" in (await browser.get(address)).text
    await send(browser, address, person_id=student.id, points="", reason="a mix-up", action="withdraw")
    assert room.grade(student) is None
