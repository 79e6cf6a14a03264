"""Why a request of ours got no reply, for people."""

from collections.abc import Mapping

from app.core.outgoing import OutgoingError, Reason
from problems.text import Text

_REASONS: Mapping[Reason, Text] = {
    "address": Text(
        "The address is not one that this service may call: {detail} Its operator can allow an origin within a local "
        "network by HAITANG_PRIVATE_ORIGINS.",
        "本服务不得访问这个地址：{detail} 若它位于内部网络，可由运维人员用 HAITANG_PRIVATE_ORIGINS 放行。",
    ),
    "name": Text(
        "The name of the host can't be found in the DNS.",
        "DNS 中查不到这个主机名。",
    ),
    "connect": Text(
        "Nobody answers at this address. A firewall may stand between, or the server is down.",
        "这个地址没有服务器应答，可能被防火墙拦截，也可能服务器已停机。",
    ),
    "tls": Text(
        "The certificate of the server can't be verified: {detail}",
        "无法验证服务器的证书：{detail}",
    ),
    "timeout": Text(
        "No complete answer came within five seconds.",
        "五秒之内没有收到完整的回答。",
    ),
    "interrupted": Text(
        "The connection broke off before the answer was complete.",
        "回答尚未传完，连接就中断了。",
    ),
    "size": Text(
        "The answer is too large to be what was asked for.",
        "回答过大，不可能是所请求的内容。",
    ),
    "encoding": Text(
        "The answer came compressed, although it was asked for as it is.",
        "要求不压缩，对方却发来了压缩的回答。",
    ),
}


def why(error: OutgoingError) -> Text:
    """The sentence for it."""
    return _REASONS[error.reason].format(detail=error)
