"""What exercise 2.9 (the reparameterisation trick) states, checked by computing.

Expectations over standard normal noise are Gauss-Hermite sums, exact for the polynomials used here; laws of
transformed uniform variables are compared with SciPy's quantile functions. Each test compares with the bank.
"""

import tomllib
from importlib.resources import files

import numpy as np
import pytest
import sympy as sp
from scipy import stats
from scipy.integrate import quad

_TEXT = files("problems.set2.ex09_reparameterisation").joinpath("statements.toml").read_text("utf-8")
BANK = {statement["id"]: statement["true"] for statement in tomllib.loads(_TEXT)["statement"]}

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(12)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def agree(facts):
    assert facts == {statement: BANK[statement] for statement in facts}


def mean(f):
    """E[f(e)] for standard normal e, exact for polynomials up to degree 23."""
    return float(WEIGHTS @ f(NODES))


def variance(f):
    return mean(lambda e: (f(e) - mean(f)) ** 2)


def covariance(A):
    """The covariance of A e for e of two independent standard normal coordinates."""
    e = np.array([[a, b] for a in NODES for b in NODES])
    w = np.outer(WEIGHTS, WEIGHTS).ravel()
    z = e @ A.T
    return (z * w[:, None]).T @ z


def test_moments_of_shifted_and_scaled_noise():
    mu, sigma = 1.5, 2.0
    facts = {
        "affine-moments": bool(
            np.isclose(mean(lambda e: mu + sigma * e), mu) and np.isclose(variance(lambda e: mu + sigma * e), sigma**2)
        ),
        "squared-scale": bool(np.isclose(variance(lambda e: mu + sigma**2 * e), sigma**2)),
        "zero-scale": bool(np.isclose(variance(lambda e: mu + 0 * e), 1)),
        # Noise from N(mu, sigma^2) is mu + sigma e with standard normal e.
        "noise-with-mean": bool(np.isclose(variance(lambda e: mu + sigma * (mu + sigma * e)), sigma**2)),
    }
    agree(facts)


def test_derivatives_with_fixed_noise():
    mu, sigma, e, v, drawn = sp.symbols("mu sigma epsilon v z")
    z, z_v = mu + sigma * e, mu + sp.exp(v / 2) * e
    facts = {
        "partial-derivatives": sp.diff(z, mu) == 1 and sp.diff(z, sigma) == e,
        "scale-derivative": sp.diff(z, sigma) == sigma,
        "log-variance-derivative": sp.simplify(sp.diff(z_v, v) - sp.exp(v / 2) * e / 2) == 0,
        "log-variance-slope": sp.simplify(sp.diff(z_v, v) - sp.exp(v / 2) * e) == 0,
        "external-noise": sp.diff(z**2, mu) != 0,
        "constant-sample": sp.diff(drawn**2, mu) != 0,
    }
    agree(facts)


def test_log_variance():
    v = np.log(4)
    sigma = np.sqrt(np.exp(v))
    sample = 2 + sigma * 0.5
    facts = {
        "log-variance": bool(np.isclose(sigma, np.exp(v / 2))),
        "log-variance-doubled": bool(np.isclose(sigma, np.exp(2 * v))),
        "sample-three": bool(np.isclose(sample, 3)),
        "sample-four": bool(np.isclose(sample, 4)),
    }
    agree(facts)


def test_several_coordinates():
    L = np.array([[1.0, 0.0], [0.5, 2.0]])
    Sigma = L @ L.T
    sigmas = np.array([0.5, 2.0])
    shared = covariance(np.column_stack([sigmas, np.zeros(2)]))
    facts = {
        "cholesky-factor": np.allclose(covariance(L), Sigma, atol=1e-12),
        "covariance-factor": np.allclose(covariance(Sigma), Sigma, atol=1e-12),
        "noise-per-coordinate": np.allclose(covariance(np.diag(sigmas)), np.diag(sigmas**2), atol=1e-12),
        "shared-noise": bool(np.isclose(shared[0, 1], 0)),
    }
    agree(facts)
    assert shared[0, 1] == pytest.approx(np.sqrt(shared[0, 0] * shared[1, 1])), "not perfectly correlated"


def test_gradient_estimates():
    """d/dmu E[z^2] = 2 mu by the path, 2 z, and by the score function, z^2 (z - mu) / sigma^2."""
    mu, sigma = 0.7, 1.3

    def path(e):
        return 2 * (mu + sigma * e)

    def score(e):
        return (mu + sigma * e) ** 2 * e / sigma

    def path_at_one(e):
        return 2 * (1 + e)

    def score_at_one(e):
        return (1 + e) ** 2 * e

    by_path, by_score = variance(path_at_one), variance(score_at_one)
    assert (by_path, by_score) == (pytest.approx(4), pytest.approx(30))
    facts = {
        "average-gradient": bool(np.isclose(mean(path), 2 * mu)),
        "single-draw": not np.isclose(mean(path), 2 * mu),
        "score-function": bool(np.isclose(mean(score), 2 * mu)),
        "estimator-variance": by_path < by_score,
        "estimator-variance-equal": bool(np.isclose(by_path, by_score)),
    }
    agree(facts)


def test_laws_of_transformed_variables():
    """A rising (falling) map g of a uniform u has the law F if g(u) is its quantile at u (at 1 - u)."""
    u = np.linspace(0.01, 0.99, 99)
    r, a, b, mu, sigma = 2.5, -1.0, 3.0, 0.4, 0.8
    e = stats.norm.ppf(u)
    facts = {
        "exponential-inverse": np.allclose(-np.log(u) / r, stats.expon.ppf(1 - u, scale=1 / r)),
        "exponential-product": np.allclose(-r * np.log(u), stats.expon.ppf(1 - u, scale=1 / r)),
        "uniform-interval": np.allclose(a + (b - a) * u, stats.uniform.ppf(u, a, b - a)),
        "uniform-shift": np.allclose(a + b * u, stats.uniform.ppf(u, a, b - a)),
        "log-normal": np.allclose(np.exp(mu + sigma * e), stats.lognorm.ppf(u, sigma, scale=np.exp(mu))),
    }
    agree(facts)


def test_categorical_codes():
    p = np.array([0.2, 0.5, 0.3])

    def largest_is(i):
        def density(g):
            others = np.prod([stats.gumbel_r.cdf(g, loc=np.log(p[j])) for j in range(3) if j != i])
            return stats.gumbel_r.pdf(g, loc=np.log(p[i])) * others

        return quad(density, -10, 40)[0]

    noise, h = np.array([0.3, -0.2, 0.4]), 1e-4
    shifted = [np.argmax(np.log(p) + noise + h * step) for step in np.eye(3)]
    slopes = [(shift - np.argmax(np.log(p) + noise)) / h for shift in shifted]
    facts = {
        "gumbel-argmax": np.allclose([largest_is(i) for i in range(3)], p, atol=1e-7),
        "categorical-argmax": bool(np.any(slopes)),
    }
    agree(facts)
