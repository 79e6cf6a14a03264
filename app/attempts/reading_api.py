"""How answers would be read, without giving them: of a variant, and of an item of an assignment. Nothing is stored."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from app.accounts.access import USERS, Caller, require_user
from app.attempts import schemas
from app.attempts.asked import Asked, ask
from app.attempts.problems_api import ProblemId, Seed
from app.attempts.service import service_of
from app.core import errors
from app.core.json_body import Body, body_of, private_json, read_body
from app.core.problem_details import documented
from app.courses.routes import READING, Id, known_assignment, known_item, told
from problems.catalogue import find
from problems.grading import read
from problems.problem import Form
from problems.trace_kind import TRACE
from problems.variant import Variant

router = APIRouter(prefix="/api/v1")

BODY_ERRORS = (
    errors.MalformedJsonError,
    errors.RequestTimeoutError,
    errors.ContentTooLargeError,
    errors.UnsupportedMediaTypeError,
    errors.InvalidRequestError,
    errors.UnreadableAnswersError,
)


class ItemReadingRequest(Body):
    """Answers to an item, by the names of its fields, in the forms that an attempt takes."""

    answers: dict[str, Any]


class ReadingRequest(ItemReadingRequest):
    """Answers to a variant."""

    form: schemas.Form


class FieldReading(BaseModel):
    name: str
    read_as: str
    read_as_latex: str


class ReadingOut(BaseModel):
    """How the answers are understood; fields that were left empty are not among them."""

    fields: list[FieldReading]


@router.post(
    "/problems/{problem_id}/variants/{seed}/reading",
    tags=["exercises"],
    operation_id="readAnswers",
    summary="See how answers would be read, without giving them",
    description="What can't be read is 422, as for an attempt. Nothing is stored and nothing graded. Runs (`trace`) "
    "have a call of their own.",
    response_model=ReadingOut,
    responses=documented(
        *BODY_ERRORS,
        errors.UnknownProblemError,
        errors.SeedOutOfRangeError,
        errors.UnknownFormError,
        errors.UnavailableError,
    ),
    openapi_extra=body_of(ReadingRequest),
)
async def read_answers(request: Request, problem_id: ProblemId, seed: Seed) -> Response:
    problem, body = find(problem_id), await read_body(request, ReadingRequest)
    variant = (await service_of(request).variants.get(problem, seed)).variant
    return private_json(_reading(variant, body.form, body.answers))


@router.post(
    "/assignments/{assignment_id}/items/{item_id}/reading",
    tags=["attempts"],
    operation_id="readAssignedAnswers",
    summary="See how answers to an item would be read, without giving them",
    description="What can't be read is 422, as for an attempt. Nothing is stored, and no attempt is spent.",
    response_model=ReadingOut,
    responses=told(
        *READING,
        *BODY_ERRORS,
        errors.CrossSiteRequestError,
        errors.UnknownAssignmentError,
        errors.AssignmentNotOpenError,
        errors.AssignmentLockedError,
    ),
    openapi_extra=USERS | body_of(ItemReadingRequest),
)
async def read_assigned_answers(request: Request, caller: Caller, assignment_id: Id, item_id: Id) -> Response:
    require_user(caller)
    service = service_of(request)
    asked: Asked = await service.database.read(
        ask, known_item(item_id), caller, assignment_id=known_assignment(assignment_id)
    )
    if asked.role == "student":
        asked.require_seen(request.state.received_at)
    body = await read_body(request, ItemReadingRequest)
    variant = (await service.variants.get(asked.problem, asked.seed)).variant
    return private_json(_reading(variant, asked.form, body.answers))


def _reading(variant: Variant[Any], form: Form, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Raises as `problems.grading.read`."""
    given = {name: value for name, value in answers.items() if name != TRACE}
    fields = variant.fields(form)
    found = read(variant, form, given)
    kinds: dict[str, Any] = {field.name: field.kind for field in fields}
    return {
        "fields": [
            {
                "name": name,
                "read_as": kinds[name].text(found[name]),
                "read_as_latex": kinds[name].latex(found[name]),
            }
            for name in kinds
            if name in found
        ]
    }


BODIES: list[type[BaseModel]] = [ReadingRequest, ItemReadingRequest]
_EXAMPLE = {"fields": [{"name": "count", "read_as": "128", "read_as_latex": "128"}]}
EXAMPLES: Mapping[str, Callable[[], object]] = {
    "readAnswers": lambda: _EXAMPLE,
    "readAssignedAnswers": lambda: _EXAMPLE,
}
