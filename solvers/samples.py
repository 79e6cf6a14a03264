"""What every solver asks of its data: shapes that fit, finite numbers, labels ±1."""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]


def samples(X: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """The data as C-contiguous float64, checked.

    Contiguous, because BLAS sums a transposed view in another order: a stack of problems would then
    differ in the last bit from the same problems solved one by one.

    Args:
        X: samples, of shape (..., n, d).
        y: targets or labels, of shape (..., n).

    Raises:
        ValueError: if the shapes do not fit, there is no sample, or a number is not finite.

    """
    X = np.ascontiguousarray(X, dtype=np.float64)
    y = np.ascontiguousarray(y, dtype=np.float64)
    if X.ndim < 2:
        raise ValueError(f"X has shape {X.shape}; it needs rows (samples) and columns (features).")
    n, d = X.shape[-2:]
    if n == 0 or d == 0:
        raise ValueError(f"X has shape {X.shape}; at least one sample and one feature are needed.")
    # A column y of shape (n, 1) would broadcast to an n x n matrix of margins without a word.
    if y.shape != X.shape[:-1]:
        raise ValueError(f"y has shape {y.shape}; X of shape {X.shape} needs {X.shape[:-1]}.")
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError("X and y must hold finite numbers.")
    return X, y


def labelled(X: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    """As `samples`, and every label is −1 or +1.

    Raises:
        ValueError: as `samples`, or if a label is neither −1 nor +1.

    """
    X, y = samples(X, y)
    if not (np.abs(y) == 1.0).all():
        raise ValueError("The labels y must be -1 or +1.")
    return X, y
