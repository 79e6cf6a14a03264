"""Score reports over HTTP: a small course whose figures can be checked by hand, on both databases."""

import csv
import io
from typing import Any

import httpx
import openpyxl
import orjson
import pytest

from app.accounts.access import Principal
from app.core.ids import new_id
from app.core.pagination import encode_cursor
from app.reports.gradebook import Wish, all_lines
from app.reports.subject import find_subject

pytestmark = pytest.mark.anyio

SOMEBODY = "01a20565-703a-7280-9bda-b2d86f8c20fd"  # nobody; every worker must collect the same tests

# What `taught` (conftest.py) comes to, out of 6 points.
TOTALS = {"Ada": 6, "Ben": 2, "Chi": 2, "=SUM(1+1)": 0}


async def get(client: httpx.AsyncClient, path: str, **parameters: Any) -> Any:
    response = await client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


async def test_the_summary(taught):
    summary = (await get(taught.instructor, f"{taught.path}/report"))["summary"]
    assert (summary["enrolled"], summary["submitted"], summary["max_points"]) == (6, 4, 6)
    assert (summary["below_pass_mark"], summary["share_below_pass_mark"]) == (3, 0.75)
    assert summary["histogram"] == [1, 0, 0, 2, 0, 0, 0, 0, 0, 1]
    statistics = summary["statistics"]
    assert (statistics["mean"], statistics["median"], statistics["minimum"], statistics["maximum"]) == (2.5, 2, 0, 6)


async def test_the_gradebook_has_every_student_of_the_course(taught):
    lines = (await get(taught.instructor, f"{taught.path}/report"))["gradebook"]["items"]
    by_name = {line["name"]: line for line in lines}
    assert by_name.keys() == {*TOTALS, "Eve", "student"}
    assert {name: by_name[name]["total"] for name in TOTALS} == TOTALS
    ada, eve = by_name["Ada"], by_name["Eve"]
    assert (ada["attempts"], ada["status"], ada["last_activity"]) == (4, "submitted", "2026-03-02T16:06:00Z")
    assert [(grade["score"], grade["attempts"]) for grade in ada["grades"]] == [(2, 1), (4, 3)]
    assert (eve["total"], eve["attempts"], eve["status"], eve["last_activity"]) == (0, 0, "none", None)
    assert [line["name"] for line in lines if line["late"]] == ["Ben"]
    assert by_name["Chi"]["grades"][1] == {
        "item": taught.items[1], "score": None, "attempts": 0, "late": False, "overridden": False, "status": "none",
    }  # fmt: skip


@pytest.mark.parametrize(
    "sort", ["name", "-name", "number", "-section", "total", "-total", "attempts", "-last_activity"]
)
async def test_pages_of_the_gradebook_join_to_the_whole_in_any_order(taught, sort):
    path = f"{taught.path}/report"
    whole = (await get(taught.instructor, path, sort=sort))["gradebook"]["items"]
    joined, cursor = [], {}
    while cursor is not None:
        page = (await get(taught.instructor, path, sort=sort, limit=1, **cursor))["gradebook"]
        joined += page["items"]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert joined == whole
    key = sort.removeprefix("-")
    keys = [line[key] or "" if key in {"name", "number", "section", "last_activity"} else line[key] for line in whole]
    assert keys == sorted(keys, reverse=sort.startswith("-"))


@pytest.mark.parametrize(
    ("wish", "names"),
    [
        ({"section": "A"}, {"Ada", "Chi", "Eve"}),
        ({"search": "ad"}, {"Ada"}),
        ({"search": "003"}, {"Ben"}),
        ({"search": "%"}, set()),
        ({"section": "A", "search": "ben"}, set()),
    ],
)
async def test_the_gradebook_can_be_filtered(taught, wish, names):
    gradebook = (await get(taught.instructor, f"{taught.path}/report", **wish))["gradebook"]
    assert {line["name"] for line in gradebook["items"]} == names
    assert gradebook["count"] == len(names)


async def test_a_cursor_of_another_order_is_refused(taught):
    page = (await get(taught.instructor, f"{taught.path}/report", sort="name", limit=1))["gradebook"]
    response = await taught.instructor.get(
        f"{taught.path}/report", params={"sort": "total", "cursor": page["next_cursor"]}
    )
    assert response.status_code == 422


async def test_item_analysis(taught):
    report = await get(taught.instructor, f"{taught.path}/report/items")
    first, second = report["items"]
    assert report["students"] == 4
    assert (first["facility"], second["facility"]) == (0.75, 0.25)
    assert (first["attempted"], second["attempted"]) == (4, 3)
    assert (first["attempts"], second["attempts"]) == (5, 5)
    assert first["until_right"] == [{"attempt": 1, "students": 2}, {"attempt": 2, "students": 1}]
    assert second["mean_until_right"] == 3
    assert second["median_seconds"] == 240
    assert first["random_guess_score"] == 0
    whole = [
        (each["mistake"], each["attempts"], each["students"]) for each in second["mistakes"] if each["variant"] is None
    ]
    assert whole == [("threshold-zero", 3, 2), ("hinge", 1, 1)]
    assert second["mistakes"][0]["share"] == 0.6
    assert second["mistakes"][0]["text"]["en"].startswith("You update only with misclassified samples")
    assert [each["seed"] for each in second["variants"]] == [7]
    assert {each["variant"] for each in second["mistakes"]} == {None, 7}


async def test_concepts(taught):
    report = await get(taught.instructor, f"{taught.path}/report/concepts")
    assert {each["key"]: each["facility"] for each in report["topics"]} == {"momentum": 0.75, "gradient-descent": 0.25}
    (chapter,) = report["chapters"]
    assert (chapter["key"], chapter["facility"]) == ("2", pytest.approx(10 / 24))
    assert [(each["mistake"], each["attempts"]) for each in report["mistakes"]] == [("threshold-zero", 3), ("hinge", 1)]
    recent = await get(taught.instructor, f"{taught.path}/report/concepts", days=1)
    assert recent["mistakes"] == []


async def test_activity_is_counted_in_days_of_the_course(taught):
    report = await get(taught.instructor, f"{taught.path}/report/activity")
    assert report["days"] == [{"date": "2026-03-02", "attempts": 8}, {"date": "2026-03-03", "attempts": 2}]


async def test_one_student(taught):
    report = await get(taught.instructor, f"{taught.path}/report/students/{taught.people['Ada']}")
    assert report["student"]["total"] == 6
    first, second = report["items"]
    assert [attempt["seconds"] for attempt in first["attempts"] + second["attempts"]] == [None, 240, 240, 240]
    assert [attempt["correct"] for attempt in second["attempts"]] == [False, False, True]
    assert second["attempts"][0]["fields"][0]["mistake"] == "threshold-zero"


async def test_who_is_no_student_of_the_course_has_no_report(taught):
    for person in (new_id(), "x", taught.people["Gone"]):
        response = await taught.instructor.get(f"{taught.path}/report/students/{person}")
        assert response.status_code == 404


async def test_csv(taught):
    response = await taught.instructor.get(f"{taught.path}/report.csv", params={"sort": "number", "bom": True})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.content.startswith(b"\xef\xbb\xbfstudent,number,")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [row["student"] for row in rows] == ["student", "Ada", "Ben", "Chi", "'=SUM(1+1)", "Eve"]
    assert (rows[1]["1. 1.8"], rows[1]["2. 1.6"], rows[1]["total"], rows[3]["2. 1.6"]) == ("2", "4", "6", "")


async def test_csv_of_the_items(taught):
    response = await taught.instructor.get(f"{taught.path}/report.csv", params={"table": "items"})
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["facility"] for row in rows] == ["0.75", "0.25"]
    assert rows[1]["most_frequent_mistake"] == "threshold-zero"


async def test_the_workbook_opens_and_holds_no_formula(taught):
    response = await taught.instructor.get(f"{taught.path}/report.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    assert book.sheetnames == ["Scores", "Items", "Summary"]
    cells = [cell for row in book["Scores"].iter_rows() for cell in row]
    assert "=SUM(1+1)" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b", "d"}
    totals = {row[0]: row[6] for row in book["Scores"].iter_rows(min_row=2, values_only=True)}
    assert {name: totals[name] for name in TOTALS} == TOTALS


async def test_attempts_as_json_lines(taught):
    response = await taught.instructor.get(f"{taught.path}/attempts.jsonl")
    lines = [orjson.loads(line) for line in response.content.splitlines()]
    assert len(lines) == 10
    assert {line["item"] for line in lines} == set(taught.items)
    assert lines[0]["answers"] == {"w": ["1", "2"]}
    assert {line["name"] for line in lines} == set(TOTALS)


CALLS = ("report", "report/items", "report/concepts", "report/activity", "report.csv", "report.xlsx", "attempts.jsonl")


@pytest.mark.parametrize("call", [*CALLS, f"report/students/{SOMEBODY}"])
async def test_reports_are_for_those_who_teach(taught, client, call):
    assert (await client.get(f"{taught.path}/{call}")).status_code == 401
    assert (await taught.stranger.get(f"{taught.path}/{call}")).status_code == 404
    assert (await taught.student.get(f"{taught.path}/{call}")).status_code == 403
    assert (await taught.instructor.get(f"/api/v1/assignments/{new_id()}/{call}")).status_code == 404


@pytest.mark.parametrize("chunk", [1, 2, 100])
async def test_lines_fetched_in_chunks_are_all_lines(taught, app, chunk):
    with app.state.service.database.reading() as session:
        subject = find_subject(session, taught.assignment, Principal(new_id(), is_admin=True, via="token"))
        lines = [line.name for line in all_lines(session, subject, Wish(), chunk=chunk)]
    assert sorted(lines) == sorted({*TOTALS, "Eve", "student"})


@pytest.mark.parametrize(
    "parameters",
    [
        {"search": "\0"},
        {"section": "\0"},
        {"sort": "total", "cursor": encode_cursor(f"[1e300,{SOMEBODY!r}]".replace("'", '"'))},
        {"sort": "name", "cursor": encode_cursor(f'["\\u0000","{SOMEBODY}"]')},
        {"sort": "last_activity", "cursor": encode_cursor(f'["2026-01-01","{SOMEBODY}"]')},
        {"sort": "last_activity", "cursor": encode_cursor(f'["0001-01-01T00:00:00+14:00","{SOMEBODY}"]')},
        {"cursor": encode_cursor("[]")},
        {"cursor": encode_cursor('{"a":1}')},
    ],
)
async def test_what_no_list_of_ours_holds_does_no_harm(taught, parameters):
    response = await taught.instructor.get(f"{taught.path}/report", params=parameters)
    assert response.status_code == (422 if "cursor" in parameters else 200)
