"""/api/v1/assignments/{assignment_id}/items/{item_id}/…: an item as a student meets it, drafts, grades by hand."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.access import USERS, Caller, Principal, require_user
from app.attempts import assigned_schemas as schemas
from app.attempts import overrides
from app.attempts.asked import Asked, ask
from app.attempts.assigned_examples import ATTEMPT, EXERCISE, OVERRIDE
from app.attempts.assigned_result import AssignedResult
from app.attempts.assigned_view import asked_json, draft_json, find_asked
from app.attempts.drafts import find_draft, save_draft
from app.attempts.grade_models import Draft, ItemGrade, Override
from app.attempts.hints import open_hint, opened_by
from app.attempts.queries import list_own
from app.attempts.service import Service, service_of
from app.core import errors
from app.core.idempotency import KeyHeader
from app.core.json_body import private_json, read_body
from app.core.pagination import Cursor, Limit, decode_cursor, decode_number, is_number, page
from app.courses.models import Item
from app.courses.routes import (
    CHANGING,
    READING,
    WITH_BODY,
    Id,
    change,
    create,
    created,
    known_assignment,
    known_item,
    takes,
    told,
)

ITEM = "/api/v1/assignments/{assignment_id}/items/{item_id}"
router = APIRouter(tags=["attempts"])

CLOSED = (errors.UnknownAssignmentError, errors.AssignmentNotOpenError, errors.AssignmentLockedError)


@router.get(
    ITEM + "/exercise",
    operation_id="getAssignedExercise",
    summary="An item with one's own numbers, deadlines and attempts",
    description="What is not released yet is null. Those who teach see the variant that would be dealt to them.",
    response_model=schemas.AssignedExercise,
    responses=told(*READING, *CLOSED),
    openapi_extra=USERS,
)
async def get_exercise(request: Request, caller: Caller, assignment_id: Id, item_id: Id) -> Response:
    require_user(caller)
    service, now = service_of(request), request.state.received_at
    return private_json(await _exercise(service, caller, known_assignment(assignment_id), known_item(item_id), now))


async def _exercise(
    service: Service, caller: Principal, assignment_id: str, item_id: str, now: datetime
) -> dict[str, Any]:
    def find(session: Session) -> tuple[Asked, ItemGrade | None, Draft | None, frozenset[int]]:
        found = find_asked(session, item_id, caller, assignment_id, now)
        return *found, opened_by(session, item_id, found[0].person_id)

    asked, grade, draft, opened = await service.database.read(find)
    variant = (await service.variants.get(asked.problem, asked.seed)).variant
    return asked_json(asked, variant, grade, draft, now, opened)


@router.post(
    ITEM + "/hints/{number}",
    operation_id="openHint",
    summary="Open a hint, for its cost",
    description="For students. Answers that arrive from then on count less by its `cost`; a free hint, and one that is "
    "open already, cost nothing (more). The item is returned, as by `getAssignedExercise`.",
    response_model=schemas.AssignedExercise,
    responses=told(*CHANGING, *CLOSED, errors.UnknownExhibitError),
    openapi_extra=USERS,
)
async def post_hint(
    request: Request, caller: Caller, assignment_id: Id, item_id: Id, number: Annotated[int, Path(ge=1, le=99)]
) -> Response:
    require_user(caller, "attempt")
    service, now = service_of(request), request.state.received_at
    place = known_assignment(assignment_id), known_item(item_id)
    await service.writer.write(lambda session: open_hint(session, place[1], caller, place[0], number, now))
    return private_json(await _exercise(service, caller, *place, now))


@router.get(
    ITEM + "/attempts",
    operation_id="listItemAttempts",
    summary="One's own attempts at an item, the first one first",
    response_model=schemas.AssignedAttemptPage,
    responses=told(*READING, errors.UnknownAssignmentError),
    openapi_extra=USERS,
)
async def get_attempts(
    request: Request, caller: Caller, assignment_id: Id, item_id: Id, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    person = require_user(caller)
    after = 0 if cursor is None else int(decode_cursor(cursor, _is_attempt_number))

    def find(session: Session) -> list[AssignedResult]:
        asked = ask(session, known_item(item_id), caller, assignment_id=known_assignment(assignment_id))
        return list_own(session, asked.item.id, person, request.state.received_at, limit=limit + 1, after=after)

    found = await service_of(request).database.read(find)
    return private_json(page(found, limit, lambda each: str(each.number), AssignedResult.as_json))


@router.get(
    ITEM + "/draft",
    operation_id="getDraft",
    summary="What one has entered and not yet sent",
    response_model=schemas.DraftOut,
    responses=told(*READING, errors.UnknownAssignmentError),
    openapi_extra=USERS,
)
async def get_draft(request: Request, caller: Caller, assignment_id: Id, item_id: Id) -> Response:
    person = require_user(caller)

    def find(session: Session) -> dict[str, Any]:
        asked: Asked = ask(session, known_item(item_id), caller, assignment_id=known_assignment(assignment_id))
        return draft_json(find_draft(session, asked.item.id, person))

    return private_json(await service_of(request).database.read(find))


@router.put(
    ITEM + "/draft",
    operation_id="saveDraft",
    summary="Keep what one has entered",
    description="It is not graded and spends no attempt. It goes when the answer is given.",
    response_model=schemas.DraftOut,
    responses=told(*WITH_BODY, *CLOSED),
    openapi_extra=takes(schemas.DraftRequest),
)
async def put_draft(request: Request, caller: Caller, assignment_id: Id, item_id: Id) -> Response:
    require_user(caller, "attempt")
    body = await read_body(request, schemas.DraftRequest)

    def job(session: Session) -> dict[str, Any]:
        _in_assignment(session, assignment_id, item_id)
        saved = save_draft(session, item_id, caller, body.answers, request.state.received_at)
        return {"answers": body.answers, "updated_at": saved}

    return await change(request, job)


@router.get(
    ITEM + "/overrides",
    operation_id="listOverrides",
    summary="Grades given by hand at an item, and withdrawn, the newest first",
    description="For the staff of the course.",
    response_model=schemas.OverridePage,
    responses=told(*READING, errors.ForbiddenError, errors.UnknownAssignmentError),
    openapi_extra=USERS,
)
async def get_overrides(
    request: Request, caller: Caller, assignment_id: Id, item_id: Id, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    require_user(caller)
    before = decode_number(cursor)

    def find(session: Session) -> list[Override]:
        _in_assignment(session, assignment_id, item_id)
        return overrides.list_overrides(session, item_id, caller, limit=limit + 1, before=before)

    found = await service_of(request).database.read(find)
    return private_json(page(found, limit, lambda each: str(each.id), override_json))


@router.post(
    ITEM + "/overrides",
    operation_id="createOverride",
    summary="Give a student points by hand, or withdraw them",
    description="For instructors. It counts instead of the attempts, and is kept through regrades.",
    status_code=201,
    response_model=schemas.OverrideOut,
    responses=created(errors.ConflictError, errors.UnknownAssignmentError),
    openapi_extra=takes(schemas.OverrideRequest),
)
async def create_override(
    request: Request, caller: Caller, assignment_id: Id, item_id: Id, idempotency_key: KeyHeader = None
) -> Response:
    require_user(caller, "manage")
    body = await read_body(request, schemas.OverrideRequest)

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        _in_assignment(session, assignment_id, item_id)
        given = overrides.override(
            session, item_id, caller, body.person_id, body.points, body.reason, request.state.received_at
        )
        return str(given.id), override_json(given)

    address = f"/assignments/{assignment_id}/items/{item_id}/overrides"
    return await create(request, caller, idempotency_key, body, make, address)


def _is_attempt_number(position: str) -> bool:
    """Numbers of attempts are small integers in the database, unlike ids."""
    return is_number(position) and len(position) < 10


def _in_assignment(session: Session, assignment_id: str, item_id: str) -> None:
    """Raise UnknownAssignmentError for an item of another assignment; who may know of it is asked elsewhere."""
    item = session.get(Item, known_item(item_id))
    if item is None or item.assignment_id != assignment_id:
        raise errors.UnknownAssignmentError("There is no such item in this assignment.")


def override_json(given: Override) -> dict[str, Any]:
    return {
        "id": given.id,
        "item": given.item_id,
        "person_id": given.person_id,
        "points": given.points,
        "reason": given.reason,
        "by": given.by,
        "at": given.at,
    }


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "getAssignedExercise": lambda: EXERCISE,
    "openHint": lambda: EXERCISE,
    "listItemAttempts": lambda: {"items": [ATTEMPT], "next_cursor": None},
    "getDraft": lambda: EXERCISE["draft"],
    "saveDraft": lambda: EXERCISE["draft"],
    "listOverrides": lambda: {"items": [OVERRIDE], "next_cursor": None},
    "createOverride": lambda: OVERRIDE,
}
