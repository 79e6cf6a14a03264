"""The pages on which an assignment is made: its settings, its items, extensions, copies, and a look at it."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from app.accounts.account_pages import Form, User
from app.accounts.forms import token_for
from app.accounts.passwords import passwords_of
from app.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    ServiceError,
)
from app.core.ids import known
from app.core.pages import render
from app.core.pagination import Cursor, decode_id, next_cursor
from app.core.service import service_of
from app.courses import assignment_schemas as schemas
from app.courses import assignments, courses, enrolments, extensions, items, previewing, proving
from app.courses.assignments_api import unlock
from app.courses.deadlines import zone
from app.courses.form_values import (
    as_body,
    assignment_values,
    extension_values,
    faults_by_field,
    item_values,
    local_value,
    number,
    optional,
    text,
)
from app.courses.items_api import edit_item
from app.courses.models import RELEASED
from app.courses.roles import INSTRUCTORS, STAFF, assignment_for, item_for
from app.courses.routes import known_assignment, known_item
from problems.catalogue import catalogue
from problems.text import Language

router = APIRouter(include_in_schema=False)

SHOWN = 100  # extensions on a page; courses to copy into, the newest
CHOICE = 200  # students to choose from at once; of more, those that a search finds

Search = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("/{language:language}/assignments/{assignment_id}/edit")
async def show_editor(
    request: Request, user: User, language: Language, assignment_id: str, search: Search = "", cursor: Cursor = None
) -> Response:
    """The editor; `search` finds students to give an extension to, `cursor` turns the page of extensions."""
    return await _show_editor(request, user, language, assignment_id, search=search, cursor=cursor)


async def _show_editor(
    request: Request,
    user: User,
    language: Language,
    assignment_id: str,
    error: ServiceError | None = None,
    wrong: str = "",
    *,
    search: str = "",
    cursor: str | None = None,
) -> Response:
    """The editor; `wrong` names the form that was refused: "settings", an item's id, "item", "extension" or "copy"."""
    service, id_ = service_of(request), known_assignment(assignment_id)
    before = decode_id(cursor)

    def read(session: Session) -> dict[str, Any]:
        seen = assignment_for(session, id_, user, STAFF)
        extended = extensions.list_extensions(session, user, id_, limit=SHOWN + 1, before=before)
        students = enrolments.list_enrolments(
            session, user, seen.course.id, limit=CHOICE + 1, role="student", search=search
        )
        return {
            "view": assignments.view(session, seen, user.person_id or ""),
            "course": seen.course,
            "assignment": seen.assignment,
            "role": seen.role,
            "items": items.items_of(session, id_),
            "extensions": extended[:SHOWN],
            "older": next_cursor(extended, SHOWN, lambda each: each.id),
            "extended": enrolments.names_of(session, [each.person_id for each in extended if each.person_id]),
            "students": students[:CHOICE],
            "has_more": len(students) > CHOICE,
            "sections": enrolments.list_sections(session, seen.course.id),
            "courses": [each.course for each in courses.list_courses(session, user, limit=SHOWN, archived=False)],
        }

    found = await service.database.read(read)
    invalid = error if isinstance(error, InvalidRequestError) else None
    return render(
        request,
        language,
        "assignment_editor.html",
        section="courses",
        status=error.status if error else 200,
        **found,
        released=RELEASED,
        problems=catalogue(),
        local=partial(local_value, place=zone(found["course"].time_zone)),
        is_first=cursor is None,
        search=search,
        error=error,
        wrong=wrong,
        faults=faults_by_field(invalid),
        now=service.clock(),
        token=token_for(request, user),
    )


@router.post("/{language:language}/assignments/{assignment_id}/edit")
async def change_settings(request: Request, user: User, sent: Form, language: Language, assignment_id: str) -> Response:
    """The settings, or the button by which the assignment is published or taken back."""
    service, id_ = service_of(request), known_assignment(assignment_id)
    now = service.clock()
    seen = await service.database.read(assignment_for, id_, user, INSTRUCTORS)
    try:
        if publish := text(sent, "publish"):
            values: dict[str, Any] = {"published": publish == "yes"}
        else:
            values = assignment_values(sent, zone(seen.course.time_zone))
        body = as_body(schemas.AssignmentChange, values)
        changes = assignments.checked(body.changes())
        password_hash = await passwords_of(request).hash(body.password) if body.password else None
        await service.writer.write(
            lambda session: (
                assignments.change_assignment(session, user, id_, changes, password_hash=password_hash, now=now).points
            )
        )
    except (InvalidRequestError, ConflictError) as error:
        return await _show_editor(request, user, language, id_, error, "settings")
    return RedirectResponse(f"/{language}/assignments/{id_}/edit", 303)


@router.post("/{language:language}/assignments/{assignment_id}/delete")
async def delete(request: Request, user: User, sent: Form, language: Language, assignment_id: str) -> Response:
    del sent
    id_, now = known_assignment(assignment_id), service_of(request).clock()
    try:
        course_id = await service_of(request).writer.write(
            lambda session: assignments.delete_assignment(session, user, id_, now).seen.course.id
        )
    except ConflictError as error:
        return await _show_editor(request, user, language, id_, error, "settings")
    return RedirectResponse(f"/{language}/courses/{course_id}", 303)


@router.post("/{language:language}/assignments/{assignment_id}/copy")
async def copy(request: Request, user: User, sent: Form, language: Language, assignment_id: str) -> Response:
    id_, now = known_assignment(assignment_id), service_of(request).clock()
    values = {
        "course_id": text(sent, "course_id"),
        "title": optional(sent, "title"),
        "shift_days": number(sent, "shift_days") or 0,
    }
    try:
        body = as_body(schemas.CopyRequest, values).model_dump()
        made = await service_of(request).writer.write(
            lambda session: assignments.copy_assignment(session, user, id_, **body, now=now).seen.assignment.id
        )
    except (InvalidRequestError, ConflictError) as error:
        return await _show_editor(request, user, language, id_, error, "copy")
    return RedirectResponse(f"/{language}/assignments/{made}/edit", 303)


@router.post("/{language:language}/assignments/{assignment_id}/items")
async def add_item(request: Request, user: User, sent: Form, language: Language, assignment_id: str) -> Response:
    id_, now = known_assignment(assignment_id), service_of(request).clock()
    await service_of(request).database.read(assignment_for, id_, user, INSTRUCTORS)  # before anything is computed
    try:
        body = as_body(schemas.ItemRequest, item_values(sent))
        settings = await run_in_threadpool(proving.proven, body.model_dump())
        await service_of(request).writer.write(
            lambda session: items.add_item(session, user, id_, settings, None, now)[0].id
        )
    except (InvalidRequestError, ConflictError) as error:
        return await _show_editor(request, user, language, id_, error, "item")
    return RedirectResponse(f"/{language}/assignments/{id_}/edit#items", 303)


@router.post("/{language:language}/items/{item_id}")
async def change_item(request: Request, user: User, sent: Form, language: Language, item_id: str) -> Response:
    """The form of one item, or its buttons: `move` (up, down) and `remove`."""
    service, id_ = service_of(request), known_item(item_id)
    seen, now = await service.database.read(item_for, id_, user, INSTRUCTORS), service.clock()
    try:
        if text(sent, "remove"):
            await service.writer.write(lambda session: items.remove_item(session, user, id_, now).assignment.id)
        elif move := text(sent, "move"):
            place = max(1, seen.item.position + (-1 if move == "up" else 1))
            await edit_item(request, user, id_, {"position": place})
        else:
            await edit_item(request, user, id_, as_body(schemas.ItemChange, item_values(sent)).changes())
    except (InvalidRequestError, ConflictError) as error:
        return await _show_editor(request, user, language, seen.assignment.id, error, id_)
    return RedirectResponse(f"/{language}/assignments/{seen.assignment.id}/edit#items", 303)


@router.post("/{language:language}/assignments/{assignment_id}/extensions")
async def extend(request: Request, user: User, sent: Form, language: Language, assignment_id: str) -> Response:
    service, id_ = service_of(request), known_assignment(assignment_id)
    seen, now = await service.database.read(assignment_for, id_, user, STAFF), service.clock()
    try:
        values = extension_values(sent, zone(seen.course.time_zone))
        given = as_body(schemas.ExtensionRequest, values).model_dump()
        await service.writer.write(lambda session: extensions.extend(session, user, id_, given, now).id)
    except (InvalidRequestError, ConflictError) as error:
        return await _show_editor(
            request, user, language, id_, error, "extension", search=text(sent, "search")[:100].replace("\x00", "")
        )
    return RedirectResponse(f"/{language}/assignments/{id_}/edit#extensions", 303)


@router.post("/{language:language}/extensions/{extension_id}/delete")
async def take_extension_back(
    request: Request, user: User, sent: Form, language: Language, extension_id: str
) -> Response:
    del sent
    id_, now = known(extension_id, NotFoundError), service_of(request).clock()
    assignment_id = await service_of(request).writer.write(
        lambda session: extensions.remove_extension(session, user, id_, now).assignment_id
    )
    return RedirectResponse(f"/{language}/assignments/{assignment_id}/edit#extensions", 303)


@router.get("/{language:language}/assignments/{assignment_id}/preview")
async def show_preview(
    request: Request,
    user: User,
    language: Language,
    assignment_id: str,
    person_id: str | None = None,
    search: Search = "",
) -> Response:
    """The assignment as one student has it, with the variants that they are dealt."""
    service, id_ = service_of(request), known_assignment(assignment_id)

    def read(session: Session) -> tuple[Any, Any, str | None]:
        shown = previewing.preview(session, user, id_, person_id or user.person_id or "")
        found = enrolments.list_enrolments(
            session, user, shown.seen.course.id, limit=CHOICE + 1, role="student", search=search
        )
        chosen = enrolments.names_of(session, [person_id] if person_id else [])
        return shown, found, chosen.get(person_id or "")

    preview, students, chosen_name = await service.database.read(read)
    return render(
        request,
        language,
        "assignment_preview.html",
        section="courses",
        preview=preview,
        students=students[:CHOICE],
        has_more=len(students) > CHOICE,
        search=search,
        chosen=person_id,
        chosen_name=chosen_name,
        problems=catalogue(),
        now=service.clock(),
    )


@router.post("/{language:language}/assignments/{assignment_id}/unlock")
async def give_password(request: Request, user: User, sent: Form, language: Language, assignment_id: str) -> Response:
    """The password of an assignment, from the form on its page."""
    id_ = known_assignment(assignment_id)
    await service_of(request).database.read(assignment_for, id_, user)
    try:
        await unlock(request, user, id_, text(sent, "password"))
    except ForbiddenError:
        return RedirectResponse(f"/{language}/assignments/{id_}?password=wrong", 303)
    return RedirectResponse(f"/{language}/assignments/{id_}", 303)
