"""Signing in by password or by link. Both end in a new session; what the browser was before, it is no more."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from app.accounts import audit, people, sessions, sign_in_links
from app.accounts.access import Principal
from app.accounts.cookies import read_cookie, set_cookie, set_framed_cookie
from app.accounts.guests import Guests
from app.accounts.models import Person
from app.accounts.passwords import Passwords, passwords_of
from app.accounts.sign_in_limits import SignInLimits, limits_of
from app.core.errors import ConflictError
from app.core.service import Service
from app.core.settings import Settings


class SignInFailedError(Exception):
    """The address is unknown, the password wrong, or the account closed: which of them is told to nobody."""


class LinkExpiredError(Exception):
    """The link is unknown, has been used, is too old, or a newer one was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """Where somebody signs in: the network address, what the browser calls itself, and the guest that it was.

    `guest` is given only if the guest's attempts are to become the user's.
    """

    address: str
    user_agent: str
    replaces: str | None = None  # the digest of a session that ends by this sign-in
    guest: str | None = None


def browser_of(request: Request, visitor: Principal, *, claim: bool) -> Browser:
    return Browser(
        address=request.client.host if request.client else "",
        user_agent=request.headers.get("user-agent", ""),
        replaces=visitor.session,
        guest=visitor.person_id if claim and visitor.via == "guest" else None,
    )


async def by_password(
    service: Service, passwords: Passwords, limits: SignInLimits, email: str, password: str, browser: Browser
) -> str:
    """The secret id of a new session.

    Raises:
        SignInFailedError: see there.
        app.core.errors.TooManyRequestsError: it was tried too often.
        app.core.errors.UnavailableError, app.core.writer.WriterError: not now.

    """
    address = people.normal_email(email) or ""
    limits.count(address, browser.address)
    found = await service.database.read(_find, address)
    stored = found[1] if found else None
    right = await passwords.verify(stored, password)
    if found is None or stored is None or not right:
        raise SignInFailedError
    limits.forgive(address, browser.address)
    person_id = found[0]
    renewed = await passwords.hash(password) if passwords.is_outdated(stored) else None

    def job(session: Session) -> str:
        person = people.get(session, person_id)
        if person.disabled_at is not None or person.password_hash != stored:
            raise SignInFailedError  # closed or changed while the password was being verified
        if renewed is not None:
            person.password_hash = renewed
        return _begin(session, service, person_id, browser, "password")

    return await service.writer.write(job)


async def by_link(
    service: Service, secret: str, browser: Browser, *, password_hash: str | None, name: str | None, email: str | None
) -> str:
    """Use the link, set what its page asked for, and return the secret id of a new session.

    Raises:
        LinkExpiredError: see there.
        ConflictError: somebody else has the address; the link can still be used.

    """
    now = service.clock()

    def job(session: Session) -> str:
        invited = sign_in_links.use(session, secret, now)
        if invited is None:
            raise LinkExpiredError
        person = people.get(session, invited.person_id)
        if name:
            person.name = name
        if email and person.email is None:
            if people.find_by_email(session, email) is not None:
                raise ConflictError(people.TAKEN)
            person.email = email
        session.flush()
        if password_hash is not None:
            people.set_password(session, person.id, password_hash, now)
        return _begin(session, service, person.id, browser, "link")

    return await service.writer.write(job)


async def by_registration(
    service: Service,
    browser: Browser,
    *,
    name: str,
    email: str,
    password_hash: str,
    then: Callable[[Session, str], None],
) -> str:
    """Create an account, do what it is created for (`then(session, person_id)`), and return a new session's secret id.

    Nobody registers without a reason, such as an invitation to a course, which `then` accepts in the same transaction.

    Raises:
        ConflictError: somebody has this address.

    """

    def job(session: Session) -> str:
        now = service.clock()
        person_id = people.create(session, None, now, name=name, email=email, password_hash=password_hash)
        then(session, person_id)
        return _begin(session, service, person_id, browser, "registration")

    return await service.writer.write(job)


async def knows_password(request: Request, person: Person, password: str) -> bool:
    """Whether somebody who is signed in gives their own password; counted like a try to sign in.

    Raises:
        app.core.errors.TooManyRequestsError: it was tried too often.
        app.core.errors.UnavailableError: not now.

    """
    account, address = person.email or person.id, request.client.host if request.client else ""
    limits_of(request).count(account, address)
    if not await passwords_of(request).verify(person.password_hash, password):
        return False
    limits_of(request).forgive(account, address)
    return True


def remember(
    connection: HTTPConnection, response: Response, service: Service, session_id: str, browser: Browser
) -> None:
    """Give the browser its session, and take the guest away whose attempts have found their owner."""
    remember_session(connection, response, service.settings, session_id)
    if browser.guest is not None:
        Guests.forget(connection, response)


def remember_session(
    connection: HTTPConnection, response: Response, settings: Settings, session_id: str, *, framed: bool = False
) -> None:
    """Give the browser its session, for a frame of another site or not. A browser has one: the other cookie goes."""
    set_, unset = (set_framed_cookie, set_cookie) if framed else (set_cookie, set_framed_cookie)
    name, other = (sessions.FRAME_COOKIE, sessions.COOKIE) if framed else (sessions.COOKIE, sessions.FRAME_COOKIE)
    set_(connection, response, name, session_id, settings.session_hours * 3600)
    if read_cookie(connection, other):
        unset(connection, response, other, "", 0)


def forget(connection: HTTPConnection, response: Response) -> None:
    set_cookie(connection, response, sessions.COOKIE, "", 0)
    set_framed_cookie(connection, response, sessions.FRAME_COOKIE, "", 0)


def _find(session: Session, email: str) -> tuple[str, str | None] | None:
    query = select(Person.id, Person.password_hash).where(Person.email == email, Person.disabled_at.is_(None))
    row = session.execute(query).one_or_none()
    return None if row is None else (row.id, row.password_hash)


def _begin(session: Session, service: Service, person_id: str, browser: Browser, how: str) -> str:
    now = service.clock()
    if browser.replaces is not None:
        sessions.end(session, browser.replaces)
    if browser.guest is not None:
        people.claim_guest(session, browser.guest, person_id, now)
    audit.record(session, person_id, "session.begin", person_id, {"by": how}, at=now)
    return sessions.begin(session, person_id, browser.user_agent, service.settings, now)
