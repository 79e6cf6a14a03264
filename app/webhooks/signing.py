"""Signatures of the Standard Webhooks specification 1.0.0 (https://www.standardwebhooks.com), symmetric scheme v1.

    webhook-id         the same however often a message is sent: who has seen it has had the message
    webhook-timestamp  of this try, in seconds since 1970
    webhook-signature  v1,<base64 of HMAC-SHA256(secret, "{id}.{timestamp}.{body}")>, one for each live secret

A secret follows from the service's signing key and its own id, so that a copy of the database signs nothing.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
PURPOSE = b"haitang webhook 1\0"


def secret_of(key: bytes, secret_id: str) -> str:
    """The secret of this id, `whsec_` and 32 bytes in base64, as it is given to whoever receives the messages."""
    return PREFIX + b64encode(hmac.digest(key, PURPOSE + secret_id.encode(), "sha256")).decode()


def headers(secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of one try to send the message."""
    timestamp = str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, message_id, timestamp, body) for secret in secrets),
    }


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.digest(b64decode(secret.removeprefix(PREFIX)), content, "sha256")
    return f"v1,{b64encode(digest).decode()}"
