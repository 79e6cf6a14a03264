"""A launch: the message that a platform posts through the browser, from its signature to the page that is opened.

    login found · message verified ──► one job: login used up, person, course, role, link, session, launch ──► address

Everything that a launch changes is changed in that one transaction: a message that is sent twice, or fifty times at
once, is taken once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import audit, sessions
from app.accounts.models import SignInSession
from app.accounts.secrets import digest
from app.core.i18n import preferred
from app.core.ids import new_id
from app.core.service import Service
from app.courses.models import Assignment, Role
from app.lti import contexts, frames, identities, links, logins, messages, validation
from app.lti.claims import role_in_course
from app.lti.keysets import Keysets
from app.lti.logins import Login
from app.lti.messages import Message
from app.lti.models import Context, Launch, Link, Platform
from app.lti.refusals import RefusedError
from problems.text import Language

LIFETIME = timedelta(hours=24)  # how long a launch can be answered, as by choosing what to link to


@dataclass(frozen=True, slots=True)
class Browser:
    """What launches: whether it may be in a frame, the session that it has already, the language that it prefers."""

    framed: bool
    session_id: str
    user_agent: str
    language: Language


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a launch ends: the page to open, and the secret id of the session that opens it."""

    address: str
    session_id: str


async def launch(
    service: Service, keysets: Keysets, login: Login, platform: Platform, token: str, browser: Browser
) -> Landing:
    """Verify the message and do what it asks for.

    Raises:
        RefusedError: for one of all the reasons there are; nothing was done.

    """
    kid = validation.key_id(token)
    claims = validation.verified_claims(token, await keysets.key(platform.keyset_url, kid))
    now = service.clock()
    validation.validate(claims, issuer=platform.issuer, client_id=platform.client_id, nonce=login.nonce, now=now)
    message = messages.read(claims)
    if digest(message.target_link_uri) != login.target_hash:
        raise RefusedError(
            "foreign-target", f"target_link_uri is {message.target_link_uri!r}, the login named another."
        )

    def job(session: Session) -> Landing:
        return _enter(session, service, login, platform, message, browser, now)

    try:
        return await service.writer.write(job)
    except IntegrityError:
        # Another process has just used the login, or made the same person or course; this time they are found.
        return await service.writer.write(job)


def find_launch(session: Session, launch_id: str, session_hash: str | None, now: datetime) -> Launch | None:
    """A launch, for the session that it began and for no other; None when it is not theirs, or too old."""
    found = session.get(Launch, launch_id)
    if found is None or found.session_hash != session_hash or found.expires_at <= now:
        return None
    return found


def _enter(
    session: Session,
    service: Service,
    login: Login,
    platform: Platform,
    message: Message,
    browser: Browser,
    now: datetime,
) -> Landing:
    logins.consume(session, login, now)
    deployment_id = logins.deployment_of(session, platform.id, message.deployment_id)
    # Who comes without any role, as the specification allows, is trusted with no more than the link itself.
    role = role_in_course(message.roles) if any(message.roles) else "student"
    if role is None:
        raise RefusedError("no-role", f"roles are {', '.join(message.roles) or 'none'}.")
    if message.context is None:
        raise RefusedError("no-course", "The message has no context claim.")
    # Platforms ask those who may add contents there, in Canvas assistants too.
    if message.deep_linking is not None and role == "student":
        raise RefusedError("not-for-students", "Deep linking is for those who teach the course.")
    person_id = identities.person_of(session, message.issuer, message.subject, message.name, now)
    time_zone = service.settings.lti_time_zone
    context = contexts.context_of(session, deployment_id, message.context, person_id, time_zone, now)
    contexts.take_part(session, context.course_id, person_id, role, now)
    link = links.link_of(session, message.link, message, context, person_id, now) if message.link else None
    if message.product and not platform.product:
        session.execute(update(Platform).where(Platform.id == platform.id).values(product=message.product))
    session_id, session_hash = _sign_in(session, service, platform, message, person_id, browser, now)
    launch_id = new_id()
    session.execute(delete(Launch).where(Launch.expires_at < now))
    session.execute(
        insert(Launch),
        {
            "id": launch_id,
            "session_hash": session_hash,
            "person_id": person_id,
            "deployment_id": deployment_id,
            "context_id": context.id,
            "link_id": link.id if link else None,
            "message_type": message.message_type,
            "roles": list(message.roles),
            "deep_linking": message.deep_linking,
            "created_at": now,
            "expires_at": now + LIFETIME,
        },
    )
    language = _language(message, browser)
    return Landing(_address(session, language, context, link, role, launch_id), session_id)


def _sign_in(
    session: Session,
    service: Service,
    platform: Platform,
    message: Message,
    person_id: str,
    browser: Browser,
    now: datetime,
) -> tuple[str, str]:
    """The secret id of the browser's session, and its digest.

    A session that the person has in this browser goes on, so that forms in other tabs can still be sent, and counts as
    one that began now; somebody else's ends.
    """
    answered = str((message.deep_linking or {}).get("deep_link_return_url", ""))
    addresses = (platform.authorization_url, platform.issuer, message.return_url, answered)
    ancestors = frames.frame_ancestors(*addresses) if browser.framed else None
    current = sessions.find(session, browser.session_id, service.settings, now) if browser.session_id else None
    if current is not None and current.person_id == person_id:
        both = frames.joined(current.frame_ancestors, ancestors) if ancestors else current.frame_ancestors
        mine = SignInSession.id_hash == current.id_hash
        session.execute(update(SignInSession).where(mine).values(frame_ancestors=both))
        sessions.renew(session, current.id_hash, service.settings, now)
        return browser.session_id, current.id_hash
    if current is not None:
        sessions.end(session, current.id_hash)
    audit.record(session, person_id, "session.begin", person_id, {"by": "lti", "platform": platform.id}, at=now)
    session_id = sessions.begin(
        session, person_id, browser.user_agent, service.settings, now, frame_ancestors=ancestors
    )
    return session_id, digest(session_id)


def _language(message: Message, browser: Browser) -> Language:
    """The one in which the platform shows its pages to this person, if it says so."""
    return preferred(message.locale.replace("_", "-")) if message.locale else browser.language


def _address(
    session: Session, language: Language, context: Context, link: Link | None, role: Role, launch_id: str
) -> str:
    """The page that the launch opens."""
    if link is None:
        return links.deep_link_address(language, launch_id)
    assignment = session.get(Assignment, link.assignment_id) if link.assignment_id else None
    is_open = assignment is not None and (assignment.published_at is not None or role != "student")
    if assignment is not None and is_open and assignment.course_id == context.course_id:
        return f"/{language}/assignments/{assignment.id}"
    if role == "instructor":
        return links.chooser_address(language, launch_id)
    return f"/{language}/lti/waiting"
