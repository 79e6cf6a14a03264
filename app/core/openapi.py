"""The OpenAPI document, completed by what the framework does not see: bodies that it does not read, and examples."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

REFERENCE = "#/components/schemas/{model}"


def complete(
    app: FastAPI,
    models: Iterable[type[BaseModel]],
    security_schemes: Mapping[str, Any],
    examples: Mapping[str, Callable[[], object]],
    webhooks: Mapping[str, Any],
) -> None:
    """Make `app.openapi()` define these models and security schemes too, and show an example for each operation id.

    `webhooks` is a section of its own: the requests that this service sends.
    """
    generate = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        document = generate()
        components = document.setdefault("components", {})
        _, definitions = models_json_schema([(model, "validation") for model in models], ref_template=REFERENCE)
        components["schemas"] = components.get("schemas", {}) | definitions["$defs"]
        components["securitySchemes"] = dict(security_schemes)
        document["webhooks"] = dict(webhooks)
        for operation in (operation for path in document["paths"].values() for operation in path.values()):
            if (example := examples.get(operation["operationId"])) is not None:
                _show(operation["responses"], example())
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _show(responses: Mapping[str, Any], example: object) -> None:
    """Put the example beside the schema of each response that says that all went well."""
    for success in (response for status, response in responses.items() if status.startswith("2")):
        (body,) = success["content"].values()
        body["example"] = example
