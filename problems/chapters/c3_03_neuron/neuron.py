"""The single neuron: its run forward, and its gradients."""

from typing import TypedDict

import numpy as np

from problems.problem import Answers
from solvers.activations import sigmoid, sigmoid_derivative
from solvers.network import neuron_gradient


class Neuron(TypedDict):
    """Weight and bias of a sigmoid neuron, its input `x` and the target `y`."""

    w: float
    b: float
    x: float
    y: float


def pre_activation(p: Neuron) -> float:
    return p["w"] * p["x"] + p["b"]


def gradients_of(p: Neuron) -> tuple[float, float]:
    dw, db = neuron_gradient(p["w"], p["b"], p["x"], p["y"])
    return float(dw), float(db)


def solve(p: Neuron) -> Answers:
    dw, db = gradients_of(p)
    return {"z": pre_activation(p), "a": sigmoid_of(pre_activation(p)), "dw": dw, "db": db}


def follow(p: Neuron, answers: Answers) -> Answers:
    """The output a from z, and the gradients from a."""
    if "a" not in answers:
        return {"a": sigmoid_of(answers["z"])}
    a = answers["a"]
    gradients = from_delta(p, (a - p["y"]) * a * (1 - a))
    return {"a": sigmoid_of(answers["z"]), **gradients} if "z" in answers else gradients


def from_delta(p: Neuron, delta: float) -> Answers:
    """The gradients from δ = ∂C/∂z."""
    return {"dw": delta * p["x"], "db": delta}


def sigmoid_of(z: float) -> float:
    return float(sigmoid(np.array(z)))


def slope_of(z: float) -> float:
    return float(sigmoid_derivative(np.array(z)))
