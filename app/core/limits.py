"""How often something may be tried, counted in the memory of the process.

With several processes each counts its own, which multiplies the limits by their number and no more.
"""

import math
import time

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from app.core.errors import TooManyRequestsError


class Limiter:
    """Counts tries by the limit and the keys under which they are made."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, limit: RateLimitItem, *keys: str, sentence: str) -> None:
        """Count a try before its outcome is known, so that tries at the same moment are all counted.

        Raises:
            TooManyRequestsError: there were too many; Retry-After says when the next one is taken.

        """
        if not self._limiter.hit(limit, *keys):
            # The library measures by the system's clock, whatever clock the service is given.
            seconds = self._limiter.get_window_stats(limit, *keys).reset_time - time.time()
            raise TooManyRequestsError(sentence, headers={"Retry-After": str(max(1, math.ceil(seconds)))})

    def forgive(self, limit: RateLimitItem, *keys: str) -> None:
        """Start again after a success."""
        self._limiter.clear(limit, *keys)
