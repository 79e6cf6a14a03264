"""Closed solutions against exact rationals, SymPy, scikit-learn, SciPy and HIPS autograd."""

from fractions import Fraction

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import scipy.linalg
import sympy
from scipy.optimize import minimize
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_squared_error
from sklearn.preprocessing import PolynomialFeatures

from solvers import linear_model as lm


@pytest.fixture
def exact(commute):
    """The commute data as rationals."""
    X, y = commute
    return sympy.Matrix([[sympy.Rational(round(10 * v), 10) for v in row] for row in X]), sympy.Matrix(y.astype(int))


@pytest.fixture
def problem():
    rng = np.random.default_rng(13)
    return rng.normal(size=3), rng.normal(size=(12, 3)), rng.normal(size=12)


# The commute


@pytest.mark.parametrize("solve", [lm.least_squares, lm.normal_equations])
def test_the_commute_line_to_all_printed_digits(commute, exact, apart, solve):
    X, y = commute
    w = solve(X, y)
    assert apart(w, [6.08613445378149, 6.53361344537816, 2.11274509803922]) <= 2e-13
    printed = [25.8396358543418, 34.9866946778712, 12.6197478991597, 42.1736694677872, 24.3802521008403]
    assert apart(lm.predict(w, X), printed) <= 2e-13
    A, b = exact
    rational = (A.T * A).inv() * A.T * b
    assert list(rational) == [sympy.Rational(2897, 476), sympy.Rational(1555, 238), sympy.Rational(431, 204)]
    assert apart(w, [float(v) for v in rational]) <= 2e-13
    assert apart(lm.residuals(w, X, y), [float(v) for v in b - A * rational]) <= 2e-13


def test_both_mean_squared_errors_of_the_commute(commute, apart):
    X, y = commute
    w = lm.least_squares(X, y)
    assert apart(lm.half_mse(w, X, y), 2.397128851541) <= 1e-12
    assert apart(lm.mse(w, X, y), mean_squared_error(y, X @ w)) <= 1e-15
    assert lm.half_mse(w, X, y) == lm.mse(w, X, y) / 2


# Least squares


def test_other_programs_find_the_same_weights(problem, apart):
    _, X, y = problem
    w = lm.least_squares(X, y)
    assert apart(w, LinearRegression(fit_intercept=False).fit(X, y).coef_) <= 1e-14
    assert apart(w, scipy.linalg.lstsq(X, y)[0]) <= 1e-14
    assert apart(w, lm.normal_equations(X, y)) <= 1e-14


def test_an_intercept_is_the_weight_of_ones(problem, apart):
    _, X, y = problem
    theirs = LinearRegression().fit(X, y)
    assert apart(lm.least_squares(lm.with_bias(X), y), [theirs.intercept_, *theirs.coef_]) <= 1e-14


def test_the_normal_equations_lose_what_the_reference_keeps():
    """cond(X) = 1e7: squared it is 1e14. Exact rationals tell the two routes apart."""
    x = np.array([-2.0, -1.0, 0.0, 1.0, 3.0])
    X, y = np.column_stack([np.ones(5), 1 + x * 2.0**-23]), np.array([1.0, 2.0, 4.0, 3.0, 7.0])
    A = sympy.Matrix([[sympy.Rational(*Fraction(v).as_integer_ratio()) for v in row] for row in X.tolist()])
    exact = np.array([float(v) for v in (A.T * A).inv() * A.T * sympy.Matrix(y.astype(int))])
    reference, normal = (np.abs(solve(X, y) / exact - 1).max() for solve in (lm.least_squares, lm.normal_equations))
    assert np.linalg.cond(X) > 1e6
    assert reference < 1e-8
    assert normal > 1e-4


def test_without_full_rank_the_reference_takes_the_shortest_solution(apart):
    x = np.array([1.0, 2.0, 3.0])
    w = lm.least_squares(np.column_stack([x, x]), 2 * x)
    assert apart(w, [1.0, 1.0]) <= 1e-15
    with pytest.raises(np.linalg.LinAlgError):
        lm.normal_equations(np.column_stack([x, x]), 2 * x)


def test_features_that_are_all_zero_get_no_weight():
    assert lm.least_squares(np.zeros((3, 2)), [1, 2, 3]).tolist() == [0, 0]


def test_fewer_samples_than_features(apart):
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(3, 6)), rng.normal(size=3)
    assert apart(lm.least_squares(X, y), scipy.linalg.lstsq(X, y)[0]) <= 1e-14


def test_gradient_and_hessian_are_autograds(problem, apart):
    w, X, y = problem

    def cost(w):
        return anp.mean((y - anp.dot(X, w)) ** 2) / 2

    assert apart(lm.half_mse(w, X, y), cost(w)) <= 1e-15
    assert apart(lm.mse_gradient(w, X, y), autograd.grad(cost)(w)) <= 1e-14
    assert apart(lm.hessian(X), autograd.hessian(cost)(w)) <= 1e-14


def test_at_the_minimum_the_gradient_is_zero(commute):
    X, y = commute
    assert np.abs(lm.mse_gradient(lm.least_squares(X, y), X, y)).max() <= 1e-12


# Polynomials


@pytest.mark.parametrize("degree", [0, 1, 3, 5])
def test_polynomials_are_numpys_and_scikit_learns(apart, degree):
    rng = np.random.default_rng(degree)
    x, y = rng.uniform(-1, 1, 12), rng.normal(size=12)
    features = lm.polynomial_features(x, degree)
    assert apart(features, PolynomialFeatures(degree).fit_transform(x[:, None])) <= 1e-15
    assert apart(lm.least_squares(features, y), np.polyfit(x, y, degree)[::-1]) <= 1e-12


def test_a_polynomial_through_its_own_points_is_found_exactly(apart):
    x = np.arange(-3.0, 4.0)
    assert apart(lm.least_squares(lm.polynomial_features(x, 3), 2 - x + 0.5 * x**3), [2, -1, 0, 0.5]) <= 1e-14


def test_zero_to_the_power_zero_is_one():
    assert lm.polynomial_features(0.0, 2).tolist() == [1, 0, 0]


# Ridge


@pytest.mark.parametrize("penalty", [0.01, 0.1, 1.0, 10.0])
def test_ridge_is_exact_and_scikit_learns(commute, exact, apart, penalty):
    X, y = commute
    w = lm.ridge(X, y, penalty)
    A, b = exact
    rational = (A.T * A / 5 + sympy.nsimplify(penalty) * sympy.eye(3)).inv() * A.T * b / 5
    assert apart(w, [float(v) for v in rational]) <= 1e-13
    assert apart(w, Ridge(alpha=5 * penalty, fit_intercept=False).fit(X, y).coef_) <= 1e-13


@pytest.mark.parametrize("penalty", [0.01, 1.0])
def test_the_ridge_gradient_is_autograds_and_zero_at_the_minimum(commute, apart, penalty):
    """With + λw; the book's + 2w is wrong unless λ = 2."""
    X, y = commute
    w = np.array([1.0, -2.0, 3.0])

    def cost(w):
        return anp.mean((y - anp.dot(X, w)) ** 2) / 2 + penalty / 2 * anp.sum(w**2)

    assert apart(lm.ridge_cost(w, X, y, penalty), cost(w)) <= 1e-12
    assert apart(lm.ridge_gradient(w, X, y, penalty), autograd.grad(cost)(w)) <= 1e-12
    assert np.abs(lm.ridge_gradient(lm.ridge(X, y, penalty), X, y, penalty)).max() <= 1e-12


def test_ridge_needs_no_full_rank(apart):
    x = np.array([1.0, 2.0, 3.0])
    X = np.column_stack([x, x])
    assert apart(lm.ridge(X, x, 0.1), Ridge(alpha=0.3, fit_intercept=False, solver="svd").fit(X, x).coef_) <= 1e-14


# Exercise 1.5


def test_the_weighted_minimum_of_1_5_is_symbolic(apart):
    """(x₁ + 2x₂)/3 for weights 1 and 2, from SymPy's own derivative."""
    a, b, c, d, u, v = sympy.symbols("a b c d u v")
    cost = (u - a) ** 2 + (v - b) ** 2 + 2 * ((u - c) ** 2 + (v - d) ** 2)
    best = sympy.solve([cost.diff(u), cost.diff(v)], [u, v])
    numbers = {a: 3, b: -1, c: 5, d: 4}
    expected = [float(best[symbol].subs(numbers)) for symbol in (u, v)]
    assert apart(lm.weighted_minimum([[3, -1], [5, 4]], [1, 2]), expected) <= 1e-15


def test_the_weighted_minimum_is_a_minimum(apart):
    rng = np.random.default_rng(15)
    points, weights = rng.normal(size=(5, 3)), rng.uniform(0.5, 2, 5)
    found = minimize(lambda x: weights @ np.square(x - points).sum(axis=1), np.zeros(3), tol=1e-12).x
    assert apart(lm.weighted_minimum(points, weights), found) <= 1e-6


# Stacks


def test_a_stack_has_the_bits_of_its_problems():
    rng = np.random.default_rng(6)
    X, y, w = rng.normal(size=(10, 7, 3)), rng.normal(size=(10, 7)), rng.normal(size=(10, 3))
    for i in range(10):
        for solve in (lm.least_squares, lm.normal_equations, lambda X, y: lm.ridge(X, y, 0.2)):
            assert solve(X, y)[i].tobytes() == solve(X[i], y[i]).tobytes()
        for of_data in (lm.residuals, lm.mse, lm.half_mse, lm.mse_gradient):
            assert of_data(w, X, y)[i].tobytes() == of_data(w[i], X[i], y[i]).tobytes()
        assert lm.hessian(X)[i].tobytes() == lm.hessian(X[i]).tobytes()
        assert lm.weighted_minimum(X, y**2)[i].tobytes() == lm.weighted_minimum(X[i], y[i] ** 2).tobytes()


# Bad input


@pytest.mark.parametrize("solve", [lm.least_squares, lm.normal_equations, lambda X, y: lm.ridge(X, y, 1.0)])
def test_data_that_do_not_fit(solve):
    with pytest.raises(ValueError, match="y has shape"):
        solve([[1.0], [2.0]], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="finite"):
        solve([[1.0], [np.nan]], [1.0, 2.0])


@pytest.mark.parametrize("penalty", [0.0, -1.0, np.nan])
def test_a_penalty_that_is_not_positive(penalty):
    with pytest.raises(ValueError, match="penalty must be positive"):
        lm.ridge([[1.0], [2.0]], [1.0, 2.0], penalty)


def test_a_negative_degree():
    with pytest.raises(ValueError, match="degree must not be negative"):
        lm.polynomial_features([1.0], -1)


@pytest.mark.parametrize("weights", [[1.0, -1.0], [0.0, 0.0], [-2.0, 1.0]])
def test_weights_without_a_minimum(weights):
    with pytest.raises(ValueError, match="positive sum"):
        lm.weighted_minimum([[0.0], [1.0]], weights)
