"""The addresses that platforms know: login, launch, key set; and the page of those for whom there is nothing yet."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.accounts import sessions
from app.accounts.account_pages import User
from app.accounts.cookies import cookie_name, read_cookie, set_framed_cookie
from app.accounts.guests import guests_of
from app.accounts.secrets import digest, new_secret
from app.accounts.sign_in import remember_session
from app.core.forms import read_form
from app.core.pages import language_of, render
from app.core.service import service_of
from app.lti import frames, keys, logins
from app.lti.keysets import Keysets
from app.lti.launch import Browser, launch
from app.lti.logins import Initiation, Login
from app.lti.models import Platform
from app.lti.refusals import RefusedError
from app.lti.refused_lately import refused_lately
from app.lti.tool import tool_of
from problems.text import Language

router = APIRouter(include_in_schema=False)

MARK = "cookie"  # the parameter of the login's second step: which cookie the first one has set
COOKIE = "lti-login-"
_MARK = re.compile("[0-9a-f]{16}")
KEYS_KEPT = 600  # seconds that platforms may keep our key set
STATUS = {"keyset": 502, "used-state": 409, "unknown-state": 400, "unknown-platform": 404}
MAX_FIELD = 100_000  # characters


@router.get("/lti/jwks")
async def show_keys(request: Request) -> Response:
    headers = {"Cache-Control": f"public, max-age={KEYS_KEPT}", "Access-Control-Allow-Origin": "*"}
    return JSONResponse(await keys.public_jwks(service_of(request)), headers=headers)


@router.get("/lti/login")
async def begin_login(request: Request) -> Response:
    return await _login(request, dict(request.query_params))


@router.post("/lti/login")
async def begin_login_by_form(request: Request) -> Response:
    return await _login(request, dict(await read_form(request)))


async def _login(request: Request, sent: Mapping[str, Any]) -> Response:
    service, tool = service_of(request), tool_of(request)
    request.state.lti_issuer = str(sent.get("iss", ""))
    initiation = logins.read_initiation(sent)
    logins.require_own(initiation.target_link_uri, tool)
    platform = await service.database.read(logins.platform_of, initiation)
    mark = str(sent.get(MARK, ""))
    if not _MARK.fullmatch(mark):
        return _with_cookie(request, initiation)
    browser = read_cookie(request, COOKIE + mark)
    key, secret = guests_of(request).key, browser or new_secret()
    state = logins.state_of(key, initiation, platform, secret, service.clock())
    address = logins.address_of(key, tool, initiation, platform, state)
    if browser:
        return RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    again = f"/lti/login?{initiation.as_query()}"
    if not initiation.lti_storage_target:
        return _page(request, "lti_new_tab.html", again=again)
    storage = _storage(platform, state, initiation.lti_storage_target)
    return _page(request, "lti_store.html", again=again, address=address, secret=secret, storage=storage)


def _with_cookie(request: Request, initiation: Initiation) -> Response:
    """Set a cookie of this login's own, and see with the next request whether the browser kept it."""
    mark = secrets.token_hex(8)
    address = f"/lti/login?{initiation.as_query()}&{MARK}={mark}"
    response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    lifetime = int(logins.LIFETIME.total_seconds())
    set_framed_cookie(request, response, COOKIE + mark, new_secret(), lifetime)
    return response


@router.post("/lti/launch")
async def receive_launch(request: Request) -> Response:
    """The authorization endpoint's answer: `state` with an `id_token`, or with an `error`."""
    service, sent = service_of(request), await read_form(request)
    state, token = (str(sent.get(name, ""))[:MAX_FIELD] for name in ("state", "id_token"))
    login, platform = await service.database.read(logins.find, guests_of(request).key, state, service.clock())
    request.state.lti_issuer = platform.issuer
    if "error" in sent:
        said = " ".join(f"{sent.get('error', '')} {sent.get('error_description', '')}".split())
        raise RefusedError("platform-error", said[:500])
    if not token:
        raise RefusedError("launch-incomplete", "id_token is missing.")
    cookie = _login_cookie(request, login)
    if cookie is None and login.storage_target and "browser" not in sent:
        storage = _storage(platform, state, login.storage_target)
        return _page(request, "lti_fetch.html", state=state, token=token, storage=storage)
    if cookie is None and not (
        login.storage_target and _is_ours(request) and _fits(str(sent.get("browser", "")), login)
    ):
        raise RefusedError("other-browser", "The cookie of this login did not come back.")
    # A browser that does not say where it shows the page may show it in a frame; the cookie for frames serves both.
    framed = request.headers.get("sec-fetch-dest") != "document"
    browser = Browser(
        framed=framed,
        session_id=read_cookie(request, sessions.FRAME_COOKIE if framed else sessions.COOKIE),
        user_agent=request.headers.get("user-agent", ""),
        language=language_of(request),
    )
    landing = await launch(service, keysets_of(request), login, platform, token, browser)
    response = RedirectResponse(landing.address, 303, {"Cache-Control": "no-store"})
    remember_session(request, response, service.settings, landing.session_id, framed=framed)
    if cookie is not None:
        set_framed_cookie(request, response, cookie, "", 0)
    return response


@router.get("/{language:language}/lti/waiting")
async def show_waiting(request: Request, _user: User, language: Language) -> Response:
    """Where a student lands whose teacher has not chosen an assignment for the link, or not published it."""
    return render(request, language, "lti_waiting.html", section="courses")


async def show_refusal(request: Request, error: Exception) -> Response:
    """The handler of `RefusedError`: says what went wrong, and what to send to whoever can help."""
    if not isinstance(error, RefusedError):
        raise error
    now = service_of(request).clock()
    refused_lately(request).note(error, getattr(request.state, "lti_issuer", ""), now)
    return _page(request, "lti_refused.html", STATUS.get(error.reason, 403), error=error, now=now)


def keysets_of(request: Request) -> Keysets:
    keysets: Keysets = request.app.state.keysets
    return keysets


def _login_cookie(request: Request, login: Login) -> str | None:
    """The name of the cookie, without its prefix, that shows that the login began in this browser."""
    prefix = cookie_name(request, COOKIE)
    ours = ((name, value) for name, value in request.cookies.items() if name.startswith(prefix))
    return next((COOKIE + name.removeprefix(prefix) for name, value in ours if _fits(value, login)), None)


def _fits(secret: str, login: Login) -> bool:
    return digest(secret) == login.browser_hash


def _is_ours(request: Request) -> bool:
    """Whether a page of ours sent the form, as far as the browser says.

    Whoever begins a login knows its secret, and could make somebody else's browser finish it as themself. `Origin`
    says nothing here: it is "null" for forms of pages that send no referrer.
    """
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _storage(platform: Platform, state: str, target: str) -> dict[str, str]:
    """What the scripts need to talk to the platform's storage: its origin, the frame that keeps it, the key."""
    origin = frames.origin_of(platform.authorization_url) or ""
    return {"origin": origin, "target": target, "key": f"lti_state_{digest(state)[:32]}"}


def _page(request: Request, template: str, status: int = 200, **context: Any) -> Response:
    """A page on the way, which any page may frame: on it nothing of anybody's can be seen or changed."""
    request.state.frame_ancestors = frames.ANYBODY
    response = render(request, language_of(request), template, status=status, **context)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"  # the platform's storage may be in the opener
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
