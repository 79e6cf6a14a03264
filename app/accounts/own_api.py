"""/api/v1/me/password and /api/v1/me/sessions: one's own password, and the browsers in which one is signed in."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts import audit, people, sessions
from app.accounts.access import CHANGING, SIGNED_IN, USERS, Caller, require_user
from app.accounts.api import BODY_ERRORS
from app.accounts.passwords import MAX_LENGTH, MIN_LENGTH, WRONG, fault_of, passwords_of
from app.accounts.sign_in import knows_password
from app.core import errors
from app.core.errors import Fault, InvalidRequestError
from app.core.json_body import Body, body_of, private_json, read_body
from app.core.problem_details import documented
from app.core.service import service_of
from problems.text import Text

router = APIRouter(prefix="/api/v1/me", tags=["accounts"])

_NONE = Text(
    "You have no password yet; set the first one on the account page.", "你还没有密码，请先在账号页面设置密码。"
)


class PasswordRequest(Body):
    """Another password. Its length counts, not the kinds of its characters."""

    current: str = Field(max_length=1000)
    password: str = Field(max_length=1000, description=f"{MIN_LENGTH} to {MAX_LENGTH} characters")


class PasswordOut(BaseModel):
    changed_at: datetime


class SessionOut(BaseModel):
    """A browser in which one is signed in."""

    user_agent: str = Field(description="what the browser calls itself")
    created_at: datetime
    last_seen_at: datetime = Field(description="exact to some minutes")
    expires_at: datetime
    current: bool = Field(description="whether the call comes from this very browser")


class Sessions(BaseModel):
    items: list[SessionOut]


class Ended(BaseModel):
    count: int


@router.put(
    "/password",
    operation_id="changePassword",
    summary="Change one's own password",
    description="Ends the sessions of all other browsers; tokens go on. The first password is set on the page.",
    response_model=PasswordOut,
    responses=documented(*CHANGING, *BODY_ERRORS, errors.TooManyRequestsError, errors.UnavailableError),
    openapi_extra=USERS | body_of(PasswordRequest),
)
async def change_password(request: Request, caller: Caller) -> Response:
    person_id, service = require_user(caller, "manage"), service_of(request)
    body = await read_body(request, PasswordRequest)
    person = await service.database.read(people.get, person_id)
    if person.password_hash is None:
        raise InvalidRequestError("There is no password to change.", [Fault(_NONE, pointer="/current")])
    if not await knows_password(request, person, body.current):
        raise InvalidRequestError("The password was not changed.", [Fault(WRONG, pointer="/current")])
    if sentence := fault_of(body.password, email=person.email or ""):
        raise InvalidRequestError("The password was not changed.", [Fault(sentence, pointer="/password")])
    hashed, now = await passwords_of(request).hash(body.password), service.clock()
    await service.writer.write(
        lambda session: people.set_password(session, person_id, hashed, now, keep_session=caller.session)
    )
    return private_json({"changed_at": now})


@router.get(
    "/sessions",
    operation_id="listSessions",
    summary="The browsers in which one is signed in, the one used last first",
    response_model=Sessions,
    responses=documented(*SIGNED_IN, errors.UnavailableError),
    openapi_extra=USERS,
)
async def list_sessions(request: Request, caller: Caller) -> Response:
    person_id, service = require_user(caller), service_of(request)
    found = await service.database.read(sessions.list_sessions, person_id, service.settings, service.clock())
    shown = [
        {
            "user_agent": each.user_agent,
            "created_at": each.created_at,
            "last_seen_at": each.last_seen_at,
            "expires_at": each.expires_at,
            "current": each.id_hash == caller.session,
        }
        for each in found
    ]
    return private_json({"items": shown})


@router.delete(
    "/sessions",
    operation_id="endSessions",
    summary="Sign out everywhere else",
    description="Ends the sessions of all browsers but the one that asks. Tokens go on.",
    response_model=Ended,
    responses=documented(*CHANGING, errors.UnavailableError),
    openapi_extra=USERS,
)
async def end_sessions(request: Request, caller: Caller) -> Response:
    person_id, service = require_user(caller, "manage"), service_of(request)
    now = service.clock()

    def job(session: Session) -> int:
        found = sessions.list_sessions(session, person_id, service.settings, now)
        sessions.end_all(session, person_id, but=caller.session)
        audit.record(session, person_id, "session.end-others", person_id, at=now)
        return sum(each.id_hash != caller.session for each in found)

    return private_json({"count": await service.writer.write(job)})


BODIES: list[type[BaseModel]] = [PasswordRequest]
_AT = "2026-03-02T08:15:30Z"
EXAMPLES: Mapping[str, Callable[[], Any]] = {
    "changePassword": lambda: {"changed_at": _AT},
    "listSessions": lambda: {
        "items": [
            {
                "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "created_at": _AT,
                "last_seen_at": "2026-03-03T10:00:00Z",
                "expires_at": "2026-04-01T08:15:30Z",
                "current": False,
            }
        ]
    },
    "endSessions": lambda: {"count": 1},
}
