"""What platforms are told about this service: our addresses, and the configuration that some take as JSON."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request

from app.core.service import service_of
from app.core.settings import Settings
from app.lti import claims

NAME = "Haitang"
ABOUT = "Exercises of a textbook on the mathematics of neural computation, graded as they are answered."
SCOPES = (
    claims.SCOPE_LINE_ITEM,
    claims.SCOPE_LINE_ITEM_READ,
    claims.SCOPE_RESULT_READ,
    claims.SCOPE_SCORE,
    claims.SCOPE_MEMBERSHIPS,
)
CLAIMS = ("iss", "sub", "name", "given_name", "family_name", "locale")  # no address: nobody reads it here
SIZE = 800  # pixels, of the frame in which something is chosen


@dataclass(frozen=True, slots=True)
class Tool:
    """Our addresses, below the one under which people reach the service (`HAITANG_PUBLIC_URL`)."""

    base: str

    @property
    def domain(self) -> str:
        return urlsplit(self.base).netloc

    @property
    def login(self) -> str:
        return f"{self.base}/lti/login"

    @property
    def launch(self) -> str:
        """The target of every message, deep linking too, and the one redirect URI."""
        return f"{self.base}/lti/launch"

    @property
    def keyset(self) -> str:
        return f"{self.base}/lti/jwks"

    @property
    def icon(self) -> str:
        return f"{self.base}/lti/icon.svg"

    def registration(self, invitation: str) -> str:
        return f"{self.base}/lti/register/{invitation}"

    def as_json(self) -> dict[str, Any]:
        return {
            "login_url": self.login,
            "launch_url": self.launch,
            "redirect_urls": [self.launch],
            "deep_linking_url": self.launch,
            "keyset_url": self.keyset,
            "icon_url": self.icon,
            "canvas": self.canvas(),
        }

    def canvas(self) -> dict[str, Any]:
        """What Canvas takes when an LTI key is made by “Paste JSON”."""
        placements = [
            {
                "placement": placement,
                "message_type": claims.DEEP_LINKING_REQUEST,
                "target_link_uri": self.launch,
                "selection_width": SIZE,
                "selection_height": SIZE,
            }
            for placement in ("assignment_selection", "link_selection")
        ]
        return {
            "title": NAME,
            "description": ABOUT,
            "target_link_uri": self.launch,
            "oidc_initiation_url": self.login,
            "public_jwk_url": self.keyset,
            "scopes": list(SCOPES),
            "extensions": [
                {
                    "platform": "canvas.instructure.com",
                    "domain": self.domain,
                    "privacy_level": "name_only",
                    "settings": {"text": NAME, "icon_url": self.icon, "placements": placements},
                }
            ],
        }


def tool_at(settings: Settings, otherwise: str) -> Tool:
    """The tool under its public address, or under the one that a request or the command line names."""
    return Tool((settings.public_url or otherwise).rstrip("/"))


def tool_of(request: Request) -> Tool:
    return tool_at(service_of(request).settings, f"{request.url.scheme}://{request.url.netloc}")
