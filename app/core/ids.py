"""Identifiers made by the application, before a row is written.

A version 7 UUID (RFC 9562) begins with its time, so that keys made one after another sort in that order: rows land at
the end of an index, and "older than this one" is a comparison of keys.
"""

import re

import uuid_utils

from app.core.errors import NotFoundError

_CANONICAL = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id() -> str:
    """A new UUIDv7 in its canonical form of 36 characters, greater than every one made before in this process."""
    return str(uuid_utils.uuid7())


def is_id(text: str) -> bool:
    """Whether the text has the form of an identifier; what has not is no question to a database."""
    return _CANONICAL.fullmatch(text) is not None


def known(id_: str, error: type[NotFoundError]) -> str:
    """The id, if it can be one; what can't be is nothing that exists."""
    if not is_id(id_):
        raise error("There is nothing with this id.")
    return id_
