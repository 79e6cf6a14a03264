"""Divergence against quadrature and SymPy, sampling against moments, the autoencoder against scikit-learn's PCA."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from scipy.integrate import quad
from sklearn.decomposition import PCA

from solvers.latent import (
    divergence,
    divergence_gradient,
    interpolate,
    linear_autoencoder,
    reparameterisation_gradient,
    reparameterise,
    sample,
    standard_deviation,
)

GAUSSIANS = [(0, 1), (1, 1), (-2, 0.5), (0.3, 3), (4, 0.1)]


# Divergence


@pytest.mark.parametrize(("mean", "deviation"), GAUSSIANS)
def test_divergence_is_the_integral_that_defines_it(mean, deviation):
    def log_density(x, mu, sigma):
        return -(((x - mu) / sigma) ** 2) / 2 - np.log(sigma) - np.log(2 * np.pi) / 2

    def integrand(x):
        log_q = log_density(x, mean, deviation)
        return np.exp(log_q) * (log_q - log_density(x, 0, 1))

    reach = 12 * deviation  # beyond it the density is below e^{−72}
    expected, _ = quad(integrand, mean - reach, mean + reach, epsabs=0, epsrel=1e-13)
    assert divergence(mean, deviation) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.fixture(scope="module")
def exact():
    """The same integral in closed form, from SymPy, with its symbols μ and σ."""
    mu, x = sympy.symbols("mu x", real=True)
    sigma = sympy.Symbol("sigma", positive=True)
    density = sympy.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * sympy.sqrt(2 * sympy.pi))
    log_ratio = x**2 / 2 - ((x - mu) / sigma) ** 2 / 2 - sympy.log(sigma)
    integral = sympy.integrate(sympy.expand(density * log_ratio), (x, -sympy.oo, sympy.oo))
    return sympy.simplify(integral), mu, sigma


@pytest.mark.parametrize(("mean", "deviation"), GAUSSIANS)
def test_divergence_and_its_gradient_are_those_of_sympy(exact, mean, deviation):
    kl, mu, sigma = exact
    at = {mu: sympy.Rational(str(mean)), sigma: sympy.Rational(str(deviation))}
    by_mean, by_deviation = divergence_gradient(mean, deviation)
    assert divergence(mean, deviation) == pytest.approx(float(kl.subs(at).evalf(30)), rel=1e-15, abs=1e-15)
    assert by_mean == float(kl.diff(mu).subs(at).evalf(30))
    assert by_deviation == pytest.approx(float(kl.diff(sigma).subs(at).evalf(30)), rel=1e-15)


def test_divergence_is_zero_only_at_the_standard_normal():
    mean, deviation = np.meshgrid(np.linspace(-2, 2, 5), [0.25, 0.5, 1, 2, 4], indexing="ij")
    zero = divergence(mean, deviation) == 0
    np.testing.assert_array_equal(zero, (mean == 0) & (deviation == 1))
    assert (divergence(mean, deviation)[~zero] > 0).all()


def test_encoders_that_return_the_logarithm_of_the_variance():
    np.testing.assert_allclose(standard_deviation(np.log([0.25, 1, 9])), [0.5, 1, 3], rtol=1e-15)
    mu, log_variance = np.array([0.3, -1.0]), np.array([-0.7, 1.2])
    through_log_variance = (np.exp(log_variance) + mu**2 - 1 - log_variance) / 2  # Kingma & Welling, appendix B
    np.testing.assert_allclose(divergence(mu, standard_deviation(log_variance)), through_log_variance, rtol=1e-14)


# Sampling


def test_reparameterised_numbers():
    np.testing.assert_array_equal(reparameterise([1.0, -2.0], [0.5, 2.0], [2.0, -1.0]), [2.0, -4.0])


def test_gradient_of_the_sample_is_that_of_automatic_differentiation():
    noise = np.array([-1.5, 0.0, 0.3])
    by_mean, by_deviation = reparameterisation_gradient(noise)

    def total(mu, sigma):
        return anp.sum(mu + sigma * noise)

    expected = autograd.grad(total, (0, 1))(np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.0, 2.0]))
    np.testing.assert_array_equal((by_mean, by_deviation), expected)


def test_pathwise_gradients_average_to_those_of_the_expectation():
    """E[z²] = μ² + σ²; its gradient (2μ, 2σ) is the mean of 2z ∂z/∂μ and 2z ∂z/∂σ. Bound: 5 standard errors."""
    mean, deviation, draws = 0.7, 1.3, 200_000
    noise = np.random.default_rng(1).standard_normal(draws)
    z = reparameterise(mean, deviation, noise)
    for slopes, exact in zip(reparameterisation_gradient(noise), (2 * mean, 2 * deviation), strict=True):
        gradients = 2 * z * slopes
        assert gradients.mean() == pytest.approx(exact, abs=5 * gradients.std() / draws**0.5)


def test_samples_have_the_mean_and_the_deviation_not_the_variance():
    draws = sample(np.full(200_000, -1.0), 0.5, np.random.default_rng(2))
    assert draws.mean() == pytest.approx(-1, abs=5 * 0.5 / 200_000**0.5)
    assert draws.std() == pytest.approx(0.5, abs=5 * 0.5 / 400_000**0.5)


def test_the_generator_alone_decides_the_sample():
    first, second = (sample([1.0, 2.0], [0.5, 3.0], np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(
        first, reparameterise([1.0, 2.0], [0.5, 3.0], np.random.default_rng(7).standard_normal(2))
    )


@pytest.mark.parametrize("deviation", [0.0, -1.0, np.nan])
@pytest.mark.parametrize(
    "function",
    [
        divergence,
        divergence_gradient,
        lambda mu, sigma: reparameterise(mu, sigma, 0.0),
        lambda mu, sigma: sample(mu, sigma, np.random.default_rng(1)),
    ],
)
def test_deviations_that_are_not_positive_are_refused(function, deviation):
    with pytest.raises(ValueError, match="A standard deviation is positive"):
        function([0.0, 1.0], [1.0, deviation])


# Interpolation


def test_interpolation_meets_its_ends_exactly():
    first, second = np.array([0.1, -2.7]), np.array([0.3, 1e-3])
    path = interpolate(first, second, [0.0, 0.25, 1.0])
    np.testing.assert_array_equal(path[0], first)
    np.testing.assert_array_equal(path[2], second)
    np.testing.assert_allclose(path[1], [0.15, -2.02475], rtol=1e-15)
    np.testing.assert_array_equal(interpolate(first, second, 0.25), path[1])


def test_codes_that_cannot_be_interpolated():
    with pytest.raises(ValueError, match="different shapes"):
        interpolate([0.0, 1.0], [0.0], 0.5)
    for fraction in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            interpolate([0.0], [1.0], [0.5, fraction])


# Linear autoencoder


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_autoencoder_is_scikit_learns_principal_component_analysis(width):
    data = some_data()
    model = PCA(width, svd_solver="full").fit(data)

    ours = linear_autoencoder(data, width)

    signs = np.sign(np.sum(ours.directions * model.components_, axis=1))
    np.testing.assert_allclose(ours.mean, model.mean_, rtol=0, atol=1e-14)
    np.testing.assert_allclose(ours.directions * signs[:, None], model.components_, rtol=0, atol=1e-13)
    np.testing.assert_allclose(ours.codes * signs, model.transform(data), rtol=0, atol=1e-13)
    expected = model.inverse_transform(model.transform(data))
    np.testing.assert_allclose(ours.reconstruction, expected, rtol=0, atol=1e-13)


def test_error_is_the_sum_of_the_squared_singular_values_left_out():
    data = some_data()
    singular_values = np.linalg.svd(data - data.mean(axis=0), compute_uv=False)
    for width in range(1, 6):
        error = np.sum((data - linear_autoencoder(data, width).reconstruction) ** 2)
        assert error == pytest.approx(np.sum(singular_values[width:] ** 2), rel=1e-12, abs=1e-12)


def test_no_other_linear_autoencoder_reconstructs_better():
    data, rng = some_data(), np.random.default_rng(3)
    best = np.sum((data - linear_autoencoder(data, 2).reconstruction) ** 2)
    centred = data - data.mean(axis=0)
    for _ in range(200):
        codes = centred @ rng.normal(size=(5, 2))
        decoder = np.linalg.lstsq(codes, centred)[0]  # the best decoder for this encoder
        assert np.sum((centred - codes @ decoder) ** 2) > best


def test_without_centring_the_reconstruction_is_worse():
    data = some_data() + 100 * np.eye(5)[0]
    U, s, Vh = np.linalg.svd(data, full_matrices=False)
    uncentred = (U[:, :2] * s[:2]) @ Vh[:2]
    error = np.sum((data - linear_autoencoder(data, 2).reconstruction) ** 2)
    assert error < np.sum((data - uncentred) ** 2)


def test_a_stack_of_data_sets_in_one_call():
    stack = np.array([some_data(1), some_data(2)])
    together = linear_autoencoder(stack, 2)
    assert together.codes.shape == (2, 20, 2)
    for data, reconstruction in zip(stack, together.reconstruction, strict=True):
        np.testing.assert_allclose(reconstruction, linear_autoencoder(data, 2).reconstruction, rtol=0, atol=1e-13)


@pytest.mark.parametrize("width", [0, 6, -1])
def test_widths_without_an_autoencoder(width):
    with pytest.raises(ValueError, match="The width must be 1 to 5"):
        linear_autoencoder(some_data(), width)


def test_data_are_rows_and_columns():
    with pytest.raises(ValueError, match="needs rows"):
        linear_autoencoder(np.zeros(5), 1)


def some_data(seed=1):
    """Twenty samples of five correlated features that are not centred."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(20, 5)) @ rng.normal(size=(5, 5)) + rng.normal(size=5)
