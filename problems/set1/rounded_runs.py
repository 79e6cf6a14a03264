"""Runs whose iterates are rounded, or cut, after every step: right in every formula, wrong in the digits."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar, cast

import numpy as np

from problems.problem import Answers, Mistake, OneOf
from problems.set1.linear_classifier import Array
from problems.text import Text
from solvers.descent import Projection

P = TypeVar("P", bound=Mapping[str, Any])
P_contra = TypeVar("P_contra", bound=Mapping[str, Any], contravariant=True)


class Run(Protocol[P_contra]):
    """The iterates (steps + 1, ..., d) from one start w0 (d,), or from a stack of them."""

    def __call__(self, p: P_contra, *, project: Projection | None = None) -> Array: ...


CREDIT = 0.5
"""The method is right."""

_ROUNDED = Text(
    "You rounded $W$ to {decimals} decimals after every step. Carry all digits along and round only the result.",
    "你每一步都把 $W$ 舍入到了 {decimals} 位小数。计算过程中应保留全部数位，只在最后舍入。",
)
_CUT = Text(
    "You cut $W$ to {decimals} decimals after every step. Carry all digits along and round only the result.",
    "你每一步都把 $W$ 截断到了 {decimals} 位小数。计算过程中应保留全部数位，只在最后舍入。",
)

ROUNDED: Mapping[str, Text] = {
    "rounded-to-2": _ROUNDED.format(decimals=2),
    "rounded-to-3": _ROUNDED.format(decimals=3),
    "cut-to-2": _CUT.format(decimals=2),
    "cut-to-3": _CUT.format(decimals=3),
}

_UNITS = np.array([[1e2], [1e3], [1e2], [1e3]])
_CUTS = np.array([[False], [False], [True], [True]])


def few_digits(w: Array) -> Array:
    """A stack of four iterates (4, d), each rounded or cut as `ROUNDED` lists."""
    scaled = w * _UNITS
    shortened: Array = np.where(_CUTS, np.trunc(scaled), np.rint(scaled)) / _UNITS
    return shortened


def rounding_mistakes(run: Run[P], *, reread: str) -> tuple[Mistake[P], ...]:
    """A mistake for each way to round. None is offered as an option: they are near the key and near each other."""

    def together(p: P) -> Mapping[str, Answers]:
        starts = np.tile(np.array(p["w0"], dtype=float), (len(ROUNDED), 1))
        last = run(cast("P", {**p, "w0": starts}), project=few_digits)[-1]
        return {name: {"w": w} for name, w in zip(ROUNDED, last, strict=True)}

    return tuple(
        Mistake(id=name, text=text, answers=OneOf(together, name), distractor=False, credit=CREDIT, reread=reread)
        for name, text in ROUNDED.items()
    )
