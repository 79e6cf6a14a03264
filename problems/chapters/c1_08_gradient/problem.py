"""Chapter 1: the gradient of the half mean squared error at given weights, without and with a ridge penalty."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from problems.answers import Vector
from problems.chapters.linear_data import COMMUTE, Trips, arrays, column, draw_trips, ill_posed_trips, trips_table
from problems.chapters.regression_exhibits import gradients_table
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.latex import latex_number
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.linear_model import mse_gradient, residuals, ridge_gradient
from solvers.samples import Array


class AtWeights(Trips):
    """`w` (3,): the weights at which the gradient is asked, the bias first; `ridge`: the strength λ of the penalty."""

    w: list[float]
    ridge: float


def draw(draws: Draws) -> AtWeights:
    return AtWeights(
        **draw_trips(draws),
        w=[draws.integer(2, 18) / 2, draws.integer(4, 16) / 2, draws.integer(-4, 12) / 2],
        ridge=draws.choice((0.1, 0.2, 0.5, 0.8, 1.5)),
    )


def ill_posed(p: AtWeights) -> str | None:
    if reason := ill_posed_trips(p):
        return reason
    if 0 in p["w"]:
        return "a weight is zero"
    gradient = np.abs(_gradient(p))
    if gradient.min() < 0.05 or gradient.max() > 200:
        return "a component of the gradient is too small or too large to be read well"
    return None


def _gradient(p: AtWeights) -> Array:
    return mse_gradient(np.array(p["w"]), *arrays(p))


def solve(p: AtWeights) -> Answers:
    w, (X, y) = np.array(p["w"]), arrays(p)
    return {"gradient": mse_gradient(w, X, y), "ridge_gradient": ridge_gradient(w, X, y, p["ridge"])}


def follow(p: AtWeights, answers: Answers) -> Answers:
    return _with_penalty(p, np.array(answers["gradient"]))


def _with_penalty(p: AtWeights, gradient: Array) -> Answers:
    return {"ridge_gradient": gradient + p["ridge"] * np.array(p["w"])}


def values(p: AtWeights) -> dict[str, str | Text]:
    X, y = arrays(p)
    excess = np.round(-residuals(np.array(p["w"]), X, y), 9)
    return {
        "n": str(len(y)),
        "trips": trips_table(p),
        "excess": column(excess, None),
        "products": column(np.round(X.T @ excess, 9), None),
        "strength": latex_number(p["ridge"]),
        "gradient": column(_gradient(p)),
        "ridge_gradient": column(solve(p)["ridge_gradient"]),
    }


def exhibits(p: AtWeights) -> Exhibits:
    X, y = arrays(p)
    return Exhibits((gradients_table(X, y, np.array(p["w"]), range(1, len(y) + 1)),))


def _wrong(gradient: Callable[[AtWeights, Array, Array, Array], Array]) -> Callable[[AtWeights], Answers]:
    """A wrong gradient, given p, w, X, y, with the right penalty added to it."""

    def answers(p: AtWeights) -> Answers:
        wrong = gradient(p, np.array(p["w"]), *arrays(p))
        return {"gradient": wrong, **_with_penalty(p, wrong)}

    return answers


def _penalty(added: Callable[[float, Array], Array]) -> Callable[[AtWeights], Answers]:
    """The right gradient with something else than λw added to it."""
    return lambda p: {"ridge_gradient": _gradient(p) + added(p["ridge"], np.array(p["w"]))}


problem = Problem(
    id="c1.8",
    version=1,
    topic="gradient",
    folder=Path(__file__).parent,
    printed=AtWeights(**COMMUTE, w=[5.0, 6.0, 3.0], ridge=0.5),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: (
        Field(name="gradient", kind=Vector(3, Tolerance("absolute", 0.001)), label=r"\nabla C(W) ="),
        Field(
            name="ridge_gradient",
            kind=Vector(3, Tolerance("absolute", 0.001)),
            label=r"\nabla C_\lambda(W) =",
            follows=("gradient",),
        ),
    ),
    follow=follow,
    values=values,
    exhibits=exhibits,
    mistakes=(
        Mistake(
            id="residual-sign",
            text=Text(
                "Your gradient has the wrong sign: it is $\\frac1n X^\\top (XW - Y)$, output minus target.",
                "你的梯度符号反了：应为 $\\frac1n X^\\top (XW - Y)$，即输出减去目标。",
            ),
            answers=_wrong(lambda _, w, X, y: -mse_gradient(w, X, y)),
            core=True,
            reread="1.3, (1.5)",
        ),
        Mistake(
            id="sum-instead-of-mean",
            text=Text(
                "You did not divide by $n$: the cost is a mean over the trips.",
                "你没有除以 $n$：代价是对各次行程的平均。",
            ),
            answers=_wrong(lambda _, w, X, y: len(y) * mse_gradient(w, X, y)),
            core=True,
            reread="1.3, (1.5)",
        ),
        Mistake(
            id="factor-two",
            text=Text(
                "Your gradient is twice too long: the $\\frac12$ in the cost cancels the 2 of the square.",
                "你的梯度大了一倍：代价中的 $\\frac12$ 与平方求导产生的 2 相消。",
            ),
            answers=_wrong(lambda _, w, X, y: 2 * mse_gradient(w, X, y)),
            core=True,
            reread="1.3, (1.5)",
        ),
        Mistake(
            id="half-gradient",
            text=Text(
                "Your gradient is half as long as it should be: the $\\frac12$ is used up by the 2 of the square.",
                "你的梯度只有应有的一半：$\\frac12$ 已与平方求导产生的 2 相消。",
            ),
            answers=_wrong(lambda _, w, X, y: mse_gradient(w, X, y) / 2),
            core=True,
            reread="1.3, (1.5)",
        ),
        Mistake(
            id="divided-by-features",
            text=Text(
                "You divided by the number of features; the mean runs over the $n$ trips.",
                "你除以了特征的个数；平均应对 $n$ 次行程进行。",
            ),
            answers=_wrong(lambda _, w, X, y: len(y) / 2 * mse_gradient(w, X, y)),
            reread="1.3, (1.5)",
        ),
        Mistake(
            id="no-bias",
            text=Text(
                "Your outputs lack the bias: $w_0$ times the constant feature 1 belongs to them.",
                "你的输出漏掉了偏置：其中还应有 $w_0$ 乘以常数特征 1。",
            ),
            answers=_wrong(lambda _, w, X, y: mse_gradient(w * [0.0, 1.0, 1.0], X, y)),
            core=True,
            reread="1.1, (1.1)",
        ),
        Mistake(
            id="inputs-forgotten",
            text=Text(
                "All your components are the mean of $W^\\top x - y$. Component $j$ averages $(W^\\top x - y)\\, x_j$.",
                "你的每个分量都是 $W^\\top x - y$ 的平均值。第 $j$ 个分量应对 $(W^\\top x - y)\\, x_j$ 求平均。",
            ),
            answers=_wrong(lambda _, w, X, y: np.full(3, -residuals(w, X, y).mean())),
            reread="1.3, (1.5)",
        ),
        Mistake(
            id="product-of-means",
            text=Text(
                "You multiplied the mean of $W^\\top x - y$ by the mean of each feature. Multiply trip by trip, then "
                "average.",
                "你把 $W^\\top x - y$ 的平均值与各特征的平均值相乘了。应当对每次行程先相乘，再求平均。",
            ),
            answers=_wrong(lambda _, w, X, y: -residuals(w, X, y).mean() * X.mean(axis=0)),
            reread="1.3, (1.5)",
        ),
        Mistake(
            id="first-trip-only",
            text=Text(
                "You used the first trip only. The gradient of the whole cost averages over all trips.",
                "你只用了第一次行程。整个代价的梯度要对全部行程求平均。",
            ),
            answers=_wrong(lambda _, w, X, y: mse_gradient(w, X[:1], y[:1])),
            reread="1.3, (1.5)",
        ),
        Mistake(
            id="no-penalty",
            text=Text(
                "That is the gradient without the penalty; $\\lambda W$ is missing.",
                "这是不含正则化项的梯度，缺少 $\\lambda W$。",
            ),
            answers=_penalty(lambda _, w: 0 * w),
            core=True,
            reread="1.6",
        ),
        Mistake(
            id="misprinted-penalty",
            text=Text(
                "You added $2W$, as one line of the book misprints it. The gradient of "
                "$\\frac{\\lambda}{2} \\|W\\|_2^2$ is $\\lambda W$.",
                "你加上的是 $2W$，书中有一行是这样误印的。$\\frac{\\lambda}{2} \\|W\\|_2^2$ 的梯度是 $\\lambda W$。",
            ),
            answers=_penalty(lambda _, w: 2 * w),
            core=True,
            reread="1.6",
        ),
        Mistake(
            id="penalty-doubled",
            text=Text(
                "You added $2 \\lambda W$: the $\\frac12$ of the penalty cancels the 2.",
                "你加上的是 $2 \\lambda W$：正则化项中的 $\\frac12$ 与 2 相消。",
            ),
            answers=_penalty(lambda strength, w: 2 * strength * w),
            core=True,
            reread="1.6, (1.9)",
        ),
        Mistake(
            id="penalty-halved",
            text=Text(
                "You added $\\frac{\\lambda}{2} W$: differentiating the square gives a 2 that cancels the $\\frac12$.",
                "你加上的是 $\\frac{\\lambda}{2} W$：平方求导产生的 2 与 $\\frac12$ 相消。",
            ),
            answers=_penalty(lambda strength, w: strength / 2 * w),
            core=True,
            reread="1.6, (1.9)",
        ),
        Mistake(
            id="penalty-averaged",
            text=Text(
                "You divided the penalty by $n$, too. Only the squares are averaged in this cost.",
                "你把正则化项也除以了 $n$。这个代价中只有平方误差取平均。",
            ),
            answers=lambda p: {"ridge_gradient": _gradient(p) + p["ridge"] / len(p["y"]) * np.array(p["w"])},
            reread="1.6, (1.9)",
        ),
        Mistake(
            id="bias-not-penalised",
            text=Text(
                "You left the bias out of the penalty. In the book's cost $\\|W\\|_2^2$ contains $w_0$.",
                "你没有惩罚偏置。书中代价里的 $\\|W\\|_2^2$ 包含 $w_0$。",
            ),
            answers=_penalty(lambda strength, w: strength * w * [0.0, 1.0, 1.0]),
            core=True,
            reread="1.6, (1.9)",
        ),
        Mistake(
            id="penalty-subtracted",
            text=Text("You subtracted $\\lambda W$; it is added.", "你减去了 $\\lambda W$；应当加上它。"),
            answers=_penalty(lambda strength, w: -strength * w),
            reread="1.6, (1.9)",
        ),
    ),
)
