"""The page of those who take part in a course: the class list, and invitations."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from app.accounts.account_pages import OLD_FORM, Form, User
from app.accounts.forms import is_genuine, token_for
from app.accounts.guests import guests_of
from app.core.errors import (
    BadRequestError,
    ConflictError,
    Fault,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    ServiceError,
)
from app.core.ids import known
from app.core.pages import render
from app.core.pagination import decode_id, next_cursor
from app.core.service import service_of
from app.courses import class_import, class_list, enrolments, invitations
from app.courses import course_schemas as schemas
from app.courses.class_import import Plan, Welcome
from app.courses.form_values import as_body, number, optional, text
from app.courses.roles import INSTRUCTORS, STAFF, course_for
from app.courses.routes import known_course
from problems.text import Language, Text

router = APIRouter(include_in_schema=False)

SHOWN = 100  # people on one page of the list
MAX_LIST = 4_000_000  # bytes; see also `enrolments_api.BODY_LIMITS`
_UNREADABLE = Text("The file is no text.", "这个文件不是文本文件。")


@router.get("/{language:language}/courses/{course_id}/people")
async def show_people(
    request: Request,
    user: User,
    language: Language,
    course_id: str,
    search: str = "",
    section: str = "",
    cursor: str | None = None,
) -> Response:
    after = decode_id(cursor)
    return await _show_people(request, user, language, course_id, search=search, section=section, after=after)


async def _show_people(
    request: Request,
    user: User,
    language: Language,
    course_id: str,
    *,
    search: str = "",
    section: str = "",
    after: str | None = None,
    error: ServiceError | None = None,
    csv: str = "",
    plan: Plan | None = None,
    links: list[Welcome] | None = None,
) -> Response:
    id_, key, service = known_course(course_id), guests_of(request).key, service_of(request)

    def read(session: Session) -> dict[str, Any]:
        seen = course_for(session, id_, user, STAFF)
        invited = invitations.list_invitations(session, user, id_, limit=SHOWN) if seen.role in INSTRUCTORS else []
        found = enrolments.list_enrolments(
            session, user, id_, limit=SHOWN + 1, after=after, search=search[:100], section=section[:64] or None
        )
        return {
            "course": seen.course,
            "role": seen.role,
            "people": found[:SHOWN],
            "more": next_cursor(found, SHOWN, lambda each: each.enrolment.id),
            "sections": enrolments.list_sections(session, id_),
            "invitations": [
                (each, invitations.path_of(invitations.token_of(key, each.id), language)) for each in invited
            ],
        }

    return render(
        request,
        language,
        "course_people.html",
        section="courses",
        status=error.status if error else 200,
        **await service.database.read(read),
        chosen=section,
        search=search,
        error=error,
        csv=csv,
        plan=plan,
        links=links,
        site=service.settings.public_url or f"{request.url.scheme}://{request.url.netloc}",
        now=service.clock(),
        token=token_for(request, user),
    )


@router.post("/{language:language}/courses/{course_id}/people")
async def enrol(request: Request, user: User, sent: Form, language: Language, course_id: str) -> Response:
    id_, now = known_course(course_id), service_of(request).clock()
    values = {name: text(sent, name) for name in ("email", "name", "role")}
    values_or_none = {name: optional(sent, name) for name in ("section", "student_number")}
    try:
        body = as_body(schemas.EnrolmentRequest, values | values_or_none).model_dump()
        await service_of(request).writer.write(
            lambda session: enrolments.enrol(session, user, id_, **body, now=now).enrolment.id
        )
    except (InvalidRequestError, ConflictError) as error:
        return await _show_people(request, user, language, id_, error=error)
    return RedirectResponse(f"/{language}/courses/{id_}/people", 303)


@router.post("/{language:language}/courses/{course_id}/people/class-list")
async def import_class_list(request: Request, user: User, language: Language, course_id: str) -> Response:
    """A list as pasted text or as a file: first what it would change, and with the button there, apply it."""
    id_, service = known_course(course_id), service_of(request)
    now, csv = service.clock(), ""
    if "charset" in request.headers.get("content-type", "").lower():  # no browser names one, and Python knows odd ones
        raise BadRequestError("A form names no character set of its own.")
    try:
        # Leaving the block closes the file.
        async with request.form(max_files=1, max_part_size=MAX_LIST) as sent:
            if not is_genuine(request, user, sent):
                raise ForbiddenError(OLD_FORM)
            csv, applies = await _list_text(sent), bool(text(sent, "apply"))
        listed = class_list.read(csv)
        if applies:
            await service.writer.write(lambda session: class_import.apply(session, user, id_, listed, now))
            return RedirectResponse(f"/{language}/courses/{id_}/people", 303)
        plan = await service.database.read(class_import.plan, user, id_, listed)
    except (InvalidRequestError, ConflictError) as error:
        return await _show_people(request, user, language, id_, error=error, csv=csv)
    return await _show_people(request, user, language, id_, csv=csv, plan=plan)


async def _list_text(sent: FormData) -> str:
    file = sent.get("file")
    if isinstance(file, UploadFile) and file.size:
        try:
            return class_list.decode(await file.read())
        except UnicodeDecodeError:
            raise InvalidRequestError("No text.", [Fault(_UNREADABLE, pointer="/csv")]) from None
    return text(sent, "csv")


@router.post("/{language:language}/courses/{course_id}/people/links")
async def make_links(request: Request, user: User, sent: Form, language: Language, course_id: str) -> Response:
    del sent  # nothing but the token, which has been looked at
    id_, now = known_course(course_id), service_of(request).clock()
    links = await service_of(request).writer.write(
        lambda session: class_import.welcome_links(session, user, id_, now, language=language)
    )
    return await _show_people(request, user, language, id_, links=links)


@router.post("/{language:language}/enrolments/{enrolment_id}")
async def change_enrolment(request: Request, user: User, sent: Form, language: Language, enrolment_id: str) -> Response:
    """The row of one person: section, student number and role, or the button that takes them out."""
    id_, now = known(enrolment_id, NotFoundError), service_of(request).clock()
    course_id = (await service_of(request).database.read(enrolments.find_for, id_, user)).enrolment.course_id
    values: dict[str, Any] = {"ended": True}
    if not text(sent, "end"):
        values = {"role": text(sent, "role")}
        values |= {name: optional(sent, name) for name in ("section", "student_number")}
    try:
        changes = as_body(schemas.EnrolmentChange, values).changes()
        await service_of(request).writer.write(
            lambda session: enrolments.change_enrolment(session, user, id_, changes, now).enrolment.id
        )
    except (InvalidRequestError, ConflictError) as error:
        return await _show_people(request, user, language, course_id, error=error)
    return RedirectResponse(f"/{language}/courses/{course_id}/people", 303)


@router.post("/{language:language}/courses/{course_id}/invitations")
async def invite(request: Request, user: User, sent: Form, language: Language, course_id: str) -> Response:
    id_, now, key = known_course(course_id), service_of(request).clock(), guests_of(request).key
    values = {"role": text(sent, "role"), "section": optional(sent, "section"), "max_uses": number(sent, "max_uses")}
    try:
        body = as_body(schemas.InvitationRequest, values).model_dump()
        await service_of(request).writer.write(
            lambda session: invitations.invite(session, user, id_, **body, key=key, now=now).id
        )
    except (InvalidRequestError, ConflictError) as error:
        return await _show_people(request, user, language, id_, error=error)
    return RedirectResponse(f"/{language}/courses/{id_}/people#invitations", 303)


@router.post("/{language:language}/invitations/{invitation_id}/revoke")
async def revoke(request: Request, user: User, sent: Form, language: Language, invitation_id: str) -> Response:
    del sent
    id_, now = known(invitation_id, invitations.UnknownInvitationError), service_of(request).clock()
    course_id = await service_of(request).writer.write(
        lambda session: invitations.revoke(session, user, id_, now).course_id
    )
    return RedirectResponse(f"/{language}/courses/{course_id}/people#invitations", 303)
