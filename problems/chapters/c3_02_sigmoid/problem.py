"""Chapter 3: the sigmoid function and its derivative at a point."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Number
from problems.chapters.network_data import signed, tenths
from problems.chapters.network_exhibits import tangent_figure
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.latex import latex_number
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.activations import sigmoid, sigmoid_derivative, tanh, tanh_derivative


class Point(TypedDict):
    x: float


def draw(draws: Draws) -> Point:
    """Not so near 0 that σ hardly differs from ½, not so far away that its derivative is hardly there."""
    return Point(x=tenths(draws, 4, 30))


def solve(p: Point) -> Answers:
    x = np.array(p["x"])
    return {"a": sigmoid(x), "derivative": sigmoid_derivative(x)}


def follow(_: Point, answers: Answers) -> Answers:
    return {"derivative": answers["a"] * (1 - answers["a"])}


def show_option(_: Point, answers: Answers) -> str:
    a, derivative = (latex_number(float(answers[name]), 3) for name in ("a", "derivative"))
    return rf"\sigma(x) = {a},\; \sigma'(x) = {derivative}"


def values(p: Point) -> dict[str, str | Text]:
    a = float(sigmoid(np.array(p["x"])))
    return {
        "minus_x": latex_number(-p["x"]),
        "x_signed": signed(p["x"]),
        "power": f"{math.exp(-p['x']):.6f}",
        "a": f"{a:.6f}",
        "complement": f"{1 - a:.6f}",
        "derivative": f"{a * (1 - a):.6f}",
    }


def exhibits(p: Point) -> Exhibits:
    reach = np.linspace(-6, 6, 121)
    key = solve(p)
    figure = tangent_figure(reach, sigmoid(reach), (p["x"], key["a"]), key["derivative"], r"\sigma(x)")
    return Exhibits(figures=(figure,))


def _derivative(
    id_: str, text: Text, derivative: Callable[[float, float], float], *, core: bool = False
) -> Mistake[Point]:
    """A wrong derivative from a = σ(x) and x, after the right value."""

    def answers(p: Point) -> Answers:
        a = float(sigmoid(np.array(p["x"])))
        return {"a": a, "derivative": derivative(a, p["x"])}

    return Mistake(id=id_, text=text, answers=answers, core=core, reread="3.2, (3.1)")


def _function(id_: str, text: Text, function: Callable[[Point], tuple[float, float]]) -> Mistake[Point]:
    """Another function than σ, and the derivative that goes with it."""
    return Mistake(
        id=id_,
        text=text,
        answers=lambda p: dict(zip(("a", "derivative"), function(p), strict=True)),
        core=True,
        reread="3.2, (3.1)",
    )


def _with_base_ten(p: Point) -> tuple[float, float]:
    a = 1 / (1 + 10 ** -p["x"])
    return a, a * (1 - a)


def _tanh(p: Point) -> tuple[float, float]:
    x = np.array(p["x"])
    return float(tanh(x)), float(tanh_derivative(x))


def _mirrored(p: Point) -> tuple[float, float]:
    x = np.array(-p["x"])
    return float(sigmoid(x)), float(sigmoid_derivative(x))


problem = Problem(
    id="c3.2",
    version=1,
    topic="sigmoid",
    folder=Path(__file__).parent,
    printed=Point(x=2.0),
    draw=draw,
    solve=solve,
    fields=lambda _: (
        Field(name="a", kind=Number(Tolerance("absolute", 0.001)), label=r"a = \sigma(x) ="),
        Field(
            name="derivative",
            kind=Number(Tolerance("absolute", 0.001)),
            label=r"\sigma'(x) =",
            follows=("a",),
        ),
    ),
    follow=follow,
    values=values,
    exhibits=exhibits,
    mistakes=(
        _function(
            "exponent-sign",
            Text(
                "You computed $1/(1 + e^{x})$, which is $\\sigma(-x)$. The exponent in the sigmoid is $-x$.",
                "你算的是 $1/(1 + e^{x})$，也就是 $\\sigma(-x)$。Sigmoid 函数中的指数是 $-x$。",
            ),
            _mirrored,
        ),
        _function(
            "base-ten",
            Text(
                "You took a power of 10. The sigmoid has a power of $e \\approx 2.718$.",
                "你用了 10 的幂。Sigmoid 函数中是 $e \\approx 2.718$ 的幂。",
            ),
            _with_base_ten,
        ),
        _function(
            "tanh",
            Text(
                "These are the value and the derivative of $\\tanh$. The sigmoid lies between 0 and 1.",
                "你算的是 $\\tanh$ 的值和导数。Sigmoid 函数的值在 0 与 1 之间。",
            ),
            _tanh,
        ),
        _derivative(
            "derivative-sign",
            Text(
                "The sigmoid grows everywhere, so its derivative is positive. The inner derivative of $e^{-x}$ brings "
                "a second minus sign, which cancels the first.",
                "Sigmoid 函数处处递增，导数应为正。$e^{-x}$ 的内层导数还会带来一个负号，与前一个负号抵消。",
            ),
            lambda a, _: -a * (1 - a),
            core=True,
        ),
        _derivative(
            "inner-function-forgotten",
            Text(
                "You differentiated $1/u$ to $-1/u^2$ with $u = 1 + e^{-x}$, but did not multiply by $u' = -e^{-x}$.",
                "你对 $1/u$（其中 $u = 1 + e^{-x}$）求导得到 $-1/u^2$，却没有再乘以 $u' = -e^{-x}$。",
            ),
            lambda a, _: -a * a,
        ),
        _derivative(
            "argument-for-value",
            Text(
                "You computed $x(1 - x)$. In $\\sigma'(x) = \\sigma(x)(1 - \\sigma(x))$ stands the value "
                "$a = \\sigma(x)$, not $x$.",
                "你算的是 $x(1 - x)$。公式 $\\sigma'(x) = \\sigma(x)(1 - \\sigma(x))$ 中应代入函数值 "
                "$a = \\sigma(x)$，而不是 $x$。",
            ),
            lambda _, x: x * (1 - x),
        ),
        _derivative(
            "sigmoid-twice",
            Text(
                "You put $a$ into the sigmoid again, and so found $\\sigma'(a)$. The derivative at $x$ is simply "
                "$a(1 - a)$.",
                "你把 $a$ 又代入了一次 Sigmoid 函数，得到的是 $\\sigma'(a)$。在 $x$ 处的导数就是 $a(1 - a)$。",
            ),
            lambda a, _: float(sigmoid_derivative(np.array(a))),
            core=True,
        ),
        _derivative(
            "tanh-rule",
            Text(
                "$1 - a^2$ is the rule for $\\tanh$. For the sigmoid it is $a(1 - a)$.",
                "$1 - a^2$ 是 $\\tanh$ 的求导公式。Sigmoid 函数的是 $a(1 - a)$。",
            ),
            lambda a, _: 1 - a * a,
        ),
        _derivative(
            "complement-only",
            Text(
                "You gave $1 - a$, which is $e^{-x}/(1 + e^{-x})$. The denominator is squared in the derivative: "
                "multiply by $a$ once more.",
                "你给出的是 $1 - a$，即 $e^{-x}/(1 + e^{-x})$。导数的分母要平方，所以还要再乘以一个 $a$。",
            ),
            lambda a, _: 1 - a,
        ),
        _derivative(
            "value-repeated",
            Text(
                "You gave the value of the sigmoid once more. Only $e^x$ is its own derivative.",
                "你又给出了一次函数值。只有 $e^x$ 的导数等于它本身。",
            ),
            lambda a, _: a,
        ),
    ),
    printed_options={
        "A": {"a": 0.119, "derivative": 0.105},
        "B": {"a": 0.881, "derivative": 0.224},
        "C": {"a": 0.881, "derivative": 0.105},
        "D": {"a": 0.881, "derivative": -0.776},
    },
    show_option=show_option,
)
