"""The perceptron (book 3.1): one linear unit that learns from its mistakes.

Sample after sample, in the given order, over and over:

    w ← w + η y x    if y wᵀx ≤ 0  (`ties=True`: a sample on the boundary is a mistake)
                     if y wᵀx < 0  (`ties=False`)

The book prints the second test, which never moves from its own starting point w = 0 (E32); the key of exercise
1.10 needs the first. The book's update η (y − ŷ) x is 2 η y x on a mistake, twice the step meant here (E34).

A bias is the weight of a constant feature: pass ``linear_model.with_bias(X)``.

The test is made in floating point. Data on a decimal grid can reach a score that is 0 on paper and 1e-17 here, so
exercises keep clear of such scores after the first update.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from solvers.descent import cyclic, gradient_descent, on_batches
from solvers.losses import margins
from solvers.samples import Array, labelled


def perceptron(
    X: ArrayLike, y: ArrayLike, w0: ArrayLike, passes: int, *, learning_rate: float = 1.0, ties: bool = True
) -> Array:
    """Every iterate of a fixed number of passes, one row per sample visited: (passes · n + 1, ..., d).

    This is cyclic stochastic descent on the perceptron loss max(0, −m), and is computed as such.

    Args:
        X: samples, (..., n, d).
        y: labels ±1, (..., n).
        w0: start, (..., d).
        passes: how often all samples are visited.
        learning_rate: η > 0.
        ties: whether a margin of exactly 0 is a mistake.

    Raises:
        ValueError: if shapes do not fit, a label is not ±1, or passes or learning rate are out of range.

    """
    X, y = labelled(X, y)
    w0 = np.asarray(w0, dtype=np.float64)
    if w0.shape != (*X.shape[:-2], X.shape[-1]):
        raise ValueError(f"w0 has shape {w0.shape}; X of shape {X.shape} needs {(*X.shape[:-2], X.shape[-1])}.")
    if passes < 0:
        raise ValueError(f"The number of passes must not be negative, and {passes} is.")
    if not learning_rate > 0:
        raise ValueError(f"The learning rate must be positive, and {learning_rate} is not.")

    def gradient(w: Array, X: Array, y: Array) -> Array:
        """−y x on a mistake, else 0, for the one row that is X: (..., 1, d) -> (..., d)."""
        m = margins(w, X, y)
        mistake = m <= 0 if ties else m < 0
        return np.where(mistake, -y, 0.0) * X[..., 0, :]

    n = X.shape[-2]
    visits = passes * n
    return gradient_descent(on_batches(gradient, X, y, cyclic(n, visits)), w0, learning_rate, visits)


class Separation(NamedTuple):
    """The end of `perceptron_until_separated`."""

    iterates: Array
    """(passes · n + 1, d)"""
    passes: int
    """Passes made. The check that ends the search is none."""
    separated: bool
    """Whether the last iterate classifies every sample: y wᵀx > 0. If not, nothing is known: data that no
    hyperplane separates and data that want more passes look the same."""


def perceptron_until_separated(
    X: ArrayLike, y: ArrayLike, w0: ArrayLike, max_passes: int, *, learning_rate: float = 1.0, ties: bool = True
) -> Separation:
    """Pass over the data until every margin is positive, a pass changes nothing, or `max_passes` are made.

    A pass without an update can follow only from ``ties=False``, with samples left on the boundary; every later
    pass would be the same. On separable data and with ``ties=True`` the number of updates is finite (Novikoff 1962).

    Args:
        X: samples of one problem, (n, d).
        y: labels ±1, (n,).
        w0: start, (d,).
        max_passes: the bound that answers for data that cannot be separated.
        learning_rate: η > 0.
        ties: whether a margin of exactly 0 is a mistake.

    Raises:
        ValueError: as `perceptron`, or if X is a stack.

    """
    X, y = labelled(X, y)
    if X.ndim != 2:
        raise ValueError(f"X has shape {X.shape}; one problem of shape (n, d) is expected.")
    rows = [perceptron(X, y, w0, 0, learning_rate=learning_rate, ties=ties)]
    passes, separated = 0, _separates(rows[-1][-1], X, y)
    while passes < max_passes and not separated:
        one_pass = perceptron(X, y, rows[-1][-1], 1, learning_rate=learning_rate, ties=ties)
        rows.append(one_pass[1:])
        passes, separated = passes + 1, _separates(one_pass[-1], X, y)
        if (one_pass == one_pass[0]).all():
            break
    return Separation(np.concatenate(rows), passes, separated)


def _separates(w: Array, X: Array, y: Array) -> bool:
    return bool((margins(w, X, y) > 0).all())
