"""/api/v1/assignments: what is set in a course, and the rules under which it is answered."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from app.accounts.access import USERS, Caller, Principal, require_user
from app.accounts.passwords import passwords_of
from app.core import errors
from app.core.idempotency import KeyHeader
from app.core.json_body import private_json, read_body
from app.core.pagination import Cursor, Limit, decode_id, page
from app.core.service import service_of
from app.courses import assignment_schemas as schemas
from app.courses import assignments, entering, previewing, proving
from app.courses.examples import ASSIGNMENT, PREVIEW, UNLOCKED, listed
from app.courses.roles import assignment_for
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
    known_course,
    takes,
    told,
)
from app.courses.unlock_limits import unlock_limits_of
from problems.text import Text

router = APIRouter(prefix=PREFIX, tags=["assignments"])
BODIES = (schemas.AssignmentRequest, schemas.AssignmentChange, schemas.CopyRequest, schemas.UnlockRequest)
_WRONG = Text("This is not the password of the assignment.", "作业密码不正确。")


@router.get(
    "/courses/{course_id}/assignments",
    operation_id="listAssignments",
    summary="The assignments of a course, the newest first",
    description="Drafts are listed for those who teach.",
    response_model=schemas.AssignmentPage,
    responses=told(*READING, errors.UnknownCourseError),
    openapi_extra=USERS,
)
async def list_assignments(
    request: Request, caller: Caller, course_id: Id, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    require_user(caller)
    service = service_of(request)
    found = await service.database.read(
        assignments.list_assignments, caller, known_course(course_id), limit=limit + 1, before=decode_id(cursor)
    )
    now = service.clock()
    return private_json(page(found, limit, lambda each: each.seen.assignment.id, lambda each: each.as_json(now)))


@router.post(
    "/courses/{course_id}/assignments",
    operation_id="createAssignment",
    summary="Make an assignment",
    description="For instructors. Items may be sent along; each is proven before it is stored.",
    status_code=201,
    response_model=schemas.AssignmentOut,
    responses=created(errors.UnknownCourseError, errors.ConflictError),
    openapi_extra=takes(schemas.AssignmentRequest),
)
async def create_assignment(
    request: Request, caller: Caller, course_id: Id, idempotency_key: KeyHeader = None
) -> Response:
    require_user(caller, "manage")
    body, now = await read_body(request, schemas.AssignmentRequest), service_of(request).clock()
    settings = assignments.checked(body.model_dump())
    items = [
        await run_in_threadpool(partial(proving.proven, item, pointer=f"/items/{place}"))
        for place, item in enumerate(settings["items"])
    ]
    password_hash = await passwords_of(request).hash(body.password) if body.password else None

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        made = assignments.create_assignment(
            session, caller, known_course(course_id), settings, items, password_hash=password_hash, now=now
        )
        return made.seen.assignment.id, made.as_json(now)

    return await create(request, caller, idempotency_key, body, make, "/assignments/{}")


@router.get(
    "/assignments/{assignment_id}",
    operation_id="getAssignment",
    summary="One assignment",
    description="A student's own dates, extensions included; for those who teach, the dates of the assignment.",
    response_model=schemas.AssignmentOut,
    responses=told(*READING, errors.UnknownAssignmentError),
    openapi_extra=USERS,
)
async def get_assignment(request: Request, caller: Caller, assignment_id: Id) -> Response:
    service, person_id = service_of(request), require_user(caller)
    found = await service.database.read(_view, caller, known_assignment(assignment_id), person_id)
    return private_json(found.as_json(service.clock()))


@router.patch(
    "/assignments/{assignment_id}",
    operation_id="changeAssignment",
    summary="Change, publish or unpublish an assignment",
    description="For instructors. See docs/courses.md for what may change once students have answered.",
    response_model=schemas.AssignmentOut,
    responses=told(
        *WITH_BODY,
        errors.UnknownAssignmentError,
        errors.ConflictError,
        errors.EditedMeanwhileError,
        errors.AlreadyAnsweredError,
    ),
    openapi_extra=takes(schemas.AssignmentChange),
)
async def change_assignment(request: Request, caller: Caller, assignment_id: Id) -> Response:
    require_user(caller, "manage")
    id_, now = known_assignment(assignment_id), service_of(request).clock()
    body = await read_body(request, schemas.AssignmentChange)
    changes = assignments.checked(body.changes())
    password_hash = await passwords_of(request).hash(body.password) if body.password else None

    def job(session: Session) -> dict[str, Any]:
        changed = assignments.change_assignment(session, caller, id_, changes, password_hash=password_hash, now=now)
        return changed.as_json(now)

    return await change(request, job)


@router.delete(
    "/assignments/{assignment_id}",
    operation_id="deleteAssignment",
    summary="Remove an assignment that nobody has answered",
    description="For instructors. The answer is what was removed.",
    response_model=schemas.AssignmentOut,
    responses=told(*CHANGING, errors.UnknownAssignmentError, errors.AlreadyAnsweredError),
    openapi_extra=USERS,
)
async def delete_assignment(request: Request, caller: Caller, assignment_id: Id) -> Response:
    require_user(caller, "manage")
    id_, now = known_assignment(assignment_id), service_of(request).clock()
    return await change(request, lambda session: assignments.delete_assignment(session, caller, id_, now).as_json(now))


@router.post(
    "/assignments/{assignment_id}/copy",
    operation_id="copyAssignment",
    summary="Copy an assignment, into the same or another course",
    description="For instructors of both. The copy is a draft, with dates at the same local times, so many days later.",
    status_code=201,
    response_model=schemas.AssignmentOut,
    responses=created(errors.UnknownAssignmentError, errors.UnknownCourseError),
    openapi_extra=takes(schemas.CopyRequest),
)
async def copy_assignment(
    request: Request, caller: Caller, assignment_id: Id, idempotency_key: KeyHeader = None
) -> Response:
    require_user(caller, "manage")
    id_, now = known_assignment(assignment_id), service_of(request).clock()
    body = await read_body(request, schemas.CopyRequest)

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        made = assignments.copy_assignment(session, caller, id_, **body.model_dump(), now=now)
        return made.seen.assignment.id, made.as_json(now)

    return await create(request, caller, idempotency_key, body, make, "/assignments/{}")


@router.post(
    "/assignments/{assignment_id}/unlock",
    operation_id="unlockAssignment",
    summary="Give the password of an assignment",
    description="Once is enough, until another password is set. Ten tries are taken in five minutes.",
    response_model=schemas.UnlockOut,
    responses=told(*WITH_BODY, errors.UnknownAssignmentError, errors.TooManyRequestsError),
    openapi_extra=takes(schemas.UnlockRequest),
)
async def unlock_assignment(request: Request, caller: Caller, assignment_id: Id) -> Response:
    require_user(caller, "attempt")
    body = await read_body(request, schemas.UnlockRequest)
    await unlock(request, caller, known_assignment(assignment_id), body.password)
    return private_json({"assignment_id": assignment_id, "unlocked": True})


async def unlock(request: Request, caller: Principal, assignment_id: str, password: str) -> None:
    """Let somebody in who gives the right password.

    Raises:
        ForbiddenError: it is another.
        TooManyRequestsError: they have tried too often lately.
        UnavailableError: too many passwords are being looked at.

    """
    service, limits, person_id = service_of(request), unlock_limits_of(request), caller.person_id or ""
    assignment = (await service.database.read(assignment_for, assignment_id, caller)).assignment
    stored, now = assignment.password_hash, service.clock()
    if stored is not None:
        limits.count(assignment_id, person_id)
        if not await passwords_of(request).verify(stored, password):
            raise errors.ForbiddenError(_WRONG)
        limits.forgive(assignment_id, person_id)
    await service.writer.write(lambda session: entering.unlock(session, caller, assignment_id, stored, now))


@router.get(
    "/assignments/{assignment_id}/preview",
    operation_id="previewAssignment",
    summary="The assignment as one student has it",
    description="For those who teach: dates, attempts and the seeds that are dealt; one's own without `person_id`.",
    response_model=schemas.PreviewOut,
    responses=told(*READING, errors.ForbiddenError, errors.UnknownAssignmentError),
    openapi_extra=USERS,
)
async def preview_assignment(
    request: Request,
    caller: Caller,
    assignment_id: Id,
    person_id: Annotated[str | SkipJsonSchema[None], Query(json_schema_extra={"format": "uuid"})] = None,
) -> Response:
    service, own = service_of(request), require_user(caller)
    found = await service.database.read(
        previewing.preview, caller, known_assignment(assignment_id), own if person_id is None else person_id
    )
    return private_json(found.as_json(service.clock()))


def _view(session: Session, caller: Principal, assignment_id: str, person_id: str) -> assignments.AssignmentView:
    return assignments.view(session, assignment_for(session, assignment_id, caller), person_id)


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "listAssignments": lambda: listed(ASSIGNMENT),
    "createAssignment": lambda: ASSIGNMENT,
    "getAssignment": lambda: ASSIGNMENT,
    "changeAssignment": lambda: ASSIGNMENT,
    "deleteAssignment": lambda: ASSIGNMENT,
    "copyAssignment": lambda: ASSIGNMENT,
    "unlockAssignment": lambda: UNLOCKED,
    "previewAssignment": lambda: PREVIEW,
}
