"""/api/v1/assignments/{assignment_id}/items: the exercises of an assignment."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from app.accounts.access import USERS, Caller, Principal, require_user
from app.core import errors
from app.core.idempotency import KeyHeader
from app.core.json_body import private_json, read_body
from app.core.pagination import Cursor, Limit, decode_id, page
from app.core.service import service_of
from app.courses import assignment_schemas as schemas
from app.courses import entering, items, proving
from app.courses.examples import ITEM, listed
from app.courses.models import Item, Role
from app.courses.roles import INSTRUCTORS, InItem, assignment_for, item_for
from app.courses.routes import (
    CHANGING,
    PREFIX,
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

router = APIRouter(prefix=PREFIX, tags=["assignments"])
BODIES = (schemas.ItemRequest, schemas.ItemChange)
HIDDEN = (errors.AssignmentNotOpenError, errors.AssignmentLockedError)


@router.get(
    "/assignments/{assignment_id}/items",
    operation_id="listItems",
    summary="The items of an assignment, in order",
    description="For students once it has opened and they gave its password, and without seeds.",
    response_model=schemas.ItemPage,
    responses=told(*READING, errors.UnknownAssignmentError, *HIDDEN),
    openapi_extra=USERS,
)
async def list_items(
    request: Request, caller: Caller, assignment_id: Id, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    service, person_id = service_of(request), require_user(caller)
    now, after = service.clock(), decode_id(cursor)

    def read(session: Session) -> tuple[Sequence[Item], Role]:
        seen = assignment_for(session, known_assignment(assignment_id), caller)
        entering.may_see_items(session, seen, person_id, now)
        return items.items_of(session, assignment_id), seen.role

    found, role = await service.database.read(read)
    begin = 1 + next((place for place, item in enumerate(found) if item.id == after), -1)
    shown = found[begin : begin + limit + 1]
    return private_json(page(shown, limit, lambda item: item.id, lambda item: items.item_json(item, role)))


@router.post(
    "/assignments/{assignment_id}/items",
    operation_id="createItem",
    summary="Add an exercise to an assignment",
    description="For instructors. It is proven first: its variants are dealt, and graded with their own keys.",
    status_code=201,
    response_model=schemas.ItemOut,
    responses=created(errors.UnknownAssignmentError, errors.ConflictError),
    openapi_extra=takes(schemas.ItemRequest),
)
async def create_item(
    request: Request, caller: Caller, assignment_id: Id, idempotency_key: KeyHeader = None
) -> Response:
    require_user(caller, "manage")
    id_, now = known_assignment(assignment_id), service_of(request).clock()
    body = await read_body(request, schemas.ItemRequest)
    settings = await run_in_threadpool(proving.proven, body.model_dump())

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        item, role = items.add_item(session, caller, id_, settings, body.position, now)
        return item.id, items.item_json(item, role)

    return await create(request, caller, idempotency_key, body, make, "/items/{}")


@router.get(
    "/items/{item_id}",
    operation_id="getItem",
    summary="One item",
    response_model=schemas.ItemOut,
    responses=told(*READING, errors.UnknownAssignmentError, *HIDDEN),
    openapi_extra=USERS,
)
async def get_item(request: Request, caller: Caller, item_id: Id) -> Response:
    service, person_id = service_of(request), require_user(caller)
    now = service.clock()

    def read(session: Session) -> dict[str, Any]:
        seen = item_for(session, known_item(item_id), caller)
        entering.may_see_items(session, seen.in_assignment, person_id, now)
        return items.item_json(seen.item, seen.role)

    return private_json(await service.database.read(read))


@router.patch(
    "/items/{item_id}",
    operation_id="changeItem",
    summary="Change or move an item",
    description="For instructors. Once somebody has answered it, only its position changes: 409.",
    response_model=schemas.ItemOut,
    responses=told(*WITH_BODY, errors.UnknownAssignmentError, errors.EditedMeanwhileError, errors.AlreadyAnsweredError),
    openapi_extra=takes(schemas.ItemChange),
)
async def change_item(request: Request, caller: Caller, item_id: Id) -> Response:
    require_user(caller, "manage")
    body = await read_body(request, schemas.ItemChange)
    return private_json(await edit_item(request, caller, known_item(item_id), body.changes()))


async def edit_item(request: Request, caller: Principal, item_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The item as it is after the change; read, proven off the event loop, and written if it is still as it was."""
    service = service_of(request)
    now = service.clock()
    item = (await service.database.read(item_for, item_id, caller, INSTRUCTORS)).item
    before = items.settings_of(item)
    position = changes.get("position")
    wanted = items.merged(before, changes)
    after = await run_in_threadpool(proving.proven, wanted) if wanted is not None else before

    def job(session: Session) -> dict[str, Any]:
        return items.item_json(*items.change_item(session, caller, item_id, before, after, position, now))

    return await service.writer.write(job)


@router.delete(
    "/items/{item_id}",
    operation_id="deleteItem",
    summary="Take an item out that nobody has answered",
    description="For instructors. The answer is what was taken out. A regrade can void an item that was answered.",
    response_model=schemas.ItemOut,
    responses=told(*CHANGING, errors.UnknownAssignmentError, errors.ConflictError, errors.AlreadyAnsweredError),
    openapi_extra=USERS,
)
async def delete_item(request: Request, caller: Caller, item_id: Id) -> Response:
    require_user(caller, "manage")
    id_, now = known_item(item_id), service_of(request).clock()

    def job(session: Session) -> dict[str, Any]:
        removed: InItem = items.remove_item(session, caller, id_, now)
        return items.item_json(removed.item, removed.role)

    return await change(request, job)


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "listItems": lambda: listed(ITEM),
    "createItem": lambda: ITEM,
    "getItem": lambda: ITEM,
    "changeItem": lambda: ITEM,
    "deleteItem": lambda: ITEM,
}
