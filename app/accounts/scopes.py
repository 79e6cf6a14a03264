"""What a token may do: a subset of what its owner may."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

Scope: TypeAlias = Literal["read", "attempt", "manage"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
MEANING: Mapping[Scope, str] = {
    "read": "look at what its owner may see",
    "attempt": "answer exercises in its owner's name",
    "manage": "change courses, people and settings that its owner may change",
}
