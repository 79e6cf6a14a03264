"""Networks, their gradients and their training against PyTorch."""

from itertools import pairwise

import numpy as np
import pytest

from solvers import descent
from solvers.network import backpropagate, flatten, forward, parameter_count, training_gradient, unflatten

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

ARCHITECTURES = [(2, 1), (2, 3, 1), (6, 5, 10, 3), (4, 1, 3, 2, 2)]
ACTIVATIONS = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "identity": torch.nn.Identity}


def a_model(widths, activation):
    """A network of PyTorch with parameters from N(0, 1), and 8 samples."""
    torch.manual_seed(1)
    layers = [(torch.nn.Linear(m, n, dtype=torch.float64), ACTIVATIONS[activation]()) for m, n in pairwise(widths)]
    model = torch.nn.Sequential(*(part for layer in layers for part in layer))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    X, Y = torch.randn(8, widths[0], dtype=torch.float64), torch.rand(8, widths[-1], dtype=torch.float64)
    return model, X, Y


def vector_of(tensors):
    return np.concatenate([tensor.detach().numpy().ravel() for tensor in tensors])


@pytest.mark.parametrize("widths", ARCHITECTURES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_forward_and_backward(widths, activation):
    model, X, Y = a_model(widths, activation)
    weights, biases = unflatten(vector_of(model.parameters()), widths)
    assert parameter_count(widths) == sum(parameter.numel() for parameter in model.parameters())

    output = model(X)
    (torch.nn.functional.mse_loss(output, Y) / 2).backward()

    ours = forward(weights, biases, X.numpy(), activation).a[-1]
    np.testing.assert_allclose(ours, output.detach().numpy(), rtol=1e-14, atol=1e-14)
    gradients = backpropagate(weights, biases, X.numpy(), Y.numpy(), activation)
    expected = vector_of(parameter.grad for parameter in model.parameters())
    np.testing.assert_allclose(flatten(gradients.weights, gradients.biases), expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("method", "more", "optimiser"),
    [
        (descent.gradient_descent, {}, lambda p: torch.optim.SGD(p, lr=0.5)),
        (descent.momentum, {"momentum": 0.5}, lambda p: torch.optim.SGD(p, lr=0.5, momentum=0.5)),
        (descent.adagrad, {"epsilon": 1e-6}, lambda p: torch.optim.Adagrad(p, lr=0.5, eps=1e-6)),
    ],
)
def test_training_on_minibatches(method, more, optimiser):
    widths, steps = (2, 3, 1), 200
    model, X, Y = a_model(widths, "sigmoid")
    batches = descent.without_replacement(8, 3, steps, np.random.default_rng(1))

    gradient = training_gradient(widths, X.numpy(), Y.numpy(), batches)
    iterates = method(gradient, vector_of(model.parameters()), 0.5, steps=steps, **more)

    optimiser = optimiser(model.parameters())
    for t, batch in enumerate(batches):
        optimiser.zero_grad()
        (torch.nn.functional.mse_loss(model(X[batch]), Y[batch]) / 2).backward()
        optimiser.step()
        np.testing.assert_allclose(iterates[t + 1], vector_of(model.parameters()), rtol=0, atol=1e-13)
