"""/api/v1/attempts: answering, and looking at one's own answers again."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.access import ANYBODY, CHANGING, SIGNED_IN, Caller, Principal, require_scope
from app.attempts import schemas
from app.attempts.assigned import AssignedSubmission, submit_assigned
from app.attempts.assigned_schemas import AnyAttemptPage, AssignedAttemptOut, AssignedAttemptRequest
from app.attempts.queries import find_attempt, find_in_course, list_attempts
from app.attempts.result import AttemptResult
from app.attempts.service import service_of
from app.attempts.submit import Submission, submit
from app.core import errors
from app.core.errors import Fault, InvalidRequestError
from app.core.idempotency import KeyHeader
from app.core.ids import known
from app.core.json_body import as_model, private_json, read_json
from app.core.pagination import Cursor, Limit, decode_id, page
from app.core.problem_details import documented
from app.courses.routes import Id
from problems.catalogue import UnknownProblemError, find
from problems.problem import Problem
from problems.text import Text
from problems.trace_kind import TRACE
from problems.variant import UnknownFormError

PATH = "/api/v1/attempts"
router = APIRouter(prefix=PATH, tags=["attempts"])

REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/AttemptRequest"},
                        {"$ref": "#/components/schemas/AssignedAttemptRequest"},
                    ]
                }
            }
        },
    }
}
NO_ATTEMPT = "The body is not an attempt."
LOCATION = {"Location": {"description": "where the attempt is found again", "schema": {"type": "string"}}}
CREATED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "In an assignment: the same answer as an earlier attempt, which is sent again; none was spent",
        "model": AssignedAttemptOut,
        "headers": LOCATION,
    },
    201: {"description": "Graded and stored", "headers": LOCATION},
}


@router.post(
    "",
    operation_id="createAttempt",
    summary="Answer a variant, or an item of an assignment",
    description="The answer is graded and stored before the response is sent. See docs/api.md on Idempotency-Key.",
    status_code=201,
    response_model=schemas.AttemptOut | AssignedAttemptOut,
    responses=CREATED
    | documented(
        errors.MalformedJsonError,
        *CHANGING,
        errors.RequestTimeoutError,
        errors.IdempotencyKeyReusedError,
        errors.ContentTooLargeError,
        errors.UnsupportedMediaTypeError,
        errors.InvalidRequestError,
        errors.UnreadableAnswersError,
        errors.UnknownFormError,
        errors.GradingFailedError,
        errors.UnknownAssignmentError,
        errors.ForbiddenError,
        errors.AssignmentNotOpenError,
        errors.AssignmentLockedError,
        errors.NoAttemptsLeftError,
        errors.UnavailableError,
    ),
    openapi_extra=REQUEST_BODY | ANYBODY,
)
async def create_attempt(request: Request, caller: Caller, idempotency_key: KeyHeader = None) -> Response:
    service = service_of(request)
    require_scope(caller, "attempt")
    body = await read_json(request)
    if isinstance(body, dict) and "assignment" in body:
        return await _answer_item(request, caller, body, idempotency_key)
    wanted = as_model(body, schemas.AttemptRequest, NO_ATTEMPT)
    submission = Submission(
        problem=_problem(wanted.problem),
        seed=wanted.seed,
        form=wanted.form,
        answers=wanted.answers,
        received_at=request.state.received_at,
        person=caller.person_id,
        is_user=caller.is_user,
        idempotency_key=idempotency_key,
    )
    try:
        submitted = await submit(service, submission)
    except UnknownFormError:
        fault = Fault(Text("This variant is not served in this form.", "该变式没有这种作答形式。"), pointer="/form")
        raise errors.UnknownFormError("This variant is not served in this form.", [fault]) from None
    return private_json(submitted.body, 201, {"Location": f"{PATH}/{submitted.id}"})


@router.get(
    "",
    operation_id="listAttempts",
    summary="One's own attempts, the newest first",
    description="Those of the caller, in practice and in assignments, and those made as a guest before, if they were "
    "claimed. Runs are left out here. Nobody has none.",
    response_model=AnyAttemptPage,
    responses=documented(*SIGNED_IN[1:], errors.InvalidRequestError, errors.UnavailableError),
    openapi_extra=ANYBODY,
)
async def get_attempts(request: Request, caller: Caller, limit: Limit = 20, cursor: Cursor = None) -> Response:
    service = service_of(request)
    require_scope(caller, "read")
    before = decode_id(cursor)
    found = await service.database.read(
        list_attempts, caller.person_id, request.state.received_at, limit=limit + 1, before=before
    )
    return private_json(page(found, limit, lambda result: result.id, _listed))


@router.get(
    "/{attempt_id}",
    operation_id="getAttempt",
    summary="One attempt",
    description="One's own; one that was made by nobody, whose id only its maker knows; or, for the staff of its "
    "course, one in an assignment. Its student sees of it what is released by then.",
    response_model=schemas.AttemptOut | AssignedAttemptOut,
    responses=documented(
        *SIGNED_IN[1:], errors.UnknownAttemptError, errors.InvalidRequestError, errors.UnavailableError
    ),
    openapi_extra=ANYBODY,
)
async def get_attempt(request: Request, caller: Caller, attempt_id: Id) -> Response:
    service = service_of(request)
    require_scope(caller, "read")
    id_ = known(attempt_id, errors.UnknownAttemptError)
    found = await service.database.read(find_attempt, id_, caller.person_id, request.state.received_at)
    found = found or await service.database.read(find_in_course, id_, caller)
    if found is None:
        raise errors.UnknownAttemptError("There is no attempt with this id, or it is not yours.")
    return private_json(found.as_json())


def _listed(result: AttemptResult) -> dict[str, Any]:
    """An attempt in a list: without its run, which may be a million characters long."""
    answers = {name: answer for name, answer in result.answers.items() if name != TRACE}
    return result.as_json() | {"answers": answers}


async def _answer_item(request: Request, caller: Principal, body: Any, key: str | None) -> Response:
    wanted = as_model(body, AssignedAttemptRequest, NO_ATTEMPT)
    submission = AssignedSubmission(
        assignment_id=wanted.assignment,
        item_id=wanted.item,
        answers=wanted.answers,
        received_at=request.state.received_at,
        principal=caller,
        idempotency_key=key,
    )
    submitted = await submit_assigned(service_of(request), submission)
    status = 200 if submitted.repeated else 201
    return private_json(submitted.body, status, {"Location": f"{PATH}/{submitted.id}"})


def _problem(problem_id: str) -> Problem[Any]:
    try:
        return find(problem_id)
    except UnknownProblemError:
        fault = Fault(Text("There is no exercise with this id.", "没有这个编号的习题。"), pointer="/problem")
        raise InvalidRequestError("The exercise is not known.", [fault]) from None


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "createAttempt": lambda: schemas.ATTEMPT_EXAMPLE,
    "listAttempts": lambda: {"items": [schemas.ATTEMPT_EXAMPLE], "next_cursor": None},
    "getAttempt": lambda: schemas.ATTEMPT_EXAMPLE,
}
