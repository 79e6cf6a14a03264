"""What stands around every request, as plain ASGI: last resort, security headers, HEAD, bounded bodies.

One `BaseHTTPMiddleware` would cut the throughput to a third; these cost nothing that can be measured.
"""

import asyncio
import logging
import re
from collections.abc import Iterable, Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import ContentTooLargeError, InternalError, RequestTimeoutError, ServiceError
from app.core.problem_details import problem_response

logger = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}

BODY_SECONDS = 20.0


class Guard:
    """Adds the security headers that a response does not set itself, and answers what nothing else has caught.

    No page may be shown in a frame, but for those to which `request.state.frame_ancestors` names the origins that may.
    An exception that gets here is a fault of ours: it is logged, and the client learns nothing but that.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        state = scope.setdefault("state", {})

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                missing = self._missing(message.get("headers", ()), state.get("frame_ancestors"))
                message["headers"] = [*message.get("headers", ()), *missing]
            await send(message)

        try:
            await self._app(scope, receive, send_guarded)
        except Exception:
            logger.exception("Unhandled: %s %r", scope["method"], scope["path"])
            if started:
                raise  # all that is left is to break the connection off
            await problem_response(InternalError())(scope, receive, send_guarded)

    def _missing(
        self, headers: Iterable[tuple[bytes, bytes]], frame_ancestors: str | None
    ) -> list[tuple[bytes, bytes]]:
        present = {name.lower() for name, _ in headers}
        usual = self._headers if frame_ancestors is None else _framed(self._headers, frame_ancestors)
        return [header for header in usual if header[0] not in present]


def _framed(headers: Iterable[tuple[bytes, bytes]], ancestors: str) -> list[tuple[bytes, bytes]]:
    """The headers of a page that these origins may show in a frame."""
    return [
        (name, value.replace(b"frame-ancestors 'none'", b"frame-ancestors " + ancestors.encode()))
        for name, value in headers
    ]


class Head:
    """Answers HEAD as GET without the content (RFC 9110, 9.3.2), since the framework's routes take GET alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_content(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, send_without_content)


class BoundedBody:
    """Reads the whole body before the application sees the request, at most `limit` bytes in at most `seconds`.

    `larger` are limits of addresses that take more, by a regular expression that the whole path matches. A client that
    sends slowly holds a coroutine, and nothing of the application.
    """

    def __init__(
        self, app: ASGIApp, *, limit: int, larger: Mapping[str, int] | None = None, seconds: float = BODY_SECONDS
    ) -> None:
        self._app = app
        self._limit = limit
        self._larger = [(re.compile(path), max(limit, more)) for path, more in (larger or {}).items()]
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._read(scope, receive)
        except TimeoutError:
            error: ServiceError = RequestTimeoutError(f"The body must arrive within {self._seconds:g} seconds.")
            await _refuse(error, scope, receive, send)
        except ContentTooLargeError as too_large:
            await _refuse(too_large, scope, receive, send)
        else:
            if body is not None:
                await self._app(scope, _replay(body, receive), send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body, or None when the client has gone."""
        limit = next((more for path, more in self._larger if path.fullmatch(scope["path"])), self._limit)
        error = ContentTooLargeError(f"At most {limit} bytes are read.")
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if declared.isdigit() and int(declared[:20]) > limit:
            raise error
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > limit:
                raise error
            if not message.get("more_body", False):
                return bytes(body)


def _has_body(scope: Scope) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that hands out the body once and then goes on as before."""
    rest: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return rest.pop() if rest else await receive()

    return replayed


async def _refuse(error: ServiceError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer before the body has been read: the connection can't be used for another request then."""
    response = problem_response(error)
    response.headers["Connection"] = "close"
    await response(scope, receive, send)
