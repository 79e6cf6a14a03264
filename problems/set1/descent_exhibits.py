"""Tables and figures of exercises 1.6 to 1.10: what happens at every step, and how the methods differ on these data."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from problems.charts import Method, cost_figure, decision_figure, path_figure
from problems.exhibits import Exhibits, Table, Tone, symbol, symbols
from problems.set1.linear_classifier import Array, Classification, Descent, arrays
from problems.text import Text
from problems.visits import SAMPLE, visits_table
from solvers.descent import adagrad, cyclic, full_batch, gradient_descent, momentum, on_batches
from solvers.losses import margins, squared_hinge_cost, squared_hinge_gradient

MethodName = Literal["GD", "SGD", "momentum", "AdaGrad"]

STEP = symbol("t", "t")
MARGIN = symbol("margin", "y^{(i)} W^\\top x^{(i)}", 6)
WEIGHTS = tuple(f"$w_{j}$" for j in range(1, 5))

_COLOURS: Mapping[str, Tone] = {"GD": "blue", "SGD": "orange", "momentum": "green", "AdaGrad": "purple"}

ITERATES = Text(
    "All iterates $W^{(t)}$ with the cost and its gradient there.",
    "各步的迭代值 $W^{(t)}$ 及该处的代价和梯度。",
)
SINGLE = Text(
    "All iterates $W^{(t)}$, each with the sample of step $t$, its margin, and the gradient $g$ of its loss.",
    "各步的迭代值 $W^{(t)}$，以及第 $t$ 步所用的样本、它的间隔和它的损失的梯度 $g$。",
)


def descent_exhibits(
    p: Descent, method: MethodName, iterates: Array, *, alpha: float = 0.5, epsilon: float = 1e-8
) -> Exhibits:
    """The exhibits of a run (steps + 1, d): its tables, and figures that compare it with the other methods."""
    X, y, _ = arrays(p)
    own, *others = _methods(p, method, iterates, alpha, epsilon)

    def cost(w: Array) -> Array:
        return squared_hinge_cost(w, X, y)

    return Exhibits(
        tables=(_TABLES[method](p, iterates), margins_table(p, iterates)),
        figures=(
            cost_figure(cost, (own, *others)),
            path_figure(cost, (own, *others), WEIGHTS),
            decision_figure(X, y, iterates[-1]),
        ),
    )


def _methods(p: Descent, method: MethodName, iterates: Array, alpha: float, epsilon: float) -> list[Method]:
    """The run itself first, then the other methods with its step size and number of steps."""
    X, y, w0 = arrays(p)
    eta, steps = p["step_size"], p["steps"]
    full = full_batch(squared_hinge_gradient, X, y)
    single = on_batches(squared_hinge_gradient, X, y, cyclic(len(y), steps))
    runs = {
        "GD": gradient_descent(full, w0, eta, steps),
        "SGD": gradient_descent(single, w0, eta, steps),
        "momentum": momentum(full, w0, eta, alpha, steps),
        "AdaGrad": adagrad(single, w0, eta, epsilon, steps),
    } | {method: iterates}
    names = {
        "GD": ("GD", Text("gradient descent", "梯度下降")),
        "SGD": ("SGD", Text("stochastic gradient descent", "随机梯度下降")),
        "momentum": (
            f"GD, $\\alpha={alpha:g}$",
            Text(f"gradient descent with momentum {alpha:g}", f"动量系数为 {alpha:g} 的动量法"),
        ),
        "AdaGrad": ("AdaGrad", Text("AdaGrad on single samples", "单样本的 AdaGrad 方法")),
    }
    order = [method, *(name for name in runs if name != method)]
    return [Method(*names[name], runs[name], _COLOURS[name]) for name in order]


def _full_table(p: Descent, iterates: Array) -> Table:
    X, y, _ = arrays(p)
    gradients = squared_hinge_gradient(iterates, X, y)
    numbers = np.column_stack([iterates, squared_hinge_cost(iterates, X, y), gradients])
    return Table(
        "iterates",
        ITERATES,
        (STEP, *symbols("w", 4), symbol("cost", "C", 6), *symbols("g", 4)),
        tuple((t, *row) for t, row in enumerate(numbers.tolist())),
    )


def _momentum_table(p: Descent, iterates: Array) -> Table:
    X, y, _ = arrays(p)
    velocities = np.vstack([np.zeros(iterates.shape[1]), np.diff(iterates, axis=0)])
    gradients = squared_hinge_gradient(iterates, X, y)
    numbers = np.column_stack([iterates, velocities, gradients, squared_hinge_cost(iterates, X, y)])
    return Table(
        "iterates",
        Text(
            "All iterates $W^{(t)}$ with the velocity $v^{(t)}$, the gradient $g$ of the cost there, and the cost.",
            "各步的迭代值 $W^{(t)}$、速度 $v^{(t)}$、$W^{(t)}$ 处代价的梯度 $g$ 和代价。",
        ),
        (STEP, *symbols("w", 4), *symbols("v", 4), *symbols("g", 4), symbol("cost", "C", 6)),
        tuple((t, *row) for t, row in enumerate(numbers.tolist())),
    )


def _single_gradients(p: Descent, iterates: Array) -> tuple[Array, Array, Array]:
    """Of each step its sample, counted from 1 (steps,), its margin (steps,) and its gradient (steps, d) before it."""
    X, y, _ = arrays(p)
    seen = cyclic(len(y), p["steps"])
    batches = X[seen], y[seen]
    return (
        1.0 + seen[:, 0].astype(np.float64),
        margins(iterates[:-1], *batches)[:, 0],
        squared_hinge_gradient(iterates[:-1], *batches),
    )


def _single_table(p: Descent, iterates: Array) -> Table:
    seen, reached, gradients = _single_gradients(p, iterates)
    rows = zip(iterates[:-1].tolist(), seen.astype(int).tolist(), reached.tolist(), gradients.tolist(), strict=True)
    last = (len(seen), *iterates[-1].tolist(), *[None] * 6)
    return Table(
        "iterates",
        SINGLE,
        (STEP, *symbols("w", 4), SAMPLE, MARGIN, *symbols("g", 4)),
        (*((t, *w, i, m, *g) for t, (w, i, m, g) in enumerate(rows)), last),
    )


def _adagrad_table(p: Descent, iterates: Array) -> Table:
    seen, reached, gradients = _single_gradients(p, iterates)
    squares = np.vstack([np.zeros(gradients.shape[1]), np.cumsum(gradients**2, axis=0)])
    rows = zip(
        iterates[:-1].tolist(),
        squares[:-1].tolist(),
        (seen + 1).tolist(),
        reached.tolist(),
        gradients.tolist(),
        strict=True,
    )
    last = (len(seen), *iterates[-1].tolist(), *squares[-1].tolist(), *[None] * 6)
    return Table(
        "iterates",
        Text(
            "All iterates $W^{(t)}$ with the accumulated squares $r^{(t)}$, and the sample of step $t$, its margin and "
            "its gradient $g$.",
            "各步的迭代值 $W^{(t)}$、累积平方 $r^{(t)}$，以及第 $t$ 步所用的样本、它的间隔和梯度 $g$。",
        ),
        (STEP, *symbols("w", 4), *symbols("r", 4), SAMPLE, MARGIN, *symbols("g", 4)),
        (*((t, *w, *r, i, m, *g) for t, (w, r, i, m, g) in enumerate(rows)), last),
    )


_TABLES = {"GD": _full_table, "SGD": _single_table, "momentum": _momentum_table, "AdaGrad": _adagrad_table}


def margins_table(p: Classification, iterates: Array) -> Table:
    """The margins of all samples at every iterate (steps + 1, d)."""
    X, y, _ = arrays(p)
    return Table(
        "margins",
        Text(
            "The margins $m_i = y^{(i)} W^{(t)\\top} x^{(i)}$ of all samples. From 1 on a sample has no gradient.",
            "全部样本的间隔 $m_i = y^{(i)} W^{(t)\\top} x^{(i)}$。间隔达到 1 的样本没有梯度。",
        ),
        (STEP, *symbols("m", len(y), 4)),
        tuple((t, *row) for t, row in enumerate(margins(iterates, X, y).tolist())),
    )


def perceptron_exhibits(p: Classification, iterates: Array) -> Exhibits:
    """A perceptron's visits, (visits + 1, d), in order of the samples."""
    X, y, _ = arrays(p)
    return Exhibits(
        (visits_table(X, y, iterates, decimals=2, start=1),), (decision_figure(X, y, np.round(iterates[-1], 10)),)
    )
