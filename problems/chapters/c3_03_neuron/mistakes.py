"""What goes wrong on the way through a neuron and back."""

from collections.abc import Callable

from problems.chapters.c3_03_neuron.neuron import (
    Neuron,
    follow,
    from_delta,
    gradients_of,
    pre_activation,
    sigmoid_of,
    slope_of,
    solve,
)
from problems.problem import Answers, Mistake
from problems.text import Text


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
        answers=lambda p: {**solve(p), **wrong(p, sigmoid_of(pre_activation(p)))},
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
        lambda p: {"z": pre_activation(p), "a": pre_activation(p)},
        core=True,
    ),
    _forward(
        "exponent-sign",
        Text(
            "You computed $1/(1 + e^{z})$. The exponent in the sigmoid is $-z$.",
            "你算的是 $1/(1 + e^{z})$。Sigmoid 函数中的指数是 $-z$。",
        ),
        lambda p: {"z": pre_activation(p), "a": sigmoid_of(-pre_activation(p))},
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
        lambda p, a: from_delta(p, a - p["y"]),
        core=True,
    ),
    _backward(
        "residual-sign",
        Text(
            "Your signs are reversed. With $C = \\frac12 (a - y)^2$ the derivative is "
            "$\\partial C/\\partial a = a - y$.",
            "你的符号反了。由 $C = \\frac12 (a - y)^2$ 得 $\\partial C/\\partial a = a - y$。",
        ),
        lambda p, a: from_delta(p, (p["y"] - a) * a * (1 - a)),
        core=True,
    ),
    _backward(
        "factor-two",
        Text(
            "Your gradients are twice too large: the $\\frac12$ in the loss cancels the 2 of the square.",
            "你的梯度大了一倍：损失中的 $\\frac12$ 与平方求导产生的 2 抵消。",
        ),
        lambda p, a: from_delta(p, 2 * (a - p["y"]) * a * (1 - a)),
        core=True,
    ),
    _backward(
        "half-kept",
        Text(
            "Your gradients are half as large as they should be: the derivative of $\\frac12 u^2$ is $u$.",
            "你的梯度只有应有的一半：$\\frac12 u^2$ 的导数是 $u$。",
        ),
        lambda p, a: from_delta(p, (a - p["y"]) * a * (1 - a) / 2),
    ),
    _backward(
        "input-in-both",
        Text(
            "You multiplied the derivative for the bias by $x$ as well. Since $\\partial z/\\partial b = 1$, no $x$ "
            "stands there.",
            "你对偏置求导时也乘了 $x$。因为 $\\partial z/\\partial b = 1$，那里没有 $x$。",
        ),
        lambda p, _: {"db": gradients_of(p)[0]},
        core=True,
    ),
    _backward(
        "input-forgotten",
        Text(
            "You forgot the factor $x$: $\\partial z/\\partial w = x$.",
            "你漏掉了因子 $x$：$\\partial z/\\partial w = x$。",
        ),
        lambda p, _: {"dw": gradients_of(p)[1]},
        core=True,
    ),
    _backward(
        "weight-for-input",
        Text(
            "You multiplied by $w$. Differentiating $z = wx + b$ with respect to $w$ leaves $x$.",
            "你乘的是 $w$。$z = wx + b$ 对 $w$ 求导，剩下的是 $x$。",
        ),
        lambda p, _: {"dw": gradients_of(p)[1] * p["w"]},
    ),
    _backward(
        "slope-at-output",
        Text(
            "You evaluated $\\sigma'$ at $a$. It belongs to $z$: $\\sigma'(z) = a(1 - a)$.",
            "你把 $a$ 代入了 $\\sigma'$。应代入的是 $z$：$\\sigma'(z) = a(1 - a)$。",
        ),
        lambda p, a: from_delta(p, (a - p["y"]) * slope_of(a)),
    ),
    _backward(
        "residual-forgotten",
        Text(
            "You differentiated the output $a$, not the loss: the factor $a - y$ is missing.",
            "你是在对输出 $a$ 求导，而不是对损失求导：缺少因子 $a - y$。",
        ),
        lambda p, a: from_delta(p, a * (1 - a)),
    ),
    _backward(
        "linear-residual",
        Text(
            "You compared $z$ with the target. What is compared is the output $a = \\sigma(z)$.",
            "你用 $z$ 与目标值作比较。应当比较的是输出 $a = \\sigma(z)$。",
        ),
        lambda p, a: from_delta(p, (pre_activation(p) - p["y"]) * a * (1 - a)),
    ),
)
