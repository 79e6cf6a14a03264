"""What the exercises on backpropagation (chapter 4) share: activations in words, and the ways to get σ' wrong."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from problems.text import Text
from solvers.activations import ACTIVATIONS
from solvers.network import ActivationName
from solvers.samples import Array

RECURSION = "4.4.2, (4.1)"
OUTPUT_LAYER = "4.4.1"

NOT_DIVIDED_BY_M = Text(
    "The loss is a mean over the $m$ outputs; you left out the factor $\\frac1m$.",
    "损失是对 $m$ 个输出取的平均；你漏掉了因子 $\\frac1m$。",
)
HALF_KEPT = Text(
    "You kept the $\\frac12$ of the loss: it cancels with the 2 that differentiating the square brings.",
    "你保留了损失中的 $\\frac12$；平方求导产生的 2 应与它相消。",
)


class Words(NamedTuple):
    """An activation in a sentence (in Chinese with the space that stands before Latin letters); σ' as LaTeX."""

    function: Text
    slope: str


WORDS: Mapping[ActivationName, Words] = {
    "sigmoid": Words(
        Text("the sigmoid $\\sigma(z) = 1/(1 + e^{-z})$", " sigmoid 函数 $\\sigma(z) = 1/(1 + e^{-z})$"),
        r"\sigma'(z) = \sigma(z)\,\bigl(1 - \sigma(z)\bigr)",
    ),
    "tanh": Words(
        Text("the hyperbolic tangent $\\sigma(z) = \\tanh z$", "双曲正切函数 $\\sigma(z) = \\tanh z$"),
        r"\sigma'(z) = 1 - \tanh^2 z",
    ),
    "relu": Words(
        Text("the ReLU $\\sigma(z) = \\max\\{0, z\\}$", " ReLU 函数 $\\sigma(z) = \\max\\{0, z\\}$"),
        r"\sigma'(z) = \begin{cases} 1 & z > 0 \\ 0 & z < 0 \end{cases}",
    ),
}


def activate(activation: ActivationName, z: Array) -> Array:
    """σ(z)."""
    return ACTIVATIONS[activation].function(z)


def slope(activation: ActivationName, z: Array) -> Array:
    """σ'(z)."""
    return ACTIVATIONS[activation].derivative(z)


def slope_by_output(activation: ActivationName, a: Array) -> Array:
    """σ'(z) from a = σ(z): a (1 − a) of the sigmoid, 1 − a² of tanh; all that an answer a tells of z.

    Raises:
        ValueError: for another activation.

    """
    if activation == "sigmoid":
        return a * (1 - a)
    if activation == "tanh":
        return 1 - a * a
    raise ValueError(f"The slope of {activation} is not given by its output.")


_OTHERS: Mapping[ActivationName, ActivationName] = {"sigmoid": "tanh", "tanh": "sigmoid", "relu": "sigmoid"}

WrongSlopes = Mapping[str, tuple[Callable[[ActivationName, Array], Array], Text]]

WRONG_SLOPES: WrongSlopes = {
    "no-slope": (
        lambda _, z: np.ones_like(z),
        Text(
            "The factor $\\sigma'(z)$ is missing: $\\delta$ is the derivative with respect to $z$, not to $a$.",
            "你漏掉了因子 $\\sigma'(z)$：$\\delta$ 是对 $z$ 的导数，而不是对 $a$ 的导数。",
        ),
    ),
    "activation-for-slope": (
        activate,
        Text(
            "You multiplied by $\\sigma(z)$ instead of its derivative $\\sigma'(z)$.",
            "你乘的是 $\\sigma(z)$，应当乘以它的导数 $\\sigma'(z)$。",
        ),
    ),
    "slope-at-activation": (
        lambda name, z: slope(name, activate(name, z)),
        Text(
            "You evaluated $\\sigma'$ at the activation $a$; it belongs to the pre-activation $z$.",
            "你在激活值 $a$ 处计算了 $\\sigma'$；应当在加权输入 $z$ 处计算。",
        ),
    ),
    "other-slope": (
        lambda name, z: slope(_OTHERS[name], z),
        Text(
            "You used the derivative of another activation function.",
            "你用的是另一个激活函数的导数。",
        ),
    ),
}
"""Wrong values of σ'(z), from the activation and z."""
