"""The step of exercise c4.5: its parameters, its key, and how each part follows from the ones before."""

from typing import Any

import numpy as np

from problems.chapters.backprop_data import slope_by_output
from problems.chapters.chained import Part, Parts, rounding_error
from problems.chapters.network_data import NetworkInput, draw_network, tenths
from problems.draws import Draws
from problems.problem import Answers
from solvers.network import ActivationName, backpropagate, forward, hidden_delta, output_delta
from solvers.samples import Array

MATRICES = ("W3", "W2")


class Step(NetworkInput):
    """A network of three layers, a sample `x` with its target `y` (m_3,), and the step size."""

    y: list[float]
    step_size: float


LAYERS = [2, 2, 2]
"""Equal widths: a matrix that should have been transposed still fits."""


def draw(draws: Draws) -> Step:
    activation: ActivationName = draws.choice(("sigmoid", "tanh"))
    targets = (0, 1) if activation == "sigmoid" else (-1, 1)
    return Step(
        **draw_network(draws, LAYERS, activation),
        x=[tenths(draws, 3, 15) for _ in range(LAYERS[0])],
        y=[draws.choice(targets) for _ in range(LAYERS[-1])],
        step_size=draws.choice((0.5, 1.5, 2)),
    )


def solve(p: Step) -> Answers:
    sample = (p["weights"], p["biases"], p["x"])
    _, (_, a2, a3) = forward(*sample, p["activation"])
    gradients = backpropagate(*sample, p["y"], p["activation"])
    new = [np.array(W) - p["step_size"] * g for W, g in zip(p["weights"], gradients.weights, strict=True)]
    delta2, delta3 = gradients.deltas
    return {"a2": a2, "a3": a3, "delta3": delta3, "delta2": delta2, "W3": new[1], "W2": new[0]}


def ill_posed(p: Step) -> str | None:
    key = solve(p)
    if np.abs(key["delta2"]).min() < 0.008 or np.abs(key["delta3"]).min() < 0.02:
        return "a gradient is too small for three decimals"
    if not all(np.all((np.abs(key[a]) > 0.05) & (np.abs(key[a]) < 0.97)) for a in ("a2", "a3")):
        return "a neuron is saturated, or gives next to nothing"
    if rounding_error({name: part for name, part in PARTS.items() if name not in MATRICES}, p, key) > 0.0008:
        return "rounded answers can't be followed"
    return None


def matrix_of(p: Step, layer: int) -> Array:
    """W² or W³."""
    return np.array(p["weights"][layer - 2])


def layer_of(p: Step, layer: int, before: Any) -> Array:
    """The activations of one layer from those of the layer before."""
    return forward([matrix_of(p, layer)], [p["biases"][layer - 2]], before, p["activation"]).a[-1]


def slope_of(p: Step, a: Any) -> Array:
    return slope_by_output(p["activation"], np.asarray(a))


def descend(p: Step, layer: int, delta: Any, before: Any) -> Array:
    return matrix_of(p, layer) - p["step_size"] * np.outer(delta, before)


PARTS: Parts[Step] = {
    "a2": Part((), lambda p, _: layer_of(p, 2, p["x"])),
    "a3": Part(("a2",), lambda p, given: layer_of(p, 3, given["a2"])),
    "delta3": Part(
        ("a3",), lambda p, given: output_delta(np.asarray(given["a3"]), np.array(p["y"]), slope_of(p, given["a3"]))
    ),
    "delta2": Part(
        ("a2", "delta3"),
        lambda p, given: hidden_delta(matrix_of(p, 3), np.asarray(given["delta3"]), slope_of(p, given["a2"])),
    ),
    "W3": Part(("a2", "delta3"), lambda p, given: descend(p, 3, given["delta3"], given["a2"])),
    "W2": Part(("delta2",), lambda p, given: descend(p, 2, given["delta2"], p["x"])),
}
