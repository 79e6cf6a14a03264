"""Mistakes in the gradient of the squared hinge cost, and in the order of the samples.

Each is a wrong gradient, run through the method of the exercise; a table of them serves exercises 1.6 to 1.9.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from problems.problem import Mistake
from problems.set1.linear_classifier import Array, Descent
from problems.text import Text
from solvers.descent import DataGradient
from solvers.losses import hinge_gradient, logistic_gradient, scores, squared_hinge_gradient

P = TypeVar("P", bound=Descent)


def _mean(factors: Array, X: Array) -> Array:
    """(1/n) Σ factorᵢ xᵢ, the form of every gradient of a linear model."""
    mean: Array = np.matmul(X.mT, factors[..., None])[..., 0] / X.shape[-2]
    return mean


def _least_squares(w: Array, X: Array, y: Array) -> Array:
    return _mean(scores(w, X) - y, X)


def margin_reversed(w: Array, X: Array, y: Array) -> Array:
    s = scores(w, X)
    return _mean(np.where(y * s >= 1, s - y, 0.0), X)


def _threshold_zero(w: Array, X: Array, y: Array) -> Array:
    s = scores(w, X)
    return _mean(np.where(y * s <= 1e-12, s - y, 0.0), X)  # a score that is 0 on paper may be 1e-17 here


def _no_label_in_margin(w: Array, X: Array, y: Array) -> Array:
    s = scores(w, X)
    return _mean(np.where(s < 1, s - y, 0.0), X)


def _residual_to_one(w: Array, X: Array, y: Array) -> Array:
    s = scores(w, X)
    return _mean(np.where(y * s < 1, s - 1, 0.0), X)


def _outer_label_dropped(w: Array, X: Array, y: Array) -> Array:
    m = y * scores(w, X)
    return _mean(np.where(m < 1, m - 1, 0.0), X)


def _label_not_distributed(w: Array, X: Array, y: Array) -> Array:
    m = y * scores(w, X)
    return _mean(np.where(m < 1, m - y, 0.0), X)


def _ascent(w: Array, X: Array, y: Array) -> Array:
    return -squared_hinge_gradient(w, X, y)


def _mean_over_active(w: Array, X: Array, y: Array) -> Array:
    active = (y * scores(w, X) < 1).sum(axis=-1)[..., None]
    return np.asarray(squared_hinge_gradient(w, X, y) * X.shape[-2] / np.maximum(active, 1))


def scaled(factor: Callable[[Array], float]) -> DataGradient:
    """The right gradient times a factor that may depend on X (n, d)."""
    return lambda w, X, y: factor(X) * squared_hinge_gradient(w, X, y)


WrongGradients = Mapping[str, tuple[DataGradient, Text]]
"""Wrong gradients by the mistake's id, with what to tell the student."""

WRONG_GRADIENTS: WrongGradients = {
    "no-margin-condition": (
        _least_squares,
        Text(
            "You update with every sample. A sample whose margin $y\\,W^\\top x$ is at least 1 contributes nothing.",
            "你对每个样本都作了更新。间隔 $y\\,W^\\top x$ 不小于 1 的样本对梯度没有贡献。",
        ),
    ),
    "threshold-zero": (
        _threshold_zero,
        Text(
            "You update only with misclassified samples (margin at most 0). The squared hinge acts on every margin "
            "below 1.",
            "你只用了分类错误（间隔不大于 0）的样本来更新。平方铰链损失对所有小于 1 的间隔都起作用。",
        ),
    ),
    "no-label-in-margin": (
        _no_label_in_margin,
        Text(
            "The margin is $y\\,W^\\top x$; you tested $W^\\top x \\ge 1$ without the label.",
            "间隔是 $y\\,W^\\top x$；你判断的是 $W^\\top x \\ge 1$，漏掉了标签。",
        ),
    ),
    "residual-to-one": (
        _residual_to_one,
        Text(
            "The residual is $W^\\top x - y$; you subtracted 1 for the negative samples, too.",
            "残差是 $W^\\top x - y$；你对负样本也减去了 1。",
        ),
    ),
    "outer-label-dropped": (
        _outer_label_dropped,
        Text(
            "The gradient of one sample is $-(1 - y\\,W^\\top x)\\,y\\,x$; the factor $y$ before $x$ is missing.",
            "单个样本的梯度是 $-(1 - y\\,W^\\top x)\\,y\\,x$；你漏掉了 $x$ 前面的因子 $y$。",
        ),
    ),
    "label-not-distributed": (
        _label_not_distributed,
        Text(
            "Multiplying $-(1 - y\\,W^\\top x)$ by $y$ gives $W^\\top x - y$; you kept $y\\,W^\\top x - y$.",
            "$-(1 - y\\,W^\\top x)$ 乘以 $y$ 得到 $W^\\top x - y$；你写成了 $y\\,W^\\top x - y$。",
        ),
    ),
    "hinge": (
        hinge_gradient,
        Text(
            "That is the gradient $-y\\,x$ of the plain hinge loss. The squared hinge keeps the factor "
            "$1 - y\\,W^\\top x$.",
            "这是普通铰链损失的梯度 $-y\\,x$。平方铰链损失还带有因子 $1 - y\\,W^\\top x$。",
        ),
    ),
    "logistic": (
        logistic_gradient,
        Text(
            "That is the gradient of the logistic loss; here the loss is the squared hinge.",
            "这是对数几率损失的梯度；本题的损失是平方铰链损失。",
        ),
    ),
    "mean-over-active": (
        _mean_over_active,
        Text(
            "You divided by the number of samples below the margin; the mean runs over all samples.",
            "你除以了间隔不足 1 的样本个数；平均应对全部样本进行。",
        ),
    ),
}

ASCENT = (
    _ascent,
    Text(
        "Your steps go up the gradient: $W^{(t+1)} = W^{(t)} - \\eta\\,\\nabla C$ has a minus sign.",
        "你是沿梯度上升的：$W^{(t+1)} = W^{(t)} - \\eta\\,\\nabla C$ 中是减号。",
    ),
)
SUM = (
    scaled(lambda X: float(X.shape[-2])),
    Text(
        "You summed the gradients of the samples; the cost is their mean, so divide by $n$.",
        "你把各样本的梯度相加了；代价函数是平均值，还要除以 $n$。",
    ),
)
TWICE = (
    scaled(lambda _: 2.0),
    Text(
        "Your gradient is twice too long: the $\\frac12$ in the loss cancels the 2 of the square.",
        "你的梯度大了一倍：损失中的 $\\frac12$ 与平方求导产生的 2 相消。",
    ),
)
HALF = (
    scaled(lambda _: 0.5),
    Text(
        "Your gradient is half as long as it should be: the $\\frac12$ cancels when the square is differentiated, "
        "and must not be used again.",
        "你的梯度只有应有的一半：平方求导时 $\\frac12$ 已被消去，不能再乘一次。",
    ),
)
OVER_FEATURES = (
    scaled(lambda X: X.shape[-2] / X.shape[-1]),
    Text(
        "You divided by the number $d$ of features; the mean runs over the $n$ samples.",
        "你除以了特征个数 $d$；平均应对 $n$ 个样本进行。",
    ),
)

GRADIENT_OF_BOOK = "1.4, (1.7)"


def gradient_mistakes(
    run: Callable[[P, DataGradient], Array], wrong: WrongGradients, *, core: frozenset[str]
) -> tuple[Mistake[P], ...]:
    """A mistake for each wrong gradient: `run` with it, last iterate. ``ascent`` diverges and is no distractor."""

    def answers(gradient: DataGradient) -> Callable[[P], dict[str, Array]]:
        return lambda p: _last(lambda: run(p, gradient))

    return tuple(
        Mistake(
            id=name,
            text=text,
            answers=answers(gradient),
            core=name in core,
            distractor=name != "ascent",
            reread=GRADIENT_OF_BOOK,
        )
        for name, (gradient, text) in wrong.items()
    )


def run_mistakes(
    table: Mapping[str, tuple[Callable[[P], Array], Text]], *, core: frozenset[str], reread: str
) -> tuple[Mistake[P], ...]:
    """A mistake for each wrong run that returns its iterates (steps + 1, d)."""

    def answers(run: Callable[[P], Array]) -> Callable[[P], dict[str, Array]]:
        return lambda p: _last(lambda: run(p))

    return tuple(
        Mistake(id=name, text=text, answers=answers(run), core=name in core, reread=reread)
        for name, (run, text) in table.items()
    )


def _last(run: Callable[[], Array]) -> dict[str, Array]:
    with np.errstate(over="ignore", invalid="ignore"):  # a wrong run may diverge; then it is no answer
        return {"w": run()[-1]}
