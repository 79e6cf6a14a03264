"""The pages of courses: which there are, what is set in one, and its settings."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.accounts.account_pages import Form, User
from app.accounts.forms import token_for
from app.core.errors import ConflictError, InvalidRequestError, ServiceError
from app.core.pages import render
from app.core.pagination import Cursor, decode_id, next_cursor
from app.core.service import service_of
from app.courses import assignments, courses
from app.courses import course_schemas as schemas
from app.courses.assignment_schemas import AssignmentRequest
from app.courses.form_values import as_body, faults_by_field, share, text
from app.courses.roles import course_for
from app.courses.routes import known_course
from problems.text import Language

router = APIRouter(include_in_schema=False)

SHOWN = 100  # courses, or assignments of one, on a page


@router.get("/{language:language}/courses")
async def show_courses(request: Request, user: User, language: Language, cursor: Cursor = None) -> Response:
    return await _show_courses(request, user, language, cursor=cursor)


async def _show_courses(
    request: Request,
    user: User,
    language: Language,
    error: InvalidRequestError | None = None,
    *,
    cursor: str | None = None,
    **sent: Any,
) -> Response:
    before = decode_id(cursor)

    def read(session: Session) -> tuple[Any, bool]:
        found = courses.list_courses(session, user, limit=SHOWN + 1, before=before)
        return found, courses.may_create(session, user)

    found, may_create = await service_of(request).database.read(read)
    return render(
        request,
        language,
        "courses.html",
        section="courses",
        status=422 if error else 200,
        courses=found[:SHOWN],
        older=next_cursor(found, SHOWN, lambda each: each.course.id),
        is_first=cursor is None,
        may_create=may_create,
        faults=faults_by_field(error),
        sent=sent,
        token=token_for(request, user),
    )


@router.post("/{language:language}/courses")
async def make_course(request: Request, user: User, sent: Form, language: Language) -> Response:
    values = {"title": text(sent, "title"), "time_zone": text(sent, "time_zone")}
    try:
        body = as_body(schemas.CourseRequest, values)
    except InvalidRequestError as error:
        return await _show_courses(request, user, language, error, **values)
    now = service_of(request).clock()
    made = await service_of(request).writer.write(
        lambda session: courses.create_course(session, user, **body.model_dump(), now=now).course.id
    )
    return RedirectResponse(f"/{language}/courses/{made}", 303)


@router.get("/{language:language}/courses/{course_id}")
async def show_course(
    request: Request, user: User, language: Language, course_id: str, cursor: Cursor = None
) -> Response:
    return await _show_course(request, user, language, course_id, cursor=cursor)


async def _show_course(
    request: Request,
    user: User,
    language: Language,
    course_id: str,
    error: ServiceError | None = None,
    *,
    cursor: str | None = None,
) -> Response:
    service = service_of(request)
    before = decode_id(cursor)
    id_ = known_course(course_id)

    def read(session: Session) -> tuple[Any, Any]:
        found = assignments.list_assignments(session, user, id_, limit=SHOWN + 1, before=before)
        return course_for(session, id_, user), found

    seen, found = await service.database.read(read)
    invalid = error if isinstance(error, InvalidRequestError) else None
    return render(
        request,
        language,
        "course.html",
        section="courses",
        status=error.status if error else 200,
        course=seen.course,
        role=seen.role,
        assignments=found[:SHOWN],
        older=next_cursor(found, SHOWN, lambda each: each.seen.assignment.id),
        is_first=cursor is None,
        now=service.clock(),
        error=error,
        faults=faults_by_field(invalid),
        token=token_for(request, user),
    )


@router.post("/{language:language}/courses/{course_id}")
async def change_course(request: Request, user: User, sent: Form, language: Language, course_id: str) -> Response:
    """The settings, or the button by which a course is archived or taken out again."""
    id_, now = known_course(course_id), service_of(request).clock()
    if archive := text(sent, "archive"):
        values: dict[str, Any] = {"archived": archive == "yes"}
    else:
        values = {name: text(sent, name) for name in ("title", "time_zone")} | {"pass_mark": share(sent, "pass_mark")}
    try:
        changes = as_body(schemas.CourseChange, values).changes()
        await service_of(request).writer.write(
            lambda session: courses.change_course(session, user, id_, changes, now).course.id
        )
    except (InvalidRequestError, ConflictError) as error:
        return await _show_course(request, user, language, id_, error)
    return RedirectResponse(f"/{language}/courses/{id_}", 303)


@router.post("/{language:language}/courses/{course_id}/assignments")
async def make_assignment(request: Request, user: User, sent: Form, language: Language, course_id: str) -> Response:
    """A draft of this title, which is edited next."""
    id_, now = known_course(course_id), service_of(request).clock()
    try:
        settings = as_body(AssignmentRequest, {"title": text(sent, "title")}).model_dump()
        made = await service_of(request).writer.write(
            lambda session: (
                assignments.create_assignment(
                    session, user, id_, settings, [], password_hash=None, now=now
                ).seen.assignment.id
            )
        )
    except (InvalidRequestError, ConflictError) as error:
        return await _show_course(request, user, language, id_, error)
    return RedirectResponse(f"/{language}/assignments/{made}/edit", 303)
