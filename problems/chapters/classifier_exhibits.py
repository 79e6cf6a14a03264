"""Tables and figures of the exercises on linear classifiers in the plane: c1.6, c1.7, c2.6 and c3.1."""

from collections.abc import Callable, Mapping

import numpy as np

from problems.charts import TONES, line_figure, numbers, plain
from problems.exhibits import Chart, Column, Curve, Dots, Exhibits, Figure, Table, symbol, symbols
from problems.text import Text
from problems.visits import SAMPLE, visits_table
from solvers.descent import Order
from solvers.losses import hinge, logistic, squared_hinge
from solvers.samples import Array


def scored_exhibits(X: Array, y: Array, w: Array) -> Exhibits:
    """Samples X (n, 3), their first feature 1, with score, margin and 0-1 loss."""
    s = X @ w
    table = Table(
        "samples",
        Text("Every sample with its score and its margin.", "每个样本的得分和间隔。"),
        (
            SAMPLE,
            *symbols("x", 2, None),
            symbol("y", "y"),
            symbol("score", "s", 4),
            symbol("margin", "y s", 4),
            Column("wrong", Text("wrong", "错误")),
        ),
        tuple(
            (i, *x, int(label), score + 0.0, label * score + 0.0, label * score <= 0)
            for i, (x, label, score) in enumerate(zip(X[:, 1:].tolist(), y.tolist(), s.tolist(), strict=True), start=1)
        ),
    )
    return Exhibits((table,), (line_figure(X[:, 1:], y, w),))


LOSSES: Mapping[str, tuple[str, Callable[[Array], Array]]] = {
    "hinge": ("$\\max\\{0, 1-m\\}$", hinge),
    "squared_hinge": ("$\\frac{1}{2}\\max\\{0, 1-m\\}^2$", squared_hinge),
    "logistic": ("$\\ln(1+e^{-m})$", logistic),
}


def losses_exhibits(m: Array) -> Exhibits:
    """The three losses at the margins m (n,) of the samples."""
    values = {name: loss(m) for name, (_, loss) in LOSSES.items()}
    table = Table(
        "losses",
        Text("The margin of every sample and its three losses.", "每个样本的间隔和三种损失。"),
        (
            SAMPLE,
            symbol("margin", "m", 4),
            *(Column(name, Text(latex, latex), 6) for name, (latex, _) in LOSSES.items()),
        ),
        tuple((i, *row) for i, row in enumerate(np.column_stack([m, *values.values()]).tolist(), start=1)),
    )
    return Exhibits((table,), (_losses_figure(m, values),))


def _losses_figure(m: Array, values: Mapping[str, Array]) -> Figure:
    low, high = min(-1.0, float(m.min())) - 0.3, max(2.0, float(m.max())) + 0.3
    dense = np.linspace(low, high, 121)
    marks: list[Curve | Dots] = []
    for tone, (name, (latex, loss)) in zip(TONES, LOSSES.items(), strict=False):
        marks.append(Curve(numbers(dense), numbers(loss(dense)), tone, latex, dashed=name != "hinge"))
        marks.append(Dots(numbers(m), numbers(values[name]), tone))
    least, most = plain(float(m.min())), plain(float(m.max()))
    return Figure(
        id="losses",
        title=Text("The losses over the margin", "损失随间隔的变化"),
        description=Text(
            "The three losses as functions of the margin $m$, with a dot on each for every sample.",
            "三种损失作为间隔 $m$ 的函数，各样本在曲线上用点标出。",
        ),
        alt=Text(
            f"Three curves that fall as the margin grows. The margins of the samples run from {least} to {most}; from "
            "1 on the hinge loss and its square are 0, the logistic loss never is.",
            f"三条随间隔增大而下降的曲线。样本的间隔从 {least} 到 {most}；"
            "间隔不小于 1 时铰链损失及其平方为 0，逻辑损失则总大于 0。",
        ),
        drawing=Chart("$m$", "$C$", tuple(marks)),
    )


def flowers_exhibits(X: Array, y: Array, order: Order, iterates: Array) -> Exhibits:
    """Steps on single samples, `order` (steps,) from 0; X (n, 3), its first feature 1; iterates (steps + 1, 3)."""
    margin = y[order] * (X[order] * iterates[:-1]).sum(axis=1)
    steps = zip((order + 1).tolist(), margin.tolist(), iterates[1:].tolist(), strict=True)
    table = Table(
        "steps",
        Text(
            "Every step: its sample, the margin before it, whether it moves the weights, and the weights after it.",
            "每一步所用的样本、更新前的间隔、是否更新，以及更新后的权重。",
        ),
        (
            symbol("t", "t"),
            SAMPLE,
            symbol("margin", "y^{(i)} W^\\top x^{(i)}", 6),
            Column("update", Text("update", "更新")),
            *symbols("w", 3, start=0),
        ),
        tuple((t, i, m, m < 1, *w) for t, (i, m, w) in enumerate(steps)),
    )
    return Exhibits((table,), (line_figure(X[:, 1:], y, iterates[-1], with_margins=True),))


def perceptron_exhibits(X: Array, y: Array, iterates: Array) -> Exhibits:
    """The visits of a perceptron in the plane; X (n, 3), its first feature 1; iterates (visits + 1, 3)."""
    return Exhibits(
        (visits_table(X, y, iterates, decimals=0, start=0),), (line_figure(X[:, 1:], y, iterates[-1] + 0.0),)
    )
