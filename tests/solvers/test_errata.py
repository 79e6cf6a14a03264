"""The entries of docs/errata.md that are computations, computed: the printed form fails, the corrected one holds.

Each test is named after its entry. What is right is said by autograd, SymPy, SciPy or exact arithmetic.
"""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from scipy.integrate import quad
from scipy.special import digamma
from sklearn.linear_model import Ridge

from solvers.activations import relu, sigmoid
from solvers.convolution import convolution_parameters, dense_parameters
from solvers.descent import full_batch, gradient_descent, inverse_sqrt, largest_stable_step
from solvers.graph import backpropagate as through_graph
from solvers.graph import linear_regression_graph
from solvers.linear_model import half_mse, hessian, mse, mse_gradient, ridge, ridge_gradient
from solvers.losses import hinge, logistic, sgn, squared_hinge, zero_one
from solvers.network import absolute_value_network, backpropagate, forward, neuron_gradient
from solvers.perceptron import perceptron


def test_e03_the_hessian_may_be_singular(commute):
    X, _ = commute
    twice = np.column_stack([X, X[:, 1]])  # one feature given twice
    assert abs(np.linalg.eigvalsh(hessian(twice))[0]) < 1e-14
    assert np.linalg.eigvalsh(hessian(X))[0] == pytest.approx(0.0950, abs=5e-5)


def test_e04_the_cost_is_half_of_what_is_called_mean_squared_error(commute):
    X, y = commute
    w = np.linalg.lstsq(X, y)[0]
    assert half_mse(w, X, y) == pytest.approx(2.397128851541, abs=1e-12)
    assert mse(w, X, y) == pytest.approx(4.794257703081, abs=1e-12)


def test_e06_the_hinge_has_no_derivative_at_margin_1():
    h = 2.0**-20  # exact in floating point
    left, right = (hinge(1.0) - hinge(1 - h)) / h, (hinge(1 + h) - hinge(1.0)) / h
    assert (left, right) == (-1, 0)
    left, right = (squared_hinge(1.0) - squared_hinge(1 - h)) / h, (squared_hinge(1 + h) - squared_hinge(1.0)) / h
    assert (left, right) == pytest.approx((0, 0), abs=h)


def test_e06_two_of_the_three_losses_do_not_bound_the_0_1_loss():
    assert hinge(0.0) == 1
    assert squared_hinge(0.0) == 0.5
    assert logistic(0.0) == pytest.approx(np.log(2))


def test_e07_chapters_1_and_3_disagree_about_a_score_of_zero():
    labels, score = np.array([1.0, -1.0]), 0.0
    assert zero_one(sgn(np.full(2, score)), labels).mean() == 1
    assert (np.where(score > 0, 1, -1) != labels).mean() == 0.5


def test_e10_the_half_norm_breaks_the_triangle_inequality():
    def half_norm(v):
        return np.sum(np.abs(v) ** 0.5) ** 2

    assert half_norm(np.array([1, 1])) - half_norm(np.array([1, 0])) - half_norm(np.array([0, 1])) == 2


@pytest.mark.parametrize("penalty", [0.01, 0.1, 1, 10])
def test_e13_to_e16_the_ridge_penalty_pulls_with_penalty_times_w(commute, penalty):
    X, y = commute
    w = np.array([0.5, -1.0, 2.0])
    slope = autograd.grad(lambda w: anp.mean((y - X @ w) ** 2) / 2 + penalty / 2 * anp.sum(w**2))(w)
    np.testing.assert_allclose(ridge_gradient(w, X, y, penalty), slope, rtol=0, atol=2e-14)
    printed = mse_gradient(w, X, y) + 2 * w
    np.testing.assert_allclose(printed - slope, (2 - penalty) * w, rtol=0, atol=2e-14)


def test_e17_ridge_has_a_solution_whatever_the_rank():
    X = np.array([[1.0, 2, 2], [3, 4, 4], [5, 6, 6], [7, 7, 7]])  # rank 2
    y, penalty = np.array([1.0, -1, 2, 0]), 0.1
    assert np.linalg.eigvalsh(hessian(X) + penalty * np.eye(3))[0] >= penalty - 1e-14
    np.testing.assert_allclose(ridge_gradient(ridge(X, y, penalty), X, y, penalty), 0, atol=1e-14)


def test_e18_with_a_free_intercept_ridge_has_other_weights(commute):
    X, y = commute
    theirs = Ridge(alpha=5 * 0.1).fit(X[:, 1:], y)
    apart = np.abs(ridge(X, y, 0.1) - [theirs.intercept_, *theirs.coef_])
    assert apart.max() == pytest.approx(2.590, abs=5e-4)


def test_e20_a_step_is_as_long_as_step_size_times_gradient(commute):
    X, y = commute
    start = np.ones(3)
    iterates = gradient_descent(full_batch(mse_gradient, X, y), start, 0.01, steps=1)
    length = np.linalg.norm(iterates[1] - iterates[0])
    assert length == pytest.approx(0.8986, abs=5e-5)
    assert length == pytest.approx(0.01 * np.linalg.norm(mse_gradient(start, X, y)))


def test_e21_the_cost_falls_only_below_two_over_the_largest_curvature(commute):
    X, y = commute
    limit = largest_stable_step(hessian(X))
    assert limit == pytest.approx(0.150145, abs=5e-7)
    costs = [
        half_mse(gradient_descent(full_batch(mse_gradient, X, y), np.zeros(3), factor * limit, steps=100)[-1], X, y)
        for factor in (0.0, 0.9, 1.1)
    ]
    assert costs[1] < costs[0] < 1e15 < costs[2]


def test_e22_the_first_step_of_the_printed_schedule_divides_by_zero():
    with pytest.raises(ZeroDivisionError):
        0.06 / 0**0.5
    assert [inverse_sqrt(0.06)(t) for t in (0, 3)] == [0.06, 0.03]


def test_e24_e25_the_step_sizes_vanish_while_the_sum_of_their_squares_grows():
    steps = np.array([inverse_sqrt(1.0)(t) for t in range(10_000)])
    assert steps[-1] == 0.01
    for T in (100, 10_000):  # H_T = ψ(T + 1) + γ ≥ ln T, without bound
        assert np.sum(steps[:T] ** 2) == pytest.approx(digamma(T + 1) + np.euler_gamma, rel=1e-12)
        assert np.sum(steps[:T] ** 2) > np.log(T)


def test_e32_e34_e68_only_ties_as_mistakes_and_half_the_step_give_the_key_of_1_10(printed):
    X, y = printed
    strict = perceptron(X, y, np.zeros(4), passes=1000, ties=False)
    assert not strict.any()  # the printed rule never leaves its own start
    np.testing.assert_allclose(perceptron(X, y, np.zeros(4), passes=1)[-1], [-0.35, 0.75, -0.85, -0.75], atol=1e-15)
    # η (y − ŷ) x is 2 η y x on a mistake: with η = 1 it gives the double, which is no option
    doubled = perceptron(X, y, np.zeros(4), passes=1, learning_rate=2)[-1]
    np.testing.assert_allclose(doubled, [-0.7, 1.5, -1.7, -1.5], atol=1e-15)


def test_e35_a_perceptron_step_can_spoil_another_sample():
    X, y = np.array([[1.0, 0.0], [-0.8, 1.0]]), np.array([1.0, 1.0])
    start = np.array([-0.3, 0.0])
    before, after = y * (X @ start), y * (X @ perceptron(X[:1], y[:1], start, passes=1)[-1])
    assert before == pytest.approx([-0.3, 0.24])
    assert after == pytest.approx([0.7, -0.56])


def test_e37_a_sigmoid_cannot_reach_2():
    assert np.min((sigmoid(np.linspace(-800, 800, 1001)) - 2) ** 2) >= 1


def test_e40_the_single_layer_cost_is_not_convex():
    def cost(w):
        return (sigmoid(np.asarray(w)) - 0.0) ** 2 / 2

    assert cost(5.0) - (cost(0.0) + cost(10.0)) / 2 == pytest.approx(0.181, abs=5e-4)


def test_e45_e62_the_bias_is_added_once():
    W, a, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 1.0]), np.array([10.0, 20.0])
    z = forward([W], [b], a, "identity").z[0]
    np.testing.assert_array_equal(z, [13, 27])
    np.testing.assert_array_equal(W @ a, [3, 7])  # E45: the last display drops it
    inside = [sum(W[k, j] * a[j] + b[k] for j in range(2)) for k in range(2)]
    np.testing.assert_array_equal(inside - z, (2 - 1) * b)  # E62: inside the sum it counts m times


def test_e47_the_bounds_of_sigmoid_and_tanh_are_reached_in_floating_point_only():
    assert sigmoid(36.7) < 1 == sigmoid(36.8)
    assert np.tanh(18.9) < 1 == np.tanh(19.1)
    assert sympy.S.One / (1 + sympy.exp(-100)) < 1


def test_e48_tanh_is_a_stretched_sigmoid():
    x = np.linspace(-5, 5, 101)
    np.testing.assert_allclose(np.tanh(x), 2 * sigmoid(2 * x) - 1, rtol=0, atol=1e-15)


def test_e49_relu_is_not_linear():
    assert relu(np.float64(1.0)) + relu(np.float64(-1.0)) == 1
    assert relu(np.float64(1.0 - 1.0)) == 0


def test_e51_the_relu_network_is_the_absolute_value_and_misses_the_square():
    def error(x):
        return forward(*absolute_value_network(), [x], "relu").a[-1][0] - x**2

    squared, _ = quad(lambda x: error(x) ** 2 / 2, -1, 1, points=[0])
    assert squared == pytest.approx(1 / 30, abs=1e-14)
    assert max(abs(error(x)) for x in np.linspace(-1, 1, 201)) == pytest.approx(1 / 4)


def test_e53_the_constants_of_the_losses_differ():
    """Chapter 3.4.2 has Σ (y − a)², 4.4.1 has 1/2m of it: with m outputs the gradients differ by 2m."""
    W, b, x, y = np.array([[1.0], [2.0], [3.0]]), np.zeros(3), np.array([0.5]), np.array([1.0, 0.0, 1.0])
    without = autograd.grad(lambda W: anp.sum((y - W @ x) ** 2))(W)
    ours = backpropagate([W], [b], x, y, "identity").weights[0]
    np.testing.assert_allclose(without, 2 * 3 * ours, rtol=1e-15)


def test_e54_the_gradient_in_the_bias_has_no_x():
    w, b, x, y = 0.4, -0.2, 1.5, 0.9
    slope = autograd.grad(lambda b: (1 / (1 + anp.exp(-(w * x + b))) - y) ** 2 / 2)(b)
    _, by_bias = neuron_gradient(w, b, x, y)
    assert by_bias == pytest.approx(slope, rel=1e-14)
    assert abs(by_bias * x - slope) > 0.03


def test_e57_e58_the_residual_falls_as_the_prediction_grows():
    """2e = 8 leaves y = 10; there three of the printed gradients have the wrong sign."""
    nodes = linear_regression_graph(w=5, x=1, b=1, y=10)
    assert (nodes.u.value, nodes.prediction.value, nodes.loss.value) == (5, 6, 16)
    gradient = through_graph(nodes.loss)
    assert [gradient[node] for node in (nodes.error, nodes.prediction, nodes.w)] == [8, -8, -8]

    def by_autograd(y):
        by_prediction = autograd.grad(lambda prediction: (y - prediction) ** 2)(6.0)
        by_w = autograd.grad(lambda w: (y - (w * 1.0 + 1.0)) ** 2)(5.0)
        return 2 * (y - 6), by_prediction, by_w

    assert by_autograd(10.0) == (8, -8, -8)
    assert by_autograd(2.0) == (-8, 8, 8)  # the other y with c = 16 does not give the printed 8, 8, 8 either


def test_e61_the_slope_of_the_activation_is_no_quotient():
    z = 0.3
    slope = autograd.grad(lambda z: 1 / (1 + anp.exp(-z)))(z)
    assert float(sigmoid(np.float64(z))) / slope - slope > 2


def test_e64_delta_of_the_last_layer_has_a_case_of_its_own():
    W2, b2, W3, b3 = np.array([[0.5, -1.0]]), np.array([0.2]), np.array([[1.5], [-0.5]]), np.array([0.1, 0.3])
    x, y = np.array([1.0, 2.0]), np.array([1.0, 0.0])

    def cost(z2, z3_shift):
        hidden = anp.tanh(z2)
        return anp.sum((y - anp.tanh(W3 @ hidden + b3 + z3_shift)) ** 2) / 4

    by_z2, by_z3 = autograd.grad(cost, (0, 1))(W2 @ x + b2, np.zeros(2))
    deltas = backpropagate([W2, W3], [b2, b3], x, y, "tanh").deltas
    np.testing.assert_allclose(deltas[1], by_z3, rtol=1e-14)
    np.testing.assert_allclose(deltas[0], by_z2, rtol=1e-14)


def test_e65_reshaping_the_printed_matrix_is_not_transposing_it(printed):
    X, y = printed
    reshaped = np.ascontiguousarray(X.T).reshape(8, 4)

    def last(X):
        def gradient(w, _):
            active = np.maximum(0, 1 - y * (X @ w))
            return -(X.T @ (active * y)) / 8

        return gradient_descent(gradient, np.zeros(4), 0.5, steps=25)[-1]

    np.testing.assert_allclose(last(X), [-0.527, 1.220, -1.047, -0.445], atol=5e-4)
    np.testing.assert_allclose(last(reshaped), [-0.7485, -0.0375, 1.0028, 0.3928], atol=5e-5)


def test_e70_exercise_2_4_counts_one_filter():
    assert dense_parameters(2500, 2500) - convolution_parameters(3, channels=1, filters=1) == 6_252_490
