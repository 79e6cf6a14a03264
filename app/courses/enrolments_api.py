"""/api/v1/courses/{course_id}/enrolments: who takes part in a course, one by one and by class list."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.access import USERS, Caller, require_user
from app.core import errors
from app.core.idempotency import KeyHeader
from app.core.ids import known
from app.core.json_body import private_json, read_body
from app.core.pagination import Cursor, Limit, decode_id, page
from app.core.service import service_of
from app.courses import class_import, class_list, enrolments
from app.courses import course_schemas as schemas
from app.courses.examples import CLASS_LIST, ENROLMENT, SIGN_IN_LINK, listed
from app.courses.routes import (
    CHANGING,
    PREFIX,
    READING,
    WITH_BODY,
    Id,
    change,
    create,
    created,
    known_course,
    takes,
    told,
)

router = APIRouter(prefix=PREFIX)
BODY_LIMITS = {
    r"/api/v1/courses/[^/]+/class-list": 4_000_000,
    r"/[a-z]+/courses/[^/]+/people/class-list": 4_000_000,
}
"""Addresses that take more than other bodies may hold: class lists."""
BODIES = (schemas.EnrolmentRequest, schemas.EnrolmentChange, schemas.ClassListRequest)


@router.get(
    "/courses/{course_id}/enrolments",
    tags=["enrolments"],
    operation_id="listEnrolments",
    summary="Who takes part in a course",
    description="For those who teach it. With `ended`, those who took part once.",
    response_model=schemas.EnrolmentPage,
    responses=told(*READING, errors.ForbiddenError, errors.UnknownCourseError),
    openapi_extra=USERS,
)
async def list_enrolments(
    request: Request,
    caller: Caller,
    course_id: Id,
    role: Annotated[Literal["student", "assistant", "instructor"] | SkipJsonSchema[None], Query()] = None,
    section: Annotated[str | SkipJsonSchema[None], Query(max_length=64)] = None,
    search: Annotated[
        str | SkipJsonSchema[None], Query(max_length=100, description="in name, address or student number")
    ] = None,
    ended: Annotated[bool, Query()] = False,  # noqa: FBT002 - a parameter of the address
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    require_user(caller)
    found = await service_of(request).database.read(
        enrolments.list_enrolments,
        caller,
        known_course(course_id),
        limit=limit + 1,
        after=decode_id(cursor),
        role=role,
        section=section,
        search=search,
        ended=ended,
    )
    return private_json(page(found, limit, lambda each: each.enrolment.id, enrolments.enrolment_json))


@router.post(
    "/courses/{course_id}/enrolments",
    tags=["enrolments"],
    operation_id="createEnrolment",
    summary="Enrol a person by e-mail address",
    description="For instructors. Somebody without an account gets one. 409 for somebody who takes part already.",
    status_code=201,
    response_model=schemas.EnrolmentOut,
    responses=created(errors.UnknownCourseError, errors.ConflictError),
    openapi_extra=takes(schemas.EnrolmentRequest),
)
async def create_enrolment(
    request: Request, caller: Caller, course_id: Id, idempotency_key: KeyHeader = None
) -> Response:
    require_user(caller, "manage")
    body, now = await read_body(request, schemas.EnrolmentRequest), service_of(request).clock()

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        made = enrolments.enrol(session, caller, known_course(course_id), **body.model_dump(), now=now)
        return made.enrolment.id, enrolments.enrolment_json(made)

    return await create(request, caller, idempotency_key, body, make, "/enrolments/{}")


@router.get(
    "/enrolments/{enrolment_id}",
    tags=["enrolments"],
    operation_id="getEnrolment",
    summary="One enrolment",
    description="One's own, or any of a course that one teaches.",
    response_model=schemas.EnrolmentOut,
    responses=told(*READING, errors.NotFoundError),
    openapi_extra=USERS,
)
async def get_enrolment(request: Request, caller: Caller, enrolment_id: Id) -> Response:
    require_user(caller)
    id_ = known(enrolment_id, errors.NotFoundError)
    return private_json(
        enrolments.enrolment_json(await service_of(request).database.read(enrolments.find_for, id_, caller))
    )


@router.patch(
    "/enrolments/{enrolment_id}",
    tags=["enrolments"],
    operation_id="changeEnrolment",
    summary="Change role, section or student number, or take somebody out",
    description="For instructors. 409 when nobody would be left to teach the course.",
    response_model=schemas.EnrolmentOut,
    responses=told(*WITH_BODY, errors.NotFoundError, errors.ConflictError),
    openapi_extra=takes(schemas.EnrolmentChange),
)
async def change_enrolment(request: Request, caller: Caller, enrolment_id: Id) -> Response:
    require_user(caller, "manage")
    id_, now = known(enrolment_id, errors.NotFoundError), service_of(request).clock()
    body = await read_body(request, schemas.EnrolmentChange)

    def job(session: Session) -> dict[str, Any]:
        return enrolments.enrolment_json(enrolments.change_enrolment(session, caller, id_, body.changes(), now))

    return await change(request, job)


@router.post(
    "/courses/{course_id}/class-list",
    tags=["enrolments"],
    operation_id="importClassList",
    summary="Enrol a class list: first a dry run, then apply it",
    description="For instructors. Without `apply` nothing changes. With a bad row nothing is applied: 422.",
    response_model=schemas.ClassListOut,
    responses=told(*WITH_BODY, errors.UnknownCourseError, errors.ConflictError),
    openapi_extra=takes(schemas.ClassListRequest),
)
async def import_class_list(request: Request, caller: Caller, course_id: Id) -> Response:
    require_user(caller, "manage")
    service = service_of(request)
    body, now = await read_body(request, schemas.ClassListRequest), service.clock()
    rows, id_ = class_list.read(body.csv), known_course(course_id)
    if not body.apply:
        planned = await service.database.read(class_import.plan, caller, id_, rows)
        return private_json(planned.as_json(applied=False))
    applied = await service.writer.write(lambda session: class_import.apply(session, caller, id_, rows, now))
    return private_json(applied.as_json(applied=True))


@router.post(
    "/courses/{course_id}/sign-in-links",
    tags=["enrolments"],
    operation_id="createSignInLinks",
    summary="Links for those of the course who have never set a password",
    description="For instructors. Links made before become void. Whoever belongs to another course too has none.",
    response_model=schemas.SignInLinks,
    responses=told(*CHANGING, errors.UnknownCourseError),
    openapi_extra=USERS,
)
async def create_sign_in_links(request: Request, caller: Caller, course_id: Id) -> Response:
    require_user(caller, "manage")
    id_, now = known_course(course_id), service_of(request).clock()

    def job(session: Session) -> dict[str, Any]:
        links = class_import.welcome_links(session, caller, id_, now)
        return {"items": [{"email": link.email, "name": link.name, "path": link.path} for link in links]}

    return await change(request, job)


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "listEnrolments": lambda: listed(ENROLMENT),
    "createEnrolment": lambda: ENROLMENT,
    "getEnrolment": lambda: ENROLMENT,
    "changeEnrolment": lambda: ENROLMENT,
    "importClassList": lambda: CLASS_LIST,
    "createSignInLinks": lambda: {"items": [SIGN_IN_LINK]},
}
