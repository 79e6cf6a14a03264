"""Convolutional layers: shapes, parameter arithmetic, forward pass and kernel gradient (exercises 2.1 to 2.4).

What deep learning calls a convolution is a cross-correlation: the kernel is laid on the image unflipped.
An image is (H, W) or (H, W, C); K kernels are (K, Fh, Fw) or (K, Fh, Fw, C); K feature maps are (H', W', K).
"""

from operator import index

import numpy as np
from numpy.typing import ArrayLike

from solvers.samples import Array


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Length of one side of the feature map: ⌊(n + 2p − f) / s⌋ + 1.

    Where the stride does not divide n + 2p − f, the last pixels are never visited, as in every common library;
    `divides` tells.

    Raises:
        ValueError: if a size, kernel or stride is below 1, the padding is negative, or the kernel is larger than
            the padded image, so that the length would be below 1.

    """
    return _slack(size, kernel, stride, padding) // stride + 1


def divides(size: int, kernel: int, stride: int = 1, padding: int = 0) -> bool:
    """Whether the stride divides n + 2p − f, so that the kernel's last place ends at the image's edge.

    Raises:
        ValueError: as `output_size`.

    """
    return _slack(size, kernel, stride, padding) % stride == 0


def convolution_parameters(kernel: int, channels: int = 1, filters: int = 1) -> int:
    """Weights and biases of a layer with K square filters: F·F·C·K + K (solution of exercise 2.4).

    Raises:
        ValueError: if a number is below 1.

    """
    _at_least_one(kernel=kernel, channels=channels, filters=filters)
    return kernel * kernel * channels * filters + filters


def dense_parameters(inputs: int, outputs: int) -> int:
    """Weights and biases of a fully connected layer: n·m + m (solution of exercise 2.4).

    Raises:
        ValueError: if a number is below 1.

    """
    _at_least_one(inputs=inputs, outputs=outputs)
    return inputs * outputs + outputs


def convolve(
    image: ArrayLike,
    kernels: ArrayLike,
    stride: int = 1,
    padding: int = 0,
    bias: ArrayLike = 0.0,
) -> Array:
    """The feature maps (H', W', K) of a convolutional layer, before any activation.

    z_ijk = Σ_{a,b,c} x_{si+a, sj+b, c} w_{kabc} + b_k, with x padded by zeros and i, j, a, b from 0.

    `image` is (H, W) with kernels (K, Fh, Fw), or (H, W, C) with kernels (K, Fh, Fw, C); `bias` is one number or
    (K,).

    Raises:
        ValueError: if the shapes do not fit each other, or as `output_size`.

    """
    pixels, weights = _as_image(image), _as_kernels(kernels, np.ndim(image))
    offsets = np.asarray(bias, dtype=np.float64)
    if offsets.shape not in {(), weights.shape[:1]}:
        raise ValueError(f"{len(weights)} kernels have {len(weights)} biases, not an array of shape {offsets.shape}.")
    if weights.shape[3] != pixels.shape[2]:
        raise ValueError(f"Kernels of {weights.shape[3]} channels do not fit an image of {pixels.shape[2]}.")
    places = _places(pixels, weights.shape[1:3], stride, padding)  # (H', W', C, Fh, Fw)
    maps: Array = np.einsum("ijcab,kabc->ijk", places, weights) + offsets
    return maps


def kernel_gradient(
    image: ArrayLike,
    upstream: ArrayLike,
    kernel: tuple[int, int],
    stride: int = 1,
    padding: int = 0,
) -> Array:
    """The gradient of a loss C with respect to the kernels, from ∂C/∂z of shape (H', W', K).

    ∂C/∂w_{kabc} = Σ_{i,j} ∂C/∂z_{ijk} x_{si+a, sj+b, c}: each weight sees every place it was laid on, so with stride
    1 this is the cross-correlation of the image with the upstream gradient (exercise 2.2). The gradient of b_k is
    Σ_{i,j} ∂C/∂z_{ijk}.

    `kernel` is (Fh, Fw), since the shapes of image and feature map leave it open when the stride does not divide.
    Returns (K, Fh, Fw), or (K, Fh, Fw, C) for an image (H, W, C).

    Raises:
        ValueError: if `upstream` has not the shape of the feature maps, or as `output_size`.

    """
    places = _places(_as_image(image), kernel, stride, padding)
    gradient = np.asarray(upstream, dtype=np.float64)
    if gradient.ndim != 3 or gradient.shape[:2] != places.shape[:2]:
        raise ValueError(f"The upstream gradient is {places.shape[:2]} by kernels, not {gradient.shape}.")
    result: Array = np.einsum("ijk,ijcab->kabc", gradient, places)
    return result[..., 0] if np.ndim(image) == 2 else result


def _places(pixels: Array, kernel: tuple[int, int], stride: int, padding: int) -> Array:
    """The patch of the padded image under the kernel at each of its places, (H', W', C, Fh, Fw), as a view."""
    for size, side in zip(pixels.shape, kernel, strict=False):
        _slack(size, side, stride, padding)
    padded = np.pad(pixels, ((padding, padding), (padding, padding), (0, 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(0, 1))[::stride, ::stride]


def _as_image(image: ArrayLike) -> Array:
    """The image as (H, W, C)."""
    pixels = np.asarray(image, dtype=np.float64)
    if pixels.ndim not in {2, 3}:
        raise ValueError(f"An image is (height, width) or (height, width, channels), not of shape {pixels.shape}.")
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]


def _as_kernels(kernels: ArrayLike, image_dimensions: int) -> Array:
    """The kernels as (K, Fh, Fw, C); with an image (H, W) they come without channels."""
    weights = np.asarray(kernels, dtype=np.float64)
    if weights.ndim != image_dimensions + 1:
        raise ValueError(
            f"Kernels are (K, height, width), with channels if the image has; not of shape {weights.shape}."
        )
    return weights if weights.ndim == 4 else weights[..., np.newaxis]


def _slack(size: int, kernel: int, stride: int, padding: int) -> int:
    """The pixels n + 2p − f that the kernel can be moved over."""
    _at_least_one(size=size, kernel=kernel, stride=stride)
    if index(padding) < 0:
        raise ValueError(f"The padding must not be negative, and {padding} is.")
    slack = size + 2 * padding - kernel
    if slack < 0:
        raise ValueError(f"A kernel of {kernel} does not fit on {size} pixels with padding {padding}.")
    return slack


def _at_least_one(**sizes: int) -> None:
    for name, size in sizes.items():
        if index(size) < 1:
            raise ValueError(f"The {name} must be at least 1, not {size}.")
