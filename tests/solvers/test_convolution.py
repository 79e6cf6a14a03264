"""Shapes against walking the kernel along the pixels; layers against SciPy, HIPS autograd and plain loops."""

import autograd
import numpy as np
import pytest
from scipy.signal import correlate2d

from solvers.convolution import (
    convolution_parameters,
    convolve,
    dense_parameters,
    divides,
    kernel_gradient,
    output_size,
)

GEOMETRIES = [(stride, padding) for stride in (1, 2, 3) for padding in (0, 1, 2)]


def test_exercise_2_1_the_feasible_architectures_give_900_numbers_on_a_32_pixel_image():
    after_both = [
        output_size(output_size(32, first), second, padding=padding)
        for first, second, padding in [(7, 11, 0), (3, 3, 1), (3, 11, 0), (3, 3, 1)]
    ]
    filters = [2, 5, 2, 1]
    numbers = [side * side * count for side, count in zip(after_both, filters, strict=True)]
    assert numbers == [512, 4500, 800, 900]  # the exercise declares 512, 900, 1152 and 900


def test_exercise_2_3_a_5_pixel_kernel_takes_11_pixels_to_7():
    assert [kernel for kernel in range(1, 12) if output_size(11, kernel) == 7] == [5]


def test_exercise_2_4_a_dense_layer_needs_6252490_parameters_more():
    side = output_size(50, kernel=3, padding=1)
    assert side == 50
    assert dense_parameters(50 * 50, side * side) - convolution_parameters(kernel=3) == 6_252_490


@pytest.mark.parametrize("stride", range(1, 6))
@pytest.mark.parametrize("padding", range(4))
def test_sizes_are_those_of_walking_the_kernel_along_the_pixels(stride, padding):
    for size in range(1, 13):
        for kernel in range(1, size + 2 * padding + 1):
            starts = range(0, size + 2 * padding - kernel + 1, stride)
            assert output_size(size, kernel, stride, padding) == len(starts)
            assert divides(size, kernel, stride, padding) == (starts[-1] + kernel == size + 2 * padding)


@pytest.mark.parametrize("filters", [1, 4])
@pytest.mark.parametrize("channels", [1, 3])
def test_parameters_are_the_entries_of_kernels_and_biases(channels, filters):
    kernels, biases = np.zeros((filters, 5, 5, channels)), np.zeros(filters)
    assert convolution_parameters(5, channels, filters) == kernels.size + biases.size
    assert dense_parameters(7, filters) == np.zeros((filters, 7)).size + biases.size


@pytest.mark.parametrize("padding", [0, 2])
def test_grey_layer_is_the_cross_correlation_of_scipy(padding):
    rng = np.random.default_rng(1)
    image, kernels, bias = rng.normal(size=(9, 8)), rng.normal(size=(3, 3, 3)), rng.normal(size=3)
    maps = convolve(image, kernels, padding=padding, bias=bias)
    for k in range(3):
        expected = correlate2d(np.pad(image, padding), kernels[k], mode="valid") + bias[k]
        np.testing.assert_allclose(maps[..., k], expected, rtol=0, atol=1e-14)


def test_kernel_is_not_flipped():
    np.testing.assert_array_equal(convolve([[1, 2], [3, 4]], [[[1, 0], [0, 0]]]), [[[1]]])


@pytest.mark.parametrize(("stride", "padding"), GEOMETRIES)
def test_colour_layer_is_the_sum_written_out(stride, padding):
    rng = np.random.default_rng(2)
    image, kernels, bias = rng.normal(size=(7, 8, 2)), rng.normal(size=(3, 3, 2, 2)), rng.normal(size=3)
    np.testing.assert_allclose(
        convolve(image, kernels, stride, padding, bias),
        written_out(image, kernels, stride, padding) + bias,
        rtol=0,
        atol=1e-14,
    )


def test_whole_numbers_stay_exact():
    rng = np.random.default_rng(3)
    image, kernels = rng.integers(-9, 10, (6, 6, 3)), rng.integers(-9, 10, (2, 3, 3, 3))
    np.testing.assert_array_equal(convolve(image, kernels, 2, 1), written_out(image, kernels, 2, 1))


@pytest.mark.parametrize(("stride", "padding"), GEOMETRIES)
def test_kernel_gradient_is_that_of_automatic_differentiation(stride, padding):
    rng = np.random.default_rng(4)
    image, kernels = rng.normal(size=(7, 8, 2)), rng.normal(size=(3, 3, 2, 2))
    upstream = rng.normal(size=convolve(image, kernels, stride, padding).shape)

    expected = autograd.grad(lambda w: (upstream * written_out(image, w, stride, padding)).sum())(kernels)

    gradient = kernel_gradient(image, upstream, (3, 2), stride, padding)
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=2e-14)


def test_exercise_2_2_with_stride_1_the_kernel_gradient_is_itself_a_correlation():
    rng = np.random.default_rng(5)
    image, upstream = rng.normal(size=(9, 9)), rng.normal(size=(7, 7, 1))
    expected = correlate2d(image, upstream[..., 0], mode="valid")
    gradient = kernel_gradient(image, upstream, (3, 3))
    assert gradient.shape == (1, 3, 3)
    np.testing.assert_allclose(gradient[0], expected, rtol=0, atol=2e-14)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0, 1), "The size must be at least 1"),
        ((5, 0), "The kernel must be at least 1"),
        ((5, 3, 0), "The stride must be at least 1"),
        ((5, 3, 1, -1), "The padding must not be negative"),
        ((5, 6), "A kernel of 6 does not fit on 5 pixels"),
        ((5, 10, 1, 2), "A kernel of 10 does not fit on 5 pixels with padding 2"),
    ],
)
def test_sizes_without_a_feature_map_are_refused(arguments, sentence):
    for function in (output_size, divides):
        with pytest.raises(ValueError, match=sentence):
            function(*arguments)


def test_a_size_is_a_whole_number():
    with pytest.raises(TypeError, match="integer"):
        output_size(5.0, 3)


@pytest.mark.parametrize("arguments", [(0, 1, 1), (3, 0, 1), (3, 1, 0)])
def test_layers_without_parameters_are_refused(arguments):
    with pytest.raises(ValueError, match="at least 1"):
        convolution_parameters(*arguments)
    with pytest.raises(ValueError, match="at least 1"):
        dense_parameters(0, 3)


@pytest.mark.parametrize(
    ("image", "kernels", "bias", "sentence"),
    [
        ((5,), (1, 3, 3), (), "An image is"),
        ((5, 5), (3, 3), (), "Kernels are .K, height, width"),
        ((5, 5, 2), (1, 3, 3), (), "Kernels are .K, height, width"),
        ((5, 5, 2), (1, 3, 3, 3), (), "Kernels of 3 channels do not fit an image of 2"),
        ((5, 5), (2, 3, 3), (3,), "2 kernels have 2 biases"),
        ((5, 5), (1, 3, 6), (), "A kernel of 6 does not fit on 5 pixels"),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(image, kernels, bias, sentence):
    with pytest.raises(ValueError, match=sentence):
        convolve(np.zeros(image), np.zeros(kernels), bias=np.zeros(bias))


def test_an_upstream_gradient_has_the_shape_of_the_feature_maps():
    with pytest.raises(ValueError, match="The upstream gradient is"):
        kernel_gradient(np.zeros((5, 5)), np.zeros((3, 4, 1)), (3, 3))
    with pytest.raises(ValueError, match="The upstream gradient is"):
        kernel_gradient(np.zeros((5, 5)), np.zeros((3, 3)), (3, 3))


def written_out(image, kernels, stride, padding):
    """The layer of a colour image by loops over every place; only `kernels` may be traced by autograd."""
    padded = np.pad(image, ((padding, padding), (padding, padding), (0, 0)))
    count, height, width, _ = kernels.shape
    rows = range(0, padded.shape[0] - height + 1, stride)
    columns = range(0, padded.shape[1] - width + 1, stride)
    return autograd.numpy.array(
        [
            [
                [autograd.numpy.sum(padded[i : i + height, j : j + width] * kernels[k]) for k in range(count)]
                for j in columns
            ]
            for i in rows
        ]
    )
