"""Chapter 3: the hyperbolic tangent as a stretched sigmoid, and its derivative."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Number, Vector
from problems.chapters.network_data import tenths
from problems.chapters.network_exhibits import tangent_figure
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.latex import latex_number
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.activations import sigmoid, sigmoid_derivative, tanh, tanh_derivative


class ScaledTanh(TypedDict):
    """The activation h(x) = scale · tanh(gain · x), and the `x` where it is looked at."""

    scale: float
    gain: float
    x: float


def draw(draws: Draws) -> ScaledTanh:
    return ScaledTanh(
        scale=draws.choice((1.2, 1.5, 1.8, 2.0, 2.5, 3.0)),
        gain=draws.choice((0.4, 0.5, 0.6, 0.8, 1.2, 1.5, 2.0)),
        x=tenths(draws, 2, 25),
    )


def ill_posed(p: ScaledTanh) -> str | None:
    return None if 0.25 <= abs(p["gain"] * p["x"]) <= 1.8 else "hardly bent, or hardly rising any more"


def _answers(coefficients: tuple[float, float, float], value: float, derivative: float) -> Answers:
    return {"coefficients": coefficients, "value": value, "derivative": derivative}


def solve(p: ScaledTanh) -> Answers:
    z = np.array(p["gain"] * p["x"])
    return _answers(
        (2 * p["scale"], 2 * p["gain"], -p["scale"]),
        p["scale"] * float(tanh(z)),
        p["scale"] * p["gain"] * float(tanh_derivative(z)),
    )


def _from_coefficients(p: ScaledTanh, coefficients: tuple[float, float, float]) -> Answers:
    """The value and the derivative of p σ(q x) + r."""
    factor, stretch, shift = coefficients
    z = np.array(stretch * p["x"])
    return _answers(coefficients, factor * float(sigmoid(z)) + shift, factor * stretch * float(sigmoid_derivative(z)))


def _from_value(p: ScaledTanh, value: float) -> float:
    """The derivative h' = scale · gain · (1 − (h/scale)²) from the value h."""
    return p["scale"] * p["gain"] * (1 - (value / p["scale"]) ** 2)


def follow(p: ScaledTanh, answers: Answers) -> Answers:
    value = {"value": _from_coefficients(p, answers["coefficients"])["value"]} if "coefficients" in answers else {}
    derivative = {"derivative": _from_value(p, answers["value"])} if "value" in answers else {}
    return {**value, **derivative}


def show_option(_: ScaledTanh, answers: Answers) -> str:
    numbers = [*answers["coefficients"], answers["value"], answers["derivative"]]
    p, q, r, value, derivative = (latex_number(float(number), 3) for number in numbers)
    return rf"p = {p},\; q = {q},\; r = {r},\; h(x) = {value},\; h'(x) = {derivative}"


def values(p: ScaledTanh) -> dict[str, str | Text]:
    key = solve(p)
    z = p["gain"] * p["x"]
    t = float(tanh(np.array(z)))
    factor = "" if p["scale"] == 1 else rf"{latex_number(p['scale'])} "
    slope = p["scale"] * p["gain"]
    return {
        "h": rf"{factor}\tanh({_times(p['gain'], 'x')})",
        "factor_dot": rf"{latex_number(p['scale'])} \cdot",
        "argument": _times(p["gain"], "x"),
        "p": latex_number(key["coefficients"][0]),
        "q": latex_number(key["coefficients"][1]),
        "r": latex_number(key["coefficients"][2]),
        "stretched": _times(key["coefficients"][1], "x"),
        "sigmoid_argument": latex_number(2 * z),
        "sigmoid": latex_number(float(sigmoid(np.array(2 * z))), 6),
        "t": latex_number(t, 6),
        "square": latex_number(t * t, 6),
        "z": latex_number(z),
        "value": latex_number(key["value"], 6),
        "slope": latex_number(slope),
        "derivative": latex_number(key["derivative"], 6),
    }


def exhibits(p: ScaledTanh) -> Exhibits:
    reach = np.linspace(-3, 3, 121)
    key = solve(p)
    values = p["scale"] * tanh(p["gain"] * reach)
    return Exhibits(figures=(tangent_figure(reach, values, (p["x"], key["value"]), key["derivative"], "h(x)"),))


def _times(number: float, letter: str) -> str:
    return letter if number == 1 else rf"{latex_number(number)} {letter}"


def _coefficient_slip(
    id_: str, text: Text, wrong: Callable[[float, float], tuple[float, float, float]], *, core: bool = False
) -> Mistake[ScaledTanh]:
    """`wrong` makes other coefficients of scale and gain; the rest follows from them."""
    return Mistake(
        id=id_,
        text=text,
        answers=lambda p: _from_coefficients(p, wrong(p["scale"], p["gain"])),
        core=core,
        reread="3.4.1",
    )


def _derivative_slip(
    id_: str, text: Text, wrong: Callable[[ScaledTanh, float], float], *, core: bool = False
) -> Mistake[ScaledTanh]:
    """`wrong` makes another derivative of the parameters and of tanh(gain · x)."""
    return Mistake(
        id=id_,
        text=text,
        answers=lambda p: {**solve(p), "derivative": wrong(p, float(tanh(np.array(p["gain"] * p["x"]))))},
        core=core,
        reread="3.2; 3.4.1",
    )


MISTAKES: tuple[Mistake[ScaledTanh], ...] = (
    _coefficient_slip(
        "not-stretched",
        Text(
            "You left the argument as it is. $\\tanh$ rises twice as fast as the sigmoid: "
            "$\\tanh z = 2\\sigma(2z) - 1$.",
            "你没有把自变量放大。$\\tanh$ 的上升速度是 Sigmoid 的两倍：$\\tanh z = 2\\sigma(2z) - 1$。",
        ),
        lambda scale, gain: (2 * scale, gain, -scale),
        core=True,
    ),
    _coefficient_slip(
        "height-not-doubled",
        Text(
            "The sigmoid has a range of length 1, $\\tanh$ one of length 2: the factor in front has to double it.",
            "Sigmoid 的值域长度为 1，而 $\\tanh$ 的为 2：前面的系数应把它放大一倍。",
        ),
        lambda scale, gain: (scale, 2 * gain, -scale),
        core=True,
    ),
    _coefficient_slip(
        "not-shifted",
        Text(
            "You did not shift the sigmoid down. $h$ is odd, so it must be 0 at $x = 0$.",
            "你没有把 Sigmoid 向下平移。$h$ 是奇函数，在 $x = 0$ 处必须为 0。",
        ),
        lambda scale, gain: (2 * scale, 2 * gain, 0.0),
        core=True,
    ),
    _coefficient_slip(
        "shift-not-scaled",
        Text(
            "The factor in front of $\\tanh$ multiplies the $-1$ of $2\\sigma(2z) - 1$ too.",
            "$\\tanh$ 前面的系数同样要乘 $2\\sigma(2z) - 1$ 中的 $-1$。",
        ),
        lambda scale, gain: (2 * scale, 2 * gain, -1.0),
    ),
    _coefficient_slip(
        "shift-sign",
        Text(
            "The sigmoid is shifted down, not up: mind the sign of $r$.",
            "Sigmoid 应向下平移，而不是向上：注意 $r$ 的符号。",
        ),
        lambda scale, gain: (2 * scale, 2 * gain, scale),
    ),
    _coefficient_slip(
        "argument-halved",
        Text(
            "You halved the argument instead of doubling it: $\\tanh z = 2\\sigma(2z) - 1$.",
            "自变量应当加倍，你却把它减半了：$\\tanh z = 2\\sigma(2z) - 1$。",
        ),
        lambda scale, gain: (2 * scale, gain / 2, -scale),
    ),
    _coefficient_slip(
        "factors-exchanged",
        Text(
            "You exchanged the factor in front of $\\tanh$ and the one in its argument.",
            "你把 $\\tanh$ 前面的系数与自变量的系数弄反了。",
        ),
        lambda scale, gain: (2 * gain, 2 * scale, -gain),
    ),
    _derivative_slip(
        "sigmoid-rule",
        Text(
            "$t(1 - t)$ is the rule for the sigmoid. With $t = \\tanh z$ the derivative is $1 - t^2$.",
            "$t(1 - t)$ 是 Sigmoid 的求导公式。令 $t = \\tanh z$，则导数为 $1 - t^2$。",
        ),
        lambda p, t: p["scale"] * p["gain"] * t * (1 - t),
        core=True,
    ),
    _derivative_slip(
        "not-squared",
        Text(
            "You computed $1 - t$; the derivative of $\\tanh$ is $1 - t^2$.",
            "你算的是 $1 - t$；$\\tanh$ 的导数是 $1 - t^2$。",
        ),
        lambda p, t: p["scale"] * p["gain"] * (1 - t),
    ),
    _derivative_slip(
        "argument-squared",
        Text(
            "You squared the argument. In $1 - t^2$ stands the value $t = \\tanh z$, not $z$.",
            "你把自变量平方了。$1 - t^2$ 中的 $t$ 是函数值 $\\tanh z$，而不是 $z$。",
        ),
        lambda p, _: p["scale"] * p["gain"] * (1 - (p["gain"] * p["x"]) ** 2),
        core=True,
    ),
    _derivative_slip(
        "inner-derivative-forgotten",
        Text(
            "You forgot the inner derivative: the factor of $x$ comes out in front.",
            "你漏掉了内层函数的导数：$x$ 的系数要乘到前面来。",
        ),
        lambda p, t: p["scale"] * (1 - t * t),
    ),
    _derivative_slip(
        "scale-forgotten",
        Text(
            "You forgot the factor in front of $\\tanh$ when differentiating.",
            "你求导时漏掉了 $\\tanh$ 前面的系数。",
        ),
        lambda p, t: p["gain"] * (1 - t * t),
    ),
    _derivative_slip(
        "scale-in-the-square",
        Text(
            "You computed $1 - h(x)^2$ with the scaled value. The rule $1 - t^2$ holds for $t = \\tanh z$, without the "
            "factor in front.",
            "你把带系数的函数值代入，算成了 $1 - h(x)^2$。公式 $1 - t^2$ 中的 $t = \\tanh z$ 不带前面的系数。",
        ),
        lambda p, t: p["scale"] * p["gain"] * (1 - (p["scale"] * t) ** 2),
    ),
    _derivative_slip(
        "sign",
        Text(
            "$h$ rises everywhere, so its derivative is positive.",
            "$h$ 处处递增，导数应为正。",
        ),
        lambda p, t: -p["scale"] * p["gain"] * (1 - t * t),
    ),
    _derivative_slip(
        "slope-at-zero",
        Text(
            "This is the slope at $x = 0$, the steepest of all.",
            "这是 $x = 0$ 处的斜率，也是最大的斜率。",
        ),
        lambda p, _: p["scale"] * p["gain"],
    ),
)

problem = Problem(
    id="c3.7",
    version=1,
    topic="tanh",
    folder=Path(__file__).parent,
    printed=ScaledTanh(scale=1.0, gain=1.0, x=0.8),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: (
        Field(name="coefficients", kind=Vector(3, Tolerance("absolute", 0.001)), label="(p, q, r) ="),
        Field(name="value", kind=Number(Tolerance("absolute", 0.001)), label="h(x) =", follows=("coefficients",)),
        Field(name="derivative", kind=Number(Tolerance("absolute", 0.001)), label="h'(x) =", follows=("value",)),
    ),
    follow=follow,
    values=values,
    exhibits=exhibits,
    mistakes=MISTAKES,
    printed_options={
        "A": {"coefficients": (2, 1, -1), "value": 0.380, "derivative": 0.428},
        "B": {"coefficients": (2, 2, -1), "value": 0.664, "derivative": 0.559},
        "C": {"coefficients": (2, 2, -1), "value": 0.664, "derivative": 0.223},
        "D": {"coefficients": (2, 2, 0), "value": 1.664, "derivative": 0.559},
    },
    show_option=show_option,
)
