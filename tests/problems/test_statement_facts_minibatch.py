"""Statements of exercise 1.2 (minibatch SGD), by listing every batch of small data sets and by exact arithmetic."""

import math
import tomllib
from fractions import Fraction
from importlib.resources import files
from itertools import combinations, product

import numpy as np
import pytest

BANK = {
    statement["id"]: statement["true"]
    for statement in tomllib.loads(
        files("problems.set1.ex02_minibatch").joinpath("statements.toml").read_text(encoding="utf-8")
    )["statement"]
}
GRADIENTS = np.random.Generator(np.random.PCG64(12)).normal(size=(5, 3))  # one row an example
FULL = GRADIENTS.mean(axis=0)


def without_replacement(gradients, b):
    """The minibatch gradient of every subset of b examples, shape (number of subsets, d)."""
    return np.array([gradients[list(batch)].mean(axis=0) for batch in combinations(range(len(gradients)), b)])


def with_replacement(gradients, b):
    """The minibatch gradient of every sequence of b examples, shape (n**b, d)."""
    return np.array([gradients[list(batch)].mean(axis=0) for batch in product(range(len(gradients)), repeat=b)])


@pytest.mark.parametrize("b", [1, 2, 3, 4])
def test_expectation_over_all_batches(b):
    mean = without_replacement(GRADIENTS, b).mean(axis=0)
    assert np.allclose(mean, FULL) is BANK["subset-expectation"]
    assert np.allclose(mean, b / 5 * FULL) is BANK["expected-length"]
    biased = not np.allclose(with_replacement(GRADIENTS, b).mean(axis=0), FULL)
    assert biased is BANK["replacement-bias"]

    batches = list(combinations(range(5), b))
    share = Fraction(sum(0 in batch for batch in batches), len(batches))
    assert (share == Fraction(b, 5)) is BANK["inclusion-probability"]


def test_batches_as_large_as_the_data():
    assert np.allclose(without_replacement(GRADIENTS, 5), FULL) is BANK["all-examples-once"]
    assert np.allclose(with_replacement(GRADIENTS, 5), FULL) is BANK["n-draws-with-replacement"]
    assert np.allclose(without_replacement(GRADIENTS, 3), FULL) is BANK["more-than-half"]


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_probability_of_drawing_every_example_once(n):
    complete = sum(len(set(sequence)) == n for sequence in product(range(n), repeat=n))
    assert (Fraction(complete, n**n) == Fraction(math.factorial(n), n**n)) is BANK["coverage-probability"]


def test_variance_of_independent_draws():
    covariance = {b: np.cov(with_replacement(GRADIENTS, b), rowvar=False, bias=True) for b in (1, 2, 4)}
    assert np.allclose(covariance[4], covariance[1] / 4) is BANK["independent-draws-covariance"]
    deviation = {b: np.sqrt(np.diag(covariance[b])) for b in covariance}
    assert np.allclose(deviation[4], deviation[1] / 2) is BANK["quadrupled-batch"]
    assert np.allclose(deviation[4], deviation[2] / 2) is BANK["doubled-batch"]
    assert np.allclose(np.diag(covariance[2]), np.diag(covariance[4]) / 2) is BANK["halved-batch"]


@pytest.mark.parametrize("b", [2, 3, 4])
def test_variance_with_and_without_replacement(b):
    without = without_replacement(GRADIENTS, b).var(axis=0)
    replaced = with_replacement(GRADIENTS, b).var(axis=0)
    assert bool((without <= replaced).all()) is BANK["replacement-variance"]
    assert np.allclose(without, replaced) is BANK["equal-variance"]


def test_finite_population_factor():
    ten = np.random.Generator(np.random.PCG64(13)).normal(size=(10, 1))
    ratio = without_replacement(ten, 4).var() / with_replacement(ten, 4).var()
    assert bool(np.isclose(ratio, 2 / 3)) is BANK["finite-population-factor"]


def pass_over(n, b):
    """The batches of one pass over n examples without replacement; the last one holds the rest."""
    order = np.random.Generator(np.random.PCG64(14)).permutation(n)
    return [order[start : start + b] for start in range(0, n, b)]


def test_updates_of_one_pass():
    batches = pass_over(1000, 50)
    assert (len(batches) == 20) is BANK["updates-1000-by-50-a"]
    assert (len(batches) == 50) is BANK["updates-1000-by-50-b"]
    assert (len(pass_over(1000, 64)) == 16) is BANK["updates-1000-by-64"]
    uses = np.bincount(np.concatenate(batches), minlength=1000)
    assert bool((uses == 50).all()) is BANK["uses-per-pass"]
    assert any(len(set(batch.tolist())) < len(batch) for batch in batches) is BANK["repeated-example"]


def test_batches_of_special_gradients():
    alike = np.tile(GRADIENTS[0], (5, 1))
    assert np.allclose(without_replacement(alike, 2), GRADIENTS[0]) is BANK["identical-gradients"]
    assert np.allclose(without_replacement(GRADIENTS, 1), GRADIENTS) is BANK["single-example-case"]
    cosines = without_replacement(GRADIENTS, 2) @ FULL
    cosines /= np.linalg.norm(without_replacement(GRADIENTS, 2), axis=1) * np.linalg.norm(FULL)
    assert np.allclose(cosines, 1) is BANK["parallel-gradients"]


def test_one_step_on_two_parabolas_that_pull_apart():
    """C_1(w) = (w - 1)², C_2(w) = (w + 1)²: the mean w² + 1 has its minimiser at 0."""

    def full(w):
        return ((w - 1) ** 2 + (w + 1) ** 2) / 2

    start = 0.5
    after = [start - rate * 2 * (start - 1) for rate in (1e-1, 1e-3, 1e-6)]  # the batch is example 1
    assert all(full(w) > full(start) for w in after) is BANK["update-can-raise"]
    assert any(full(w) < full(start) for w in after) is BANK["update-always-lowers"]

    slope_at_minimiser = 2 * (0.0 - 1)
    assert (slope_at_minimiser != 0) is BANK["gradient-at-minimiser-a"]
    assert (slope_at_minimiser == 0) is BANK["gradient-at-minimiser-b"]


def doubling_blocks(p):
    """Sums of t**-p over the blocks t = 2**k + 1 … 2**(k+1): a series converges just when they shrink geometrically."""
    return np.array([(np.arange(2**k + 1, 2 ** (k + 1) + 1) ** -p).sum() for k in range(4, 20)])


def converges(p):
    blocks = doubling_blocks(p)
    return bool((blocks[1:] / blocks[:-1] < 0.95).all())


def test_sums_of_the_step_sizes():
    assert (not converges(0.5) and not converges(1.0)) is BANK["inverse-square-root-sums"]
    assert (not converges(1.0) and converges(2.0)) is BANK["inverse-time-sums"]
    assert converges(1.0) is BANK["inverse-square-root-squares"]
    assert converges(0.0) is BANK["constant-step-sizes"]  # the squares are constant as well


def test_sum_in_place_of_the_mean():
    batch = GRADIENTS[:4]
    assert np.allclose(0.1 * batch.sum(axis=0), 0.1 * batch.mean(axis=0)) is BANK["sum-instead-of-mean"]
    assert np.allclose(0.1 / 4 * batch.sum(axis=0), 0.1 * batch.mean(axis=0)) is BANK["sum-with-rescaled-rate"]
