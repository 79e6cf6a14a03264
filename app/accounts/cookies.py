"""Cookies that say who somebody is: out of reach of scripts and other sites, and over https bound to this host."""

from contextlib import suppress
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from app.core.addresses import is_loopback
from app.core.service import service_of

SECURE_PREFIX = "__Host-"  # browsers take such a cookie over https only, and send it to no other host


def is_secure(connection: HTTPConnection) -> bool:
    return connection.url.scheme in {"https", "wss"}


def cookie_name(connection: HTTPConnection, name: str) -> str:
    return f"{SECURE_PREFIX}{name}" if is_secure(connection) else name


def read_cookie(connection: HTTPConnection, name: str) -> str:
    """The value, or an empty text. A cookie that was set over http does not count over https."""
    return connection.cookies.get(cookie_name(connection, name), "")


def set_framed_cookie(connection: HTTPConnection, response: Response, name: str, value: str, max_age: int) -> None:
    """Set a cookie that is sent in a frame of another site too, and there only under the page that holds the frame.

    `Partitioned` (CHIPS) is what browsers want that block cookies of third parties; Python's own cookies know it from
    3.14 on, so the header is written here. It needs https, or a loopback address. Elsewhere (a trial without TLS) there
    is a plain one beside it, which comes back in a tab, and in a frame of the same host. The value needs no quoting.
    """
    cookie = f"{cookie_name(connection, name)}={value}; HttpOnly; Max-Age={max_age}; Path=/"
    response.headers.append("set-cookie", f"{cookie}; SameSite=None; Secure; Partitioned")
    if not _keeps_secure(connection):
        response.headers.append("set-cookie", cookie)


def set_cookie(connection: HTTPConnection, response: Response, name: str, value: str, max_age: int) -> None:
    """Set it for `max_age` seconds; 0 removes it."""
    response.set_cookie(
        cookie_name(connection, name),
        value,
        max_age=max_age,
        path="/",
        secure=is_secure(connection),
        httponly=True,
        samesite="lax",
    )


def _keeps_secure(connection: HTTPConnection) -> bool:
    """Whether a browser keeps a `Secure` cookie of the address that it knows, which may be that of a proxy."""
    known = urlsplit(service_of(connection).settings.public_url or str(connection.url))
    host = known.hostname or ""
    if known.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return True
    with suppress(ValueError):  # a name
        return is_loopback(host)
    return False
