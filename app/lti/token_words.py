"""What a token endpoint's answer means, for people: what to look at on which side."""

import re
from collections.abc import Mapping

from app.core.outgoing import Reply
from app.lti import claims
from problems.text import Text

QUOTED = 300  # characters of an answer that are shown

_UNREACHABLE = Text(
    "The token endpoint {url} could not be asked. {why}",
    "无法访问令牌端点 {url}。{why}",
)
_MOVED = Text(
    "The token endpoint leads on to {url}. Addresses are called without following; enter that one.",
    "令牌端点转向 {url}。本服务不跟随跳转，请直接填写后者。",
)
_PAGE = Text(
    "The token endpoint answers {status} with a web page (“{title}”). Compare the address with the one that the "
    "platform shows; a page for signing in, or for maintenance, has no place there. If the address is right: Moodle "
    "answers so when it may not fetch our key set {keyset} (see its HTTP security: blocked hosts, allowed ports).",
    "令牌端点返回 {status} 和一个网页（“{title}”）。请与平台上显示的地址核对；那里不应是登录页或维护页。"
    "若地址无误：Moodle 无权获取我们的密钥集 {keyset} 时也会这样回答（参见其“HTTP 安全”中的屏蔽主机和允许端口）。",
)
_BROKEN = Text(
    "The token endpoint answers {status}: the platform itself is in trouble. Try again later. It says: {said}",
    "令牌端点返回 {status}：平台本身有故障，请稍后再试。它说：{said}",
)
_REFUSED = Text(
    "The platform gives no token (answer {status}). It says: {said}",
    "平台没有给出令牌（回答 {status}）。它说：{said}",
)
_NO_TOKEN = Text(
    "The token endpoint answers {status}, but with no token in it. It says: {said}",
    "令牌端点返回 {status}，其中却没有令牌。它说：{said}",
)
_AUDIENCE = Text(
    "The platform does not accept whom our request names as its reader (aud). Enter as the token audience what the "
    "platform wants there. It says: {said}",
    "平台不接受我们请求中的受众（aud）。请在“令牌受众”一栏填写平台要求的值。它说：{said}",
)
_SCOPE_LACKING = Text(
    "The platform gave a token, but not for {what}. Switch that service on for this tool in the platform.",
    "平台给出了令牌，但不能用于{what}。请在平台上为这个工具开启该服务。",
)
_ERRORS: Mapping[str, Text] = {
    "invalid_client": Text(
        "The platform does not know us by this client id, or can't verify our signature. Compare the client id; see "
        "that the platform has our key set {keyset} and can fetch it; where the platform wants a token audience, enter "
        "it. It says: {said}",
        "平台不认识这个客户端 ID，或无法验证我们的签名。请核对客户端 ID；确认平台填写的密钥集是 {keyset} 且能够访问；"
        "若平台要求令牌受众，请填写。它说：{said}",
    ),
    "invalid_scope": Text(
        "The platform does not allow this tool {what}. Switch that service on for the tool in the platform. "
        "It says: {said}",
        "平台不允许这个工具使用{what}。请在平台上为这个工具开启该服务。它说：{said}",
    ),
    "invalid_grant": Text(
        "The platform could not verify our signature. See that it has our key set {keyset} and can fetch it, and that "
        "the clocks agree. It says: {said}",
        "平台无法验证我们的签名。请确认平台填写的密钥集是 {keyset} 且能够访问，并检查时钟。它说：{said}",
    ),
}
_GIVEN = Text("The platform gives tokens for {what}.", "平台会给出用于{what}的令牌。")
_SERVICES: Mapping[str, Text] = {
    claims.SCOPE_SCORE: Text("sending scores", "发送成绩"),
    claims.SCOPE_MEMBERSHIPS: Text("reading class lists", "读取班级名单"),
}


def unreachable(url: str, reason: Text) -> Text:
    return Text(_UNREACHABLE.en.format(url=url, why=reason.en), _UNREACHABLE.zh.format(url=url, why=reason.zh))


def given(scope: str) -> Text:
    return _about(_GIVEN, scope)


def fault_of(reply: Reply, scope: str, *, keyset: str) -> Text | None:
    """What is wrong with the answer to a request for a token of this scope; None when it gives one."""
    if 300 <= reply.status < 400:
        return _MOVED.format(url=reply.headers.get("location", "")[:QUOTED])
    begins = " ".join(reply.body[: 20 * QUOTED].decode(errors="replace").split())
    try:
        content = reply.json()
    except ValueError:
        if re.match("<(!doctype|html|head|body)", begins, re.IGNORECASE):
            title = re.search("<title[^>]*>(.*?)</title", begins, re.IGNORECASE)
            return _PAGE.format(status=reply.status, title=title[1][:100] if title else "–", keyset=keyset)
        content = None
    told = content if isinstance(content, dict) else {}
    said = f"{told.get('error', '')} {told.get('error_description', '')}".strip() or begins or "–"
    values = {"status": reply.status, "said": said[:QUOTED], "keyset": keyset}
    if not reply.is_success:
        return _about(_sentence(reply.status, told), scope, **values)
    if not isinstance(told.get("access_token"), str):
        return _NO_TOKEN.format(**values)
    granted = told.get("scope")
    if isinstance(granted, str) and granted and scope not in granted.split():
        return _about(_SCOPE_LACKING, scope)
    return None


def _sentence(status: int, told: Mapping[str, object]) -> Text:
    if re.search(r"\baud(ience)?\b", str(told.get("error_description", "")), re.IGNORECASE):
        return _AUDIENCE
    if status >= 500:
        return _BROKEN
    return _ERRORS.get(str(told.get("error", "")), _REFUSED)


def _about(sentence: Text, scope: str, **values: object) -> Text:
    what = _SERVICES[scope]
    return Text(sentence.en.format(what=what.en, **values), sentence.zh.format(what=what.zh, **values))
