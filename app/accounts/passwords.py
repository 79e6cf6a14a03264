"""Passwords, hashed with Argon2id (RFC 9106) in few threads of their own.

A hash costs time and memory on purpose. So only a few are computed at once, off the event loop, and only so many may
wait: a crowd that signs in at the same time slows down signing in and nothing else.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from starlette.requests import HTTPConnection

from app.core.errors import UnavailableError
from problems.text import Text

T = TypeVar("T")

MIN_LENGTH = 10
MAX_LENGTH = 200
MIN_DIFFERENT = 5
WRONG = Text("This is not your password.", "这不是你现在的密码。")
_SIMPLE = ("0123456789", "9876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "password")


class Passwords:
    """Hashes and verifies. The costs are OWASP's for Argon2id: 19 MiB, two passes, one lane; some 20 ms."""

    def __init__(self, *, threads: int = 2, waiting: int = 500) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._free = waiting

    async def hash(self, password: str) -> str:
        """What is stored. Raises UnavailableError when too many hashes are waited for."""
        return await self._run(lambda: self._hasher.hash(_normal(password)))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password; it takes as long when there is none, so that time does not tell who exists.

        Raises:
            UnavailableError: too many hashes are waited for.

        """
        return await self._run(lambda: self._verify(stored, _normal(password)))

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made at other costs than today's, and should be made again at the next sign-in."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown()

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody's password")

    def _verify(self, stored: str | None, password: str) -> bool:
        try:
            self._hasher.verify(stored or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    async def _run(self, compute: Callable[[], T]) -> T:
        if self._free == 0:
            raise UnavailableError("Too many people are signing in.", headers={"Retry-After": "5"})
        self._free -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, compute)
        finally:
            self._free += 1


def passwords_of(connection: HTTPConnection) -> Passwords:
    passwords: Passwords = connection.app.state.passwords
    return passwords


def fault_of(password: str, *, email: str = "") -> Text | None:
    """Why a password will not do, in a sentence; None if it will. Length counts, not kinds of characters."""
    normal = _normal(password)
    if len(normal) < MIN_LENGTH:
        return Text(f"A password has at least {MIN_LENGTH} characters.", f"密码至少要有 {MIN_LENGTH} 个字符。")
    if len(normal) > MAX_LENGTH:
        return Text(f"A password has at most {MAX_LENGTH} characters.", f"密码最多 {MAX_LENGTH} 个字符。")
    lower = normal.lower()
    local = email.partition("@")[0].lower()
    guessed = any(word[:8] in lower or lower in 2 * word for word in _SIMPLE)
    if guessed or len(set(lower)) < MIN_DIFFERENT or (len(local) > 3 and local in lower):
        return Text(
            "This password is among the first that somebody would try. A few words in a row are better.",
            "这个密码太容易被猜到。几个词连在一起会好得多。",
        )
    return None


def _normal(password: str) -> str:
    """The same characters typed on different keyboards are the same password (RFC 8265, OpaqueString: NFC)."""
    return unicodedata.normalize("NFC", password)
