"""Chapter 3: one neuron forward, and the gradients of its loss, equations (3.4) and (3.5)."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Number
from problems.chapters.network_data import signed, tenths
from problems.draws import Draws
from problems.latex import latex_number
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.activations import sigmoid, sigmoid_derivative
from solvers.network import neuron_gradient


class Neuron(TypedDict):
    """Weight and bias of a sigmoid neuron, its input `x` and the target `y`."""

    w: float
    b: float
    x: float
    y: float


def draw(draws: Draws) -> Neuron:
    return Neuron(
        w=tenths(draws, 2, 20),
        b=tenths(draws, 1, 15),
        x=draws.choice((-1, 1)) * draws.choice((3, 5, 6, 7, 8)) / 2,  # not 2: a factor x would look like a factor 2
        y=draws.integer(0, 10) / 10,
    )


def ill_posed(p: Neuron) -> str | None:
    if not 0.3 < abs(_z(p)) < 2.5:
        return "the neuron is saturated, or hardly excited at all"
    if min(abs(gradient) for gradient in _gradients(p)) < 0.03:
        return "the gradient is too small for three decimals"
    return None


def _z(p: Neuron) -> float:
    return p["w"] * p["x"] + p["b"]


def _gradients(p: Neuron) -> tuple[float, float]:
    dw, db = neuron_gradient(p["w"], p["b"], p["x"], p["y"])
    return float(dw), float(db)


def solve(p: Neuron) -> Answers:
    dw, db = _gradients(p)
    return {"z": _z(p), "a": _sigmoid(_z(p)), "dw": dw, "db": db}


def follow(p: Neuron, answers: Answers) -> Answers:
    """The output a from z, and the gradients from a."""
    if "a" not in answers:
        return {"a": _sigmoid(answers["z"])}
    a = answers["a"]
    gradients = _from_delta(p, (a - p["y"]) * a * (1 - a))
    return {"a": _sigmoid(answers["z"]), **gradients} if "z" in answers else gradients


def _from_delta(p: Neuron, delta: float) -> Answers:
    """The gradients from δ = ∂C/∂z."""
    return {"dw": delta * p["x"], "db": delta}


def _sigmoid(z: float) -> float:
    return float(sigmoid(np.array(z)))


def _slope(z: float) -> float:
    return float(sigmoid_derivative(np.array(z)))


def show_option(_: Neuron, answers: Answers) -> str:
    dw, db = (latex_number(float(answers[name]), 3) for name in ("dw", "db"))
    return rf"\frac{{\partial C}}{{\partial w}} = {dw},\; \frac{{\partial C}}{{\partial b}} = {db}"


def values(p: Neuron) -> dict[str, str | Text]:
    key = solve(p)
    slope = _slope(key["z"])
    numbers = {"a": key["a"], "slope": slope, "residual": key["a"] - p["y"], "dw": key["dw"], "db": key["db"]}
    return {
        **{name: latex_number(number, 6) for name, number in numbers.items()},
        "complement": latex_number(1 - key["a"], 6),
        "z": latex_number(key["z"]),
        "minus_z": latex_number(-key["z"]),
        "residual_signed": signed(numbers["residual"], 6),
        "db_signed": signed(key["db"], 6),
        "w_signed": signed(p["w"]),
        "x_signed": signed(p["x"]),
        "b_added": f"{'-' if p['b'] < 0 else '+'} {latex_number(abs(p['b']))}",
    }


def _forward(
    id_: str, text: Text, wrong: Callable[[Neuron], Answers], *, core: bool = False, reread: str = "3.2, (3.2)"
) -> Mistake[Neuron]:
    """A slip on the way to a, and the gradients that correct work makes of it."""
    return Mistake(
        id=id_,
        text=text,
        answers=lambda p: _completed(p, wrong(p)),
        core=core,
        distractor=False,  # the options show the gradients only
        reread=reread,
    )


def _completed(p: Neuron, wrong: Answers) -> Answers:
    with_a = {**follow(p, wrong), **wrong}
    return {**follow(p, with_a), **with_a}


def _backward(
    id_: str,
    text: Text,
    wrong: Callable[[Neuron, float], Answers],
    *,
    core: bool = False,
    reread: str = "3.3.1, (3.4), (3.5)",
) -> Mistake[Neuron]:
    """A slip in the gradients, computed from the right a."""
    return Mistake(
        id=id_,
        text=text,
        answers=lambda p: {**solve(p), **wrong(p, _sigmoid(_z(p)))},
        core=core,
        reread=reread,
    )


FORWARD = (
    _forward(
        "bias-forgotten",
        Text("You left out the bias: $z = wx + b$.", "你漏掉了偏置：$z = wx + b$。"),
        lambda p: {"z": p["w"] * p["x"]},
        core=True,
    ),
    _forward(
        "bias-subtracted",
        Text("You subtracted the bias; it is added: $z = wx + b$.", "偏置应当加上，你却减去了它：$z = wx + b$。"),
        lambda p: {"z": p["w"] * p["x"] - p["b"]},
        core=True,
    ),
    _forward(
        "bias-before-weight",
        Text(
            "You added the bias before multiplying, $w(x + b)$. The bias is added to the product $wx$.",
            "你先加偏置再相乘，算成了 $w(x + b)$。偏置应加在乘积 $wx$ 上。",
        ),
        lambda p: {"z": p["w"] * (p["x"] + p["b"])},
    ),
    _forward(
        "no-activation",
        Text(
            "You took $z$ itself for the output. A neuron passes it through the sigmoid: $a = \\sigma(z)$.",
            "你把 $z$ 直接当成了输出。神经元还要经过 Sigmoid 函数：$a = \\sigma(z)$。",
        ),
        lambda p: {"z": _z(p), "a": _z(p)},
        core=True,
    ),
    _forward(
        "exponent-sign",
        Text(
            "You computed $1/(1 + e^{z})$. The exponent in the sigmoid is $-z$.",
            "你算的是 $1/(1 + e^{z})$。Sigmoid 函数中的指数是 $-z$。",
        ),
        lambda p: {"z": _z(p), "a": _sigmoid(-_z(p))},
        reread="3.2, (3.1)",
    ),
)

BACKWARD = (
    _backward(
        "no-sigmoid-derivative",
        Text(
            "You forgot the factor $\\sigma'(z) = a(1 - a)$: between $a$ and $z$ stands the sigmoid, and the chain "
            "rule passes through it.",
            "你漏掉了因子 $\\sigma'(z) = a(1 - a)$：$a$ 与 $z$ 之间隔着 Sigmoid 函数，链式法则必须经过它。",
        ),
        lambda p, a: _from_delta(p, a - p["y"]),
        core=True,
    ),
    _backward(
        "residual-sign",
        Text(
            "Your signs are reversed. With $C = \\frac12 (a - y)^2$ the derivative is "
            "$\\partial C/\\partial a = a - y$.",
            "你的符号反了。由 $C = \\frac12 (a - y)^2$ 得 $\\partial C/\\partial a = a - y$。",
        ),
        lambda p, a: _from_delta(p, (p["y"] - a) * a * (1 - a)),
        core=True,
    ),
    _backward(
        "factor-two",
        Text(
            "Your gradients are twice too large: the $\\frac12$ in the loss cancels the 2 of the square.",
            "你的梯度大了一倍：损失中的 $\\frac12$ 与平方求导产生的 2 抵消。",
        ),
        lambda p, a: _from_delta(p, 2 * (a - p["y"]) * a * (1 - a)),
        core=True,
    ),
    _backward(
        "half-kept",
        Text(
            "Your gradients are half as large as they should be: the derivative of $\\frac12 u^2$ is $u$.",
            "你的梯度只有应有的一半：$\\frac12 u^2$ 的导数是 $u$。",
        ),
        lambda p, a: _from_delta(p, (a - p["y"]) * a * (1 - a) / 2),
    ),
    _backward(
        "input-in-both",
        Text(
            "You multiplied the derivative for the bias by $x$ as well. Since $\\partial z/\\partial b = 1$, no $x$ "
            "stands there.",
            "你对偏置求导时也乘了 $x$。因为 $\\partial z/\\partial b = 1$，那里没有 $x$。",
        ),
        lambda p, _: {"db": _gradients(p)[0]},
        core=True,
    ),
    _backward(
        "input-forgotten",
        Text(
            "You forgot the factor $x$: $\\partial z/\\partial w = x$.",
            "你漏掉了因子 $x$：$\\partial z/\\partial w = x$。",
        ),
        lambda p, _: {"dw": _gradients(p)[1]},
        core=True,
    ),
    _backward(
        "weight-for-input",
        Text(
            "You multiplied by $w$. Differentiating $z = wx + b$ with respect to $w$ leaves $x$.",
            "你乘的是 $w$。$z = wx + b$ 对 $w$ 求导，剩下的是 $x$。",
        ),
        lambda p, _: {"dw": _gradients(p)[1] * p["w"]},
    ),
    _backward(
        "slope-at-output",
        Text(
            "You evaluated $\\sigma'$ at $a$. It belongs to $z$: $\\sigma'(z) = a(1 - a)$.",
            "你把 $a$ 代入了 $\\sigma'$。应代入的是 $z$：$\\sigma'(z) = a(1 - a)$。",
        ),
        lambda p, a: _from_delta(p, (a - p["y"]) * _slope(a)),
    ),
    _backward(
        "residual-forgotten",
        Text(
            "You differentiated the output $a$, not the loss: the factor $a - y$ is missing.",
            "你是在对输出 $a$ 求导，而不是对损失求导：缺少因子 $a - y$。",
        ),
        lambda p, a: _from_delta(p, a * (1 - a)),
    ),
    _backward(
        "linear-residual",
        Text(
            "You compared $z$ with the target. What is compared is the output $a = \\sigma(z)$.",
            "你用 $z$ 与目标值作比较。应当比较的是输出 $a = \\sigma(z)$。",
        ),
        lambda p, a: _from_delta(p, (_z(p) - p["y"]) * a * (1 - a)),
    ),
)

problem = Problem(
    id="c3.3",
    version=1,
    topic="single-neuron",
    folder=Path(__file__).parent,
    printed=Neuron(w=0.4, b=-0.7, x=3.0, y=0.0),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: (
        Field(name="z", kind=Number(Tolerance("absolute", 0.001)), label="z ="),
        Field(name="a", kind=Number(Tolerance("absolute", 0.001)), label=r"a = \sigma(z) =", follows=("z",)),
        Field(
            name="dw",
            kind=Number(Tolerance("absolute", 0.001)),
            label=r"\frac{\partial C}{\partial w} =",
            follows=("a",),
        ),
        Field(
            name="db",
            kind=Number(Tolerance("absolute", 0.001)),
            label=r"\frac{\partial C}{\partial b} =",
            follows=("a",),
        ),
    ),
    follow=follow,
    values=values,
    mistakes=(*FORWARD, *BACKWARD),
    printed_options={
        "A": {"z": 0.5, "a": 0.622, "dw": 1.867, "db": 0.622},
        "B": {"z": 0.5, "a": 0.622, "dw": 0.439, "db": 0.439},
        "C": {"z": 0.5, "a": 0.622, "dw": -0.439, "db": -0.146},
        "D": {"z": 0.5, "a": 0.622, "dw": 0.439, "db": 0.146},
    },
    show_option=show_option,
)
