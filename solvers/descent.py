"""Gradient descent and its descendants (book chapter 2), sample orders, step sizes, stopping.

A descent is put together from three parts::

    gradient = on_batches(squared_hinge_gradient, X, y, cyclic(n=8, steps=80))
    iterates = gradient_descent(gradient, w0, step_size=0.1, steps=80)

Every method takes a `Gradient`, a function of the iterate w (..., d) and the step t = 0, 1, …, and returns every
iterate, (steps + 1, ..., d), row 0 being ``w0``. A stack of P problems is solved in one call: X (P, n, d),
y (P, n), w0 (P, d).

The step size η is a number, an array that broadcasts to w (such as (P, 1): one for each problem of a stack), or a
schedule, a function of t.

Where a method takes `project`, a function of w, it is applied to every new iterate: w ← P(w − η g(w)). With the
projection onto a set this is projected descent; with rounding it is what a computer of few digits does.

Too large a step diverges. The iterates then grow to inf and nan and NumPy warns of an overflow; who expects this
calls the method under ``np.errstate(over="ignore", invalid="ignore")``.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from solvers.samples import Array, samples

Vector: TypeAlias = Array
Gradient: TypeAlias = Callable[[Vector, int], Vector]
DataGradient: TypeAlias = Callable[[Vector, Array, Array], Vector]
StepSize: TypeAlias = float | Array | Callable[[int], float]
Projection: TypeAlias = Callable[[Vector], Vector]
Order: TypeAlias = NDArray[np.int64]


# Methods


def _start(w0: ArrayLike, steps: int) -> Array:
    """Room for every iterate, with w0 in row 0."""
    if steps < 0:
        raise ValueError(f"The number of steps must not be negative, and {steps} is.")
    w0 = np.asarray(w0, dtype=np.float64)
    iterates = np.empty((steps + 1, *w0.shape))
    iterates[0] = w0
    return iterates


def _at(step_size: StepSize, t: int) -> float | Array:
    return step_size(t) if callable(step_size) else step_size


def gradient_descent(
    gradient: Gradient, w0: ArrayLike, step_size: StepSize, steps: int, *, project: Projection | None = None
) -> Array:
    """Gradient descent: w ← w − η g(w), (2.1); with one sample or a batch a step it is SGD, (2.2) and (2.3)."""
    iterates = _start(w0, steps)
    for t in range(steps):
        w = iterates[t]
        w = w - _at(step_size, t) * gradient(w, t)
        iterates[t + 1] = project(w) if project else w
    return iterates


def momentum(
    gradient: Gradient,
    w0: ArrayLike,
    step_size: StepSize,
    momentum: float,
    steps: int,
    *,
    project: Projection | None = None,
) -> Array:
    """Heavy ball: v ← α v − η g(w), w ← w + v, from v = 0. Exercise 1.8; PyTorch's SGD with dampening 0."""
    iterates = _start(w0, steps)
    v = np.zeros_like(iterates[0])
    for t in range(steps):
        w = iterates[t]
        v = momentum * v - _at(step_size, t) * gradient(w, t)
        iterates[t + 1] = project(w + v) if project else w + v
    return iterates


def nesterov(gradient: Gradient, w0: ArrayLike, step_size: StepSize, momentum: float, steps: int) -> Array:
    """Nesterov: v ← α v − η g(w + α v), w ← w + v, from v = 0.

    PyTorch's ``nesterov=True`` stores the look-ahead point w + α v instead, which is another vector.
    """
    iterates = _start(w0, steps)
    v = np.zeros_like(iterates[0])
    for t in range(steps):
        w = iterates[t]
        v = momentum * v - _at(step_size, t) * gradient(w + momentum * v, t)
        iterates[t + 1] = w + v
    return iterates


def averaged_momentum(gradient: Gradient, w0: ArrayLike, step_size: StepSize, momentum: float, steps: int) -> Array:
    """Exponential moving average: v ← α v + (1 − α) g(w), w ← w − η v, from v = 0."""
    iterates = _start(w0, steps)
    v = np.zeros_like(iterates[0])
    for t in range(steps):
        w = iterates[t]
        v = momentum * v + (1.0 - momentum) * gradient(w, t)
        iterates[t + 1] = w - _at(step_size, t) * v
    return iterates


def adagrad(
    gradient: Gradient,
    w0: ArrayLike,
    step_size: StepSize,
    epsilon: float,
    steps: int,
    *,
    initial: float | Array = 0.0,
    project: Projection | None = None,
) -> Array:
    """AdaGrad: r ← r + g², w ← w − η g / (ε + √r), elementwise, from r = initial. Exercise 1.9.

    ε (the book's δ) stands outside the root, as in PyTorch; Keras starts from r = 0.1. With ε = 0 a coordinate
    whose gradient is 0 before it was ever anything else is 0/0.
    """
    iterates = _start(w0, steps)
    r = np.full_like(iterates[0], initial)
    for t in range(steps):
        w = iterates[t]
        g = gradient(w, t)
        r = r + g * g
        w = w - _at(step_size, t) * g / (epsilon + np.sqrt(r))
        iterates[t + 1] = project(w) if project else w
    return iterates


def rmsprop(gradient: Gradient, w0: ArrayLike, step_size: StepSize, epsilon: float, decay: float, steps: int) -> Array:
    """RMSProp: r ← ρ r + (1 − ρ) g², w ← w − η g / (ε + √r), elementwise, from r = 0, ρ being the decay."""
    iterates = _start(w0, steps)
    r = np.zeros_like(iterates[0])
    for t in range(steps):
        w = iterates[t]
        g = gradient(w, t)
        r = decay * r + (1.0 - decay) * g * g
        iterates[t + 1] = w - _at(step_size, t) * g / (epsilon + np.sqrt(r))
    return iterates


# What a step sees of the data


def full_batch(data_gradient: DataGradient, X: ArrayLike, y: ArrayLike) -> Gradient:
    """The gradient over all samples, the same in every step.

    Raises:
        ValueError: if X (..., n, d) and y (..., n) do not fit or are not finite.

    """
    X, y = samples(X, y)
    return lambda w, _t: data_gradient(w, X, y)


def on_batches(data_gradient: DataGradient, X: ArrayLike, y: ArrayLike, batches: Order) -> Gradient:
    """The mean gradient over the samples ``batches[t]`` in step t, equation (2.3).

    Args:
        data_gradient: a mean over the samples given, such as `losses.squared_hinge_gradient`.
        X: samples, (..., n, d).
        y: targets or labels, (..., n).
        batches: indices of samples from 0, (steps, b); one order for every problem of a stack.

    Raises:
        ValueError: if X and y do not fit or are not finite, or an index names no sample.
        IndexError: from the gradient, in a step that `batches` has no row for.

    """
    X, y = samples(X, y)
    n = X.shape[-2]
    if batches.ndim != 2 or batches.shape[1] == 0 or batches.dtype.kind not in "iu":
        raise ValueError(f"batches must be integers of shape (steps, b), not {batches.dtype} of {batches.shape}.")
    if batches.size and not (batches.min() >= 0 and batches.max() < n):
        raise ValueError(f"batches must hold indices 0 to {n - 1} of the {n} samples.")

    def gradient(w: Vector, t: int) -> Vector:
        # take, not X[..., i, :]: its result is contiguous and comes three times as fast.
        return data_gradient(w, X.take(batches[t], axis=-2), y.take(batches[t], axis=-1))

    return gradient


# Orders of the samples: integer arrays (steps, b) for `on_batches`


def cyclic(n: int, steps: int, *, start: int = 0) -> Order:
    """One sample a step, in order and round again: start, start + 1, …, n − 1, 0, 1 and so on."""
    return ((start + np.arange(steps)) % n)[:, None]


def shuffled(n: int, steps: int, rng: np.random.Generator) -> Order:
    """One sample a step, every pass over the data in a fresh random order."""
    passes = -(-steps // n)
    return np.array([rng.permutation(n) for _ in range(passes)], dtype=np.int64).reshape(-1, 1)[:steps]


def with_replacement(n: int, size: int, steps: int, rng: np.random.Generator) -> Order:
    """A batch of ``size`` independent draws a step: a sample may come twice in one batch."""
    return rng.integers(n, size=(steps, size))


def without_replacement(n: int, size: int, steps: int, rng: np.random.Generator) -> Order:
    """A batch of ``size`` different samples a step, each batch drawn anew from all n."""
    if size > n:
        raise ValueError(f"A batch of {size} different samples cannot be drawn from {n}.")
    draws = [rng.choice(n, size, replace=False) for _ in range(steps)]
    return np.array(draws, dtype=np.int64).reshape(steps, size)


# Step sizes and stopping


def inverse_sqrt(c: float) -> Callable[[int], float]:
    """η_t = c / √(t + 1) for t = 0, 1, … The book's c / √t of (2.2) divides by zero at its first step (E22)."""
    return lambda t: c / math.sqrt(t + 1)


def largest_stable_step(hessian: Array) -> float:
    """2 / λ_max: gradient descent on a quadratic with this Hessian (d, d) converges for every step size below."""
    top = float(np.linalg.eigvalsh(hessian)[-1])
    return 2.0 / top if top > 0 else math.inf


def first_still(iterates: Array, tolerance: float) -> int | None:
    """The first t with ‖w_{t+1} − w_t‖₂ < tolerance, or None: the stopping rule of book 2.2.1.

    For gradient descent a small step means a small gradient. For SGD it means little: a batch that happens to fit
    gives a small step anywhere. With the book's commute data, C = 0.06, b = 2 and tolerance 0.02 the rule fires by
    chance, after about 14 steps and about 4 away from the minimiser (E30).

    Args:
        iterates: of one problem, (steps + 1, d).
        tolerance: a length in the space of w.

    Raises:
        ValueError: if the iterates are a stack, which has no single first step.

    """
    if iterates.ndim != 2:
        raise ValueError(f"The iterates of one problem have shape (steps + 1, d), not {iterates.shape}.")
    still = np.linalg.norm(np.diff(iterates, axis=0), axis=1) < tolerance
    return int(np.argmax(still)) if still.any() else None
