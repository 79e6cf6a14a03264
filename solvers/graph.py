"""A computational graph of scalars (book 4.2), after Karpathy's micrograd.

For example::

    w, x = Node(5.0, name="w"), Node(1.0, name="x")
    y = square(w * x - 10)
    backpropagate(y)[w]  # ∂y/∂w

A node keeps its value and, for each node that goes directly into it, the *local gradient* ∂node/∂input: that is the
forward pass. Backpropagation multiplies these along each path from the output and sums over the paths (4.2.1). It
writes nothing into the graph, so one graph can be differentiated from several of its nodes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from solvers import activations

Number: TypeAlias = "Node | float"


@dataclass(frozen=True, eq=False)  # nodes are compared and hashed by identity: two nodes of value 1 are not the same
class Node:
    """A number and how it came about; without `inputs`, a given one.

    Arithmetic with nodes and plain numbers gives nodes. A value or local gradient that is not finite raises
    OverflowError, division by zero ZeroDivisionError, an argument outside the real domain ValueError.
    """

    value: float
    name: str = ""
    operation: str = "given"
    inputs: tuple["Node", ...] = ()
    local_gradients: tuple[float, ...] = ()  # ∂self/∂input, one for each of the inputs

    def __add__(self, other: Number) -> "Node":
        other = _node(other)
        return _result("+", self.value + other.value, (self, 1.0), (other, 1.0))

    def __sub__(self, other: Number) -> "Node":
        other = _node(other)
        return _result("-", self.value - other.value, (self, 1.0), (other, -1.0))

    def __mul__(self, other: Number) -> "Node":
        other = _node(other)
        return _result("*", self.value * other.value, (self, other.value), (other, self.value))

    def __truediv__(self, other: Number) -> "Node":
        other = _node(other)
        value = self.value / other.value
        return _result("/", value, (self, 1 / other.value), (other, -value / other.value))

    def __pow__(self, exponent: float) -> "Node":
        if self.value < 0 and not float(exponent).is_integer():
            raise ValueError(f"{self.value} to the power {exponent} is not a real number.")
        # x⁰ is constant, also at 0, where 0 · 0⁻¹ would raise.
        slope = exponent * self.value ** (exponent - 1) if exponent else 0.0
        return _result(f"**{exponent}", self.value**exponent, (self, slope))

    def __neg__(self) -> "Node":
        return _result("neg", -self.value, (self, -1.0))

    def __radd__(self, other: float) -> "Node":
        return _node(other) + self

    def __rsub__(self, other: float) -> "Node":
        return _node(other) - self

    def __rmul__(self, other: float) -> "Node":
        return _node(other) * self

    def __rtruediv__(self, other: float) -> "Node":
        return _node(other) / self


def square(x: Node) -> Node:
    return _result("square", x.value * x.value, (x, 2 * x.value))


def exp(x: Node) -> Node:
    value = math.exp(x.value)
    return _result("exp", value, (x, value))


def log(x: Node) -> Node:
    return _result("log", math.log(x.value), (x, 1 / x.value))


def sin(x: Node) -> Node:
    return _result("sin", math.sin(x.value), (x, math.cos(x.value)))


def cos(x: Node) -> Node:
    return _result("cos", math.cos(x.value), (x, -math.sin(x.value)))


def sigmoid(x: Node) -> Node:
    return _activation("sigmoid", x)


def tanh(x: Node) -> Node:
    return _activation("tanh", x)


def relu(x: Node) -> Node:
    """max(0, x), with the local gradient 0 at x = 0."""
    return _activation("relu", x)


def order(output: Node) -> list[Node]:
    """Every node that the output depends on, each after its inputs, the output last: the order of computation."""
    done: dict[Node, None] = {}
    stack = [(output, False)]
    while stack:  # not recursive: a long sum is a deep graph
        node, inputs_done = stack.pop()
        if inputs_done:
            done[node] = None
        elif node not in done:
            stack.append((node, True))
            stack.extend((input_, False) for input_ in reversed(node.inputs) if input_ not in done)
    return list(done)


def backpropagate(output: Node) -> Mapping[Node, float]:
    """The backpropagated gradient ∂output/∂node of every node that the output depends on (book 4.2.1).

    ∂z/∂x = Σ_i ∂z/∂y_i · ∂y_i/∂x, over the nodes y_i that x goes into, beginning with ∂z/∂z = 1.
    """
    nodes = order(output)
    gradient = dict.fromkeys(nodes, 0.0)
    gradient[output] = 1.0
    for node in reversed(nodes):
        for input_, local in zip(node.inputs, node.local_gradients, strict=True):
            gradient[input_] += gradient[node] * local
    return gradient


class LinearRegressionGraph(NamedTuple):
    """The nodes of figure 4.2: u = xw, ŷ = u + b, e = y − ŷ, c = e²."""

    w: Node
    x: Node
    b: Node
    y: Node
    u: Node
    prediction: Node
    error: Node
    loss: Node


def linear_regression_graph(w: float, x: float, b: float, y: float) -> LinearRegressionGraph:
    """The graph of book 4.2.2. Its numbers are w = 5, x = 1 and, from u = 5, ŷ = 6 and 2e = 8, b = 1 and y = 10.

    There ∂c/∂e = 8 and, since ∂e/∂ŷ = −1, ∂c/∂ŷ = ∂c/∂w = ∂c/∂b = −8; the book prints 8 (E57).
    """
    given = Node(w, "w"), Node(x, "x"), Node(b, "b"), Node(y, "y")
    node_w, node_x, node_b, node_y = given
    u = node_x * node_w
    prediction = u + node_b
    error = node_y - prediction
    return LinearRegressionGraph(*given, u, prediction, error, square(error))


def _node(number: Number) -> Node:
    return number if isinstance(number, Node) else Node(number)


def _result(operation: str, value: float, *edges: tuple[Node, float]) -> Node:
    """The node an operation gives, from pairs of an input and the local gradient with respect to it."""
    if not all(map(math.isfinite, (value, *(local for _, local in edges)))):
        raise OverflowError(f"{operation} of {[node.value for node, _ in edges]} is not finite.")
    return Node(value, "", operation, tuple(node for node, _ in edges), tuple(local for _, local in edges))


def _activation(name: str, x: Node) -> Node:
    function, derivative = activations.ACTIVATIONS[name]
    z = np.asarray(x.value, dtype=np.float64)
    return _result(name, float(function(z)), (x, float(derivative(z))))
