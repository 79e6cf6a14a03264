"""The page to which an invitation leads: those who have an account press a button, others make one."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.accounts import people, sign_in
from app.accounts.account_pages import OLD_FORM
from app.accounts.forms import Visitor, is_genuine, token_for, welcome
from app.accounts.passwords import fault_of, passwords_of
from app.core.errors import (
    ConflictError,
    Fault,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    ServiceError,
)
from app.core.forms import read_form
from app.core.pages import render
from app.core.service import service_of
from app.courses import invitations
from app.courses.form_values import faults_by_field, text
from problems.text import Language, Text

router = APIRouter(include_in_schema=False)


@router.get("/{language:language}/join/{secret}")
async def show_offer(request: Request, visitor: Visitor, language: Language, secret: str) -> Response:
    return await _show_offer(request, visitor, language, secret)


async def _show_offer(
    request: Request,
    visitor: Visitor,
    language: Language,
    secret: str,
    *,
    error: ServiceError | None = None,
    sent: FormData | None = None,
) -> Response:
    service = service_of(request)
    offer = await service.database.read(invitations.find_offer, secret, service.clock())
    invalid = error if isinstance(error, InvalidRequestError) else None
    response = render(
        request,
        language,
        "join.html",
        section="courses",
        status=error.status if error else 200 if offer else 404,
        offer=offer,
        error=error,
        faults=faults_by_field(invalid),
        sent=sent or {},
        here=f"/{language}/join/{secret}",
        token=token_for(request, visitor),
    )
    welcome(request, response, visitor)
    return response


@router.post("/{language:language}/join/{secret}")
async def accept(request: Request, visitor: Visitor, language: Language, secret: str) -> Response:
    """Enrol whoever is signed in, or make an account and enrol it."""
    service, sent = service_of(request), await read_form(request)
    now = service.clock()
    if not is_genuine(request, visitor, sent):
        raise ForbiddenError(OLD_FORM)
    person_id = visitor.person_id if visitor.via == "session" else None
    try:
        if person_id is None:
            return await _register(request, visitor, language, secret, sent)
        joined = await service.writer.write(
            lambda session: invitations.accept(session, person_id or "", secret, now).enrolment.course_id
        )
    except (InvalidRequestError, ConflictError, ForbiddenError, NotFoundError) as error:
        return await _show_offer(request, visitor, language, secret, error=error, sent=sent)
    return RedirectResponse(f"/{language}/courses/{joined}", 303)


async def _register(request: Request, visitor: Visitor, language: Language, secret: str, sent: FormData) -> Response:
    service, passwords = service_of(request), passwords_of(request)
    email, name = people.normal_email(text(sent, "email")), people.normal_name(text(sent, "name"))
    password, faults = str(sent.get("password", "")), []
    if name is None:
        faults.append(Fault(Text("Say what you are called.", "请填写姓名。"), pointer="/name"))
    if email is None:
        faults.append(Fault(people.NO_ADDRESS, pointer="/email"))
    if sentence := fault_of(password, email=email or ""):
        faults.append(Fault(sentence, pointer="/password"))
    if faults or email is None or name is None:
        raise InvalidRequestError("Some entries do not fit.", faults)
    now, joined = service.clock(), ""

    def then(session: Session, person_id: str) -> None:
        nonlocal joined
        joined = invitations.accept(session, person_id, secret, now).enrolment.course_id

    browser = sign_in.browser_of(request, visitor, claim=True)
    hashed = await passwords.hash(password)
    session_id = await sign_in.by_registration(
        service, browser, name=name, email=email, password_hash=hashed, then=then
    )
    response = RedirectResponse(f"/{language}/courses/{joined}", 303)
    sign_in.remember(request, response, service, session_id, browser)
    return response
