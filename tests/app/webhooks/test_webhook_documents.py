"""What is said about messages, in OpenAPI and in docs/webhooks.md, is what is sent."""

from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import pytest

from app.main import create_app
from app.webhooks import models
from app.webhooks.outbox import WANTED, Event

pytestmark = pytest.mark.anyio

EVENTS = get_args(Event)
DOCUMENT = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")


@pytest.fixture
def backend() -> str:
    """Messages do not depend on the database."""
    return "sqlite"


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    return create_app().openapi()


def check(message: dict[str, Any], openapi: dict[str, Any]) -> None:
    body = openapi["webhooks"][message["type"]]["post"]["requestBody"]["content"]["application/json"]
    jsonschema_rs.validate(body["schema"] | {"components": openapi["components"]}, message, validate_formats=True)


def test_every_event_is_described_with_an_example(openapi):
    assert set(openapi["webhooks"]) == set(EVENTS)
    for event, operations in openapi["webhooks"].items():
        body = operations["post"]["requestBody"]["content"]["application/json"]
        assert body["example"]["type"] == event
        check(body["example"], openapi)


def test_examples_with_a_fault_would_be_noticed(openapi):
    example = openapi["webhooks"]["ping"]["post"]["requestBody"]["content"]["application/json"]["example"]
    with pytest.raises(jsonschema_rs.ValidationError):
        check(example | {"data": {}}, openapi)


async def test_real_messages_are_as_described(hooked, receiver, openapi):
    hook = await hooked()
    await hook.room.answer(hook.room.students[0], {"count": 220})
    await hook.ping()
    messages = await receiver.wait_for(3)
    assert {message.json["type"] for message in messages} == set(EVENTS)
    for message in messages:
        check(message.json, openapi)
        example = openapi["webhooks"][message.json["type"]]["post"]["requestBody"]["content"]["application/json"]
        assert message.json["data"].keys() == example["example"]["data"].keys()
        row = next(line for line in DOCUMENT.splitlines() if line.startswith(f"| `{message.json['type']}` |"))
        assert [name for name in message.json["data"] if f"`{name}`" not in row] == []


def test_the_document_names_every_event_and_reason(openapi):
    for event in EVENTS:
        assert f"| `{event}` |" in DOCUMENT
    described = openapi["components"]["schemas"]["WebhookOut"]["properties"]["disabled_reason"]["description"]
    for reason in models.Reason.__args__:
        assert f"`{reason}`" in described
    assert set(WANTED) | {"ping"} == set(EVENTS)
