"""“Check my run”: over the API, with an attempt, and on the page."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from app.attempts.trace_api import BODY_LIMITS
from app.core.errors import UnavailableError
from problems.catalogue import catalogue, find
from problems.dealing import deal
from tests.backends import on_one_database

pytestmark = [pytest.mark.anyio, on_one_database]

Browse = Callable[[FastAPI], httpx.AsyncClient]
ADDRESS = "/api/v1/problems/1.7/variants/3/trace"
PAGE = "/en/problems/1.7/trace?seed=3&form=open"
TRACEABLE = [problem.id for problem in catalogue().values() if problem.tracing]
VARIANT = deal(find("1.7"), 3)


def run(problem: str = "1.7", seed: int = 3) -> np.ndarray:
    variant = deal(find(problem), seed)
    return variant.problem.tracing.run(variant.parameters)


def csv(rows: np.ndarray, decimals: int = 6) -> str:
    return "\n".join(",".join(f"{cell:.{decimals}f}" for cell in row) for row in rows)


def skipped_at(step: int) -> np.ndarray:
    """The run of 1.7, in which the sample of one step is left out, and all goes on rightly from there."""
    right = run()
    rows = [*right[:step], right[step - 1]]
    while len(rows) < len(right):
        rows.append(VARIANT.problem.tracing.next_rows(VARIANT.parameters, np.array(rows))[-1])
    return np.array(rows)


async def check(client: httpx.AsyncClient, trace: Any, address: str = ADDRESS) -> httpx.Response:
    return await client.post(address, json={"trace": trace})


@pytest.mark.parametrize("problem", TRACEABLE)
async def test_a_right_run_is_right(client: httpx.AsyncClient, problem: str) -> None:
    response = await check(client, csv(run(problem, 5)), f"/api/v1/problems/{problem}/variants/5/trace")
    assert response.status_code == 200
    report = response.json()
    assert (report["correct"], report["first_wrong"], report["mistake"]) == (True, None, None)
    assert report["feedback"]["en"] == "Every step is right."


async def test_the_first_step_that_deviates_is_named_with_what_happened(client: httpx.AsyncClient) -> None:
    report = (await check(client, csv(skipped_at(8)))).json()
    assert (report["correct"], report["right_steps"], report["first_wrong"]) == (False, 7, 8)
    sentence = r"Steps 1–7 are right. Step 8 is what you get when sample 8 is skipped although its margin is -?[\d.]+\."
    assert re.match(sentence, report["feedback"]["en"])
    assert report["feedback"]["zh"].startswith("第 1–7 步正确。第 8 步的结果相当于：跳过了样本 8，尽管它的间隔是")


async def test_the_right_numbers_are_not_told(client: httpx.AsyncClient) -> None:
    wrong = run() + 0.05
    wrong[0] = 0
    response = await check(client, csv(wrong))
    assert "expected" not in response.json()
    assert not any(f"{cell:.4f}"[:-1] in response.text for cell in run()[1] if cell)


@pytest.mark.parametrize(
    ("trace", "said"),
    [
        ("", "no numbers"),
        ("   \n ", "no numbers"),
        (None, "as text"),
        (3, "as text"),
        ({"a": 1}, "as text"),
        ([1, 2, 3], "list of rows"),
        ([[0, 0, 0, 0], [0, None, 0, 0]], "Row 2, column 2: This is not a number"),
        ([[0, 0, 0, 0], [0, True, 0, 0]], "Row 2, column 2: This is not a number"),
        ([[0, 0, 0, 0], ["１/2", "−1", "0.5", "1e−3"]], None),
        ("0 0 0 0\n0.1 x 0 0", "Row 2, column 2: This is not a number"),
        ("0 0 0 0\n0.1 nan 0 0", "Row 2, column 2: NaN and infinity"),
        ("0 0 0 0\n0.1 0 -inf 0", "Row 2, column 3: NaN and infinity"),
        ("0 0 0 0\n0.1 0 1e999 0", "Row 2, column 3: This number is too large"),
        ("0 0 0 0\n0.1 0 0", "Row 2 has 3 numbers"),
        ("0,0,0,0\n1,,0,0", "Row 2, column 2: This field is empty"),
        ("0,5;0,5;0;0\n0,1;0;0;0", "Row 1, column 1: Write the decimal point as a dot"),
        ("0 0 0 0 0 0\n0 0 0 0 0 0", "your rows have 6"),
        ("0 0 0 0\n...\n0.1 0 0 0", "print them all"),
        ("[0 0 0 0\n0.1 0 0 0", "brackets"),
        ("[[[0 0 0 0]]]", "brackets"),
        ("\x00\x01\x02PNG", "not text"),
        ("0 0 0 0\n" * 10_002, "Too many rows"),
        ("0" * 1_000_001, "Too long"),
        ("1e300 -1e300 1e300 1e300\n" * 10, None),
    ],
)
async def test_what_is_no_run_is_refused_with_a_sentence(client: httpx.AsyncClient, trace: Any, said: str) -> None:
    response = await check(client, trace)
    if said is None:
        assert response.status_code == 200
        return
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    (fault,) = response.json()["errors"]
    assert said in fault["detail"]
    assert (fault["pointer"], fault["field"]) == ("/trace", "trace")
    assert fault["detail_zh"] != fault["detail"]


@pytest.mark.parametrize(
    ("address", "body", "status"),
    [
        (ADDRESS, b'{"trace": "0 0 0 0", "more": 1}', 422),
        (ADDRESS, b"{}", 422),
        (ADDRESS, b"[]", 422),
        (ADDRESS, b'{"trace": NaN}', 400),
        (ADDRESS, b"\xff\xfe", 400),
        (ADDRESS, b'{"trace": "' + b"0 " * 5_000_000 + b'"}', 413),
        ("/api/v1/problems/1.4/variants/3/trace", b'{"trace": "0"}', 404),
        ("/api/v1/problems/9.9/variants/3/trace", b'{"trace": "0"}', 404),
        ("/api/v1/problems/1.7/variants/-1/trace", b'{"trace": "0"}', 404),
    ],
)
async def test_other_faults(client: httpx.AsyncClient, address: str, body: bytes, status: int) -> None:
    response = await client.post(address, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in ({status, 422} if status == 400 else {status})
    assert response.headers["content-type"] == "application/problem+json"


async def test_ten_thousand_rows_of_a_megabyte_are_read(client: httpx.AsyncClient) -> None:
    rows = np.tile(run(), (200, 1))[:10_000]
    text = csv(rows, 20)
    assert 900_000 < len(text) <= 1_000_000
    report = (await check(client, text)).json()
    assert report["rows"] == 9_999
    assert report["right_steps"] == VARIANT.parameters["steps"]
    assert not report["correct"]


async def test_only_runs_may_be_long(client: httpx.AsyncClient) -> None:
    long = {"Content-Type": "application/json"}
    other = await client.post("/api/v1/problems/1.7/variants/3", content=b" " * 300_000, headers=long)
    assert other.status_code == 413
    assert any(re.fullmatch(path, ADDRESS) for path in BODY_LIMITS)


async def test_a_run_beside_an_answer_changes_no_score(client: httpx.AsyncClient) -> None:
    right = run()
    answers = {"w": right[-1].round(4).tolist(), "trace": csv(skipped_at(8))}
    body = {"problem": "1.7", "seed": 3, "form": "open", "answers": answers}
    attempt = (await client.post("/api/v1/attempts", json=body)).json()
    assert (attempt["correct"], attempt["score"], attempt["max_score"]) == (True, 1, 1)
    answer, trace = attempt["fields"]
    assert answer["correct"]
    assert (trace["name"], trace["score"], trace["max_score"], trace["correct"]) == ("trace", 0, 0, False)
    assert "Step 8 is what you get when sample 8 is skipped" in trace["feedback"]["en"]
    assert (await client.get(f"/api/v1/attempts/{attempt['id']}")).json() == attempt


@pytest.mark.parametrize("blank", ["", "  ", None, [], [[""]]])
async def test_a_blank_run_is_none(client: httpx.AsyncClient, blank: Any) -> None:
    answers = {"w": run()[-1].round(4).tolist(), "trace": blank}
    body = {"problem": "1.7", "seed": 3, "form": "open", "answers": answers}
    attempt = (await client.post("/api/v1/attempts", json=body)).json()
    assert [field["name"] for field in attempt["fields"]] == ["w"]
    assert attempt["correct"]


async def test_a_run_alone_is_no_answer(client: httpx.AsyncClient) -> None:
    body = {"problem": "1.7", "seed": 3, "form": "open", "answers": {"trace": csv(run())}}
    response = await client.post("/api/v1/attempts", json=body)
    assert response.status_code == 422
    assert [fault["pointer"] for fault in response.json()["errors"]] == ["/answers/w"]


async def test_an_unreadable_run_spends_no_attempt(client: httpx.AsyncClient) -> None:
    body = {"problem": "1.7", "seed": 3, "form": "open", "answers": {"w": [1, 2, 3, 4], "trace": "0 0 0 x"}}
    response = await client.post("/api/v1/attempts", json=body)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "trace")


async def test_the_field_stands_beside_the_others_and_is_optional(client: httpx.AsyncClient) -> None:
    for problem in catalogue().values():
        for form in problem.forms(1):
            fields = (await client.get(f"/api/v1/problems/{problem.id}/variants/1?form={form}")).json()["fields"]
            traces = [field for field in fields if field["optional"]]
            assert [field["name"] for field in traces] == (["trace"] if problem.tracing and form == "open" else [])
            assert all(field["kind"] == "Trace" and field["points"] == 0 for field in traces)


async def test_the_page_checks_a_run_and_keeps_it(client: httpx.AsyncClient) -> None:
    shown = await client.get("/en/problems/1.7?seed=3&form=open")
    assert f'action="{PAGE.replace("&", "&amp;")}#trace"' in shown.text
    text = csv(skipped_at(8), 4)
    checked = await client.post(PAGE, data={"trace": text})
    assert checked.status_code == 200
    assert "Step 8 is what you get when sample 8 is skipped" in checked.text
    assert text.splitlines()[5] in checked.text
    chinese = await client.post(PAGE.replace("/en/", "/zh/"), data={"trace": text})
    assert "跳过了样本 8" in chinese.text


@pytest.mark.parametrize("pasted", ["0 0 0 <b>x</b>", "", "\x00", "1,5;2,5;3;4"])
async def test_the_page_keeps_what_it_cannot_read(client: httpx.AsyncClient, pasted: str) -> None:
    response = await client.post(PAGE, data={"trace": pasted})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert "<b>x</b>" not in response.text
    assert pasted.replace("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;") in response.text or "\x00" in pasted


async def test_a_body_in_a_codec_of_its_own_choice_is_no_form_of_ours(client: httpx.AsyncClient) -> None:
    part = '--B\r\nContent-Disposition: form-data; name="trace"\r\n\r\n\\ud800\r\n--B--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=B; charset=unicode_escape"}
    assert (await client.post(PAGE, content=part, headers=headers)).status_code == 422


async def test_the_page_without_a_run(client: httpx.AsyncClient) -> None:
    assert (await client.get(PAGE)).status_code == 200  # the other language's link leads here
    assert (await client.post("/en/problems/1.4/trace?seed=3", data={"trace": "0"})).status_code == 404
    assert (await client.post(PAGE, content=b"\xff\xfe", headers={"Content-Type": "text/plain"})).status_code == 422
    assert 'name="trace"' not in (await client.get("/en/problems/1.4?seed=3")).text


async def test_a_busy_server_says_so(app: FastAPI, client: httpx.AsyncClient, monkeypatch: Any) -> None:
    async def refuse(*_: object) -> None:
        raise UnavailableError

    monkeypatch.setattr(app.state.service.variants, "compute", refuse)
    assert (await check(client, "0 0 0 0")).status_code == 503
    page = await client.post(PAGE, data={"trace": "0.125 0 0 0"})
    assert page.status_code == 503
    assert "0.125 0 0 0" in page.text
