"""Statements of exercise 1.1 (gradients) against derivatives computed by autograd and by central differences."""

import tomllib
from importlib.resources import files

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad, jacobian
from scipy.optimize import minimize

BANK = {
    statement["id"]: statement["true"]
    for statement in tomllib.loads(
        files("problems.set1.ex01_gradient").joinpath("statements.toml").read_text(encoding="utf-8")
    )["statement"]
}
RNG = np.random.Generator(np.random.PCG64(11))
A = RNG.normal(size=(4, 4))
S = A + A.T
W = RNG.normal(size=4)
B = RNG.normal(size=4)


def sigmoid(z):
    return 1 / (1 + anp.exp(-z))


def smooth(w):
    """A function without symmetries, so that a wrong formula does not hold by accident."""
    return anp.sum(anp.sin(w) * anp.array([1.0, 2.0, 3.0, 4.0])) + w[0] * w[1] ** 2


def descent_step(f, w, learning_rate):
    return w - learning_rate * grad(f)(w)


FORMULAS = [
    ("affine-function", lambda w: B @ w + 7.0, B),
    ("quadratic-form-symmetric", lambda w: w @ S @ w / 2, S @ W),
    ("quadratic-form-general", lambda w: w @ A @ w, (A + A.T) @ W),
    ("squared-norm", lambda w: w @ w, W),
    ("sum-rule", lambda w: smooth(w) + w @ A @ w, grad(smooth)(W) + grad(lambda w: w @ A @ w)(W)),
    ("product-rule", lambda w: smooth(w) * (w @ A @ w), grad(smooth)(W) * grad(lambda w: w @ A @ w)(W)),
    ("objective-scaling", lambda w: 3 * smooth(w), grad(smooth)(W)),
    ("constant-subtracted", lambda w: smooth(w) - 5, grad(smooth)(W)),
    ("constant-added", lambda w: smooth(w) + 5, grad(smooth)(W) + 5),
    ("least-squares", lambda w: anp.sum((A @ w - B) ** 2) / 8, A.T @ (A @ W - B) / 4),
    ("logistic-loss", lambda w: anp.log(1 + anp.exp(w @ B)), sigmoid(W @ B) * B),  # y = -1, x = B
    ("inner-affine-transposed", lambda w: smooth(A @ w + B), A.T @ grad(smooth)(A @ W + B)),
    ("inner-affine-plain", lambda w: smooth(A @ w + B), grad(smooth)(A @ W + B)),
]


@pytest.mark.parametrize(("statement", "function", "claimed"), FORMULAS, ids=[row[0] for row in FORMULAS])
def test_the_claimed_gradient_is_the_derivative_just_when_the_bank_says_so(statement, function, claimed):
    assert np.allclose(grad(function)(W), claimed, rtol=1e-10) is BANK[statement]


def test_the_gradient_has_d_entries_and_its_jacobian_is_the_hessian():
    gradient = grad(smooth)(W)
    assert (gradient.shape == (4,)) is BANK["entry-count"]
    assert (gradient.shape == (4, 4)) is BANK["gradient-as-matrix"]
    step = 1e-4
    steps = step * np.eye(4)
    second_differences = np.array(
        [
            [
                (smooth(W + a + b) - smooth(W + a - b) - smooth(W - a + b) + smooth(W - a - b)) / (4 * step**2)
                for b in steps
            ]
            for a in steps
        ]
    )
    assert np.allclose(jacobian(grad(smooth))(W), second_differences, atol=1e-6) is BANK["hessian-as-jacobian"]


def test_directions_of_ascent_and_descent():
    gradient = grad(smooth)(W)
    directions = RNG.normal(size=(500, 4))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    rates = np.array([(smooth(W + 1e-6 * u) - smooth(W - 1e-6 * u)) / 2e-6 for u in directions])
    assert np.allclose(rates, directions @ gradient, atol=1e-8) is BANK["directional-derivative"]

    steepest = -gradient / np.linalg.norm(gradient)
    steepest_rate = (smooth(W + 1e-6 * steepest) - smooth(W - 1e-6 * steepest)) / 2e-6
    assert bool(steepest_rate <= rates.min()) is BANK["steepest-direction"]

    uphill = [smooth(W + step * gradient) for step in (1e-3, 1e-5, 1e-7)]
    assert all(value < smooth(W) for value in uphill) is BANK["step-along-gradient"]


def test_negative_gradient_of_an_elongated_bowl_misses_the_minimiser():
    def bowl(w):
        return (w[0] ** 2 + 10 * w[1] ** 2) / 2

    point = np.array([1.0, 1.0])
    direction = -grad(bowl)(point)
    cosine = direction @ -point / np.linalg.norm(direction) / np.linalg.norm(point)
    assert bool(np.isclose(cosine, 1)) is BANK["quadratic-bowl-direction"]
    assert bool(np.isclose(np.linalg.norm(direction), np.linalg.norm(point))) is BANK["norm-as-distance"]


def test_gradient_is_perpendicular_to_the_level_set():
    """The function x²/4 + y²/9 is constant along the ellipse (2 cos t, 3 sin t)."""
    angle = np.linspace(0, 2 * np.pi, 50)
    x, y = 2 * np.cos(angle), 3 * np.sin(angle)
    tangent = np.array([-2 * np.sin(angle), 3 * np.cos(angle)])
    gradient = np.array([x / 2, 2 * y / 9])
    assert np.allclose((tangent * gradient).sum(axis=0), 0, atol=1e-12) is BANK["level-set"]


def test_stationary_point_that_is_a_saddle():
    def saddle(w):
        return w[0] ** 2 - w[1] ** 2

    origin = np.zeros(2)
    assert not grad(saddle)(origin).any()
    nearby = [saddle(np.array([1e-3, 0.0])), saddle(np.array([0.0, 1e-3]))]
    is_extremum = bool(min(nearby) >= 0 or max(nearby) <= 0)
    assert is_extremum is BANK["stationary-is-extremum"]

    eigenvalues = np.linalg.eigvalsh(jacobian(grad(saddle))(origin))
    assert bool((eigenvalues > 0).all()) is BANK["stationary-hessian"]


def test_stationary_point_of_a_convex_function_is_lowest():
    def convex(w):
        return anp.log(anp.sum(anp.exp(A @ w))) + w @ w / 2

    w = np.zeros(4)
    for _ in range(2000):
        w = descent_step(convex, w, 0.05)
    assert np.linalg.norm(grad(convex)(w)) < 1e-10
    others = RNG.normal(scale=5, size=(500, 4))
    assert all(convex(other) >= convex(w) for other in others) is BANK["convex-stationary"]


def test_gradient_vanishes_where_a_search_without_derivatives_stops():
    def waves(w):
        return anp.sum(anp.sin(w) * anp.array([1.0, 2.0, 3.0, 4.0])) + 0.1 * w @ w

    found = minimize(
        waves, np.zeros(4), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14, "maxiter": 20_000}
    )
    assert found.success
    assert np.allclose(grad(waves)(found.x), 0, atol=1e-5) is BANK["local-minimiser"]


def test_first_order_error_shrinks_with_the_square_of_the_step():
    direction = RNG.normal(size=4)

    def error(scale):
        return abs(smooth(W + scale * direction) - smooth(W) - scale * grad(smooth)(W) @ direction)

    order = np.log10(error(1e-2) / error(1e-3))
    assert bool(np.isclose(order, 2, atol=0.05)) is BANK["taylor-remainder"]


def test_positive_function_with_a_negative_derivative():
    points = np.linspace(-3, 3, 13)
    assert (np.exp(-points) > 0).all()
    assert all(grad(lambda x: anp.exp(-x))(point) > 0 for point in points) is BANK["positive-function"]


def test_length_and_effect_of_one_descent_step():
    moved = np.linalg.norm(descent_step(smooth, W, 0.1) - W)
    assert bool(np.isclose(moved, 0.1)) is BANK["step-length"]

    def parabola(x):
        return x**2

    lowers = [parabola(descent_step(parabola, 1.5, rate)) < parabola(1.5) for rate in (0.1, 0.5, 0.9, 2.0)]
    assert all(lowers) is BANK["any-learning-rate"]

    positive = A.T @ A
    lipschitz = np.linalg.eigvalsh(positive)[-1]

    def quadratic(w):
        return w @ positive @ w / 2

    starts = RNG.normal(size=(200, 4))
    falls = [quadratic(descent_step(quadratic, start, 1 / lipschitz)) <= quadratic(start) for start in starts]
    assert all(falls) is BANK["lipschitz-step"]


def one_sided_slopes(function, point, step=1e-8):
    return (function(point) - function(point - step)) / step, (function(point + step) - function(point)) / step


def test_one_sided_slopes_at_the_kinks():
    assert np.allclose(one_sided_slopes(abs, 0.0), 0, atol=1e-6) is BANK["absolute-value"]
    squared_hinge = one_sided_slopes(lambda m: max(0.0, 1 - m) ** 2 / 2, 1.0)
    assert np.allclose(squared_hinge, 0, atol=1e-6) is BANK["squared-hinge-kink"]


def test_partial_derivatives_without_continuity():
    def ridge(x, y):
        return x * y / (x**2 + y**2) if (x, y) != (0, 0) else 0.0

    assert ridge(1e-9, 0) == ridge(0, 1e-9) == ridge(0, 0) == 0.0  # both partial derivatives are 0 at the origin
    near_origin = ridge(1e-9, 1e-9)
    assert bool(np.isclose(near_origin, ridge(0, 0))) is BANK["partial-derivatives-continuity"]
