"""docs/api.md and the OpenAPI document leave nothing out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import all_errors
from app.core.problem_details import ProblemDetails
from app.main import create_app
from problems.catalogue import catalogue

DOCS = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app().openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def words(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        yield from data
        for value in data.values():
            yield from words(value)
    elif isinstance(data, list):
        for value in data:
            yield from words(value)


def test_every_call_is_documented(document):
    assert [path for method, path, _ in operations(document) if f"`{method} {path}`" not in DOCS] == []


def test_every_error_is_documented_with_its_status():
    for error in all_errors():
        assert f"| `/errors/{error.slug}` | {error.status} |" in DOCS
        assert error.__doc__


def test_errors_have_types_of_their_own():
    slugs = [error.slug for error in all_errors()]
    assert len(set(slugs)) == len(slugs)


@pytest.mark.parametrize("problem", catalogue())
def test_every_word_of_the_data_is_documented(problem):
    data = catalogue()[problem].data(catalogue()[problem].printed)
    assert [word for word in words(data) if f"`{word}`" not in DOCS] == []


def test_openapi_says_what_each_call_is_for_and_shows_an_example(document):
    for _, path, operation in operations(document):
        assert operation["operationId"]
        assert operation["summary"]
        assert operation["tags"]
        successes = [response for status, response in operation["responses"].items() if status.startswith("2")]
        assert all("example" in body for response in successes for body in response["content"].values()), path


def test_openapi_describes_every_error_as_problem_details(document):
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "4":
                (media_type,) = response["content"]
                assert media_type == "application/problem+json"
                for example in response["content"][media_type]["examples"].values():
                    assert ProblemDetails.model_validate(example["value"]).status == int(status)


def test_openapi_knows_the_guest_cookie(document):
    assert document["components"]["securitySchemes"]["guestCookie"]["in"] == "cookie"
    guarded = {
        path for _, path, operation in operations(document) if {"guestCookie": []} in operation.get("security", [])
    }
    assert guarded >= {"/api/v1/attempts", "/api/v1/attempts/{attempt_id}", "/api/v1/me"}
