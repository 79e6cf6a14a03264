"""Exports over HTTP: who gets them, what is in them, and what never is."""

import asyncio
import io
import re
import zipfile

import pytest
from sqlalchemy import select

from app.attempts.item_settings import ItemSettings
from app.core.errors import UnavailableError
from app.courses.dealing import seed_for
from app.courses.models import Assignment, Enrolment, Item
from app.exports import desk
from app.exports.making import MOST_QUESTIONS
from app.exports.order import SeedsError, other_seeds, read_seeds, sheet_of
from problems import deal, find
from tests.exports.conftest import fetched
from tests.exports.gift_reader import read_gift
from tests.exports.moodle_reader import Question, read_xml

pytestmark = pytest.mark.anyio

COMPUTED = {"problem": "1.6", "form": "open", "seed_mode": "per-student", "seed": None, "points": 4}


def seeds(questions: list[Question]) -> list[int]:
    return [int(re.search(r"-s(\d+)-", question.idnumber)[1]) for question in questions]


async def test_an_exercise_in_every_format(room):
    address = "/api/v1/problems/1.4/export"
    kinds = {"moodle-xml": "xml", "gift": "plain", "qti21": "zip", "qti30": "zip"}
    for format_, kind in kinds.items():
        response = await fetched(room.teacher.client, address, format=format_, seeds="0-2", form="both", language="zh")
        assert response.headers["content-type"].partition(";")[0].endswith(f"/{kind}")
        assert response.headers["cache-control"] == "no-store"
        name = re.fullmatch(r'attachment; filename="([a-z0-9.-]+)"', response.headers["content-disposition"])[1]
        assert name.startswith("haitang-1.4-")
        if kind == "zip":
            names = zipfile.ZipFile(io.BytesIO(response.content)).namelist()
            assert sum(name.startswith("items/haitang-1.4") for name in names) == 6
        else:
            read = read_xml if format_ == "moodle-xml" else lambda content: read_gift(content.decode())
            assert len(read(response.content)) == 6


async def test_exports_are_for_those_who_teach(room, client):
    await room.assign(COMPUTED)
    (student, *_) = room.students
    for address in ("/api/v1/problems/1.4/export", f"/api/v1/assignments/{room.assignment}/export"):
        assert (await client.get(address)).status_code == 401
        refused = await student.client.get(address)
        assert refused.status_code == 403
        assert "fraction" not in refused.text


async def test_what_can_t_be_exported_is_said(room):
    address = "/api/v1/problems/c3.4/export"
    refused = await room.teacher.client.get(address, params={"form": "open"})
    assert refused.status_code == 422
    assert "formula" in refused.json()["errors"][0]["detail"]
    both = await fetched(room.teacher.client, address, form="both", seeds="1,2")
    assert int(both.headers["haitang-notes"]) == 1
    assert "c3.4, open: left out: It asks for a formula" in both.text.partition("-->")[0]
    assert len(read_xml(both.content)) == 2


async def test_variants_without_the_form_are_listed(room):
    """The printed exercise 1.5 is symbolic: it can't be typed."""
    made = await fetched(room.teacher.client, "/api/v1/problems/1.5/export", form="open", seeds="0-2")
    assert "1.5, open, 0: left out: There is no such form" in made.text
    assert seeds(read_xml(made.content)) == [1, 2]


@pytest.mark.parametrize("wish", ["", "a", "5-3", "1-201", "-1", "1,,2", "0-199,200", "9007199254740992", "1e3"])
async def test_seeds_that_can_t_be_read_are_refused(room, wish):
    refused = await room.teacher.client.get("/api/v1/problems/1.4/export", params={"seeds": wish})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["parameter"] == "query/seeds"
    with pytest.raises(SeedsError):
        read_seeds(wish)


async def test_seeds_are_read_each_once():
    assert read_seeds("1-3, 2,7") == (1, 2, 3, 7)
    assert read_seeds("0–1，4") == (0, 1, 4)


async def test_too_many_questions_are_refused(room):
    await room.assign(*[{"problem": "1.4", "form": "open", "seed_mode": "per-student", "seed": None}] * 3)
    address = f"/api/v1/assignments/{room.assignment}/export"
    refused = await room.teacher.client.get(address, params={"variants": MOST_QUESTIONS // 3 + 1})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["parameter"] == "query/variants"


async def test_a_note_stands_once_after_all_that_it_is_about(room):
    """Chinese titles are no translation, so the head names them once too."""
    several = {"form": "open", "seed_mode": "per-student", "seed": None}
    await room.assign(*[{"problem": id_, **several} for id_ in ("1.6", "1.7", "1.6")], title="作业")
    address = f"/api/v1/assignments/{room.assignment}/export"
    made = await fetched(room.teacher.client, address, variants=1, format="gift", language="both")
    head = made.text.partition("\n\n")[0]
    assert head.count("GIFT has no question with several numbers") == 1
    assert "1.6, open; 1.7, open: GIFT has no question" in head
    assert "1.6, open；1.7, open：GIFT 没有" in head
    assert head.count("作业") == 1
    assert made.headers["haitang-notes"] == "2"


async def test_nobody_s_own_variant_leaves(room, app):
    await room.assign(COMPUTED, COMPUTED | {"problem": "1.7", "seed_mode": "shared"})
    address = f"/api/v1/assignments/{room.assignment}/export"
    made = await fetched(room.teacher.client, address, variants=5)
    found = seeds(read_xml(made.content))
    assert len(set(found)) == 10
    with app.state.service.database.reading() as session:
        assignment = session.get(Assignment, room.assignment)
        items = session.scalars(select(Item)).all()
        people = session.scalars(select(Enrolment.person_id)).all()
        dealt = {seed_for(assignment, item, person) for item in items for person in people}
    assert len(dealt) == len(people) + 1
    assert not dealt & set(found)
    again = await fetched(room.teacher.client, address, variants=5)
    assert again.content == made.content


async def test_a_seed_that_somebody_was_dealt_is_passed_over(room, app):
    """However unlikely: the first seed that would be exported belongs to a student."""
    await room.assign(COMPUTED)
    with app.state.service.database.reading() as session:
        assignment = session.get(Assignment, room.assignment)
        sheet = sheet_of(session, assignment)
        (item,) = sheet.items
        first, second, *_ = other_seeds(assignment, item.id, sheet.dealt[item.id], 3)
        assert next(other_seeds(assignment, item.id, {first}, 3)) == second
        assert sheet.dealt[item.id] == {seed_for(assignment, item, each.id) for each in (*room.students, room.teacher)}


async def test_fixed_variants_and_those_of_a_pool_are_what_the_instructor_chose(room):
    await room.assign({}, COMPUTED | {"seed_mode": "pool", "pool": [11, 12, 13]})
    made = await fetched(
        room.teacher.client, f"/api/v1/assignments/{room.assignment}/export", variants=2, figures=False
    )
    assert sorted(seeds(read_xml(made.content))) == [0, 11, 12]


async def test_points_policy_scoring_and_tolerance_of_an_item_go_along(room):
    await room.assign(
        {"points": 6},
        {"problem": "1.6", "form": "open", "seed_mode": "pool", "pool": [3], "seed": None, "points": 8,
         "tolerance": {"kind": "decimals", "value": 2}},
        {"problem": "2.6", "form": "choice", "points": 3, "scoring": "all"},
        key_policy="published",
    )  # fmt: skip
    address = f"/api/v1/assignments/{room.assignment}/export"
    whole, vector, several = read_xml((await fetched(room.teacher.client, address)).content)
    assert (whole.mark, vector.mark, several.mark) == (6, 8, 3)
    key = deal(find("1.6"), 3).solved["w"][0]
    assert vector.fields[0].fraction(f"{key:.2f}") == 1
    assert vector.fields[0].fraction(f"{key:.3f}") == 0
    assert [option.fraction > 0 for option in several.options] == [True, True, False, True, False]  # the book's key
    made = await fetched(room.teacher.client, address)
    assert "right ones less wrong ones" in made.text.partition("-->")[0]


async def test_a_key_that_was_replaced_by_a_regrade_is_exported(room):
    await room.assign({})
    settings = ItemSettings(points=2, key_policy="either", keys={"0": {"count": 127}}).as_json()
    done = await room.teacher.client.post(
        f"/api/v1/assignments/{room.assignment}/regrades",
        json={"item": room.items[0], "settings": {"keys": settings["keys"]}, "reason": "a test"},
    )
    assert done.status_code == 201, done.text
    (question,) = read_xml(
        (await fetched(room.teacher.client, f"/api/v1/assignments/{room.assignment}/export")).content
    )
    assert question.fields[0].fraction("127") == 1
    assert question.fields[0].fraction("128") < 1


async def test_a_voided_item_is_left_out_and_said_to_be(room):
    await room.assign({}, {"problem": "1.6", "form": "choice"})
    done = await room.teacher.client.post(
        f"/api/v1/assignments/{room.assignment}/regrades",
        json={"item": room.items[0], "settings": {"award": "void"}, "reason": "a test"},
    )
    assert done.status_code == 201, done.text
    made = await fetched(room.teacher.client, f"/api/v1/assignments/{room.assignment}/export")
    assert len(read_xml(made.content)) == 1
    assert "1. 1.4: left out: The item has been voided" in made.text


async def test_figures_are_drawn_into_the_file(room):
    made = await fetched(room.teacher.client, "/api/v1/problems/1.6/export", seeds="3", form="open", figures=True)
    (question,) = read_xml(made.content)
    assert len(question.files) == 3
    package = await fetched(room.teacher.client, "/api/v1/problems/1.6/export", seeds="3", format="qti30", figures=True)
    svgs = [name for name in zipfile.ZipFile(io.BytesIO(package.content)).namelist() if name.endswith(".svg")]
    assert len(svgs) == 3


def names_of(path: str) -> list[str]:
    """The names of a category and those above it, as Moodle splits its path."""
    return [name.strip().replace("//", "/") for name in re.split(r"(?<!/)/(?!/)", path)]


async def test_titles_of_instructors_break_no_file(room):
    title = '/a/b <quiz> -- "x" {y} $z$ \\ 海棠 #1/'
    await room.assign({}, title=title)
    address = f"/api/v1/assignments/{room.assignment}/export"
    (question,) = read_xml((await fetched(room.teacher.client, address)).content)
    assert names_of(question.category)[3].startswith("/a/b <quiz> -- ")
    assert names_of(question.category)[3].endswith("#1/")
    (question,) = read_gift((await fetched(room.teacher.client, address, format="gift")).text)
    assert names_of(question.category)[3].startswith("/a/b <quiz>")
    assert len(names_of(question.category)) == 5
    for format_ in ("qti21", "qti30"):
        package = zipfile.ZipFile(io.BytesIO((await fetched(room.teacher.client, address, format=format_)).content))
        assert b"/a/b &lt;quiz&gt;" in package.read("haitang-test-en.xml")


async def test_who_comes_while_many_wait_is_told_to_come_again(app):
    waiting = app.state.exports
    order = asyncio.Event()

    async def wait() -> None:
        async with waiting._one:
            await order.wait()

    holder = asyncio.create_task(wait())
    await asyncio.sleep(0)
    others = [
        asyncio.create_task(waiting.make(lambda: 1 / 0, "gift", ["en"], figures=False)) for _ in range(desk.WAITING)
    ]
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError):
        await waiting.make(lambda: 1 / 0, "gift", ["en"], figures=False)
    order.set()
    await holder
    done = await asyncio.gather(*others, return_exceptions=True)
    assert {type(each) for each in done} == {ZeroDivisionError}
    assert waiting._waiting == 0
