"""The deep-linking response: what was picked, as content items in a message that our key signs.

Source: LTI Deep Linking 2.0, 3.2 (content items) and 4 (messages). A resource link names its assignment in `custom`,
which the platform keeps and hands back at every launch, in copies of the course too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jwt

from app.accounts.secrets import new_secret
from app.core.service import Service
from app.courses.models import Assignment
from app.lti import claims
from app.lti.keys import ALGORITHM, CLOCKS_APART, signing_key
from app.lti.products import Product, product_of
from app.lti.tool import Tool

LIFETIME = timedelta(minutes=5)
LINK = "ltiResourceLink"
TAG = "haitang"


@dataclass(frozen=True, slots=True)
class Asked:
    """The platform's wishes: the settings claim of its request."""

    settings: Mapping[str, Any]

    @property
    def return_url(self) -> str:
        return str(self.settings["deep_link_return_url"])

    @property
    def accepts_links(self) -> bool:
        return LINK in self.settings.get("accept_types", ())

    @property
    def accepts_several(self) -> bool:
        """Off unless it is said: a platform that takes one link may drop the others."""
        return self.settings.get("accept_multiple") in {True, "true"}

    @property
    def accepts_line_items(self) -> bool:
        return self.settings.get("accept_lineitem", True) not in {False, "false"}


@dataclass(frozen=True, slots=True)
class Picked:
    """An assignment to link to, and the sum of its items' points."""

    assignment: Assignment
    points: float


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom the response goes."""

    issuer: str
    client_id: str
    deployment_id: str
    product: str


def content_item(picked: Picked, recipient: Recipient, tool: Tool, *, line_item: bool) -> dict[str, Any]:
    """A resource link; without points there is nothing to be graded, so that it gets no line item."""
    assignment = picked.assignment
    product = product_of(recipient.product)
    item: dict[str, Any] = {
        "type": LINK,
        "title": assignment.title,
        "custom": {claims.ASSIGNMENT: assignment.id},
    }
    if product.takes_url:
        item["url"] = tool.launch
    if line_item and picked.points > 0:
        item["lineItem"] = {
            "scoreMaximum": _maximum(picked.points, product),
            "label": assignment.title,
            "resourceId": assignment.id,
            "tag": TAG,
        }
    # Not available.endDateTime: platforms shut the link then, and students shall still see how it was solved.
    available = {"startDateTime": _instant(assignment.opens_at)} if assignment.opens_at else {}
    submission = available | (
        {"endDateTime": _instant(end)} if (end := assignment.due_at or assignment.closes_at) else {}
    )
    return item | ({"available": available} if available else {}) | ({"submission": submission} if submission else {})


def _maximum(points: float, product: Product) -> float:
    """Of the platform's column; each score comes with its own maximum, and the platform scales it to this one."""
    if product.whole_points is not None and not (points.is_integer() and points <= product.whole_points):
        return product.whole_points
    # A whole number is written as one: some platforms keep no other.
    return int(points) if points.is_integer() else points


async def response(service: Service, recipient: Recipient, asked: Asked, items: Sequence[Mapping[str, Any]]) -> str:
    """The message as a JWT, for the field `JWT` of a form that is posted to `asked.return_url`."""
    key, issued = await signing_key(service), service.clock() - CLOCKS_APART
    message = {
        "iss": recipient.client_id,
        "aud": [recipient.issuer],
        "sub": recipient.client_id,
        "iat": int(issued.timestamp()),
        "exp": int((issued + LIFETIME).timestamp()),
        "nonce": new_secret(),
        claims.MESSAGE_TYPE: claims.DEEP_LINKING_RESPONSE,
        claims.VERSION: claims.LTI_VERSION,
        claims.DEPLOYMENT_ID: recipient.deployment_id,
        claims.CONTENT_ITEMS: list(items),
    }
    if (data := asked.settings.get("data")) is not None:
        message[claims.DATA] = data
    return jwt.encode({"alg": ALGORITHM, "typ": "JWT", "kid": key.kid}, message, key)


def _instant(date: datetime) -> str:
    """ISO 8601 in UTC, with whole seconds: Canvas reads no fractions."""
    return date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
