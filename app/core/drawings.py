"""Figures at addresses of their own: named here, drawn by another process, kept in memory.

An address says which variant, figure and theme, a digest of what is drawn, and a signature over all of this::

    /figures/1.6.1.3.path.dark.0f3a….6b1c….svg

The digest makes the address change with the drawing, so that browsers keep it for ever. Only the server can sign, and
it signs only where it shows: before a solution is released nobody can know the addresses of its figures, and asking for
others costs the server nothing but the check. So a page or a response that names a figure *is* its release.
"""

import asyncio
import contextlib
import hashlib
import hmac
import pickle
import struct
import sys
from collections import OrderedDict
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import orjson

from app.core.errors import UnavailableError
from problems.exhibits import Figure

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)

BUSY = {"Retry-After": "2"}


@dataclass(frozen=True, slots=True)
class Name:
    """What an address names: a figure of a variant in a theme, and the digest of what is drawn."""

    problem: str
    version: int
    seed: int
    figure: str
    theme: Theme
    digest: str

    def __str__(self) -> str:
        return f"{self.problem}.{self.version}.{self.seed}.{self.figure}.{self.theme}.{self.digest}"


def address(key: bytes, name: Name) -> str:
    """Where the figure lies."""
    return f"/figures/{name}.{_signature(key, str(name))}.svg"


def read_name(key: bytes, file: str) -> Name | None:
    """What the last step of an address names; None if we have not signed it."""
    named, _, signature = file.removesuffix(".svg").rpartition(".")
    # An ASCII text only: an address may hold anything.
    signed = signature.isascii() and hmac.compare_digest(_signature(key, named), signature)
    if not (signed and file.endswith(".svg")):
        return None
    problem, version, seed, figure, theme, digest_ = named.rsplit(".", 5)
    return Name(problem, int(version), int(seed), figure, "dark" if theme == "dark" else "light", digest_)


def _signature(key: bytes, named: str) -> str:
    return hmac.new(key, b"figure\0" + named.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]


def digest(figure: Figure) -> str:
    """Changes with the data of the figure, its words, and the program that draws it."""
    return hashlib.sha256(_style() + orjson.dumps(asdict(figure))).hexdigest()[:16]


@cache
def _style() -> bytes:
    return hashlib.sha256(Path(__file__).with_name("figures.py").read_bytes()).digest()


class Drawings:
    """Draws in one process of its own, which starts with the first figure. Its methods belong to one event loop.

    One figure is drawn at a time, some 100 ms each; a bounded number may wait. A process that takes too long is killed,
    and the next figure starts another.
    """

    def __init__(self, *, waiting: int = 64, seconds: float = 30.0, size: int = 256) -> None:
        self._waiting = waiting
        self._seconds = seconds
        self._size = size
        self._drawn: OrderedDict[Name, bytes] = OrderedDict()
        self._coming: dict[Name, asyncio.Task[bytes]] = {}
        self._one = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    def kept(self, name: Name) -> bytes | None:
        """A drawing that is in memory."""
        if (svg := self._drawn.get(name)) is not None:
            self._drawn.move_to_end(name)
        return svg

    async def draw(self, name: Name, figure: Figure) -> bytes:
        """The figure as SVG in the theme of this name, kept under it.

        Raises:
            UnavailableError: too many figures are waiting, or this one takes too long.
            RuntimeError: the figure can't be drawn, which is a fault of ours.

        """
        if (svg := self.kept(name)) is not None:
            return svg
        coming = self._coming.get(name)
        if coming is None:
            if len(self._coming) >= self._waiting:
                raise UnavailableError("Too many figures are being drawn.", headers=BUSY)
            coming = self._coming[name] = asyncio.create_task(self._bring(figure, name.theme))
            coming.add_done_callback(lambda task: self._keep(name, task))
        # One who stops waiting must not take the drawing away from the others.
        return await asyncio.shield(coming)

    def _keep(self, name: Name, task: "asyncio.Task[bytes]") -> None:
        del self._coming[name]
        if task.cancelled() or task.exception() is not None:
            return
        self._drawn[name] = task.result()
        if len(self._drawn) > self._size:
            self._drawn.popitem(last=False)

    async def _bring(self, figure: Figure, theme: Theme) -> bytes:
        async with self._one:
            try:
                async with asyncio.timeout(self._seconds):
                    svg, fault = await self._ask(figure, theme)
            except (TimeoutError, OSError, EOFError) as error:
                await self._kill()
                raise UnavailableError("The figure was not drawn in time.", headers=BUSY) from error
            except asyncio.CancelledError:
                await self._kill()  # an answer that nobody has read would be taken for the next one's
                raise
        if svg is None:
            raise RuntimeError(f"The figure {figure.id} can't be drawn: {fault}")
        return svg

    async def _ask(self, figure: Figure, theme: Theme) -> tuple[bytes | None, str | None]:
        process = await self._running()
        if process.stdin is None or process.stdout is None:  # they are pipes: see `_running`
            raise OSError("The drawing process has no pipes.")
        body = pickle.dumps((figure, theme))
        process.stdin.write(struct.pack(">I", len(body)) + body)
        await process.stdin.drain()
        (length,) = struct.unpack(">I", await process.stdout.readexactly(4))
        answer: tuple[bytes | None, str | None]
        answer = pickle.loads(await process.stdout.readexactly(length))  # noqa: S301 - from our own child
        return answer

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            pipe = asyncio.subprocess.PIPE
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "app.core.figures", stdin=pipe, stdout=pipe
            )
        return self._process

    async def _kill(self) -> None:
        if (process := self._process) is None:
            return
        self._process = None
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def close(self) -> None:
        """Stop drawing; who still waits is told that it is cancelled."""
        for task in list(self._coming.values()):
            task.cancel()
        await asyncio.gather(*self._coming.values(), return_exceptions=True)
        await self._kill()
