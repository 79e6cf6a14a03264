"""What is wrong with a platform, in words: tries everything that a launch and a score need, but for the browser's part.

    our address · our key set · the platform's key set · its clock · its tokens · deployments · launches · scores

Each check says `ok`, `warning` (it may work) or `fault` (it can't), with a sentence that says what to do. Nothing is
changed, and no score is sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.outgoing import OutgoingError
from app.core.service import Service
from app.lti import claims, keys, platforms, token_words
from app.lti.keyset_check import Check, State, check_keyset, keys_in, with_reason
from app.lti.models import LineItem, Platform, Score
from app.lti.platforms import PlatformView
from app.lti.refused_lately import RefusedLately
from app.lti.tokens import Client, request_token
from app.lti.tool import Tool
from app.lti.words import why
from problems.text import Text


@dataclass(frozen=True, slots=True)
class SelfTest:
    checks: Sequence[Check]

    @property
    def healthy(self) -> bool:
        return all(check.state != "fault" for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        return {"healthy": self.healthy, "checks": [check.as_json() for check in self.checks]}


async def run(service: Service, tool: Tool, platform_id: str, refused: RefusedLately | None = None) -> SelfTest:
    """Look at everything, in the order in which faults should be mended; `refused`: what this process remembers.

    Raises:
        app.lti.platforms.UnknownPlatformError: there is none.

    """
    view, scores = await service.database.read(_stored, platform_id)
    checks = [*check_address(service, tool), await _check_own_keys(service, tool)]
    checks += await check_keyset(service, view.platform)
    checks += [
        await _check_token(service, tool, view.platform, claims.SCOPE_SCORE, "scores"),
        await _check_token(service, tool, view.platform, claims.SCOPE_MEMBERSHIPS, "class-list"),
        *_check_stored(view, scores),
        *_check_refused(view.platform, refused),
    ]
    return SelfTest(checks)


def _stored(session: Session, platform_id: str) -> tuple[PlatformView, Mapping[str, tuple[int, str | None]]]:
    """The platform, and of its scores in each state how many there are, with what one of them was told."""
    mine = select(LineItem.id).where(LineItem.platform_id == platform_id)
    rows = session.execute(
        select(Score.state, func.count(), func.max(Score.last_error))
        .where(Score.line_item_id.in_(mine))
        .group_by(Score.state)
    )
    return platforms.view(session, platform_id), {state: (count, error) for state, count, error in rows}


# Our own side

_NO_ADDRESS = Text(
    "HAITANG_PUBLIC_URL is not set. Platforms must know one address of this service; set it, else they are told "
    "{base}, which is how this page was reached.",
    "没有设置 HAITANG_PUBLIC_URL。平台需要知道本服务的一个固定地址；请设置它，否则平台得到的是打开本页所用的 {base}。",
)
_NO_TLS = Text(
    "The service is known as {base}. In a platform it must be reached by https: browsers otherwise keep no cookie in "
    "a frame of another site, except under localhost, and platforms refuse such an address.",
    "本服务的地址是 {base}。在平台中必须通过 https 访问：否则除 localhost 外，浏览器不会在其他网站的框架内保存 cookie，"
    "平台也会拒绝这样的地址。",
)
_ADDRESS = Text("Platforms reach this service at {base}.", "平台通过 {base} 访问本服务。")
_OWN_KEYS_UNSEEN = Text(
    "This server could not look at its own key set at {url}, so nobody knows whether the platform can. {why}",
    "本服务器无法查看自己位于 {url} 的密钥集，因此也不知道平台能否取得。{why}",
)
_OWN_KEYS_WRONG = Text(
    "What is served at {url} is not the key set of this service. Does the proxy lead there, and is the address right?",
    "{url} 提供的不是本服务的密钥集。请检查反向代理的指向和地址是否正确。",
)
_OWN_KEYS = Text(
    "Our key set is served at {url}; platforms check our signatures by it.",
    "我们的密钥集位于 {url}，平台用它验证我们的签名。",
)


def check_address(service: Service, tool: Tool) -> list[Check]:
    """Whether people and platforms can reach us under the address that we tell them."""
    if urlsplit(tool.base).scheme != "https":
        is_trial = service.settings.lti_allow_loopback or service.settings.private_origins
        state: State = "warning" if is_trial else "fault"
        return [Check("address", state, _NO_TLS.format(base=tool.base))]
    if service.settings.public_url is None:
        return [Check("address", "warning", _NO_ADDRESS.format(base=tool.base))]
    return [Check("address", "ok", _ADDRESS.format(base=tool.base))]


async def _check_own_keys(service: Service, tool: Tool) -> Check:
    ours = {key["kid"] for key in (await keys.public_jwks(service))["keys"]}
    try:
        reply = await service.outgoing.get(tool.keyset, accept="application/json")
    except OutgoingError as error:
        # In the network of the server the name may lead elsewhere than for the platform.
        reason = why(error)
        return Check("own-keys", "warning", with_reason(_OWN_KEYS_UNSEEN, reason, url=tool.keyset))
    found = {key.get("kid") for key in keys_in(reply) or () if isinstance(key, dict)}
    if not reply.is_success or not ours <= found:
        return Check("own-keys", "fault", _OWN_KEYS_WRONG.format(url=tool.keyset))
    return Check("own-keys", "ok", _OWN_KEYS.format(url=tool.keyset))


# Tokens


async def _check_token(service: Service, tool: Tool, platform: Platform, scope: str, what: str) -> Check:
    """Really ask for a token; a platform that gives none for class lists can be lived with."""
    worst: State = "fault" if scope == claims.SCOPE_SCORE else "warning"
    try:
        reply = await request_token(service, Client.of(platform), [scope])
    except OutgoingError as error:
        return Check(f"token-{what}", "fault", token_words.unreachable(platform.token_url, why(error)))
    wrong = token_words.fault_of(reply, scope, keyset=tool.keyset)
    if wrong is not None:
        return Check(f"token-{what}", worst, wrong)
    return Check(f"token-{what}", "ok", token_words.given(scope))


# What is stored

_DISABLED = Text(
    "The platform is disabled: nobody can come from it, and it is sent no scores.",
    "该平台已停用：不能从平台进入，也不会向平台发送成绩。",
)
_NO_DEPLOYMENT = Text(
    "No deployment is known. Enter the deployment id that the platform shows, else every launch is refused.",
    "尚未登记部署 ID。请填写平台上显示的部署 ID，否则谁也无法从平台进入。",
)
_DEPLOYMENTS = Text("Launches are accepted from these deployments: {ids}.", "可以从以下部署进入：{ids}。")
_NO_LAUNCH = Text(
    "Nobody has come from this platform yet.",
    "还没有人从这个平台进入过。",
)
_LAUNCHED = Text("Somebody last came from this platform on {at} (UTC).", "最近一次从平台进入的时间是 {at}（UTC）。")
_REFUSED = Text(
    "Launches refused lately: {count}, the last one at {at} (UTC). {reason}: {detail}",
    "最近有 {count} 次进入被拒绝，最后一次在 {at}（UTC）。{reason}：{detail}",
)
_SCORES_FAILED = Text(
    "Scores that could not be delivered: {count}. One of them was answered: {error}",
    "有 {count} 个成绩未能送达，其中一个得到的回答是：{error}",
)
_SCORES_WAIT = Text(
    "Scores that wait to be sent: {count}.",
    "有 {count} 个成绩等待发送。",
)
_SCORES = Text(
    "No score waits to be sent, and none has failed.",
    "没有等待发送或发送失败的成绩。",
)


def _check_stored(view: PlatformView, scores: Mapping[str, tuple[int, str | None]]) -> Iterable[Check]:
    if view.platform.disabled_at is not None:
        yield Check("disabled", "fault", _DISABLED)
    if view.deployments:
        ids = ", ".join(each.deployment_id for each in view.deployments)
        yield Check("deployments", "ok", _DEPLOYMENTS.format(ids=ids))
    else:
        yield Check("deployments", "fault", _NO_DEPLOYMENT)
    if view.last_launch_at is None:
        yield Check("launches", "warning", _NO_LAUNCH)
    else:
        yield Check("launches", "ok", _LAUNCHED.format(at=_told(view.last_launch_at)))
    failed, error = scores.get("failed", (0, None))
    waiting, _ = scores.get("pending", (0, None))
    if failed:
        yield Check("scores", "fault", _SCORES_FAILED.format(count=failed, error=error or "–"))
    elif waiting:
        yield Check("scores", "warning", _SCORES_WAIT.format(count=waiting))
    else:
        yield Check("scores", "ok", _SCORES)


def _check_refused(platform: Platform, refused: RefusedLately | None) -> Iterable[Check]:
    """Launches that named this issuer; some came perhaps with the client id of another registration."""
    found = refused.of(platform.issuer) if refused is not None else []
    if found:
        last = found[0]
        values = {"at": _told(last.at), "reason": last.reason, "detail": last.detail}
        yield Check("refusals", "warning", _REFUSED.format(count=len(found), **values))


def _told(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
