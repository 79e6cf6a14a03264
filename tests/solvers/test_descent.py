"""The printed keys; every iterate against exact fractions, 60 digits of mpmath, scikit-learn and closed forms."""

from fractions import Fraction
from itertools import combinations, product

import mpmath
import numpy as np
import pytest
from scipy.optimize import nnls
from scipy.stats import chisquare
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier

from solvers.descent import (
    adagrad,
    averaged_momentum,
    cyclic,
    first_still,
    full_batch,
    gradient_descent,
    inverse_sqrt,
    largest_stable_step,
    momentum,
    nesterov,
    on_batches,
    rmsprop,
    shuffled,
    with_replacement,
    without_replacement,
)
from solvers.linear_model import half_mse, hessian, least_squares, mse_gradient, with_bias
from solvers.losses import squared_hinge_gradient

START = np.zeros(4)


def full(printed):
    return full_batch(squared_hinge_gradient, *printed)


def one_by_one(printed):
    return on_batches(squared_hinge_gradient, *printed, cyclic(8, 80))


# The book's exercises


@pytest.mark.parametrize(
    ("solve", "key", "reference"),
    [
        (
            lambda p: gradient_descent(full(p), START, 0.5, 25),
            (-0.527, 1.22, -1.047, -0.445),
            (-0.527322541039, 1.219596310743, -1.047072065121, -0.445045875092),
        ),
        (
            lambda p: gradient_descent(one_by_one(p), START, 0.1, 80),
            (-0.469, 0.89, -0.799, -0.449),
            (-0.468858151989, 0.889776041396, -0.799423931653, -0.448787607027),
        ),
        (
            lambda p: momentum(full(p), START, 0.5, 0.5, 25),
            (-0.598, 1.829, -1.557, -0.502),
            (-0.598351557887, 1.828545309277, -1.557362447589, -0.501976233065),
        ),
        (
            lambda p: adagrad(one_by_one(p), START, 0.1, 1e-6, 80),
            (-0.478, 0.849, -0.722, -0.38),
            (-0.477702582438, 0.849099893627, -0.721536074464, -0.380195229937),
        ),
    ],
    ids=["1.6", "1.7", "1.8", "1.9"],
)
def test_the_printed_keys(printed, solve, key, reference):
    last = solve(printed)[-1]
    assert np.round(last, 3).tolist() == list(key)
    assert np.round(last, 12).tolist() == list(reference)


# Every iterate, against the recursion in exact numbers. `number` is Fraction or mpmath.mpf.


class Exact:
    """The half squared hinge of the printed data in numbers of unlimited precision."""

    def __init__(self, printed, number):
        X, y = printed
        self.rows = [[number(round(20 * v)) / 20 for v in row] for row in X.tolist()]
        self.labels = [int(v) for v in y]
        self.zeros = [number(0)] * 4

    def gradient(self, w, indices=range(8)):
        total = self.zeros
        for i in indices:
            score = sum(a * b for a, b in zip(w, self.rows[i], strict=True))
            if self.labels[i] * score < 1:
                total = [g + (score - self.labels[i]) * x for g, x in zip(total, self.rows[i], strict=True)]
        return [g / len(indices) for g in total]


def as_floats(path):
    return [[float(value) for value in w] for w in path]


def heavy_ball(w, v, g, eta, alpha):
    v = [alpha * vi - eta * gi for vi, gi in zip(v, g(w), strict=True)]
    return [wi + vi for wi, vi in zip(w, v, strict=True)], v


def look_ahead(w, v, g, eta, alpha):
    ahead = [wi + alpha * vi for wi, vi in zip(w, v, strict=True)]
    v = [alpha * vi - eta * gi for vi, gi in zip(v, g(ahead), strict=True)]
    return [wi + vi for wi, vi in zip(w, v, strict=True)], v


def moving_average(w, v, g, eta, alpha):
    v = [alpha * vi + (1 - alpha) * gi for vi, gi in zip(v, g(w), strict=True)]
    return [wi - eta * vi for wi, vi in zip(w, v, strict=True)], v


@pytest.mark.parametrize(
    ("method", "step"),
    [(momentum, heavy_ball), (nesterov, look_ahead), (averaged_momentum, moving_average)],
    ids=["heavy ball", "nesterov", "moving average"],
)
@pytest.mark.parametrize("alpha", [0.5, 0.75, 0.0])
def test_momentum_in_exact_fractions(printed, apart, method, step, alpha):
    exact = Exact(printed, Fraction)
    w = v = exact.zeros
    path = [w]
    for _ in range(25):
        w, v = step(w, v, exact.gradient, Fraction(1, 2), Fraction(alpha))
        path.append(w)
    assert apart(method(full(printed), START, 0.5, alpha, 25), as_floats(path)) <= 1e-14


def test_gradient_descent_in_exact_fractions(printed, apart):
    exact = Exact(printed, Fraction)
    path = [exact.zeros]
    for _ in range(25):
        path.append([w - g / 2 for w, g in zip(path[-1], exact.gradient(path[-1]), strict=True)])
    assert apart(gradient_descent(full(printed), START, 0.5, 25), as_floats(path)) <= 1e-14


@pytest.mark.parametrize("size", [1, 3])
def test_minibatches_in_exact_fractions(printed, apart, size):
    exact = Exact(printed, Fraction)
    batches = with_replacement(8, size, 60, np.random.default_rng(1))
    path = [exact.zeros]
    for batch in batches.tolist():
        g = exact.gradient(path[-1], batch)
        path.append([w - gi / 4 for w, gi in zip(path[-1], g, strict=True)])
    descent = gradient_descent(on_batches(squared_hinge_gradient, *printed, batches), START, 0.25, 60)
    assert apart(descent, as_floats(path)) <= 1e-14


@pytest.mark.parametrize("initial", [0.0, 0.25])
@pytest.mark.parametrize("epsilon", [1e-6, 0.125])
def test_adagrad_in_60_digits(printed, apart, initial, epsilon):
    with mpmath.workdps(60):
        exact = Exact(printed, mpmath.mpf)
        w, r = exact.zeros, [mpmath.mpf(initial)] * 4
        path = [w]
        for t in range(80):
            g = exact.gradient(w, [t % 8])
            r = [ri + gi**2 for ri, gi in zip(r, g, strict=True)]
            w = [wi - gi / 10 / (mpmath.mpf(epsilon) + mpmath.sqrt(ri)) for wi, gi, ri in zip(w, g, r, strict=True)]
            path.append(w)
    descent = adagrad(one_by_one(printed), START, 0.1, epsilon, 80, initial=initial)
    assert apart(descent, as_floats(path)) <= 1e-14


def test_rmsprop_in_60_digits(printed, apart):
    with mpmath.workdps(60):
        exact = Exact(printed, mpmath.mpf)
        w = r = exact.zeros
        path = [w]
        for t in range(80):
            g = exact.gradient(w, [t % 8])
            r = [(9 * ri + gi**2) / 10 for ri, gi in zip(r, g, strict=True)]
            w = [wi - gi / 10 / (mpmath.mpf(1e-6) + mpmath.sqrt(ri)) for wi, gi, ri in zip(w, g, r, strict=True)]
            path.append(w)
    assert apart(rmsprop(one_by_one(printed), START, 0.1, 1e-6, 0.9, 80), as_floats(path)) <= 1e-12


# Other programs, other mathematics


def scikit_learn(X, y, **options):
    """One pass of scikit-learn over X in order. Its squared hinge has no half, so it needs half the step size."""
    model = SGDClassifier(loss="squared_hinge", penalty=None, fit_intercept=False, shuffle=False, **options)
    return model.partial_fit(X, y, classes=[-1, 1]).coef_[0]


def test_cyclic_sgd_is_scikit_learns(printed, apart):
    X, y = printed
    iterates = gradient_descent(one_by_one(printed), START, 0.1, 80)
    ten_passes = np.tile(X, (10, 1)), np.tile(y, 10)
    assert apart(iterates[-1], scikit_learn(*ten_passes, learning_rate="constant", eta0=0.05)) <= 1e-15


def test_the_inverse_root_schedule_is_scikit_learns(printed, apart):
    X, y = printed
    order = shuffled(8, 200, np.random.default_rng(5))
    iterates = gradient_descent(on_batches(squared_hinge_gradient, X, y, order), START, inverse_sqrt(0.6), 200)
    theirs = scikit_learn(X[order[:, 0]], y[order[:, 0]], learning_rate="invscaling", eta0=0.3, power_t=0.5)
    assert apart(iterates[-1], theirs) <= 1e-14


def test_two_iris_species_are_told_apart(apart):
    """Book 2.2.2 with the flowers that scikit-learn ships: setosa and versicolor, mean-centred, with a bias."""
    flowers, species = load_iris(return_X_y=True)
    X = with_bias(flowers[:100] - flowers[:100].mean(axis=0))
    y = np.where(species[:100] == 1, 1.0, -1.0)
    order = shuffled(100, 300, np.random.default_rng(0))
    iterates = gradient_descent(on_batches(squared_hinge_gradient, X, y, order), np.zeros(5), inverse_sqrt(0.1), 300)
    theirs = scikit_learn(X[order[:, 0]], y[order[:, 0]], learning_rate="invscaling", eta0=0.05, power_t=0.5)
    assert apart(iterates[-1], theirs) <= 1e-14
    assert (y * (X @ iterates[-1]) > 0).all()


def test_least_squares_descent_has_a_closed_form(commute, apart):
    """w_t = w* + (I − ηH)ᵗ (w₀ − w*)."""
    X, y = commute
    best, contraction = least_squares(X, y), np.eye(3) - 0.1 * hessian(X)
    iterates = gradient_descent(full_batch(mse_gradient, X, y), np.ones(3), 0.1, 200)
    expected = [best + np.linalg.matrix_power(contraction, t) @ (np.ones(3) - best) for t in range(201)]
    assert apart(iterates, expected) <= 1e-12


def test_projected_descent_finds_the_best_weights_that_are_not_negative(commute, apart):
    """Of the minutes left of an hour: they fall with the kilometres, so the free minimiser has negative weights."""
    X, y = commute[0], 60 - commute[1]
    best, _ = nnls(X, y)
    assert (least_squares(X, y) < 0).any()
    gradient = full_batch(mse_gradient, X, y)
    for method, options in ((gradient_descent, {}), (momentum, {"momentum": 0.2})):
        iterates = method(
            gradient, np.zeros(3), step_size=0.05, steps=5000, project=lambda w: np.maximum(w, 0), **options
        )
        assert (iterates >= 0).all()
        assert apart(iterates[-1], best) <= 1e-12


def test_each_new_iterate_is_projected_and_the_next_step_starts_from_it():
    """P rounds down. Descent: −1.5 becomes −2, then −3.5 becomes −4. AdaGrad: −0.5 becomes −1, −1.35 becomes −2."""

    def downhill(w, _t):
        return np.full_like(w, 3)

    assert gradient_descent(downhill, [0.0], 0.5, 2, project=np.floor).tolist() == [[0], [-2], [-4]]
    assert adagrad(downhill, [0.0], 0.5, 0.0, 2, project=np.floor).tolist() == [[0], [-1], [-2]]


def test_beyond_the_largest_stable_step_the_descent_diverges(commute):
    X, y = commute
    step = largest_stable_step(hessian(X))
    assert round(step, 6) == 0.150145
    gradient = full_batch(mse_gradient, X, y)
    below = gradient_descent(gradient, np.zeros(3), 0.9 * step, 100)
    above = gradient_descent(gradient, np.zeros(3), 1.1 * step, 100)
    costs = [float(half_mse(w, X, y)) for w in (below[0], below[-1], above[-1])]
    assert costs == [pytest.approx(444.8), pytest.approx(2.430, abs=5e-4), pytest.approx(3.025e18, rel=1e-3)]


def test_divergence_ends_in_infinity_under_errstate_and_in_a_warning_without(commute):
    gradient = full_batch(mse_gradient, *commute)
    with np.errstate(over="ignore", invalid="ignore"):
        assert not np.isfinite(gradient_descent(gradient, np.zeros(3), 10.0, 400)[-1]).any()
    with pytest.warns(RuntimeWarning, match="overflow|invalid"):
        gradient_descent(gradient, np.zeros(3), 10.0, 400)


def test_a_flat_cost_has_no_largest_stable_step():
    assert largest_stable_step(np.zeros((2, 2))) == np.inf


# Orders, batches, schedules


def test_cyclic_goes_round_from_any_start():
    assert cyclic(3, 5).tolist() == [[0], [1], [2], [0], [1]]
    assert cyclic(3, 4, start=2).tolist() == [[2], [0], [1], [2]]


def test_every_pass_of_shuffled_visits_every_sample_once_in_a_new_order():
    order = shuffled(7, 24, np.random.default_rng(3))
    assert order.shape == (24, 1)
    passes = [order[i : i + 7, 0].tolist() for i in (0, 7, 14)]
    assert all(sorted(indices) == list(range(7)) for indices in passes)
    assert len({tuple(indices) for indices in passes}) == 3


def test_batches_with_and_without_repeats():
    repeats = with_replacement(5, 4, 500, np.random.default_rng(8))
    distinct = without_replacement(5, 4, 500, np.random.default_rng(8))
    assert repeats.shape == distinct.shape == (500, 4)
    assert any(len(set(batch)) < 4 for batch in repeats.tolist())
    assert all(len(set(batch)) == 4 for batch in distinct.tolist())
    for batches in (repeats, distinct):
        assert chisquare(np.bincount(batches.ravel(), minlength=5)).pvalue > 0.01


def test_the_same_generator_deals_the_same_batches():
    for deal in (with_replacement, without_replacement):
        first, second = (deal(6, 2, 9, np.random.default_rng(4)).tolist() for _ in range(2))
        assert first == second


@pytest.mark.parametrize("size", [1, 2, 3])
def test_over_all_batches_the_gradient_is_right_on_average_and_varies_by_the_book(commute, apart, size):
    """Variance S/b with replacement, S/b · (n − b)/(n − 1) without (exercise 1.2)."""
    X, y = commute
    w = np.array([1.0, 2.0, 3.0])
    singles = np.array([mse_gradient(w, X[i : i + 1], y[i : i + 1]) for i in range(5)])
    for batches, factor in [
        (np.array(list(product(range(5), repeat=size))), 1 / size),
        (np.array(list(combinations(range(5), size))), (5 - size) / (size * 4)),
    ]:
        gradient = on_batches(mse_gradient, X, y, batches)
        all_of_them = np.array([gradient(w, t) for t in range(len(batches))])
        assert apart(all_of_them.mean(axis=0), mse_gradient(w, X, y)) <= 1e-13
        assert apart(all_of_them.var(axis=0) / (singles.var(axis=0) * factor), np.ones(3)) <= 1e-13


def test_the_first_step_of_the_inverse_root_schedule_is_finite():
    schedule = inverse_sqrt(0.06)
    assert [schedule(t) for t in (0, 3, 99)] == [0.06, 0.03, 0.006]


# The stopping rule


def test_first_still():
    iterates = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.5], [3.0, 4.6]])
    assert first_still(iterates, 5.1) == 0
    assert first_still(iterates, 4.9) == 1  # the length of (3, 4) is 5
    assert first_still(iterates, 0.5) == 2  # strictly less
    assert first_still(iterates, 0.01) is None


def test_with_the_books_numbers_the_stopping_rule_fires_by_chance(commute):
    """C = 0.06, b = 2, tolerance 0.02: within dozens of steps, far from the minimiser whatever the seed."""
    X, y = commute
    best, stops, errors = least_squares(X, y), [], []
    for seed in range(50):
        batches = without_replacement(5, 2, 100, np.random.default_rng(seed))
        iterates = gradient_descent(on_batches(mse_gradient, X, y, batches), np.zeros(3), inverse_sqrt(0.06), 100)
        stops.append(first_still(iterates, 0.02))
        errors.append(np.linalg.norm(iterates[stops[-1] + 1] - best))
    assert np.median(stops) < 20
    assert min(errors) > 1


# Stacks


METHODS = {
    "descent": lambda g, w, eta: gradient_descent(g, w, eta, 30),
    "momentum": lambda g, w, eta: momentum(g, w, eta, 0.6, 30),
    "nesterov": lambda g, w, eta: nesterov(g, w, eta, 0.6, 30),
    "averaged": lambda g, w, eta: averaged_momentum(g, w, eta, 0.6, 30),
    "adagrad": lambda g, w, eta: adagrad(g, w, eta, 1e-6, 30),
    "rmsprop": lambda g, w, eta: rmsprop(g, w, eta, 1e-6, 0.9, 30),
}


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("batches", [None, cyclic(9, 30), without_replacement(9, 4, 30, np.random.default_rng(2))])
def test_a_stack_has_the_bits_of_its_problems(name, batches):
    rng = np.random.default_rng(11)
    X, y = rng.normal(size=(20, 9, 4)), rng.choice([-1.0, 1.0], (20, 9))
    w0, step_sizes = rng.normal(size=(20, 4)), rng.uniform(0.05, 0.4, (20, 1))

    def run(X, y, w0, eta):
        gradient = (
            full_batch(squared_hinge_gradient, X, y)
            if batches is None
            else on_batches(squared_hinge_gradient, X, y, batches)
        )
        return METHODS[name](gradient, w0, eta)

    together = run(X, y, w0, step_sizes)
    assert together.shape == (31, 20, 4)
    for i in range(20):
        alone = run(X[i], y[i], w0[i], float(step_sizes[i, 0]))
        assert together[:, i].tobytes() == alone.tobytes()


def test_a_transposed_view_of_the_data_gives_the_same_bits(printed):
    X, y = printed
    assert not X.flags.c_contiguous
    view, copy = (
        gradient_descent(full_batch(squared_hinge_gradient, data, y), START, 0.5, 25) for data in (X, X.copy())
    )
    assert view.tobytes() == copy.tobytes()


# Bad input


def test_no_steps_leave_the_start():
    assert gradient_descent(lambda w, _t: w, [1, 2], 0.1, 0).tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("name", ["descent", "momentum", "nesterov", "averaged", "adagrad", "rmsprop"])
def test_the_start_is_not_changed(name):
    w0 = np.ones(2)
    METHODS[name](lambda w, _t: w, w0, 0.1)
    assert w0.tolist() == [1, 1]


def test_negative_steps():
    with pytest.raises(ValueError, match="must not be negative"):
        gradient_descent(lambda w, _t: w, START, 0.1, -1)


@pytest.mark.parametrize("batches", [np.array([0, 1]), np.array([[0.0]]), np.empty((3, 0), dtype=int)])
def test_batches_that_are_no_table_of_indices(printed, batches):
    with pytest.raises(ValueError, match="integers of shape"):
        on_batches(squared_hinge_gradient, *printed, batches)


@pytest.mark.parametrize("index", [-1, 8])
def test_an_index_without_a_sample(printed, index):
    with pytest.raises(ValueError, match="indices 0 to 7"):
        on_batches(squared_hinge_gradient, *printed, np.array([[0], [index]]))


def test_more_steps_than_batches(printed):
    gradient = on_batches(squared_hinge_gradient, *printed, cyclic(8, 5))
    with pytest.raises(IndexError):
        gradient_descent(gradient, START, 0.1, 6)


def test_one_start_for_a_stack_of_problems():
    gradient = full_batch(squared_hinge_gradient, np.ones((3, 5, 2)), np.ones((3, 5)))
    with pytest.raises(ValueError, match="broadcast"):
        gradient_descent(gradient, np.zeros(2), 0.1, 1)


def test_a_batch_larger_than_the_data():
    with pytest.raises(ValueError, match="6 different samples"):
        without_replacement(5, 6, 1, np.random.default_rng(0))


def test_the_stopping_rule_of_a_stack():
    with pytest.raises(ValueError, match="one problem"):
        first_still(np.zeros((3, 2, 4)), 0.1)
