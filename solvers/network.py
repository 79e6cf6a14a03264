"""Fully connected feed-forward networks, the book's sections 3.2 to 4.6."""

from collections.abc import Sequence
from itertools import pairwise
from operator import index


def parameter_count(widths: Sequence[int]) -> int:
    """Weights and biases of a fully connected network: Σ_{l≥2} (m_{l−1}·m_l + m_l)  (section 3.4.1, exercise 1.4).

    `widths` holds m_1, …, m_L from the input to the output layer; the input layer has no parameters of its own.
    Raises ValueError for fewer than two layers or a width below 1.
    """
    if len(widths) < 2:
        raise ValueError("a network has at least an input and an output layer")
    if any(index(width) < 1 for width in widths):
        raise ValueError(f"every layer has at least one neuron, not {list(widths)}")
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(widths))
