"""Convolutional layers against PyTorch."""

import itertools

import numpy as np
import pytest

from solvers.convolution import convolution_parameters, convolve, dense_parameters, kernel_gradient, output_size

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.oracle

GEOMETRIES = list(itertools.product((5, 8, 11), (1, 2, 3, 5), (1, 2, 3), (0, 1, 2)))
LAYERS = list(itertools.product((1, 3, 5), (1, 3), (1, 7)))


@pytest.mark.parametrize(("size", "kernel", "stride", "padding"), GEOMETRIES)
def test_layer_and_gradient(size, kernel, stride, padding):
    rng = np.random.default_rng(size)
    image, kernels = rng.normal(size=(size, size, 2)), rng.normal(size=(3, kernel, kernel, 2))
    bias = rng.normal(size=3)
    weights = torch.tensor(kernels.transpose(0, 3, 1, 2), requires_grad=True)
    pixels = torch.tensor(image.transpose(2, 0, 1))[None]

    expected = torch.nn.functional.conv2d(pixels, weights, torch.tensor(bias), stride, padding)[0]
    upstream = rng.normal(size=tuple(expected.shape))
    expected.backward(torch.tensor(upstream))

    maps = convolve(image, kernels, stride, padding, bias)
    assert maps.shape == (output_size(size, kernel, stride, padding),) * 2 + (3,)
    np.testing.assert_allclose(maps, expected.detach().numpy().transpose(1, 2, 0), rtol=0, atol=2e-14)
    np.testing.assert_allclose(
        kernel_gradient(image, upstream.transpose(1, 2, 0), (kernel, kernel), stride, padding),
        weights.grad.numpy().transpose(0, 2, 3, 1),
        rtol=0,
        atol=1e-13,
    )


@pytest.mark.parametrize(("kernel", "channels", "filters"), LAYERS)
def test_parameters(kernel, channels, filters):
    layer = torch.nn.Conv2d(channels, filters, kernel, device="meta")
    assert convolution_parameters(kernel, channels, filters) == sum(p.numel() for p in layer.parameters())
    dense = torch.nn.Linear(channels, filters, device="meta")
    assert dense_parameters(channels, filters) == sum(p.numel() for p in dense.parameters())
