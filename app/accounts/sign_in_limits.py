"""How often somebody may try to sign in."""

from limits import parse
from starlette.requests import HTTPConnection

from app.core.limits import Limiter

HERE = parse("10 per 5 minutes")
"""For one account from one address."""
ACCOUNT = parse("100 per hour")
"""For one account from everywhere: high, since a low limit would let anybody lock others out."""
ADDRESS = parse("600 per 5 minutes")
"""From one address: high, since a whole lecture hall may share it."""


class SignInLimits:
    def __init__(self) -> None:
        self._limiter = Limiter()

    def count(self, account: str, address: str) -> None:
        """Count a try; raises TooManyRequestsError as `Limiter.count`."""
        for limit, keys in ((HERE, (account, address)), (ACCOUNT, (account,)), (ADDRESS, (address,))):
            self._limiter.count(limit, *keys, sentence="Too many tries to sign in.")

    def forgive(self, account: str, address: str) -> None:
        """Start again after a success."""
        self._limiter.forgive(HERE, account, address)


def limits_of(connection: HTTPConnection) -> SignInLimits:
    limits: SignInLimits = connection.app.state.sign_in_limits
    return limits
