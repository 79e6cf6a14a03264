"""Who may show our pages in a frame: the platform from which a session was launched, and nobody else."""

import re
from urllib.parse import urlsplit

ANYBODY = "*"
"""For pages on which nothing can be done, such as refusals: whose frame they are in is not known yet."""

_ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]+")
_LENGTH = 1000  # of the column that keeps it


def frame_ancestors(*addresses: str | None) -> str:
    """The origins of the addresses, as `frame-ancestors` lists them; what is no address of the web is left out."""
    origins = dict.fromkeys(origin for address in addresses if (origin := origin_of(address or "")))
    return " ".join(origins)[:_LENGTH] or "'none'"


def joined(first: str | None, second: str) -> str:
    """What both lists allow together: one session may be shown by two platforms."""
    found = dict.fromkeys([*(first or "").split(), *second.split()])
    return " ".join(found) if len(" ".join(found)) <= _LENGTH else second


def origin_of(address: str) -> str | None:
    """Scheme, host and port, if there is nothing in them that a header could not hold."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()
    return origin if _ORIGIN.fullmatch(origin) else None
