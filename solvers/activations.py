"""Activation functions of a neuron and their derivatives (book 3.2 and 3.4.1), elementwise on any shape.

All of them are written so that no argument overflows and the derivatives keep their relative accuracy
in the tails, where σ(1 − σ) and 1 − tanh² cancel to 0.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from solvers.samples import Array


def sigmoid(z: Array) -> Array:
    """σ(z) = 1 / (1 + e^(−z)), equation (3.1)."""
    e = np.exp(-np.abs(z))  # at most 1, whatever z
    return np.where(np.asarray(z) >= 0, 1.0, e) / (1.0 + e)


def sigmoid_derivative(z: Array) -> Array:
    """σ'(z) = σ(z)(1 − σ(z)) = e^(−|z|) / (1 + e^(−|z|))²."""
    e = np.exp(-np.abs(z))
    return e / np.square(1.0 + e)


def tanh(z: Array) -> Array:
    return np.tanh(z)


def tanh_derivative(z: Array) -> Array:
    """tanh'(z) = 1 − tanh²(z) = 4 (e^(−|z|) / (1 + e^(−2|z|)))²."""
    e = np.exp(-np.abs(z))
    return 4.0 * np.square(e / (1.0 + e * e))


def relu(z: Array) -> Array:
    """max(0, z)."""
    return np.maximum(z, 0.0)


def relu_derivative(z: Array) -> Array:
    """1 where z > 0, else 0. At z = 0 there is no derivative; the value 0 is the usual convention."""
    return np.where(np.asarray(z) > 0, 1.0, 0.0)


class Activation(NamedTuple):
    """A function of the pre-activation z, and its derivative with respect to z."""

    function: Callable[[Array], Array]
    derivative: Callable[[Array], Array]


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        "sigmoid": Activation(sigmoid, sigmoid_derivative),
        "tanh": Activation(tanh, tanh_derivative),
        "relu": Activation(relu, relu_derivative),
    }
)
