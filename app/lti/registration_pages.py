"""The address at which a platform registers itself. It is opened in a frame or a window of the platform."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, Response

from app.core.pages import STATIC, language_of, render
from app.core.service import service_of
from app.lti import registration
from app.lti.platforms import PlatformView
from app.lti.registration import RegistrationError, UnknownInvitationError
from app.lti.tool import tool_of
from problems.text import Text

router = APIRouter(include_in_schema=False)

VISIBLE = "^[!-~]*$"
HEADERS = {
    "Cross-Origin-Opener-Policy": "unsafe-none",  # a platform that opened a window hears from it when all is done
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address holds the invitation
}


@router.get("/lti/register/{invitation}")
async def register(
    request: Request,
    invitation: str,
    openid_configuration: Annotated[str | None, Query(max_length=2000, pattern=VISIBLE)] = None,
    registration_token: Annotated[str | None, Query(max_length=10_000, pattern=VISIBLE)] = None,
) -> Response:
    """Registers the platform that comes with its configuration; without one, says where this address belongs."""
    service = service_of(request)
    if not openid_configuration:
        is_open = await service.database.read(registration.is_open, invitation, service.clock())
        return _page(request, status=200 if is_open else 404, is_open=is_open)
    try:
        made = await registration.register(
            service, tool_of(request), invitation, openid_configuration, registration_token
        )
    except RegistrationError as error:
        return _page(request, status=404 if isinstance(error, UnknownInvitationError) else 422, fault=error.text)
    return _page(request, made=made)


@router.get("/lti/icon.svg")
async def show_icon() -> Response:
    """Under an address that stays, for the pages of platforms."""
    headers = {"Cache-Control": "public, max-age=86400", "Cross-Origin-Resource-Policy": "cross-origin"}
    return FileResponse(STATIC / "icon.svg", headers=headers)


def _page(
    request: Request,
    *,
    status: int = 200,
    is_open: bool = False,
    made: PlatformView | None = None,
    fault: Text | None = None,
) -> Response:
    # Which page will frame this one is not known before the platform is. Who would trick somebody into opening it in a
    # frame needs the invitation, and could as well use that up.
    request.state.frame_ancestors = "*"
    context = {"is_open": is_open, "made": made, "fault": fault}
    response = render(request, language_of(request), "lti_register.html", status=status, **context)
    response.headers.update(HEADERS)
    return response
