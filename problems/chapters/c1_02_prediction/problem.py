"""Chapter 1: what the commute model says about a new trip."""

from pathlib import Path

import numpy as np

from problems.answers import Number, Vector
from problems.chapters.fit_mistakes import REARRANGED_FITS, WRONG_FITS, Fit
from problems.chapters.linear_data import (
    COMMUTE,
    Trips,
    arrays,
    column,
    draw_trips,
    ill_posed_trips,
    trips_table,
)
from problems.chapters.regression_exhibits import model_exhibits
from problems.draws import Draws
from problems.latex import latex_number
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.linear_model import least_squares, predict, with_bias
from solvers.samples import Array


class NewTrip(Trips):
    """`x` (2,): the trip whose time is asked."""

    x: list[float]


def draw(draws: Draws) -> NewTrip:
    return NewTrip(**draw_trips(draws), x=[draws.integer(10, 60) / 10, draws.integer(0, 1)])


def ill_posed(p: NewTrip) -> str | None:
    if any(p["x"][0] == row[0] for row in p["X"]):
        return "the new trip is as long as a measured one"
    return ill_posed_trips(p)


def _predicted(p: NewTrip, w: Array) -> float:
    return float(predict(w, with_bias([p["x"]]))[0])


def solve(p: NewTrip) -> Answers:
    w = least_squares(*arrays(p))
    return {"w": w, "prediction": _predicted(p, w)}


def follow(p: NewTrip, answers: Answers) -> Answers:
    return {"prediction": _predicted(p, np.array(answers["w"]))}


def values(p: NewTrip) -> dict[str, str | Text]:
    X, y = arrays(p)
    w = least_squares(X, y)
    distance, weekday = p["x"]
    return {
        "n": str(len(y)),
        "trips": trips_table(p),
        "distance": latex_number(distance),
        "weekday": str(weekday),
        "day": Text("on a weekday", "在工作日") if weekday else Text("at a weekend", "在周末"),
        "w": column(w),
        "bias": f"{w[0]:.6f}",
        "slope": _factor(w[1]),
        "step": _factor(w[2]),
        "prediction": f"{_predicted(p, w):.2f}",
    }


def _factor(weight: float) -> str:
    return f"{weight:.6f}" if weight > 0 else f"({weight:.6f})"


def _fit_mistake(name: str, fit: Fit, text: Text) -> Mistake[NewTrip]:
    def answers(p: NewTrip) -> Answers:
        w = fit(*arrays(p))
        return {"w": w} if name in REARRANGED_FITS else {"w": w, "prediction": _predicted(p, w)}

    return Mistake(id=name, text=text, answers=answers, core=name == "no-bias", reread="1.3, (1.6)")


def _weights_used(p: NewTrip, used: Array) -> Answers:
    """The prediction with the right weights times these factors."""
    return {"prediction": _predicted(p, used * least_squares(*arrays(p)))}


def _other_trip(p: NewTrip, x: list[float]) -> Answers:
    return {"prediction": float(predict(least_squares(*arrays(p)), with_bias([x]))[0])}


problem = Problem(
    id="c1.2",
    version=1,
    topic="least-squares",
    folder=Path(__file__).parent,
    printed=NewTrip(**COMMUTE, x=[3.5, 1]),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: (
        Field(name="w", kind=Vector(3, Tolerance("absolute", 0.001)), label="W^* ="),
        # Weights rounded to three decimals move the prediction by up to 0.0005 (1 + 6 + 1), so that two decimals and a
        # tolerance of 0.01 are right for those who go on with rounded weights, too.
        Field(
            name="prediction",
            kind=Number(Tolerance("absolute", 0.01), decimals=2),
            label="f(x) =",
            follows=("w",),
        ),
    ),
    follow=follow,
    values=values,
    exhibits=lambda p: model_exhibits(*arrays(p), least_squares(*arrays(p))),
    mistakes=(
        *(_fit_mistake(name, fit, text) for name, (fit, text) in {**WRONG_FITS, **REARRANGED_FITS}.items()),
        Mistake(
            id="bias-not-added",
            text=Text(
                "Your prediction lacks the bias: $f(x) = w_0 + w_1 x_1 + w_2 x_2$.",
                "你的预测漏掉了偏置：$f(x) = w_0 + w_1 x_1 + w_2 x_2$。",
            ),
            answers=lambda p: _weights_used(p, np.array([0.0, 1.0, 1.0])),
            core=True,
            reread="1.1, (1.1)",
        ),
        Mistake(
            id="bias-subtracted",
            text=Text("You subtracted the bias $w_0$; it is added.", "你减去了偏置 $w_0$；应当加上它。"),
            answers=lambda p: _weights_used(p, np.array([-1.0, 1.0, 1.0])),
            reread="1.1, (1.1)",
        ),
        Mistake(
            id="other-kind-of-day",
            text=Text(
                "Your prediction is for the other kind of day: $x_2$ is 1 on weekdays and 0 at weekends.",
                "你预测的是另一种日期：工作日 $x_2$ 为 1，周末为 0。",
            ),
            answers=lambda p: _other_trip(p, [p["x"][0], 1 - p["x"][1]]),
            core=True,
            reread="1.1",
        ),
        Mistake(
            id="inputs-swapped",
            text=Text(
                "You multiplied $w_1$ by the kind of day and $w_2$ by the distance.",
                "你用 $w_1$ 乘了日期类型，用 $w_2$ 乘了距离。",
            ),
            answers=lambda p: _other_trip(p, p["x"][::-1]),
            reread="1.1, (1.1)",
        ),
        Mistake(
            id="mean-time",
            text=Text(
                "You gave the mean of the measured times. The prediction uses the new trip's own features.",
                "你给出的是实测时间的平均值。预测应当使用新行程自己的特征。",
            ),
            answers=lambda p: {"prediction": float(np.mean(p["y"]))},
            reread="1.1, (1.1)",
        ),
    ),
)
