"""The multivariate chain rule on the book's example, section 3.3.2."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from solvers.samples import Array


class TotalDerivative(NamedTuple):
    """df/dt and the two paths it is the sum of, each of the shape of t."""

    through_x: Array  # ∂f/∂x · dx/dt
    through_y: Array  # ∂f/∂y · dy/dt
    total: Array


def total_derivative(t: ArrayLike) -> TotalDerivative:
    """df/dt of f(x, y) = y + e^{xy} along x(t) = cos t, y(t) = t².

    df/dt = y e^{xy} · (−sin t) + (1 + x e^{xy}) · 2t
    """
    time = np.asarray(t, dtype=np.float64)
    x, y = np.cos(time), time**2
    power = np.exp(x * y)
    through_x = y * power * -np.sin(time)
    through_y = (1 + x * power) * 2 * time
    return TotalDerivative(through_x, through_y, through_x + through_y)
