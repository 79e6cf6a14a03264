"""What opens a door by being known: long random texts, of which only the digest is stored."""

import hashlib
import secrets

BYTES = 32


def new_secret() -> str:
    """256 random bits as 43 characters that stand unchanged in addresses and cookies; no underscore at its start."""
    while (secret := secrets.token_urlsafe(BYTES)).startswith(("-", "_")):
        pass
    return secret


def digest(secret: str) -> str:
    """SHA-256 in hexadecimal. A secret that can't be guessed needs no slow hash, and looking it up leaks nothing."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
