"""Access tokens of the platforms' services: client credentials with an assertion that our key signs (RFC 7523).

    wanted ──► kept and still good for a while? ──► yes: the same again
                                                └─► no: one request, for which everybody waits who wants the same

A token belongs to one issuer, one client and one set of scopes, and is never used for another. Some platforms' tokens
live an hour, others' a minute: each is used for three quarters of its life, and a full one at most until a minute
before its end. Source: IMS Security Framework 1.0, 4.1; aud is what the platform wants, else its token endpoint.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias
from urllib.parse import urlencode

from joserfc import jwt
from starlette.requests import HTTPConnection

from app.core.ids import new_id
from app.core.outgoing import OutgoingError, Reply
from app.core.service import Service
from app.lti.keys import ALGORITHM, CLOCKS_APART, signing_key
from app.lti.models import Platform

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE = timedelta(minutes=5)
LIFE_UNTOLD = timedelta(minutes=1)
MARGIN = timedelta(minutes=1)
KEPT = 1_000  # tokens in memory

TokenFault: TypeAlias = Literal["unreachable", "refused", "failed", "unreadable", "scope"]


class TokenError(Exception):
    """There is no token.

    `fault`: nobody could be reached; the platform refuses us (4xx), or failed (5xx and all else); its answer is no
    token (HTML, for instance); or it gives less than was asked for. `error` is the platform's own word (RFC 6749, 5.2).
    """

    def __init__(self, fault: TokenFault, detail: str, *, status: int | None = None, error: str = "") -> None:
        super().__init__(detail)
        self.fault: TokenFault = fault
        self.status = status
        self.error = error


@dataclass(frozen=True, slots=True)
class Client:
    """What we are to a platform, as far as tokens are concerned."""

    issuer: str
    client_id: str
    token_url: str
    audience: str

    @classmethod
    def of(cls, platform: Platform) -> Self:
        return cls(
            platform.issuer, platform.client_id, platform.token_url, platform.token_audience or platform.token_url
        )


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    good_until: datetime


_Key: TypeAlias = tuple[Client, frozenset[str]]


class Tokens:
    """The tokens of one process, for one event loop; an async context manager."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kept: dict[_Key, _Token] = {}
        self._asking: dict[_Key, asyncio.Task[str]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def get(self, client: Client, scopes: Collection[str]) -> str:
        """A token for these scopes.

        Raises:
            TokenError: there is none.

        """
        key = (client, frozenset(scopes))
        kept = self._kept.get(key)
        if kept is not None and self._service.clock() < kept.good_until:
            return kept.value
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._ask(key))
            asking.add_done_callback(lambda task: self._asked(key, task))
        # Who stops waiting does not take the token away from the others.
        return await asyncio.shield(asking)

    def forget(self, client: Client, scopes: Collection[str], value: str) -> None:
        """The platform does not take this token any more; another one that came meanwhile is kept."""
        key = (client, frozenset(scopes))
        kept = self._kept.get(key)
        if kept is not None and kept.value == value:
            del self._kept[key]

    def _asked(self, key: _Key, task: "asyncio.Task[str]") -> None:
        del self._asking[key]
        if not task.cancelled():
            task.exception()  # looked at, since everybody may have gone who waited for it

    async def _ask(self, key: _Key) -> str:
        client, scopes = key
        asked_at = self._service.clock()
        try:
            reply = await request_token(self._service, client, scopes)
        except OutgoingError as error:
            raise TokenError("unreachable", f"The token endpoint: {error}") from error
        value, life = _read(reply, scopes)
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[key] = _Token(value, asked_at + max(life * 3 / 4, life - MARGIN))
        return value


def tokens_of(connection: HTTPConnection) -> Tokens:
    """The tokens of the process that answers this request."""
    tokens: Tokens = connection.app.state.lti_tokens
    return tokens


async def request_token(service: Service, client: Client, scopes: Collection[str]) -> Reply:
    """The token endpoint's answer, whatever it is.

    Raises:
        OutgoingError: there is none.

    """
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": await _assertion(service, client),
        "scope": " ".join(sorted(scopes)),
    }
    return await service.outgoing.request(
        "POST",
        client.token_url,
        urlencode(form).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
    )


async def _assertion(service: Service, client: Client) -> str:
    key = await signing_key(service)
    issued = service.clock() - CLOCKS_APART
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": client.audience,
        "iat": int(issued.timestamp()),
        "exp": int((issued + ASSERTION_LIFE).timestamp()),
        "jti": new_id(),
    }
    return jwt.encode({"alg": ALGORITHM, "typ": "JWT", "kid": key.kid}, claims, key)


def _read(reply: Reply, scopes: frozenset[str]) -> tuple[str, timedelta]:
    """The token and its life.

    Raises:
        TokenError: the reply gives none.

    """
    try:
        content: Any = reply.json()
    except ValueError:
        content = None
    told = content if isinstance(content, dict) else {}
    if not reply.is_success:
        error = str(told.get("error", ""))[:100]
        fault: TokenFault = "refused" if 400 <= reply.status < 500 and reply.status not in {408, 429} else "failed"
        said = f": {error}" if error else ""
        raise TokenError(fault, f"The token endpoint answers {reply.status}{said}", status=reply.status, error=error)
    value, kind = told.get("access_token"), str(told.get("token_type", "Bearer"))
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or kind.lower() != "bearer":
        what = "a web page" if b"<html" in reply.body[:1000].lower() else "something else"
        raise TokenError("unreadable", f"The token endpoint answers with {what}, not a token", status=reply.status)
    granted = told.get("scope")
    if isinstance(granted, str) and granted and not scopes <= set(granted.split()):
        raise TokenError("scope", "The platform does not grant all scopes that are needed", status=reply.status)
    return value, _life(told.get("expires_in"))


def _life(seconds: Any) -> timedelta:
    """Some write the number as a text, some leave it out."""
    try:
        return timedelta(seconds=min(max(float(seconds), 0), 86_400))
    except (TypeError, ValueError):
        return LIFE_UNTOLD
