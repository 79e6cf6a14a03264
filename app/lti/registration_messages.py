"""What the two sides of a dynamic registration tell each other (LTI Dynamic Registration 1.0, 3.5 and 3.7).

The platform's OpenID configuration, our client metadata with the LTI tool configuration in it, and the answer to it.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from app.lti import claims
from app.lti.schemas import Identifier, Url
from app.lti.tool import ABOUT, CLAIMS, NAME, SCOPES, Tool

CANVAS_EXTENSION = "https://canvas.instructure.com/lti/"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"


class Configuration(BaseModel):
    """What is needed of the platform's OpenID configuration."""

    issuer: Identifier
    authorization_endpoint: Url
    token_endpoint: Url
    jwks_uri: Url
    registration_endpoint: Url
    authorization_server: Url | None = None
    scopes_supported: list[str] | None = None
    token_endpoint_auth_methods_supported: list[str] = Field(default=["private_key_jwt"])
    id_token_signing_alg_values_supported: list[str] = Field(default=["RS256"])
    platform: dict[str, Any] = Field(
        default_factory=dict, alias="https://purl.imsglobal.org/spec/lti-platform-configuration"
    )

    @property
    def token_audience(self) -> str | None:
        """The audience of client assertions, where it is not the token endpoint (3.4).

        Canvas names a host here, and takes nothing but its token endpoint's address for an audience.
        """
        server = self.authorization_server
        return server if server and urlsplit(server).scheme else None


class Registered(BaseModel):
    """What is needed of the platform's answer."""

    client_id: Identifier
    tool: dict[str, Any] = Field(default_factory=dict, alias="https://purl.imsglobal.org/spec/lti-tool-configuration")


def client_metadata(tool: Tool, configuration: Configuration) -> Mapping[str, Any]:
    """Our registration: OpenID Connect client metadata, with the LTI tool configuration in it.

    Only scopes that the platform says it has are asked for, since Canvas refuses a registration with any other.
    """
    supported = configuration.scopes_supported
    scopes = [scope for scope in SCOPES if supported is None or scope in supported]
    return {
        "application_type": "web",
        "grant_types": ["client_credentials", "implicit"],
        "response_types": ["id_token"],
        "client_name": NAME,
        "client_uri": tool.base,
        "logo_uri": tool.icon,
        "initiate_login_uri": tool.login,
        "redirect_uris": [tool.launch],
        "jwks_uri": tool.keyset,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        TOOL_CONFIGURATION: {
            "domain": tool.domain,
            "description": ABOUT,
            "target_link_uri": tool.launch,
            "claims": list(CLAIMS),
            # A launch of a resource link is implied; said aloud, it would take the place of the deep link in Canvas.
            "messages": [
                {
                    "type": claims.DEEP_LINKING_REQUEST,
                    "target_link_uri": tool.launch,
                    "label": NAME,
                    "icon_uri": tool.icon,
                    "placements": _placements(configuration),
                }
            ],
        },
    }


def _placements(configuration: Configuration) -> list[str]:
    """Where the platform offers us to those who teach: where contents and, in Canvas, where assignments are added."""
    messages = configuration.platform.get("messages_supported")
    supported: set[str] = set()
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict) and message.get("type") == claims.DEEP_LINKING_REQUEST:
            supported |= set(filter(None, map(text, message.get("placements") or ())))
    wanted = ("ContentArea", "link_selection", "assignment_selection")
    # Canvas writes the names of its own placements as addresses, in newer versions.
    named = (each for name in wanted for each in (name, f"{CANVAS_EXTENSION}{name}"))
    return [placement for placement in named if placement in supported] or ["ContentArea"]


def text(value: object) -> str:
    """A text of a platform in one line, of characters that can be shown and stored; empty when it is none."""
    line = " ".join(value.split()) if isinstance(value, str) else ""
    return "".join(filter(str.isprintable, line))
