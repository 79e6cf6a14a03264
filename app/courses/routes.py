"""What the routes of courses share: reading and changing on behalf of somebody, and what OpenAPI says about it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, TypeAlias, TypeVar

import orjson
from fastapi import Path, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.access import SIGNED_IN, USERS, Principal, require_user
from app.core import errors, idempotency
from app.core.ids import known
from app.core.json_body import body_of, private_json
from app.core.problem_details import documented
from app.core.service import service_of

T = TypeVar("T")

PREFIX = "/api/v1"

Id: TypeAlias = Annotated[str, Path(json_schema_extra={"format": "uuid"})]

known_course = partial(known, error=errors.UnknownCourseError)
known_assignment = partial(known, error=errors.UnknownAssignmentError)
known_item = known_assignment

READING = (*SIGNED_IN, errors.InvalidRequestError, errors.UnavailableError)
CHANGING = (*READING, errors.ForbiddenError, errors.CrossSiteRequestError, errors.CourseArchivedError)
WITH_BODY = (
    *CHANGING,
    errors.MalformedJsonError,
    errors.RequestTimeoutError,
    errors.ContentTooLargeError,
    errors.UnsupportedMediaTypeError,
)
CREATING = (*WITH_BODY, errors.IdempotencyKeyReusedError)
LOCATION = {"Location": {"description": "where it is found again", "schema": {"type": "string"}}}


def told(*kinds: type[errors.ServiceError]) -> dict[int | str, dict[str, Any]]:
    return documented(*dict.fromkeys(kinds))


def created(*kinds: type[errors.ServiceError]) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that creates something."""
    return {201: {"description": "Created", "headers": LOCATION}} | told(*CREATING, *kinds)


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route that reads this body, for people with an account."""
    return body_of(model) | USERS


async def change(request: Request, job: Callable[[Session], Mapping[str, Any]]) -> Response:
    """What the job returns, as JSON, once it is committed."""
    return private_json(await service_of(request).writer.write(job))


async def create(
    request: Request,
    caller: Principal,
    key: str | None,
    body: BaseModel,
    make: Callable[[Session], tuple[str, dict[str, Any]]],
    address: str,
    reveal: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> Response:
    """201 with what `make` returns, an id and its JSON; the first response again, when the key is known.

    `address` is where the new thing is found, with `{}` for its id. What is kept for a retry must hold no secret:
    `reveal` puts it in afterwards, each time.
    """
    asked = idempotency.Request(
        owner=require_user(caller, "manage"),
        key=key,
        content=[request.url.path, body.model_dump(mode="json", exclude_unset=True)],
        now=service_of(request).clock(),
    )
    made = await idempotency.create(service_of(request).writer, asked, make)
    shown = made.body if reveal is None else reveal(orjson.loads(made.body))
    return private_json(shown, 201, {"Location": f"{PREFIX}{address.format(made.id)}"})
