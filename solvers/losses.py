"""Margin losses of linear classification (book 1.4), their derivatives, costs and gradients.

The margin of a sample is m = y wᵀx, with y = ±1. Three losses stand in for the 0-1 loss:

    hinge             max(0, 1 − m)
    squared hinge     max(0, 1 − m)² / 2     with the half: scikit-learn's has none, so its step is twice ours
    logistic          log(1 + e^(−m))

A loss and its derivative take margins of any shape. A cost is the mean loss over the n samples; a gradient is
the gradient of that cost with respect to w. They take ``w`` (..., d), ``X`` (..., n, d), ``y`` (..., n).
They run inside the descent loops and so check nothing; `solvers.descent` checks the data once.
"""

import numpy as np

from solvers.activations import sigmoid
from solvers.samples import Array


def scores(w: Array, X: Array) -> Array:
    """The raw outputs wᵀx of every sample, (..., n)."""
    # matmul, not einsum: only matmul gives a stack of problems the bits of each problem alone.
    product: Array = np.matmul(X, w[..., None])[..., 0]
    return product


def margins(w: Array, X: Array, y: Array) -> Array:
    """The margins y wᵀx of every sample, (..., n)."""
    return y * scores(w, X)


def mean_over_samples(factors: Array, X: Array) -> Array:
    """(1/n) Σ factorᵢ xᵢ: what the gradient of any mean loss of wᵀx comes down to. (..., n) -> (..., d)."""
    mean: Array = np.matmul(X.mT, factors[..., None])[..., 0] / X.shape[-2]
    return mean


def sgn(s: Array) -> Array:
    """The sign of a score: 1, 0 or −1.

    Chapter 1 has sgn(0) = 0, so a score of 0 is wrong for both labels; chapter 3 predicts −1 there (E07).
    """
    return np.sign(s)


def zero_one(s: Array, y: Array) -> Array:
    """The 0-1 loss of scores s against labels y: 1 where sgn(s) ≠ y, else 0."""
    return np.where(sgn(s) != y, 1.0, 0.0)


def zero_one_cost(w: Array, X: Array, y: Array) -> Array:
    """The share of misclassified samples, (...)."""
    return np.asarray(zero_one(scores(w, X), y).mean(axis=-1))


def hinge(m: Array) -> Array:
    return np.maximum(0.0, 1.0 - m)


def hinge_derivative(m: Array) -> Array:
    """−1 where m < 1, else 0; at the kink m = 1 (no derivative there) the value 0 of the flat side."""
    return np.where(m < 1.0, -1.0, 0.0)


def hinge_cost(w: Array, X: Array, y: Array) -> Array:
    return np.asarray(hinge(margins(w, X, y)).mean(axis=-1))


def hinge_gradient(w: Array, X: Array, y: Array) -> Array:
    """Mean of −y x over the samples with margin < 1, the others counting as 0."""
    return mean_over_samples(y * hinge_derivative(margins(w, X, y)), X)


def squared_hinge(m: Array) -> Array:
    return 0.5 * np.square(np.maximum(0.0, 1.0 - m))


def squared_hinge_derivative(m: Array) -> Array:
    return -np.maximum(0.0, 1.0 - m)


def squared_hinge_cost(w: Array, X: Array, y: Array) -> Array:
    return np.asarray(squared_hinge(margins(w, X, y)).mean(axis=-1))


def squared_hinge_gradient(w: Array, X: Array, y: Array) -> Array:
    """Equation (1.7), averaged: mean of (wᵀx − y) x over the samples with margin < 1, exactly 0 at margin ≥ 1."""
    s = scores(w, X)
    return mean_over_samples(np.where(y * s < 1.0, s - y, 0.0), X)


def logistic(m: Array) -> Array:
    """log(1 + e^(−m)), without the overflow of e^(−m) at large negative margins."""
    return np.logaddexp(0.0, -m)


def logistic_derivative(m: Array) -> Array:
    """−1 / (1 + e^m) = −σ(−m)."""
    return -sigmoid(-m)


def logistic_cost(w: Array, X: Array, y: Array) -> Array:
    return np.asarray(logistic(margins(w, X, y)).mean(axis=-1))


def logistic_gradient(w: Array, X: Array, y: Array) -> Array:
    """Mean of −y σ(−m) x."""
    return mean_over_samples(y * logistic_derivative(margins(w, X, y)), X)
