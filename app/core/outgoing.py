"""Requests that the service itself makes, to addresses that others chose: LTI platforms, webhooks.

    address ──► allowed? ──► name resolved once ──► every address public? ──► connected to one of these ──► reply
                                                                                                  ≤ 5 s, ≤ 256 KiB

https only, no redirects, no proxies from the environment, no decompression. The name is resolved where the connection
is made, and the connection goes to an address that was looked at: a name that answers differently a moment later gains
nothing. TLS verifies the name. Origins that the operator names may lie within a local network too, and do without TLS
if they are named so; for development and tests, so may whatever is on loopback.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias
from urllib.parse import urlsplit

import httpcore
import orjson

from app.core.addresses import PORTS, Origin, is_local, is_loopback, is_public

SECONDS = 5.0  # from the first byte sent to the last received, with everything between
REPLY_LIMIT = 262_144  # bytes
CONNECTIONS = 100
KEPT_SECONDS = 4.0  # that a connection may lie idle; Apache closes it after 5

Reason: TypeAlias = Literal[
    "address",  # not one that may be called
    "name",  # nobody knows the host
    "connect",  # nobody answers there
    "tls",  # somebody answers, but nobody who can show to be the host
    "timeout",
    "interrupted",  # the connection ended, or spoke no HTTP, before the reply was complete
    "size",  # of the reply
    "encoding",  # of the reply, which was asked for as it is
]

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The numeric addresses of a host; raises `OSError`."""


class OutgoingError(Exception):
    """There is no reply. Whether the other side has received the request is known only for some reasons."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, with any status; names of headers are in lower case, repeated ones joined by commas.

    `reason` is the phrase beside the status, in which some servers say what is wrong.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    reason: str = ""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: it is not.

        """
        return orjson.loads(self.body)


async def resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Outgoing:
    """A pool of connections, for one event loop; an async context manager.

    `named` are the origins that may be within a local network, or without TLS. Give `tls` and `resolver` only where the
    usual ones (the system's authorities and names) can't be meant.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        named: Collection[Origin] = (),
        tls: ssl.SSLContext | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        tls = tls or _usual_tls()
        hosts = {each: {(host, port) for scheme, host, port in named if scheme == each} for each in ("https", "http")}
        self._backends = {"https": _Careful(resolver, hosts["https"], loopback=allow_loopback)}
        if allow_loopback or hosts["http"]:
            self._backends["http"] = _Careful(resolver, hosts["http"], loopback=allow_loopback, public=False)
        self._pools = {scheme: _pool(backend, tls) for scheme, backend in self._backends.items()}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in self._pools.values():
            await pool.aclose()

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None, accept: str | None = None) -> Reply:
        """See `request`."""
        return await self.request("GET", url, headers=_with(headers, accept))

    async def post(
        self, url: str, body: bytes, *, content_type: str, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """See `request`."""
        return await self.request("POST", url, body, headers={"Content-Type": content_type, **(headers or {})})

    async def request(
        self, method: str, url: str, body: bytes | None = None, *, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """The reply, whatever its status; a redirect is a reply like any other.

        Raises:
            OutgoingError: the address may not be called, or there is no complete reply in time.

        """
        host = self.check(url)
        sent = {"Host": host, "User-Agent": "Haitang", "Accept-Encoding": "identity", **(headers or {})}
        try:
            async with asyncio.timeout(SECONDS):
                return await self._send(method, url, body, sent)
        except TimeoutError:
            raise OutgoingError("timeout", f"No complete reply within {SECONDS:g} seconds.") from None
        except httpcore.ConnectError as error:
            raise OutgoingError("tls", f"TLS failed: {_root(error)}") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise OutgoingError("interrupted", str(error) or "The connection was closed.") from error

    def check(self, url: str) -> str:
        """The host (and port) of an address that may be called, as far as can be said before its name is resolved.

        Raises:
            OutgoingError: it may not, for the reason "address".

        """
        if not url.isascii() or not url.isprintable() or " " in url:
            raise OutgoingError("address", "The address has characters that must be escaped.")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise OutgoingError("address", "This is no address.") from None
        if parts.scheme not in self._pools:
            raise OutgoingError("address", "The address must begin with https://.")
        if not host or "@" in parts.netloc:
            raise OutgoingError("address", "The address must name a host, and nobody's password.")
        self._backends[parts.scheme].check(host, port or PORTS[parts.scheme])
        return parts.netloc

    async def _send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        pool = self._pools[urlsplit(url).scheme]
        async with pool.stream(method, url.partition("#")[0], headers=list(headers.items()), content=body) as response:
            received: dict[str, str] = {}
            for raw_name, raw_value in response.headers:
                name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
                received[name] = f"{received[name]}, {value}" if name in received else value
            if received.get("content-encoding", "identity") != "identity":
                raise OutgoingError("encoding", "The reply is compressed, although it was asked not to be.")
            content = bytearray()
            async for part in response.aiter_stream():
                content += part
                if len(content) > REPLY_LIMIT:
                    raise OutgoingError("size", f"The reply has more than {REPLY_LIMIT} bytes.")
        reason = response.extensions.get("reason_phrase", b"").decode("utf-8", "replace")
        return Reply(response.status, received, bytes(content), reason)


def _with(headers: Mapping[str, str] | None, accept: str | None) -> dict[str, str]:
    return {**(headers or {})} | ({"Accept": accept} if accept else {})


def _root(error: BaseException) -> BaseException:
    """What began it: the libraries between wrap one another's errors."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


@cache
def _usual_tls() -> ssl.SSLContext:
    """Reading the system's authorities takes 50 ms, and one context serves every pool."""
    return ssl.create_default_context()


def _pool(backend: httpcore.AsyncNetworkBackend, tls: ssl.SSLContext) -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(
        ssl_context=tls, max_connections=CONNECTIONS, keepalive_expiry=KEPT_SECONDS, network_backend=backend
    )


class _Careful(httpcore.AnyIOBackend):
    """Connects to addresses that may be called, and only if all of a name's addresses are such.

    `named` are hosts and ports that may be within a local network. `loopback` and `public` are the others' addresses.
    """

    def __init__(
        self, resolver: Resolver, named: Collection[tuple[str, int]], *, loopback: bool, public: bool = True
    ) -> None:
        self._resolve = resolver
        self._named = named
        self._loopback = loopback
        self._public = public

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature of the base class
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):  # UnicodeError: a label that no name can have
            raise OutgoingError("name", f"No address is known for {host}.") from None
        if not addresses or not all(self._may_call(host, port, address) for address in addresses):
            raise OutgoingError("address", f"{host} is not an address of the public internet.")
        for address in dict.fromkeys(addresses):
            with suppress(httpcore.ConnectError):
                return await super().connect_tcp(address, port, timeout, local_address, socket_options)
        raise OutgoingError("connect", f"Nobody answers at {host}, port {port}.")

    def check(self, host: str, port: int) -> None:
        """Raises OutgoingError: this is a numeric address that may not be called, or a name that needs TLS."""
        if not (self._public or self._loopback or (host, port) in self._named):
            raise OutgoingError("address", "The address must begin with https://.")
        with suppress(ValueError):  # a name, of which nothing can be said yet
            if not self._may_call(host, port, host):
                raise OutgoingError("address", f"{host} is not an address of the public internet.")

    def _may_call(self, host: str, port: int, address: str) -> bool:
        """Whether this numeric address of the host is one; raises ValueError: it is none."""
        if (host, port) in self._named:
            return is_local(address) or is_public(address)
        return (self._public and is_public(address)) or (self._loopback and is_loopback(address))
