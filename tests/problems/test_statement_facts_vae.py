"""What exercise 2.10 (variational autoencoders) states, checked by computing.

KL divergences of Gaussians come from the definition E_q[ln q - ln p] and not from the formula under test: the
logarithm is a polynomial of degree two, so that Gauss-Hermite sums are exact. Each test compares with the bank.
"""

import tomllib
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

_TEXT = files("problems.set2.ex10_vae").joinpath("statements.toml").read_text("utf-8")
BANK = {statement["id"]: statement["true"] for statement in tomllib.loads(_TEXT)["statement"]}


def agree(facts):
    assert facts == {statement: BANK[statement] for statement in facts}


def divergence(mean, std, prior_std=1.0):
    """KL(N(mean, diag(std^2)) || N(0, prior_std^2 I)): two nodes a dimension are exact up to degree three."""
    mean, std = np.atleast_1d(mean).astype(float), np.atleast_1d(std).astype(float)
    signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * len(mean))).reshape(len(mean), -1).T
    z = mean + std * signs
    log_ratio = norm.logpdf(z, mean, std) - norm.logpdf(z, 0, prior_std)
    return float(np.mean(log_ratio.sum(axis=1)))


GRID = [(mu, sigma) for mu in (-2.0, -0.5, 0.0, 1.0) for sigma in (0.05, 0.4, 1.0, 3.0)]


def test_formulas_of_the_divergence():
    def holds(formula):
        return all(np.isclose(divergence(mu, sigma), formula(mu, sigma), rtol=1e-9, atol=1e-12) for mu, sigma in GRID)

    facts = {
        "gaussian-divergence": holds(lambda mu, s: (mu**2 + s**2 - 1 - np.log(s**2)) / 2),
        "gaussian-divergence-sign": holds(lambda mu, s: (mu**2 + s**2 - 1 + np.log(s**2)) / 2),
        "log-variance-form": holds(lambda mu, s: (mu**2 + np.exp(np.log(s**2)) - 1 - np.log(s**2)) / 2),
    }
    agree(facts)


def test_values_of_the_divergence():
    small_scales = [divergence(0, 10.0**-k) for k in range(1, 8)]
    zeros = [point for point in GRID if abs(divergence(*point)) < 1e-12]
    facts = {
        "shifted-normal": bool(np.isclose(divergence(1, 1), 0.5)),
        "shifted-ten-dimensions": bool(np.isclose(divergence(np.ones(10), np.ones(10)), 5)),
        "shifted-any-dimension": all(np.isclose(divergence(np.ones(k), np.ones(k)), 0.5) for k in (1, 2, 3)),
        "equal-means": bool(np.isclose(divergence(0, 2), 0)),
        "vanishing": zeros == [(0.0, 1.0)],
        "standard-normal-prior": zeros == [(0.0, 1.0)],
        "divergence-sign": all(divergence(*point) > -1e-12 for point in GRID),
        "small-scale-sign": any(divergence(mu, sigma) < -1e-12 for mu, sigma in GRID if sigma < 1),
        "vanishing-scale": all(later < earlier for earlier, later in pairwise(small_scales)),
        "swapped-arguments": bool(np.isclose(divergence(0, 2), divergence(0, 1, prior_std=2))),
    }
    agree(facts)
    assert divergence(0, 2) == pytest.approx(0.807, abs=5e-4)
    assert divergence(0, 1, prior_std=2) == pytest.approx(0.318, abs=5e-4)


def test_several_latent_dimensions():
    mean, std = np.array([0.5, -1.0, 2.0]), np.array([0.3, 1.0, 2.0])
    together, single = divergence(mean, std), [divergence(m, s) for m, s in zip(mean, std, strict=True)]
    facts = {
        "sum-over-dimensions": bool(np.isclose(together, np.sum(single))),
        "product-over-dimensions": bool(np.isclose(together, np.prod(single))),
    }
    agree(facts)


def test_slopes_of_the_divergence():
    h = 1e-5
    slope_in_mean = [(divergence(mu + h, s) - divergence(mu - h, s)) / (2 * h) for mu, s in GRID]
    slope_in_scale = (divergence(0.7, 1 + h) - divergence(0.7, 1 - h)) / (2 * h)
    facts = {
        "mean-derivative": np.allclose(slope_in_mean, [mu for mu, _ in GRID], atol=1e-6),
        "scale-derivative": bool(np.isclose(slope_in_scale, 1, atol=1e-6)),
    }
    agree(facts)


def test_weight_of_the_divergence():
    """Global minima of R + beta K over 500 pairs (R, K) with R above 1/K, for rising beta."""
    K, excess = np.random.default_rng(10).exponential(size=(2, 500))
    R = 1 / (K + 0.1) + excess / 10
    minima = [np.argmin(R + beta * K) for beta in np.linspace(0, 5, 101)]
    reconstruction, regularisation = R[minima], K[minima]
    assert len(set(minima)) > 3
    facts = {
        "larger-weight": bool(np.all(np.diff(reconstruction) >= 0)),
        "larger-weight-divergence": bool(np.any(np.diff(regularisation) > 0)),
        # From no KL term to one: the purpose would be served if the reconstruction term fell.
        "divergence-purpose": bool(reconstruction[20] < reconstruction[0]),
    }
    agree(facts)


def test_a_small_variational_autoencoder():
    """A linear encoder with a fixed spread and a linear decoder: what depends on the decoder, what is random."""
    rng = np.random.default_rng(1)
    x, encoder, decoder, sigma = rng.normal(size=5), rng.normal(size=(2, 5)), rng.normal(size=(5, 2)), 0.5

    def terms(decoder, noise):
        mu = encoder @ x
        z = mu + sigma * noise
        return z, np.sum((x - decoder @ z) ** 2), divergence(mu, np.full(2, sigma))

    first, second = rng.normal(size=(2, 2))
    z, reconstruction, regularisation = terms(decoder, first)
    other_z, _, _ = terms(decoder, second)
    _, other_reconstruction, other_regularisation = terms(decoder + 0.1, first)
    assert reconstruction != other_reconstruction
    facts = {
        "decoder-derivative": regularisation == other_regularisation,
        "decoder-change": regularisation != other_regularisation,
        "pixel-divergence": regularisation != other_regularisation,
        "code-in-training": not np.allclose(z, other_z),
    }
    agree(facts)


def test_the_evidence_lower_bound():
    """A latent variable of three values, p(x, z) for one x, and any q(z | x)."""
    joint, q = np.array([0.02, 0.05, 0.01]), np.array([0.3, 0.3, 0.4])
    evidence, posterior = np.log(joint.sum()), joint / joint.sum()
    bound = np.sum(q * np.log(joint / q))
    gap = np.sum(q * np.log(q / posterior))
    facts = {
        "bound-gap": bool(np.isclose(evidence - bound, gap)),
        "bound-direction": bool(bound >= evidence),
        # The identity just found, scaled to the numbers of the statements.
        "bound-value-95": bool(np.isclose(-90 + np.sign(bound - evidence) * 5, -95)),
        "bound-value-85": bool(np.isclose(-90 + np.sign(bound - evidence) * 5, -85)),
    }
    agree(facts)


def test_a_code_distributed_like_the_prior():
    """The mutual information of the input (uniform over four) and a code of three values."""
    prior = np.array([0.2, 0.5, 0.3])
    q = np.tile(prior, (4, 1))
    information = np.mean(np.sum(q * np.log(q / q.mean(axis=0)), axis=1))
    nothing_known = bool(np.isclose(information, 0, atol=1e-15))
    agree({"code-equal-to-prior": nothing_known, "zero-divergence": not nothing_known})


def test_a_gaussian_decoder():
    rng = np.random.default_rng(3)
    x, tau = rng.normal(size=4), 0.3
    x_hats = rng.normal(size=(6, 4))
    losses = [-multivariate_normal.logpdf(x, x_hat, tau**2 * np.eye(4)) for x_hat in x_hats]
    rest = losses - np.sum((x - x_hats) ** 2, axis=1) / (2 * tau**2)

    def weight_of_divergence(tau):
        """The weight of the KL term when the loss is divided by the factor of the squared error."""
        return 1 / (norm.logpdf(0, 0, tau) - norm.logpdf(1, 0, tau))

    facts = {
        "gaussian-decoder": np.allclose(rest, rest[0]),
        "smaller-decoder-variance": bool(weight_of_divergence(0.1) > weight_of_divergence(0.3)),
    }
    agree(facts)


def test_interpolation():
    first, second = np.array([1.0, -2.0]), np.array([3.0, 6.0])

    def between(alpha):
        return (1 - alpha) * first + alpha * second

    # A decoder that is not affine tells decoding an average code from averaging decoded pixels.
    averaged_pixels = (np.tanh(first) + np.tanh(second)) / 2
    facts = {
        "quarter-way": np.allclose(between(1 / 4), (3 * first + second) / 4),
        "start-point": np.allclose(between(0), second),
        "pixel-averaging": np.allclose(np.tanh(between(1 / 2)), averaged_pixels),
    }
    agree(facts)
