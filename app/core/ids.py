"""Identifiers made by the application, before a row is written.

A version 7 UUID (RFC 9562) begins with its time, so that keys made one after another sort in that order: rows land at
the end of an index, and "older than this one" is a comparison of keys.
"""

import uuid_utils


def new_id() -> str:
    """A new UUIDv7 in its canonical form of 36 characters, greater than every one made before in this process."""
    return str(uuid_utils.uuid7())
