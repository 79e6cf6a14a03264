"""What a verified message says, each claim of the kind that the specification wants (LTI 1.3 core, 5.3 and 5.4).

Claims that a launch can do without, and that are not of their kind, are left out; a platform's slip in one of them is
no reason to turn a student away.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.accounts.secrets import digest
from app.lti import claims as names
from app.lti.refusals import RefusedError

Claims = Mapping[str, Any]

ID_LENGTH = 255
TEXT_LENGTH = 200
URL_LENGTH = 2000
MAX_ROLES = 100
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class InCourse:
    """The context: a course of the platform, and the addresses of its services."""

    id: str
    title: str
    memberships_url: str | None
    line_items_url: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfLink:
    """The resource link; `line_item_url` is its column in the platform's gradebook."""

    id: str
    title: str
    line_item_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`link` is None in a deep-linking request, `deep_linking` (its settings) in any other."""

    issuer: str
    subject: str
    name: str
    deployment_id: str
    message_type: str
    target_link_uri: str
    roles: tuple[str, ...]
    context: InCourse | None
    link: OfLink | None
    custom: Mapping[str, str]
    deep_linking: Mapping[str, Any] | None
    locale: str
    product: str
    return_url: str | None


def read(claims: Claims) -> Message:
    """The message of these claims, whose signature and registered claims have been verified.

    Raises:
        RefusedError: its version or type is another one, or a claim is missing that it must have.

    """
    if claims.get(names.VERSION) != names.LTI_VERSION:
        raise RefusedError("version", f"version is {claims.get(names.VERSION)!r}, and must be '1.3.0'.")
    kind = claims.get(names.MESSAGE_TYPE)
    if not isinstance(kind, str) or kind not in {names.RESOURCE_LINK_REQUEST, names.DEEP_LINKING_REQUEST}:
        raise RefusedError("message-type", f"message_type is {kind!r}.")
    roles = claims.get(names.ROLES)
    if not isinstance(roles, list) or len(roles) > MAX_ROLES or not all(isinstance(role, str) for role in roles):
        raise RefusedError("claims", "roles must be a list of texts.")
    custom = _object(claims, names.CUSTOM)
    is_link = kind == names.RESOURCE_LINK_REQUEST
    return Message(
        issuer=_id(claims, "iss"),
        subject=_id(claims, "sub"),
        name=name_of(claims),
        deployment_id=_id(claims, names.DEPLOYMENT_ID),
        message_type=kind,
        target_link_uri=_url(claims, names.TARGET_LINK_URI) or "",
        roles=tuple(role[:ID_LENGTH] for role in roles),
        context=_context(claims),
        link=_link(claims) if is_link else None,
        custom={name: value for name, value in custom.items() if isinstance(value, str)},
        deep_linking=None if is_link else _deep_linking(claims),
        locale=_text(_object(claims, names.LAUNCH_PRESENTATION), "locale") or _text(claims, "locale"),
        product=_text(_object(claims, names.TOOL_PLATFORM), "product_family_code")[:64],
        return_url=_url(_object(claims, names.LAUNCH_PRESENTATION), "return_url"),
    )


def _context(claims: Claims) -> InCourse | None:
    """The course; a link that stands in none (platforms have them) is a course of its own, by the name of the link."""
    context = _object(claims, names.CONTEXT)
    link = _object(claims, names.RESOURCE_LINK)
    if not context and isinstance(link.get("id"), str):
        context = {"id": f"link-{digest(link['id'])}", "title": link.get("title")}
    if not context:
        return None
    endpoint = _object(claims, names.AGS_ENDPOINT)
    scopes = endpoint.get("scope")
    return InCourse(
        id=_id(context, "id"),
        title=_text(context, "title") or _text(context, "label"),
        memberships_url=_url(_object(claims, names.NRPS_SERVICE), "context_memberships_url"),
        line_items_url=_url(endpoint, "lineitems"),
        scopes=tuple(scope for scope in scopes if isinstance(scope, str)) if isinstance(scopes, list) else (),
    )


def _link(claims: Claims) -> OfLink:
    link = _object(claims, names.RESOURCE_LINK)
    line_item = _url(_object(claims, names.AGS_ENDPOINT), "lineitem")
    return OfLink(id=_id(link, "id"), title=_text(link, "title"), line_item_url=line_item)


def _deep_linking(claims: Claims) -> Mapping[str, Any]:
    settings = _object(claims, names.DEEP_LINKING_SETTINGS)
    types = settings.get("accept_types")
    if _url(settings, "deep_link_return_url") is None or not isinstance(types, list):
        raise RefusedError("claims", "deep_linking_settings must name accept_types and deep_link_return_url.")
    return settings


def name_of(claims: Claims) -> str:
    """The whole name, else its parts in the order in which the platform gives them; some platforms give none."""
    parts = (_text(claims, part) for part in ("given_name", "family_name"))
    return _text(claims, "name") or " ".join(filter(None, parts))[:TEXT_LENGTH]


def _object(claims: Claims, name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def _id(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= ID_LENGTH or not value.isprintable():
        raise RefusedError("claims", f"{name} must be a text of at most {ID_LENGTH} characters.")
    return value


def _text(claims: Claims, name: str) -> str:
    """In one line, without characters that no database holds, cut to what a column holds."""
    value = claims.get(name)
    return " ".join(_CONTROLS.sub(" ", value).split())[:TEXT_LENGTH] if isinstance(value, str) else ""


def _url(claims: Claims, name: str) -> str | None:
    value = claims.get(name)
    if not isinstance(value, str) or len(value) > URL_LENGTH or not (value.isascii() and value.isprintable()):
        return None
    return value if value.startswith(("https://", "http://")) else None
