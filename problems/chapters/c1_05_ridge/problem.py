"""Chapter 1: ridge regression by hand, in the book's scaling."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Vector
from problems.chapters.linear_data import column, matrix
from problems.chapters.regression_exhibits import ridge_exhibits
from problems.draws import Draws
from problems.latex import latex_number
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.linear_model import least_squares, ridge, with_bias
from solvers.samples import Array


class Penalised(TypedDict):
    """`X` (n, 1) and `y` (n,): the points; `ridge`: the strength λ of the penalty."""

    X: list[list[int]]
    y: list[int]
    ridge: float


def draw(draws: Draws) -> Penalised:
    n = draws.choice((4, 5))
    x = sorted(draws.sample(range(-2, 6), n))
    slope, level = draws.choice((-3, -2, -1, 1, 2, 3)), draws.integer(-6, 6)
    y = [slope * k + level + draws.integer(-2, 2) for k in x]
    # No strength for which nλ or 2λ is the 2 of the misprint.
    return Penalised(X=[[k] for k in x], y=y, ridge=draws.choice((0.1, 0.2, 0.25, 0.3, 0.6, 0.8, 1.5)))


def ill_posed(p: Penalised) -> str | None:
    w = np.abs(_ridge(p, p["ridge"]))
    return "a weight is too small to be told from 0" if w.min() < 0.05 else None


def arrays(p: Penalised) -> tuple[Array, Array]:
    """X with the constant feature 1 in front, (n, 2), and y (n,)."""
    return with_bias(p["X"]), np.array(p["y"], dtype=np.float64)


def _ridge(p: Penalised, penalty: float) -> Array:
    return ridge(*arrays(p), penalty)


def solve(p: Penalised) -> Answers:
    return {"w": _ridge(p, p["ridge"])}


def values(p: Penalised) -> dict[str, str | Text]:
    X, y = arrays(p)
    n = len(y)
    left, right = X.T @ X / n + p["ridge"] * np.eye(2), X.T @ y / n
    (a, b), (_, d) = np.round(left, 9).tolist()
    r, s = np.round(right, 9).tolist()
    points = "\n".join(
        [
            "| $x$ | " + " | ".join(f"${x}$" for (x,) in p["X"]) + " |",
            "|---:" * (n + 1) + "|",
            "| $y$ | " + " | ".join(f"${y}$" for y in p["y"]) + " |",
        ]
    )
    return {
        "points": points,
        "n": str(n),
        "mean_gram": matrix(X.T @ X / n),
        "left": matrix(np.round(left, 9)),
        "right": column(np.round(right, 9), None),
        "determinant": latex_number(round(a * d - b * b, 6)),
        "first_minor": latex_number(round(r * d - b * s, 6)),
        "second_minor": latex_number(round(a * s - b * r, 6)),
        "w": column(_ridge(p, p["ridge"])),
        "unpenalised": column(least_squares(X, y), 3),
    }


def _bias_free(p: Penalised) -> Answers:
    """Without a penalty on w₀: the ridge of the centred data, and the bias that puts the line through the means."""
    X, y = arrays(p)
    x = X[:, 1:]
    slope = ridge(x - x.mean(), y - y.mean(), p["ridge"])
    return {"w": np.append(y.mean() - slope * x.mean(), slope)}


def _no_bias(p: Penalised) -> Answers:
    X, y = arrays(p)
    return {"w": np.append(0.0, ridge(X[:, 1:], y, p["ridge"]))}


def _added(penalty: Array) -> Callable[[Penalised], Answers]:
    """With λ times another matrix than I added to XᵀX/n."""

    def answers(p: Penalised) -> Answers:
        X, y = arrays(p)
        n = len(y)
        return {"w": np.linalg.solve(X.T @ X / n + p["ridge"] * penalty, X.T @ y / n)}

    return answers


problem = Problem(
    id="c1.5",
    version=1,
    topic="ridge",
    folder=Path(__file__).parent,
    printed=Penalised(X=[[0], [1], [2], [4]], y=[1, 4, 5, 9], ridge=0.25),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: (Field(name="w", kind=Vector(2, Tolerance("absolute", 0.001)), label="W^* ="),),
    values=values,
    exhibits=lambda p: ridge_exhibits(*arrays(p), _ridge(p, p["ridge"]), least_squares(*arrays(p))),
    mistakes=(
        Mistake(
            id="no-penalty",
            text=Text("You fitted without the penalty.", "你的拟合没有加正则化项。"),
            answers=lambda p: {"w": least_squares(*arrays(p))},
            core=True,
            reread="1.6, (1.9)",
        ),
        Mistake(
            id="penalty-not-scaled",
            text=Text(
                "You solved $(X^\\top X + \\lambda I) W = X^\\top Y$. In this cost the squares are averaged, so "
                "$X^\\top X$ and $X^\\top Y$ are divided by $n$, and $\\lambda$ is not.",
                "你解的是 $(X^\\top X + \\lambda I) W = X^\\top Y$。本题的代价对平方求了平均，因此 $X^\\top X$ "
                "和 $X^\\top Y$ 要除以 $n$，而 $\\lambda$ 不除。",
            ),
            answers=lambda p: {"w": _ridge(p, p["ridge"] / len(p["y"]))},
            core=True,
            reread="1.6, (1.9)",
        ),
        Mistake(
            id="penalty-times-n",
            text=Text(
                "Your penalty is $n$ times too strong: add $\\lambda I$ to $\\frac1n X^\\top X$, not $n \\lambda I$.",
                "你的惩罚大了 $n$ 倍：$\\frac1n X^\\top X$ 上应加 $\\lambda I$，而不是 $n \\lambda I$。",
            ),
            answers=lambda p: {"w": _ridge(p, p["ridge"] * len(p["y"]))},
            core=True,
            reread="1.6, (1.9)",
        ),
        Mistake(
            id="bias-not-penalised",
            text=Text(
                "You left the bias out of the penalty, as most software does. In the book's cost $\\|W\\|^2$ contains "
                "$w_0$.",
                "你没有惩罚偏置（多数软件都这样做）。但书中代价里的 $\\|W\\|^2$ 包含 $w_0$。",
            ),
            answers=_bias_free,
            core=True,
            reread="1.6, (1.9)",
        ),
        Mistake(
            id="penalty-without-half",
            text=Text(
                "Your penalty is twice too strong: the $\\frac12$ before $\\|W\\|^2$ cancels the 2 of its gradient.",
                "你的惩罚大了一倍：$\\|W\\|^2$ 前面的 $\\frac12$ 与求导产生的 2 相消。",
            ),
            answers=lambda p: {"w": _ridge(p, 2 * p["ridge"])},
            reread="1.6, (1.9)",
        ),
        Mistake(
            id="half-of-the-penalty",
            text=Text(
                "Your penalty is half as strong as it should be: the gradient of $\\frac{\\lambda}{2} \\|W\\|^2$ is "
                "$\\lambda W$.",
                "你的惩罚只有应有的一半：$\\frac{\\lambda}{2} \\|W\\|^2$ 的梯度是 $\\lambda W$。",
            ),
            answers=lambda p: {"w": _ridge(p, p["ridge"] / 2)},
            reread="1.6, (1.9)",
        ),
        Mistake(
            id="gradient-of-the-misprint",
            text=Text(
                "You used the gradient $2W$ of the penalty, a misprint in the book. It is $\\lambda W$.",
                "你用了 $2W$ 作为正则化项的梯度，那是书中的印刷错误。正确的是 $\\lambda W$。",
            ),
            answers=lambda p: {"w": _ridge(p, 2.0)},
            reread="1.6",
        ),
        Mistake(
            id="penalty-subtracted",
            text=Text(
                "You subtracted $\\lambda I$; it is added to $\\frac1n X^\\top X$.",
                "你减去了 $\\lambda I$；应当把它加到 $\\frac1n X^\\top X$ 上。",
            ),
            answers=_added(-np.eye(2)),
            distractor=False,
            reread="1.6",
        ),
        Mistake(
            id="penalty-on-every-entry",
            text=Text(
                "You added $\\lambda$ to every entry of the matrix. $\\lambda I$ changes the diagonal only.",
                "你把 $\\lambda$ 加到了矩阵的每个元素上。$\\lambda I$ 只改变对角线。",
            ),
            answers=_added(np.ones((2, 2))),
            reread="1.6",
        ),
        Mistake(
            id="no-bias",
            text=Text(
                "You fitted a line through the origin. Put a column of ones in front of $X$ first.",
                "你拟合的直线通过原点。应先在 $X$ 的最前面加上一列 1。",
            ),
            answers=_no_bias,
            reread="1.1, (1.1)",
        ),
        Mistake(
            id="one-sided-mean",
            text=Text(
                "Your weights are $n$ times too large: you divided $X^\\top X$ by $n$, but not $X^\\top Y$.",
                "你的权重大了 $n$ 倍：$X^\\top X$ 除以了 $n$，$X^\\top Y$ 却没有。",
            ),
            answers=lambda p: {"w": len(p["y"]) * _ridge(p, p["ridge"])},
            reread="1.6",
        ),
        Mistake(
            id="slope-first",
            text=Text(
                "Your numbers are right, but the bias comes first: $(w_0, w_1)$.",
                "数值是对的，但偏置应写在最前面：$(w_0, w_1)$。",
            ),
            answers=lambda p: {"w": _ridge(p, p["ridge"])[::-1]},
            reread="1.1, (1.1)",
        ),
    ),
    printed_options={
        "A": {"w": (1.115, 1.918)},
        "B": {"w": (1.301, 1.924)},
        "C": {"w": (0.828, 1.768)},
        "D": {"w": (1.744, 1.718)},
    },
)
