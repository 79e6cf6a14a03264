"""Activations against SciPy, HIPS autograd and 60 digits of mpmath."""

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
from scipy.special import expit

from solvers.activations import (
    ACTIVATIONS,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    tanh,
    tanh_derivative,
)

Z = np.linspace(-30, 30, 1201)


def relative(actual, exact):
    return max(float(abs((mpmath.mpf(float(a)) - e) / e)) for a, e in zip(actual, exact, strict=True))


def test_sigmoid_is_scipys(apart):
    assert apart(sigmoid(Z), expit(Z)) <= 1e-15


def test_tails_keep_their_digits():
    """σ(1 − σ) would be exactly 0 from z = 37 on, and 1 − tanh² from z = 19 on."""
    z = np.array([-700.0, -50.0, -1.0, 0.5, 20.0, 40.0, 300.0])
    with mpmath.workdps(60):
        exact = [mpmath.mpf(value) for value in z.tolist()]
        assert relative(sigmoid(z), [1 / (1 + mpmath.exp(-v)) for v in exact]) < 1e-15
        assert relative(sigmoid_derivative(z), [mpmath.exp(-v) / (1 + mpmath.exp(-v)) ** 2 for v in exact]) < 1e-15
        assert relative(tanh_derivative(z / 4), [mpmath.sech(v / 4) ** 2 for v in exact]) < 1e-15


@pytest.mark.parametrize(
    ("name", "function"),
    [("sigmoid", lambda z: 1 / (1 + anp.exp(-z))), ("tanh", anp.tanh), ("relu", lambda z: anp.maximum(0, z))],
)
def test_functions_and_derivatives_are_autograds(name, function, apart):
    z = Z[Z != 0]  # at 0 the ReLU has no derivative
    assert apart(ACTIVATIONS[name].function(z), function(z)) <= 1e-15
    assert apart(ACTIVATIONS[name].derivative(z), autograd.elementwise_grad(function)(z)) <= 1e-15


def test_no_argument_overflows():
    z = np.array([-1e308, -1000.0, 1000.0, 1e308])
    assert sigmoid(z).tolist() == [0, 0, 1, 1]
    assert tanh(z).tolist() == [-1, -1, 1, 1]
    assert sigmoid_derivative(z).tolist() == tanh_derivative(z).tolist() == [0, 0, 0, 0]


def test_values_at_zero():
    assert (sigmoid(0.0), sigmoid_derivative(0.0)) == (0.5, 0.25)
    assert (tanh(0.0), tanh_derivative(0.0)) == (0.0, 1.0)
    assert (relu(0.0), relu_derivative(0.0)) == (0.0, 0.0)


def test_any_shape():
    for activation in ACTIVATIONS.values():
        assert activation.function(np.ones((2, 3, 4))).shape == (2, 3, 4)
        assert activation.derivative(np.ones((2, 3, 4))).shape == (2, 3, 4)
