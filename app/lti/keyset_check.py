"""A part of the self-test: whether the platform's key set can verify launches, and its clock agrees with ours."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal, TypeAlias

from app.core.outgoing import OutgoingError, Reply
from app.core.service import Service
from app.lti.models import Platform
from app.lti.validation import LEEWAY
from app.lti.words import why
from problems.text import Text

State: TypeAlias = Literal["ok", "warning", "fault"]

APART = timedelta(seconds=5)  # clocks that differ by less are taken to be the same: a request takes time, too
SMALLEST_KEY = 2048  # bits, RFC 7518, 3.3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    text: Text

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "state": self.state, "detail": self.text.en, "detail_zh": self.text.zh}


_NO_KEYS = Text("The key set at {url} did not come. {why}", "未能取得位于 {url} 的密钥集。{why}")
_NOT_FOUND = Text(
    "The address of the key set answers {status}. Compare it with the one that the platform shows.",
    "密钥集的地址返回 {status}。请与平台上显示的地址核对。",
)
_MOVED = Text(
    "The address of the key set leads on to {url}. Addresses are called without following; enter that one.",
    "密钥集的地址转向 {url}。本服务不跟随跳转，请直接填写后者。",
)
_PAGE = Text(
    "At the address of the key set there is something else, such as a web page. Compare it with the one that the "
    "platform shows.",
    "密钥集的地址上不是密钥集，可能是网页。请与平台上显示的地址核对。",
)
_NO_USABLE_KEY = Text(
    "The key set has no key that can be used: RSA with a kid, for signatures, of {bits} bits at least. Launches can't "
    "be verified.",
    "密钥集中没有可用的密钥：需要带 kid、用于签名、长度不少于 {bits} 位的 RSA 密钥。无法验证平台的启动消息。",
)
_KEYS = Text(
    "The platform publishes its keys; launches can be verified by {usable} of them.",
    "平台的密钥集中有 {usable} 个可用的密钥。",
)
_NO_DATE = Text(
    "The platform does not say what time it is, so the clocks could not be compared.",
    "平台没有说明它的时间，无法比较两边的时钟。",
)
_CLOCK = Text(
    "The clocks of the platform and of this server agree.",
    "平台与本服务器的时钟一致。",
)
_CLOCK_APART = Text(
    "The platform's clock is {seconds} seconds {en} this server's. Launches allow {leeway}, and messages live a "
    "minute. Let both set their clocks by NTP.",
    "平台的时钟比本服务器{zh} {seconds} 秒。启动消息只允许相差 {leeway} 秒，有效期不过一分钟。请让两边都用 NTP 校时。",
)


async def check_keyset(service: Service, platform: Platform) -> list[Check]:
    asked = service.clock()
    try:
        reply = await service.outgoing.get(platform.keyset_url, accept="application/json")
    except OutgoingError as error:
        return [Check("keyset", "fault", with_reason(_NO_KEYS, why(error), url=platform.keyset_url))]
    middle = asked + (service.clock() - asked) / 2
    return [_keyset_check(reply), _clock_check(reply, middle)]


def _keyset_check(reply: Reply) -> Check:
    if 300 <= reply.status < 400:
        return Check("keyset", "fault", _MOVED.format(url=reply.headers.get("location", "")[:300]))
    if not reply.is_success:
        return Check("keyset", "fault", _NOT_FOUND.format(status=reply.status))
    found = keys_in(reply)
    if found is None:
        return Check("keyset", "fault", _PAGE)
    usable = sum(map(is_usable, found))
    if not usable:
        return Check("keyset", "fault", _NO_USABLE_KEY.format(bits=SMALLEST_KEY))
    return Check("keyset", "ok", _KEYS.format(usable=usable))


def keys_in(reply: Reply) -> list[Any] | None:
    """The members of a key set; None if it is none."""
    try:
        content = reply.json()
    except ValueError:
        return None
    found = content.get("keys") if isinstance(content, dict) else None
    return found if isinstance(found, list) else None


def is_usable(key: object) -> bool:
    """Whether a launch could be verified by this member of a key set."""
    if not isinstance(key, dict) or not isinstance(key.get("kid"), str) or not isinstance(key.get("n"), str):
        return False
    right = key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and key.get("alg", "RS256") == "RS256"
    return right and len(key["n"].rstrip("=")) * 6 >= SMALLEST_KEY  # base64 has six bits a character


def _clock_check(reply: Reply, now: datetime) -> Check:
    try:
        theirs = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return Check("clock", "warning", _NO_DATE)
    # The header has whole seconds: on average it is half of one late.
    difference = theirs.replace(tzinfo=theirs.tzinfo or UTC) + timedelta(seconds=0.5) - now
    seconds = round(abs(difference.total_seconds()))
    if abs(difference) <= APART:
        return Check("clock", "ok", _CLOCK)
    way = {"en": "ahead of", "zh": "快"} if difference > timedelta() else {"en": "behind", "zh": "慢"}
    text = _CLOCK_APART.format(seconds=seconds, leeway=round(LEEWAY.total_seconds()), **way)
    return Check("clock", "fault" if abs(difference) > LEEWAY else "warning", text)


def with_reason(sentence: Text, reason: Text, **values: object) -> Text:
    """The sentence with what happened in its place `why`."""
    return Text(sentence.en.format(why=reason.en, **values), sentence.zh.format(why=reason.zh, **values))
