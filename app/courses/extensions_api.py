"""/api/v1/assignments/{assignment_id}/extensions: who has more time or more attempts."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.access import USERS, Caller, require_user
from app.core import errors
from app.core.idempotency import KeyHeader
from app.core.ids import known
from app.core.json_body import private_json, read_body
from app.core.pagination import Cursor, Limit, decode_id, page
from app.core.service import service_of
from app.courses import assignment_schemas as schemas
from app.courses import extensions
from app.courses.examples import EXTENSION, listed
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
    takes,
    told,
)

router = APIRouter(prefix=PREFIX, tags=["assignments"])
BODIES = (schemas.ExtensionRequest, schemas.ExtensionChange)
known_extension = partial(known, error=errors.NotFoundError)


@router.get(
    "/assignments/{assignment_id}/extensions",
    operation_id="listExtensions",
    summary="Who has more time or attempts, the newest first",
    description="For those who teach.",
    response_model=schemas.ExtensionPage,
    responses=told(*READING, errors.ForbiddenError, errors.UnknownAssignmentError),
    openapi_extra=USERS,
)
async def list_extensions(
    request: Request, caller: Caller, assignment_id: Id, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    require_user(caller)
    found = await service_of(request).database.read(
        extensions.list_extensions, caller, known_assignment(assignment_id), limit=limit + 1, before=decode_id(cursor)
    )
    return private_json(page(found, limit, lambda each: each.id, extensions.extension_json))


@router.post(
    "/assignments/{assignment_id}/extensions",
    operation_id="createExtension",
    summary="Give one person or one section more time or attempts",
    description="For those who teach. What was handed in late before counts as in time, if it is now.",
    status_code=201,
    response_model=schemas.ExtensionOut,
    responses=created(errors.UnknownAssignmentError, errors.ConflictError),
    openapi_extra=takes(schemas.ExtensionRequest),
)
async def create_extension(
    request: Request, caller: Caller, assignment_id: Id, idempotency_key: KeyHeader = None
) -> Response:
    require_user(caller, "manage")
    id_, now = known_assignment(assignment_id), service_of(request).clock()
    body = await read_body(request, schemas.ExtensionRequest)

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        made = extensions.extend(session, caller, id_, body.model_dump(), now)
        return made.id, extensions.extension_json(made)

    return await create(request, caller, idempotency_key, body, make, f"/assignments/{id_}/extensions")


@router.patch(
    "/extensions/{extension_id}",
    operation_id="changeExtension",
    summary="Change an extension",
    description="For those who teach.",
    response_model=schemas.ExtensionOut,
    responses=told(*WITH_BODY, errors.NotFoundError, errors.UnknownAssignmentError),
    openapi_extra=takes(schemas.ExtensionChange),
)
async def change_extension(request: Request, caller: Caller, extension_id: Id) -> Response:
    require_user(caller, "manage")
    id_, now = known_extension(extension_id), service_of(request).clock()
    body = await read_body(request, schemas.ExtensionChange)

    def job(session: Session) -> dict[str, Any]:
        return extensions.extension_json(extensions.change_extension(session, caller, id_, body.changes(), now))

    return await change(request, job)


@router.delete(
    "/extensions/{extension_id}",
    operation_id="deleteExtension",
    summary="Take an extension back",
    description="For those who teach. The answer is what was taken back.",
    response_model=schemas.ExtensionOut,
    responses=told(*CHANGING, errors.NotFoundError, errors.UnknownAssignmentError),
    openapi_extra=USERS,
)
async def delete_extension(request: Request, caller: Caller, extension_id: Id) -> Response:
    require_user(caller, "manage")
    id_, now = known_extension(extension_id), service_of(request).clock()
    return await change(
        request,
        lambda session: extensions.extension_json(extensions.remove_extension(session, caller, id_, now)),
    )


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "listExtensions": lambda: listed(EXTENSION),
    "createExtension": lambda: EXTENSION,
    "changeExtension": lambda: EXTENSION,
    "deleteExtension": lambda: EXTENSION,
}
