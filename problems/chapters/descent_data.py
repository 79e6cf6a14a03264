"""What the exercises of chapter 2 on least squares share: the commute of the book, and other commutes like it."""

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from problems.draws import Draws
from problems.latex import latex_matrix, latex_number
from problems.problem import Answers, Field
from solvers.descent import Order, largest_stable_step
from solvers.linear_model import hessian, with_bias

Array = NDArray[np.float64]


class Regression(TypedDict):
    """`X` (n, d) without the column of ones; `y` (n,); `w0` (d + 1,): where the method starts, the bias first."""

    X: list[list[float]]
    y: list[int]
    w0: list[float]


COMMUTE_X = [[2.7, 1], [4.1, 1], [1.0, 0], [5.2, 1], [2.8, 0]]
COMMUTE_Y = [25, 33, 15, 45, 22]
"""The book's five ways to university: kilometres, 1 on a weekday, and minutes."""


def draw_commute(draws: Draws) -> tuple[list[list[float]], list[int]]:
    """X and y of other ways: tenths of a kilometre, whole minutes, at least one day of either sort.

    Not six of them: with six samples and three weights, dividing by the number of weights doubles the gradient, as
    other mistakes do.
    """
    n = draws.choice((4, 5, 7))
    weekdays = draws.shuffled([1, 0, *(draws.integer(0, 1) for _ in range(n - 2))])
    tenths = draws.sample(range(10, 56), n)
    start, pace, crowd = draws.integer(3, 9), draws.integer(5, 8), draws.integer(1, 6)
    minutes = [
        start + (pace * k + 5) // 10 + crowd * weekday + draws.integer(-3, 3)
        for k, weekday in zip(tenths, weekdays, strict=True)
    ]
    return [[k / 10, weekday] for k, weekday in zip(tenths, weekdays, strict=True)], minutes


def draw_start(draws: Draws, size: int) -> list[float]:
    """A start with every component 1 to 4: forgetting the model's own output then shows."""
    return [draws.integer(1, 4) for _ in range(size)]


def arrays(p: Regression) -> tuple[Array, Array, Array]:
    """X with the column of ones in front (n, d + 1), y (n,) and w0 (d + 1,) as arrays."""
    return with_bias(p["X"]), np.array(p["y"], dtype=float), np.array(p["w0"], dtype=float)


def stable_step(p: Regression) -> float:
    """2/λ_max of the cost's Hessian."""
    return largest_stable_step(hessian(with_bias(p["X"])))


def batches(samples: Sequence[Sequence[int]]) -> Order:
    """Samples counted from 1, as the exercises do, as indices from 0 of shape (steps, b)."""
    return np.array(samples, dtype=np.int64) - 1


def single(order: Sequence[int]) -> Order:
    """One sample a step: (steps, 1)."""
    return batches([[i] for i in order])


def column(vector: Array, decimals: int = 6) -> str:
    """A vector as a LaTeX column."""
    return latex_matrix([[component] for component in np.asarray(vector).tolist()], decimals)


def listed(numbers: Sequence[int]) -> str:
    """Sample numbers in a row, as LaTeX."""
    return r",\, ".join(map(str, numbers))


def iterates_table(iterates: Array, *, shown: Sequence[int] | None = None) -> str:
    """Iterates (the first four and the last, or those `shown`) as a Markdown table, the bias being w₀."""
    steps = len(iterates) - 1
    rows = sorted({*range(min(3, steps) + 1), steps}) if shown is None else shown
    head = "| $t$ | " + " | ".join(f"$w_{{{j}}}$" for j in range(iterates.shape[1])) + " |"
    rule = "|" + "---:|" * (iterates.shape[1] + 1)
    body = [f"| {t} | " + " | ".join(f"${latex_number(w, 6)}$" for w in iterates[t].tolist()) + " |" for t in rows]
    if shown is None and steps > len(rows) - 1:
        body.insert(-1, "| $\\vdots$ |" + " |" * iterates.shape[1])
    return "\n".join([head, rule, *body])


def options_by_label(fields: Sequence[Field], answers: Answers) -> str:
    """An option of several fields as LaTeX: every field's label and its value, rounded."""
    return r",\quad ".join(f"{field.label} {_rounded(field.kind, answers[field.name])}" for field in fields)


def _rounded(kind: Any, value: Any) -> str:
    decimals = getattr(kind, "decimals", 0)
    return column(value, decimals) if kind.shape else latex_number(value, decimals)
