"""What the regression exercises of chapter 1 share: the commute data, drawn trips like them, and how to show them."""

from typing import TypedDict

import numpy as np

from problems.draws import Draws
from problems.latex import latex_matrix, latex_number
from problems.text import Text
from solvers.linear_model import half_mse, least_squares, with_bias
from solvers.samples import Array


class Trips(TypedDict):
    """`X` (n, 2): a row is one trip, its distance in km and 1 on weekdays, 0 at weekends; `y` (n,): minutes."""

    X: list[list[float]]
    y: list[int]


COMMUTE = Trips(X=[[2.7, 1], [4.1, 1], [1.0, 0], [5.2, 1], [2.8, 0]], y=[25, 33, 15, 45, 22])
"""The data of the book's opening of chapter 1 and of section 1.7."""


def draw_trips(draws: Draws) -> Trips:
    """5 or 6 trips of 1 to 6 km, at least two of each kind of day, whose times lie near a plane."""
    n = draws.choice((5, 6))
    tenths = draws.sample(range(10, 61), n)
    weekdays = draws.integer(2, n - 2)
    days = draws.shuffled([1] * weekdays + [0] * (n - weekdays))
    start, pace, rush = draws.integer(3, 9), draws.integer(4, 8), draws.integer(1, 6)
    minutes = [
        start + (pace * k + 5) // 10 + rush * day + draws.integer(-4, 4) for k, day in zip(tenths, days, strict=True)
    ]
    return Trips(X=[[k / 10, day] for k, day in zip(tenths, days, strict=True)], y=minutes)


def arrays(p: Trips) -> tuple[Array, Array]:
    """X with the constant feature 1 in front, (n, 3), and y (n,)."""
    return with_bias(p["X"]), np.array(p["y"], dtype=np.float64)


def ill_posed_trips(p: Trips) -> str | None:
    """The times are sensible, no exact fit, and every weight of the fit can be told from 0."""
    if min(p["y"]) < 5:
        return "a trip takes less than five minutes"
    X, y = arrays(p)
    w = least_squares(X, y)
    if np.abs(w).min() < 0.05 or np.abs(w).max() > 60:
        return "a weight is too small or too large to be read well"
    return "the model fits exactly" if half_mse(w, X, y) < 0.05 else None


def trips_table(p: Trips) -> Text:
    """The data as a Markdown table."""
    rows = "\n".join(
        f"| ${i}$ | ${latex_number(distance)}$ | ${day}$ | ${minutes}$ |"
        for i, ((distance, day), minutes) in enumerate(zip(p["X"], p["y"], strict=True), start=1)
    )
    rule = "|---:|---:|---:|---:|"
    return Text(
        f"| trip | distance $x_1$ (km) | weekday $x_2$ | time $y$ (min) |\n{rule}\n{rows}",
        f"| 行程 | 距离 $x_1$ (km) | 工作日 $x_2$ | 时间 $y$ (min) |\n{rule}\n{rows}",
    )


def column(vector: Array, decimals: int | None = 6) -> str:
    """A vector as a LaTeX column; with None as many decimals as it has."""
    return latex_matrix([[component + 0.0] for component in vector.tolist()], decimals)  # + 0.0: no −0


def matrix(A: Array, decimals: int | None = None) -> str:
    """A matrix in LaTeX; without `decimals` as many as it has."""
    return latex_matrix(A.tolist(), decimals)
