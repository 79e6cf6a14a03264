"""Every wrong answer that we know of, held against a given one at once: mistakes and slips, a row of an array each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.answers import AnyKind, Matrix, Number, Vector
from problems.problem import Answers, Field, Mistake
from problems.slips import Slip, slips

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Cause = Mistake[Any] | Slip

DECIMALS = 3
"""Answers are held against candidates to the decimals that were typed, and to at least these (or as many as asked)."""

FINEST = 8
"""Who types more decimals than these gives the full result, equal to a candidate but for what floating point does."""

ROUNDING = 1e-8
"""Relative to a candidate (or to 1): what two programs that compute the same may differ by."""

UNMISTAKABLE = 3, 10.0
"""A candidate that stands this many tolerances from the key in so many numbers is also known by an answer within one
tolerance, not only to the last decimal: no other error lands there by chance."""

ANYBODYS = 50
"""A single number within so many units of its last digit from the key names nothing by itself: a hundred numbers stand
there, known mistakes lead to several of them, and whoever miscalculates hits one often enough."""

SLIP_CLEARANCE = 10.0
"""A slip within so many tolerances of what a mistake yields is not held against anyone."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What leads to a wrong answer: one cause, several that can't be told apart, or none.

    A cause that is not `certain` may be a coincidence; then nobody is held to have made the mistake.
    """

    causes: tuple[Cause, ...] = ()
    certain: bool = True

    @property
    def mistake(self) -> Cause | None:
        """The one that happened."""
        return self.causes[0] if len(self.causes) == 1 and self.certain else None


def typed_decimals(numbers: Sequence[float]) -> int:
    """The most decimals that any of the numbers shows when written in the shortest way that reads back the same."""
    exponents = (Decimal(repr(number)).normalize().as_tuple().exponent for number in numbers)
    return max(0, *(-exponent for exponent in exponents if isinstance(exponent, int)))


class _Numbers:
    """The candidates of a field of real numbers: `values` (N, size), NaN in the rows that do not touch the field."""

    def __init__(self, kind: Number | Vector | Matrix, key: Any, candidates: Sequence[Any]) -> None:
        self._kind = kind
        reference = _flat(key)
        self._values = np.full((len(candidates), len(reference)), np.nan)
        for row, candidate in enumerate(candidates):
            if candidate is not None:
                self._values[row] = _flat(candidate)
        self._widths = self._width(self._values)
        self._reference = reference
        from_key = self._distances(reference)
        self.distinctive = len(reference) > 1
        self.touched: Mask = ~np.isnan(self._values[:, 0])
        self.claims: Mask = np.any(from_key > 1.0, axis=1)
        numbers, tolerances = UNMISTAKABLE
        self._unmistakable: Mask = np.count_nonzero(from_key >= tolerances, axis=1) >= numbers

    def hits(self, given: Any) -> Mask:
        """The candidates that the given numbers are, rounded or cut; or else the unmistakable ones they are nearest."""
        numbers = _flat(given)
        shown = self._shown_as(numbers)
        return shown if shown.any() else self._near(numbers, 1.0) & self._unmistakable

    def tells(self, given: Any) -> bool:
        """Whether an answer that a cause leads to is no coincidence, seen for itself."""
        numbers = _flat(given)
        return self.distinctive or float(np.abs(numbers - self._reference)[0]) > ANYBODYS * self._unit(numbers)

    def near_row(self, row: int, tolerances: float = 1.0) -> Mask:
        return self._near(self._values[row], tolerances)

    def near(self, given: Any) -> Mask:
        return self._near(_flat(given), 1.0)

    def _near(self, numbers: Array, tolerances: float) -> Mask:
        near: Mask = np.all(self._distances(numbers) <= tolerances, axis=1)
        return near

    def _shown_as(self, numbers: Array) -> Mask:
        """Which candidates, rounded or cut to the decimals that were typed, are these numbers.

        With u the unit of the last decimal: cutting moves a number towards 0 by less than u, rounding by u/2 at most
        to either side.
        """
        unit = self._unit(numbers)
        sizes = np.abs(self._values)
        slack = ROUNDING * np.maximum(1.0, sizes)
        gaps = sizes - np.abs(numbers)
        same_sign = (np.sign(self._values) * np.sign(numbers) >= 0) | (sizes < unit)
        fits = same_sign & (gaps >= -unit / 2 - slack) & (gaps <= np.maximum(unit - slack, unit / 2 + slack))
        shown: Mask = np.all(fits, axis=1)
        return shown

    def _unit(self, numbers: Array) -> float:
        """Of the last decimal that was typed, or that is asked for; 0 for who types the full result."""
        # A key of whole numbers asks for no decimals, but a mistake need not lead to whole numbers.
        decimals = max(typed_decimals(numbers.tolist()), min(self._kind.decimals or DECIMALS, DECIMALS))
        return 0.0 if decimals > FINEST else 10.0**-decimals

    def _distances(self, numbers: Array) -> Array:
        """In tolerances, (N, size)."""
        widths = np.maximum(self._widths, self._width(numbers))
        with np.errstate(over="ignore"):  # an answer may be as large as numbers go
            distances: Array = np.abs(self._values - numbers) / np.maximum(widths, np.finfo(float).tiny)
        return distances

    def _width(self, numbers: Array) -> Array:
        tolerance = self._kind.tolerance
        if tolerance.kind == "absolute":
            return np.full(numbers.shape, tolerance.value)
        widths: Array = np.vectorize(lambda x: tolerance.width(x) if np.isfinite(x) else 0.0, otypes=[float])(numbers)
        return widths


class _Others:
    """The candidates of a field of another kind: whole numbers, which are equal or not, and formulas."""

    def __init__(self, kind: AnyKind, key: Any, candidates: Sequence[Any]) -> None:
        self._kind: Any = kind
        self._values = candidates
        self._key = key
        self.distinctive = False
        self.touched: Mask = np.array([value is not None for value in candidates], dtype=bool)
        self.claims: Mask = self.touched & ~self._near(key, 1.0)

    def hits(self, given: Any) -> Mask:
        compare = self._kind.compare
        return np.array([value is not None and compare(given, value).correct for value in self._values], dtype=bool)

    def tells(self, given: Any) -> bool:
        return not isinstance(given, int) or abs(given - self._key) > ANYBODYS

    def near_row(self, row: int, tolerances: float = 1.0) -> Mask:
        return self._near(self._values[row], tolerances)

    def near(self, given: Any) -> Mask:
        return self.hits(given)

    def _near(self, value: Any, tolerances: float) -> Mask:
        if value is None:
            return np.zeros(len(self._values), dtype=bool)
        distance = self._kind.distance
        near = [other is not None and distance(other, value) <= tolerances for other in self._values]
        return np.array(near, dtype=bool)


@dataclass(frozen=True, eq=False, slots=True)
class Candidates:
    """The known causes of wrong answers to one variant, and what they yield by field."""

    causes: tuple[Cause, ...]
    columns: Mapping[str, _Numbers | _Others]

    def explain(self, answers: Answers, wrong: Collection[str]) -> Mapping[str, Explanation]:
        """What leads to each wrong answer.

        A cause that explains every wrong answer goes before one that contradicts none of the answers, and this before
        one that fits the answer in question only: a vector or matrix, for single numbers meet too often by chance.
        """
        hits = {name: self.columns[name].hits(answers[name]) for name in self.columns if name in answers}
        return {name: self._explained(name, hits, answers, wrong) for name in wrong if name in hits}

    def _explained(self, name: str, hits: Mapping[str, Mask], answers: Answers, wrong: Collection[str]) -> Explanation:
        for rank in range(3 if self.columns[name].distinctive else 2):
            found = self._ranked(rank, name, hits, wrong)
            if found.any():
                break
        if found.sum() != 1:
            return self._explanation(found)
        # Others that lead within a tolerance of the same place, or of the answer, can't be told from it.
        row = int(np.argmax(found))
        around = {each: mask | self.columns[each].near(answers[each]) for each, mask in hits.items()}
        around = {
            each: mask | self.columns[each].near_row(row) if self.columns[each].claims[row] else mask
            for each, mask in around.items()
        }
        agreeing = [each for each in hits if self.columns[each].claims[row] and hits[each][row]]
        certain = len(agreeing) > 1 or self.columns[name].tells(answers[name])
        return self._explanation(self._ranked(rank, name, around, wrong), certain=certain)

    def _explanation(self, found: Mask, *, certain: bool = True) -> Explanation:
        return Explanation(tuple(self.causes[row] for row in np.flatnonzero(found)), certain)

    def _ranked(self, rank: int, name: str, hits: Mapping[str, Mask], wrong: Collection[str]) -> Mask:
        """Causes that fit the field and: explain all wrong answers (0), contradict no answer (0, 1), or neither (2)."""
        found = hits[name] & self.columns[name].claims
        if rank < 2:
            for each, mask in hits.items():
                found = found & (mask | ~self.columns[each].claims)
        if rank == 0:
            for each in wrong:
                if each in hits:
                    found = found & self.columns[each].claims
        return found


def candidates(fields: Sequence[Field], key: Answers, mistaken: Sequence[tuple[Mistake[Any], Answers]]) -> Candidates:
    """All candidates of a variant, from its key and from what each of its mistakes yields."""
    slipped = list(slips(fields, key))
    known = _built(fields, key, [*mistaken, *((slip, slip.answers) for slip in slipped)])
    crowded = _crowded(known, len(mistaken))
    kept = [(slip, slip.answers) for slip, near in zip(slipped, crowded, strict=True) if not near]
    return _built(fields, key, [*mistaken, *kept])


def _built(fields: Sequence[Field], key: Answers, rows: Sequence[tuple[Cause, Answers]]) -> Candidates:
    columns: dict[str, _Numbers | _Others] = {}
    for field in fields:
        values = [answers.get(field.name) for _, answers in rows]
        numeric = isinstance(field.kind, Number | Vector | Matrix)
        columns[field.name] = (_Numbers if numeric else _Others)(field.kind, key[field.name], values)  # type: ignore[arg-type]
    return Candidates(tuple(cause for cause, _ in rows), columns)


def _crowded(known: Candidates, mistakes: int) -> list[bool]:
    """For each slip (the rows after the mistakes): whether a mistake yields about the same in some field."""
    return [
        any(
            column.near_row(row, SLIP_CLEARANCE)[:mistakes].any()
            for column in known.columns.values()
            if column.touched[row]
        )
        for row in range(mistakes, len(known.causes))
    ]


def _flat(numbers: Any) -> Array:
    return np.asarray(numbers, dtype=np.float64).ravel()
