"""Random draws that come out the same on every machine and with every NumPy release.

NumPy guarantees the raw stream of `PCG64` (and of the `SeedSequence` behind it) for good, but not what
`numpy.random.Generator` makes of it, so the scaling to integers is our own (rejection, no bias). A problem draws
integers only and divides them itself: ``k / 20`` is correctly rounded everywhere, a drawn float need not be.
"""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

MAX_SEED = 2**53 - 1
"""The largest seed: every smaller integer is exact in JSON readers that keep numbers as doubles."""

_RANGE = 2**64


class Draws:
    """The draws of one variant, fixed by (problem, version, seed)."""

    def __init__(self, problem: str, version: int, seed: int) -> None:
        name = f"{problem}/{version}/{seed}".encode()
        self._bits = np.random.PCG64(int.from_bytes(hashlib.sha256(name).digest()[:16], "big"))

    def below(self, n: int) -> int:
        """One of 0, …, n-1, all equally likely."""
        fair = _RANGE - _RANGE % n
        while (raw := int(self._bits.random_raw())) >= fair:
            pass
        return raw % n

    def integer(self, low: int, high: int) -> int:
        """One of low, …, high, both included."""
        return low + self.below(high - low + 1)

    def choice(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        return self.sample(items, len(items))

    def sample(self, items: Sequence[T], size: int) -> list[T]:
        """`size` items at different places, in random order (Fisher-Yates, the first `size` steps)."""
        pool = list(items)
        for i in range(size):
            j = self.integer(i, len(pool) - 1)
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:size]
