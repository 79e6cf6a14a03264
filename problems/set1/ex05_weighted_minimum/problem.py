"""Exercise 1.5: the point with the least weighted sum of squared distances to two given points."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Vector
from problems.charts import numbers, plain
from problems.draws import Draws
from problems.exhibits import Chart, Contours, Dots, Exhibits, Figure
from problems.latex import latex_matrix
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.linear_model import weighted_minimum
from solvers.samples import Array


class TwoPoints(TypedDict):
    """Points in the plane and their positive `weights`; the printed exercise has letters for coordinates."""

    x1: list[int] | list[str]
    x2: list[int] | list[str]
    weights: list[int]


def symbolic(p: TwoPoints) -> bool:
    return isinstance(p["x1"][0], str)


def points(p: TwoPoints) -> Array:
    """The points as rows, (2, 2).

    For letters they are the unit points (1, 0) and (0, 1): every answer is linear in the points, so that its
    components are then the coefficients of x₁ and x₂.
    """
    return np.eye(2) if symbolic(p) else np.array([p["x1"], p["x2"]], dtype=np.float64)


def draw(draws: Draws) -> TwoPoints:
    """Both coordinates of the points differ, so that neither component of the minimum is free of the weights."""
    coordinates = range(-6, 7)
    across, up = draws.sample(coordinates, 2), draws.sample(coordinates, 2)
    return TwoPoints(x1=[across[0], up[0]], x2=[across[1], up[1]], weights=draws.sample(range(1, 6), 2))


def solve(p: TwoPoints) -> Answers:
    return {"x": weighted_minimum(points(p), p["weights"])}


def values(p: TwoPoints) -> dict[str, str | Text]:
    c1, c2 = p["weights"]
    return {
        "objective": rf"{_factor(c1)}\|x - x_1\|_2^2 + {_factor(c2)}\|x - x_2\|_2^2",
        "gradient": rf"{2 * c1}\,(x - x_1) + {2 * c2}\,(x - x_2)",
        "mean": rf"\frac{{ {_factor(c1)}x_1 + {_factor(c2)}x_2 }}{{ {c1 + c2} }}",
        "result": _symbolic_result(p, solve(p)["x"]) if symbolic(p) else _numeric_result(solve(p)["x"]),
        "remark": _LETTERS if symbolic(p) else _DECIMALS,
    }


def exhibits(p: TwoPoints) -> Exhibits:
    """The plane with the points and the contours of f; the printed exercise has letters, which have no place there."""
    if symbolic(p):
        return Exhibits()
    given, best = points(p), np.asarray(solve(p)["x"])
    half = 0.75 * max(float(np.ptp(given, axis=0).max()), 1.0)
    middle = given.mean(axis=0)
    x, y = (np.linspace(m - half, m + half, 41) for m in middle)
    plane = np.stack(np.meshgrid(x, y), axis=-1)
    f = sum(c * np.square(plane - point).sum(axis=-1) for c, point in zip(p["weights"], given, strict=True))
    levels = f.min() + np.ptp(f) * (np.arange(1, 9) / 10) ** 2
    contours = Contours(numbers(x), numbers(y), tuple(numbers(row) for row in f), numbers(levels))
    ends = Dots(numbers(given[:, 0]), numbers(given[:, 1]), "ink", "", "dot", ("$x_1$", "$x_2$"))
    minimum = Dots((float(best[0]),), (float(best[1]),), "orange", "", "star", ("$x$",))
    at = f"({plain(best[0])}, {plain(best[1])})"
    figure = Figure(
        id="minimum",
        title=Text("The two points and the minimum", "两个点与最小值点"),
        description=Text(
            "The contours of $f$ are circles around the minimum (the star), which lies between the two points.",
            "$f$ 的等高线是以最小值点（星号）为圆心的圆，最小值点位于两点之间。",
        ),
        alt=Text(f"The minimum lies at {at}, between the two points.", f"最小值点 {at} 位于两点之间。"),
        drawing=Chart("$(x)_1$", "$(x)_2$", (contours, ends, minimum), square=True),
    )
    return Exhibits(figures=(figure,))


_LETTERS = Text("Here $a$, $b$, $c$ and $d$ are any real numbers.", "其中 $a$、$b$、$c$、$d$ 是任意实数。")
_DECIMALS = Text("Give three decimals, or exact fractions.", "结果保留三位小数，也可以用分数表示。")


def show_option(p: TwoPoints, answers: Answers) -> str | None:
    """Options of the printed exercise are written with its letters; numbers are rounded as elsewhere."""
    return _symbolic_result(p, answers["x"]) if symbolic(p) else None


def _symbolic_result(p: TwoPoints, coefficients: Sequence[float]) -> str:
    """The combination of x₁ and x₂ with these coefficients, component by component."""
    first, second = map(_exact, coefficients)
    return latex_matrix(
        [[f"{_times(first, str(a))} + {_times(second, str(c))}"] for a, c in zip(p["x1"], p["x2"], strict=True)]
    )


def _numeric_result(x: Array) -> str:
    components = [_exact(component) for component in x.tolist()]
    sign = "=" if all((1000 * component).denominator == 1 for component in components) else r"\approx"
    exact = latex_matrix([[_fraction(component)] for component in components])
    return f"{exact} {sign} {latex_matrix([[float(component)] for component in components], 3)}"


def _exact(value: float) -> Fraction:
    """The fraction that was meant: denominators are sums of two weights."""
    return Fraction(value).limit_denominator(100)


def _factor(weight: int) -> str:
    return "" if weight == 1 else rf"{weight}\,"


def _times(coefficient: Fraction, letter: str) -> str:
    numerator = "" if coefficient.numerator == 1 else coefficient.numerator
    return rf"\frac{{{numerator}{letter}}}{{{coefficient.denominator}}}"


def _fraction(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return rf"{'-' if value < 0 else ''}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _mistake(
    id_: str, answer: Callable[[Array, Array], Array], text: Text, *, core: bool = False
) -> Mistake[TwoPoints]:
    """`answer` maps the points (2, 2) and their weights (2,) to the point that the mistake yields."""
    return Mistake(
        id=id_,
        text=text,
        answers=lambda p: {"x": answer(points(p), np.array(p["weights"], dtype=np.float64))},
        core=core,
        reread="1.3",
    )


MISTAKES = (
    _mistake(
        "equal-weights",
        lambda X, _: X.mean(axis=0),
        Text(
            "You took the midpoint, as if both terms had equal weights. Keep each weight in the gradient of its term.",
            "你取了两点的中点，相当于两项的权重相同。求梯度时要保留每一项前面的权重。",
        ),
        core=True,
    ),
    _mistake(
        "reversed-weights",
        lambda X, c: weighted_minimum(X, c[::-1]),
        Text(
            "You exchanged the weights. The minimum lies nearer to the point with the larger weight.",
            "你把两个权重用反了。最小值点应当更靠近权重较大的那个点。",
        ),
        core=True,
    ),
    _mistake(
        "not-normalised",
        lambda X, c: c @ X,
        Text(
            "You added the weighted points but did not divide. Collecting $x$ in the gradient gives it the factor "
            "$c_1 + c_2$: divide by this sum of the weights.",
            "你把加权后的两点相加，却没有作除法。在梯度中合并 $x$ 的各项，其系数是权重之和 $c_1 + c_2$，应当除以它。",
        ),
        core=True,
    ),
    _mistake(
        "divided-by-two",
        lambda X, c: c @ X / 2,
        Text(
            "You divided by the number of points. Divide by the sum of the weights.",
            "你除以了点的个数，应当除以权重之和。",
        ),
    ),
    _mistake(
        "unweighted-numerator",
        lambda X, c: X.sum(axis=0) / c.sum(),
        Text(
            "You divided by the sum of the weights but added the points without them. Multiply each point by its "
            "weight first.",
            "你除以了权重之和，但相加时没有给各点乘上权重。应当先让每个点乘以自己的权重。",
        ),
    ),
    _mistake(
        "squared-weights",
        lambda X, c: weighted_minimum(X, np.square(c)),
        Text(
            "You squared the weights. Only the norm is squared; the weight in front of it is a constant factor.",
            "你把权重也平方了。只有范数取平方，它前面的权重是常数因子。",
        ),
    ),
    _mistake(
        "norms-not-squared",
        lambda X, c: X[int(np.argmax(c))],
        Text(
            "The point with the larger weight minimises the weighted sum of the distances. Here the distances are "
            "squared, so set the gradient of the sum of squares to zero.",
            "权重较大的点使加权距离之和最小。本题中距离取了平方，应当令这个平方和的梯度为零。",
        ),
    ),
    _mistake(
        "gradients-equated",
        lambda X, c: (c[0] * X[0] - c[1] * X[1]) / (c[0] - c[1]),
        Text(
            "You set the two gradients equal to each other. At the minimum their sum is zero.",
            "你令两项的梯度彼此相等。在最小值点处，应当是两项梯度之和为零。",
        ),
    ),
    _mistake(
        "wrong-sign",
        lambda X, c: -weighted_minimum(X, c),
        Text(
            "The sign is wrong. When the terms with $x_1$ and $x_2$ move to the other side, they become positive.",
            "符号错了。把含 $x_1$ 和 $x_2$ 的项移到等号另一边后，它们的符号为正。",
        ),
    ),
)

problem = Problem(
    id="1.5",
    version=1,
    topic="minimisation",
    folder=Path(__file__).parent,
    printed=TwoPoints(x1=["a", "b"], x2=["c", "d"], weights=[1, 2]),
    draw=draw,
    solve=solve,
    fields=lambda _: (Field(name="x", kind=Vector(2, Tolerance("absolute", 0.001)), label="x ="),),
    values=values,
    exhibits=exhibits,
    mistakes=MISTAKES,
    published={"answer": "C"},
    printed_options={
        "A": {"x": (1 / 3, 1 / 3)},
        "B": {"x": (1 / 2, 1 / 2)},
        "C": {"x": (1 / 3, 2 / 3)},
        "D": {"x": (2 / 3, 1 / 3)},
    },
    show_option=show_option,
    printed_forms=("choice",),
)
