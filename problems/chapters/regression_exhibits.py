"""Tables and figures of the exercises on least squares in chapters 1 and 2."""

from collections.abc import Sequence

import numpy as np

from problems.charts import Method, combination, cost_figure, fit_figure, path_figure, plain
from problems.exhibits import Column, Exhibits, Figure, Table, symbol, symbols
from problems.text import Text
from solvers.linear_model import half_mse, mse_gradient
from solvers.samples import Array

SAMPLE = Column("sample", Text("sample", "样本"))


def cost_of(X: Array, y: Array, w: Array) -> Array:
    """C(W) = (1/2n) Σ (wᵀx − y)² at each of a stack of weights (..., d)."""
    return np.asarray(np.square(w @ X.T - y).mean(axis=-1) / 2)


def samples_table(X: Array, y: Array, w: Array) -> Table:
    """Features, target, output and error of every sample; the constant column of X (n, d), its first, is not shown."""
    outputs = X @ w
    errors = outputs - y
    features = symbols("x", X.shape[1] - 1, None)
    numbers = np.column_stack([X[:, 1:], y, outputs, errors, errors**2])
    return Table(
        "samples",
        Text(
            "Every sample with the model's output $\\hat y$, the error $e = \\hat y - y$ and its square.",
            "每个样本、模型的输出 $\\hat y$、误差 $e = \\hat y - y$ 及其平方。",
        ),
        (
            SAMPLE,
            *features,
            symbol("y", "y"),
            symbol("output", "\\hat y", 6),
            symbol("error", "e", 6),
            symbol("squared", "e^2", 6),
        ),
        tuple((i, *row) for i, row in enumerate(numbers.tolist(), start=1)),
    )


def gradients_table(X: Array, y: Array, w: Array, samples: Sequence[int]) -> Table:
    """The error of each of these samples (counted from 1) at w, and its share of the gradient."""
    places = np.array(samples) - 1
    errors = X[places] @ w - y[places]
    numbers = np.column_stack([errors, errors[:, None] * X[places]])
    return Table(
        "gradients",
        Text(
            "The error $e$ of each sample and the gradient $g$ of its loss, the error times the sample.",
            "每个样本的误差 $e$ 和它的损失的梯度 $g$，即误差乘以样本。",
        ),
        (SAMPLE, symbol("error", "e", 6), *symbols("g", X.shape[1], start=0)),
        tuple((i, *row) for i, row in zip(samples, numbers.tolist(), strict=True)),
    )


def iterates_table(X: Array, y: Array, iterates: Array) -> Table:
    """Every iterate (steps + 1, d) with the cost of all samples and its gradient there."""
    gradients = np.array([mse_gradient(w, X, y) for w in iterates])
    numbers = np.column_stack([iterates, cost_of(X, y, iterates), gradients])
    d = iterates.shape[1]
    return Table(
        "iterates",
        Text(
            "All iterates $W^{(t)}$ with the cost $C$ of all samples and its gradient $g$ there.",
            "各步的迭代值 $W^{(t)}$，以及该处全部样本的代价 $C$ 和它的梯度 $g$。",
        ),
        (symbol("t", "t"), *symbols("w", d, start=0), symbol("cost", "C", 6), *symbols("g", d, start=0)),
        tuple((t, *row) for t, row in enumerate(numbers.tolist())),
    )


def trips_figure(X: Array, y: Array, w: Array) -> Figure:
    """The times over the distances, with the model's line for each kind of day; X (n, 3), its first column ones."""
    reach = np.array([0.0, 1.1 * float(X[:, 1].max())])
    lines = {f"$x_2 = {day}$": (reach, w[0] + w[1] * reach + w[2] * day) for day in (1, 0)}
    cost = plain(float(half_mse(w, X, y)))
    return fit_figure(
        X[:, 1],
        y,
        lines,
        description=Text(
            "The time $y$ over the distance $x_1$, with the numbers of the trips. The model is a plane; seen from the "
            "side it is one line for weekdays ($x_2 = 1$) and a parallel one for weekends ($x_2 = 0$).",
            "时间 $y$ 与距离 $x_1$ 的关系，点旁是行程编号。"
            "模型是一个平面，从侧面看是两条平行线：工作日（$x_2 = 1$）和周末（$x_2 = 0$）。",
        ),
        alt=Text(
            f"{len(y)} trips and two parallel lines of slope {plain(w[1])}, {plain(w[2])} apart. The cost is {cost}.",
            f"{len(y)} 次行程和两条斜率为 {plain(w[1])}、相距 {plain(w[2])} 的平行线。代价为 {cost}。",
        ),
        labels=("$x_1$", "$y$"),
    )


def model_exhibits(X: Array, y: Array, w: Array) -> Exhibits:
    """A linear model of the trips held against the data."""
    return Exhibits((samples_table(X, y, w),), (trips_figure(X, y, w),))


def run_exhibits(X: Array, y: Array, iterates: Array, *tables: Table) -> Exhibits:
    """A descent: its iterates, further tables, the cost at every step, and the way over the cost."""

    def cost(w: Array) -> Array:
        return cost_of(X, y, w)

    names = [f"$w_{j}$" for j in range(iterates.shape[1])]
    methods = (Method("", Text("the run", "本题的迭代"), iterates),)
    return Exhibits(
        (iterates_table(X, y, iterates), *tables), (cost_figure(cost, methods), path_figure(cost, methods, names))
    )


def parabola_exhibits(X: Array, y: Array, w: Array) -> Exhibits:
    """A polynomial through points; X (n, degree + 1) holds the powers of x."""
    x = X[:, 1]
    dense = np.linspace(float(x.min()) - 0.3, float(x.max()) + 0.3, 61)
    curve = dense, np.vander(dense, len(w), increasing=True) @ w
    polynomial = combination(w.tolist(), ["", "x", "x²", "x³", "x⁴"][: len(w)])
    furthest = plain(float(np.abs(X @ w - y).max()))
    figure = fit_figure(
        x,
        y,
        {"$f(x)$": curve},
        description=Text(
            "The points, with their numbers, and the fitted polynomial.", "各点（旁边是编号）与拟合的多项式。"
        ),
        alt=Text(
            f"{len(y)} points and the curve of {polynomial}. No point is further than {furthest} above or below it.",
            f"{len(y)} 个点与曲线 {polynomial}；各点到曲线的竖直距离都不超过 {furthest}。",
        ),
    )
    return Exhibits((samples_table(X, y, w),), (figure,))


def ridge_exhibits(X: Array, y: Array, w: Array, unpenalised: Array) -> Exhibits:
    """A line with a penalty and the one without; X (n, 2), its first column ones."""
    reach = np.array([float(X[:, 1].min()) - 0.3, float(X[:, 1].max()) + 0.3])
    lines = {
        "$\\lambda > 0$": (reach, w[0] + w[1] * reach),
        "$\\lambda = 0$": (reach, unpenalised[0] + unpenalised[1] * reach),
    }
    figure = fit_figure(
        X[:, 1],
        y,
        lines,
        description=Text(
            "The points, the line with the penalty (solid) and the line of least squares without it (dashed).",
            "各点、带惩罚项的直线（实线）和不带惩罚项的最小二乘直线（虚线）。",
        ),
        alt=Text(
            f"With the penalty the line has the intercept {plain(w[0])} and the slope {plain(w[1])}, without it "
            f"{plain(unpenalised[0])} and {plain(unpenalised[1])}.",
            f"带惩罚项的直线截距为 {plain(w[0])}、斜率为 {plain(w[1])}；"
            f"不带惩罚项时分别为 {plain(unpenalised[0])} 和 {plain(unpenalised[1])}。",
        ),
    )
    return Exhibits((samples_table(X, y, w),), (figure,))


def sums_table(step_sizes: Sequence[float]) -> Table:
    """Step sizes η₁, …, η_T with the sums of them and of their squares."""
    numbers = np.column_stack([step_sizes, np.cumsum(step_sizes), np.cumsum(np.square(step_sizes))])
    return Table(
        "sums",
        Text("The step sizes and their sums up to $t$.", "步长以及到第 $t$ 步为止的各和。"),
        (
            symbol("t", "t"),
            symbol("step_size", "\\eta_t", 6),
            symbol("sum", "\\sum \\eta", 6),
            symbol("squares", "\\sum \\eta^2", 6),
        ),
        tuple((t, *row) for t, row in enumerate(numbers.tolist(), start=1)),
    )
