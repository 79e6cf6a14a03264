"""Descent methods against PyTorch's optimisers over the same samples in the same order, its autograd underneath.

PyTorch's ``nesterov=True`` and ``dampening`` are left out: they are other recursions than the textbook's.
"""

import numpy as np
import pytest

from solvers.descent import (
    adagrad,
    cyclic,
    first_still,
    full_batch,
    gradient_descent,
    inverse_sqrt,
    momentum,
    on_batches,
    rmsprop,
    without_replacement,
)
from solvers.linear_model import mse_gradient
from solvers.losses import squared_hinge_gradient

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

STEPS = 120


def half_squared_hinge(w, X, y):
    return (0.5 * torch.relu(1 - y * (X @ w)) ** 2).mean()


def half_mse(w, X, y):
    return 0.5 * torch.nn.functional.mse_loss(X @ w, y)


def iterates_of(optimiser, loss, X, y, batches, *, schedule=None):
    """Every iterate of an optimiser that starts at 0, float64."""
    X, y = torch.tensor(X), torch.tensor(y)
    w = torch.zeros(X.shape[1], dtype=torch.float64, requires_grad=True)
    rule = optimiser([w])
    scheduler = torch.optim.lr_scheduler.LambdaLR(rule, schedule) if schedule else None
    iterates = [w.detach().clone()]
    for batch in batches:
        rule.zero_grad()
        loss(w, X[batch], y[batch]).backward()
        rule.step()
        if scheduler:
            scheduler.step()
        iterates.append(w.detach().clone())
    return torch.stack(iterates).numpy()


@pytest.fixture
def problem():
    rng = np.random.default_rng(16)
    return rng.normal(size=(8, 4)), rng.choice([-1.0, 1.0], 8)


EVERY_SAMPLE = np.tile(np.arange(8), (STEPS, 1))


@pytest.mark.parametrize("alpha", [0.0, 0.5, 0.8])
def test_heavy_ball(problem, alpha):
    ours = momentum(full_batch(squared_hinge_gradient, *problem), np.zeros(4), 0.2, alpha, STEPS)
    theirs = iterates_of(
        lambda w: torch.optim.SGD(w, lr=0.2, momentum=alpha), half_squared_hinge, *problem, EVERY_SAMPLE
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_cyclic_sgd(problem):
    order = cyclic(8, STEPS)
    ours = gradient_descent(on_batches(squared_hinge_gradient, *problem, order), np.zeros(4), 0.1, STEPS)
    theirs = iterates_of(lambda w: torch.optim.SGD(w, lr=0.1), half_squared_hinge, *problem, order)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_adagrad(problem):
    order = cyclic(8, STEPS)
    ours = adagrad(on_batches(squared_hinge_gradient, *problem, order), np.zeros(4), 0.1, 1e-6, STEPS)
    theirs = iterates_of(lambda w: torch.optim.Adagrad(w, lr=0.1, eps=1e-6), half_squared_hinge, *problem, order)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_adagrad_from_an_initial_accumulator(problem):
    order = cyclic(8, STEPS)
    ours = adagrad(on_batches(squared_hinge_gradient, *problem, order), np.zeros(4), 0.1, 1e-6, STEPS, initial=0.1)
    theirs = iterates_of(
        lambda w: torch.optim.Adagrad(w, lr=0.1, eps=1e-6, initial_accumulator_value=0.1),
        half_squared_hinge,
        *problem,
        order,
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_rmsprop(problem):
    order = cyclic(8, STEPS)
    ours = rmsprop(on_batches(squared_hinge_gradient, *problem, order), np.zeros(4), 0.01, 1e-6, 0.9, STEPS)
    theirs = iterates_of(
        lambda w: torch.optim.RMSprop(w, lr=0.01, alpha=0.9, eps=1e-6), half_squared_hinge, *problem, order
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_minibatches_with_the_inverse_root_schedule_and_the_stopping_rule(seed):
    """The book's run of 2.2.1 on the commute data."""
    X = np.array([[1, 2.7, 1], [1, 4.1, 1], [1, 1.0, 0], [1, 5.2, 1], [1, 2.8, 0]])
    y = np.array([25.0, 33, 15, 45, 22])
    batches = without_replacement(5, 2, STEPS, np.random.default_rng(seed))
    ours = gradient_descent(on_batches(mse_gradient, X, y, batches), np.zeros(3), inverse_sqrt(0.06), STEPS)
    theirs = iterates_of(
        lambda w: torch.optim.SGD(w, lr=0.06), half_mse, X, y, batches, schedule=lambda t: (t + 1) ** -0.5
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    assert first_still(ours, 0.02) == first_still(theirs, 0.02)
