"""How near an answer must come to the key."""

import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Literal

ToleranceKind = Literal["absolute", "relative", "decimals", "significant"]

SLACK = 1e-9
"""Relative slack of every comparison: an answer exactly at the tolerance counts, whatever rounding does."""

_EXACT = Context(prec=400)
"""Digits enough for any float to any number of decimals that makes sense; 28, the default, refuses 1e30."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A rule that accepts or refuses an answer next to a key.

    - ``absolute``: |answer − key| ≤ value.
    - ``relative``: |answer − key| ≤ value · |key|; a key of 0 is refused by `check`.
    - ``decimals``: the key rounded (half away from zero) or cut to `value` decimals; nothing else.
    - ``significant``: the same with `value` significant digits; a key of 0 is refused by `check`.
    """

    kind: ToleranceKind
    value: float

    def __post_init__(self) -> None:
        if not 0 <= self.value < math.inf or (
            self.kind in ("decimals", "significant") and self.value != int(self.value)
        ):
            raise ValueError(
                f"{self.kind} tolerance of {self.value}: a non-negative (whole, for digits) number is needed"
            )

    def check(self, key: float) -> None:
        """Raise `ValueError` when no answer could ever be near this key in the sense of this rule."""
        if key == 0 and self.kind in ("relative", "significant"):
            raise ValueError(f"a key of 0 has no {self.kind} tolerance")

    def accepts(self, given: float, key: float) -> bool:
        if self.kind in ("absolute", "relative"):
            width = self.width(key)
            return abs(given - key) <= width + SLACK * max(abs(key), width)
        return any(abs(given - shown) <= SLACK * abs(shown) for shown in self._shown(key))

    def intervals(self, key: float) -> tuple[tuple[float, float], ...]:
        """What `accepts` accepts, as intervals with both ends: for programs of others that grade by the same rule."""
        if self.kind in ("absolute", "relative"):
            width = self.width(key)
            reach = width + SLACK * max(abs(key), width)
            return ((key - reach, key + reach),)
        return tuple((shown - SLACK * abs(shown), shown + SLACK * abs(shown)) for shown in sorted({*self._shown(key)}))

    def width(self, key: float) -> float:
        """Half the width of the accepted interval (for digits: one unit of the last digit)."""
        match self.kind:
            case "absolute":
                return self.value
            case "relative":
                return self.value * abs(key)
            case "decimals" | "significant":
                return 10.0 ** self._exponent(key)

    def _exponent(self, key: float) -> int:
        if self.kind == "decimals":
            return -int(self.value)
        return Decimal(repr(key)).adjusted() - int(self.value) + 1

    def _shown(self, key: float) -> tuple[float, float]:
        unit, exact = Decimal(1).scaleb(self._exponent(key)), Decimal(repr(key))
        return float(exact.quantize(unit, ROUND_HALF_UP, _EXACT)), float(exact.quantize(unit, ROUND_DOWN, _EXACT))
