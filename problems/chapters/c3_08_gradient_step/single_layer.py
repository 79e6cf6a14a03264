"""A sigmoid neuron with several inputs, its gradient over the samples, and a step against it."""

from typing import TypedDict

import numpy as np

from problems.problem import Answers
from solvers.network import single_layer_gradient
from solvers.samples import Array


class SingleLayer(TypedDict):
    """Samples `X` (n, d), targets `y` (n,), the start `w0` (d,) and `b0`, and the `step_size`."""

    X: list[list[float]]
    y: list[float]
    w0: list[float]
    b0: float
    step_size: float


def arrays(p: SingleLayer) -> tuple[Array, Array, Array, float]:
    return np.array(p["X"]), np.array(p["y"]), np.array(p["w0"]), p["b0"]


def step_from(p: SingleLayer, dw: Array, db: float) -> Answers:
    """The gradients, and where a step against them leads."""
    eta = p["step_size"]
    return {"dw": dw, "db": db, "w": np.array(p["w0"]) - eta * dw, "b": p["b0"] - eta * db}


def solve(p: SingleLayer) -> Answers:
    X, y, w, b = arrays(p)
    dw, db = single_layer_gradient(w, b, X, y)
    return step_from(p, dw, float(db))
