"""/api/v1/courses: making, finding, changing and archiving courses."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.access import USERS, Caller, require_user
from app.core import errors
from app.core.idempotency import KeyHeader
from app.core.json_body import private_json, read_body
from app.core.pagination import Cursor, Limit, decode_id, page
from app.core.service import service_of
from app.courses import course_schemas as schemas
from app.courses import courses
from app.courses.examples import COURSE, listed
from app.courses.roles import course_for
from app.courses.routes import PREFIX, READING, WITH_BODY, Id, change, create, created, known_course, takes, told

router = APIRouter(prefix=PREFIX)
BODIES = (schemas.CourseRequest, schemas.CourseChange)


@router.get(
    "/courses",
    tags=["courses"],
    operation_id="listCourses",
    summary="The courses in which one takes part, the newest first",
    description="Every course for an administrator.",
    response_model=schemas.CoursePage,
    responses=told(*READING),
    openapi_extra=USERS,
)
async def list_courses(
    request: Request,
    caller: Caller,
    archived: Annotated[bool | SkipJsonSchema[None], Query()] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    require_user(caller)
    found = await service_of(request).database.read(
        courses.list_courses, caller, limit=limit + 1, before=decode_id(cursor), archived=archived
    )
    return private_json(page(found, limit, lambda seen: seen.course.id, lambda seen: courses.course_json(*seen)))


@router.post(
    "/courses",
    tags=["courses"],
    operation_id="createCourse",
    summary="Make a course",
    description="For administrators and people who teach a course already. Who makes it becomes its instructor.",
    status_code=201,
    response_model=schemas.CourseOut,
    responses=created(),
    openapi_extra=takes(schemas.CourseRequest),
)
async def create_course(request: Request, caller: Caller, idempotency_key: KeyHeader = None) -> Response:
    require_user(caller, "manage")
    body = await read_body(request, schemas.CourseRequest)

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        made = courses.create_course(session, caller, **body.model_dump(), now=service_of(request).clock())
        return made.course.id, courses.course_json(*made)

    return await create(request, caller, idempotency_key, body, make, "/courses/{}")


@router.get(
    "/courses/{course_id}",
    tags=["courses"],
    operation_id="getCourse",
    summary="One course",
    response_model=schemas.CourseOut,
    responses=told(*READING, errors.UnknownCourseError),
    openapi_extra=USERS,
)
async def get_course(request: Request, caller: Caller, course_id: Id) -> Response:
    require_user(caller)
    seen = await service_of(request).database.read(course_for, known_course(course_id), caller)
    return private_json(courses.course_json(*seen))


@router.patch(
    "/courses/{course_id}",
    tags=["courses"],
    operation_id="changeCourse",
    summary="Change a course, or archive it",
    description="For instructors. An archived course can be read by all who take part, and changes no more.",
    response_model=schemas.CourseOut,
    responses=told(*WITH_BODY, errors.UnknownCourseError),
    openapi_extra=takes(schemas.CourseChange),
)
async def change_course(request: Request, caller: Caller, course_id: Id) -> Response:
    require_user(caller, "manage")
    body, now = await read_body(request, schemas.CourseChange), service_of(request).clock()

    def job(session: Session) -> dict[str, Any]:
        return courses.course_json(
            *courses.change_course(session, caller, known_course(course_id), body.changes(), now)
        )

    return await change(request, job)


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "listCourses": lambda: listed(COURSE),
    "createCourse": lambda: COURSE,
    "getCourse": lambda: COURSE,
    "changeCourse": lambda: COURSE,
}
