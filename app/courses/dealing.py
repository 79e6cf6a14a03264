"""Which variant a student gets: the server deals the seed, from a secret of the assignment.

A seed is a function of the secret, the item and the person, so that nothing has to be stored when an assignment is
opened, and that nobody who lacks the secret can tell one seed from a random one, not even from all the others.
"""

import hmac
from collections.abc import Sequence
from typing import Protocol

from problems.draws import MAX_SEED

PURPOSE = b"haitang seed 1\0"
SECRET_LENGTH = 32  # bytes


class DealtFrom(Protocol):
    """What of an assignment is needed (a row of the table will do)."""

    @property
    def seed_secret(self) -> bytes: ...


class Dealable(Protocol):
    """What of an item is needed (a row of the table will do)."""

    @property
    def id(self) -> str: ...
    @property
    def seed_mode(self) -> str: ...
    @property
    def seed(self) -> int | None: ...
    @property
    def pool(self) -> Sequence[int] | None: ...


def seed_for(assignment: DealtFrom, item: Dealable, person_id: str) -> int:
    """The seed of this person's variant of the item.

    - ``fixed``: the item's own seed; 0 is the exercise as printed.
    - ``per-student``: 1 to `MAX_SEED`, another for nearly everybody.
    - ``shared``: the same for all, and known to nobody before.
    - ``pool``: one of the item's proven seeds.

    Raises:
        ValueError: the item lacks what its mode needs, which the database forbids.

    """
    match item.seed_mode:
        case "fixed" if item.seed is not None:
            return item.seed
        case "per-student":
            return 1 + _draw(assignment, item, person_id) % MAX_SEED
        case "shared":
            return 1 + _draw(assignment, item, "") % MAX_SEED
        case "pool" if item.pool:
            return item.pool[_draw(assignment, item, person_id) % len(item.pool)]
    raise ValueError(f"The item {item.id} deals no seed: {item.seed_mode}.")


def _draw(assignment: DealtFrom, item: Dealable, person_id: str) -> int:
    """A whole number below 2^256, so many times larger than any range that its remainder is as good as uniform."""
    message = PURPOSE + f"{item.id} {person_id}".encode()
    return int.from_bytes(hmac.digest(assignment.seed_secret, message, "sha256"), "big")
