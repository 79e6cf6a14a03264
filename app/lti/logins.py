"""The login that a platform initiates (LTI security framework 1.1, 5.1.1): from its page to its authorization endpoint.

    platform's page ──► /lti/login ──► /lti/login, with a cookie? ──► authorization endpoint ──► /lti/launch

The second step sees whether the browser has kept the cookie of the first. If not, the platform's own storage may keep
the secret that binds the login to the browser (LTI OIDC login with client-side postMessages), or a new tab must do.
What travels is random; stored are digests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.accounts.secrets import digest, new_secret
from app.core.service import Service
from app.lti.models import Deployment, Login, Platform
from app.lti.refusals import RefusedError
from app.lti.tool import Tool

LIFETIME = timedelta(minutes=10)
KEPT = timedelta(hours=1)  # a login that has ended, so that it can be said what is wrong with it
_LENGTHS = {"lti_message_hint": 8000, "login_hint": 2000, "target_link_uri": 2000}
_OPTIONAL = frozenset({"client_id", "lti_deployment_id", "lti_message_hint", "lti_storage_target"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiation:
    """What the platform's page sends; hints are the platform's own business and go back as they came."""

    iss: str
    login_hint: str
    target_link_uri: str
    client_id: str
    lti_deployment_id: str
    lti_message_hint: str
    lti_storage_target: str

    def as_query(self) -> str:
        return urlencode({each.name: value for each in fields(self) if (value := getattr(self, each.name))})


def read_initiation(sent: Mapping[str, object]) -> Initiation:
    """Raises RefusedError: a parameter is missing, too long, or holds what no address does."""
    values = {each.name: str(sent.get(each.name, "")) for each in fields(Initiation)}
    for name, value in values.items():
        if (not value and name not in _OPTIONAL) or len(value) > _LENGTHS.get(name, 255) or not value.isprintable():
            raise RefusedError("login-incomplete", f"The parameter {name} is missing, too long, or not printable.")
    return Initiation(**values)


def platform_of(session: Session, initiation: Initiation) -> Platform:
    """The registration that is meant. Platforms that have one client may leave its id out.

    Raises:
        RefusedError: there is none, or it is switched off, or has no such deployment.

    """
    query = select(Platform).where(Platform.issuer == initiation.iss)
    if initiation.client_id:
        query = query.where(Platform.client_id == initiation.client_id)
    found = session.scalars(query.limit(2)).all()
    if len(found) != 1:
        raise RefusedError("unknown-platform", f"iss is {initiation.iss!r}, client_id {initiation.client_id!r}.")
    platform = found[0]
    if platform.disabled_at is not None:
        raise RefusedError("disabled-platform", f"The platform {platform.name!r} is switched off here.")
    if initiation.lti_deployment_id:
        deployment_of(session, platform.id, initiation.lti_deployment_id)
    return platform


def deployment_of(session: Session, platform_id: str, deployment_id: str) -> str:
    """The id of our row; raises RefusedError: the platform has no such deployment."""
    mine = (Deployment.platform_id == platform_id, Deployment.deployment_id == deployment_id)
    found = session.scalar(select(Deployment.id).where(*mine))
    if found is None:
        raise RefusedError("unknown-deployment", f"deployment_id is {deployment_id!r}.")
    return found


def require_own(address: str, tool: Tool) -> None:
    """Raises RefusedError: the address is not one of ours."""
    ours, theirs = urlsplit(tool.base), urlsplit(address)
    if (theirs.scheme, theirs.netloc) != (ours.scheme, ours.netloc):
        raise RefusedError("foreign-target", f"target_link_uri is {address!r}, and must begin with {tool.base}/.")


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes on, and the state by which the login is found again."""

    address: str
    state: str


async def begin(service: Service, tool: Tool, initiation: Initiation, platform: Platform, browser: str) -> Begun:
    """Store a login that only the browser which holds `browser` can finish."""
    state, nonce, now = new_secret(), new_secret(), service.clock()
    row = {
        "state_hash": digest(state),
        "nonce_hash": digest(nonce),
        "browser_hash": digest(browser),
        "storage_target": initiation.lti_storage_target or None,
        "platform_id": platform.id,
        "target_link_uri": initiation.target_link_uri,
        "created_at": now,
        "expires_at": now + LIFETIME,
    }

    def job(session: Session) -> None:
        session.execute(delete(Login).where(Login.expires_at < now - KEPT))
        session.execute(insert(Login), row)

    await service.writer.write(job)
    request = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": tool.launch,
        "login_hint": initiation.login_hint,
        "state": state,
        "nonce": nonce,
    }
    if initiation.lti_message_hint:
        request["lti_message_hint"] = initiation.lti_message_hint
    joint = "&" if urlsplit(platform.authorization_url).query else "?"
    return Begun(f"{platform.authorization_url}{joint}{urlencode(request)}", state)


def find(session: Session, state: str, now: datetime) -> tuple[Login, Platform]:
    """The login under way, and its platform.

    Raises:
        RefusedError: there is none, it has been used, or took too long, or the platform was switched off meanwhile.

    """
    if not state:
        raise RefusedError("launch-incomplete", "state is missing.")
    mine = Login.state_hash == digest(state)
    row = session.execute(
        select(Login, Platform).join(Platform, Platform.id == Login.platform_id).where(mine)
    ).one_or_none()
    if row is None:
        raise RefusedError("unknown-state", "state is not that of a login here.")
    login, platform = row
    if login.used_at is not None:
        raise RefusedError("used-state", "state has been used.")
    if login.expires_at <= now:
        raise RefusedError("expired-state", f"The login began at {login.created_at:%H:%M:%S} UTC.")
    if platform.disabled_at is not None:
        raise RefusedError("disabled-platform", f"The platform {platform.name!r} is switched off here.")
    return login, platform


def consume(session: Session, login: Login, now: datetime) -> None:
    """Use the login up, and its nonce with it: of all who try, one succeeds; raises RefusedError for the others."""
    unused = (Login.state_hash == login.state_hash, Login.used_at.is_(None), Login.expires_at > now)
    if session.execute(update(Login).where(*unused).values(used_at=now).returning(Login.state_hash)).first() is None:
        raise RefusedError("used-state", "state has been used.")
