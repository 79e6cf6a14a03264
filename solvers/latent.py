"""Latent variables: Gaussian divergence, reparameterised sampling, interpolation, linear autoencoder.

What exercises 2.6 to 2.10 talk about; the book's chapters do not define it. σ is a standard deviation, never a
variance: encoders that return ln σ² are read by `standard_deviation`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from solvers.samples import Array


class Autoencoder(NamedTuple):
    """A linear autoencoder at its optimum: z = (x − mean) Vᵀ, x̂ = z V + mean."""

    mean: Array  # (…, d)
    directions: Array  # V (…, k, d), orthonormal rows, the first one explains most; a row's sign is arbitrary
    codes: Array  # (…, n, k)
    reconstruction: Array  # (…, n, d)


def standard_deviation(log_variance: ArrayLike) -> Array:
    """σ = exp(½ ln σ²), elementwise."""
    result: Array = np.exp(np.asarray(log_variance, dtype=np.float64) / 2)
    return result


def divergence(mean: ArrayLike, deviation: ArrayLike) -> Array:
    """KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ² − 1 − ln σ²), elementwise; a code's divergence is the sum over it.

    Source: Kingma & Welling 2014, appendix B.

    Raises:
        ValueError: if a σ is not positive.

    """
    mu, sigma = _gaussian(mean, deviation)
    return (mu**2 + sigma**2 - 1) / 2 - np.log(sigma)


def divergence_gradient(mean: ArrayLike, deviation: ArrayLike) -> tuple[Array, Array]:
    """∂KL/∂μ = μ and ∂KL/∂σ = σ − 1/σ, elementwise.

    Raises:
        ValueError: if a σ is not positive.

    """
    mu, sigma = _gaussian(mean, deviation)
    return mu, sigma - 1 / sigma


def reparameterise(mean: ArrayLike, deviation: ArrayLike, noise: ArrayLike) -> Array:
    """Samples z = μ + σ ε, elementwise (exercise 2.9): draws of N(μ, σ²) where the ε are draws of N(0, 1).

    Raises:
        ValueError: if a σ is not positive.

    """
    mu, sigma = _gaussian(mean, deviation)
    return mu + sigma * np.asarray(noise, dtype=np.float64)


def reparameterisation_gradient(noise: ArrayLike) -> tuple[Array, Array]:
    """∂z/∂μ = 1 and ∂z/∂σ = ε: the noise stays fixed, which is what lets gradients flow through the sample."""
    epsilon = np.array(noise, dtype=np.float64)
    return np.ones_like(epsilon), epsilon


def sample(mean: ArrayLike, deviation: ArrayLike, generator: np.random.Generator) -> Array:
    """One reparameterised draw of N(μ, σ²) for each element.

    Raises:
        ValueError: if a σ is not positive.

    """
    mu, sigma = _gaussian(mean, deviation)
    return reparameterise(mu, sigma, generator.standard_normal(mu.shape))


def interpolate(first: ArrayLike, second: ArrayLike, fraction: ArrayLike) -> Array:
    """μ* = (1 − α) μ₁ + α μ₂ (exercise 2.10), exactly μ₁ at α = 0 and μ₂ at α = 1.

    Codes are (d,); one fraction gives (d,), fractions (k,) give the path (k, d).

    Raises:
        ValueError: if the codes have different shapes, or a fraction lies outside [0, 1].

    """
    start, end = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if start.shape != end.shape:
        raise ValueError(f"The codes have different shapes, {start.shape} and {end.shape}.")
    alpha = np.asarray(fraction, dtype=np.float64)
    if not ((alpha >= 0) & (alpha <= 1)).all():
        raise ValueError("A fraction lies between 0 and 1.")
    alpha = alpha.reshape(alpha.shape + (1,) * start.ndim)
    return (1 - alpha) * start + alpha * end


def linear_autoencoder(X: ArrayLike, width: int) -> Autoencoder:
    """The linear autoencoder with a bottleneck of `width` neurons that reconstructs X best.

    No linear encoder and decoder (with biases) have a smaller Σ ‖x − x̂‖² than projection on the first k principal
    directions of the *centred* data (Eckart & Young 1936; Baldi & Hornik 1989). X is (…, n, d).

    Raises:
        ValueError: if not 1 ≤ width ≤ min(n, d).

    """
    data = np.asarray(X, dtype=np.float64)
    if data.ndim < 2:
        raise ValueError(f"X has shape {data.shape}; it needs rows (samples) and columns (features).")
    if not 1 <= width <= min(data.shape[-2:]):
        raise ValueError(f"The width must be 1 to {min(data.shape[-2:])} for data of shape {data.shape}, not {width}.")
    mean = data.mean(axis=-2, keepdims=True)
    directions = np.linalg.svd(data - mean, full_matrices=False).Vh[..., :width, :]
    codes = (data - mean) @ directions.mT
    return Autoencoder(mean[..., 0, :], directions, codes, codes @ directions + mean)


def _gaussian(mean: ArrayLike, deviation: ArrayLike) -> tuple[Array, Array]:
    mu, sigma = np.broadcast_arrays(np.asarray(mean, dtype=np.float64), np.asarray(deviation, dtype=np.float64))
    if not (sigma > 0).all():
        raise ValueError("A standard deviation is positive.")
    return mu, sigma
