"""Exercises of several parts, each worked out from the answers before it.

One table says how each part follows. It serves follow-through (what correct work makes of a wrong earlier answer) and
mistakes (one slip, and correct work from there on).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from problems.answers import AnyKind
from problems.latex import latex_matrix, latex_number
from problems.problem import Answers, Field
from problems.text import Text

P = TypeVar("P", bound=Mapping[str, Any])
Slips = Mapping[str, tuple[Callable[[P], Answers], Text]]
"""By the mistake's id: the wrong parts (the first ones that differ, at least), and what to tell the student."""


@dataclass(frozen=True, slots=True)
class Part(Generic[P]):
    """One field: the earlier fields it builds on, and its value from the parameters and those."""

    builds_on: tuple[str, ...]
    work: Callable[[P, Answers], Any]


Parts = Mapping[str, Part[P]]


@dataclass(frozen=True, slots=True)
class _Continued(Mapping[str, Any], Generic[P]):
    """Each part worked out from the given answers when it is asked for: one that can't be leaves the others alone."""

    parts: Parts[P]
    p: P
    given: Answers

    def __getitem__(self, name: str) -> Any:
        with np.errstate(all="ignore"):  # people type 1e300; what becomes of it is no finite answer then
            return self.parts[name].work(self.p, self.given)

    def __iter__(self) -> Iterator[str]:
        return (name for name, part in self.parts.items() if all(other in self.given for other in part.builds_on))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def follow(parts: Parts[P]) -> Callable[[P, Answers], Answers]:
    """`Problem.follow`: every part whose earlier answers are all given."""
    return lambda p, given: _Continued(parts, p, given)


def complete(parts: Parts[P], p: P, slip: Answers) -> Answers:
    """All parts, with those of the slip as they are and correct work from them."""
    answers: dict[str, Any] = {}
    for name, part in parts.items():
        answers[name] = slip[name] if name in slip else part.work(p, answers)
    return answers


def with_slips(parts: Parts[P], slips: Slips[P]) -> Slips[P]:
    """Each slip carried through to the last part."""

    def carried(slip: Callable[[P], Answers]) -> Callable[[P], Answers]:
        return lambda p: complete(parts, p, slip(p))

    return {name: (carried(slip), text) for name, (slip, text) in slips.items()}


def rounding_error(parts: Parts[P], p: P, key: Answers, half_unit: float = 0.0005) -> float:
    """The most that any part can be off when the answers it builds on are rounded to three decimals.

    Above the tolerance, who rounds a wrong answer and works on with all digits would not be followed.
    """
    worst = 0.0
    for part in parts.values():
        exact = np.asarray(part.work(p, key))
        error = np.zeros(exact.shape)
        for name in part.builds_on:
            value = np.array(key[name], dtype=np.float64)
            for place in np.ndindex(value.shape):
                moved = value.copy()
                moved[place] += half_unit
                error += np.abs(np.asarray(part.work(p, {**key, name: moved})) - exact)
        worst = max(worst, float(error.max()))
    return worst


def by_label(fields: tuple[Field, ...], answers: Answers) -> str:
    """An option of several fields as LaTeX: every field's label and its value, rounded."""
    return r",\quad ".join(f"{field.label} {_rounded(field.kind, answers[field.name])}" for field in fields)


def _rounded(kind: AnyKind, value: Any) -> str:
    decimals = getattr(kind, "decimals", None)
    match len(kind.shape):
        case 0:
            return latex_number(value, decimals)
        case 1:
            return latex_matrix([[component] for component in value], decimals)
        case _:
            return latex_matrix(value, decimals)
