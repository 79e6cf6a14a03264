"""One person as the administrator sees and changes them: name, address, rights, closing and opening the account."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.accounts import people
from app.accounts.access import Principal, require_admin
from app.accounts.account_pages import Form, User
from app.accounts.forms import token_for
from app.accounts.people_api import known_person
from app.core.errors import ConflictError, Fault
from app.core.pages import render
from app.core.service import service_of
from problems.text import Language, Text

router = APIRouter(include_in_schema=False)

_NAME = Text("A name has 1 to 200 characters.", "姓名应为 1 至 200 个字符。")


@router.get("/{language:language}/people/{person_id}")
async def show_person(
    request: Request, user: User, language: Language, person_id: str, done: str | None = None
) -> Response:
    require_admin(user)
    return await _show(request, user, language, known_person(person_id), done=done)


@router.post("/{language:language}/people/{person_id}")
async def change_person(request: Request, user: User, sent: Form, language: Language, person_id: str) -> Response:
    """The form with name, address and rights, or the button that closes or opens the account."""
    actor, known, service = require_admin(user), known_person(person_id), service_of(request)
    faults: dict[str, Text] = {}
    if state := sent.get("state"):
        changes: dict[str, Any] = {"disabled": state == "closed"}
    else:
        name, email = people.normal_name(str(sent.get("name", ""))), people.normal_email(str(sent.get("email", "")))
        if name is None:
            faults["name"] = _NAME
        if email is None:
            faults["email"] = people.NO_ADDRESS
        changes = {"name": name, "email": email, "is_admin": "is_admin" in sent}

    def job(session: Session) -> bool:
        people.change(session, actor, known, changes, service.clock())
        return True

    try:
        if not faults:
            await service.writer.write(job)
    except ConflictError as error:
        faults = {_field(fault): fault.detail for fault in error.faults} or {"": error.sentences[0]}
    if faults:
        return await _show(request, user, language, known, faults=faults)
    return RedirectResponse(f"/{language}/people/{known}?done=saved", 303)


def _field(fault: Fault) -> str:
    return (fault.pointer or "").removeprefix("/")


async def _show(
    request: Request,
    user: Principal,
    language: Language,
    person_id: str,
    *,
    faults: dict[str, Text] | None = None,
    done: str | None = None,
) -> Response:
    person = await service_of(request).database.read(people.get, person_id)
    return render(
        request,
        language,
        "person.html",
        section="people",
        status=422 if faults else 200,
        person=person,
        faults=faults or {},
        done=done,
        token=token_for(request, user),
    )
