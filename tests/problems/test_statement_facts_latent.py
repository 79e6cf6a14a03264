"""What exercise 2.8 (latent variables) states, checked by computing.

Each test works out from numbers whether statements of the bank hold and compares that with the bank.
"""

import tomllib
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.spatial.distance import pdist
from scipy.stats import norm
from sklearn.decomposition import PCA
from sklearn.neural_network import MLPRegressor

_TEXT = files("problems.set2.ex08_latent_variables").joinpath("statements.toml").read_text("utf-8")
BANK = {statement["id"]: statement["true"] for statement in tomllib.loads(_TEXT)["statement"]}


def agree(facts):
    assert facts == {statement: BANK[statement] for statement in facts}


@pytest.fixture
def rng():
    return np.random.default_rng(8)


def pca_errors(X, X_new, components):
    """Mean squared reconstruction errors on X_new of PCA fitted to X."""
    errors = []
    for k in components:
        pca = PCA(k, svd_solver="full").fit(X)
        errors.append(np.mean((X_new - pca.inverse_transform(pca.transform(X_new))) ** 2))
    return errors


def test_errors_of_pca_with_more_components(rng):
    """Training data of rank 3 in six dimensions, and new data from the same three."""
    plane = rng.normal(size=(3, 6))
    X, X_new = rng.normal(size=(30, 3)) @ plane, rng.normal(size=(10, 3)) @ plane
    errors = pca_errors(X, X, range(1, 6))
    new_three, new_four = pca_errors(X, X_new, (3, 4))
    never_rises = all(more <= fewer + 1e-12 for fewer, more in pairwise(errors))
    facts = {
        "next-component": never_rises,
        "component-added": not never_rises,
        "too-few-numbers": min(errors[:2]) > 1e-3 and errors[2] < 1e-20,
        "error-on-new-data": bool(new_four < new_three - 1e-20),
    }
    agree(facts)


def test_a_minimum_over_a_larger_family(rng):
    """The least error over random linear autoencoders with one code unit, and over those and others with two."""
    X = rng.normal(size=(20, 4))

    def error(W_e, W_d):
        return np.mean((X - X @ W_e @ W_d) ** 2)

    small = [(rng.normal(size=(4, 1)), rng.normal(size=(1, 4)) / 4) for _ in range(50)]
    embedded = [(np.hstack([W_e, np.zeros((4, 1))]), np.vstack([W_d, np.zeros((1, 4))])) for W_e, W_d in small]
    others = [(rng.normal(size=(4, 2)), rng.normal(size=(2, 4))) for _ in range(50)]
    least_small, least_large = min(error(*pair) for pair in small), min(error(*pair) for pair in embedded + others)
    agree({"nested-families": bool(least_large <= least_small)})


def test_two_trainings_of_one_autoencoder(rng):
    """8-2-8 with a tanh code, two seeds: the same task, other coordinates."""
    X = np.tanh(rng.normal(size=(60, 2)) @ rng.normal(size=(2, 8)))
    codes = []
    for seed in (0, 1):
        net = MLPRegressor(
            hidden_layer_sizes=2, activation="tanh", solver="lbfgs", max_iter=5000, random_state=seed
        ).fit(X, X)
        assert net.score(X, X) > 0.5, "the autoencoder learnt nothing"
        codes.append(np.tanh(X @ net.coefs_[0] + net.intercepts_[0]))
    same = np.allclose(*codes, atol=0.1)
    agree({"another-initialisation": not same, "two-seeds": same})


def test_changes_of_the_code_that_the_decoder_undoes(rng):
    """A decoder tanh(z W^T + b) V with codes z of three dimensions."""
    z, W, b, V = rng.normal(size=(20, 3)), rng.normal(size=(7, 3)), rng.normal(size=7), rng.normal(size=(7, 5))

    def decode(z, W):
        return np.tanh(z @ W.T + b) @ V

    Q = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    permutation, swap = [1, 2, 0], [1, 0, 2]

    def unchanged(z_new, W_new):
        return np.allclose(decode(z_new, W_new), decode(z, W), atol=1e-12)

    facts = {
        "rotated-codes": unchanged(z @ Q.T, W @ Q.T),
        "permuted-codes": unchanged(z[:, permutation], W[:, permutation]),
        "swapped-coordinates": not unchanged(z[:, swap], W[:, swap]),
        "scaled-codes": unchanged(2 * z, W / 2),
        "code-distances": not (unchanged(2 * z, W / 2) and not np.allclose(pdist(2 * z), pdist(z))),
        "one-factor-each": not (unchanged(z @ Q.T, W @ Q.T) and not np.allclose(z @ Q.T, z)),
    }
    agree(facts)


def test_probability_of_an_observation_in_a_mixture():
    """With weights 0.3 and 0.7: only the sum over the components integrates to one."""

    def joint(x):
        return 0.3 * norm.pdf(x, -1, 1), 0.7 * norm.pdf(x, 2, 0.5)

    facts = {
        "marginal-by-sum": bool(np.isclose(quad(lambda x: sum(joint(x)), -12, 12, points=(-1, 2))[0], 1)),
        "marginal-by-maximum": bool(np.isclose(quad(lambda x: max(joint(x)), -12, 12, points=(-1, 2))[0], 1)),
    }
    agree(facts)


def test_responsibilities_in_a_mixture():
    def second(x):
        return norm.pdf(x, 1) / (norm.pdf(x, -1) + norm.pdf(x, 1))

    assert second(0.1) == pytest.approx(1 / (1 + np.exp(-0.2)), rel=1e-12)
    agree({"responsibility-half": bool(second(0) == 0.5), "responsibility-one": bool(np.isclose(second(0.1), 1))})


def test_the_linear_factor_model(rng):
    """The model x = W z + e with two latent variables in three dimensions; 400,000 draws, errors of the order 0.01."""
    W, sigma = np.array([[1.0, 0.5], [0.0, 1.0], [-1.0, 0.3]]), 0.6
    z, e = rng.normal(size=(400_000, 2)), sigma * rng.normal(size=(400_000, 3))
    R = np.array([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]])
    x = z @ W.T + e
    rotated = z @ (W @ R).T + e
    # The residual of the best linear prediction of z from x: its covariance is that of z given x.
    residual = z - x @ np.linalg.lstsq(x, z, rcond=None)[0]
    posterior = sigma**2 * np.linalg.inv(W.T @ W + sigma**2 * np.eye(2))
    assert np.allclose(np.cov(residual.T), posterior, atol=0.02)
    facts = {
        "factor-covariance": np.allclose(np.cov(x.T), W @ W.T + sigma**2 * np.eye(3), atol=0.02),
        "factor-rotation": np.allclose(np.cov(rotated.T), np.cov(x.T), atol=0.02),
        "factor-recovery": np.allclose(np.cov(residual.T), 0, atol=0.02),
    }
    agree(facts)
