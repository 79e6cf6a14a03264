"""Does a form come from a page of ours: what another site makes a browser send is not an answer.

Two independent checks. Browsers say where a request comes from (`Sec-Fetch-Site`, or `Origin` in older ones), which no
page can forge; and every form holds a token, signed for the guest in whose browser it stands.
"""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

from starlette.requests import Request

LIFETIME = timedelta(hours=24)
PURPOSE = b"haitang form token 1\0"
_MAXIMUM_LENGTH = 80


def issue(key: bytes, person: str, now: datetime) -> str:
    """A token for the forms of this guest: the time in seconds, and an HMAC of it and the guest's id."""
    issued = str(int(now.timestamp()))
    return f"{issued}.{_mac(key, person, issued)}"


def is_valid(key: bytes, token: str, person: str, now: datetime) -> bool:
    """Whether the token was issued to this guest in the last hours."""
    issued, _, mac = token.partition(".")
    if len(token) > _MAXIMUM_LENGTH or not (issued.isascii() and issued.isdigit()):
        return False
    genuine = hmac.compare_digest(mac.encode(), _mac(key, person, issued).encode())
    return genuine and timedelta() <= now - datetime.fromtimestamp(int(issued), tz=now.tzinfo) <= LIFETIME


def _mac(key: bytes, person: str, issued: str) -> str:
    digest = hmac.digest(key, PURPOSE + f"{issued} {person}".encode(), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")


def is_from_here(request: Request) -> bool:
    """Whether the browser says that a page of this site sent the request; old browsers, which say nothing, may."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")
