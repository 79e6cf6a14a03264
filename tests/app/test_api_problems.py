"""GET /api/v1/problems…: the catalogue and the variants, and that nothing of the answer shows before it is given."""

from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest

from problems.catalogue import catalogue
from problems.dealing import deal
from problems.draws import MAX_SEED
from problems.problem import Field
from tests.backends import on_one_database

pytestmark = [pytest.mark.anyio, on_one_database]

PROBLEMS = "/api/v1/problems"


async def test_the_catalogue_lists_every_exercise_in_the_order_of_the_book(client: httpx.AsyncClient):
    listed = (await client.get(PROBLEMS)).json()
    assert [problem["id"] for problem in listed["items"]] == list(catalogue())
    assert listed["next_cursor"] is None
    shown = next(problem for problem in listed["items"] if problem["id"] == "1.6")
    assert shown["forms"] == {"printed": ["open", "choice"], "variants": ["open", "choice"]}
    assert shown["max_seed"] == MAX_SEED
    assert set(shown["title"]) == {"en", "zh"}


async def test_the_catalogue_can_be_had_by_set_and_in_pages(client: httpx.AsyncClient):
    ids: list[str] = []
    cursor: dict[str, str] = {}
    while cursor is not None:
        listed = (await client.get(PROBLEMS, params={"set": "2", "limit": 3, **cursor})).json()
        ids += [problem["id"] for problem in listed["items"]]
        assert len(listed["items"]) <= 3
        cursor = {"cursor": listed["next_cursor"]} if listed["next_cursor"] else None
    assert ids == [name for name, problem in catalogue().items() if problem.set == "2"]


async def test_one_exercise_is_what_the_catalogue_lists(client: httpx.AsyncClient):
    listed = (await client.get(PROBLEMS)).json()["items"]
    for problem in listed:
        assert (await client.get(f"{PROBLEMS}/{problem['id']}")).json() == problem


async def test_a_variant_holds_all_that_is_needed_to_solve_it(client: httpx.AsyncClient):
    variant = (await client.get(f"{PROBLEMS}/1.6/variants/7?form=open")).json()
    assert variant["problem"] == "1.6"
    assert variant["seed"] == 7
    assert variant["form"] == "open"
    assert variant["data"] == deal(catalogue()["1.6"], 7).parameters
    field, trace = variant["fields"]
    assert (trace["name"], trace["kind"], trace["shape"], trace["optional"]) == ("trace", "Trace", [4], True)
    assert field == {
        "name": "w",
        "kind": "Vector",
        "shape": [4],
        "label": f"W^{{({variant['data']['steps']})}} =",
        "points": 1.0,
        "options": None,
        "variables": None,
        "tolerance": 0.001,
        "tolerance_kind": "absolute",
        "optional": False,
    }


async def test_without_a_form_the_default_one_is_served(client: httpx.AsyncClient):
    assert (await client.get(f"{PROBLEMS}/1.6/variants/7")).json()["form"] == "open"
    assert (await client.get(f"{PROBLEMS}/1.1/variants/7")).json()["form"] == "choice"


async def test_options_have_the_ids_of_the_book(client: httpx.AsyncClient):
    variant = (await client.get(f"{PROBLEMS}/1.6/variants/0?form=choice")).json()
    (field,) = variant["fields"]
    assert (field["name"], field["kind"], field["tolerance"], field["tolerance_kind"]) == (
        "answer",
        "Choice",
        None,
        None,
    )
    assert [option["id"] for option in field["options"]] == ["A", "B", "C", "D"]


NEVER_SHOWN = {"source", "layout", "reason", "key", "keys", "published", "corrected", "solution", "mistakes", "erratum"}


def names(value: Any) -> Iterator[str]:
    """Every name of a member, at any depth."""
    if isinstance(value, dict):
        yield from value
        for member in value.values():
            yield from names(member)
    elif isinstance(value, list):
        for item in value:
            yield from names(item)


@pytest.mark.parametrize("problem", catalogue())
async def test_nothing_of_the_answer_shows_before_it_is_given(problem: str, client: httpx.AsyncClient):
    for seed in (0, 1, 2, 3):
        dealt = deal(catalogue()[problem], seed)
        for form in dealt.forms:
            response = await client.get(f"{PROBLEMS}/{problem}/variants/{seed}?form={form}")
            variant = response.json()
            assert not NEVER_SHOWN & (set(names(variant)) - set(variant["data"]))
            shown = texts(variant)
            assert not shown & set(sources(dealt.fields(form)))
            told = "\n".join(shown)
            hidden = [dealt.solution.en, dealt.solution.zh, *reasons(dealt.fields(form))]
            assert not [text for text in hidden if text in told]


def sources(fields: Iterable[Field]) -> Iterator[str]:
    """Where options come from, such as ``statement:half-padding``; such an id alone would be a hint already."""
    for field in fields:
        for option in getattr(field.kind, "options", ()):
            yield option.source
            yield from (part for part in option.source.split(":") if len(part) > 1)  # A is the book's id and ours


def reasons(fields: Iterable[Field]) -> Iterator[str]:
    for field in fields:
        for option in getattr(field.kind, "options", ()):
            if option.reason:
                yield from (option.reason.en, option.reason.zh)


def texts(value: Any) -> set[str]:
    """Every text, at any depth."""
    if isinstance(value, dict):
        return set().union(*(texts(member) for member in value.values()))
    if isinstance(value, list):
        return set().union(*(texts(item) for item in value))
    return {value} if isinstance(value, str) else set()


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        ("9.9", 404, "unknown-problem"),
        ("%00", 404, "unknown-problem"),
        ("%ED%A0%80", 404, "unknown-problem"),
        ("9.9/variants/1", 404, "unknown-problem"),
        ("1.6/variants/-1", 404, "seed-out-of-range"),
        (f"1.6/variants/{MAX_SEED + 1}", 404, "seed-out-of-range"),
        (f"1.6/variants/{2**63 - 1}", 404, "seed-out-of-range"),
        (f"1.6/variants/{2**63}", 422, "invalid-request"),
        (f"1.6/variants/{'9' * 5000}", 422, "invalid-request"),
        ("1.6/variants/one", 422, "invalid-request"),
        ("1.6/variants/1.5", 422, "invalid-request"),
        ("1.6/variants/01", 422, "invalid-request"),
        ("1.6/variants/1_0", 422, "invalid-request"),
        ("1.6/variants/１", 422, "invalid-request"),
        ("1.6/variants/1?form=essay", 422, "invalid-request"),
        ("1.1/variants/1?form=open", 422, "unknown-form"),
        ("1.6/variants", 404, "not-found"),
        ("1.6/", 404, "not-found"),
        ("?set=3", 422, "invalid-request"),
        ("?limit=0", 422, "invalid-request"),
        ("?limit=101", 422, "invalid-request"),
        ("?cursor=nonsense", 422, "invalid-request"),
        ("?cursor=MTo5Ljk", 422, "invalid-request"),  # holds the id 9.9, which is no exercise
    ],
)
async def test_what_does_not_exist(path: str, status: int, slug: str, client: httpx.AsyncClient):
    response = await client.get(f"{PROBLEMS}{'' if path.startswith('?') else '/'}{path}")
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == f"/errors/{slug}"
    assert problem["status"] == status
    assert (await client.get(problem["type"])).text.startswith(problem["title"])


async def test_the_place_of_a_bad_parameter_is_named_in_both_languages(client: httpx.AsyncClient):
    problem = (await client.get(f"{PROBLEMS}/1.6/variants/one")).json()
    assert problem["errors"] == [
        {"parameter": "path/seed", "detail": "A whole number is needed here.", "detail_zh": "这里需要整数。"}
    ]


@pytest.mark.parametrize("path", [PROBLEMS, f"{PROBLEMS}/9.9", "/healthz", "/zh", "/en/problems/1.6?seed=3", "/en/no"])
async def test_head_is_answered_as_get_without_the_content(client: httpx.AsyncClient, path: str):
    got, headed = await client.get(path), await client.head(path)
    assert headed.status_code == got.status_code
    assert headed.headers["content-type"] == got.headers["content-type"]
    assert int(headed.headers["content-length"]) > 0
    assert headed.content == b""


async def test_another_method_is_refused_with_those_that_are_allowed(client: httpx.AsyncClient):
    for path, allowed in ((f"{PROBLEMS}/1.6", "GET, HEAD"), ("/api/v1/attempts", "GET, HEAD, POST")):
        response = await client.delete(path)
        assert (response.status_code, response.headers["allow"]) == (405, allowed)
        assert response.json()["type"] == "/errors/method-not-allowed"


async def test_a_copy_that_is_still_current_is_not_sent_again(client: httpx.AsyncClient):
    path = f"{PROBLEMS}/1.6/variants/7"
    first = await client.get(path)
    assert first.headers["cache-control"] == "public, max-age=3600"
    held = first.headers["etag"]
    again = await client.get(path, headers={"If-None-Match": f'"other", W/{held}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", held)
    assert (await client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200
    assert (await client.get(f"{PROBLEMS}/1.6/variants/8")).headers["etag"] != held
