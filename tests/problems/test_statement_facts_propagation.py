"""Statements of exercise 1.3 (propagation): the book's recursion (4.1) against autograd's derivatives."""

import tomllib
from importlib.resources import files
from itertools import pairwise

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

BANK = {
    statement["id"]: statement["true"]
    for statement in tomllib.loads(
        files("problems.set1.ex03_propagation").joinpath("statements.toml").read_text(encoding="utf-8")
    )["statement"]
}
RNG = np.random.Generator(np.random.PCG64(13))
WIDTHS = (3, 4, 3, 2)
WEIGHTS = [RNG.normal(size=(m, k)) for k, m in pairwise(WIDTHS)]
BIASES = [RNG.normal(size=m) for m in WIDTHS[1:]]
X = RNG.normal(size=3)
Y = RNG.normal(size=2)


def sigmoid(z):
    return 1 / (1 + anp.exp(-z))


def relu(z):
    return anp.maximum(z, 0)


def loss(weights, biases, x=X, activation=sigmoid, shifts=(0, 0, 0)):
    """C = |a^L - y|² / 2; the shifts are added to the pre-activations, so that dC/dshift is the delta."""
    a = x
    for W, b, shift in zip(weights, biases, shifts, strict=True):
        a = activation(W @ a + b + shift)
    return anp.sum((a - Y) ** 2) / 2


def activations(weights, biases, x=X):
    layers = [x]
    for W, b in zip(weights, biases, strict=True):
        layers.append(sigmoid(W @ layers[-1] + b))
    return layers


def deltas(weights, biases, x=X, activation=sigmoid):
    zeros = [np.zeros(len(b)) for b in biases]
    return grad(lambda shifts: loss(weights, biases, x, activation, shifts))(zeros)


DELTAS = deltas(WEIGHTS, BIASES)
LAYERS = activations(WEIGHTS, BIASES)
WEIGHT_GRADIENTS = grad(loss, 0)(WEIGHTS, BIASES)
BIAS_GRADIENTS = grad(loss, 1)(WEIGHTS, BIASES)


def test_sigmoid_derivative_from_its_output():
    z = np.linspace(-8, 8, 401)
    slope = np.array([grad(sigmoid)(value) for value in z])
    a = sigmoid(z)
    assert np.allclose(slope, a * (1 - a)) is BANK["sigmoid-derivative"]
    assert bool((slope <= 0.25 + 1e-15).all()) is BANK["sigmoid-slope"]
    assert bool(np.isclose(grad(sigmoid)(0.0), 1)) is BANK["sigmoid-slope-at-zero"]


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_weight_and_bias_gradients_of_each_layer(layer):
    outer = np.outer(DELTAS[layer], LAYERS[layer])
    assert np.allclose(WEIGHT_GRADIENTS[layer], outer) is BANK["outer-product"]
    assert (WEIGHT_GRADIENTS[layer].shape == WEIGHTS[layer].shape) is BANK["gradient-shape"]
    assert np.allclose(BIAS_GRADIENTS[layer], DELTAS[layer]) is BANK["bias-derivative"]
    with_inputs = DELTAS[layer] * LAYERS[layer].sum()
    assert np.allclose(BIAS_GRADIENTS[layer], with_inputs) is BANK["bias-times-activation"]


@pytest.mark.parametrize("layer", [0, 1])
def test_recursion_of_the_hidden_deltas(layer):
    a = LAYERS[layer + 1]
    recursion = WEIGHTS[layer + 1].T @ DELTAS[layer + 1] * a * (1 - a)
    assert np.allclose(DELTAS[layer], recursion) is BANK["hidden-delta"]


def test_untransposed_weights_do_not_fit():
    def fits():
        try:
            WEIGHTS[1] @ DELTAS[1]  # (3, 4) times (3,)
        except ValueError:
            return False
        return True

    assert fits() is BANK["untransposed-weights"]


def test_zero_weights_and_zero_input():
    blocked = deltas([WEIGHTS[0], np.zeros_like(WEIGHTS[1]), WEIGHTS[2]], BIASES)
    assert (not blocked[0].any()) is BANK["zero-next-weights"]
    first_bias_gradient = grad(loss, 1)(WEIGHTS, BIASES, np.zeros(3))[0]
    assert (not first_bias_gradient.any()) is BANK["zero-input"]


def test_output_deltas():
    a = LAYERS[-1]
    assert np.allclose(DELTAS[-1], (a - Y) * a * (1 - a)) is BANK["output-delta"]
    assert np.allclose(DELTAS[-1], a - Y) is BANK["sigmoid-squared-error"]

    z, one_hot = RNG.normal(size=3), np.array([0.0, 1.0, 0.0])

    def cross_entropy(z):
        return -anp.sum(one_hot * anp.log(anp.exp(z) / anp.sum(anp.exp(z))))

    softmax = np.exp(z) / np.exp(z).sum()
    assert np.allclose(grad(cross_entropy)(z), softmax - one_hot) is BANK["softmax-cross-entropy"]


def test_paths_of_the_books_composite_function():
    """The function y + exp(xy) with x = cos t, y = t² (section 3.3.2)."""

    def f(t):
        return t**2 + anp.exp(anp.cos(t) * t**2)

    t = 0.7
    x, y = np.cos(t), t**2
    by_x, by_y = y * np.exp(x * y) * -np.sin(t), (1 + x * np.exp(x * y)) * 2 * t
    assert bool(np.isclose(grad(f)(t), by_x + by_y)) is BANK["several-successors"]
    assert bool(np.isclose(grad(f)(t), by_x * by_y)) is BANK["single-path"]
    composite = grad(lambda t: anp.exp(anp.cos(t)))(t)
    assert bool(np.isclose(composite, np.exp(t) * -np.sin(t))) is BANK["outer-derivative"]


def test_squared_error_of_a_line():
    derivative_by_w, derivative_by_b = (grad(lambda w, b: (5 - (w * 2 + b)) ** 2, i)(1.0, 0.0) for i in (0, 1))
    assert bool(derivative_by_w == -12) is BANK["squared-error-weight-value"]
    assert bool(derivative_by_b == 6) is BANK["squared-error-bias-value"]
    assert bool(grad(lambda p: (5 - p) ** 2)(1.5) == -2 * (5 - 1.5)) is BANK["squared-error-prediction"]
    assert bool(grad(lambda w: w * 3.0 + 1)(2.0) == 2.0) is BANK["local-derivative"]


def test_gradient_of_a_mean_loss():
    inputs = RNG.normal(size=(6, 3))
    of_mean = grad(lambda b: sum(loss(WEIGHTS, b, x) for x in inputs) / 6)(BIASES)
    mean_of = [
        np.mean(column, axis=0) for column in zip(*(grad(loss, 1)(WEIGHTS, BIASES, x) for x in inputs), strict=True)
    ]
    agrees = all(np.allclose(a, b) for a, b in zip(of_mean, mean_of, strict=True))
    assert agrees is BANK["mean-loss"]


def test_derivative_with_respect_to_the_input():
    one_more_step = WEIGHTS[0].T @ DELTAS[0]
    assert (not np.allclose(grad(lambda x: loss(WEIGHTS, BIASES, x))(X), one_more_step)) is BANK["input-derivative"]


def test_relu_unit_with_negative_pre_activation():
    biases = [BIASES[0] - np.array([100.0, 0, 0, 0]), BIASES[1], BIASES[2]]
    by_weights = grad(loss, 0)(WEIGHTS, biases, X, relu)[0][0]
    by_bias = grad(loss, 1)(WEIGHTS, biases, X, relu)[0]
    assert bool(by_weights.any()) is BANK["dead-relu-a"]
    assert bool(by_bias[0] == 0) is BANK["dead-relu-b"]
    assert by_bias[1:].any()  # the other units of the layer still learn


def test_twin_units_receive_equal_gradients():
    first, second = WEIGHTS[0].copy(), WEIGHTS[1].copy()
    first[1], second[:, 1] = first[0], second[:, 0]
    biases = [np.concatenate([BIASES[0][:1], BIASES[0][:1], BIASES[0][2:]]), BIASES[1], BIASES[2]]
    gradient = grad(loss, 0)([first, second, WEIGHTS[2]], biases)[0]
    assert np.allclose(gradient[0], gradient[1]) is BANK["twin-units"]
    assert not np.allclose(gradient[0], gradient[2])
