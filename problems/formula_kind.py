"""The kind of answer Formula: an expression in named variables, right if it has the key's values.

Two formulas are compared at sampled points of the domain, so every equivalent way to write the key is right.
"""

import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from problems import formula_advice as advice
from problems.comparison import Comparison
from problems.draws import Draws
from problems.formula import EXTREMES, FUNCTIONS, Array, Values, evaluate, latex, text
from problems.formula_reading import ALIASES, MAX_LENGTH, plain_name, read_formula
from problems.reading import FormatError, read_number
from problems.tolerance import Tolerance

DEFAULT_TOLERANCE = Tolerance("relative", 1e-8)
"""Constants with nine digits are near enough; exercises can be more generous."""

MAX_KEY_LENGTH = 200
"""A key is shorter than what may be typed, so that other ways to write it have room."""

MAX_UNDEFINED = 0.1
"""The share of the points at which an answer may be undefined: 0/0 where a factor should have been cancelled, say.

More is no answer: what is undefined can't be compared, and exp(log(x)) must not pass for relu(x).
"""

MAX_MAGNITUDE = 1e100
"""A larger value counts as undefined."""

ROUNDING, MAX_ROUNDING = 4.0, 1e-9
"""Beside the tolerance, so many times the error bounds of both formulas are allowed, but never more than this share
of the key's largest value: (1 - x)*(1 + x) must be right near 1, and x + 1e9 - 1e9 must not blur what it hides."""

MAX_CORNER_BITS = 6
"""Of more than six variables not all combinations of ends are points."""

_INSET = 2.0**-10


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable and the interval low < x < high over which formulas are compared.

    The key must be defined in all of it. It should be where the exercise lives (a rate above 0, inputs of both signs),
    wide enough that wrong formulas differ: on 0 < x < 1, relu(x) is x.
    """

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z]+(_?[A-Za-z0-9]+)*", self.name) or self.name in {*FUNCTIONS, *EXTREMES, *ALIASES}:
            raise ValueError(f"{self.name!r} can't be the name of a variable")
        if not (math.isfinite(self.high - self.low) and self.low < self.high):
            raise ValueError(f"{self.name}: from {self.low} to {self.high} is no interval")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula in `variables`; an answer is the text that was typed.

    With a relative tolerance the values may differ by that share of the key's value at the point (of 1, if the key is
    0 everywhere), with an absolute one by that much. Which points: `points` spread evenly over every variable's
    interval in random combination, and the corners of the domain, a little inside.
    """

    variables: tuple[Variable, ...]
    tolerance: Tolerance = DEFAULT_TOLERANCE
    points: int = 128
    name = "Formula"
    shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.variables or len(set(map(plain_name, self._names))) < len(self.variables):
            raise ValueError("a formula needs variables, whose names differ in more than underscores")
        if self.tolerance.kind not in ("absolute", "relative") or self.tolerance.value <= 0:
            raise ValueError("a formula needs a positive absolute or relative tolerance")

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(variable.name for variable in self.variables)

    def parse(self, raw: Any) -> str:
        typed = _typed(raw)
        defined = _defined(_sampled(self, typed))
        if defined.mean() < 1 - MAX_UNDEFINED:
            raise self._undefined(int(np.argmin(defined)))
        return typed.strip()

    def key(self, solved: Any) -> str:
        typed = _typed(solved)
        if not _defined(_sampled(self, typed)).all():
            raise ValueError(f"{typed} is undefined in a part of the domain")
        if len(typed) > MAX_KEY_LENGTH:
            raise ValueError(f"a key of more than {MAX_KEY_LENGTH} characters")
        return typed.strip()

    def compare(self, given: str, key: str) -> Comparison:
        answer = _sampled(self, given)
        skipped = ~_defined(answer)
        right = bool((skipped | (self._differences(given, key) <= 1)).all())
        return Comparison(float(right), (right,))

    def distance(self, a: str, b: str) -> float:
        return float(np.nan_to_num(self._differences(a, b), nan=math.inf).max())

    def _differences(self, given: str, key: str) -> Array:
        """How far apart the two are, in tolerances, at every point; NaN where that has no meaning."""
        answer, wanted = _sampled(self, given), _sampled(self, key)
        with np.errstate(all="ignore"):
            return np.abs(answer.values - wanted.values) / self._widths(answer, wanted)

    def _widths(self, answer: Values, key: Values) -> Array:
        """The differences, one per point, that are one tolerance."""
        sizes = np.ones_like(key.values) if _vanishes(key) else np.abs(key.values)
        blur = np.fmin(ROUNDING * (answer.errors + key.errors), MAX_ROUNDING * sizes.max())
        width = self.tolerance.value * (sizes if self.tolerance.kind == "relative" else 1.0)
        # Never 0, so that two values of 0 are 0 tolerances apart.
        widths: Array = np.maximum(width + blur, np.finfo(float).tiny)
        return widths

    def moved(self, key: str, tolerances: float) -> str:
        """A formula so many tolerances away from the key."""
        by = tolerances * self.tolerance.value
        if self.tolerance.kind == "relative" and not _vanishes(_sampled(self, key)):
            return f"({key})*{1 + by!r}"
        return f"({key}) + {by!r}"

    def text(self, value: str) -> str:
        return text(read_formula(value, self._names))

    def latex(self, value: str) -> str:
        return latex(read_formula(value, self._names))

    def _undefined(self, place: int) -> FormatError:
        return advice.undefined(", ".join(f"{name} = {x[place]:.3g}" for name, x in _points(self).items()))


def _typed(raw: Any) -> str:
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return repr(read_number(raw))
    if not isinstance(raw, str):
        raise advice.no_formula()
    if len(raw) > MAX_LENGTH:
        raise advice.too_long(MAX_LENGTH)
    return raw


def _defined(sampled: Values) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.abs(sampled.values) <= MAX_MAGNITUDE  # false for NaN


def _vanishes(key: Values) -> bool:
    """Whether it is 0 everywhere, but for rounding: no share of it says anything then."""
    return bool((np.abs(key.values) <= ROUNDING * key.errors).all())


@functools.lru_cache(maxsize=512)
def _sampled(kind: Formula, typed: str) -> Values:
    return evaluate(read_formula(typed, kind._names), _points(kind))  # noqa: SLF001 - of the same module


@functools.lru_cache(maxsize=256)
def _points(kind: Formula) -> Mapping[str, Array]:
    """The points by variable, always the same: a Latin hypercube, then the corners.

    In the hypercube every one of n equal slices of an interval is met once.
    """
    draws = Draws("formula", 1, kind.points)
    ends, bits = (_INSET, 1 - _INSET), min(len(kind.variables), MAX_CORNER_BITS)
    sampled = {}
    for place, variable in enumerate(kind.variables):
        slices = [(slice_ + draws.below(2**53) / 2**53) / kind.points for slice_ in draws.shuffled(range(kind.points))]
        corners = [ends[corner >> place % bits & 1] for corner in range(2**bits)]
        shares = np.array([*slices, *corners])
        sampled[variable.name] = variable.low * (1 - shares) + variable.high * shares
    return sampled
