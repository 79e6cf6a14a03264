"""When to try again what another server did not take: after waits that grow, and that chance spreads.

Without chance all who failed together would come again together, and bring down again what has just got up.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits of `first`·`factor`^(n-1), at most `longest`, each shortened by chance to no less than a half."""

    first: timedelta
    factor: float
    longest: timedelta

    def wait(self, failures: int, chance: Callable[[], float] = random.random) -> timedelta:
        """How long to wait after so many failures in a row, 1 or more; `chance` gives a number of [0, 1)."""
        steps = math.log(self.longest / self.first, self.factor)
        full = self.longest if failures - 1 >= steps else self.first * self.factor ** (failures - 1)
        return full * (1 - chance() / 2)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header (RFC 9110, 10.2.3) asks for, seconds or a date; None without one that can be read."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter for an offset from UTC that no number holds
        return None
    return max(timedelta(), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)
