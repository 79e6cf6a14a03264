"""What the exercises on small networks (chapters 3 and 4) share: drawn networks, and how to show their numbers."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypedDict

import numpy as np

from problems.draws import Draws
from problems.latex import latex_matrix, latex_number
from solvers.network import ActivationName, Layers, forward
from solvers.samples import Array


class Network(TypedDict):
    """A network with `layers` m_1, …, m_L: `weights` are Wˡ (m_l, m_{l−1}) and `biases` bˡ (m_l,) for l = 2, …, L.

    `activation` is that of every layer from the second on, the output included.
    """

    layers: list[int]
    weights: list[list[list[float]]]
    biases: list[list[float]]
    activation: ActivationName


class NetworkInput(Network):
    """A network and one sample `x` (m_1,)."""

    x: list[float]


def tenths(draws: Draws, low: int, high: int) -> float:
    """One of low/10, …, high/10 of either sign; never 0 if `low` is not."""
    return draws.choice((-1, 1)) * draws.integer(low, high) / 10


def draw_network(draws: Draws, layers: Sequence[int], activation: ActivationName) -> Network:
    """Weights from ±0.2 to ±1.5 and biases from ±0.1 to ±0.9, on tenths: no neuron saturates, none is dead."""
    return Network(
        layers=list(layers),
        weights=[[[tenths(draws, 2, 15) for _ in range(m)] for _ in range(k)] for m, k in pairwise(layers)],
        biases=[[tenths(draws, 1, 9) for _ in range(k)] for k in layers[1:]],
        activation=activation,
    )


def run(p: NetworkInput) -> Layers:
    """Pre-activations and activations of every layer."""
    return forward(p["weights"], p["biases"], p["x"], p["activation"])


def column(vector: Sequence[float] | Array, decimals: int | None = 6) -> str:
    """A vector as a LaTeX column; with None as many decimals as it has."""
    return latex_matrix([[component] for component in np.asarray(vector).tolist()], decimals)


def matrix(rows: Sequence[Sequence[float]] | Array, decimals: int | None = None) -> str:
    """A matrix in LaTeX; without `decimals` as many as it has."""
    return latex_matrix(np.asarray(rows).tolist(), decimals)


def signed(number: float, decimals: int | None = None) -> str:
    """A number as a factor or a term in the middle of a formula: negative ones in parentheses."""
    shown = latex_number(number, decimals)
    return f"({shown})" if shown.startswith("-") else shown
