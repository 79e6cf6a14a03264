"""Requests of the service itself, on real sockets: what is refused, and what comes back."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.core import outgoing
from app.core.addresses import Origin, is_local, is_loopback, is_public, origins_of
from app.core.outgoing import Outgoing, OutgoingError

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """A server that reads the head of a request and hands it to `answer`; `heads` are all that arrived."""

    def __init__(self, answer: Answer | bytes) -> None:
        self._answer = answer
        self.heads: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._open: set[asyncio.StreamWriter] = set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                if isinstance(self._answer, bytes):
                    writer.write(self._answer)
                    await writer.drain()
                else:
                    await self._answer(head, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.hang_up()

    def hang_up(self) -> None:
        while self._open:
            self._open.pop().close()


Listening = Callable[..., AbstractAsyncContextManager[Listener]]


@pytest.fixture
def listening() -> Listening:
    @asynccontextmanager
    async def listen(answer: Answer | bytes = OK, tls: ssl.SSLContext | None = None) -> AsyncIterator[Listener]:
        listener = Listener(answer)
        server = await asyncio.start_server(listener.take, "127.0.0.1", 0, ssl=tls)
        listener.port = server.sockets[0].getsockname()[1]
        yield listener
        listener.hang_up()
        server.close()
        await server.wait_closed()

    return listen


@pytest.fixture
async def http() -> AsyncIterator[Outgoing]:
    """As in development: loopback is allowed."""
    async with Outgoing(allow_loopback=True) as http:
        yield http


def leading_to(*addresses: str) -> tuple[outgoing.Resolver, list[str]]:
    """A resolver that gives one address after the other, as a name server under somebody's control may."""
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return [addresses[min(len(asked), len(addresses)) - 1]]

    return resolve, asked


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
            *("0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
            *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1", "::7f00:1"),
            *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
            *("64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
        ],
    )
    def test_what_is_within_is_not_public(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize(
        "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
    )
    def test_what_is_without_is(self, address: str) -> None:
        assert is_public(address)
        assert not is_loopback(address)

    @pytest.mark.parametrize(
        ("address", "local"),
        [
            *((each, True) for each in ("127.0.0.1", "10.1.2.3", "172.17.0.2", "192.168.65.254", "100.64.0.1")),
            *((each, True) for each in ("::1", "fd00::1", "::ffff:10.0.0.1")),
            *((each, False) for each in ("8.8.8.8", "169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "fec0::1")),
            *((each, False) for each in ("100.100.100.200", "::ffff:100.100.100.200", "fd00:ec2::254", "fd20:ce::254")),
        ],
    )
    def test_what_lies_in_a_local_network(self, address: str, local: bool) -> None:  # noqa: FBT001 - a table
        assert is_local(address) is local

    @pytest.mark.parametrize(
        ("listed", "found"),
        [
            ("", set()),
            (
                "https://Moodle.example.edu, http://moodle:8080/ http://[fd00::1]",
                {("https", "moodle.example.edu", 443), ("http", "moodle", 8080), ("http", "fd00::1", 80)},
            ),
        ],
    )
    def test_a_list_of_origins(self, listed: str, found: set[Origin]) -> None:
        assert origins_of(listed) == found

    @pytest.mark.parametrize(
        "listed", ["moodle", "moodle:8080", "*", "https://", "https://a/b", "https://a?b", "https://b@a", "http://a:x"]
    )
    def test_a_list_of_something_else(self, listed: str) -> None:
        with pytest.raises(ValueError, match=r"origin|host|[Pp]ort"):
            origins_of(listed)


class TestRefused:
    @pytest.mark.parametrize(
        "url",
        [
            "http://lms.example.edu/",
            "ftp://lms.example.edu/",
            "file:///etc/passwd",
            "//lms.example.edu/",
            "https:///path",
            "https://user:password@lms.example.edu/",
            "https://lms.example.edu:99999/",
            "https://lms.example.edu/a b",
            "https://lms.example.edu/\r\nX-Header: 1",
            "https://[::1/",
            "https://学校.example/",
            "",
        ],
    )
    async def test_an_address_of_another_form(self, url: str) -> None:
        async with Outgoing() as http:
            with pytest.raises(OutgoingError) as refused:
                await http.get(url)
        assert refused.value.reason == "address"

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
    )
    async def test_loopback_however_it_is_written(self, listening: Listening, host: str) -> None:
        async with listening() as server, Outgoing() as http:
            with pytest.raises(OutgoingError) as refused:
                await http.get(f"https://{host}:{server.port}/")
            assert refused.value.reason == "address"
            assert server.connections == 0

    @pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "fe80::1", "224.0.0.1", "::ffff:192.168.0.1"])
    async def test_a_name_that_leads_within_even_in_development(self, address: str) -> None:
        resolve, _ = leading_to(address)
        async with Outgoing(allow_loopback=True, resolver=resolve) as http:
            with pytest.raises(OutgoingError) as refused:
                await http.get("https://lms.example.edu/")
        assert refused.value.reason == "address"

    async def test_a_name_of_which_one_address_leads_within(self) -> None:
        async def resolve(_host: str, _port: int) -> Sequence[str]:
            return ["8.8.8.8", "127.0.0.1"]

        async with Outgoing(resolver=resolve) as http:
            with pytest.raises(OutgoingError) as refused:
                await http.get("https://lms.example.edu/")
        assert refused.value.reason == "address"

    async def test_without_tls_nothing_but_loopback_is_called(self) -> None:
        resolve, asked = leading_to("8.8.8.8")
        async with Outgoing(allow_loopback=True, resolver=resolve) as http:
            with pytest.raises(OutgoingError) as refused:
                await http.get("http://lms.example.edu/")
        assert refused.value.reason == "address"
        assert asked == ["lms.example.edu"]

    @pytest.mark.parametrize(
        ("url", "address"),
        [
            ("http://other.test:{port}/", "127.0.0.1"),
            ("http://moodle.test:1/", "127.0.0.1"),
            ("https://moodle.test:{port}/", "127.0.0.1"),
            ("http://moodle.test:{port}/", "169.254.169.254"),
            ("http://moodle.test:{port}/", "fe80::1"),
            ("http://moodle.test:{port}/", "0.0.0.0"),
        ],
    )
    async def test_what_is_not_the_origin_that_the_operator_named(
        self, listening: Listening, url: str, address: str
    ) -> None:
        """Another host, port or scheme; and where clouds keep their metadata, wherever the name leads."""
        resolve, _ = leading_to(address)
        async with listening() as server:
            named = origins_of(f"http://moodle.test:{server.port}")
            async with Outgoing(named=named, resolver=resolve) as http:
                with pytest.raises(OutgoingError) as refused:
                    await http.get(url.format(port=server.port))
            assert refused.value.reason == "address"
            assert server.connections == 0

    async def test_a_name_that_nobody_knows(self) -> None:
        async with Outgoing() as http:
            with pytest.raises(OutgoingError) as refused:
                await http.get("https://nowhere.invalid/")
        assert refused.value.reason == "name"

    async def test_a_port_where_nobody_listens(self, http: Outgoing, listening: Listening) -> None:
        async with listening() as server:
            pass
        with pytest.raises(OutgoingError) as refused:
            await http.get(f"http://127.0.0.1:{server.port}/")
        assert refused.value.reason == "connect"

    async def test_a_reply_that_takes_too_long(
        self, http: Outgoing, listening: Listening, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However steadily it trickles: the limit is for all of it."""
        monkeypatch.setattr(outgoing, "SECONDS", 0.5)

        async def trickle(_head: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(100):
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)

        async with listening(trickle) as server:
            started = asyncio.get_running_loop().time()
            with pytest.raises(OutgoingError) as refused:
                await http.get(f"http://127.0.0.1:{server.port}/")
            assert asyncio.get_running_loop().time() - started < 2
        assert refused.value.reason == "timeout"

    def test_the_limits_are_those_that_are_promised(self) -> None:
        assert outgoing.SECONDS == 5
        assert outgoing.REPLY_LIMIT == 256 * 1024

    @pytest.mark.parametrize("announced", [True, False])
    async def test_a_reply_that_is_too_long(self, http: Outgoing, listening: Listening, *, announced: bool) -> None:
        async def pour(_head: bytes, writer: asyncio.StreamWriter) -> None:
            length = b"Content-Length: 10000000\r\n" if announced else b""
            writer.write(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")
            for _ in range(1000):
                writer.write(b" " * 10_000)
                await writer.drain()

        async with listening(pour) as server:
            with pytest.raises(OutgoingError) as refused:
                await http.get(f"http://127.0.0.1:{server.port}/")
        assert refused.value.reason == "size"

    async def test_a_compressed_reply(self, http: Outgoing, listening: Listening) -> None:
        async with listening(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}") as server:
            with pytest.raises(OutgoingError) as refused:
                await http.get(f"http://127.0.0.1:{server.port}/")
        assert refused.value.reason == "encoding"

    @pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", b"no HTTP\r\n\r\n"])
    async def test_a_connection_that_ends_early(self, http: Outgoing, listening: Listening, answer: bytes) -> None:
        async def hang_up(_head: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            await writer.drain()
            writer.close()

        async with listening(hang_up) as server:
            with pytest.raises(OutgoingError) as refused:
                await http.get(f"http://127.0.0.1:{server.port}/")
        assert refused.value.reason == "interrupted"


class TestReply:
    async def test_any_status_with_its_headers_and_body(self, http: Outgoing, listening: Listening) -> None:
        answer = b'HTTP/1.1 409 Conflict\r\nLink: <a>\r\nlink: <b>\r\nContent-Length: 8\r\n\r\n{"a": 1}'
        async with listening(answer) as server:
            reply = await http.get(f"http://127.0.0.1:{server.port}/", accept="application/json")
            assert b"accept: application/json\r\n" in server.heads[0].lower()
        assert (reply.status, reply.reason, reply.is_success, reply.json()) == (409, "Conflict", False, {"a": 1})
        assert reply.headers["link"] == "<a>, <b>"

    async def test_what_is_no_json_says_so(self, http: Outgoing, listening: Listening) -> None:
        async with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>") as server:
            reply = await http.get(f"http://127.0.0.1:{server.port}/")
        with pytest.raises(ValueError, match=r"JSON|unexpected"):
            reply.json()

    async def test_an_origin_that_the_operator_named_may_lie_within(self, listening: Listening) -> None:
        """A university's Moodle in a local network, or one in a container beside this service, without TLS."""
        resolve, asked = leading_to("127.0.0.1")
        async with listening() as server:
            named = origins_of(f"http://moodle.test:{server.port}")
            async with Outgoing(named=named, resolver=resolve) as http:
                assert (await http.get(f"http://Moodle.test:{server.port}/")).status == 200
        assert asked == ["moodle.test"]

    async def test_a_redirect_is_a_reply_and_is_not_followed(self, http: Outgoing, listening: Listening) -> None:
        async with listening() as target:
            location = f"Location: http://127.0.0.1:{target.port}/".encode()
            async with listening(b"HTTP/1.1 302 Found\r\n" + location + b"\r\nContent-Length: 0\r\n\r\n") as server:
                reply = await http.get(f"http://127.0.0.1:{server.port}/")
            assert (reply.status, reply.is_success) == (302, False)
            assert target.connections == 0

    async def test_proxies_of_the_environment_are_not_used(
        self, http: Outgoing, listening: Listening, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with listening() as server, listening() as proxy:
            for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            assert (await http.get(f"http://127.0.0.1:{server.port}/")).status == 200
            assert proxy.connections == 0

    async def test_a_connection_is_used_again_and_its_name_is_not_resolved_again(self, listening: Listening) -> None:
        """A name that leads elsewhere a moment later (DNS rebinding) gains nothing."""
        resolve, asked = leading_to("127.0.0.1", "10.0.0.1")
        async with listening() as server, Outgoing(allow_loopback=True, resolver=resolve) as http:
            for _ in range(3):
                await http.get(f"http://lms.example.edu:{server.port}/")
            assert (server.connections, len(server.heads), asked) == (1, 3, ["lms.example.edu"])
            assert f"host: lms.example.edu:{server.port}\r\n".encode() in server.heads[0].lower()


class TestTLS:
    @pytest.fixture
    def authority(self, tmp_path: Path) -> tuple[ssl.SSLContext, Callable[[str], ssl.SSLContext]]:
        """A client's context that trusts a new authority, and a maker of servers' contexts for names that it signs."""
        now = datetime.now(UTC)
        ca_key = ec.generate_private_key(ec.SECP256R1())
        ca_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Authority of the tests")])

        def certificate(name: x509.Name, key: ec.EllipticCurvePrivateKey, *extensions: x509.ExtensionType):
            builder = x509.CertificateBuilder(ca_name, name, key.public_key(), x509.random_serial_number())
            builder = builder.not_valid_before(now - timedelta(hours=1))
            builder = builder.not_valid_after(now + timedelta(hours=1))
            for extension in extensions:
                builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            return builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

        trusting = ssl.create_default_context(
            cadata=certificate(ca_name, ca_key, x509.BasicConstraints(ca=True, path_length=None)).decode()
        )

        def serving(host: str) -> ssl.SSLContext:
            key = ec.generate_private_key(ec.SECP256R1())
            subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
            names = x509.SubjectAlternativeName([x509.DNSName(host)])
            file = tmp_path / f"{host}.pem"
            private = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            file.write_bytes(certificate(subject, key, names) + private)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(file)
            return context

        return trusting, serving

    async def test_the_name_is_verified_although_the_address_is_called(self, authority, listening: Listening) -> None:
        trusting, serving = authority
        resolve, _ = leading_to("127.0.0.1")
        async with listening(tls=serving("lms.example.edu")) as server:
            async with Outgoing(allow_loopback=True, tls=trusting, resolver=resolve) as http:
                assert (await http.get(f"https://lms.example.edu:{server.port}/")).status == 200
                with pytest.raises(OutgoingError) as refused:
                    await http.get(f"https://other.example.edu:{server.port}/")
            assert refused.value.reason == "tls"
            assert len(server.heads) == 1

    async def test_an_authority_that_is_not_known(self, authority, listening: Listening) -> None:
        _, serving = authority
        resolve, _ = leading_to("127.0.0.1")
        async with listening(tls=serving("lms.example.edu")) as server:
            async with Outgoing(allow_loopback=True, resolver=resolve) as http:
                with pytest.raises(OutgoingError) as refused:
                    await http.get(f"https://lms.example.edu:{server.port}/")
            assert refused.value.reason == "tls"
            assert server.heads == []


def test_every_address_of_the_tests_is_one() -> None:
    """A typing mistake above would be refused for the wrong reason."""
    assert ip_address("2001:0:4136:e378:8000:63bf:80ff:fffe").teredo[1] == ip_address("127.0.0.1")
