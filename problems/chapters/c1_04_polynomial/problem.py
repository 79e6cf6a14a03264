"""Chapter 1: a parabola through a few points by least squares."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Vector
from problems.chapters.linear_data import column, matrix
from problems.chapters.regression_exhibits import parabola_exhibits
from problems.draws import Draws
from problems.latex import latex_matrix
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.linear_model import half_mse, least_squares, polynomial_features, predict
from solvers.samples import Array


class Points(TypedDict):
    """`x` and `y` (n,): the points; `degree`: that of the polynomial."""

    x: list[int]
    y: list[int]
    degree: int


def draw(draws: Draws) -> Points:
    """5 points with whole coordinates, near a parabola."""
    x = sorted(draws.sample(range(-3, 5), 5))
    bend, slope, level = draws.choice((-2, -1, 1, 2)), draws.integer(-3, 3), draws.integer(-5, 5)
    y = [bend * k * k + slope * k + level + draws.integer(-3, 3) for k in x]
    return Points(x=x, y=y, degree=2)


def ill_posed(p: Points) -> str | None:
    w, (X, y) = _weights(p), arrays(p)
    if np.abs(w).min() < 0.05:
        return "a weight is too small to be told from 0"
    return "the parabola fits exactly" if half_mse(w, X, y) < 0.01 else None


def arrays(p: Points) -> tuple[Array, Array]:
    """The features (1, x, …, x^degree), (n, degree + 1), and y (n,)."""
    return polynomial_features(p["x"], p["degree"]), np.array(p["y"], dtype=np.float64)


def _weights(p: Points) -> Array:
    return least_squares(*arrays(p))


def solve(p: Points) -> Answers:
    return {"w": _weights(p)}


def values(p: Points) -> dict[str, str | Text]:
    X, y = arrays(p)
    w = least_squares(X, y)
    rule = "|---:" * (len(y) + 1) + "|"
    points = "\n".join(
        [
            "| $x$ | " + " | ".join(f"${x}$" for x in p["x"]) + " |",
            rule,
            "| $y$ | " + " | ".join(f"${y}$" for y in p["y"]) + " |",
        ]
    )
    return {
        "points": points,
        "features": matrix(X),
        "gram": matrix(X.T @ X),
        "moments": column(X.T @ y, None),
        "w": column(w),
        "fitted": column(predict(w, X), 3),
        "targets": latex_matrix([[component] for component in p["y"]]),
    }


def _fit(
    features: Callable[[Array], Array], arrange: Callable[[Array], Array] = lambda w: w
) -> Callable[[Points], Answers]:
    """The fit with other features of x, its weights arranged as an answer."""

    def answers(p: Points) -> Answers:
        x, y = np.array(p["x"], dtype=np.float64), np.array(p["y"], dtype=np.float64)
        return {"w": arrange(least_squares(features(x), y))}

    return answers


def _parabola(x: Array) -> Array:
    return polynomial_features(x, 2)


problem = Problem(
    id="c1.4",
    version=1,
    topic="polynomial-regression",
    folder=Path(__file__).parent,
    printed=Points(x=[-2, -1, 0, 1, 3], y=[7, 2, -1, 1, 8], degree=2),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda p: (
        Field(name="w", kind=Vector(p["degree"] + 1, Tolerance("absolute", 0.001)), label=r"(w_0, w_1, w_2)^\top ="),
    ),
    values=values,
    exhibits=lambda p: parabola_exhibits(*arrays(p), _weights(p)),
    mistakes=(
        Mistake(
            id="highest-power-first",
            text=Text(
                "Your coefficients begin with the highest power, as some software has them. Here $w_0$ comes first.",
                "你的系数从最高次开始排列（有些软件就是这样输出的）。本题中 $w_0$ 写在最前面。",
            ),
            answers=lambda p: {"w": _weights(p)[::-1]},
            core=True,
            reread="1.5, (1.8)",
        ),
        Mistake(
            id="line-fitted",
            text=Text(
                "You fitted a line. The feature $x^2$ is missing.",
                "你拟合的是一条直线，缺少特征 $x^2$。",
            ),
            answers=_fit(lambda x: polynomial_features(x, 1), lambda w: np.append(w, 0.0)),
            core=True,
            reread="1.5, (1.8)",
        ),
        Mistake(
            id="no-constant",
            text=Text(
                "You left out the constant feature: $\\phi(x) = (1, x, x^2)^\\top$.",
                "你漏掉了常数特征：$\\phi(x) = (1, x, x^2)^\\top$。",
            ),
            answers=_fit(lambda x: _parabola(x)[:, 1:], lambda w: np.insert(w, 0, 0.0)),
            core=True,
            reread="1.5, (1.8)",
        ),
        Mistake(
            id="no-linear-term",
            text=Text(
                "You left out the linear feature: $\\phi(x) = (1, x, x^2)^\\top$.",
                "你漏掉了一次项特征：$\\phi(x) = (1, x, x^2)^\\top$。",
            ),
            answers=_fit(lambda x: _parabola(x)[:, [0, 2]], lambda w: np.insert(w, 1, 0.0)),
            core=True,
            reread="1.5, (1.8)",
        ),
        Mistake(
            id="negative-squares",
            text=Text(
                "You squared negative $x$ with the wrong sign: $(-2)^2 = 4$.",
                "你把负数 $x$ 的平方弄错了符号：$(-2)^2 = 4$。",
            ),
            answers=_fit(lambda x: np.column_stack([np.ones_like(x), x, x * np.abs(x)])),
            reread="1.5, (1.8)",
        ),
        Mistake(
            id="sizes-of-inputs",
            text=Text(
                "You dropped the minus signs of the inputs $x$.",
                "你丢掉了输入 $x$ 的负号。",
            ),
            answers=_fit(lambda x: _parabola(np.abs(x))),
            reread="1.5, (1.8)",
        ),
        Mistake(
            id="centred-inputs",
            text=Text(
                "You fitted a polynomial in $x - \\bar x$. Expand it in powers of $x$ itself.",
                "你拟合的是关于 $x - \\bar x$ 的多项式。还应展开成 $x$ 本身的幂。",
            ),
            answers=_fit(lambda x: _parabola(x - x.mean())),
            reread="1.5, (1.8)",
        ),
        Mistake(
            id="axes-exchanged",
            text=Text(
                "You fitted $x$ as a polynomial in $y$; it is $y$ that depends on $x$.",
                "你把 $x$ 拟合成了 $y$ 的多项式；应当是 $y$ 随 $x$ 变化。",
            ),
            answers=lambda p: {"w": least_squares(polynomial_features(p["y"], p["degree"]), p["x"])},
            reread="1.5, (1.8)",
        ),
        Mistake(
            id="first-three-points",
            text=Text(
                "Your parabola passes through the first three points and ignores the others.",
                "你的抛物线只通过前三个点，没有考虑其余的点。",
            ),
            answers=lambda p: {"w": least_squares(polynomial_features(p["x"][:3], 2), p["y"][:3])},
            reread="1.3, (1.6)",
        ),
        Mistake(
            id="half-of-the-square",
            text=Text(
                "Your $w_2$ stands before $\\frac12 x^2$; here it stands before $x^2$.",
                "你的 $w_2$ 是 $\\frac12 x^2$ 的系数；本题中它是 $x^2$ 的系数。",
            ),
            answers=lambda p: {"w": _weights(p) * [1.0, 1.0, 2.0]},
            reread="1.5, (1.8)",
        ),
        Mistake(
            id="one-sided-mean",
            text=Text(
                "Your weights are $n$ times too large: $X^\\top X$ was divided by $n$, but $X^\\top Y$ was not.",
                "你的权重大了 $n$ 倍：$X^\\top X$ 除以了 $n$，$X^\\top Y$ 却没有。",
            ),
            answers=lambda p: {"w": len(p["y"]) * _weights(p)},
            reread="1.3, (1.6)",
        ),
    ),
    printed_options={
        "A": {"w": (1.252, -0.975, -0.161)},
        "B": {"w": (3.324, 0.378, 0.0)},
        "C": {"w": (0.511, 0.0, 0.963)},
        "D": {"w": (-0.161, -0.975, 1.252)},
    },
)
