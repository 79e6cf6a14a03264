"""Statements of exercise 2.2 (CNNs), by convolving: a direct convolution and autograd's derivatives of it."""

import tomllib
from importlib.resources import files

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad, jacobian
from scipy.signal import correlate

BANK = {
    statement["id"]: statement["true"]
    for statement in tomllib.loads(
        files("problems.set2.ex02_cnn").joinpath("statements.toml").read_text(encoding="utf-8")
    )["statement"]
}
RNG = np.random.Generator(np.random.PCG64(22))


def convolve(image, filters, biases, stride=1, padding=0):
    """Cross-correlation of image (C, H, W) with filters (K, C, F, F) → (K, H', W'), summed over shifts of the input."""
    size = filters.shape[-1]
    image = anp.pad(image, ((0, 0), (padding, padding), (padding, padding)), "constant")
    rows, columns = image.shape[1] - size + 1, image.shape[2] - size + 1
    total = 0
    for i in range(size):
        for j in range(size):
            total = total + anp.tensordot(filters[:, :, i, j], image[:, i : i + rows, j : j + columns], axes=([1], [0]))
    return (total + biases[:, None, None])[:, ::stride, ::stride]


def layer(inputs, outputs, size):
    return RNG.normal(size=(outputs, inputs, size, size)), RNG.normal(size=outputs)


def output_size(size, kernel, stride=1, padding=0):
    return convolve(np.zeros((1, size, size)), *layer(1, 1, kernel), stride, padding).shape[1:]


def test_direct_convolution_agrees_with_scipy():
    image, (filters, biases) = RNG.normal(size=(3, 9, 8)), layer(3, 2, 3)
    expected = [correlate(image, kernel, mode="valid")[0] + bias for kernel, bias in zip(filters, biases, strict=True)]
    assert np.allclose(convolve(image, filters, biases), expected, atol=1e-12)


def test_output_sizes():
    assert (output_size(28, 5) == (24, 24)) is BANK["valid-28-by-5"]
    assert (output_size(7, 7) == (7, 7)) is BANK["valid-7-by-7"]
    kept = all(output_size(12, size, padding=(size - 1) // 2) == (12, 12) for size in (1, 3, 5, 7, 9, 11))
    assert kept is BANK["half-padding"]
    assert (output_size(12, 3, padding=1) == (10, 10)) is BANK["padding-one"]
    assert (output_size(7, 3, stride=2) == (3, 3)) is BANK["strided-7-by-3"]
    assert (output_size(32, 3, stride=2) > output_size(32, 3)) is BANK["stride-raised"]


def test_channels():
    filters, biases = layer(3, 10, 3)
    channels = convolve(RNG.normal(size=(3, 8, 8)), filters, biases).shape[0]
    assert (channels == len(filters)) is BANK["one-map-per-filter"]
    assert (channels == 30) is BANK["ten-filters-on-three-channels"]

    image, (filters, biases) = RNG.normal(size=(3, 6, 6)), layer(3, 1, 3)
    by_filter = grad(lambda f: anp.sum(convolve(image, f, biases)))(filters)[0]
    assert bool(by_filter.any(axis=(1, 2)).all()) is BANK["filter-covers-channels"]
    assert (len(by_filter) == 1) is BANK["filter-depth-one"]

    mixed = convolve(RNG.normal(size=(4, 6, 5)), *layer(4, 2, 1))
    assert (mixed.shape == (2, 6, 5)) is BANK["mixing-channels"]


@pytest.mark.parametrize(
    ("statement", "channels", "size", "claimed"),
    [("count-16-to-32", (16, 32), 3, 4640), ("count-3-to-8", (3, 8), 5, 208), ("count-1-by-1", (64, 16), 1, 80)],
)
def test_parameter_counts(statement, channels, size, claimed):
    count = sum(array.size for array in layer(*channels, size))
    assert (count == claimed) is BANK[statement]


def test_one_kernel_serves_every_input_size():
    filters, biases = layer(1, 1, 3)
    heights = [convolve(RNG.normal(size=(1, height, 8)), filters, biases).shape[1] for height in (8, 16)]
    same_parameters_fit = heights == [6, 14]
    assert same_parameters_fit is BANK["size-and-parameters"]
    assert (not same_parameters_fit) is BANK["double-height"]


def test_kernel_gradient_adds_over_all_positions():
    image, (filters, biases) = RNG.normal(size=(1, 32, 32)), layer(1, 1, 3)
    upstream = RNG.normal(size=(30, 30))

    def loss(f, x):
        return anp.sum(upstream * convolve(x, f, biases)[0])

    gradient = grad(loss, 0)(filters, image)[0, 0]
    over_positions = [[np.sum(upstream * image[0, i : i + 30, j : j + 30]) for j in range(3)] for i in range(3)]
    assert np.allclose(gradient, over_positions) is BANK["kernel-gradient-positions"]
    assert np.allclose(gradient, over_positions) is BANK["ordinary-backpropagation"]

    pixels = int(np.count_nonzero(grad(lambda x: grad(loss, 0)(filters, x)[0, 0, 1, 1])(image)))
    assert (pixels == 1) is BANK["kernel-gradient-pixel"]


def max_pool(image):
    """Max pooling of (C, H, W) over 2 × 2 windows with stride 2."""
    channels, height, width = image.shape
    return anp.max(anp.max(image.reshape(channels, height // 2, 2, width // 2, 2), axis=4), axis=2)


def test_max_pooling():
    image = RNG.normal(size=(16, 6, 8))
    assert (max_pool(image)[0].size * 4 == image[0].size) is BANK["pool-quarter"]
    assert (len(max_pool(image)) == 4) is BANK["pool-channels"]
    window = np.array([[[1.0, 5.0], [2.0, 3.0]]])
    derivative = jacobian(max_pool)(window).reshape(2, 2)
    assert (not np.delete(derivative.ravel(), window.argmax()).any()) is BANK["pool-gradient"]


def test_convolution_as_a_dense_layer():
    filters, biases = layer(2, 3, 3)
    weights = jacobian(lambda x: convolve(x, filters, biases).ravel())(np.zeros((2, 5, 5))).reshape(27, 50)
    image = RNG.normal(size=(2, 5, 5))
    dense = weights @ image.ravel() + np.repeat(biases, 9)
    assert np.allclose(dense, convolve(image, filters, biases).ravel()) is BANK["as-dense-layer"]
    assert np.count_nonzero(weights) == 27 * 18  # each output value sees 3 × 3 × 2 of the 50 inputs
    assert len(np.unique(weights[weights != 0])) == filters.size


def test_dense_parameters():
    pixels = 50 * 50
    dense = pixels * pixels + pixels
    assert (dense == 6252500) is BANK["dense-count"]
    assert (dense < sum(array.size for array in layer(1, 1, 3))) is BANK["dense-fewer"]


@pytest.mark.parametrize(("statement", "depth", "claimed"), [("two-stacked", 2, 5), ("three-stacked", 3, 9)])
def test_receptive_fields(statement, depth, claimed):
    kernel, bias = np.ones((1, 1, 3, 3)), np.zeros(1)

    def centre(x):
        for _ in range(depth):
            x = convolve(x, kernel, bias)
        return x[0, x.shape[1] // 2, x.shape[2] // 2]

    seen = grad(centre)(np.zeros((1, 15, 15)))[0] != 0
    assert (int(seen.any(axis=0).sum()) == claimed) is BANK[statement]


def test_shifted_input():
    image, (filters, biases) = RNG.normal(size=(1, 10, 10)), layer(1, 1, 3)
    before = convolve(image, filters, biases)
    after = convolve(np.roll(image, 1, axis=2), filters, biases)
    assert np.allclose(after[..., 1:], before[..., :-1]) is BANK["shifted-input-a"]
    assert np.allclose(after, before) is BANK["shifted-input-b"]
