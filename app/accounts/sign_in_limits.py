"""How often somebody may try to sign in.

Counted in the memory of the process: with several processes each counts its own, which multiplies the limits by their
number and no more.
"""

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import HTTPConnection

from app.core.errors import TooManyRequestsError

HERE = parse("10 per 5 minutes")
"""For one account from one address."""
ACCOUNT = parse("100 per hour")
"""For one account from everywhere: high, since a low limit would let anybody lock others out."""
ADDRESS = parse("600 per 5 minutes")
"""From one address: high, since a whole lecture hall may share it."""


class SignInLimits:
    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, account: str, address: str) -> None:
        """Count a try before its outcome is known, so that tries at the same moment are all counted.

        Raises:
            TooManyRequestsError: there were too many; Retry-After says when the next one is taken.

        """
        for limit, keys in ((HERE, (account, address)), (ACCOUNT, (account,)), (ADDRESS, (address,))):
            if not self._limiter.hit(limit, *keys):
                raise TooManyRequestsError("Too many tries to sign in.", headers=self._retry_after(limit, keys))

    def forgive(self, account: str, address: str) -> None:
        """Start again after a success."""
        self._limiter.clear(HERE, account, address)

    def _retry_after(self, limit: RateLimitItem, keys: tuple[str, ...]) -> dict[str, str]:
        # The library measures by the system's clock, whatever clock the service is given.
        seconds = self._limiter.get_window_stats(limit, *keys).reset_time - time.time()
        return {"Retry-After": str(max(1, math.ceil(seconds)))}


def limits_of(connection: HTTPConnection) -> SignInLimits:
    limits: SignInLimits = connection.app.state.sign_in_limits
    return limits
