"""Responses that anybody may keep: they carry an ETag, and are not sent again to who has them (RFC 9110, 13.1.2)."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from app.core.json_body import to_json

MAX_AGE = 3600  # seconds; afterwards a client asks again, and mostly hears 304


def public_json(request: Request, value: object) -> Response:
    """JSON that caches may keep, or 304 when the client's copy is the same."""
    body = to_json(value)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={MAX_AGE}"}
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _matches(if_none_match: str, tag: str) -> bool:
    held = {entry.strip().removeprefix("W/") for entry in if_none_match.split(",")}
    return tag in held or "*" in held
