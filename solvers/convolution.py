"""Convolutional layers: shapes, parameter arithmetic, forward pass and kernel gradient (exercises 2.1-2.4).

What deep learning calls a convolution is a cross-correlation: the kernel is laid on the image unflipped.
An image is (H, W) or (H, W, C); K kernels are (K, Fh, Fw) or (K, Fh, Fw, C); K feature maps are (H', W', K).
"""

from operator import index

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Length of one side of the feature map: ⌊(n + 2p − f) / s⌋ + 1.

    Where the stride does not divide n + 2p − f, the last pixels are never visited, as in every common library;
    `divides` tells. Raises ValueError for a size, kernel or stride below 1, a negative padding, and a kernel
    larger than the padded image (the formula would give a length below 1).
    """
    return _slack(size, kernel, stride, padding) // stride + 1


def divides(size: int, kernel: int, stride: int = 1, padding: int = 0) -> bool:
    """Whether the stride divides n + 2p − f, so that the kernel's last place ends at the image's edge.

    Raises as `output_size` does.
    """
    return _slack(size, kernel, stride, padding) % stride == 0


def convolution_parameters(kernel: int, channels: int = 1, filters: int = 1) -> int:
    """Weights and biases of a layer with K square filters: F·F·C·K + K (solution of exercise 2.4).

    Raises ValueError for a number below 1.
    """
    _at_least_one(kernel=kernel, channels=channels, filters=filters)
    return kernel * kernel * channels * filters + filters


def dense_parameters(inputs: int, outputs: int) -> int:
    """Weights and biases of a fully connected layer: n·m + m (solution of exercise 2.4).

    Raises ValueError for a number below 1.
    """
    _at_least_one(inputs=inputs, outputs=outputs)
    return inputs * outputs + outputs


def _slack(size: int, kernel: int, stride: int, padding: int) -> int:
    """The pixels n + 2p − f that the kernel can be moved over."""
    _at_least_one(size=size, kernel=kernel, stride=stride)
    if index(padding) < 0:
        raise ValueError(f"padding must not be negative, not {padding}")
    slack = size + 2 * padding - kernel
    if slack < 0:
        raise ValueError(f"a kernel of {kernel} does not fit on {size} pixels with padding {padding}")
    return slack


def _at_least_one(**sizes: int) -> None:
    for name, size in sizes.items():
        if index(size) < 1:
            raise ValueError(f"{name} must be at least 1, not {size}")
