"""Platforms by product: where each keeps its endpoints, and what it calls the addresses that it asks for.

`code` is the product's `product_family_code` (LTI 1.3 core, platform claim); Open edX sends none. The endpoints are
templates over `site`, the address of the platform without a slash at its end. Sources: Moodle, mod/lti; Canvas, LTI
Advantage configuration; Open edX, xblock-lti-consumer; Anthology (Blackboard) and D2L, LTI Advantage guides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Address: TypeAlias = Literal["login", "launch", "keyset", "icon"]
"""One of our own addresses, see `app.lti.tool`."""


@dataclass(frozen=True, slots=True)
class Product:
    """`asks`: the platform's own words for each entry of its form, and which of our addresses belongs there."""

    code: str
    name: str
    asks: tuple[tuple[str, Address], ...]
    issuer: str = ""
    authorization_url: str = ""
    token_url: str = ""
    token_audience: str = ""
    keyset_url: str = ""
    registers: bool = field(default=True)  # knows dynamic registration
    takes_url: bool = field(default=True)  # a deep link may name our address
    whole_points: int | None = None  # where a column that a deep link asks for has whole points, at most so many

    @property
    def needs_site(self) -> bool:
        return "{site}" in self.issuer

    def endpoints(self, site: str) -> Mapping[str, str]:
        """What the form of a new platform begins with."""
        site = site.rstrip("/")
        names = ("issuer", "authorization_url", "token_url", "token_audience", "keyset_url")
        templates = {name: getattr(self, name) for name in names}
        return {name: text.replace("{site}", site) for name, text in templates.items() if site or "{site}" not in text}


MOODLE = Product(
    "moodle",
    "Moodle",
    (
        ("Tool URL", "launch"),
        ("Public keyset", "keyset"),
        ("Initiate login URL", "login"),
        ("Redirection URI(s)", "launch"),
        ("Content Selection URL", "launch"),
        ("Icon URL", "icon"),
    ),
    issuer="{site}",
    authorization_url="{site}/mod/lti/auth.php",
    token_url="{site}/mod/lti/token.php",  # noqa: S106 - an address
    keyset_url="{site}/mod/lti/certs.php",
    # Moodle looks up by the address which of its tools a link belongs to, and finds the wrong one of two with our host.
    takes_url=False,
    # The form of an activity refuses all else: loudly for one link, and without a word for several at once.
    whole_points=100,
)
CANVAS = Product(
    "canvas",
    "Canvas",
    (
        ("Redirect URIs", "launch"),
        ("Target Link URI", "launch"),
        ("OpenID Connect Initiation URL", "login"),
        ("Public JWK URL", "keyset"),
        ("Icon URL", "icon"),
    ),
    issuer="https://canvas.instructure.com",
    authorization_url="https://sso.canvaslms.com/api/lti/authorize_redirect",
    token_url="https://sso.canvaslms.com/login/oauth2/token",  # noqa: S106 - an address
    keyset_url="https://sso.canvaslms.com/api/lti/security/jwks",
)
OPEN_EDX = Product(
    "openedx",
    "Open edX",
    (
        ("Launch URL", "launch"),
        ("Registered Redirect URIs", "launch"),
        ("Tool Initiate Login URL (OIDC)", "login"),
        ("Tool Keyset URL", "keyset"),
        ("Deep Linking Launch URL", "launch"),
    ),
    issuer="{site}",
    authorization_url="{site}/api/lti_consumer/v1/launch/",
    token_url="{site}/api/lti_consumer/v1/token/",  # noqa: S106 - an address
    keyset_url="{site}/api/lti_consumer/v1/public_keysets/",
    registers=False,
)
BLACKBOARD = Product(
    "BlackboardLearn",
    "Blackboard",
    (
        ("Login Initiation URL", "login"),
        ("Tool Redirect URL(s)", "launch"),
        ("Tool JWKS URL", "keyset"),
        ("Target Link URI", "launch"),
        ("Icon", "icon"),
    ),
    issuer="https://blackboard.com",
    authorization_url="https://developer.blackboard.com/api/v1/gateway/oidcauth",
    token_url="https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",  # noqa: S106 - an address
    keyset_url="https://developer.blackboard.com/api/v1/management/applications/{client_id}/jwks.json",
)
D2L = Product(
    "desire2learn",
    "D2L Brightspace",
    (
        ("Redirect URLs", "launch"),
        ("OpenID Connect Login URL", "login"),
        ("Target Link URI", "launch"),
        ("Keyset URL", "keyset"),
    ),
    issuer="{site}",
    authorization_url="{site}/d2l/lti/authenticate",
    token_url="https://auth.brightspace.com/core/connect/token",  # noqa: S106 - an address
    token_audience="https://api.brightspace.com/auth/token",  # noqa: S106 - an address
    keyset_url="{site}/d2l/.well-known/jwks",
)
OTHER = Product(
    "",
    "",
    (
        ("Initiate login URL", "login"),
        ("Target link URI", "launch"),
        ("Redirect URI", "launch"),
        ("Deep linking URL", "launch"),
        ("JWKS URL", "keyset"),
        ("Icon", "icon"),
    ),
)

PRODUCTS = (MOODLE, CANVAS, OPEN_EDX, BLACKBOARD, D2L, OTHER)
"""Those with a preset, and last one without."""


def product_of(code: str) -> Product:
    """The product with this family code; `OTHER` for any that has no preset."""
    return next((product for product in PRODUCTS if product.code.lower() == code.lower()), OTHER)
