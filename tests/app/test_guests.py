"""The guest cookie: signed, bound to the scheme, out of reach of scripts."""

from http.cookies import SimpleCookie

import pytest
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.guests import MAX_AGE, Guests
from app.core.ids import new_id

GUESTS = Guests(b"a key of the tests, long enough!")


def request(scheme: str = "http", cookie: str = "") -> Request:
    headers = [(b"host", b"haitang.test"), (b"cookie", cookie.encode("latin-1"))]
    return Request({"type": "http", "scheme": scheme, "path": "/", "headers": headers, "server": ("haitang.test", 80)})


def cookie_of(scheme: str, person: str):
    response = Response()
    GUESTS.remember(request(scheme), response, person)
    ((name, morsel),) = SimpleCookie(response.headers["set-cookie"]).items()
    return name, morsel


@pytest.mark.parametrize(("scheme", "name", "secure"), [("http", "guest", ""), ("https", "__Host-guest", True)])
def test_a_guest_is_known_again_by_the_cookie(scheme, name, secure):
    person = new_id()
    named, morsel = cookie_of(scheme, person)
    assert (named, morsel["secure"], morsel["httponly"], morsel["samesite"]) == (name, secure, True, "lax")
    assert (morsel["path"], morsel["domain"], morsel["max-age"]) == ("/", "", str(MAX_AGE))
    assert GUESTS.read(request(scheme, f"{name}={morsel.value}")) == person


def test_without_a_cookie_nobody_is_known():
    assert GUESTS.read(request()) is None


def test_any_change_of_the_cookie_is_noticed():
    _, morsel = cookie_of("http", new_id())
    for place, character in enumerate(morsel.value):
        changed = morsel.value[:place] + ("a" if character != "a" else "b") + morsel.value[place + 1 :]
        assert GUESTS.read(request(cookie=f"guest={changed}")) is None
    assert Guests(b"another key").read(request(cookie=f"guest={morsel.value}")) is None


def test_a_cookie_from_http_does_not_count_over_https():
    _, morsel = cookie_of("http", new_id())
    assert GUESTS.read(request("https", f"guest={morsel.value}")) is None
