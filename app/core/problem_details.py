"""Errors as they leave the server: RFC 9457 problem details, from one handler, and what OpenAPI says about them."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy import exc
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match

from app.core import errors
from app.core.errors import Fault, ServiceError, json_pointer
from app.core.validation import parameter_faults
from app.core.writer import WriterError
from problems import catalogue, dealing, grading, variant
from problems.draws import MAX_SEED
from problems.text import Text

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = {"Retry-After": "1"}
UNSTORABLE = Text(
    "Something that was sent can't be stored, such as a text with the character U+0000.",
    "发送的内容中有无法存储的数据，例如含有字符 U+0000 的文本。",
)

ErrorPage = Callable[[Request, ServiceError], Awaitable[Response]]


class FaultDetails(BaseModel):
    """One fault of the request; see `pointer` or `parameter` for its place."""

    pointer: str | None = Field(default=None, description="JSON pointer into the body (RFC 6901)")
    parameter: str | None = Field(default=None, description="a parameter outside the body, such as `query/limit`")
    field: str | None = Field(default=None, description="the answer field that the pointer leads into")
    line: int | None = Field(default=None, description="of the text that the pointer leads to, counted from 1")
    detail: str = Field(description="what is wrong, in English")
    detail_zh: str = Field(description="the same in Chinese")


class ProblemDetails(BaseModel):
    """What every error looks like (RFC 9457)."""

    type: str = Field(description="address of a page about this kind of error, relative to the server")
    title: str
    status: int
    detail: str | None = None
    detail_zh: str | None = Field(default=None, description="the same in Chinese, where people may come to read it")
    errors: list[FaultDetails] | None = None
    attempt: str | None = Field(default=None, description="the attempt that was stored although it was not graded")


def problem_type(error: type[ServiceError]) -> str:
    return f"/errors/{error.slug}"


def problem_json(error: ServiceError) -> dict[str, Any]:
    details: dict[str, Any] = {"type": problem_type(type(error)), "title": error.title, "status": error.status}
    if isinstance(error.detail, Text):
        details |= {"detail": error.detail.en, "detail_zh": error.detail.zh}
    elif error.detail:
        details["detail"] = error.detail
    if error.faults:
        details["errors"] = [fault.as_json() for fault in error.faults]
    return details | dict(error.members)


def problem_response(error: ServiceError) -> Response:
    return Response(
        orjson.dumps(problem_json(error)),
        error.status,
        {"Cache-Control": "no-store", **error.headers},
        media_type=MEDIA_TYPE,
    )


def as_service_error(error: Exception) -> ServiceError:  # noqa: PLR0911 - a table, read from top to bottom
    """The member of the tree that tells a client what `error` means to it."""
    match error:
        case ServiceError():
            return error
        case RequestValidationError():
            return errors.InvalidRequestError("Some parameters are not valid.", parameter_faults(error.errors()))
        case catalogue.UnknownProblemError():
            return errors.UnknownProblemError("There is no exercise with this id.")
        case dealing.SeedOutOfRangeError():
            return errors.SeedOutOfRangeError(f"Seeds run from 0 to {MAX_SEED}.")
        case variant.UnknownFormError():
            return errors.UnknownFormError("This variant is not served in this form.")
        case grading.UnreadableAnswersError():
            return errors.UnreadableAnswersError("Nothing was stored; mend the answers and send again.", _faults(error))
        case WriterError() | exc.OperationalError() | exc.InterfaceError() | exc.TimeoutError():
            logger.error("Not done: %s", error, exc_info=error)
            return errors.UnavailableError("The database did not take or give what was asked.", headers=RETRY_AFTER)
        case exc.DataError():
            logger.warning("Not held: %s", error)
            return errors.InvalidRequestError(UNSTORABLE)
        case HTTPException():
            return _of_status(error)
    logger.error("Unhandled", exc_info=error)
    return errors.InternalError()


def _faults(unreadable: grading.UnreadableAnswersError) -> Sequence[Fault]:
    return [
        Fault(error.text, pointer=json_pointer("answers", name, *error.path), field=name)
        for name, error in unreadable.errors.items()
    ]


def _of_status(error: HTTPException) -> ServiceError:
    """What the router and the framework refuse."""
    by_status: dict[int, type[ServiceError]] = {404: errors.NotFoundError, 405: errors.MethodNotAllowedError}
    kind = by_status.get(error.status_code, errors.BadRequestError if error.status_code < 500 else errors.InternalError)
    return kind(headers=error.headers or {})


def install(app: FastAPI, error_page: ErrorPage | None = None) -> None:
    """Render every error as problem details; for a browser outside the API as the page that `error_page` makes."""

    async def handle(request: Request, raised: Exception) -> Response:
        error = as_service_error(raised)
        if isinstance(error, errors.MethodNotAllowedError):
            error = errors.MethodNotAllowedError(headers={"Allow": ", ".join(_allowed(request))})
        wants_page = not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")
        return await error_page(request, error) if error_page and wants_page else problem_response(error)

    handled: list[type[Exception]] = [
        ServiceError,
        HTTPException,
        RequestValidationError,
        catalogue.UnknownProblemError,
        dealing.SeedOutOfRangeError,
        variant.UnknownFormError,
        grading.UnreadableAnswersError,
        WriterError,
        exc.SQLAlchemyError,
    ]
    for kind in handled:
        app.add_exception_handler(kind, handle)
    app.add_api_route("/errors/{slug}", explain, include_in_schema=False)


def _allowed(request: Request) -> list[str]:
    """All methods of this address; the router itself names those of one route, and the address may have several.

    Where a word also fits the place of an identifier (`/regrades/preview`), the routes that name the word count.
    """
    # FastAPI keeps an included router whole; ours are included without a prefix.
    routes = [
        each
        for route in request.app.routes
        for each in (route.original_router.routes if hasattr(route, "original_router") else [route])
    ]
    found: dict[str, int] = {}
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for route in routes:
            if route.matches({**request.scope, "method": method})[0] is Match.FULL:
                found[method] = getattr(route, "path", "").count("{")
                break
    methods = [method for method, variables in found.items() if variables == min(found.values())]
    return ["GET, HEAD" if method == "GET" else method for method in methods]  # `app.core.middleware.Head`


async def explain(slug: str) -> Response:
    """The page that the `type` of an error leads to."""
    for error in errors.all_errors():
        if error.slug == slug:
            return PlainTextResponse(f"{error.title} ({error.status})\n\n{error.__doc__}\n")
    raise errors.NotFoundError


EXAMPLES: Mapping[type[ServiceError], ServiceError] = {
    errors.InvalidRequestError: errors.InvalidRequestError(
        "Some parameters are not valid.",
        [Fault(Text("A whole number is needed here.", "这里需要整数。"), parameter="path/seed")],
    ),
    errors.UnreadableAnswersError: errors.UnreadableAnswersError(
        "Nothing was stored; mend the answers and send again.",
        [Fault(Text("This field is empty.", "这一格还没有填。"), pointer="/answers/w/0", field="w")],
    ),
    errors.GradingFailedError: errors.GradingFailedError(members={"attempt": "01a2054b-5386-70de-b9b7-058e224f8480"}),
}


def documented(*kinds: type[ServiceError]) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of these errors, for `responses` of a route: one entry a status, one example a kind."""
    responses: dict[int | str, dict[str, Any]] = {}
    every: list[type[ServiceError]] = [*kinds, errors.InternalError]
    for kind in every:
        response = responses.setdefault(
            kind.status,
            {
                "description": "",
                "content": {
                    MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}, "examples": {}},
                },
            },
        )
        response["description"] = f"{response['description']} · {kind.title}".removeprefix(" · ")
        response["content"][MEDIA_TYPE]["examples"][kind.slug] = {
            "summary": kind.title,
            "value": problem_json(EXAMPLES.get(kind) or kind()),
        }
    return responses
