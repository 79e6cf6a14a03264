"""The perceptron against exact fractions and scikit-learn, and what it says of data that cannot be separated."""

from fractions import Fraction

import numpy as np
import pytest
from sklearn.linear_model import Perceptron

from solvers.linear_model import with_bias
from solvers.losses import margins
from solvers.perceptron import perceptron, perceptron_until_separated

XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([-1.0, 1, 1, -1])


def scikit_learn(X, y, passes, **options):
    model = Perceptron(penalty=None, shuffle=False, tol=None, max_iter=passes, **options)
    return model.fit(X, y)


def test_the_printed_key_of_1_10(printed):
    X, y = printed
    assert np.round(perceptron(X, y, np.zeros(4), 1)[-1], 12).tolist() == [-0.35, 0.75, -0.85, -0.75]


def test_every_iterate_in_exact_fractions(printed, apart):
    X, y = printed
    w = [Fraction(0)] * 4
    path = [w]
    for row, label in zip(X.tolist(), y.tolist(), strict=True):
        x = [Fraction(round(20 * v), 20) for v in row]
        if int(label) * sum(a * b for a, b in zip(w, x, strict=True)) <= 0:
            w = [a + int(label) * b for a, b in zip(w, x, strict=True)]
        path.append(w)
    expected = [[float(v) for v in w] for w in path]
    assert apart(perceptron(X, y, np.zeros(4), 1), expected) <= 1e-15


@pytest.mark.parametrize("passes", [1, 2, 30])
@pytest.mark.parametrize("learning_rate", [1.0, 0.3])
def test_scikit_learn_agrees_with_and_without_bias(apart, passes, learning_rate):
    rng = np.random.default_rng(passes)
    for _ in range(20):
        X, y = rng.normal(size=(12, 3)), rng.choice([-1.0, 1.0], 12)
        y[:2] = -1, 1  # scikit-learn wants both classes
        plain = perceptron(X, y, np.zeros(3), passes, learning_rate=learning_rate)
        theirs = scikit_learn(X, y, passes, eta0=learning_rate, fit_intercept=False)
        assert apart(plain[-1], theirs.coef_[0]) <= 1e-12
        biased = perceptron(with_bias(X), y, np.zeros(4), passes, learning_rate=learning_rate)
        theirs = scikit_learn(X, y, passes, eta0=learning_rate)
        assert apart(biased[-1], [theirs.intercept_[0], *theirs.coef_[0]]) <= 1e-12


def test_the_strict_test_never_leaves_zero(printed):
    X, y = printed
    assert not perceptron(X, y, np.zeros(4), 5, ties=False).any()


def test_away_from_ties_both_tests_agree(printed):
    X, y = printed
    w0 = np.full(4, 0.123)
    assert perceptron(X, y, w0, 3).tolist() == perceptron(X, y, w0, 3, ties=False).tolist()


def test_the_books_update_is_twice_the_step(printed, apart):
    """η (y − ŷ) x with ŷ = −1 at a score of zero, η = 1/2: the step 1 of exercise 1.10."""
    X, y = printed
    w = np.zeros(4)
    for x, label in zip(X, y, strict=True):
        prediction = 1.0 if w @ x > 0 else -1.0
        w = w + 0.5 * (label - prediction) * x
    assert apart(perceptron(X, y, np.zeros(4), 1)[-1], w) <= 1e-15


def test_a_stack_has_the_bits_of_its_problems():
    rng = np.random.default_rng(3)
    X, y, w0 = rng.normal(size=(15, 8, 3)), rng.choice([-1.0, 1.0], (15, 8)), rng.normal(size=(15, 3))
    together = perceptron(X, y, w0, 4)
    assert together.shape == (33, 15, 3)
    for i in range(15):
        assert together[:, i].tobytes() == perceptron(X[i], y[i], w0[i], 4).tobytes()


# Until it separates


def test_separable_data_are_separated_and_the_last_pass_was_needed():
    rng = np.random.default_rng(21)
    X = with_bias(rng.normal(size=(30, 2)))
    y = np.sign(X @ np.array([0.3, 1.0, -2.0]))
    iterates, passes, separated = perceptron_until_separated(X, y, np.zeros(3), 1000)
    assert separated
    assert iterates.shape == (passes * 30 + 1, 3)
    assert (margins(iterates[-1], X, y) > 0).all()
    assert not (margins(iterates[-31], X, y) > 0).all()
    assert iterates.tobytes() == perceptron(X, y, np.zeros(3), passes).tobytes()


def test_a_start_that_separates_needs_no_pass():
    iterates, passes, separated = perceptron_until_separated([[1.0], [-2.0]], [1, -1], [5.0], 10)
    assert (iterates.tolist(), passes, separated) == ([[5.0]], 0, True)


def test_exclusive_or_is_not_separated_within_the_bound():
    X, y = XOR
    iterates, passes, separated = perceptron_until_separated(with_bias(X), y, np.zeros(3), 50)
    assert (passes, separated, iterates.shape) == (50, False, (201, 3))


def test_too_few_passes_are_no_separation(printed):
    X, y = printed
    assert not perceptron_until_separated(X, y, np.zeros(4), 0).separated
    assert perceptron_until_separated(X, y, np.zeros(4), 1).separated


def test_the_strict_test_is_stuck_after_one_pass(printed):
    X, y = printed
    _, passes, separated = perceptron_until_separated(X, y, np.zeros(4), 1000, ties=False)
    assert (passes, separated) == (1, False)


def test_a_sample_of_zeros_can_never_be_right():
    _, passes, separated = perceptron_until_separated([[0.0, 0.0], [1.0, 0.0]], [1, 1], np.zeros(2), 20)
    assert not separated
    assert passes <= 20


# Bad input


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"y": [1, 0]}, "-1 or \\+1"),
        ({"y": [1, -1, 1]}, "y has shape"),
        ({"X": [[np.inf, 1.0], [1.0, 1.0]]}, "finite"),
        ({"w0": [0.0]}, "w0 has shape"),
        ({"w0": [[0.0, 0.0]]}, "w0 has shape"),
        ({"passes": -1}, "passes must not be negative"),
        ({"learning_rate": 0.0}, "learning rate must be positive"),
        ({"learning_rate": np.nan}, "learning rate must be positive"),
    ],
)
def test_bad_input(changes, sentence):
    good = {"X": [[1.0, 2.0], [3.0, 4.0]], "y": [1, -1], "w0": [0.0, 0.0], "passes": 1}
    with pytest.raises(ValueError, match=sentence):
        perceptron(**(good | changes))


def test_a_stack_is_not_separated_in_one_call():
    with pytest.raises(ValueError, match="one problem"):
        perceptron_until_separated(np.ones((2, 3, 1)), np.ones((2, 3)), np.zeros((2, 1)), 5)
