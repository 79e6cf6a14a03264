"""The feature map of a small convolutional layer, as exercises 2.1 to 2.4 speak of it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypedDict

import numpy as np

from problems.answers import Matrix
from problems.chapters.descent_mistakes import mistakes
from problems.chapters.network_data import matrix, signed
from problems.draws import Draws
from problems.exhibits import Column, Exhibits, Table, symbol
from problems.latex import latex_number
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.convolution import convolve, output_size
from solvers.samples import Array


class Layer(TypedDict):
    """`image` (H, W), one `kernel` (F, F), `stride`, `padding` with zeros on every side, and one `bias`."""

    image: list[list[int]]
    kernel: list[list[int]]
    stride: int
    padding: int
    bias: int


SHAPES = (
    # height, width, side of the kernel, stride, padding
    (4, 4, 2, 1, 0),
    (4, 5, 3, 1, 0),
    (5, 5, 3, 1, 0),
    (5, 5, 3, 2, 0),
    (3, 3, 3, 1, 1),
    (3, 4, 3, 1, 1),
    (5, 5, 3, 2, 1),
    (4, 4, 2, 2, 1),
    (4, 4, 3, 2, 1),
    (3, 3, 2, 1, 1),
)


def draw(draws: Draws) -> Layer:
    height, width, side, stride, padding = draws.choice(SHAPES)
    return Layer(
        image=[[draws.integer(0, 5) for _ in range(width)] for _ in range(height)],
        kernel=[[draws.integer(-2, 2) for _ in range(side)] for _ in range(side)],
        stride=stride,
        padding=padding,
        bias=draws.choice((-3, -2, -1, 1, 2, 3)),
    )


def feature_map(p: Layer, *, image: Any = None, kernel: Any = None, padding: int | None = None) -> Array:
    """The feature map (H', W'), with parts of the layer replaced."""
    maps = convolve(
        p["image"] if image is None else image,
        [p["kernel"] if kernel is None else kernel],
        p["stride"],
        p["padding"] if padding is None else padding,
        p["bias"],
    )
    return np.asarray(maps[..., 0])


def size(p: Layer) -> tuple[int, int]:
    """(H', W')."""
    height, width = (
        output_size(n, len(p["kernel"]), p["stride"], p["padding"]) for n in (len(p["image"]), len(p["image"][0]))
    )
    return height, width


def ill_posed(p: Layer) -> str | None:
    kernel = np.array(p["kernel"])
    if (kernel == 0).sum() > kernel.size // 3:
        return "the kernel is mostly zeros"
    if np.array_equal(kernel[::-1, ::-1], kernel.T):
        return "turning the kernel is transposing it"
    output = feature_map(p)
    if len(np.unique(output)) < 3 or output.max() <= 0:
        return "the map is nearly constant, or nowhere positive"
    return None


def fields(p: Layer) -> tuple[Field, ...]:
    rows, columns = size(p)
    kind = Matrix(rows, columns, Tolerance("absolute", 0.001), decimals=0, per_cell=True)
    return (Field(name="output", kind=kind, label="Z ="),)


def _padded(p: Layer, mode: Literal["constant", "edge"] = "constant") -> Array:
    return np.pad(np.array(p["image"], dtype=np.float64), p["padding"], mode=mode)


def _products(patch: Array, kernel: Sequence[Sequence[int]]) -> str:
    """The terms of one place of the kernel, written out."""
    pairs = zip(patch.ravel().tolist(), np.array(kernel).ravel().tolist(), strict=True)
    return " + ".join(rf"{latex_number(pixel)} \cdot {signed(weight)}" for pixel, weight in pairs)


def values(p: Layer) -> dict[str, str | Text]:
    (rows, columns), side, stride = size(p), len(p["kernel"]), p["stride"]
    padded, output = _padded(p), feature_map(p)
    second = padded[:side, stride : stride + side]
    padding = p["padding"]
    return {
        "H": str(len(p["image"])),
        "W": str(len(p["image"][0])),
        "F": str(side),
        "rows": str(rows),
        "columns": str(columns),
        "padded_image": Text(
            f"With its padding the image is\n\n$${matrix(padded)} .$$" if padding else "The image is used as it is.",
            f"填充之后的图像为\n\n$${matrix(padded)} .$$" if padding else "图像按原样使用。",
        ),
        "padding_words": Text(
            f"The image is padded with zeros, {padding} on every side." if padding else "The image is not padded.",
            f"图像四周各补 {padding} 圈零。" if padding else "图像不作填充。",
        ),
        "first_terms": _products(padded[:side, :side], p["kernel"]),
        "first": f"{output[0, 0]:.0f}",
        "second_terms": _products(second, p["kernel"]),
        "second": f"{output[0, 1]:.0f}",
        "bias_in": signed(p["bias"]),
        "output": matrix(output),
    }


def exhibits(p: Layer) -> Exhibits:
    output = feature_map(p)
    places = [(i, j) for i in range(output.shape[0]) for j in range(output.shape[1])]
    rows = tuple((i + 1, j + 1, float(output[i, j]) - p["bias"], float(output[i, j])) for i, j in places)
    columns = (
        Column("row", Text("row", "行")),
        Column("column", Text("column", "列")),
        Column("products", Text("sum of products", "乘积之和"), 0),
        symbol("z", "z_{ij}", 0),
    )
    caption = Text(
        "Every place of the kernel: the sum of the products there, and the output with the bias.",
        "卷积核的各个位置：该处乘积之和，以及加上偏置后的输出。",
    )
    return Exhibits((Table("places", caption, columns, rows),))


def _wrong(way: Callable[[Layer], Array]) -> Callable[[Layer], Answers]:
    """What a way comes to; one that gives a map of another size is no answer."""
    return lambda p: {"output": way(p)}


def _one_sided(p: Layer) -> Array:
    """All the padding below and to the right."""
    return feature_map(p, image=np.pad(np.array(p["image"]), (0, 2 * p["padding"])), padding=0)


SLIPS: dict[str, tuple[Callable[[Layer], Answers], Text]] = {
    "kernel-flipped": (
        _wrong(lambda p: feature_map(p, kernel=np.array(p["kernel"])[::-1, ::-1])),
        Text(
            "You turned the kernel by 180 degrees, as the convolution of mathematics does. A convolutional layer "
            "lays it on "
            "the image unturned (cross-correlation).",
            "你把卷积核旋转了 180 度，那是数学中的卷积。卷积层直接把核放在图像上，不作翻转（互相关）。",
        ),
    ),
    "kernel-transposed": (
        _wrong(lambda p: feature_map(p, kernel=np.array(p["kernel"]).T)),
        Text("You exchanged rows and columns of the kernel.", "你把卷积核的行与列交换了。"),
    ),
    "kernel-mirrored": (
        _wrong(lambda p: feature_map(p, kernel=np.array(p["kernel"])[:, ::-1])),
        Text("You laid the kernel on the image mirrored from left to right.", "你把卷积核左右翻转后才放在图像上。"),
    ),
    "bias-forgotten": (
        _wrong(lambda p: feature_map(p) - p["bias"]),
        Text("You left out the bias; it is added in every place.", "你漏掉了偏置；每个位置都要加上它。"),
    ),
    "bias-per-weight": (
        _wrong(lambda p: feature_map(p) + (len(p["kernel"]) ** 2 - 1) * p["bias"]),
        Text(
            "You added the bias to every product; it is added once a place.",
            "你给每个乘积都加了偏置；每个位置只加一次。",
        ),
    ),
    "averaged": (
        _wrong(lambda p: (feature_map(p) - p["bias"]) / len(p["kernel"]) ** 2 + p["bias"]),
        Text(
            "You divided by the number of weights; the products are summed, not averaged.",
            "你除以了权重的个数；各个乘积是求和，而不是取平均。",
        ),
    ),
    "output-transposed": (
        _wrong(lambda p: feature_map(p).T),
        Text(
            "Your map is transposed: moving the kernel to the right fills a row.",
            "你的特征图转置了：卷积核向右移动得到的是同一行。",
        ),
    ),
    "edge-repeated": (
        _wrong(lambda p: feature_map(p, image=_padded(p, "edge"), padding=0)),
        Text(
            "You padded with copies of the edge; here the padding is zeros.",
            "你用边缘像素的值作了填充；本题用零填充。",
        ),
    ),
    "one-sided-padding": (
        _wrong(_one_sided),
        Text(
            "You added all the padding below and to the right. Half of it belongs above and to the left.",
            "你把填充都加在了下边和右边；上边和左边也要填充。",
        ),
    ),
    "rectified": (
        _wrong(lambda p: np.maximum(feature_map(p), 0)),
        Text(
            "You applied ReLU. The map is asked before any activation.",
            "你又用了 ReLU；本题求的是激活之前的特征图。",
        ),
    ),
}

problem = Problem(
    id="c4.6",
    version=1,
    topic="convolution",
    folder=Path(__file__).parent,
    printed=Layer(
        image=[[1, 0, 2, 3, 1], [4, 1, 0, 2, 0], [0, 3, 1, 1, 2], [2, 2, 0, 4, 1], [1, 0, 3, 0, 2]],
        kernel=[[1, 0, -1], [2, 1, 0], [-1, 1, 2]],
        stride=2,
        padding=1,
        bias=1,
    ),
    draw=draw,
    ill_posed=ill_posed,
    solve=lambda p: {"output": feature_map(p)},
    fields=fields,
    values=values,
    exhibits=exhibits,
    mistakes=mistakes(
        SLIPS,
        core=frozenset({"kernel-flipped", "kernel-transposed", "kernel-mirrored", "bias-forgotten"}),
        hidden=frozenset({"averaged"}),  # options show whole numbers
        reread="",
    ),
    printed_options={
        "A": {"output": ((3, 10, 0), (12, 6, 3), (2, 4, 12))},
        "B": {"output": ((7, 5, 5), (5, 12, 3), (-1, 1, 6))},
        "C": {"output": ((7, 3, 8), (8, 13, 6), (4, 5, 12))},
        "D": {"output": ((8, 6, 6), (6, 13, 4), (0, 2, 7))},
    },
)
