"""How often somebody may try the password of an assignment, which tends to be a short word on a blackboard."""

from limits import parse
from starlette.requests import HTTPConnection

from app.core.limits import Limiter

TRIES = parse("10 per 5 minutes")
"""For one person at one assignment; so that nobody uses up the tries of others."""


class UnlockLimits:
    def __init__(self) -> None:
        self._limiter = Limiter()

    def count(self, assignment_id: str, person_id: str) -> None:
        """Count a try; raises TooManyRequestsError as `Limiter.count`."""
        self._limiter.count(TRIES, assignment_id, person_id, sentence="Too many tries to give the password.")

    def forgive(self, assignment_id: str, person_id: str) -> None:
        """Start again after the right one."""
        self._limiter.forgive(TRIES, assignment_id, person_id)


def unlock_limits_of(connection: HTTPConnection) -> UnlockLimits:
    limits: UnlockLimits = connection.app.state.unlock_limits
    return limits
