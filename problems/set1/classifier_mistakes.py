"""Mistakes in the gradient of the squared hinge cost, and in the order of the samples.

Each is a wrong gradient, run through the method of the exercise; a table of them serves exercises 1.6 to 1.9.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np

from problems.problem import Answers, Mistake, OneOf
from problems.set1.linear_classifier import Array, Descent
from problems.text import Text
from solvers.descent import DataGradient
from solvers.losses import hinge_derivative, logistic_derivative, scores, squared_hinge_gradient

P = TypeVar("P", bound=Descent)


@dataclass(frozen=True, slots=True)
class Weighted:
    """The gradient (1/n) Σ factorᵢ xᵢ of a linear model, with `factors` (…, n) made from the scores and the labels."""

    factors: Callable[[Array, Array], Array]

    def __call__(self, w: Array, X: Array, y: Array) -> Array:
        return _mean(self.factors(scores(w, X), y), X)


def _mean(factors: Array, X: Array) -> Array:
    mean: Array = np.matmul(X.mT, factors[..., None])[..., 0] / X.shape[-2]
    return mean


def _residuals_below(s: Array, y: Array) -> Array:
    """The factors of the right gradient."""
    return np.where(y * s < 1, s - y, 0.0)


def _over_active(s: Array, y: Array) -> Array:
    active = (y * s < 1).sum(axis=-1)[..., None]
    return np.asarray(_residuals_below(s, y) * s.shape[-1] / np.maximum(active, 1))


margin_reversed = Weighted(lambda s, y: np.where(y * s >= 1, s - y, 0.0))


def scaled(factor: Callable[[Array], float]) -> DataGradient:
    """The right gradient times a factor that may depend on X (n, d)."""
    return lambda w, X, y: factor(X) * squared_hinge_gradient(w, X, y)


WrongGradient = tuple[DataGradient, Text]
WrongGradients = Mapping[str, WrongGradient]
"""Wrong gradients by the mistake's id, with what to tell the student."""

WRONG_GRADIENTS: WrongGradients = {
    "no-margin-condition": (
        Weighted(lambda s, y: s - y),
        Text(
            "You update with every sample. A sample whose margin $y\\,W^\\top x$ is at least 1 contributes nothing.",
            "你对每个样本都作了更新。间隔 $y\\,W^\\top x$ 不小于 1 的样本对梯度没有贡献。",
        ),
    ),
    "threshold-zero": (
        Weighted(lambda s, y: np.where(y * s <= 1e-12, s - y, 0.0)),  # 0 on paper may be 1e-17 here
        Text(
            "You update only with misclassified samples (margin at most 0). The squared hinge acts on every margin "
            "below 1.",
            "你只用了分类错误（间隔不大于 0）的样本来更新。平方铰链损失对所有小于 1 的间隔都起作用。",
        ),
    ),
    "no-label-in-margin": (
        Weighted(lambda s, y: np.where(s < 1, s - y, 0.0)),
        Text(
            "The margin is $y\\,W^\\top x$; you tested $W^\\top x \\ge 1$ without the label.",
            "间隔是 $y\\,W^\\top x$；你判断的是 $W^\\top x \\ge 1$，漏掉了标签。",
        ),
    ),
    "residual-to-one": (
        Weighted(lambda s, y: np.where(y * s < 1, s - 1, 0.0)),
        Text(
            "The residual is $W^\\top x - y$; you subtracted 1 for the negative samples, too.",
            "残差是 $W^\\top x - y$；你对负样本也减去了 1。",
        ),
    ),
    "outer-label-dropped": (
        Weighted(lambda s, y: np.where(y * s < 1, y * s - 1, 0.0)),
        Text(
            "The gradient of one sample is $-(1 - y\\,W^\\top x)\\,y\\,x$; the factor $y$ before $x$ is missing.",
            "单个样本的梯度是 $-(1 - y\\,W^\\top x)\\,y\\,x$；你漏掉了 $x$ 前面的因子 $y$。",
        ),
    ),
    "label-not-distributed": (
        Weighted(lambda s, y: np.where(y * s < 1, y * s - y, 0.0)),
        Text(
            "Multiplying $-(1 - y\\,W^\\top x)$ by $y$ gives $W^\\top x - y$; you kept $y\\,W^\\top x - y$.",
            "$-(1 - y\\,W^\\top x)$ 乘以 $y$ 得到 $W^\\top x - y$；你写成了 $y\\,W^\\top x - y$。",
        ),
    ),
    "hinge": (
        Weighted(lambda s, y: y * hinge_derivative(y * s)),
        Text(
            "That is the gradient $-y\\,x$ of the plain hinge loss. The squared hinge keeps the factor "
            "$1 - y\\,W^\\top x$.",
            "这是普通铰链损失的梯度 $-y\\,x$。平方铰链损失还带有因子 $1 - y\\,W^\\top x$。",
        ),
    ),
    "logistic": (
        Weighted(lambda s, y: y * logistic_derivative(y * s)),
        Text(
            "That is the gradient of the logistic loss; here the loss is the squared hinge.",
            "这是对数几率损失的梯度；本题的损失是平方铰链损失。",
        ),
    ),
    "mean-over-active": (
        Weighted(_over_active),
        Text(
            "You divided by the number of samples below the margin; the mean runs over all samples.",
            "你除以了间隔不足 1 的样本个数；平均应对全部样本进行。",
        ),
    ),
}

ASCENT: WrongGradient = (
    Weighted(lambda s, y: -_residuals_below(s, y)),
    Text(
        "Your steps go up the gradient: $W^{(t+1)} = W^{(t)} - \\eta\\,\\nabla C$ has a minus sign.",
        "你是沿梯度上升的：$W^{(t+1)} = W^{(t)} - \\eta\\,\\nabla C$ 中是减号。",
    ),
)
SUM: WrongGradient = (
    Weighted(lambda s, y: s.shape[-1] * _residuals_below(s, y)),
    Text(
        "You summed the gradients of the samples; the cost is their mean, so divide by $n$.",
        "你把各样本的梯度相加了；代价函数是平均值，还要除以 $n$。",
    ),
)
TWICE: WrongGradient = (
    Weighted(lambda s, y: 2.0 * _residuals_below(s, y)),
    Text(
        "Your gradient is twice too long: the $\\frac12$ in the loss cancels the 2 of the square.",
        "你的梯度大了一倍：损失中的 $\\frac12$ 与平方求导产生的 2 相消。",
    ),
)
HALF: WrongGradient = (
    Weighted(lambda s, y: 0.5 * _residuals_below(s, y)),
    Text(
        "Your gradient is half as long as it should be: the $\\frac12$ cancels when the square is differentiated, "
        "and must not be used again.",
        "你的梯度只有应有的一半：平方求导时 $\\frac12$ 已被消去，不能再乘一次。",
    ),
)
OVER_FEATURES: WrongGradient = (
    scaled(lambda X: X.shape[-2] / X.shape[-1]),
    Text(
        "You divided by the number $d$ of features; the mean runs over the $n$ samples.",
        "你除以了特征个数 $d$；平均应对 $n$ 个样本进行。",
    ),
)

GRADIENT_OF_BOOK = "1.4, (1.7)"


def gradient_mistakes(
    run: Callable[[P, DataGradient], Array],
    wrong: WrongGradients,
    *,
    core: frozenset[str],
    never_options: frozenset[str] = frozenset({"ascent"}),
) -> tuple[Mistake[P], ...]:
    """A mistake for each wrong gradient: `run` with it, last iterate. ``ascent`` diverges and is no distractor.

    One run serves them all: a stack of starts, each of which follows a gradient of its own.
    """
    names, gradients = list(wrong), [gradient for gradient, _ in wrong.values()]
    others = [row for row, gradient in enumerate(gradients) if not isinstance(gradient, Weighted)]

    def stacked(w: Array, X: Array, y: Array) -> Array:
        """Each row of the stack along its own gradient; the scores are computed for all of them at once."""
        reached = scores(w, X)
        factors = [g.factors(s, y) if isinstance(g, Weighted) else s for g, s in zip(gradients, reached, strict=True)]
        followed = _mean(np.stack(factors), X)
        for row in others:
            followed[row] = gradients[row](w[row], X, y)
        return followed

    def together(p: P) -> Mapping[str, Answers]:
        starts = np.tile(np.array(p["w0"], dtype=float), (len(names), 1))
        last = _last(lambda: run(cast("P", {**p, "w0": starts}), stacked))["w"]
        return {name: {"w": w} for name, w in zip(names, last, strict=True)}

    return tuple(
        Mistake(
            id=name,
            text=text,
            answers=OneOf(together, name),
            core=name in core,
            distractor=name not in never_options,
            reread=GRADIENT_OF_BOOK,
        )
        for name, (_, text) in wrong.items()
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
