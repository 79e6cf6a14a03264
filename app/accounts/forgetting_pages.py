"""What is kept about somebody, to take away, and deleting an account: one's own, or as an administrator another's."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.accounts import forgetting, people, sign_in
from app.accounts.access import Caller, Principal, require_admin
from app.accounts.account_pages import Form, User
from app.accounts.forgetting_api import NOT_TYPED, faults_of
from app.accounts.forms import token_for
from app.accounts.models import Person
from app.accounts.people_api import known_person
from app.core.errors import ConflictError, Fault, TooManyRequestsError
from app.core.pages import render
from app.core.service import service_of
from problems.text import Language, Text

router = APIRouter(include_in_schema=False)

_TOO_OFTEN = Text(
    "That was tried too often. Please wait some minutes before you try again.", "尝试次数过多，请过几分钟再试。"
)


@router.get("/{language:language}/account/data")
async def show_data(request: Request, user: User, language: Language) -> Response:
    return render(request, language, "account_data.html", section="account", user=user)


@router.get("/{language:language}/account/delete")
async def show_deletion(request: Request, user: User, language: Language) -> Response:
    return await _show(request, user, language, user.person_id or "")


@router.post("/{language:language}/account/delete")
async def delete_account(request: Request, user: User, sent: Form, language: Language) -> Response:
    """Delete one's own account, with the password and what was asked for typed."""
    person_id, service = user.person_id or "", service_of(request)
    password, typed = str(sent.get("password", "")), str(sent.get("confirmation", ""))
    try:
        faults = await faults_of(request, user, password, typed)
        if not faults:
            await service.writer.write(
                lambda session: forgetting.forget(session, person_id, person_id, service.clock())
            )
    except TooManyRequestsError:
        faults = [Fault(_TOO_OFTEN, pointer="/password")]
    except ConflictError as error:
        faults = [Fault(each) for each in error.sentences]
    if faults:
        return await _show(request, user, language, person_id, faults)
    response = RedirectResponse(f"/{language}/account/deleted", 303)
    sign_in.forget(request, response)
    return response


@router.get("/{language:language}/account/deleted")
async def say_goodbye(request: Request, _caller: Caller, language: Language) -> Response:
    request.state.frame_ancestors = "*"  # nobody is signed in any more who could say whose frame this is
    return render(request, language, "account_deleted.html")


@router.get("/{language:language}/people/{person_id}/delete")
async def show_deletion_of(request: Request, user: User, language: Language, person_id: str) -> Response:
    require_admin(user)
    return await _show(request, user, language, known_person(person_id))


@router.post("/{language:language}/people/{person_id}/delete")
async def delete_person(request: Request, user: User, sent: Form, language: Language, person_id: str) -> Response:
    """An administrator deletes anybody's account, once their address is typed."""
    actor, known, service = require_admin(user), known_person(person_id), service_of(request)
    typed = str(sent.get("confirmation", ""))

    def job(session: Session) -> bool:
        person = people.get(session, known)
        if not forgetting.is_confirmed(person, typed):
            return False
        forgetting.forget(session, actor, known, service.clock())
        return True

    try:
        done = await service.writer.write(job)
    except ConflictError as error:
        return await _show(request, user, language, known, [Fault(each) for each in error.sentences])
    if not done:
        return await _show(request, user, language, known, [Fault(NOT_TYPED, pointer="/confirmation")])
    return RedirectResponse(f"/{language}/people?done=deleted", 303)


async def _show(
    request: Request, user: Principal, language: Language, person_id: str, faults: Sequence[Fault] = ()
) -> Response:
    service = service_of(request)
    now = service.clock()

    def look(session: Session) -> tuple[Person, bool]:
        return people.get(session, person_id), forgetting.is_recent(session, user.session, now)

    person, is_recent = await service.database.read(look)
    return render(
        request,
        language,
        "account_delete.html",
        section="account" if person_id == user.person_id else "people",
        status=422 if faults else 200,
        person=person,
        is_own=request.url.path.endswith("/account/delete"),
        is_recent=is_recent,
        typed=forgetting.confirmation(person),
        faults={(fault.pointer or "").removeprefix("/"): fault.detail for fault in faults},
        token=token_for(request, user),
    )
