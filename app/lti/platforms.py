"""Platforms: making, changing, disabling registrations, and the deployments from which they may launch.

Set up by administrators, or by a platform that one of them has invited (`app.lti.registration`). A registration is
never deleted, since people and grades hang on it; a disabled one launches nothing and is sent nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.orm import Session

from app.accounts import audit
from app.core.errors import ConflictError, Fault, InvalidRequestError, NotFoundError
from app.core.ids import new_id
from app.core.outgoing import OutgoingError
from app.lti.models import Context, Deployment, Launch, Link, Platform
from problems.text import Text

URLS = ("authorization_url", "token_url", "keyset_url")
COLUMNS = ("name", "product", "issuer", "client_id", "token_audience", *URLS)

_TAKEN = Text(
    "This client id of this issuer is registered already.",
    "这个签发者（issuer）的这个客户端 ID 已经登记过。",
)
_IN_USE = Text(
    "People have come from this platform: its issuer and client id stay as they are.",
    "已有人通过该平台进入，签发者和客户端 ID 不能再改。",
)
_DEPLOYMENT_TAKEN = Text("This deployment is registered already.", "这个部署 ID 已经登记过。")
_DEPLOYMENT_USED = Text(
    "Launches have come from this deployment. Disable the platform instead.",
    "已有启动来自这个部署，不能删除；可以改为停用整个平台。",
)
_BAD_URL = Text(
    "The service can't call this address: {why} Its operator can allow an origin within a local network by "
    "HAITANG_PRIVATE_ORIGINS.",
    "本服务无法访问这个地址：{why} 若它位于内部网络，可由运维人员用 HAITANG_PRIVATE_ORIGINS 放行。",
)


class UnknownPlatformError(NotFoundError):
    """No LTI platform, or no deployment of it, has this id."""

    slug, title = "unknown-platform", "No such platform"


@dataclass(frozen=True, slots=True)
class PlatformView:
    """A platform, its deployments, and when somebody last came from it."""

    platform: Platform
    deployments: Sequence[Deployment]
    last_launch_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        platform = self.platform
        return {
            "id": platform.id,
            **{name: getattr(platform, name) for name in COLUMNS},
            "deployments": [{"id": each.id, "deployment_id": each.deployment_id} for each in self.deployments],
            "last_launch_at": self.last_launch_at,
            "created_at": platform.created_at,
            "disabled_at": platform.disabled_at,
        }


def check_urls(settings: Mapping[str, Any], may_call: Callable[[str], object]) -> None:
    """Raises InvalidRequestError: an address among the settings is not one that the service may call.

    `may_call` is `Outgoing.check`. To what a name leads is looked at again with every request.
    """
    faults = []
    for name in (each for each in URLS if each in settings):
        try:
            may_call(settings[name])
        except OutgoingError as error:
            faults.append(Fault(_BAD_URL.format(why=error), pointer=f"/{name}"))
    if faults:
        raise InvalidRequestError("Some addresses can't be called.", faults)


def get(session: Session, platform_id: str) -> Platform:
    """Raises UnknownPlatformError."""
    platform = session.get(Platform, platform_id)
    if platform is None:
        raise UnknownPlatformError("There is no platform with this id.")
    return platform


def find(session: Session, issuer: str, client_id: str) -> Platform | None:
    """The registration of this client of the issuer."""
    return session.scalar(select(Platform).where(Platform.issuer == issuer, Platform.client_id == client_id))


def view(session: Session, platform_id: str) -> PlatformView:
    """Raises UnknownPlatformError."""
    return next(iter(_views(session, [get(session, platform_id)])))


def list_platforms(session: Session, *, limit: int, before: str | None = None) -> list[PlatformView]:
    """The newest first; disabled ones too."""
    query = select(Platform).order_by(Platform.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Platform.id < before)
    return list(_views(session, session.scalars(query).all()))


def _views(session: Session, platforms: Sequence[Platform]) -> Iterable[PlatformView]:
    ids = [platform.id for platform in platforms]
    deployments = session.scalars(select(Deployment).where(Deployment.platform_id.in_(ids)).order_by(Deployment.id))
    by_platform: dict[str, list[Deployment]] = {id_: [] for id_ in ids}
    for deployment in deployments:
        by_platform[deployment.platform_id].append(deployment)
    launches = session.execute(
        select(Deployment.platform_id, func.max(Launch.created_at))
        .join(Launch, Launch.deployment_id == Deployment.id)
        .where(Deployment.platform_id.in_(ids))
        .group_by(Deployment.platform_id)
    )
    launched = {row[0]: row[1] for row in launches}
    return (PlatformView(each, by_platform[each.id], launched.get(each.id)) for each in platforms)


def create(
    session: Session,
    actor: str | None,
    settings: Mapping[str, Any],
    deployments: Iterable[str],
    now: datetime,
) -> PlatformView:
    """A new registration, with the deployments that are known yet.

    Raises:
        ConflictError: the issuer's client is registered already.

    """
    _require_free(session, settings["issuer"], settings["client_id"])
    platform = Platform(
        **{name: settings[name] for name in COLUMNS},
        id=new_id(),
        created_at=now,
        created_by=actor,
        disabled_at=None,
    )
    session.add(platform)
    session.flush()
    for deployment_id in dict.fromkeys(deployments):
        _insert_deployment(session, platform.id, deployment_id, now)
    told = {"issuer": platform.issuer, "client_id": platform.client_id}
    audit.record(session, actor, "lti-platform.create", platform.id, told, at=now)
    return view(session, platform.id)


def change(session: Session, actor: str, platform_id: str, changes: Mapping[str, Any], now: datetime) -> PlatformView:
    """Set some of `COLUMNS`, or `disabled`.

    Raises:
        UnknownPlatformError: there is none.
        ConflictError: the issuer's client is registered already, or issuer and client can't change any more.

    """
    platform = get(session, platform_id)
    identity = (changes.get("issuer", platform.issuer), changes.get("client_id", platform.client_id))
    if identity != (platform.issuer, platform.client_id):
        if _is_used(session, Deployment.platform_id == platform_id):
            raise ConflictError(_IN_USE.en, [Fault(_IN_USE, pointer="/issuer")])
        _require_free(session, *identity)
    for name in COLUMNS:
        if name in changes:
            setattr(platform, name, changes[name])
    if "disabled" in changes:
        platform.disabled_at = (platform.disabled_at or now) if changes["disabled"] else None
    session.flush()
    told: dict[str, Any] = {"members": sorted(changes)}
    told |= {name: changes[name] for name in ("issuer", "client_id", "disabled") if name in changes}
    audit.record(session, actor, "lti-platform.change", platform_id, told, at=now)
    return view(session, platform_id)


def renew(
    session: Session,
    actor: str,
    platform_id: str,
    addresses: Mapping[str, Any],
    deployments: Iterable[str],
    now: datetime,
) -> PlatformView:
    """What a platform says of itself that registers once more under its client: its addresses, and new deployments."""
    told = {name: address for name, address in addresses.items() if address}
    known = {each.deployment_id for each in change(session, actor, platform_id, told, now).deployments}
    for deployment_id in dict.fromkeys(deployments):
        if deployment_id not in known:
            add_deployment(session, actor, platform_id, deployment_id, now)
    return view(session, platform_id)


def add_deployment(session: Session, actor: str, platform_id: str, deployment_id: str, now: datetime) -> Deployment:
    """Let a deployment of the platform launch.

    Raises:
        UnknownPlatformError: there is no such platform.
        ConflictError: it may already.

    """
    get(session, platform_id)
    known = (Deployment.platform_id == platform_id, Deployment.deployment_id == deployment_id)
    if session.scalar(select(exists().where(*known))):
        raise ConflictError(_DEPLOYMENT_TAKEN.en, [Fault(_DEPLOYMENT_TAKEN, pointer="/deployment_id")])
    id_ = _insert_deployment(session, platform_id, deployment_id, now)
    told = {"deployment_id": deployment_id}
    audit.record(session, actor, "lti-deployment.create", platform_id, told, at=now)
    return session.get_one(Deployment, id_)


def remove_deployment(session: Session, actor: str, platform_id: str, id_: str, now: datetime) -> PlatformView:
    """Take a deployment back from which nothing was launched; the platform without it is returned.

    Raises:
        UnknownPlatformError: there is none.
        ConflictError: something was.

    """
    deployment = session.get(Deployment, id_)
    if deployment is None or deployment.platform_id != platform_id:
        raise UnknownPlatformError("The platform has no deployment with this id.")
    if _is_used(session, Deployment.id == id_):
        raise ConflictError(_DEPLOYMENT_USED)
    told = {"deployment_id": deployment.deployment_id}
    session.execute(delete(Deployment).where(Deployment.id == id_))
    audit.record(session, actor, "lti-deployment.delete", platform_id, told, at=now)
    return view(session, platform_id)


def _insert_deployment(session: Session, platform_id: str, deployment_id: str, now: datetime) -> str:
    id_ = new_id()
    row = {"id": id_, "platform_id": platform_id, "deployment_id": deployment_id, "created_at": now}
    session.execute(insert(Deployment), row)
    return id_


def _require_free(session: Session, issuer: str, client_id: str) -> None:
    if find(session, issuer, client_id) is not None:
        raise ConflictError(_TAKEN.en, [Fault(_TAKEN, pointer="/client_id")])


def _is_used(session: Session, condition: Any) -> bool:
    """Whether anything stands on the deployments that the condition chooses."""
    ids = select(Deployment.id).where(condition)
    used = (exists().where(table.deployment_id.in_(ids)) for table in (Launch, Context, Link))
    return any(session.scalar(select(each)) for each in used)
