"""A student's whole run held against the method: the first step that deviates, and what happened there.

Every step is judged from the student's own row before it, so that one mistake costs one step. What the digits of the
rows leave open is carried through the step (`Tracing.spread`) and never counts as a deviation: neither of a run that is
rounded for show, nor of one that is rounded at every step and carried on.

The mistakes of the problem are tried on the first deviating step; where several fit, the other steps of the run
decide. Beside the mistakes stand *happenings*: slips of one step, such as a sample that is skipped. Where a mistake
leads to the same row, it is named before them, unless nearly all right steps speak against it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from problems.text import Text

Array = NDArray[np.float64]
P = TypeVar("P", bound=Mapping[str, Any])
P_contra = TypeVar("P_contra", bound=Mapping[str, Any], contravariant=True)

Rule = Callable[[P, Array], Array]
"""What follows each of the rows (T, d), the start being the first: (T, d). Row t follows from rows 0 to t."""

MATCH = 0.5
"""A cause is named only if the digits would tell it from the right step: its tolerance is at most this share of the
deviation."""

LATER = 20
"""So many steps after the first deviating one are asked whether they are made with the same mistake."""


MOST_AGAINST = 0.8
"""A mistake is unlikely to be what happened when it would have changed more than this share of the right steps."""


@dataclass(frozen=True, slots=True)
class StepMistake(Generic[P]):
    """One step made with a mistake of the problem, whose `id` it bears and which has the words for it."""

    id: str
    wrong_next: Rule[P]


@dataclass(frozen=True, slots=True, eq=False)
class Happening:
    """What may have happened in one step: the row that it leads to, and a clause that says it, after “when”."""

    id: str
    next: Array
    clause: Text


def _nothing(_p: Any, _rows: Array) -> tuple[Happening, ...]:
    return ()


def _no_words(_p: Any, _rows: Array) -> None:
    return None


def _no_passes(_: Any) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing(Generic[P]):
    """How the run of an iterative problem is checked.

    - `run`: the right iterates, (steps + 1, d), the start first.
    - `next_rows`: the right step from each row. `spread`: how far errors in the rows (T, d) carry through it, (T, d).
    - `mistakes`: steps made with a mistake. `happenings`: slips in the step after the last of the rows.
    - `context`: a sentence on the step after the last of the rows, such as whose turn it was.
    - `pass_length`: how many steps make a pass over the data, where a step sees one sample.
    - `grid`: what all right iterates are whole multiples of; rows are then exact, whatever digits they show.
    - `may_rest`: rows that repeat the last one may be added or left out at the end.
    """

    run: Callable[[P], Array]
    next_rows: Rule[P]
    spread: Callable[[P, Array, Array], Array]
    mistakes: tuple[StepMistake[P], ...] = ()
    happenings: Callable[[P, Array], tuple[Happening, ...]] = _nothing
    context: Callable[[P, Array], Text | None] = _no_words
    pass_length: Callable[[P], int | None] = _no_passes
    grid: float | None = None
    may_rest: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Rows (steps + 1, d) with the start first, and the unit of the last digit of each number (0 where it is exact)."""

    rows: Array
    units: Array

    @property
    def steps(self) -> int:
        return len(self.rows) - 1

    def until(self, step: int) -> "History":
        return History(self.rows[: step + 1], self.units[: step + 1])


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """`following`: the right step from each row but the last, (steps, d); `wrong`: which steps deviate, (steps,)."""

    history: History
    following: Array
    tolerance: Array
    wrong: NDArray[np.bool_]

    @property
    def first_wrong(self) -> int | None:
        """Counted from 1."""
        return int(np.argmax(self.wrong)) + 1 if self.wrong.any() else None

    @property
    def right_steps(self) -> int:
        first = self.first_wrong
        return self.history.steps if first is None else first - 1


def judge(tracing: Tracing[P], p: P, history: History) -> Judged:
    """Which steps deviate.

    A number that is rounded is off by half a unit of its last digit, one that is cut off by up to a unit: who is right
    under the second reading throughout is right.
    """
    rows = history.rows[:-1]
    with np.errstate(all="ignore"):  # a run that explodes overflows here, too
        following = tracing.next_rows(p, rows)
        off = np.abs(history.rows[1:] - following)
        for share in (0.5, 1.0):
            units = share * history.units
            tolerance = _slack(units[1:] + tracing.spread(p, rows, units[:-1]), following)
            judged = Judged(history, following, tolerance, np.asarray(~(off <= tolerance).all(axis=1)))
            if share == 0.5:
                rounded = judged
    return rounded if judged.wrong.any() else judged


def _slack(tolerance: Array, following: Array) -> Array:
    return np.asarray(tolerance * (1 + 1e-9) + 1e-12 * np.maximum(1.0, np.abs(following)))


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a step deviates: mistakes of the problem that lead to it (ids), and what may have happened in it.

    `likely` says that the rest of the run does not speak against these mistakes.
    """

    mistakes: tuple[str, ...] = ()
    happening: Happening | None = None
    likely: bool = False

    @property
    def id(self) -> str | None:
        """The one mistake, if it is likely or nothing else is known; or else what happened in the step."""
        if self.happening and not (self.likely and len(self.mistakes) == 1):
            return self.happening.id
        return self.mistakes[0] if len(self.mistakes) == 1 else None


def find_cause(tracing: Tracing[P], p: P, judged: Judged) -> Cause:
    """What leads to the first deviating step from the student's own rows before it."""
    step = judged.first_wrong
    if step is None:
        return Cause()
    at = _Step(judged, step)
    with np.errstate(all="ignore"):
        rules = {mistake.id: mistake.wrong_next for mistake in tracing.mistakes}
        fitting = [name for name, rule in rules.items() if at.is_led_to(_last(rule, p))]
        runs = {name: _Run(judged, step, rules[name](p, judged.history.rows[:-1][: step + LATER])) for name in fitting}
        fitting = _likeliest(runs)
        happenings = tracing.happenings(p, at.rows)
        places = [i for i in range(len(happenings)) if at.is_led_to(_nth(tracing, p, i))]
    likely = any(runs[name].likely for name in fitting)
    return Cause(tuple(fitting), happenings[places[0]] if places else None, likely)


def _last(rule: Rule[P], p: P) -> Callable[[Array], Array]:
    return lambda rows: rule(p, rows)[-1]


def _nth(tracing: Tracing[P], p: P, place: int) -> Callable[[Array], Array]:
    return lambda rows: tracing.happenings(p, rows)[place].next


class _Step:
    """The first deviating step, and whether a way to make it leads to what the student has."""

    def __init__(self, judged: Judged, step: int) -> None:
        self.rows = judged.history.rows[:step]
        self._reached = judged.history.rows[step]
        self._errors = 0.5 * judged.history.units[step - 1]
        self._own = 0.5 * judged.history.units[step] + self._errors
        self._loose = judged.tolerance[step - 1]
        self._deviation = float(np.abs(self._reached - judged.following[step - 1]).max())

    def is_led_to(self, make: Callable[[Array], Array]) -> bool:
        """Whether `make` (rows -> next row) comes to the student's row as nearly as the digits can tell.

        How far errors carry through this step is found by moving each number of the last row by its error.
        """
        made = make(self.rows)
        off = np.abs(self._reached - made)
        if not np.isfinite(made).all() or off.max() > max(30 * float(self._loose.max()), 1e-12):
            return False
        tolerance = self._own.copy()
        for j in np.flatnonzero(self._errors):
            moved = self.rows.copy()
            moved[-1, j] += self._errors[j]
            tolerance += np.abs(make(moved) - made)
        tolerance = _slack(tolerance, made)
        return bool((off <= tolerance).all() and tolerance.max() <= max(MATCH * self._deviation, 1e-11))


class _Run:
    """How the steps before the first deviating one, and `LATER` after it, go with a mistake.

    It would have led to the rows `made`, each from the student's own row before it.
    """

    def __init__(self, judged: Judged, step: int, made: Array) -> None:
        size = len(made)
        before, reached = judged.history.rows[:size], judged.history.rows[1 : size + 1]

        def same(a: Array, b: Array) -> NDArray[np.bool_]:
            return np.asarray((np.abs(a - b) <= 2 * judged.tolerance[:size]).all(axis=1))

        led, right = same(made, reached), ~judged.wrong[:size]
        telling = right & ~(same(before, reached) & same(before, made))  # where nothing moves, nothing is told
        self.explained = int((led & ~right)[step:].sum())
        self.agreeing = int(led[step:].sum())
        self.against = float((telling & ~led).sum() / max(1, telling.sum()))

    @property
    def likely(self) -> bool:
        """Whether a later deviation is this mistake's, too, or enough right steps would have been the same with it."""
        return self.explained > 0 or self.against <= MOST_AGAINST


def _likeliest(runs: Mapping[str, _Run]) -> list[str]:
    """Of several mistakes those that explain most of what comes later; or those that were made all along, if any."""
    names = list(runs)
    if any(runs[name].explained for name in names):
        most = max((runs[name].explained, runs[name].agreeing) for name in names)
        return [name for name in names if (runs[name].explained, runs[name].agreeing) == most]
    return [name for name in names if not runs[name].against] or names
