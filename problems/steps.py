"""One step of each method from every row of a run at once, and how far an error in the rows carries.

The rows are somebody's own iterates: (T, d), the start first. A rule makes of them what should follow each row: (T, d)
again, row t of the result from rows 0 to t. The steps are those of `solvers.descent`, taken as a stack of T problems of
one step each.

`errors` (T, d) bound what digits that are not shown may hide in each number of the rows; a *spread* (T, d) bounds what
they make of the next row. With one sample a step, `X` and `y` are given as `turns` has them: (T, 1, d) and (T, 1).
"""

from collections.abc import Callable

import numpy as np

from solvers.descent import DataGradient, Order, Vector, adagrad, full_batch, gradient_descent, inverse_sqrt
from solvers.losses import scores
from solvers.samples import Array

StepSizes = float | Array
"""One for all steps, or (T, 1)."""

Method = Callable[[Callable[[Vector, int], Vector], Array, float, int], Array]
"""A method with velocity, from (gradient, w0, step_size, steps)."""


def turns(X: Array, y: Array, order: Order) -> tuple[Array, Array]:
    """The samples of each step, as data of a stack: X (T, b, d) and y (T, b), for an order of shape (T, b)."""
    return X[order], y[order]


def descended(gradient: DataGradient, X: Array, y: Array, rows: Array, step_size: StepSizes) -> Array:
    """What gradient descent makes of each row in one step."""
    stepped: Array = gradient_descent(full_batch(gradient, X, y), rows, step_size, 1)[1]
    return stepped


def inverse_roots(rate: float, steps: int) -> Array:
    """The step sizes C/√t for t = 1, 2 and so on: (T, 1)."""
    schedule = inverse_sqrt(rate)
    return np.array([[schedule(t)] for t in range(steps)])


def before(rows: Array) -> Array:
    """The row before each row; the start stands before itself."""
    return np.concatenate([rows[:1], rows[:-1]])


def with_velocity(method: Method, gradient: DataGradient, X: Array, y: Array, rows: Array, step_size: float) -> Array:
    """What a method with velocity makes of each row in one step, the velocity being the step that led to the row.

    The method is run for two steps from the row before. Its first gradient is the one with which its first step leads
    to the row, so that the second begins with the row's own velocity.
    """
    unit = -method(lambda w, _: np.ones_like(w), np.zeros(1), step_size, 1)[1][0]
    start = before(rows)
    led_here = (start - rows) / unit
    here = full_batch(gradient, X, y)
    stepped: Array = method(lambda w, t: led_here if t == 0 else here(w, t), start, step_size, 2)[2]
    return stepped


def squares_before(gradient: DataGradient, X: Array, y: Array, rows: Array) -> Array:
    """AdaGrad's r before each step: the sum of the squared gradients at all earlier rows."""
    squares = np.square(full_batch(gradient, X, y)(rows, 0))
    return _sums_before(squares)


def adapted(
    gradient: DataGradient, X: Array, y: Array, rows: Array, step_size: float, epsilon: float, r: Array
) -> Array:
    """What AdaGrad makes of each row in one step from the accumulated r (T, d)."""
    stepped: Array = adagrad(full_batch(gradient, X, y), rows, step_size, epsilon, 1, initial=r)[1]
    return stepped


# How far errors carry


def _reach(X: Array, errors: Array) -> Array:
    """How far errors in w move the score of each sample: (T, b)."""
    reach: Array = np.matmul(np.abs(X), errors[..., None])[..., 0]
    return reach


def linear_spread(
    X: Array,
    y: Array,
    rows: Array,
    errors: Array,
    step_size: StepSizes,
    *,
    hinge: bool,
    carry: float = 1.0,
) -> Array:
    """How far errors carry through w ← carry · w − η (1/b) Σ (wᵀx − y) x.

    The sum runs over all samples or, with `hinge`, over those with a margin below 1.

    The derivative is a matrix, taken with the samples that count; a sample so near to the margin that the errors decide
    whether it counts adds all that it could.
    """
    size, d = X.shape[-2:]
    reach = _reach(X, errors)
    margin = y * scores(rows, X)
    counts = margin < 1 if hinge else np.ones_like(margin, dtype=bool)
    weighted = counts[..., None] * X
    second = np.matmul(np.swapaxes(weighted, -1, -2), np.broadcast_to(X, weighted.shape)) / size
    eta = np.asarray(step_size)[..., None] if np.ndim(step_size) else step_size
    jacobian = carry * np.eye(d) - eta * second
    spread: Array = np.matmul(np.abs(jacobian), errors[..., None])[..., 0]
    if hinge:
        unsure = np.where(np.abs(margin - 1) <= reach, reach, 0.0)
        spread = spread + step_size * np.matmul(np.swapaxes(np.abs(X), -1, -2), unsure[..., None])[..., 0] / size
    return spread


def adaptive_spread(
    gradient: DataGradient, X: Array, y: Array, rows: Array, errors: Array, step_size: float, epsilon: float
) -> Array:
    """How far errors carry through a step of AdaGrad with one sample a step, X (T, 1, d): by interval arithmetic.

    g / (ε + √(r + g²)) grows with g, and shrinks in size as r grows.
    """
    g = full_batch(gradient, X, y)(rows, 0)
    off = (np.abs(X) * _reach(X, errors)[..., None])[:, 0, :]
    low, high = g - off, g + off
    r_low = _sums_before(np.square(np.maximum(np.abs(g) - off, 0.0)))
    r_high = _sums_before(np.square(np.abs(g) + off))

    def step(g: Array, r: Array) -> Array:
        return np.asarray(step_size * g / (epsilon + np.sqrt(r + g * g)))

    most = np.where(high > 0, step(high, r_low), step(high, r_high))
    least = np.where(low > 0, step(low, r_high), step(low, r_low))
    middle = step(g, _sums_before(np.square(g)))
    return np.asarray(errors + np.maximum(most - middle, middle - least))


def _sums_before(terms: Array) -> Array:
    return np.asarray(np.cumsum(terms, axis=0) - terms)
