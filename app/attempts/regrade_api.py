"""/api/v1/assignments/…/regrades: what other settings of an item would change, changing it, undoing it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.access import USERS, Caller, Principal, require_user
from app.attempts import assigned_schemas as schemas
from app.attempts.assigned_examples import DETAIL, PREVIEW, REGRADE_OUT
from app.attempts.grade_models import Regrade
from app.attempts.item_revisions import Order
from app.attempts.item_settings import ItemSettings, settings_of
from app.attempts.regrade import regrade, resume, undo
from app.attempts.regrade_plan import Plan, make_plan
from app.attempts.regrade_view import detail_json, plan_json, regrade_json
from app.attempts.service import service_of
from app.core import errors
from app.core.ids import known
from app.core.json_body import private_json, read_body
from app.core.pagination import Cursor, Limit, decode_id, page
from app.courses.roles import INSTRUCTORS, STAFF, InItem, assignment_for, item_for
from app.courses.routes import CHANGING, READING, WITH_BODY, Id, known_assignment, takes, told

REGRADES = "/api/v1/assignments/{assignment_id}/regrades"
ONE = REGRADES + "/{regrade_id}"
router = APIRouter(tags=["attempts"])

known_regrade = partial(known, error=errors.UnknownRegradeError)


def settings_for(seen: InItem, changes: schemas.SettingsChange) -> ItemSettings | None:
    """The settings with these changes; None when nothing is to be changed."""
    given = changes.changes()
    return replace(settings_of(seen.item, seen.assignment), **given) if given else None


def seen_item(
    session: Session, assignment_id: str, item_id: str, principal: Principal, *, changing: bool = True
) -> InItem:
    """The item of this assignment, for those who may regrade it, or look at what it would do."""
    seen = item_for(session, item_id, principal, INSTRUCTORS if changing else STAFF, changing=changing)
    if seen.assignment.id != assignment_id:
        raise errors.UnknownAssignmentError("There is no such item in this assignment.")
    return seen


@router.post(
    REGRADES + "/preview",
    operation_id="previewRegrade",
    summary="Whose grade would change by other settings of an item, and by how much",
    description="Nothing is changed. For the staff of the course.",
    response_model=schemas.RegradePreview,
    responses=told(*WITH_BODY, errors.UnknownAssignmentError),
    openapi_extra=takes(schemas.RegradePreviewRequest),
)
async def preview_regrade(request: Request, caller: Caller, assignment_id: Id) -> Response:
    require_user(caller)
    body = await read_body(request, schemas.RegradePreviewRequest)

    def look(session: Session) -> dict[str, Any]:
        seen = seen_item(session, assignment_id, body.item, caller, changing=False)
        plan: Plan = make_plan(session, body.item, settings_for(seen, body.settings), request.state.received_at)
        return plan_json(session, plan)

    return private_json(await service_of(request).database.read(look))


@router.post(
    REGRADES,
    operation_id="createRegrade",
    summary="Mark an item by other settings, from now on and back to the first answer",
    description="For instructors. One event, which can be undone. See docs/scores.md.",
    status_code=201,
    response_model=schemas.RegradeDetail,
    responses=told(*WITH_BODY, errors.ConflictError, errors.UnknownAssignmentError),
    openapi_extra=takes(schemas.RegradeRequest),
)
async def create_regrade(request: Request, caller: Caller, assignment_id: Id) -> Response:
    person = require_user(caller, "manage")
    body = await read_body(request, schemas.RegradeRequest)
    service = service_of(request)
    seen = await service.database.read(seen_item, assignment_id, body.item, caller)
    order = Order(
        item_id=body.item,
        course_id=seen.course.id,
        after=settings_for(seen, body.settings),
        reason=body.reason,
        by=person,
        at=request.state.received_at,
        preview=body.preview,
    )
    made = await regrade(service, order)
    shown = await service.database.read(detail_json, made)
    return private_json(shown, 201, {"Location": f"/api/v1/assignments/{assignment_id}/regrades/{made}"})


@router.get(
    REGRADES,
    operation_id="listRegrades",
    summary="The regrades of an assignment, the newest first",
    description="For the staff of the course.",
    response_model=schemas.RegradePage,
    responses=told(*READING, errors.ForbiddenError, errors.UnknownAssignmentError),
    openapi_extra=USERS,
)
async def list_regrades(
    request: Request, caller: Caller, assignment_id: Id, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    require_user(caller)
    before = decode_id(cursor)
    found = await service_of(request).database.read(
        find_regrades, known_assignment(assignment_id), caller, limit=limit + 1, before=before
    )
    return private_json(page(found, limit, lambda each: each.id, regrade_json))


def find_regrades(
    session: Session, assignment_id: str, principal: Principal, *, limit: int, before: str | None = None
) -> list[Regrade]:
    assignment_for(session, assignment_id, principal, STAFF)
    query = select(Regrade).where(Regrade.assignment_id == assignment_id).order_by(Regrade.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Regrade.id < before)
    return list(session.scalars(query))


@router.get(
    ONE,
    operation_id="getRegrade",
    summary="One regrade, with whose grades it changed",
    description="For the staff of the course.",
    response_model=schemas.RegradeDetail,
    responses=told(*READING, errors.ForbiddenError, errors.UnknownAssignmentError, errors.UnknownRegradeError),
    openapi_extra=USERS,
)
async def get_regrade(request: Request, caller: Caller, assignment_id: Id, regrade_id: Id) -> Response:
    require_user(caller)

    def find(session: Session) -> dict[str, Any]:
        found = find_regrade(session, assignment_id, regrade_id, caller, changing=False)
        return detail_json(session, found.id)

    return private_json(await service_of(request).database.read(find))


def find_regrade(
    session: Session, assignment_id: str, regrade_id: str, principal: Principal, *, changing: bool = True
) -> Regrade:
    """A regrade of this assignment, for those who may undo it, or look at it."""
    assignment_for(
        session, known_assignment(assignment_id), principal, INSTRUCTORS if changing else STAFF, changing=changing
    )
    found = session.get(Regrade, known_regrade(regrade_id))
    if found is None or found.assignment_id != assignment_id:
        raise errors.UnknownRegradeError("There is no such regrade of this assignment.")
    return found


@router.post(
    ONE + "/undo",
    operation_id="undoRegrade",
    summary="Restore what was before a regrade",
    description="For instructors. Only the newest regrade of an item that is in force can be undone.",
    response_model=schemas.RegradeDetail,
    responses=told(*WITH_BODY, errors.ConflictError, errors.UnknownAssignmentError, errors.UnknownRegradeError),
    openapi_extra=takes(schemas.UndoRequest),
)
async def undo_regrade(request: Request, caller: Caller, assignment_id: Id, regrade_id: Id) -> Response:
    person = require_user(caller, "manage")
    body = await read_body(request, schemas.UndoRequest)
    service, now = service_of(request), request.state.received_at

    def find(session: Session) -> Order:
        found = find_regrade(session, assignment_id, regrade_id, caller)
        course = assignment_for(session, assignment_id, caller).course
        return Order(item_id=found.item_id, course_id=course.id, after=None, reason=body.reason, by=person, at=now)

    await undo(service, regrade_id, await service.database.read(find))
    return private_json(await service.database.read(detail_json, regrade_id))


@router.post(
    ONE + "/resume",
    operation_id="resumeRegrade",
    summary="Finish a long regrade that was cut short",
    description="For instructors. What has been done is not done again; a finished one is left as it is.",
    response_model=schemas.RegradeDetail,
    responses=told(*CHANGING, errors.UnknownAssignmentError, errors.UnknownRegradeError),
    openapi_extra=USERS,
)
async def resume_regrade(request: Request, caller: Caller, assignment_id: Id, regrade_id: Id) -> Response:
    require_user(caller, "manage")
    service = service_of(request)
    found = await service.database.read(find_regrade, assignment_id, regrade_id, caller)
    if found.state in {"applying", "undoing"}:
        await resume(service, found.id, request.state.received_at)
    return private_json(await service.database.read(detail_json, found.id))


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "previewRegrade": lambda: PREVIEW,
    "createRegrade": lambda: DETAIL,
    "listRegrades": lambda: {"items": [REGRADE_OUT], "next_cursor": None},
    "getRegrade": lambda: DETAIL,
    "undoRegrade": lambda: DETAIL | {"state": "undone"},
    "resumeRegrade": lambda: DETAIL,
}
