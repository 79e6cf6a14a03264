"""Lists in pages: each page names the cursor of the next one.

A cursor says after which item to go on, so that nothing is skipped or shown twice when items are added meanwhile. What
is inside is no business of the caller.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeAlias, TypeVar

from fastapi import Query
from pydantic.json_schema import SkipJsonSchema

from app.core.errors import Fault, InvalidRequestError
from app.core.ids import is_id
from problems.text import Text

T = TypeVar("T")

MAX_LIMIT = 100
_MARK = "1:"  # the version of what a cursor holds

Limit: TypeAlias = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor: TypeAlias = Annotated[
    str | SkipJsonSchema[None], Query(max_length=200, description="`next_cursor` of the page before")
]
"""The parameter of a list; its default, None, stands for the first page."""


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


def decode_id(cursor: str | None) -> str | None:
    """The id after which a list goes on, None for its beginning; raises as `decode_cursor`."""
    return None if cursor is None else decode_cursor(cursor, is_id)


def decode_number(cursor: str | None) -> int | None:
    """The number of the row after which a list goes on, None for its beginning; raises as `decode_cursor`."""
    return None if cursor is None else int(decode_cursor(cursor, is_number))


def is_number(position: str) -> bool:
    """Whether it can be the number of a row: one that every database can hold."""
    return position.isascii() and position.isdigit() and len(position) < 19


def next_cursor(found: Sequence[T], limit: int, position: Callable[[T], str]) -> str | None:
    """The cursor of the next page, if one follows: then there is one item more than this page shows."""
    return encode_cursor(position(found[limit - 1])) if len(found) > limit else None


def page(found: Sequence[T], limit: int, position: Callable[[T], str], show: Callable[[T], Any]) -> dict[str, Any]:
    """A page as JSON, from one item more than it shows, if there are that many."""
    return {"items": [show(item) for item in found[:limit]], "next_cursor": next_cursor(found, limit, position)}
