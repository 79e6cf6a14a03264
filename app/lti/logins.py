"""The login that a platform initiates (LTI security framework 1.1, 5.1.1): from its page to its authorization endpoint.

    platform's page ──► /lti/login ──► /lti/login, with a cookie? ──► authorization endpoint ──► /lti/launch

The second step sees whether the browser has kept the cookie of the first. If not, the platform's own storage may keep
the secret that binds the login to the browser (LTI OIDC login with client-side postMessages), or a new tab must do.

Anybody may begin a login, so that nothing is stored of it: what must be known when the browser comes back travels in
`state`, which we sign and the platform hands back; the nonce follows from it. Stored is a state that a right message
has used up.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlencode, urlsplit

import orjson
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.accounts.secrets import digest, new_secret
from app.lti.models import Deployment, Platform, UsedLogin
from app.lti.refusals import RefusedError
from app.lti.tool import Tool

LIFETIME = timedelta(minutes=10)
KEPT = timedelta(hours=1)  # a used login after its end: clocks of several processes differ
PURPOSE = b"haitang lti login 1\0"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login under way, as its `state` tells it.

    `browser_hash` is of a secret that only the browser which began the login can show again: in a cookie or, where
    cookies are blocked and the platform offers its storage, in the platform's frame `storage_target`.
    """

    state: str
    nonce: str
    browser_hash: str
    storage_target: str
    platform_id: str
    target_hash: str
    began_at: datetime

    @property
    def expires_at(self) -> datetime:
        return self.began_at + LIFETIME

    @classmethod
    def read(cls, key: bytes, state: str) -> Self | None:
        """The login of a state that was signed with the key; None for any other text."""
        told, _, mac = state.partition(".")
        if not hmac.compare_digest(mac.encode(errors="replace"), _mac(key, told).encode()):
            return None
        browser_hash, storage_target, platform_id, target_hash, began_at, _ = orjson.loads(urlsafe_b64decode(told))
        return cls(
            state=state,
            nonce=_mac(key, state),
            browser_hash=browser_hash,
            storage_target=storage_target,
            platform_id=platform_id,
            target_hash=target_hash,
            began_at=datetime.fromtimestamp(began_at, UTC),
        )


def state_of(key: bytes, initiation: Initiation, platform: Platform, browser: str, now: datetime) -> str:
    """The state of a new login that only the browser which holds `browser` can finish."""
    target_hash = digest(initiation.target_link_uri)
    told = (digest(browser), initiation.lti_storage_target, platform.id, target_hash, int(now.timestamp()))
    text = urlsafe_b64encode(orjson.dumps([*told, new_secret()])).decode()
    return f"{text}.{_mac(key, text)}"


def address_of(key: bytes, tool: Tool, initiation: Initiation, platform: Platform, state: str) -> str:
    """Where the browser goes on: the platform's authorization endpoint, with our request."""
    request = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": tool.launch,
        "login_hint": initiation.login_hint,
        "state": state,
        "nonce": _mac(key, state),
    }
    if initiation.lti_message_hint:
        request["lti_message_hint"] = initiation.lti_message_hint
    joint = "&" if urlsplit(platform.authorization_url).query else "?"
    return f"{platform.authorization_url}{joint}{urlencode(request)}"


def find(session: Session, key: bytes, state: str, now: datetime) -> tuple[Login, Platform]:
    """The login under way, and its platform.

    Raises:
        RefusedError: there is none, it has been used, or took too long, or the platform was switched off meanwhile.

    """
    if not state:
        raise RefusedError("launch-incomplete", "state is missing.")
    login = Login.read(key, state)
    platform = session.get(Platform, login.platform_id) if login else None
    if login is None or platform is None:
        raise RefusedError("unknown-state", "state is not that of a login here.")
    if session.get(UsedLogin, digest(state)) is not None:
        raise RefusedError("used-state", "state has been used.")
    if login.expires_at <= now:
        raise RefusedError("expired-state", f"The login began at {login.began_at:%H:%M:%S} UTC.")
    if platform.disabled_at is not None:
        raise RefusedError("disabled-platform", f"The platform {platform.name!r} is switched off here.")
    return login, platform


def consume(session: Session, login: Login, now: datetime) -> None:
    """Use the login up, and its nonce with it: of all who try, one succeeds.

    Raises:
        RefusedError: it has been used.
        IntegrityError: another process uses it at this moment, as it says itself when it is asked again.

    """
    state_hash = digest(login.state)
    if session.get(UsedLogin, state_hash) is not None:
        raise RefusedError("used-state", "state has been used.")
    session.execute(delete(UsedLogin).where(UsedLogin.expires_at < now - KEPT))
    session.execute(insert(UsedLogin), {"state_hash": state_hash, "expires_at": login.expires_at})


def _mac(key: bytes, text: str) -> str:
    mac = hmac.digest(key, PURPOSE + text.encode(errors="replace"), "sha256")
    return urlsafe_b64encode(mac).decode().rstrip("=")
