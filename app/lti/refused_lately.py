"""Launches that this process has refused lately, so that whoever sets a platform up sees why.

Kept in memory alone: anybody can have a launch refused, and nobody's guesses shall fill the database.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import HTTPConnection

from app.lti.refusals import RefusedError

KEPT = 100


@dataclass(frozen=True, slots=True)
class Refusal:
    """One of them. `issuer` is as it was claimed; empty where the request did not even say so much."""

    at: datetime
    issuer: str
    reason: str
    detail: str


class RefusedLately:
    """The newest ones, for one event loop."""

    def __init__(self) -> None:
        self._kept: deque[Refusal] = deque(maxlen=KEPT)

    def note(self, error: RefusedError, issuer: str, now: datetime) -> None:
        self._kept.appendleft(Refusal(now, issuer, error.reason, error.detail[:500]))

    def of(self, issuer: str) -> list[Refusal]:
        """Those of an issuer, the newest first."""
        return [refusal for refusal in self._kept if refusal.issuer == issuer]

    def all(self) -> list[Refusal]:
        return list(self._kept)


def refused_lately(connection: HTTPConnection) -> RefusedLately:
    kept: RefusedLately = connection.app.state.refused_lately
    return kept
