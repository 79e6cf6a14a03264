"""Small image classifiers, what makes one feasible, and the slips by which people get one wrong."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from problems.text import Text
from solvers.convolution import divides, output_size


class Convolution(TypedDict):
    """Square filters of side `kernel`, as deep as the layer's input."""

    filters: int
    kernel: int
    stride: int
    padding: int


class Architecture(TypedDict):
    """Convolutions one after the other, then a fully connected layer: `dense` is [in, out]."""

    convolutions: list[Convolution]
    dense: list[int]


class Candidates(TypedDict):
    """Architectures for images (height, width) of so many `channels` and `classes`."""

    image: list[int]
    channels: int
    classes: int
    architectures: list[Architecture]


Rule = Callable[[int, Convolution], int]
"""The length of a side after a convolution."""


def side_after(size: int, c: Convolution) -> int:
    """(n + 2P − F)/S + 1; raises `ValueError` unless that is a whole number of at least 1."""
    if not divides(size, c["kernel"], c["stride"], c["padding"]):
        raise ValueError("the stride leaves pixels over")
    return output_size(size, c["kernel"], c["stride"], c["padding"])


def sizes(image: Sequence[int], convolutions: Sequence[Convolution], rule: Rule = side_after) -> list[tuple[int, int]]:
    """(height, width) of the image and of every feature map; raises `ValueError` where a filter does not fit."""
    height, width = image
    found = [(height, width)]
    for c in convolutions:
        height, width = rule(height, c), rule(width, c)
        found.append((height, width))
    return found


def flattened(p: Candidates, convolutions: Sequence[Convolution], rule: Rule = side_after) -> int:
    """Length of the vector that the last feature maps are stretched into; raises `ValueError` as `sizes`."""
    height, width = sizes(p["image"], convolutions, rule)[-1]
    return height * width * convolutions[-1]["filters"]


def feasible(p: Candidates, architecture: Architecture) -> bool:
    """Whether all sizes are whole and the fully connected layer joins the feature maps to the classes."""
    try:
        return architecture["dense"] == [flattened(p, architecture["convolutions"]), p["classes"]]
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Slip:
    """A way to the wrong number of inputs of the fully connected layer, and what to tell who takes it.

    `inputs` raises `ValueError` where the slip leads nowhere.
    """

    inputs: Callable[[Candidates, list[Convolution]], int]
    text: Text


def _whole(places: int, stride: int) -> int:
    if places < 1 or places % stride:
        raise ValueError("a slip that leaves pixels over would be noticed")
    return places // stride


def _by(rule: Rule) -> Callable[[Candidates, list[Convolution]], int]:
    return lambda p, convolutions: flattened(p, convolutions, rule)


def _pixels(p: Candidates, convolutions: list[Convolution]) -> int:
    return math.prod(sizes(p["image"], convolutions)[-1])


def _filters(convolutions: list[Convolution]) -> list[int]:
    return [c["filters"] for c in convolutions]


# The likeliest first: it is named where several lead to the same number.
SLIPS = {
    "channels-forgotten": Slip(
        _pixels,
        Text(
            "Each filter of the last convolution yields a feature map, and the pixels of all of them are inputs.",
            "最后一个卷积层的每个卷积核各产生一张特征图，所有特征图的像素都是输入。",
        ),
    ),
    "filters-multiplied": Slip(
        lambda p, cs: _pixels(p, cs) * math.prod(_filters(cs)),
        Text(
            "Only the filters of the last convolution count: each of them sums over all maps of the layer before.",
            "只有最后一个卷积层的卷积核个数起作用：它的每个卷积核都对前一层的所有特征图求和。",
        ),
    ),
    "colours-multiplied": Slip(
        lambda p, cs: flattened(p, cs) * p["channels"],
        Text(
            "The channels of the image no longer count after the first convolution, whose filters sum over them.",
            "第一个卷积层的卷积核已对图像的通道求和，此后图像的通道数不再起作用。",
        ),
    ),
    "side-not-squared": Slip(
        lambda p, cs: sizes(p["image"], cs)[-1][0] * cs[-1]["filters"],
        Text(
            "A feature map has two sides, and height times width makes its pixels.",
            "特征图有两条边，像素个数等于高乘以宽。",
        ),
    ),
    "last-layer-skipped": Slip(
        lambda p, cs: flattened(p, cs[:-1]),
        Text(
            "That would be the output of the convolution before the last one.",
            "那是倒数第二个卷积层的输出个数。",
        ),
    ),
    "padding-forgotten": Slip(
        _by(lambda n, c: _whole(n - c["kernel"] + c["stride"], c["stride"])),
        Text("Padding widens a side by $2P$ before the filter is laid on.", "在卷积之前，填充使边长增加 $2P$。"),
    ),
    "padding-on-one-side": Slip(
        _by(lambda n, c: _whole(n + c["padding"] - c["kernel"] + c["stride"], c["stride"])),
        Text("Padding stands on both sides, so that a side grows by $2P$.", "两侧都有填充，所以边长增加 $2P$。"),
    ),
    "stride-forgotten": Slip(
        _by(lambda n, c: _whole(n + 2 * c["padding"] - c["kernel"] + 1, 1)),
        Text(
            "A stride of 2 visits every other place only, which about halves the side.",
            "步幅为 2 时每隔一个位置才取一次，边长大约减半。",
        ),
    ),
    "one-forgotten": Slip(
        _by(lambda n, c: _whole(n + 2 * c["padding"] - c["kernel"], c["stride"])),
        Text(
            "The first place of the filter counts too: a side has $(n + 2P - F)/S + 1$ places.",
            "卷积核的起始位置也要计入：一条边上有 $(n + 2P - F)/S + 1$ 个位置。",
        ),
    ),
}


def slips_of(p: Candidates, architecture: Architecture) -> list[str]:
    """The slips that lead to the number of inputs of this architecture, the likeliest first."""
    return [name for name in SLIPS if slip_inputs(name, p, architecture["convolutions"]) == architecture["dense"][0]]


def slip_inputs(name: str, p: Candidates, convolutions: list[Convolution]) -> int | None:
    """The wrong number of inputs by this slip; None when it leads nowhere, or to the right one after all."""
    try:
        wrong = SLIPS[name].inputs(p, convolutions)
    except ValueError:
        return None
    return None if wrong == flattened(p, convolutions) else wrong
