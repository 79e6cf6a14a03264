"""Exercise 2.3: number and shape of the kernels between two given feature maps."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from problems.answers import Integer
from problems.draws import Draws
from problems.exhibits import Column, Exhibits, Table, symbol
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from solvers.convolution import divides, output_size


class Maps(TypedDict):
    """`input` and `output` are (height, width, channels); the kernels are square."""

    input: list[int]
    output: list[int]
    stride: int
    padding: int


def draw(draws: Draws) -> Maps:
    """With stride 1 the kernel is the only one; a larger stride would leave pixels over for several kernels.

    There are many channels, as between inner layers, so that a wrong number of them says what went wrong.
    """
    padding = draws.integer(0, 2)
    side, kernel = draws.integer(9, 40), draws.integer(max(2, padding + 1), 7)
    out = output_size(side, kernel, 1, padding)
    return Maps(
        input=[side, side, draws.choice((96, 128, 160, 192))],
        output=[out, out, draws.choice((16, 24, 32, 256, 320, 384, 512))],
        stride=1,
        padding=padding,
    )


@dataclass(frozen=True, slots=True)
class _Kernels:
    """`number` kernels of side × side × channels."""

    number: int
    side: int
    channels: int

    def answers(self) -> Answers:
        return {"N": self.number, "H": self.side, "W": self.side, "C": self.channels}


def kernels(p: Maps) -> _Kernels:
    """The only kernels that fit; raises `ValueError` when none do, or several."""
    size, out, stride, padding = p["input"][0], p["output"][0], p["stride"], p["padding"]
    sides = [
        side
        for side in range(1, size + 2 * padding + 1)
        if divides(size, side, stride, padding) and output_size(size, side, stride, padding) == out
    ]
    if len(sides) != 1:
        raise ValueError(f"kernels of the sides {sides} fit")
    return _Kernels(p["output"][2], sides[0], p["input"][2])


def values(p: Maps) -> dict[str, str | Text]:
    size, out, padding = p["input"][0], p["output"][0], p["padding"]
    solved = kernels(p)
    return {
        "size": str(size),
        "padded": str(size + 2 * padding),
        "in_channels": str(p["input"][2]),
        "source": IMAGE if p["input"][2] == COLOURS else MAP,
        "depth": COLOUR if p["input"][2] == COLOURS else CHANNELS.format(number=p["input"][2]),
        "out": str(out),
        "out_channels": str(p["output"][2]),
        "kernel": str(solved.side),
        "key": f"N = {solved.number},\\; H = W = {solved.side},\\; C = {solved.channels}",
    }


def exhibits(p: Maps) -> Exhibits:
    """How many places kernels of several sides have: only one side gives as many as are asked for."""
    size, out, stride, padding = p["input"][0], p["output"][0], p["stride"], p["padding"]
    found = kernels(p).side
    sides = [side for side in range(max(1, found - 2), found + 3) if divides(size, side, stride, padding)]
    columns = (
        symbol("side", "F"),
        symbol("left", "n + 2P - F"),
        symbol("places", "n'"),
        Column("fits", Text("fits", "符合")),
    )
    rows = tuple(
        (side, size + 2 * padding - side, places, places == out)
        for side in sides
        for places in [output_size(size, side, stride, padding)]
    )
    caption = Text(
        f"A kernel of side $F$ on the padded side of {size + 2 * padding} pixels can still be moved by $n + 2P - F$ "
        f"pixels; with its first place that makes $n'$ places. {out} are asked for.",
        f"边长为 $F$ 的卷积核在填充后长为 {size + 2 * padding} 的一边上还能移动 $n + 2P - F$ 个像素，加上起始位置，"
        f"共有 $n'$ 个位置；本题要求 {out} 个。",
    )
    return Exhibits((Table("places", caption, columns, rows),))


COLOURS = 3
IMAGE, MAP = Text("an image", "图像"), Text("a feature map", "特征图")
CHANNELS = Text("{number} channels", "{number} 个通道")
COLOUR = Text("three channels (colour)", "3 个通道（彩色）")


def _mistake(
    id_: str, answer: Callable[[Maps, _Kernels], _Kernels], text: Text, *, core: bool = False
) -> Mistake[Maps]:
    """`answer` maps the exercise and its right kernels to those that the mistake yields."""

    def answers(p: Maps) -> Answers:
        wrong = answer(p, kernels(p))
        if wrong.side < 1:
            raise ValueError("the mistake yields no kernel")
        return wrong.answers()

    return Mistake(id=id_, text=text, answers=answers, core=core)


def _other_side(p: Maps, right: _Kernels, side: int) -> _Kernels:
    return _Kernels(right.number, side + p["input"][0], right.channels)


MISTAKES = (
    _mistake(
        "number-and-channels-swapped",
        lambda _, k: _Kernels(k.channels, k.side, k.number),
        Text(
            "You exchanged $N$ and $C$. Each kernel makes one output channel, and it is as deep as the input has "
            "channels.",
            "你把 $N$ 和 $C$ 弄反了。每个卷积核产生一个输出通道，而卷积核的深度等于输入的通道数。",
        ),
        core=True,
    ),
    _mistake(
        "one-forgotten",
        lambda p, k: _other_side(p, k, 2 * p["padding"] - p["output"][0]),
        Text(
            "The side of your kernel is one too small. A kernel of side $F$ has $n - F + 1$ places on $n$ pixels: its "
            "first place counts too.",
            "你的卷积核边长少了 1。边长为 $F$ 的卷积核在 $n$ 个像素上有 $n - F + 1$ 个位置，起始位置也要计入。",
        ),
        core=True,
    ),
    _mistake(
        "one-counted-twice",
        lambda p, k: _other_side(p, k, 2 * p["padding"] - p["output"][0] + 2),
        Text(
            "The side of your kernel is one too large. Solve $n - F + 1 = n'$ for $F$, which gives $F = n - n' + 1$.",
            "你的卷积核边长多了 1。由 $n - F + 1 = n'$ 解出 $F$，得到 $F = n - n' + 1$。",
        ),
    ),
    _mistake(
        "kernel-as-large-as-output",
        lambda p, k: _Kernels(k.number, p["output"][0], k.channels),
        Text(
            "You gave the kernel the side of the feature map. That is the number of its places; the side follows from "
            "how much smaller the map is than the padded image.",
            "你把特征图的边长当成了卷积核的边长。特征图的边长是卷积核的位置数；卷积核的边长要由填充后的图像与特征图的边长之差求出。",
        ),
    ),
    _mistake(
        "depth-one",
        lambda _, k: _Kernels(k.number, k.side, 1),
        Text(
            "Your kernels are one channel deep. A kernel reaches over all channels of its input, so its depth is their "
            "number.",
            "你的卷积核深度为 1。卷积核要跨越输入的所有通道，因此它的深度等于输入的通道数。",
        ),
    ),
    _mistake(
        "depth-of-output",
        lambda _, k: _Kernels(k.number, k.side, k.number),
        Text(
            "You gave the kernels the depth of the output. Their depth is the number of input channels; the output "
            "channels are counted by $N$.",
            "你让卷积核的深度等于输出的通道数。卷积核的深度是输入的通道数，输出的通道数由 $N$ 决定。",
        ),
    ),
    _mistake(
        "kernels-per-channel",
        lambda _, k: _Kernels(k.number * k.channels, k.side, k.channels),
        Text(
            "You counted a kernel for every pair of an input and an output channel. One kernel of depth $C$ serves all "
            "input channels at once, so there is one for each output channel.",
            "你给每一对输入、输出通道都算了一个卷积核。深度为 $C$ 的卷积核同时作用于所有输入通道，"
            "所以每个输出通道只对应一个卷积核。",
        ),
    ),
    _mistake(
        "padding-forgotten",
        lambda p, k: _other_side(p, k, 1 - p["output"][0]),
        Text(
            "You left out the padding. It widens the image on both sides before the kernel is laid on.",
            "你忽略了填充。在卷积之前，填充使图像的每一侧都变宽了。",
        ),
    ),
    _mistake(
        "padding-on-one-side",
        lambda p, k: _other_side(p, k, p["padding"] + 1 - p["output"][0]),
        Text(
            "You counted the padding once. It stands on both sides, so the image grows by $2P$.",
            "你只计算了一侧的填充。图像两侧都有填充，所以边长增加 $2P$。",
        ),
    ),
)


problem = Problem(
    id="2.3",
    version=2,
    topic="convolution",
    folder=Path(__file__).parent,
    printed=Maps(input=[11, 11, 3], output=[7, 7, 10], stride=1, padding=0),
    draw=draw,
    solve=lambda p: kernels(p).answers(),
    fields=lambda _: tuple(Field(name=name, kind=Integer(), label=f"{name} =") for name in "NHWC"),
    values=values,
    exhibits=exhibits,
    mistakes=MISTAKES,
    published={"answer": "2"},
    printed_options={
        "1": {"N": 3, "H": 3, "W": 3, "C": 10},
        "2": {"N": 10, "H": 5, "W": 5, "C": 3},
        "3": {"N": 10, "H": 5, "W": 5, "C": 1},
        "4": {"N": 10, "H": 3, "W": 3, "C": 1},
        "5": {"N": 3, "H": 5, "W": 5, "C": 10},
    },
)
