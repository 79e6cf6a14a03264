"""Guests: people who practise without an account, known by a signed cookie and nothing else.

Pages set the cookie; the API only honours it. It holds a fresh id and an HMAC of it, so that the server need not
remember guests who never answer: the row of a person is made with the first stored attempt.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, or_, select
from starlette.requests import HTTPConnection
from starlette.responses import Response

from app.accounts.cookies import read_cookie, set_cookie
from app.accounts.models import Person

COOKIE = "guest"  # over https `__Host-guest`
MAX_AGE = 400 * 24 * 3600  # seconds; browsers cut longer ones to 400 days
PURPOSE = b"haitang guest cookie 1\0"
ID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Guests:
    """Makes and reads guest cookies. `key` is the signing key of the service."""

    key: bytes

    def read(self, connection: HTTPConnection) -> str | None:
        """The id of the guest who sent the request; None without a cookie that this server signed."""
        value = read_cookie(connection, COOKIE)
        person, _, mac = value.partition(".")
        genuine = len(person) == ID_LENGTH and hmac.compare_digest(mac.encode(), self._mac(person).encode())
        return person if genuine else None

    def remember(self, connection: HTTPConnection, response: Response, person: str) -> None:
        """Set the cookie on a response; over https as a `__Host-` cookie that is never sent in the clear."""
        set_cookie(connection, response, COOKIE, f"{person}.{self._mac(person)}", MAX_AGE)

    @staticmethod
    def forget(connection: HTTPConnection, response: Response) -> None:
        """Remove the cookie, once the guest's attempts belong to an account: the next guest is somebody else."""
        set_cookie(connection, response, COOKIE, "", 0)

    def _mac(self, person: str) -> str:
        digest = hmac.digest(self.key, PURPOSE + person.encode(), "sha256")
        return urlsafe_b64encode(digest).decode().rstrip("=")


def identities(person_id: str) -> Select[str]:
    """The ids under which this person's attempts are stored: their own, and those of the guests that they were.

    A guest who was claimed, or closed with the account that had claimed it, has none: a copy of its cookie opens
    nothing.
    """
    own = and_(Person.id == person_id, or_(Person.kind == "user", ~closed_guest()))
    return select(Person.id).where(or_(own, Person.claimed_by == person_id))


def closed_guest() -> ColumnElement[bool]:
    """Whether a guest belongs to an account, or did."""
    return or_(Person.claimed_by.is_not(None), Person.forgotten_at.is_not(None))


def guests_of(connection: HTTPConnection) -> Guests:
    guests: Guests = connection.app.state.guests
    return guests
