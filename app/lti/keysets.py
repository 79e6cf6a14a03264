"""The platforms' public keys, fetched when one is needed and kept for a while.

    kid known ──► the key        kid unknown ──► fetch once more, at most every half minute ──► the key, or a refusal

A platform that has just begun to sign with a new key is understood at once, and whoever sends made-up key ids makes
this service ask the platform twice a minute and no more.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from app.core.outgoing import Outgoing, OutgoingError
from app.lti.keys import ALGORITHM
from app.lti.refusals import RefusedError

KEPT = 3600.0  # seconds
BETWEEN = 30.0  # seconds from one fetch to the next
MIN_BITS = 2048
MAX_KEYS = 100


@dataclass(slots=True)
class _KeySet:
    keys: Mapping[str, RSAKey] = field(default_factory=dict)
    tried_at: float = -math.inf
    fresh_until: float = -math.inf
    fault: str = ""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Keysets:
    """A cache by address, for one event loop. `clock` counts seconds and never goes back."""

    def __init__(self, outgoing: Outgoing, clock: Callable[[], float] = monotonic) -> None:
        self._outgoing = outgoing
        self._clock = clock
        self._sets: dict[str, _KeySet] = {}

    async def key(self, url: str, kid: str) -> RSAKey:
        """The key of this id in the key set at this address.

        Raises:
            RefusedError: the key set can't be fetched, or has no such RSA key for signatures.

        """
        keyset = self._sets.setdefault(url, _KeySet())
        if self._is_wanting(keyset, kid):
            async with keyset.lock:  # those who wait here find what the first one has fetched
                if self._is_wanting(keyset, kid) and self._clock() - keyset.tried_at > BETWEEN:
                    await self._fetch(url, keyset)
        if kid in keyset.keys:
            return keyset.keys[kid]
        if keyset.fault:
            raise RefusedError("keyset", keyset.fault)
        raise RefusedError("unknown-key", f"The key set has no RSA key with the id {kid!r}.")

    def _is_wanting(self, keyset: _KeySet, kid: str) -> bool:
        return kid not in keyset.keys or self._clock() >= keyset.fresh_until

    async def _fetch(self, url: str, keyset: _KeySet) -> None:
        """Replace the keys by those of now; where they can't be fetched, older ones stay in use until they can."""
        keyset.tried_at = self._clock()
        try:
            reply = await self._outgoing.get(url, accept="application/json")
        except OutgoingError as error:
            keyset.fault = f"The key set could not be fetched: {error}"
            return
        if reply.status != 200:
            keyset.fault = f"The key set's address answered {reply.status}."
            return
        try:
            keyset.keys = rsa_keys(reply.json())
            keyset.fresh_until = keyset.tried_at + KEPT
            keyset.fault = ""
        except ValueError as error:
            keyset.fault = f"The key set's address answered no key set: {error}"


def rsa_keys(document: Any) -> dict[str, RSAKey]:
    """The public RSA keys for RS256 signatures in a key set (RFC 7517), by id; keys of other kinds are passed over.

    Raises:
        ValueError: it is no key set.

    """
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("there is no list of keys")  # noqa: TRY004 - of the document, not of the program
    keys: dict[str, RSAKey] = {}
    for each in listed[:MAX_KEYS]:
        if not isinstance(each, dict) or each.get("kty") != "RSA" or not isinstance(each.get("kid"), str):
            continue
        if each.get("use", "sig") != "sig" or each.get("alg", ALGORITHM) != ALGORITHM:
            continue
        try:
            key = RSAKey.import_key({name: each[name] for name in ("kty", "n", "e", "kid")})
            if key.public_key.key_size >= MIN_BITS:
                keys[each["kid"]] = key
        except (JoseError, KeyError, TypeError, ValueError):
            continue
    return keys
