"""Values and gradients of the graph against SymPy, HIPS autograd and the book's example."""

import math
import operator

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import sympy

from solvers import graph, network
from solvers.graph import Node, backpropagate, linear_regression_graph, order

A, B = sympy.symbols("a b")
BINARY = [operator.add, operator.sub, operator.mul, operator.truediv]
UNARY = [
    (graph.square, A**2),
    (graph.exp, sympy.exp(A)),
    (graph.log, sympy.log(A)),
    (graph.sin, sympy.sin(A)),
    (graph.cos, sympy.cos(A)),
    (graph.sigmoid, 1 / (1 + sympy.exp(-A))),
    (graph.tanh, sympy.tanh(A)),
    (graph.relu, sympy.Max(0, A)),
    (operator.neg, -A),
    (lambda a: a**3, A**3),
    (lambda a: a**-2, A**-2),
    (lambda a: a**0.5, sympy.sqrt(A)),
    (lambda a: a**0, sympy.Integer(1)),
]


# The book's graph


def test_book_4_2_2_forward_and_backward_with_the_sign_put_right():
    nodes = linear_regression_graph(w=5, x=1, b=1, y=10)
    assert (nodes.u.value, nodes.prediction.value, nodes.error.value, nodes.loss.value) == (5, 6, 4, 16)
    gradient = backpropagate(nodes.loss)
    assert gradient[nodes.loss] == 1
    assert gradient[nodes.error] == 8
    assert gradient[nodes.y] == 8
    assert [gradient[node] for node in (nodes.prediction, nodes.u, nodes.b, nodes.w)] == [-8, -8, -8, -8]
    assert gradient[nodes.x] == -40


def test_book_4_2_2_local_gradients_stand_on_the_edges():
    nodes = linear_regression_graph(w=5, x=1, b=1, y=10)
    assert nodes.error.inputs == (nodes.y, nodes.prediction)
    assert nodes.error.local_gradients == (1, -1)  # ∂e/∂y and ∂e/∂ŷ
    assert nodes.loss.local_gradients == (8,)
    assert dict(zip(nodes.u.inputs, nodes.u.local_gradients, strict=True)) == {nodes.x: 5, nodes.w: 1}


@pytest.mark.parametrize("seed", range(5))
def test_linear_regression_graph_is_that_of_automatic_differentiation(seed):
    numbers = np.random.default_rng(seed).normal(size=4)
    nodes = linear_regression_graph(*map(float, numbers))
    gradient = backpropagate(nodes.loss)
    expected = autograd.grad(lambda p: (p[3] - (p[0] * p[1] + p[2])) ** 2)(numbers)
    assert [gradient[node] for node in nodes[:4]] == pytest.approx(expected, rel=1e-15)


def test_book_3_3_2_the_gradients_of_both_paths_meet_in_t():
    t = Node(1.25)
    x, y = graph.cos(t), graph.square(t)
    gradient = backpropagate(y + graph.exp(x * y))
    symbol = sympy.Symbol("t")
    f = symbol**2 + sympy.exp(sympy.cos(symbol) * symbol**2)
    assert gradient[t] == pytest.approx(float(f.diff(symbol).subs(symbol, sympy.Rational(5, 4)).evalf(30)), rel=1e-15)


# Operations


@pytest.mark.parametrize("operation", BINARY)
@pytest.mark.parametrize(("a", "b"), [(1.5, 0.25), (-2.0, 3.0), (0.5, -4.0)])
def test_binary_operations(operation, a, b):
    left, right = Node(a), Node(b)
    result = operation(left, right)
    formula = operation(A, B)
    at = {A: sympy.Rational(a), B: sympy.Rational(b)}
    assert result.value == pytest.approx(float(formula.subs(at)), rel=1e-15)
    gradient = backpropagate(result)
    assert gradient[left] == pytest.approx(float(formula.diff(A).subs(at)), rel=1e-15)
    assert gradient[right] == pytest.approx(float(formula.diff(B).subs(at)), rel=1e-15)


@pytest.mark.parametrize("operation", BINARY)
def test_plain_numbers_on_either_side(operation):
    node = Node(1.5)
    for result, value in [(operation(node, 4.0), operation(1.5, 4.0)), (operation(4.0, node), operation(4.0, 1.5))]:
        assert result.value == value
    assert backpropagate(operation(4.0, node))[node] == autograd.grad(lambda v: operation(4.0, v))(1.5)


@pytest.mark.parametrize(("function", "formula"), UNARY)
@pytest.mark.parametrize("a", [0.25, 1.5, 3.0])
def test_functions_of_one_node(function, formula, a):
    node = Node(a)
    result = function(node)
    at = {A: sympy.Rational(a)}
    assert result.value == pytest.approx(float(formula.subs(at).evalf(30)), rel=1e-15)
    slope = formula.diff(A).subs(at).evalf(30)
    assert backpropagate(result)[node] == pytest.approx(float(slope), rel=1e-15)


@pytest.mark.parametrize("function", [graph.square, graph.sin, graph.cos, graph.sigmoid, graph.tanh, graph.relu])
@pytest.mark.parametrize("a", [-1000.0, -0.5, 0.0])
def test_functions_left_of_zero(function, a):
    node = Node(a)
    slope = backpropagate(function(node))[node]
    exact = {
        graph.square: 2 * a,
        graph.sin: math.cos(a),
        graph.cos: -math.sin(a),
        graph.sigmoid: math.exp(a) / (1 + math.exp(a)) ** 2,
        graph.tanh: math.cosh(a) ** -2 if a > -700 else 0.0,
        graph.relu: 0.0,
    }
    assert slope == pytest.approx(exact[function], rel=1e-15)


def test_powers_of_zero():
    zero = Node(0.0)
    assert (zero**0).value == 1
    assert backpropagate(zero**0)[zero] == 0
    assert backpropagate(zero**2)[zero] == 0
    assert backpropagate(zero**1)[zero] == 1


# Graphs


def test_a_node_used_twice_collects_both_paths():
    a = Node(3.0)
    gradient = backpropagate(a * a + a)
    assert gradient[a] == 2 * 3 + 1


def test_a_wide_and_deep_expression_is_that_of_automatic_differentiation():
    start = np.array([0.7, -1.3, 0.4])

    def expression(a, b, c, of):
        d = of.tanh(a * b - c / (b * b + 2.0)) * of.exp(-a)
        return of.log(d * d + 1.0) + of.sin(d) * of.cos(a + c) - (d - b) ** 3 / 7.0

    nodes = [Node(float(number)) for number in start]
    result = expression(*nodes, graph)
    gradient = backpropagate(result)
    expected = autograd.grad(lambda p: expression(*p, anp))(start)
    assert result.value == pytest.approx(expression(*start, anp), rel=1e-15)
    assert [gradient[node] for node in nodes] == pytest.approx(expected, rel=1e-14)


def test_a_neuron_with_several_inputs_learns_like_the_network():
    """Ten steps of gradient descent on ½ (σ(w·x + b) − y)² through the graph and through matrices."""
    x, y = [0.5, -1.0, 2.0], 0.9
    w, b = np.array([0.1, -0.2, 0.3]), np.array([0.05])
    graph_w, graph_b = w.tolist(), 0.05
    for _ in range(10):
        weights, bias = [Node(number) for number in graph_w], Node(graph_b)
        z = sum((weight * number for weight, number in zip(weights, x, strict=True)), bias)
        gradient = backpropagate(0.5 * graph.square(graph.sigmoid(z) - y))
        graph_w = [weight.value - 0.5 * gradient[weight] for weight in weights]
        graph_b -= 0.5 * gradient[bias]

        step = network.backpropagate([w[None]], [b], x, [y])
        w, b = w - 0.5 * step.weights[0][0], b - 0.5 * step.biases[0]
    assert [*graph_w, graph_b] == pytest.approx([*w, *b], rel=1e-14)


def test_order_has_every_node_once_and_after_its_inputs():
    nodes = linear_regression_graph(w=5, x=1, b=1, y=10)
    shared = nodes.loss * nodes.u + nodes.loss
    listed = order(shared)
    assert listed[-1] is shared
    assert len(listed) == len(set(listed)) == 10
    assert all(listed.index(input_) < listed.index(node) for node in listed for input_ in node.inputs)


def test_backpropagation_leaves_the_graph_as_it_was():
    nodes = linear_regression_graph(w=5, x=1, b=1, y=10)
    first = backpropagate(nodes.loss)
    assert backpropagate(nodes.prediction)[nodes.w] == 1  # from another node of the same graph
    assert backpropagate(nodes.loss) == first
    assert nodes.loss not in backpropagate(nodes.prediction)


def test_a_chain_of_ten_thousand_nodes():
    start = node = Node(1.0)
    for _ in range(10_000):
        node = node + 1.0
    assert node.value == 10_001
    assert backpropagate(node)[start] == 1


# What has no value or no slope


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        (lambda: Node(1.0) / Node(0.0), ZeroDivisionError),
        (lambda: 1.0 / Node(0.0), ZeroDivisionError),
        (lambda: Node(0.0) ** -1, ZeroDivisionError),
        (lambda: Node(0.0) ** 0.5, ZeroDivisionError),
        (lambda: Node(-1.0) ** 0.5, ValueError),
        (lambda: graph.log(Node(0.0)), ValueError),
        (lambda: graph.log(Node(-1.0)), ValueError),
        (lambda: graph.exp(Node(1000.0)), OverflowError),
        (lambda: Node(1e200) * Node(1e200), OverflowError),
        (lambda: Node(1e200) ** 2, OverflowError),
        (lambda: Node(1.0) / Node(1e-200) / Node(1e-200), OverflowError),
    ],
)
def test_operations_without_a_finite_value_or_slope(expression, error):
    with pytest.raises(error):
        expression()
