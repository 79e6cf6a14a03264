"""What goes wrong in the gradient of a single layer, and in the step."""

from collections.abc import Callable

import numpy as np

from problems.chapters.c3_08_gradient_step.single_layer import SingleLayer, arrays, solve, step_from
from problems.problem import Answers, Mistake
from problems.text import Text
from solvers.activations import sigmoid, sigmoid_derivative
from solvers.network import single_layer_gradient
from solvers.samples import Array


def _from_deltas(p: SingleLayer, deltas: Array) -> Answers:
    """The gradients from ∂Cᵢ/∂z of each sample, (n,)."""
    X, n = np.array(p["X"]), len(p["y"])
    return step_from(p, X.T @ deltas / n, float(deltas.sum()) / n)


def _slip(
    id_: str,
    text: Text,
    wrong: Callable[[SingleLayer], Answers],
    *,
    core: bool = False,
    reread: str = "3.2, (3.2); 3.3.1, (3.4), (3.5)",
) -> Mistake[SingleLayer]:
    return Mistake(id=id_, text=text, answers=wrong, core=core, reread=reread)


def _scaled(factor: Callable[[SingleLayer], float]) -> Callable[[SingleLayer], Answers]:
    """Gradients that are too large or too small by a factor."""
    return lambda p: step_from(p, factor(p) * solve(p)["dw"], factor(p) * solve(p)["db"])


def _moved(change: Callable[[SingleLayer, Answers], Answers]) -> Callable[[SingleLayer], Answers]:
    """Right gradients, but a wrong step."""
    return lambda p: {**solve(p), **change(p, solve(p))}


def _without_derivative(p: SingleLayer) -> Answers:
    X, y, w, b = arrays(p)
    return _from_deltas(p, sigmoid(X @ w + b) - y)


def _without_bias(p: SingleLayer) -> Answers:
    X, y, w, _ = arrays(p)
    dw, db = single_layer_gradient(w, 0.0, X, y)
    return step_from(p, dw, float(db))


def _linear(p: SingleLayer) -> Answers:
    X, y, w, b = arrays(p)
    z = X @ w + b
    return _from_deltas(p, z - y)


def _slope_at_output(p: SingleLayer) -> Answers:
    X, y, w, b = arrays(p)
    a = sigmoid(X @ w + b)
    return _from_deltas(p, (a - y) * sigmoid_derivative(a))


def _residuals_forgotten(p: SingleLayer) -> Answers:
    X, _, w, b = arrays(p)
    return _from_deltas(p, sigmoid_derivative(X @ w + b))


def _single_sample(p: SingleLayer, i: int) -> Answers:
    X, y, w, b = arrays(p)
    dw, db = single_layer_gradient(w, b, X[i : i + 1], y[i : i + 1])
    return step_from(p, dw, float(db))


def _columns_reversed(p: SingleLayer) -> Answers:
    """The weights in the reverse order, in z and so in everything else."""
    X, y, w, b = arrays(p)
    dw, db = single_layer_gradient(w[::-1], b, X, y)
    return step_from(p, dw, float(db))


MISTAKES: tuple[Mistake[SingleLayer], ...] = (
    _slip(
        "no-sigmoid-derivative",
        Text(
            "You forgot the factor $\\sigma'(z^{(i)})$ of every sample: the chain rule passes through the sigmoid.",
            "你漏掉了每个样本的因子 $\\sigma'(z^{(i)})$：链式法则必须经过 Sigmoid 函数。",
        ),
        _without_derivative,
        core=True,
    ),
    _slip(
        "sum-instead-of-mean",
        Text(
            "You added the gradients of the samples without dividing by $n$.",
            "你把各样本的梯度相加了，却没有除以 $n$。",
        ),
        _scaled(lambda p: len(p["y"])),
        core=True,
    ),
    _slip(
        "factor-two",
        Text(
            "Your gradients are twice too large: the $\\frac{1}{2}$ of the cost cancels the 2 of the square.",
            "你的梯度大了一倍：代价中的 $\\frac{1}{2}$ 与平方求导产生的 2 抵消。",
        ),
        _scaled(lambda _: 2.0),
        core=True,
    ),
    _slip(
        "half-gradient",
        Text(
            "You divided by $2n$. The derivative of the square cancels the 2, and $n$ is left.",
            "你除以了 $2n$。平方求导产生的 2 与其中的 2 抵消，只剩下 $n$。",
        ),
        _scaled(lambda _: 0.5),
        core=True,
    ),
    _slip(
        "mean-over-features",
        Text(
            "You divided by the number of features. The mean is over the $n$ samples.",
            "你除以了特征的个数。应当对 $n$ 个样本求平均。",
        ),
        _scaled(lambda p: len(p["y"]) / len(p["w0"])),
    ),
    _slip(
        "residual-sign",
        Text(
            "The signs of your gradients are reversed: the derivative of $\\frac12 (a - y)^2$ is $a - y$.",
            "你的梯度符号反了：$\\frac12 (a - y)^2$ 的导数是 $a - y$。",
        ),
        # A step against these is the ascent below: the moved weights can't tell the two apart.
        lambda p: {name: -solve(p)[name] for name in ("dw", "db")},
        core=True,
    ),
    _slip(
        "bias-forgotten",
        Text("You left out the bias in $z = w^\\top x + b$.", "你在 $z = w^\\top x + b$ 中漏掉了偏置。"),
        _without_bias,
        core=True,
    ),
    _slip(
        "linear-network",
        Text(
            "You left out the sigmoid altogether, as in linear regression.",
            "你完全没有使用 Sigmoid 函数，按线性回归来算了。",
        ),
        _linear,
    ),
    _slip(
        "slope-at-output",
        Text(
            "You evaluated $\\sigma'$ at $a$. It belongs to $z$: $\\sigma'(z) = a(1 - a)$.",
            "你把 $a$ 代入了 $\\sigma'$。应代入的是 $z$：$\\sigma'(z) = a(1 - a)$。",
        ),
        _slope_at_output,
    ),
    _slip(
        "residuals-forgotten",
        Text(
            "You differentiated the outputs, not the cost: the factors $a^{(i)} - y^{(i)}$ are missing.",
            "你是在对输出求导，而不是对代价求导：缺少因子 $a^{(i)} - y^{(i)}$。",
        ),
        _residuals_forgotten,
    ),
    _slip(
        "first-sample-only",
        Text(
            "You used the first sample alone, as SGD does. This step averages over all samples.",
            "你只用了第一个样本，那是随机梯度下降的做法。这里的一步要对所有样本求平均。",
        ),
        lambda p: _single_sample(p, 0),
    ),
    _slip(
        "last-sample-only",
        Text(
            "You used the last sample alone. This step averages over all samples.",
            "你只用了最后一个样本。这里的一步要对所有样本求平均。",
        ),
        lambda p: _single_sample(p, len(p["y"]) - 1),
    ),
    _slip(
        "weights-reversed",
        Text(
            "You multiplied the features by the weights in the reverse order.",
            "你把特征与权重的对应顺序弄反了。",
        ),
        _columns_reversed,
    ),
    _slip(
        "ascent",
        Text(
            "You went along the gradient, uphill. A step of gradient descent subtracts it.",
            "你沿着梯度方向走了，那是上升。梯度下降的一步要减去梯度。",
        ),
        _moved(
            lambda p, key: {
                "w": np.array(p["w0"]) + p["step_size"] * key["dw"],
                "b": p["b0"] + p["step_size"] * key["db"],
            }
        ),
        core=True,
        reread="3.2, (3.3)",
    ),
    _slip(
        "step-size-forgotten",
        Text(
            "You subtracted the whole gradient. It is multiplied by the step size first.",
            "你减去了整个梯度。应先乘以步长。",
        ),
        _moved(lambda p, key: {"w": np.array(p["w0"]) - key["dw"], "b": p["b0"] - key["db"]}),
        core=True,
        reread="3.2, (3.3)",
    ),
    _slip(
        "bias-not-moved",
        Text(
            "You left the bias where it was. It is trained like the weights.",
            "你没有更新偏置。偏置与权重一样需要训练。",
        ),
        _moved(lambda p, _: {"b": p["b0"]}),
        core=True,
        reread="3.2, (3.3)",
    ),
    _slip(
        "step-alone",
        Text(
            "You gave the step $-\\eta\\,\\nabla C$ itself. Add it to where you started.",
            "你给出的只是这一步的位移 $-\\eta\\,\\nabla C$，还要加到起点上。",
        ),
        _moved(lambda p, key: {"w": -p["step_size"] * key["dw"], "b": -p["step_size"] * key["db"]}),
        reread="3.2, (3.3)",
    ),
)
