"""Mistakes in fitting a line by least squares to trips (`linear_data`): wrong models, and right ones wrongly written.

Each takes X (n, 3), the constant feature first, and y (n,), and gives the weights (3,) that the mistake leads to.
"""

from collections.abc import Callable, Mapping

import numpy as np

from problems.text import Text
from solvers.linear_model import least_squares
from solvers.samples import Array

Fit = Callable[[Array, Array], Array]


def _without(feature: int) -> Fit:
    """The fit without one feature, whose weight is then 0."""

    def fit(X: Array, y: Array) -> Array:
        return np.insert(least_squares(np.delete(X, feature, axis=1), y), feature, 0.0)

    return fit


def _mean_as_bias(X: Array, y: Array) -> Array:
    return np.append(y.mean(), least_squares(X, y)[1:])


def _weekend_coded(X: Array, y: Array) -> Array:
    return least_squares(np.column_stack([X[:, :2], 1 - X[:, 2]]), y)


WRONG_FITS: Mapping[str, tuple[Fit, Text]] = {
    "no-bias": (
        _without(0),
        Text(
            "You fitted a model without the bias $w_0$. Put a column of ones in front of $X$ first.",
            "你拟合的模型没有偏置 $w_0$。应先在 $X$ 的最前面加上一列 1。",
        ),
    ),
    "no-weekday": (
        _without(2),
        Text(
            "You used the distance alone. The kind of day is a feature of its own, with the weight $w_2$.",
            "你只用了距离。是否工作日也是一个特征，它的权重是 $w_2$。",
        ),
    ),
    "mean-as-bias": (
        _mean_as_bias,
        Text(
            "Your $w_0$ is the mean time. That is the bias for centred features; for the features as they stand, "
            "subtract $w_1 \\bar x_1 + w_2 \\bar x_2$.",
            "你的 $w_0$ 是时间的平均值。只有特征经过中心化时偏置才等于它；对原始特征，还要减去 "
            "$w_1 \\bar x_1 + w_2 \\bar x_2$。",
        ),
    ),
    "last-trip-missing": (
        lambda X, y: least_squares(X[:-1], y[:-1]),
        Text("You left out the last trip.", "你漏掉了最后一次行程。"),
    ),
    "one-sided-mean": (
        lambda X, y: len(y) * least_squares(X, y),
        Text(
            "Your weights are $n$ times too large: $X^\\top X$ was divided by $n$, but $X^\\top Y$ was not.",
            "你的权重大了 $n$ 倍：$X^\\top X$ 除以了 $n$，$X^\\top Y$ 却没有。",
        ),
    ),
    "one-sided-half": (
        lambda X, y: least_squares(X, y) / 2,
        Text(
            "Your weights are half of what they should be: the 2 stands before both terms of $C'(W)$ and cancels.",
            "你的权重只有应有的一半：$C'(W)$ 的两项前面都有 2，应当同时约去。",
        ),
    ),
    "wrong-sign": (
        lambda X, y: -least_squares(X, y),
        Text(
            "All your signs are reversed: $C'(W) = 0$ means $X^\\top X W = X^\\top Y$, with no minus sign.",
            "你的符号全都反了：由 $C'(W) = 0$ 得 $X^\\top X W = X^\\top Y$，没有负号。",
        ),
    ),
}
"""Models that also predict wrongly."""

REARRANGED_FITS: Mapping[str, tuple[Fit, Text]] = {
    "bias-last": (
        lambda X, y: np.roll(least_squares(X, y), -1),
        Text(
            "Your numbers are right, but the bias comes first: $(w_0, w_1, w_2)$.",
            "数值是对的，但偏置应写在最前面：$(w_0, w_1, w_2)$。",
        ),
    ),
    "features-swapped": (
        lambda X, y: least_squares(X, y)[[0, 2, 1]],
        Text(
            "You exchanged $w_1$ and $w_2$: the distance is the first feature, the kind of day the second.",
            "你把 $w_1$ 和 $w_2$ 写反了：距离是第一个特征，是否工作日是第二个特征。",
        ),
    ),
    "weekend-coded": (
        _weekend_coded,
        Text(
            "You took $x_2 = 1$ for the weekend; here it marks a weekday.",
            "你把 $x_2 = 1$ 当成了周末；本题中它表示工作日。",
        ),
    ),
}
"""Right models whose weights do not stand as the exercise asks for them."""
