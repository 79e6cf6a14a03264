"""What all pages share: rendering in the language of the address, versioned static files, error pages.

The language is the first step of every page's address (`/en/…`, `/zh/…`), so that an address always shows the same.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, get_args

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import ServiceError
from app.core.i18n import PACKAGE, TAGS, environment, preferred
from problems.text import LANGUAGES, Language

STATIC = PACKAGE / "static"
FOR_EVER = "public, max-age=31536000, immutable"
_STATIC_HEADERS = (
    (b"cache-control", FOR_EVER.encode()),
    # Public files. A page in a frame with the attribute `sandbox` has an origin of its own, and needs them too.
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


class _LanguageConvertor(Convertor[Language]):
    """`{language:language}` in a path: one of the languages and nothing else, so that other addresses stay free."""

    regex = "|".join(get_args(Language))

    def convert(self, value: str) -> Language:
        return language_or_none(value) or "en"

    def to_string(self, value: Language) -> str:
        return value


register_url_convertor("language", _LanguageConvertor())


def language_or_none(name: str) -> Language | None:
    return next((language for language in LANGUAGES if language == name), None)


def language_of(request: Request) -> Language:
    """The language of the address, else the one that the browser prefers."""
    in_path = language_or_none(request.url.path.split("/")[1])
    return in_path or preferred(request.headers.get("accept-language", ""))


def render(request: Request, language: Language, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """The template as a page. Pages may hold a form that belongs to one browser, so no shared cache keeps them."""
    html = (
        environment(language)
        .get_template(template)
        .render(
            static=static_address(),
            alternates=_alternates(request, language),
            section=context.pop("section", None),
            time_zone=None,  # pages of a course set theirs
            viewer=getattr(request.state, "principal", None),
            is_framed=_is_framed(request),
            **context,
        )
    )
    headers = {"Cache-Control": "private, no-cache", "Content-Language": TAGS[language], "Vary": "Cookie"}
    return HTMLResponse(html, status, headers)


def _is_framed(request: Request) -> bool:
    """Whether the page may be in a frame, and is not known to have a window of its own."""
    may_be = getattr(request.state, "frame_ancestors", None) is not None
    return may_be and request.headers.get("sec-fetch-dest") != "document"


def _alternates(request: Request, language: Language) -> list[tuple[str, str]]:
    """The same page in each language, as (BCP 47 tag, address); none for what can't be opened by its address again."""
    path, query = request.url.path, request.url.query
    if path.split("/")[1] != language or not _is_opened(request):
        return []
    rest = path.removeprefix(f"/{language}")
    return [(TAGS[other], f"/{other}{rest}{'?' if query else ''}{query}") for other in LANGUAGES]


def _is_opened(request: Request) -> bool:
    """Whether the address can be opened, and not only be sent a form."""
    if request.method in {"GET", "HEAD"}:
        return True
    scope = {**request.scope, "method": "GET"}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


def error_page(request: Request, error: ServiceError) -> Response:
    """The error in the language of the page on which it happened."""
    response = render(request, language_of(request), "error.html", status=error.status, error=error)
    response.headers.update(error.headers)
    return response


@cache
def static_address() -> str:
    """Where the static files lie: a change of any of them changes the address, so browsers keep them for ever."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.rglob("*")):
        if file.is_file():
            digest.update(file.relative_to(STATIC).as_posix().encode() + b"\0" + file.read_bytes())
    return f"/static/{digest.hexdigest()[:16]}"


def static_files(folder: Path = STATIC) -> ASGIApp:
    """The files under `static_address`, for mounting there."""
    files = StaticFiles(directory=folder)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_kept(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] in {200, 206, 304}:
                message["headers"] = [*message["headers"], *_STATIC_HEADERS]
            await send(message)

        await files(scope, receive, send_kept)

    return serve
