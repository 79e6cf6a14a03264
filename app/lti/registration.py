"""Dynamic registration (LTI Dynamic Registration 1.0): a platform registers itself, invited by an administrator.

    our administrator           the platform's administrator        this service
    makes an address, once ──►  enters it in the platform   ──►   fetches the platform's OpenID configuration,
                                                                  posts our own registration to it,
                                                                  stores what it answers as a platform

The address is the invitation: whoever has it can register one platform within a day, and nobody can without. If the
client is known already (Moodle offers to update the tool that it has), its addresses are renewed. All that is fetched
goes through `Outgoing`, since its addresses come from outside.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.models import Person
from app.accounts.secrets import digest, new_secret
from app.core.errors import InvalidRequestError
from app.core.json_body import to_json
from app.core.outgoing import OutgoingError, Reply
from app.core.service import Service
from app.lti import platforms
from app.lti.models import Registration
from app.lti.platforms import PlatformView
from app.lti.registration_messages import Configuration, Registered, client_metadata, text
from app.lti.tool import Tool
from app.lti.words import why
from problems.text import Text

LIFETIME = timedelta(days=1)
ACCOUNT_NAME = "https://canvas.instructure.com/lti/account_name"
QUOTED = 300  # characters of an answer that is shown

OTHER_HOSTS = {
    "canvas.instructure.com": "sso.canvaslms.com",
    "canvas.beta.instructure.com": "sso.beta.canvaslms.com",
    "canvas.test.instructure.com": "sso.test.canvaslms.com",
}
"""Issuers that are known to publish their configuration on another host."""

_UNKNOWN = Text(
    "This address can't be used any more: it registers one platform, within a day. Ask for a new one.",
    "这个地址已不能使用：它只能在一天之内登记一个平台。请索取新的地址。",
)
_NO_CONFIGURATION = Text(
    "The platform's configuration did not come. {why}",
    "未能取得平台的配置。{why}",
)
_BAD_CONFIGURATION = Text(
    "The platform's configuration can't be used: {what} is missing or not what it should be.",
    "平台的配置无法使用：{what} 缺失或不符合要求。",
)
_FOREIGN = Text(
    "The configuration at {host} says it belongs to {issuer}, which is another host. Nothing was registered.",
    "位于 {host} 的配置自称属于 {issuer}，而这是另一台主机。未作任何登记。",
)
_REFUSED = Text(
    "The platform did not accept the registration. {why}",
    "平台没有接受登记。{why}",
)
_NO_CLIENT = Text(
    "The platform accepted the registration, but gave no client id. Remove it there and try again.",
    "平台接受了登记，却没有给出客户端 ID。请在平台上删除该登记后重试。",
)


class RegistrationError(Exception):
    """No platform was registered; `text` says why, and the invitation can be used again unless it is unknown."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class UnknownInvitationError(RegistrationError):
    """Nobody made this address, or it was used or has expired."""


def invite(session: Session, actor: str, now: datetime) -> str:
    """Store an invitation; what is returned is its secret, for `Tool.registration`."""
    secret = new_secret()
    row = {"token_hash": digest(secret), "created_at": now, "created_by": actor, "expires_at": now + LIFETIME}
    session.execute(insert(Registration), row)
    audit.record(session, actor, "lti-registration.invite", digest(secret), at=now)
    return secret


def is_open(session: Session, secret: str, now: datetime) -> bool:
    """Whether the invitation can be used."""
    return session.scalar(select(Registration.token_hash).where(*_open(secret, now))) is not None


async def register(
    service: Service, tool: Tool, secret: str, configuration_url: str, token: str | None
) -> PlatformView:
    """Register the platform that sent `configuration_url`, with the registration token that came with it, if one did.

    Raises:
        UnknownInvitationError: before anything is fetched.
        RegistrationError: the platform can't be registered.

    """
    if not await service.database.read(is_open, secret, service.clock()):
        raise UnknownInvitationError(_UNKNOWN)  # guessing costs no write
    inviter = await service.writer.write(lambda session: _claim(session, secret, service.clock()))
    try:
        configuration = await _fetch(service, configuration_url, token)
        registered = await _announce(service, tool, configuration, token)
        return await _store(service, configuration, registered, secret, inviter)
    except BaseException:
        await service.writer.write(lambda session: _release(session, secret))
        raise


def _open(secret: str, now: datetime) -> tuple[Any, ...]:
    return Registration.token_hash == digest(secret), Registration.used_at.is_(None), Registration.expires_at > now


def _claim(session: Session, secret: str, now: datetime) -> str:
    """Use the invitation up, so that no second request gets anywhere; who made it is returned."""
    claimed = update(Registration).where(*_open(secret, now)).values(used_at=now).returning(Registration.created_by)
    inviter = session.scalar(claimed)
    if inviter is None or session.scalar(select(Person.is_admin).where(Person.id == inviter)) is not True:
        raise UnknownInvitationError(_UNKNOWN)
    return inviter


def _release(session: Session, secret: str) -> None:
    unfinished = (Registration.token_hash == digest(secret), Registration.platform_id.is_(None))
    session.execute(update(Registration).where(*unfinished).values(used_at=None))


async def _fetch(service: Service, url: str, token: str | None) -> Configuration:
    """The platform's configuration, all of whose addresses may be called."""
    try:
        # Canvas asks for the token here too.
        reply = await service.outgoing.get(url, headers=_bearer(token), accept="application/json")
    except OutgoingError as error:
        raise RegistrationError(_filled(_NO_CONFIGURATION, why(error))) from error
    if not reply.is_success:
        raise RegistrationError(_filled(_NO_CONFIGURATION, _said(reply)))
    try:
        found = Configuration.model_validate(reply.json())
        addresses = {
            "authorization_url": found.authorization_endpoint,
            "token_url": found.token_endpoint,
            "keyset_url": found.jwks_uri,
        }
        platforms.check_urls(addresses, service.outgoing.check)
        service.outgoing.check(found.registration_endpoint)
    except ValidationError as error:
        raise RegistrationError(_BAD_CONFIGURATION.format(what=error.errors()[0]["loc"][0])) from None
    except InvalidRequestError as error:
        raise RegistrationError(error.faults[0].detail) from None
    except OutgoingError as error:
        raise RegistrationError(why(error)) from None
    except ValueError:
        raise RegistrationError(_BAD_CONFIGURATION.format(what="JSON")) from None
    if "private_key_jwt" not in found.token_endpoint_auth_methods_supported:
        raise RegistrationError(_BAD_CONFIGURATION.format(what="token_endpoint_auth_methods_supported"))
    if "RS256" not in found.id_token_signing_alg_values_supported:
        raise RegistrationError(_BAD_CONFIGURATION.format(what="id_token_signing_alg_values_supported"))
    if not agree(found.issuer, url):
        raise RegistrationError(_FOREIGN.format(host=urlsplit(url).netloc, issuer=found.issuer))
    return found


def agree(issuer: str, configuration_url: str) -> bool:
    """Whether a configuration that was fetched there may speak for the issuer: from its host, or one below it."""
    try:
        issuing, publishing = urlsplit(issuer), urlsplit(configuration_url)
    except ValueError:
        return False
    if not issuing.hostname or not publishing.hostname:
        return False
    if issuing.netloc == publishing.netloc or OTHER_HOSTS.get(issuing.netloc) == publishing.netloc:
        return True
    # blackboard.com is published by developer.blackboard.com
    return issuing.hostname.count(".") >= 1 and publishing.hostname.endswith(f".{issuing.hostname}")


async def _announce(service: Service, tool: Tool, configuration: Configuration, token: str | None) -> Registered:
    """Post our registration; what the platform answers."""
    body = to_json(client_metadata(tool, configuration))
    try:
        reply = await service.outgoing.post(
            configuration.registration_endpoint,
            body,
            content_type="application/json",
            headers={**_bearer(token), "Accept": "application/json"},
        )
    except OutgoingError as error:
        raise RegistrationError(_filled(_REFUSED, why(error))) from error
    if not reply.is_success:
        raise RegistrationError(_filled(_REFUSED, _said(reply)))
    try:
        return Registered.model_validate(reply.json())
    except ValueError:
        raise RegistrationError(_NO_CLIENT) from None


async def _store(
    service: Service, configuration: Configuration, registered: Registered, secret: str, inviter: str
) -> PlatformView:
    name = text(configuration.platform.get(ACCOUNT_NAME)) or urlsplit(configuration.issuer).netloc
    addresses = {
        "authorization_url": configuration.authorization_endpoint,
        "token_url": configuration.token_endpoint,
        "token_audience": configuration.token_audience,
        "keyset_url": configuration.jwks_uri,
    }
    settings = addresses | {
        "name": name[:200],
        "product": text(configuration.platform.get("product_family_code"))[:64],
        "issuer": configuration.issuer,
        "client_id": registered.client_id,
    }
    deployment = str(registered.tool.get("deployment_id") or "")
    deployments = [deployment] if 0 < len(deployment) <= 255 and deployment.isprintable() else []

    def job(session: Session) -> PlatformView:
        now = service.clock()
        known = platforms.find(session, configuration.issuer, registered.client_id)
        if known is None:
            made = platforms.create(session, inviter, settings, deployments, now)
        else:
            made = platforms.renew(session, inviter, known.id, addresses, deployments, now)
        mine = Registration.token_hash == digest(secret)
        session.execute(update(Registration).where(mine).values(platform_id=made.platform.id))
        return made

    return await service.writer.write(job)


def _bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _filled(sentence: Text, reason: Text) -> Text:
    return Text(sentence.en.format(why=reason.en), sentence.zh.format(why=reason.zh))


def _said(reply: Reply) -> Text:
    """The status, and how the answer begins: some platforms say what is wrong there."""
    begins = " ".join(reply.body[: 4 * QUOTED].decode(errors="replace").split())[:QUOTED]
    return Text(f"It answered {reply.status}: {begins}", f"它的回答是 {reply.status}：{begins}")
