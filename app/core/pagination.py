"""Lists in pages: each page names the cursor of the next one.

A cursor says after which item to go on, so that nothing is skipped or shown twice when items are added meanwhile. What
is inside is no business of the caller.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from app.core.errors import Fault, InvalidRequestError
from problems.text import Text

T = TypeVar("T")

MAX_LIMIT = 100
_MARK = "1:"  # the version of what a cursor holds


def encode_cursor(position: str) -> str:
    return base64.urlsafe_b64encode(f"{_MARK}{position}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str, valid: Callable[[str], bool]) -> str:
    """The position in it, of which `valid` says whether it can be one.

    Raises:
        InvalidRequestError: this server did not make it.

    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    position = text.removeprefix(_MARK)
    if position == text or not valid(position) or encode_cursor(position) != cursor:
        fault = Fault(
            Text("Send a cursor as it was received, or none.", "请原样填写收到的游标，或不填。"),
            parameter="query/cursor",
        )
        raise InvalidRequestError("The cursor is not valid.", [fault])
    return position


def is_number(position: str) -> bool:
    """Whether it can be the number of a row: one that every database can hold."""
    return position.isascii() and position.isdigit() and len(position) < 19


def page(found: Sequence[T], limit: int, position: Callable[[T], str], show: Callable[[T], Any]) -> dict[str, Any]:
    """A page from one item more than it shows, if there are that many: the surplus says that another page follows."""
    shown = found[:limit]
    more = len(found) > limit
    return {
        "items": [show(item) for item in shown],
        "next_cursor": encode_cursor(position(shown[-1])) if more else None,
    }
