"""Chapter 1: the residuals of a given model, and the two mean squared errors."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from problems.answers import Number, Vector
from problems.chapters.linear_data import COMMUTE, Trips, arrays, column, draw_trips, ill_posed_trips, trips_table
from problems.chapters.regression_exhibits import model_exhibits
from problems.draws import Draws
from problems.latex import latex_number
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.linear_model import half_mse, least_squares, mse, predict, residuals
from solvers.samples import Array


class GivenModel(Trips):
    """`w` (3,): the weights of the model that is judged, the bias first."""

    w: list[float]


def draw(draws: Draws) -> GivenModel:
    """Weights near those of the fit, on tenths: close enough to make sense, far enough not to be the best ones."""
    trips = draw_trips(draws)
    best = np.rint(10 * least_squares(*arrays(trips))).astype(int).tolist()
    return GivenModel(**trips, w=[(k + draws.integer(-5, 5)) / 10 for k in best])


def ill_posed(p: GivenModel) -> str | None:
    if reason := ill_posed_trips(p):
        return reason
    if 0 in p["w"]:
        return "a weight is zero"
    e = _residuals(p)
    if np.abs(e).min() < 0.05:
        return "a residual is hardly different from zero"
    if (e > 0).all() or (e < 0).all():
        return "all residuals have the same sign"
    return None


def _residuals(p: GivenModel) -> Array:
    return residuals(np.array(p["w"]), *arrays(p))


def _errors(p: GivenModel, w: Array) -> Answers:
    """All three answers for these weights."""
    X, y = arrays(p)
    return {"residuals": residuals(w, X, y), "half_mse": half_mse(w, X, y), "mse": mse(w, X, y)}


def solve(p: GivenModel) -> Answers:
    return _errors(p, np.array(p["w"]))


def follow(_: GivenModel, answers: Answers) -> Answers:
    mean = float(np.square(answers["residuals"]).mean())
    return {"half_mse": mean / 2, "mse": mean}


def values(p: GivenModel) -> dict[str, str | Text]:
    X, y = arrays(p)
    w, e = np.array(p["w"]), _residuals(p)
    squares = np.square(e)
    return {
        "n": str(len(y)),
        "two_n": str(2 * len(y)),
        "trips": trips_table(p),
        "outputs": column(predict(w, X), None),
        "targets": column(y, None),
        "residuals": column(np.round(e, 9), None),
        "first": latex_number(float(predict(w, X)[0])),
        "squares": " + ".join(f"{square:.4f}" for square in squares.tolist()),
        "total": f"{squares.sum():.4f}",
        "half_mse": f"{half_mse(w, X, y):.6f}",
        "mse": f"{mse(w, X, y):.6f}",
    }


def _over(divisor: Callable[[int], float]) -> Callable[[GivenModel], Answers]:
    """Both costs with another divisor than n in the mean."""

    def answers(p: GivenModel) -> Answers:
        key, n = solve(p), len(p["y"])
        return {name: key[name] * n / divisor(n) for name in ("half_mse", "mse")}

    return answers


def _both(mean: Callable[[Array], float]) -> Callable[[GivenModel], Answers]:
    """Both costs from something else than the mean of the squared residuals."""
    return lambda p: {"half_mse": mean(_residuals(p)) / 2, "mse": mean(_residuals(p))}


problem = Problem(
    id="c1.3",
    version=1,
    topic="mean-squared-error",
    folder=Path(__file__).parent,
    printed=GivenModel(**COMMUTE, w=[6.086, 6.534, 2.113]),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda p: (
        Field(name="residuals", kind=Vector(len(p["y"]), Tolerance("absolute", 0.001)), label="e ="),
        Field(
            name="half_mse",
            kind=Number(Tolerance("absolute", 0.001)),
            label=r"\frac{1}{2n} \sum_i (e^{(i)})^2 =",
            follows=("residuals",),
        ),
        Field(
            name="mse",
            kind=Number(Tolerance("absolute", 0.001)),
            label=r"\frac{1}{n} \sum_i (e^{(i)})^2 =",
            follows=("residuals",),
        ),
    ),
    follow=follow,
    values=values,
    exhibits=lambda p: model_exhibits(*arrays(p), np.array(p["w"])),
    mistakes=(
        Mistake(
            id="residual-sign",
            text=Text(
                "All signs are reversed: a residual is the target minus the output, $y^{(i)} - W^\\top x^{(i)}$.",
                "符号全反了：残差是期望输出减去模型输出，即 $y^{(i)} - W^\\top x^{(i)}$。",
            ),
            answers=lambda p: {"residuals": -_residuals(p)},
            core=True,
            reread="1.2, (1.2)",
        ),
        Mistake(
            id="absolute-residuals",
            text=Text(
                "You gave the sizes of the residuals. They have signs: negative where the model is above the data.",
                "你给出的是残差的绝对值。残差带有符号：模型输出大于数据时为负。",
            ),
            answers=lambda p: {"residuals": np.abs(_residuals(p))},
            core=True,
            reread="1.2, (1.2)",
        ),
        Mistake(
            id="squared-residuals",
            text=Text(
                "You squared the residuals already; the squares are needed only for the costs.",
                "你已经把残差平方了；只有计算代价时才需要平方。",
            ),
            answers=lambda p: {"residuals": np.square(_residuals(p))},
            reread="1.2, (1.2)",
        ),
        Mistake(
            id="outputs",
            text=Text(
                "You gave the outputs $W^\\top x^{(i)}$ of the model. Subtract them from the measured times.",
                "你给出的是模型的输出 $W^\\top x^{(i)}$。还要用实测时间减去它们。",
            ),
            answers=lambda p: {"residuals": predict(np.array(p["w"]), arrays(p)[0])},
            reread="1.2, (1.2)",
        ),
        Mistake(
            id="no-bias",
            text=Text(
                "You left out the bias $w_0$: the output is $w_0 + w_1 x_1 + w_2 x_2$.",
                "你漏掉了偏置 $w_0$：输出是 $w_0 + w_1 x_1 + w_2 x_2$。",
            ),
            answers=lambda p: _errors(p, np.array([0.0, *p["w"][1:]])),
            core=True,
            reread="1.1, (1.1)",
        ),
        Mistake(
            id="bias-last",
            text=Text(
                "You took the last of the weights as the bias. The bias comes first: $W = (w_0, w_1, w_2)^\\top$.",
                "你把最后一个权重当成了偏置。偏置在最前面：$W = (w_0, w_1, w_2)^\\top$。",
            ),
            answers=lambda p: _errors(p, np.array([p["w"][2], p["w"][0], p["w"][1]])),
            reread="1.1, (1.1)",
        ),
        Mistake(
            id="weights-swapped",
            text=Text(
                "You multiplied the distance by $w_2$ and the kind of day by $w_1$.",
                "你用 $w_2$ 乘了距离，用 $w_1$ 乘了日期类型。",
            ),
            answers=lambda p: _errors(p, np.array([p["w"][0], p["w"][2], p["w"][1]])),
            reread="1.1, (1.1)",
        ),
        Mistake(
            id="half-exchanged",
            text=Text(
                "Mind the factor $\\frac12$: the book's cost has $\\frac{1}{2n}$, the usual mean squared error "
                "$\\frac{1}{n}$. You gave the one for the other.",
                "注意因子 $\\frac12$：书中的代价带 $\\frac{1}{2n}$，通常的均方误差带 $\\frac{1}{n}$。你把两者弄反了。",
            ),
            answers=lambda p: {"half_mse": solve(p)["mse"], "mse": solve(p)["half_mse"]},
            core=True,
            reread="1.2, (1.3)",
        ),
        Mistake(
            id="sum-instead-of-mean",
            text=Text("You did not divide the sum of squares by $n$.", "你没有把平方和除以 $n$。"),
            answers=_over(lambda _: 1.0),
            core=True,
            reread="1.2, (1.3)",
        ),
        Mistake(
            id="divided-by-n-minus-one",
            text=Text(
                "You divided by $n - 1$, as for a sample variance; this mean has $n$.",
                "你像计算样本方差那样除以了 $n - 1$；这里的平均应除以 $n$。",
            ),
            answers=_over(lambda n: n - 1.0),
            reread="1.2, (1.3)",
        ),
        Mistake(
            id="root-taken",
            text=Text(
                "You took the square root. That is the root mean squared error; nothing of the kind is asked.",
                "你多开了一次平方。那是均方根误差，本题并不要求。",
            ),
            answers=lambda p: {name: np.sqrt(solve(p)[name]) for name in ("half_mse", "mse")},
            reread="1.2, (1.3)",
        ),
        Mistake(
            id="absolute-errors",
            text=Text(
                "You averaged the sizes of the residuals. Square them before averaging.",
                "你对残差的绝对值求了平均。应当先平方，再求平均。",
            ),
            answers=_both(lambda e: float(np.abs(e).mean())),
            reread="1.2, (1.3)",
        ),
        Mistake(
            id="square-of-the-mean",
            text=Text(
                "You averaged the residuals before squaring, so that they cancelled each other. Square each one first.",
                "你先对残差求平均再平方，正负残差相互抵消了。应当先把每个残差平方。",
            ),
            answers=_both(lambda e: float(e.mean()) ** 2),
            reread="1.2, (1.3)",
        ),
    ),
)
