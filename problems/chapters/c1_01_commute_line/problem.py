"""Chapter 1: the linear model of the commute data by least squares."""

from pathlib import Path

from problems.answers import Vector
from problems.chapters.fit_mistakes import REARRANGED_FITS, WRONG_FITS, Fit
from problems.chapters.linear_data import (
    COMMUTE,
    Trips,
    arrays,
    column,
    draw_trips,
    ill_posed_trips,
    matrix,
    trips_table,
)
from problems.chapters.regression_exhibits import model_exhibits
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.linear_model import half_mse, least_squares, predict


def solve(p: Trips) -> Answers:
    return {"w": least_squares(*arrays(p))}


def values(p: Trips) -> dict[str, str | Text]:
    X, y = arrays(p)
    w = least_squares(X, y)
    return {
        "n": str(len(y)),
        "trips": trips_table(p),
        "design": matrix(X),
        "gram": matrix(X.T @ X),
        "moments": column(X.T @ y, None),
        "w": column(w),
        "fitted": column(predict(w, X), 3),
        "cost": f"{half_mse(w, X, y):.6f}",
    }


def _mistake(name: str, fit: Fit, text: Text) -> Mistake[Trips]:
    return Mistake(
        id=name,
        text=text,
        answers=lambda p: {"w": fit(*arrays(p))},
        core=name in {"no-bias", "no-weekday", "bias-last"},
        reread="1.3, (1.6)",
    )


problem = Problem(
    id="c1.1",
    version=1,
    topic="least-squares",
    folder=Path(__file__).parent,
    printed=COMMUTE,
    draw=draw_trips,
    ill_posed=ill_posed_trips,
    solve=solve,
    fields=lambda _: (Field(name="w", kind=Vector(3, Tolerance("absolute", 0.001)), label="W^* ="),),
    values=values,
    exhibits=lambda p: model_exhibits(*arrays(p), least_squares(*arrays(p))),
    mistakes=(
        *(_mistake(name, fit, text) for name, (fit, text) in {**WRONG_FITS, **REARRANGED_FITS}.items()),
        Mistake(
            id="not-inverted",
            text=Text(
                "You stopped at $X^\\top Y$. The weights solve $X^\\top X W = X^\\top Y$.",
                "你只算到了 $X^\\top Y$。权重还要由 $X^\\top X W = X^\\top Y$ 解出。",
            ),
            answers=lambda p: {"w": arrays(p)[0].T @ arrays(p)[1]},
            distractor=False,
            reread="1.3, (1.6)",
        ),
    ),
    printed_options={
        "A": {"w": (0.0, 8.464, 0.477)},
        "B": {"w": (28.0, 6.534, 2.113)},
        "C": {"w": (6.086, 6.534, 2.113)},
        "D": {"w": (6.086, 2.113, 6.534)},
    },
)
