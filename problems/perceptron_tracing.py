"""How runs of the perceptron are checked visit by visit: exercises 1.10 and c3.1.

All right iterates are multiples of a grid, so that what the digits show is exact and no test of a margin is in doubt.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from problems.step_words import other_sample, sample_skipped, sample_used, turn
from problems.text import Text
from problems.tracing import Array, Happening, Rule, StepMistake, Tracing
from solvers.losses import margins

P = TypeVar("P", bound=Mapping[str, Any])

Data = Callable[[P], tuple[Array, Array, Array]]
Test = Callable[[float, float], bool]
"""Whether a sample of this score and label is a mistake."""
Update = Callable[[Array, float], Array]
"""What is added to the weights, from a sample and its label."""
Visits = Mapping[str, tuple[Test, Update]]
"""Wrong tests and updates by the mistake's id."""


def is_mistake(score: float, label: float) -> bool:
    return label * score <= 0


def add_sample(x: Array, label: float) -> Array:
    return label * x


def visited(
    data: Data[P], test: Test = is_mistake, update: Update = add_sample, order: Callable[[int, int], Any] | None = None
) -> Rule[P]:
    """The visit after every row, the samples in turn or in an `order` made from the numbers of them and of rows."""

    def rule(p: P, rows: Array) -> Array:
        X, y, _ = data(p)
        n = len(y)
        visits = np.arange(len(rows)) % n if order is None else order(n, len(rows))
        return np.array(
            [
                w + update(X[i], float(y[i])) if test(float(np.round(X[i] @ w, 9)), float(y[i])) else w
                for w, i in zip(rows, visits, strict=True)
            ]
        )

    return rule


def visit_steps(data: Data[P], visits: Visits) -> tuple[StepMistake[P], ...]:
    return tuple(StepMistake(name, visited(data, test, update)) for name, (test, update) in visits.items())


def _exact(_p: Any, rows: Array, _errors: Array) -> Array:
    return np.zeros_like(rows)


def _margin(data: Data[P], p: P, rows: Array) -> tuple[int, float]:
    """Whose turn it is after the last row, and the margin of this sample."""
    X, y, _ = data(p)
    due = (len(rows) - 1) % len(y)
    return due, float(np.round(margins(rows[-1], X[[due]], y[[due]])[0], 9))


def perceptron_tracing(
    run: Callable[[P], Array],
    data: Data[P],
    mistakes: tuple[StepMistake[P], ...],
    *,
    grid: float,
    may_rest: bool = False,
) -> Tracing[P]:
    def happenings(p: P, rows: Array) -> tuple[Happening, ...]:
        X, y, _ = data(p)
        due, margin = _margin(data, p, rows)
        w = rows[-1]
        if margin <= 0:
            here = Happening("sample-skipped", w, sample_skipped(due + 1, margin, 0.0))
        else:
            here = Happening("sample-counted", w + y[due] * X[due], sample_used(due + 1, margin, 0.0))
        others = (
            Happening("other-sample", w + y[i] * X[i], other_sample(i + 1, due + 1)) for i in range(len(y)) if i != due
        )
        return (here, *others)

    def context(p: P, rows: Array) -> Text:
        due, margin = _margin(data, p, rows)
        return turn(len(rows), due + 1, margin, 0.0)

    return Tracing(
        run=run,
        next_rows=visited(data),
        spread=_exact,
        mistakes=mistakes,
        happenings=happenings,
        context=context,
        pass_length=lambda p: len(p["y"]),
        grid=grid,
        may_rest=may_rest,
    )
