"""A receiver of webhooks on a real socket that can be told to misbehave, and a service whose clock can be advanced."""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from app.webhooks import sender


@dataclass(frozen=True)
class Received:
    """A message as it came over the wire."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.raw)

    def is_signed_by(self, secret: str, now: datetime | None = None) -> bool:
        """Written from the specification alone, as a receiver would."""
        sent = int(self.headers["webhook-timestamp"])
        if abs((now or datetime.now(UTC)).timestamp() - sent) > 300:
            return False
        kind, _, encoded = secret.partition("_")
        assert kind == "whsec"
        assert "." not in self.id
        mac = hmac.new(base64.b64decode(encoded, validate=True), digestmod=hashlib.sha256)
        for part in (self.id.encode(), b".", str(sent).encode(), b".", self.raw):
            mac.update(part)
        candidates = [each.split(",", 1) for each in self.headers["webhook-signature"].split(" ")]
        return any(
            version == "v1" and hmac.compare_digest(base64.b64decode(signature), mac.digest())
            for version, signature in candidates
        )


Behaviour = int | str
"""A status to answer with; "drop" takes the message and hangs up, "slow" takes it and says nothing, "late" says 204."""


@dataclass
class Receiver:
    """`behaviours` are used up one by one; afterwards every message is taken with 204."""

    port: int = 0
    messages: list[Received] = field(default_factory=list)
    behaviours: deque[Behaviour] = field(default_factory=deque)
    reply_headers: dict[str, str] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def take(self, message: Received) -> Behaviour:
        with self.lock:
            self.messages.append(message)
            return self.behaviours.popleft() if self.behaviours else 204

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [message.json for message in self.messages]

    @property
    def ids(self) -> Counter[str]:
        return Counter(message.id for message in self.messages)

    async def wait_for_try(self, id_: str, count: int) -> None:
        """Until this message has come so many times."""
        await until(lambda: self.ids[id_] >= count, says=lambda: f"{self.ids[id_]} of {count} came")

    async def wait_for(self, count: int, seconds: float = 15) -> list[Received]:
        """The messages, once there are so many."""
        await until(lambda: len(self.messages) >= count, seconds, lambda: f"{len(self.messages)} of {count} came")
        return self.messages


async def until(true: Callable[[], Any], seconds: float = 15, says: Callable[[], str] = lambda: "too late") -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, says()
        await asyncio.sleep(0.02)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            behaviour = receiver.take(Received(self.path, {k.lower(): v for k, v in self.headers.items()}, raw))
            if behaviour == "slow":
                receiver.closing.wait(8)
            if behaviour == "late":
                time.sleep(1)
                behaviour = 204
            if isinstance(behaviour, str):
                self.close_connection = True
                return
            self.send_response(behaviour)
            for name, value in receiver.reply_headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def receive() -> Iterator[Callable[[], Receiver]]:
    """Starts receivers."""
    running: list[tuple[Receiver, ThreadingHTTPServer, threading.Thread]] = []

    def start() -> Receiver:
        receiver = Receiver()
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
        server.daemon_threads = True
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        running.append((receiver, server, thread))
        return receiver

    yield start
    for receiver, server, thread in running:
        receiver.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def receiver(receive: Callable[[], Receiver]) -> Receiver:
    return receive()


class MovableClock:
    """The real time, and what has been added to it."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def advance(self, **amount: float) -> None:
        self.offset += timedelta(**amount)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(
        database_url=database_url, secret="a secret of the tests, which is long enough", lti_allow_loopback=True
    )


@pytest.fixture
async def app(settings: Settings, clock: MovableClock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FastAPI]:
    """The running application, which looks for messages more often than usual."""
    monkeypatch.setattr(sender, "POLL", 0.05)
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        yield app


class Hooked:
    """A webhook, as the teacher sees it, and the classroom to which it belongs."""

    def __init__(self, teacher: httpx.AsyncClient, made: httpx.Response, room: Any = None) -> None:
        assert made.status_code == 201, made.text
        self.room = room
        self.id: str = made.json()["id"]
        self.secret: str = made.json()["secret"]
        self.path = f"/api/v1/webhooks/{self.id}"
        self.teacher = teacher

    async def state(self) -> dict[str, Any]:
        found = await self.teacher.get(self.path)
        assert found.status_code == 200, found.text
        return found.json()

    async def deliveries(self, **query: Any) -> list[dict[str, Any]]:
        found = await self.teacher.get(f"{self.path}/deliveries", params={"limit": 100, **query})
        assert found.status_code == 200, found.text
        return found.json()["items"]

    async def settled(self, count: int, state: str = "delivered", seconds: float = 15) -> list[dict[str, Any]]:
        """The deliveries, once so many have arrived (or failed) and this is recorded."""
        for _ in range(int(seconds / 0.05)):
            if len(done := await self.deliveries(state=state)) >= count:
                return done
            await asyncio.sleep(0.05)
        raise AssertionError(await self.deliveries())

    async def tried(self, delivery_id: str, seconds: float = 15) -> dict[str, Any]:
        """The delivery, once it has been tried and this is recorded."""
        for _ in range(int(seconds / 0.05)):
            found = (await self.teacher.get(f"{self.path}/deliveries/{delivery_id}")).json()
            if found["tries"]:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(await self.deliveries())

    async def disabled(self, seconds: float = 15) -> dict[str, Any]:
        """The webhook, once it is disabled."""
        for _ in range(int(seconds / 0.05)):
            if not (state := await self.state())["enabled"]:
                return state
            await asyncio.sleep(0.05)
        raise AssertionError(await self.deliveries())

    async def ping(self) -> str:
        sent = await self.teacher.post(f"{self.path}/ping")
        assert sent.status_code == 201, sent.text
        return sent.json()["id"]


@pytest.fixture
def hook_of() -> Callable[[httpx.AsyncClient, httpx.Response], Hooked]:
    """Of the response with which a webhook was made."""
    return Hooked


@pytest.fixture
def hooked(classroom: Callable[..., Awaitable[Any]], receiver: Receiver) -> Callable[..., Awaitable[Hooked]]:
    """Opens a classroom with an assignment, and registers the receiver."""

    async def open_(students: int = 1, events: list[str] | None = None, **settings: Any) -> Hooked:
        room = await classroom(students)
        await room.assign({}, **settings)
        body = {"url": receiver.url} | ({"events": events} if events else {})
        made = await room.teacher.client.post(f"/api/v1/courses/{room.course}/webhooks", json=body)
        return Hooked(room.teacher.client, made, room)

    return open_
