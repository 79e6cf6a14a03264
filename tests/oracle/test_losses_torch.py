"""Margin losses and their gradients, least squares and ridge against PyTorch."""

import numpy as np
import pytest

from solvers import linear_model, losses

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

LOSSES = {
    "hinge": (losses.hinge_cost, losses.hinge_gradient, lambda m: torch.relu(1 - m)),
    "squared hinge": (
        losses.squared_hinge_cost,
        losses.squared_hinge_gradient,
        lambda m: 0.5 * torch.relu(1 - m) ** 2,
    ),
    "logistic": (losses.logistic_cost, losses.logistic_gradient, lambda m: torch.nn.functional.softplus(-m)),
}


def problem():
    rng = np.random.default_rng(17)
    return rng.normal(size=4), rng.normal(size=(30, 4)), rng.choice([-1.0, 1.0], 30)


@pytest.mark.parametrize("name", LOSSES)
def test_costs_and_gradients(name):
    cost, gradient, formula = LOSSES[name]
    w, X, y = problem()
    theirs = torch.tensor(w, requires_grad=True)
    mean = formula(torch.tensor(y) * (torch.tensor(X) @ theirs)).mean()
    mean.backward()
    np.testing.assert_allclose(cost(w, X, y), mean.item(), rtol=0, atol=1e-13)
    np.testing.assert_allclose(gradient(w, X, y), theirs.grad.numpy(), rtol=0, atol=1e-13)


def test_half_mse_and_its_derivatives():
    w, X, y = problem()

    def cost(w):
        return 0.5 * torch.nn.functional.mse_loss(torch.tensor(X) @ w, torch.tensor(y))

    theirs = torch.tensor(w, requires_grad=True)
    cost(theirs).backward()
    np.testing.assert_allclose(linear_model.half_mse(w, X, y), cost(theirs).item(), rtol=0, atol=1e-13)
    np.testing.assert_allclose(linear_model.mse_gradient(w, X, y), theirs.grad.numpy(), rtol=0, atol=1e-13)
    second = torch.autograd.functional.hessian(cost, torch.tensor(w))
    np.testing.assert_allclose(linear_model.hessian(X), second.numpy(), rtol=0, atol=1e-13)


def test_least_squares_and_ridge():
    _, X, y = problem()
    theirs = torch.linalg.lstsq(torch.tensor(X), torch.tensor(y)[:, None]).solution[:, 0]
    np.testing.assert_allclose(linear_model.least_squares(X, y), theirs.numpy(), rtol=0, atol=1e-12)
    stacked = torch.tensor(np.vstack([X, np.sqrt(30 * 0.1) * np.eye(4)]))
    zeros = torch.tensor(np.concatenate([y, np.zeros(4)]))[:, None]
    augmented = torch.linalg.lstsq(stacked, zeros).solution[:, 0]
    np.testing.assert_allclose(linear_model.ridge(X, y, 0.1), augmented.numpy(), rtol=0, atol=1e-12)
