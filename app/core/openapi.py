"""The OpenAPI document, completed by what the framework does not see: bodies that it does not read itself."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

REFERENCE = "#/components/schemas/{model}"


def example(status: int, value: object, **more: Any) -> dict[int | str, dict[str, Any]]:
    """For `responses` of a route: an example of its JSON."""
    return {status: {"content": {"application/json": {"example": value}}, **more}}


def complete(app: FastAPI, models: Iterable[type[BaseModel]], security_schemes: Mapping[str, Any]) -> None:
    """Make `app.openapi()` define these models and security schemes too."""
    generate = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        document = generate()
        components = document.setdefault("components", {})
        _, definitions = models_json_schema([(model, "validation") for model in models], ref_template=REFERENCE)
        components["schemas"] = components.get("schemas", {}) | definitions["$defs"]
        components["securitySchemes"] = dict(security_schemes)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
