"""Activations against PyTorch, ReLU's derivative 0 at 0 among them."""

import numpy as np
import pytest

from solvers.activations import ACTIVATIONS

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_function_and_derivative(name):
    z = np.linspace(-30, 30, 1201)
    theirs = torch.tensor(z, requires_grad=True)
    values = getattr(torch, name)(theirs)
    values.sum().backward()
    np.testing.assert_allclose(ACTIVATIONS[name].function(z), values.detach().numpy(), rtol=0, atol=1e-15)
    np.testing.assert_allclose(ACTIVATIONS[name].derivative(z), theirs.grad.numpy(), rtol=0, atol=1e-15)
