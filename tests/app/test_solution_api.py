"""Worked solutions, hints and figures over HTTP."""

import csv
import io
from xml.etree import ElementTree as ET

import httpx
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from problems.catalogue import catalogue, find
from problems.dealing import deal
from problems.draws import MAX_SEED
from problems.grading import grade
from tests.backends import on_one_database

pytestmark = [pytest.mark.anyio, on_one_database]

VARIANT = "/api/v1/problems/1.6/variants/3"


@pytest.mark.parametrize("problem", catalogue())
async def test_the_key_of_a_solution_is_graded_right(client: httpx.AsyncClient, problem: str):
    for seed in (0, 1):
        variant = deal(find(problem), seed)
        for form in variant.forms:
            response = await client.get(f"/api/v1/problems/{problem}/variants/{seed}/solution?form={form}")
            assert response.status_code == 200
            solution = response.json()
            assert grade(variant, form, solution["key"], policy="corrected").correct
            assert solution["solution"] == variant.solution.as_dict()
            if solution["published_key"] is not None:
                assert seed == 0
                assert not grade(variant, form, solution["published_key"], policy="corrected").correct


async def test_a_solution_lists_its_tables_and_figures(client: httpx.AsyncClient):
    solution = (await client.get(f"{VARIANT}/solution")).json()
    assert solution["form"] == "open"
    iterates, margins = solution["tables"]
    steps = deal(find("1.6"), 3).parameters["steps"]
    assert (iterates["id"], iterates["row_count"]) == ("iterates", steps + 1)
    assert [row[0] for row in iterates["rows"]] == [0, 1, 2, 3, steps]
    assert iterates["rows"][-1][1:5] == solution["key"]["w"]
    assert margins["csv"] == f"{VARIANT}/solution/margins.csv"
    assert [figure["id"] for figure in solution["figures"]] == ["cost", "path", "decision"]


async def test_a_solution_may_be_kept_and_is_named(client: httpx.AsyncClient):
    response = await client.get(f"{VARIANT}/solution")
    assert response.headers["cache-control"].startswith("public")
    again = await client.get(f"{VARIANT}/solution", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_table_comes_whole_with_every_digit(client: httpx.AsyncClient):
    response = await client.get(f"{VARIANT}/solution/iterates.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert 'filename="haitang-1.6-3-iterates.csv"' in response.headers["content-disposition"]
    heads, *rows = csv.reader(io.StringIO(response.text))
    table = deal(find("1.6"), 3).exhibits().table("iterates")
    assert heads == [column.name for column in table.columns]
    assert [[float(cell) for cell in row] for row in rows] == [[float(cell) for cell in row] for row in table.rows]


async def test_figures_lie_where_the_solution_says_and_stay_there_for_ever(client: httpx.AsyncClient):
    solution = (await client.get(f"{VARIANT}/solution")).json()
    for figure in solution["figures"]:
        for address in figure["svg"].values():
            response = await client.get(address)
            assert response.headers["content-type"] == "image/svg+xml"
            assert "immutable" in response.headers["cache-control"]
            assert "default-src 'none'" in response.headers["content-security-policy"]
            assert ET.fromstring(response.content).tag.endswith("svg")
    assert (await client.get(address)).content == response.content


async def test_a_figure_cannot_be_had_without_its_address(client: httpx.AsyncClient):
    solution = (await client.get(f"{VARIANT}/solution")).json()
    address = solution["figures"][0]["svg"]["light"]
    for guess in (
        address.replace(".3.", ".4."),
        address.replace("light", "dark"),
        address.replace("cost", "path"),
        "/figures/1.6.1.4.cost.light.0123456789abcdef.svg",
        "/figures/x",
    ):
        response = await client.get(guess)
        assert (response.status_code, response.json()["type"]) == (404, "/errors/unknown-exhibit")


async def test_hints_come_one_by_one_and_say_what_they_cost(client: httpx.AsyncClient):
    first, second = [(await client.get(f"/api/v1/problems/2.3/variants/1/hints/{k}")).json() for k in (1, 2)]
    variant = deal(find("2.3"), 1)
    assert first == {"number": 1, "of": 2, "cost": 0.0, "text": variant.hints[0].as_dict()}
    assert second["text"] == variant.hints[1].as_dict()
    response = await client.get("/api/v1/problems/2.3/variants/1/hints/3")
    assert (response.status_code, response.json()["type"]) == (404, "/errors/unknown-exhibit")


@pytest.mark.parametrize(
    ("path", "status", "type_"),
    [
        ("9.9/variants/0/solution", 404, "unknown-problem"),
        (f"1.6/variants/{MAX_SEED + 1}/solution", 404, "seed-out-of-range"),
        ("1.6/variants/1_0/solution", 422, "invalid-request"),
        ("1.1/variants/0/solution?form=open", 422, "unknown-form"),
        ("1.6/variants/0/solution?form=oral", 422, "invalid-request"),
        ("1.6/variants/0/solution/nothing.csv", 404, "unknown-exhibit"),
        ("1.1/variants/0/solution/iterates.csv", 404, "unknown-exhibit"),
        ("1.6/variants/0/hints/0", 422, "invalid-request"),
    ],
)
async def test_what_is_refused(client: httpx.AsyncClient, path: str, status: int, type_: str):
    response = await client.get(f"/api/v1/problems/{path}")
    assert (response.status_code, response.json()["type"]) == (status, f"/errors/{type_}")


# Pages


@pytest.mark.parametrize("problem", catalogue())
async def test_every_solution_has_a_page_in_both_languages(client: httpx.AsyncClient, problem: str):
    for seed in (0, 1):
        for language in ("en", "zh"):
            page = await client.get(f"/{language}/problems/{problem}/solution?seed={seed}")
            assert page.status_code == 200
            assert f"/{language}/problems/{problem}/another" in page.text
            assert " style=" not in page.text
            for figure in deal(find(problem), seed).exhibits().figures:
                assert "(prefers-color-scheme: dark)" in page.text
                assert figure.alt[language].split("<")[0][:20] in page.text


async def test_the_exercise_and_an_attempt_lead_to_the_solution(client: httpx.AsyncClient):
    page = await client.get("/en/problems/1.6?seed=3&form=choice")
    assert 'href="/en/problems/1.6/solution?seed=3&amp;form=choice" rel="nofollow"' in page.text


class TestWithoutGuests:
    """Where practice needs an account, so do solutions; figures stay with those who have their addresses."""

    @pytest.fixture
    def settings(self, database_url: str) -> Settings:
        return Settings(database_url=database_url, guest_practice=False)

    async def test_a_solution_needs_an_account(self, app: FastAPI, client: httpx.AsyncClient):
        for path in (f"{VARIANT}/solution", f"{VARIANT}/solution/iterates.csv", "/en/problems/1.6/solution"):
            response = await client.get(path)
            assert (response.status_code, response.json()["type"]) == (401, "/errors/account-required")
        assert app.state.service.drawings._process is None
        assert "Show the worked solution" not in (await client.get("/en/problems/1.6")).text
