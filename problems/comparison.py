"""An answer held against the key."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Comparison:
    """The earned share of the points, and which parts of the answer are right (one per component)."""

    share: float
    parts: tuple[bool, ...]

    @property
    def correct(self) -> bool:
        return all(self.parts)
