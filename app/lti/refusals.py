"""Why a login or a launch is refused. The page for it is `lti_refused.html`, one sentence for each reason."""

from typing import Literal, TypeAlias

Reason: TypeAlias = Literal[
    # the login
    "login-incomplete",  # a parameter is missing
    "unknown-platform",  # no such issuer, or no such client of it
    "disabled-platform",
    "unknown-deployment",
    "foreign-target",  # the address to be opened is not ours, or not the one that the login named
    # the way back
    "platform-error",  # the platform answers `error=`
    "launch-incomplete",
    "unknown-state",
    "expired-state",
    "used-state",
    "other-browser",
    # the message
    "malformed-token",
    "algorithm",
    "keyset",  # can't be fetched
    "unknown-key",
    "signature",
    "issuer",
    "audience",
    "nonce",
    "expired",
    "clock",  # from the future, or valid for longer than a message may be
    "version",
    "message-type",
    "claims",  # something is missing, or not of its kind
    # what it asks for
    "no-course",
    "no-role",
    "closed-account",
    "archived-course",
    "foreign-assignment",
    "not-for-students",
]


class RefusedError(Exception):
    """Nothing was done. `detail` tells whoever looks after the platform what exactly did not fit, in English."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason: Reason = reason
        self.detail = detail
