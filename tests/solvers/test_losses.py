"""Margin losses against scikit-learn, exact fractions, mpmath, HIPS autograd and finite differences."""

from fractions import Fraction

import autograd
import autograd.numpy as anp
import mpmath
import numpy as np
import pytest
from scipy.optimize import approx_fprime
from sklearn.metrics import hinge_loss, log_loss, zero_one_loss

from solvers import losses

COSTS = {
    "hinge": (losses.hinge_cost, losses.hinge_gradient, lambda m: anp.maximum(0, 1 - m)),
    "squared hinge": (
        losses.squared_hinge_cost,
        losses.squared_hinge_gradient,
        lambda m: anp.maximum(0, 1 - m) ** 2 / 2,
    ),
    "logistic": (losses.logistic_cost, losses.logistic_gradient, lambda m: anp.log1p(anp.exp(-m))),
}


@pytest.fixture
def problem():
    rng = np.random.default_rng(14)
    return rng.normal(size=4), rng.normal(size=(50, 4)), rng.choice([-1.0, 1.0], 50)


@pytest.mark.parametrize(
    ("loss", "derivative", "formula"),
    [
        (losses.hinge, losses.hinge_derivative, COSTS["hinge"][2]),
        (losses.squared_hinge, losses.squared_hinge_derivative, COSTS["squared hinge"][2]),
        (losses.logistic, losses.logistic_derivative, COSTS["logistic"][2]),
    ],
    ids=COSTS,
)
def test_losses_and_derivatives_are_autograds(loss, derivative, formula, apart):
    m = np.linspace(-6, 6, 400)  # does not meet the kink at 1
    assert apart(loss(m), formula(m)) <= 4e-15
    assert apart(derivative(m), autograd.elementwise_grad(formula)(m)) <= 4e-15


@pytest.mark.parametrize("name", COSTS)
def test_costs_and_gradients_are_autograds(name, problem, apart):
    cost, gradient, formula = COSTS[name]
    w, X, y = problem

    def mean(w):
        return anp.mean(formula(y * anp.dot(X, w)))

    assert apart(cost(w, X, y), mean(w)) <= 1e-15
    assert apart(gradient(w, X, y), autograd.grad(mean)(w)) <= 1e-15


@pytest.mark.parametrize("name", COSTS)
def test_gradients_are_those_of_finite_differences(name, problem, apart):
    cost, gradient, _ = COSTS[name]
    w, X, y = problem
    assert apart(gradient(w, X, y), approx_fprime(w, cost, 1e-7, X, y)) <= 1e-6


def test_costs_are_scikit_learns(problem, apart):
    w, X, y = problem
    s = X @ w
    assert apart(losses.zero_one_cost(w, X, y), zero_one_loss(y, np.sign(s))) == 0
    assert apart(losses.hinge_cost(w, X, y), hinge_loss(y, s)) <= 1e-15
    assert apart(losses.logistic_cost(w, X, y), log_loss(y, 1 / (1 + np.exp(-s)))) <= 1e-15


def test_equation_1_7_in_exact_fractions(printed, apart):
    X, y = printed
    w = np.array([-0.5, 1.25, -1.0, -0.75])
    rows = [[Fraction(round(20 * v), 20) for v in row] for row in X.tolist()]
    weights = [Fraction(v) for v in w.tolist()]
    total = [Fraction(0)] * 4
    for row, label in zip(rows, y.tolist(), strict=True):
        score = sum(a * b for a, b in zip(weights, row, strict=True))
        if int(label) * score < 1:
            total = [g + (score - int(label)) * x for g, x in zip(total, row, strict=True)]
    assert apart(losses.squared_hinge_gradient(w, X, y), [float(g / 8) for g in total]) <= 1e-16


def test_no_gradient_at_or_beyond_the_margin():
    X, y = np.array([[0.5, 0.5], [4.0, -1.0]]), np.array([1.0, 1.0])
    w = np.array([1.0, 1.0])
    assert losses.margins(w, X, y).tolist() == [1.0, 3.0]
    assert losses.squared_hinge_gradient(w, X, y).tolist() == [0.0, 0.0]
    assert losses.hinge_gradient(w, X, y).tolist() == [0.0, 0.0]


def test_the_hinge_has_a_kink_at_margin_1_and_the_squared_hinge_none():
    left, right = np.nextafter(1, 0), np.nextafter(1, 2)
    assert (losses.hinge_derivative(left), losses.hinge_derivative(right)) == (-1, 0)
    assert -1e-15 < losses.squared_hinge_derivative(left) <= losses.squared_hinge_derivative(right) == 0


def test_the_logistic_loss_does_not_overflow(apart):
    m = np.array([-1e5, -800.0, -40.0, 0.0, 40.0, 700.0])
    with mpmath.workdps(60):
        exact = [mpmath.log1p(mpmath.exp(-mpmath.mpf(v))) for v in m.tolist()]
        slope = [-1 / (1 + mpmath.exp(mpmath.mpf(v))) for v in m.tolist()]
    assert apart(losses.logistic(m) / [float(v) for v in exact], np.ones(6)) <= 1e-15
    assert apart(losses.logistic_derivative(m) / [float(v) for v in slope], np.ones(6)) <= 1e-15


def test_a_score_of_zero_is_wrong_for_both_labels():
    """The book's chapter 1; with chapter 3's rule, −1 at zero, one of the two would be right."""
    assert losses.sgn(np.array([-2.0, 0.0, 3.0])).tolist() == [-1, 0, 1]
    assert losses.zero_one(np.zeros(2), np.array([-1.0, 1.0])).tolist() == [1, 1]


def test_the_mean_of_the_single_sample_gradients_is_the_gradient(problem, apart):
    w, X, y = problem
    for _, gradient, _ in COSTS.values():
        singles = [gradient(w, X[i : i + 1], y[i : i + 1]) for i in range(len(y))]
        assert apart(np.mean(singles, axis=0), gradient(w, X, y)) <= 1e-15


def test_a_stack_has_the_bits_of_its_problems():
    rng = np.random.default_rng(7)
    w, X, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 9, 3)), rng.choice([-1.0, 1.0], (6, 9))
    for cost, gradient, _ in COSTS.values():
        for i in range(6):
            assert cost(w, X, y)[i] == cost(w[i], X[i], y[i])
            assert gradient(w, X, y)[i].tolist() == gradient(w[i], X[i], y[i]).tolist()
