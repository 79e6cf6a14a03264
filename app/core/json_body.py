"""JSON that comes in as the body of a request, checked by a Pydantic model, and JSON that goes out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from app.core import strict_json
from app.core.errors import InvalidRequestError
from app.core.validation import body_faults

M = TypeVar("M", bound=BaseModel)

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
PRIVATE = {"Cache-Control": "no-store"}


class Body(BaseModel):
    """A body of exactly these members: further ones are refused, and no text is taken for a number."""

    model_config = ConfigDict(extra="forbid", strict=True)


async def read_body(request: Request, model: type[M]) -> M:
    """The body of the request.

    Raises:
        UnsupportedMediaTypeError, MalformedJsonError: it is not JSON.
        InvalidRequestError: it does not fit the model; every fault has its place.

    """
    return as_model(await read_json(request), model)


async def read_json(request: Request) -> Any:
    """The JSON that the request brings, whatever it says.

    Raises:
        UnsupportedMediaTypeError, MalformedJsonError: it is not JSON.
        InvalidRequestError: it is JSON that readers understand differently, or too deep.

    """
    strict_json.require_json(request.headers.get("content-type"), request.headers.get("content-encoding"))
    return strict_json.parse(await request.body())


def as_model(value: object, model: type[M], refusal: str = "The body is not what this call takes.") -> M:
    """The value as the model has it; raises InvalidRequestError with a fault for each place that does not fit."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = body_faults(error.errors(include_url=False, include_input=False))
        raise InvalidRequestError(refusal, faults) from None


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """What OpenAPI says of a body that a route reads itself; `openapi.complete` defines the model."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def to_json(value: object) -> bytes:
    """JSON in UTF-8; instants in UTC, written with a Z."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def private_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON that no cache may keep; bytes are sent as they are."""
    body = value if isinstance(value, bytes) else to_json(value)
    return Response(body, status, {**PRIVATE, **(headers or {})}, media_type="application/json")


def _instant(value: Any) -> datetime:
    """RFC 3339 with an offset: a time without one names no instant."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise PydanticCustomError("instant", "not an instant") from None
    if found.tzinfo is None:
        raise PydanticCustomError("instant", "no offset")
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("instant_range", "out of range") from None
    if not EARLIEST <= found < LATEST:
        raise PydanticCustomError("instant_range", "out of range")
    return found


Instant: TypeAlias = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""An instant of this century: ``2026-10-23T23:59:59+08:00``."""
