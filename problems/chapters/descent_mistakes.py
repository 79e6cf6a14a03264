"""Mistakes in the gradient of least squares, and how a table of wrong runs becomes mistakes (chapters 2 and 3)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from problems.chapters.descent_data import Array
from problems.problem import Answers, Mistake
from problems.set1.classifier_mistakes import ASCENT, HALF, SUM, TWICE
from problems.text import Text
from solvers.descent import DataGradient
from solvers.linear_model import mse_gradient, residuals

P = TypeVar("P", bound=Mapping[str, Any])

Wrong = Mapping[str, tuple[DataGradient, Text]]
"""Wrong gradients by the mistake's id, with what to tell the student."""


WRONG_ORDERS: Mapping[str, tuple[Callable[[Any], Sequence[int]], Text]] = {
    "counted-from-zero": (
        lambda p: [i + 1 for i in p["order"]],
        Text(
            "You counted the samples from 0; here sample 1 is the first row of $X$.",
            "你从 0 开始数样本；本题中 1 号样本是 $X$ 的第一行。",
        ),
    ),
    "order-of-rows": (
        lambda p: range(1, len(p["order"]) + 1),
        Text(
            "You took the samples as the rows stand, from the first; their order is given.",
            "你按行的先后从第一个样本开始；样本的使用顺序是给定的。",
        ),
    ),
    "reversed-order": (
        lambda p: p["order"][::-1],
        Text("You took the given order backwards.", "你把给定的顺序倒过来用了。"),
    ),
}
"""Orders other than the given one, `order`, which counts the samples from 1."""


def scaled(factor: Callable[[Array], float]) -> DataGradient:
    """The right gradient times a factor that may depend on X (n, d + 1)."""
    return lambda w, X, y: factor(X) * mse_gradient(w, X, y)


def _without_bias(w: Array, X: Array, y: Array) -> Array:
    """As if there were no column of ones."""
    return mse_gradient(w, np.where(np.arange(X.shape[-1]) == 0, 0.0, X), y)


def _bias_frozen(w: Array, X: Array, y: Array) -> Array:
    return np.where(np.arange(X.shape[-1]) == 0, 0.0, mse_gradient(w, X, y))


def _no_target(w: Array, X: Array, y: Array) -> Array:
    return mse_gradient(w, X, np.zeros_like(y))


def _no_prediction(w: Array, X: Array, y: Array) -> Array:
    return mse_gradient(np.zeros_like(w), X, y)


def _no_feature(w: Array, X: Array, y: Array) -> Array:
    return np.asarray(np.zeros_like(w) - residuals(w, X, y).mean(axis=-1)[..., None])


def _sign_only(w: Array, X: Array, y: Array) -> Array:
    """The gradient of the mean absolute error."""
    mean: Array = -np.matmul(X.mT, np.sign(residuals(w, X, y))[..., None])[..., 0] / X.shape[-2]
    return mean


ONE_SAMPLE: Wrong = {
    "factor-two": (scaled(lambda _: 2.0), TWICE[1]),
    "half-gradient": (scaled(lambda _: 0.5), HALF[1]),
    "ascent": (scaled(lambda _: -1.0), ASCENT[1]),
    "no-bias": (
        _without_bias,
        Text(
            "You left the bias out. The model is $w_0 + w_1 x_1 + \\dots$: put the constant $x_0 = 1$ before "
            "each sample.",
            "你漏掉了偏置。模型是 $w_0 + w_1 x_1 + \\dots$：应在每个样本前面补上常数 $x_0 = 1$。",
        ),
    ),
    "bias-frozen": (
        _bias_frozen,
        Text(
            "Your bias $w_0$ stays where it was. It is learned like every weight; its feature is the constant 1.",
            "你的偏置 $w_0$ 没有更新。它与其他权重一样参与学习，对应的特征是常数 1。",
        ),
    ),
    "no-target": (
        _no_target,
        Text(
            "Your gradient knows nothing of $y$: the residual is prediction minus target, $W^\\top x - y$.",
            "你的梯度里没有 $y$：应当用预测值减去目标值，即 $W^\\top x - y$。",
        ),
    ),
    "no-prediction": (
        _no_prediction,
        Text(
            "You left out the prediction $W^\\top x$ and kept $-y\\,x$ only; the factor before $x$ is $W^\\top x - y$.",
            "你漏掉了预测值 $W^\\top x$，只留下了 $-y\\,x$；$x$ 前面的因子应是 $W^\\top x - y$。",
        ),
    ),
    "no-feature": (
        _no_feature,
        Text(
            "You did not multiply the residual by the sample: component $j$ of the gradient has the factor $x_j$.",
            "你没有把残差乘以样本：梯度的第 $j$ 个分量带有因子 $x_j$。",
        ),
    ),
    "sign-only": (
        _sign_only,
        Text(
            "You used only the sign of the residual; that is the gradient of the absolute error. The squared error "
            "keeps its size.",
            "你只用了残差的符号，那是绝对误差的梯度。平方误差的梯度要保留残差的大小。",
        ),
    ),
}
"""Wrong gradients that show even when a step sees a single sample."""

SEVERAL_SAMPLES: Wrong = {
    **ONE_SAMPLE,
    "sum-instead-of-mean": (scaled(lambda X: float(X.shape[-2])), SUM[1]),
    "mean-over-weights": (
        scaled(lambda X: X.shape[-2] / X.shape[-1]),
        Text(
            "You divided by the number of weights; the mean runs over the samples.",
            "你除以了权重的个数；平均应对样本进行。",
        ),
    ),
}


def with_gradients(
    answers: Callable[[P, DataGradient], Answers], wrong: Wrong
) -> Mapping[str, tuple[Callable[[P], Answers], Text]]:
    """What the exercise comes to with each of the wrong gradients."""

    def through(gradient: DataGradient) -> Callable[[P], Answers]:
        return lambda p: answers(p, gradient)

    return {name: (through(gradient), text) for name, (gradient, text) in wrong.items()}


def mistakes(
    table: Mapping[str, tuple[Callable[[P], Answers], Text]],
    *,
    core: frozenset[str],
    reread: str,
    hidden: frozenset[str] = frozenset(),
) -> tuple[Mistake[P], ...]:
    """A mistake for each entry: what it yields and what to tell. The `hidden` ones are never offered as options."""
    if unknown := (core | hidden) - set(table):
        raise ValueError(f"no such mistakes: {sorted(unknown)}")
    return tuple(
        Mistake(
            id=name, text=text, answers=_quietly(wrong), core=name in core, distractor=name not in hidden, reread=reread
        )
        for name, (wrong, text) in table.items()
    )


def _quietly(wrong: Callable[[P], Answers]) -> Callable[[P], Answers]:
    def answers(p: P) -> Answers:
        with np.errstate(over="ignore", invalid="ignore"):  # a wrong run may diverge; then it is no answer
            return wrong(p)

    return answers
