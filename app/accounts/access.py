"""Who is asking. Every route that is not public begins with this; what they may do is a part of each query.

A bearer token counts alone: cookies beside it are ignored. Then the session cookies, that of a frame first, then the
guest cookie.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import sessions, tokens
from app.accounts.cookies import read_cookie
from app.accounts.guests import COOKIE as GUEST_COOKIE
from app.accounts.guests import guests_of
from app.accounts.scopes import MEANING, SCOPES, Scope
from app.core.errors import (
    AccountRequiredError,
    CrossSiteRequestError,
    ForbiddenError,
    InsufficientScopeError,
    InvalidTokenError,
    ServiceError,
)
from app.core.form_token import is_from_here
from app.core.service import Service, service_of
from app.core.writer import WriterError
from problems.text import Text

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
REALM = {"WWW-Authenticate": 'Bearer realm="haitang"'}
INVALID = {"WWW-Authenticate": 'Bearer realm="haitang", error="invalid_token"'}


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who asks for something.

    `person_id` is the id of a user, or of a guest, who may have no row yet; None for a caller who sends nothing.
    `session` is the digest that names the session, for ending it and for binding forms to it.
    """

    person_id: str | None = None
    is_admin: bool = False
    scopes: frozenset[Scope] = frozenset({"read", "attempt"})
    via: Literal["session", "token", "guest", "anonymous"] = "anonymous"
    name: str = ""
    session: str | None = None
    is_new: bool = False  # a guest who has no cookie yet

    @property
    def is_user(self) -> bool:
        return self.via in {"session", "token"}

    @property
    def form_owner(self) -> str | None:
        """To whom tokens in forms are issued: the session, else the guest."""
        return self.session or self.person_id


ANONYMOUS = Principal()


async def principal(request: Request) -> Principal:
    """The dependency of routes.

    Puts itself on `request.state.principal` too, for the header of pages; on `request.state.received_at` the moment of
    arrival: before anything is waited for, since deadlines are held against it; and on `request.state.frame_ancestors`
    who may show the answer in a frame, where the session says so.

    Raises:
        InvalidTokenError: a bearer token is sent that is not valid (any more).
        CrossSiteRequestError: a page of another site makes a signed-in browser change something.

    """
    service = service_of(request)
    request.state.received_at = service.clock()
    found = await _recognise(request, service)
    request.state.principal = found
    return found


async def recognise_lost(request: Request) -> None:
    """Look who asks where no route has, so that the head and the frame of the error's page are right for them.

    Whoever can't be recognised now is nobody: the page tells of something else.
    """
    if not hasattr(request.state, "principal"):
        with suppress(ServiceError, SQLAlchemyError):
            await principal(request)


Caller = Annotated[Principal, Depends(principal)]


async def _recognise(request: Request, service: Service) -> Principal:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await _by_token(service, token.strip())
    for cookie in (sessions.FRAME_COOKIE, sessions.COOKIE):
        if (id_ := read_cookie(request, cookie)) and (found := await _by_session(request, service, id_)):
            if request.method not in SAFE_METHODS and not is_from_here(request):
                raise CrossSiteRequestError("Send this from a page of this site, or with a token.")
            return found
    guest = guests_of(request).read(request)
    return ANONYMOUS if guest is None else Principal(guest, via="guest")


async def _by_token(service: Service, token: str) -> Principal:
    now = service.clock()
    found = await service.database.read(tokens.find, token, now)
    if found is None:
        raise InvalidTokenError("The token is unknown, expired or revoked.", headers=INVALID)
    if found.last_used_at is None or now - found.last_used_at > tokens.TOUCH:
        with suppress(WriterError):  # a full queue is no reason to turn a reader away
            await service.writer.write(partial(tokens.touch, token_id=found.id, now=now))
    return Principal(found.person_id, found.is_admin, frozenset(found.scopes), "token", found.name)


async def _by_session(request: Request, service: Service, id_: str) -> Principal | None:
    now = service.clock()
    found = await service.database.read(sessions.find, id_, service.settings, now)
    if found is None:
        return None
    if now - found.last_seen_at > sessions.TOUCH:
        with suppress(WriterError):
            await service.writer.write(partial(sessions.touch, id_hash=found.id_hash, now=now))
    request.state.frame_ancestors = found.frame_ancestors
    return Principal(found.person_id, found.is_admin, frozenset(SCOPES), "session", found.name, found.id_hash)


def require_scope(principal: Principal, scope: Scope) -> None:
    """Raises InsufficientScopeError: the token was not given this scope."""
    if scope not in principal.scopes:
        sentence = f"This call needs a token with the scope {scope}: {MEANING[scope]}."
        raise InsufficientScopeError(
            sentence, headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}
        )


def require_user(principal: Principal, scope: Scope = "read") -> str:
    """The id of the person who is signed in.

    Raises:
        AccountRequiredError: nobody is.
        InsufficientScopeError: by a token without this scope.

    """
    if not principal.is_user or principal.person_id is None:
        raise AccountRequiredError("Sign in, or send a token.", headers=REALM)
    require_scope(principal, scope)
    return principal.person_id


def require_admin(principal: Principal, scope: Scope = "manage") -> str:
    """The id of the administrator.

    Raises:
        AccountRequiredError, InsufficientScopeError: as `require_user`.
        ForbiddenError: a user, but no administrator.

    """
    person_id = require_user(principal, scope)
    if not principal.is_admin:
        raise ForbiddenError(Text("This is for the administrator.", "这是管理员专用的。"))
    return person_id


SECURITY_SCHEMES = {
    "guestCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": GUEST_COOKIE,
        "description": "Set by the pages, `__Host-guest` over https. Signed; without it a caller is nobody.",
    },
    "sessionCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": sessions.COOKIE,
        "description": "Set by signing in on the pages, `__Host-session` over https.",
    },
    "bearerToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token made on the account page or by `POST /api/v1/tokens`: `haitang_<id>_<secret>`.",
    },
}
USERS: dict[str, Any] = {"security": [{"bearerToken": []}, {"sessionCookie": []}]}
"""`openapi_extra` of a route for people with an account."""
SIGNED_IN = (AccountRequiredError, InvalidTokenError, InsufficientScopeError)
"""For `documented`: how callers are refused who are not, or not enough, known."""
CHANGING = (*SIGNED_IN, CrossSiteRequestError)
ANYBODY: dict[str, Any] = {"security": [{}, {"guestCookie": []}, {"sessionCookie": []}, {"bearerToken": []}]}
"""`openapi_extra` of a route that serves everybody, and knows its own again."""
