"""Is an id_token what it claims to be? LTI security framework 1.1, 5.1.3, and OpenID Connect core, 3.1.3.7.

The algorithm is RS256 and nothing else, and keys are RSA keys of the platform's key set and nothing else, so that
neither "none" nor a public key taken for a shared secret (HS256) gets far. Clocks may differ by a minute.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import urlsafe_b64decode

from app.core.errors import ServiceError
from app.core.strict_json import parse
from app.lti.keys import ALGORITHM
from app.lti.refusals import RefusedError

LEEWAY = timedelta(seconds=60)
LIFETIME = timedelta(hours=24)  # from iat to exp; platforms give a minute to an hour
MAX_TOKEN = 65_536  # characters

# Members of the header that nobody here knows are passed over (RFC 7515, 4), but for critical ones.
_REGISTRY = jws.JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)


def key_id(token: str) -> str:
    """The `kid` of the key that is said to have signed the token.

    Raises:
        RefusedError: the token is no JWS, names no key, or another algorithm.

    """
    try:
        header = orjson.loads(urlsafe_b64decode(token.partition(".")[0].encode()))
    except ValueError:
        header = None
    if len(token) > MAX_TOKEN or token.count(".") != 2 or not isinstance(header, dict):
        raise RefusedError("malformed-token", "The id_token is no signed JWT in compact form.")
    if header.get("alg") != ALGORITHM:
        raise RefusedError("algorithm", f"alg is {header.get('alg')!r}, and must be 'RS256'.")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise RefusedError("unknown-key", "The header of the id_token names no key (kid).")
    return kid


def verified_claims(token: str, key: RSAKey) -> dict[str, Any]:
    """The claims of a token that this key has signed.

    Raises:
        RefusedError: it has not, or they are no JSON object.

    """
    try:
        payload = jws.deserialize_compact(token, key, registry=_REGISTRY).payload
    except (JoseError, TypeError, ValueError):  # TypeError: `crit` in the header is no list of names
        raise RefusedError("signature", f"The key {key.kid!r} did not sign the id_token.") from None
    try:
        claims = parse(payload or b"")
    except ServiceError:
        claims = None
    if not isinstance(claims, dict):
        raise RefusedError("malformed-token", "The claims of the id_token are no JSON object.")
    return claims


def validate(claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: datetime) -> None:
    """Raises RefusedError: the token is another platform's, for somebody else, of another login, or of another time."""
    if claims.get("iss") != issuer:
        raise RefusedError("issuer", f"iss is {claims.get('iss')!r}, expected {issuer!r}.")
    _validate_audience(claims, client_id)
    _validate_times(claims, now)
    if claims.get("nonce") != nonce:
        raise RefusedError("nonce", "nonce is missing, or is not that of this login.")


def _validate_audience(claims: Mapping[str, Any], client_id: str) -> None:
    """`aud` is the client, or a list with it; with more than one, or if it is there, `azp` must be the client."""
    audience, party = claims.get("aud"), claims.get("azp")
    named = audience if isinstance(audience, list) else [audience]
    if client_id not in named:
        raise RefusedError("audience", f"aud is {audience!r}, expected {client_id!r}.")
    if (party is not None or len(named) > 1) and party != client_id:
        raise RefusedError("audience", f"azp is {party!r}, expected {client_id!r}.")


def _validate_times(claims: Mapping[str, Any], now: datetime) -> None:
    issued, expires = (_instant(claims, name) for name in ("iat", "exp"))
    present, leeway = now.timestamp(), LEEWAY.total_seconds()
    if expires + leeway <= present:
        raise RefusedError("expired", f"exp is {present - expires:.0f} s in the past of this server's clock.")
    if issued - leeway > present:
        raise RefusedError("clock", f"iat is {issued - present:.0f} s in the future of this server's clock.")
    if not 0 <= expires - issued <= LIFETIME.total_seconds():
        raise RefusedError("clock", f"exp is {expires - issued:.0f} s after iat.")


def _instant(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate, in seconds since 1970."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError("claims", f"{name} is missing, or is no number.")
    return float(value)
