"""Divergence and reparameterisation against PyTorch's distributions."""

import numpy as np
import pytest

from solvers.latent import divergence, divergence_gradient, reparameterisation_gradient, reparameterise

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle


@pytest.fixture
def gaussians():
    rng = np.random.default_rng(1)
    return [torch.tensor(numbers, requires_grad=True) for numbers in (rng.normal(size=100), rng.uniform(0.1, 3, 100))]


def test_divergence_and_gradient(gaussians):
    standard = torch.distributions.Normal(torch.zeros(100, dtype=torch.float64), 1.0)
    expected = torch.distributions.kl_divergence(torch.distributions.Normal(*gaussians), standard)
    expected.sum().backward()
    mean, deviation = (numbers.detach().numpy() for numbers in gaussians)
    np.testing.assert_allclose(divergence(mean, deviation), expected.detach().numpy(), rtol=1e-14, atol=1e-15)
    for ours, theirs in zip(divergence_gradient(mean, deviation), gaussians, strict=True):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-14, atol=1e-15)


def test_reparameterised_sample_carries_the_gradient(gaussians):
    torch.manual_seed(1)
    drawn = torch.distributions.Normal(*gaussians).rsample()
    drawn.sum().backward()
    mean, deviation = (numbers.detach().numpy() for numbers in gaussians)
    noise = (drawn.detach().numpy() - mean) / deviation
    np.testing.assert_allclose(reparameterise(mean, deviation, noise), drawn.detach().numpy(), rtol=1e-14)
    for ours, theirs in zip(reparameterisation_gradient(noise), gaussians, strict=True):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=0, atol=1e-13)
