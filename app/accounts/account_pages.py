"""The account: the password, the browsers that are signed in, the tokens; and for administrators, the people."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.accounts import audit, people, sessions, sign_in_links, tokens
from app.accounts.access import Caller, Principal, require_admin
from app.accounts.forms import is_genuine, token_for
from app.accounts.passwords import WRONG, fault_of, passwords_of
from app.accounts.people_api import known_person
from app.accounts.scopes import SCOPES
from app.accounts.sign_in import knows_password
from app.core.errors import ConflictError, ForbiddenError
from app.core.forms import read_form
from app.core.pages import language_of, render
from app.core.pagination import Cursor, decode_id, next_cursor
from app.core.service import service_of
from problems.text import Language, Text

router = APIRouter(include_in_schema=False)

OLD_FORM = Text(
    "The form was too old, or did not come from this site. Open the page again.",
    "这个表单已过期，或者不是从本站发出的。请重新打开页面。",
)
SHOWN = 50  # people on one page of the list
LIFETIMES = (30, 90, 180, 366)  # days that a token may live, as the page offers them


class SignInFirst(Exception):  # noqa: N818 - what to do, not what went wrong
    """A page for people with an account is opened by nobody in particular: they are sent to sign in, and come back."""

    def __init__(self, address: str) -> None:
        self.address = address


async def user(request: Request, caller: Caller) -> Principal:
    """The caller of a page for people with an account; others are sent to the sign-in."""
    if caller.via != "session":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raise SignInFirst(f"/{language_of(request)}/sign-in?next={quote(back, safe='/')}")
    return caller


User = Annotated[Principal, Depends(user)]


async def send_to_sign_in(_request: Request, raised: Exception) -> Response:
    """The handler of `SignInFirst`."""
    address = raised.address if isinstance(raised, SignInFirst) else "/"
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


async def genuine_form(request: Request, user: User) -> FormData:
    """What a form of ours sent.

    Raises:
        ForbiddenError: it is no form of ours, or too old; the page is opened anew then.

    """
    sent = await read_form(request)
    if not is_genuine(request, user, sent):
        raise ForbiddenError(OLD_FORM)
    return sent


Form = Annotated[FormData, Depends(genuine_form)]


@router.get("/{language:language}/account")
async def show_account(request: Request, user: User, language: Language, done: str | None = None) -> Response:
    return await _show_account(request, user, language, done=done)


@router.post("/{language:language}/account/password")
async def change_password(request: Request, user: User, sent: Form, language: Language) -> Response:
    service = service_of(request)
    person = await service.database.read(people.get, user.person_id or "")
    current, wanted = str(sent.get("current", ""))[:1000], str(sent.get("password", ""))
    if person.password_hash is not None and not await knows_password(request, person, current):
        return await _show_account(request, user, language, faults={"current": WRONG})
    if fault := fault_of(wanted, email=person.email or ""):
        return await _show_account(request, user, language, faults={"password": fault})
    password_hash = await passwords_of(request).hash(wanted)
    await service.writer.write(
        lambda session: people.set_password(
            session, person.id, password_hash, service.clock(), keep_session=user.session
        )
    )
    return RedirectResponse(f"/{language}/account?done=password", 303)


@router.post("/{language:language}/account/sessions/end")
async def end_other_sessions(request: Request, user: User, _sent: Form, language: Language) -> Response:
    person_id, service = user.person_id or "", service_of(request)

    def job(session: Session) -> None:
        sessions.end_all(session, person_id, but=user.session)
        audit.record(session, person_id, "session.end-others", person_id, at=service.clock())

    await service.writer.write(job)
    return RedirectResponse(f"/{language}/account?done=sessions", 303)


@router.get("/{language:language}/account/tokens")
async def show_tokens(request: Request, user: User, language: Language) -> Response:
    return await _show_tokens(request, user, language)


@router.post("/{language:language}/account/tokens")
async def create_token(request: Request, user: User, sent: Form, language: Language) -> Response:
    """Shows the token with the response: a redirect would have to keep it somewhere."""
    name = " ".join(str(sent.get("name", "")).split())
    scopes = [scope for scope in SCOPES if scope in sent.getlist("scopes")]
    days = next((each for each in LIFETIMES if str(each) == sent.get("days")), LIFETIMES[1])
    faults: dict[str, Text] = {}
    if not 0 < len(name) <= 100:
        faults["name"] = Text("Give the token a name, so that you know it again.", "请给令牌起个名字，以便日后辨认。")
    if not scopes:
        faults["scopes"] = Text("Choose at least one.", "请至少选择一项。")
    if faults:
        return await _show_tokens(request, user, language, faults=faults)
    person_id, service = user.person_id or "", service_of(request)

    def job(session: Session) -> str:
        return tokens.create(session, person_id, name, scopes, service.clock(), timedelta(days=days))[1]

    return await _show_tokens(request, user, language, made=await service.writer.write(job))


@router.post("/{language:language}/account/tokens/{token_id}/revoke")
async def revoke_token(request: Request, user: User, _sent: Form, language: Language, token_id: str) -> Response:
    person_id, service = user.person_id or "", service_of(request)
    await service.writer.write(lambda session: tokens.revoke(session, person_id, token_id, service.clock()))
    return RedirectResponse(f"/{language}/account/tokens", 303)


@router.get("/{language:language}/people")
async def show_people(
    request: Request,
    user: User,
    language: Language,
    search: Annotated[str, Query(max_length=200)] = "",
    cursor: Cursor = None,
    done: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    require_admin(user)
    return await _show_people(request, user, language, search=search, cursor=cursor, done=done)


@router.post("/{language:language}/people")
async def create_person(request: Request, user: User, sent: Form, language: Language) -> Response:
    actor, service = require_admin(user), service_of(request)
    name, email = people.normal_name(str(sent.get("name", ""))), people.normal_email(str(sent.get("email", "")))
    if name is None or email is None:
        fault = Text("A name and an e-mail address are needed.", "需要填写姓名和邮箱地址。")
        return await _show_people(request, user, language, fault=fault)

    def job(session: Session) -> str:
        now = service.clock()
        person_id = people.create(session, actor, now, name=name, email=email, is_admin="is_admin" in sent)
        return sign_in_links.create(session, person_id, "invitation", now, sign_in_links.INVITATION_LIFETIME)

    try:
        secret = await service.writer.write(job)
    except ConflictError:
        return await _show_people(request, user, language, fault=people.TAKEN)
    return await _show_people(request, user, language, link=sign_in_links.path_of(secret, language))


@router.post("/{language:language}/people/{person_id}/link")
async def create_link(request: Request, user: User, _sent: Form, language: Language, person_id: str) -> Response:
    actor, id_, service = require_admin(user), known_person(person_id), service_of(request)

    def job(session: Session) -> str:
        people.get_kept(session, id_)
        audit.record(session, actor, "sign-in-link.create", id_, at=service.clock())
        return sign_in_links.create(session, id_, "reset", service.clock())

    secret = await service.writer.write(job)
    return await _show_people(request, user, language, link=sign_in_links.path_of(secret, language))


async def _show_account(
    request: Request,
    user: Principal,
    language: Language,
    *,
    faults: Mapping[str, Text] | None = None,
    done: str | None = None,
) -> Response:
    service = service_of(request)
    now = service.clock()

    def read(session: Session) -> dict[str, Any]:
        person_id = user.person_id or ""
        return {
            "person": people.get(session, person_id),
            "browsers": sessions.list_sessions(session, person_id, service.settings, now),
        }

    return render(
        request,
        language,
        "account.html",
        section="account",
        token=token_for(request, user),
        faults=faults or {},
        done=done,
        current_session=user.session,
        **await service.database.read(read),
    )


async def _show_tokens(
    request: Request,
    user: Principal,
    language: Language,
    *,
    made: str | None = None,
    faults: Mapping[str, Text] | None = None,
) -> Response:
    service = service_of(request)
    response = render(
        request,
        language,
        "tokens.html",
        section="account",
        token=token_for(request, user),
        tokens=await service.database.read(tokens.list_tokens, user.person_id or "", limit=100),
        now=service.clock(),
        made=made,
        faults=faults or {},
        scopes=SCOPES,
        lifetimes=LIFETIMES,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


async def _show_people(
    request: Request,
    user: Principal,
    language: Language,
    *,
    search: str = "",
    cursor: str | None = None,
    fault: Text | None = None,
    link: str | None = None,
    done: str | None = None,
) -> Response:
    before = decode_id(cursor)
    found = await service_of(request).database.read(people.list_people, limit=SHOWN + 1, before=before, search=search)
    response = render(
        request,
        language,
        "people.html",
        section="people",
        token=token_for(request, user),
        people=found[:SHOWN],
        older=next_cursor(found, SHOWN, lambda each: each.id),
        search=search,
        fault=fault,
        link=link,
        done=done,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
