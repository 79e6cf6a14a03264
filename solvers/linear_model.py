"""Linear models with closed solutions (book chapter 1): least squares, polynomial features, ridge.

The book's cost is half the mean squared error, C(w) = (1/2n) Σ (y − wᵀx)², so that its gradient carries no 2.
A bias is the weight of a constant feature, `with_bias`; the ridge penalty of the book covers it too (E18).

Shapes: ``X`` (..., n, d), ``y`` (..., n), ``w`` (..., d). What returns weights checks the data; predictions, costs
and gradients, which run inside the descent loops, do not.
"""

import numpy as np
from numpy.typing import ArrayLike

from solvers.losses import mean_over_samples, scores
from solvers.samples import Array, samples


def with_bias(X: ArrayLike) -> Array:
    """X with a column of ones in front, so that w₀ is the bias: (..., n, d) -> (..., n, d + 1)."""
    X = np.asarray(X, dtype=np.float64)
    return np.concatenate([np.ones((*X.shape[:-1], 1)), X], axis=-1)


def polynomial_features(x: ArrayLike, degree: int) -> Array:
    """φ(x) = (1, x, x², …, x^degree), equation (1.8): (..., n) -> (..., n, degree + 1).

    Raises:
        ValueError: if the degree is negative.

    """
    if degree < 0:
        raise ValueError(f"The degree must not be negative, and {degree} is.")
    powers: Array = np.asarray(x, dtype=np.float64)[..., None] ** np.arange(degree + 1)
    return powers


def predict(w: Array, X: Array) -> Array:
    """ŷ = Xw, (..., n)."""
    return scores(w, X)


def residuals(w: Array, X: Array, y: Array) -> Array:
    """Residuals e = y − Xw, equation (1.2): what was wanted minus what came out, (..., n)."""
    return y - scores(w, X)


def mse(w: Array, X: Array, y: Array) -> Array:
    """(1/n) Σ e², the mean squared error as the world defines it, (...)."""
    return np.asarray(np.square(residuals(w, X, y)).mean(axis=-1))


def half_mse(w: Array, X: Array, y: Array) -> Array:
    """C(w) = (1/2n) Σ e², equation (1.3), (...)."""
    return 0.5 * mse(w, X, y)


def mse_gradient(w: Array, X: Array, y: Array) -> Array:
    """The gradient of `half_mse`: (XᵀXw − Xᵀy)/n = Xᵀ(Xw − y)/n, equation (1.5)."""
    return mean_over_samples(scores(w, X) - y, X)


def hessian(X: Array) -> Array:
    """XᵀX/n, the Hessian of `half_mse`: (..., d, d). Positive semidefinite, definite iff X has rank d (E03)."""
    mean: Array = np.matmul(X.mT, X) / X.shape[-2]
    return mean


def least_squares(X: ArrayLike, y: ArrayLike) -> Array:
    """The minimiser of `half_mse`, by singular value decomposition. This is the reference route.

    With X = UΣVᵀ it is w = VΣ⁻¹Uᵀy, and its error grows with the condition number of X, not with its square. Where
    X has not full column rank, so that many w are best, it is the shortest of them.

    Raises:
        ValueError: if X (..., n, d) and y (..., n) do not fit or are not finite.

    """
    X, y = samples(X, y)
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    negligible = s <= s[..., :1] * max(X.shape[-2:]) * np.finfo(np.float64).eps
    inverse = np.where(negligible, 0.0, 1.0 / np.where(negligible, 1.0, s))
    return _from_svd(U, inverse, Vt, y)


def normal_equations(X: ArrayLike, y: ArrayLike) -> Array:
    """The same minimiser as the book finds it: w = (XᵀX)⁻¹Xᵀy, equation (1.6), by solving XᵀXw = Xᵀy.

    Forming XᵀX squares the condition number: from cond(X) ≈ 1e8 on not one digit is safe. For well-conditioned
    exercises it agrees with `least_squares`, the reference, to rounding.

    Raises:
        ValueError: if X and y do not fit or are not finite.
        numpy.linalg.LinAlgError: if XᵀX is exactly singular.

    """
    X, y = samples(X, y)
    solution: Array = np.linalg.solve(np.matmul(X.mT, X), np.matmul(X.mT, y[..., None]))[..., 0]
    return solution


def ridge(X: ArrayLike, y: ArrayLike, penalty: float) -> Array:
    """The minimiser of `ridge_cost`, w = (XᵀX/n + λI)⁻¹ Xᵀy/n, by SVD: w = V diag(σ/(σ² + nλ)) Uᵀy.

    λ = `penalty` stands against a mean, so scikit-learn's ``Ridge`` needs alpha = nλ (and no intercept).

    Raises:
        ValueError: if X and y do not fit or are not finite, or λ is not positive.

    """
    X, y = samples(X, y)
    if not penalty > 0:
        raise ValueError(f"The penalty must be positive, and {penalty} is not; without one there is least_squares.")
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    return _from_svd(U, s / (s * s + X.shape[-2] * penalty), Vt, y)


def _from_svd(U: Array, inverse: Array, Vt: Array, y: Array) -> Array:
    """The weights w = V diag(inverse) Uᵀy."""
    product: Array = np.matmul(Vt.mT, inverse[..., None] * np.matmul(U.mT, y[..., None]))[..., 0]
    return product


def ridge_cost(w: Array, X: Array, y: Array, penalty: float) -> Array:
    """C(w) = (1/2n) Σ e² + (λ/2) ‖w‖², equation (1.9), (...)."""
    cost: Array = half_mse(w, X, y) + 0.5 * penalty * np.square(w).sum(axis=-1)
    return cost


def ridge_gradient(w: Array, X: Array, y: Array, penalty: float) -> Array:
    """(XᵀXw − Xᵀy)/n + λw. The book prints + 2w (E16)."""
    return mse_gradient(w, X, y) + penalty * w


def weighted_minimum(points: ArrayLike, weights: ArrayLike) -> Array:
    """The x that minimises Σ cᵢ ‖x − pᵢ‖²: the weighted mean Σ cᵢpᵢ / Σ cᵢ. Exercise 1.5.

    Args:
        points: p₁ … p_m as rows, (..., m, d).
        weights: c₁ … c_m, (..., m), of positive sum; else there is no minimum.

    Raises:
        ValueError: if shapes do not fit, a number is not finite, or the weights do not sum to a positive number.

    """
    points, weights = samples(points, weights)
    total = weights.sum(axis=-1, keepdims=True)
    if not (total > 0).all():
        raise ValueError("The weights must have a positive sum; otherwise there is no minimum.")
    minimum: Array = np.matmul(points.mT, weights[..., None])[..., 0] / total
    return minimum
