"""Durable attempts a second over HTTP on this machine, as a multiple of a bare FastAPI echo in the same run.

    python benchmarks/attempts.py [--seconds 3] [--rounds 3] [--connections 32] [--database-url …]

Both services run with the same server settings, each in a process of its own, and are driven in turns by the same
client over 127.0.0.1. What counts is the ratio: the absolute numbers belong to the machine. At the end every answered
attempt must be found in the database.
"""

import argparse
import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import func, select

from app.attempts.models import Attempt
from app.core.database import Database

MAX_REQUESTS = 100_000  # a round ends here at the latest
ECHO = "echo"


class Client(asyncio.Protocol):
    """One connection that sends the same request again and again, and notes how long each answer takes."""

    def __init__(self, request: bytes, status: bytes, until: float, seconds: list[float]) -> None:
        self._request, self._status, self._until, self._seconds = request, status, until, seconds
        self._received = b""
        self.finished = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1]):
            return
        now = time.perf_counter()
        self._seconds.append(now - self._sent)
        if not head.startswith(b"HTTP/1.1 " + self._status):
            self.finished.set_exception(RuntimeError(self._received.decode()))
            self._transport.close()
            return
        self._received = b""
        if now < self._until and len(self._seconds) < MAX_REQUESTS:
            self._send()
        else:
            self._transport.close()
            self.finished.set_result(None)


async def load(port: int, request: bytes, status: bytes, connections: int, seconds: float) -> list[float]:
    """The seconds that each request took."""
    taken: list[float] = []
    until = time.perf_counter() + seconds
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Client(request, status, until, taken), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(client.finished for _, client in made))
    return taken


def request(path: str, body: object) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    )
    return head.encode() + b"\r\n\r\n" + content


def start(*command: str) -> tuple[subprocess.Popen[str], int]:
    """A service, and the port that it printed."""
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"127\.0\.0\.1:(\d+)", line):
            return process, int(found[1])
    raise RuntimeError(f"{command} did not start")


def serve_echo() -> None:
    import socket  # noqa: PLC0415

    import uvicorn  # noqa: PLC0415

    app = FastAPI()

    @app.post("/")
    async def echo(body: dict[str, object]) -> dict[str, object]:
        return body

    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
    config = uvicorn.Config(app, loop="auto", http="httptools", access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[listening])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--database-url", help="a database that may be written to; a fresh SQLite file if left out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.database_url or f"sqlite:///{Path(folder) / 'haitang.db'}"
        serve = "from app.cli import main; main()"
        echo, echo_port = start(__file__, ECHO)
        haitang, port = start("-c", serve, "serve", "--host", "127.0.0.1", "--port", "0", "--database-url", url)
        try:
            measure(arguments, url, echo_port, port)
        finally:
            for process in (echo, haitang):
                process.terminate()
                process.wait()


def measure(arguments: argparse.Namespace, url: str, echo_port: int, port: int) -> None:
    answer = {"problem": "1.6", "seed": 7, "form": "open", "answers": {"w": [0.1, -0.2, 0.3, -0.4]}}
    targets = {
        "echo": (echo_port, request("/", answer), b"200"),
        "attempts": (port, request("/api/v1/attempts", answer), b"201"),
    }
    rates: dict[str, list[float]] = {name: [] for name in targets}
    latencies: dict[str, list[float]] = {name: [] for name in targets}
    before = stored(url)
    for turn in range(arguments.rounds + 1):  # the first one only warms up
        for name, (to, sent, status) in targets.items():
            began = time.perf_counter()
            taken = asyncio.run(load(to, sent, status, arguments.connections, arguments.seconds if turn else 0.5))
            if turn:
                rates[name].append(len(taken) / (time.perf_counter() - began))
            latencies[name] += taken
    answered = len(latencies["attempts"])
    for name, seconds in latencies.items():
        cuts = statistics.quantiles(seconds, n=100)
        print(
            f"{name:9} {statistics.median(rates[name]):7.0f}/s   "
            f"p50 {1000 * cuts[49]:6.1f} ms   p99 {1000 * cuts[98]:6.1f} ms"
        )
    print(f"ratio     {statistics.median(rates['attempts']) / statistics.median(rates['echo']):7.2f} × echo")
    found = stored(url) - before
    print(f"answered {answered}, stored {found}")
    if found != answered:
        sys.exit("Some answered attempts are not stored.")


def stored(url: str) -> int:
    database = Database(url)
    try:
        with database.reading() as session:
            return session.scalar(select(func.count()).select_from(Attempt)) or 0
    finally:
        database.dispose()


if __name__ == "__main__":
    serve_echo() if sys.argv[1:] == [ECHO] else main()
