"""A network of ReLUs whose output is a bent line."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from problems.problem import Answers
from solvers.linear_model import least_squares, with_bias
from solvers.network import forward
from solvers.samples import Array


class ReluNetwork(TypedDict):
    """Hidden neuron j computes relu(uⱼ x + cⱼ) from `hidden_weights` u (m,) and `hidden_biases` c (m,), m = 2 or 3.

    The output is to be the function through the m + 1 `points` (x, y), which bends at the inner ones alone: there the
    hidden neurons switch, the first two at the first, the third at the second. `x` is where the output is asked.
    """

    hidden_weights: list[float]
    hidden_biases: list[float]
    points: list[list[float]]
    x: float


def hidden_activations(p: ReluNetwork, x: Sequence[float]) -> Array:
    """The hidden activations, (n, m), at n inputs."""
    U = np.array(p["hidden_weights"])[:, np.newaxis]
    return forward([U], [p["hidden_biases"]], np.array(x)[:, np.newaxis], "relu").a[-1]


def pre_activations(p: ReluNetwork) -> Array:
    """The hidden pre-activations (m,) at the asked x."""
    u, c = np.array(p["hidden_weights"]), np.array(p["hidden_biases"])
    return np.asarray(u * p["x"] + c, dtype=np.float64)


def answers_with(p: ReluNetwork, weights: Array, bias: float) -> Answers:
    """These output weights, and what the network makes of x with them."""
    U = np.array(p["hidden_weights"])[:, np.newaxis]
    output = forward([U, weights[np.newaxis, :]], [p["hidden_biases"], [bias]], [p["x"]], "relu").a[-1]
    return {"weights": weights, "bias": bias, "output": float(output[0])}


def output_parameters(p: ReluNetwork) -> tuple[Array, float]:
    """The output weights (m,) and bias: a linear model in the hidden activations, through all points."""
    points = np.array(p["points"])
    bias, *weights = least_squares(with_bias(hidden_activations(p, points[:, 0].tolist())), points[:, 1]).tolist()
    return np.round(weights, 12) + 0.0, round(bias, 12) + 0.0  # no -0


def solve(p: ReluNetwork) -> Answers:
    return answers_with(p, *output_parameters(p))
