"""Signing in and out, by password or by a link. The account itself is in `app.accounts.account_pages`."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.accounts import audit, people, sessions, sign_in, sign_in_links
from app.accounts.access import Principal
from app.accounts.forms import Visitor, is_genuine, token_for, welcome
from app.accounts.passwords import fault_of, passwords_of
from app.accounts.sign_in import LinkExpiredError, SignInFailedError, browser_of
from app.accounts.sign_in_limits import limits_of
from app.accounts.sign_in_links import Invited
from app.core.errors import ConflictError, TooManyRequestsError, UnavailableError
from app.core.forms import read_form
from app.core.pages import render
from app.core.service import service_of
from app.core.writer import WriterError
from problems.text import Language, Text

router = APIRouter(include_in_schema=False)

Refusal: TypeAlias = Literal["wrong", "too-many", "busy", "token"]
Next = Annotated[str | None, Query(alias="next", max_length=500)]

STATUS: Mapping[Refusal, int] = {"wrong": 200, "token": 200, "too-many": 429, "busy": 503}


@router.get("/{language:language}/sign-in")
async def show_sign_in(request: Request, visitor: Visitor, language: Language, next_: Next = None) -> Response:
    if visitor.is_user:
        return RedirectResponse(local(next_) or f"/{language}/account", 303, {"Cache-Control": "no-store"})
    return await _show_sign_in(request, visitor, language, next_)


@router.post("/{language:language}/sign-in")
async def sign_in_by_password(request: Request, visitor: Visitor, language: Language, next_: Next = None) -> Response:
    service = service_of(request)
    sent = await read_form(request)
    email, password = str(sent.get("email", "")), str(sent.get("password", ""))
    show = partial(_show_sign_in, request, visitor, language, next_, email)
    if not is_genuine(request, visitor, sent):
        return await show("token")
    browser = browser_of(request, visitor, claim="claim" in sent)
    try:
        id_ = await sign_in.by_password(
            service, passwords_of(request), limits_of(request), email[:300], password[:1000], browser
        )
    except SignInFailedError:
        return await show("wrong")
    except TooManyRequestsError as error:
        return await show("too-many", error.headers)
    except (WriterError, UnavailableError):
        return await show("busy", {"Retry-After": "2"})
    response = RedirectResponse(local(next_) or f"/{language}", 303)
    sign_in.remember(request, response, service, id_, browser)
    return response


@router.post("/{language:language}/sign-out")
async def sign_out(request: Request, visitor: Visitor, language: Language) -> Response:
    response: Response = RedirectResponse(f"/{language}", 303)
    if visitor.session is None or not is_genuine(request, visitor, await read_form(request)):
        return response
    person_id, id_hash, service = visitor.person_id, visitor.session, service_of(request)

    def job(session: Session) -> None:
        sessions.end(session, id_hash)
        audit.record(session, person_id, "session.end", person_id or "", at=service.clock())

    await service.writer.write(job)
    if getattr(request.state, "frame_ancestors", None) is not None:
        # No other page may be shown in the frame any more: whose it is, the session said.
        request.state.principal = None
        response = render(request, language, "signed_out.html")
    sign_in.forget(request, response)
    return response


@router.get("/{language:language}/sign-in/link/{secret}")
async def show_link(request: Request, visitor: Visitor, language: Language, secret: str) -> Response:
    service = service_of(request)
    invited = await service.database.read(sign_in_links.find, secret, service.clock())
    return _show_link(request, visitor, language, invited)


@router.post("/{language:language}/sign-in/link/{secret}")
async def sign_in_by_link(  # noqa: PLR0911 - one for each way in which it ends
    request: Request, visitor: Visitor, language: Language, secret: str
) -> Response:
    service = service_of(request)
    sent = await read_form(request)
    invited = await service.database.read(sign_in_links.find, secret, service.clock())
    show = partial(_show_link, request, visitor, language, invited, sent)
    if invited is None:
        return show()
    if not is_genuine(request, visitor, sent):
        return show(refusal="token")
    name, email, faults = _details(invited, sent)
    password = str(sent.get("password", ""))
    if (password or not invited.has_password) and (fault := fault_of(password, email=email or invited.email or "")):
        faults["password"] = fault
    if faults:
        return show(faults=faults)
    browser = browser_of(request, visitor, claim="claim" in sent)
    try:
        password_hash = await passwords_of(request).hash(password) if password else None
        id_ = await sign_in.by_link(service, secret, browser, password_hash=password_hash, name=name, email=email)
    except LinkExpiredError:
        return _show_link(request, visitor, language, None)
    except ConflictError:
        return show(faults={"email": people.TAKEN})
    except (WriterError, UnavailableError):
        return show(refusal="busy")
    response = RedirectResponse(f"/{language}", 303)
    sign_in.remember(request, response, service, id_, browser)
    return response


def local(address: str | None) -> str | None:
    """An address on this site, or None: a link must not lead from the sign-in to somewhere else."""
    fits = address is not None and address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if fits and address is not None and address.isprintable() else None


def _details(invited: Invited, sent: Mapping[str, Any]) -> tuple[str | None, str | None, dict[str, Text]]:
    """The name and the address that a link's page asks for where they are missing, and what is wrong with them."""
    faults: dict[str, Text] = {}
    name = email = None
    if not invited.name:
        name = people.normal_name(str(sent.get("name", "")))
        if name is None:
            faults["name"] = Text("Please say what you are called.", "请填写姓名。")
    if invited.email is None:
        email = people.normal_email(str(sent.get("email", "")))
        if email is None:
            faults["email"] = people.NO_ADDRESS
    return name, email, faults


async def _show_sign_in(
    request: Request,
    visitor: Principal,
    language: Language,
    next_: str | None,
    email: str = "",
    refusal: Refusal | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    may_claim = False
    if visitor.via == "guest" and visitor.person_id and not visitor.is_new and refusal != "busy":
        may_claim = await service_of(request).database.read(people.can_be_claimed, visitor.person_id)
    response = render(
        request,
        language,
        "sign_in.html",
        status=STATUS[refusal] if refusal else 200,
        section="account",
        token=token_for(request, visitor),
        next=local(next_),
        email=email,
        refusal=refusal,
        may_claim=may_claim,
    )
    response.headers.update(headers or {})
    welcome(request, response, visitor)
    return response


def _show_link(
    request: Request,
    visitor: Principal,
    language: Language,
    invited: Invited | None,
    sent: Mapping[str, Any] | None = None,
    *,
    faults: Mapping[str, Text] | None = None,
    refusal: Refusal | None = None,
) -> Response:
    response = render(
        request,
        language,
        "sign_in_link.html",
        status=404 if invited is None else STATUS[refusal] if refusal else 200,
        section="account",
        token=token_for(request, visitor),
        invited=invited,
        sent=sent or {},
        faults=faults or {},
        refusal=refusal,
        may_claim=visitor.via == "guest" and not visitor.is_new,
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"  # the address opens an account
    welcome(request, response, visitor)
    return response
