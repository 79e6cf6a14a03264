"""Exercise 2.4: how many parameters a convolution saves next to a fully connected layer."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from problems.answers import Integer
from problems.draws import Draws
from problems.exhibits import Column, Exhibits, Table
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from solvers.convolution import convolution_parameters, dense_parameters, divides, output_size


class Layer(TypedDict):
    """One filter of `kernel` × `kernel` on an `image` (height, width) of one channel."""

    image: list[int]
    kernel: int
    stride: int
    padding: int


def draw(draws: Draws) -> Layer:
    """With a filter so large that its parameters, left out or counted wrongly, are more than a slip of arithmetic."""
    side, kernel, stride = draws.integer(20, 64), draws.choice((9, 11, 13)), draws.choice((1, 1, 2))
    return Layer(image=[side, side], kernel=kernel, stride=stride, padding=draws.integer(0, kernel // 2))


def ill_posed(p: Layer) -> str | None:
    if not divides(p["image"][0], p["kernel"], p["stride"], p["padding"]):
        return "the stride leaves pixels over"
    return None


@dataclass(frozen=True, slots=True)
class Counts:
    """What both layers have in common, and the parameters of either."""

    inputs: int
    outputs: int
    convolution: int
    dense: int


def counts(p: Layer, *, stride: int | None = None, padding: int | None = None) -> Counts:
    """The counts, or those with another stride or padding; raises `ValueError` when the kernel does not fit then."""
    stride = p["stride"] if stride is None else stride
    padding = p["padding"] if padding is None else padding
    height, width = p["image"]
    inputs = height * width
    outputs = output_size(height, p["kernel"], stride, padding) * output_size(width, p["kernel"], stride, padding)
    return Counts(inputs, outputs, convolution_parameters(p["kernel"]), dense_parameters(inputs, outputs))


def solve(p: Layer) -> Answers:
    c = counts(p)
    return {"difference": c.dense - c.convolution}


def values(p: Layer) -> dict[str, str | Text]:
    height, width = p["image"]
    c = counts(p)
    return {
        "height": str(height),
        "width": str(width),
        "side": str(output_size(height, p["kernel"], p["stride"], p["padding"])),
        "inputs": str(c.inputs),
        "outputs": str(c.outputs),
        "convolution": str(c.convolution),
        "dense": str(c.dense),
        "difference": str(c.dense - c.convolution),
    }


def exhibits(p: Layer) -> Exhibits:
    c = counts(p)
    kernel = p["kernel"] ** 2
    columns = (
        Column("layer", Text("layer", "层")),
        Column("weights", Text("weights", "权重")),
        Column("biases", Text("biases", "偏置")),
        Column("parameters", Text("together", "合计")),
    )
    rows = (("conv", kernel, 1, c.convolution), ("dense", c.inputs * c.outputs, c.outputs, c.dense))
    caption = Text(
        "The parameters of the convolutional (conv) and of the fully connected layer (dense).",
        "卷积层（conv）与全连接层（dense）的参数个数。",
    )
    return Exhibits((Table("layers", caption, columns, rows),))


def _mistake(
    id_: str,
    difference: Callable[[Layer, Counts], int],
    text: Text,
    *,
    core: bool = False,
    distractor: bool = True,
) -> Mistake[Layer]:
    """`difference` maps the exercise and its right counts to what the mistake yields."""

    def answers(p: Layer) -> Answers:
        return {"difference": difference(p, counts(p))}

    return Mistake(id=id_, text=text, answers=answers, core=core, distractor=distractor)


def _difference(c: Counts) -> int:
    return c.dense - c.convolution


MISTAKES = (
    _mistake(
        "not-subtracted",
        lambda _, c: c.dense,
        Text(
            "This is the number of parameters of the fully connected layer. Subtract those of the convolution.",
            "这是全连接层的参数个数，还应减去卷积层的参数个数。",
        ),
        core=True,
    ),
    _mistake(
        "dense-weights-only",
        lambda _, c: c.inputs * c.outputs,
        Text(
            "You counted only the weights of the fully connected layer. Add a bias for each output, then subtract the "
            "parameters of the convolution.",
            "你只数了全连接层的权重。还要为每个输出加上一个偏置，再减去卷积层的参数个数。",
        ),
        core=True,
    ),
    _mistake(
        "weights-only",
        lambda _, c: c.inputs * c.outputs - (c.convolution - 1),
        Text(
            "Biases are missing. The fully connected layer has one for each output, and the filter has one.",
            "你漏掉了偏置。全连接层的每个输出有一个偏置，卷积核也有一个偏置。",
        ),
        core=True,
    ),
    _mistake(
        "no-dense-biases",
        lambda _, c: c.inputs * c.outputs - c.convolution,
        Text(
            "The biases of the fully connected layer are missing. It has one for each of its outputs.",
            "你漏掉了全连接层的偏置。它的每个输出都有一个偏置。",
        ),
        core=True,
    ),
    _mistake(
        "no-filter-bias",
        lambda _, c: _difference(c) + 1,
        Text("The bias of the filter is missing: a filter has one.", "你漏掉了卷积核的偏置：一个卷积核有一个偏置。"),
        core=True,
    ),
    _mistake(
        "added",
        lambda _, c: c.dense + c.convolution,
        Text(
            "You added the two numbers of parameters. How many more the one layer has is their difference.",
            "你把两层的参数个数相加了。求一层比另一层多多少，应当相减。",
        ),
    ),
    _mistake(
        "kernel-not-squared",
        lambda p, c: c.dense - (p["kernel"] + 1),
        Text(
            "You counted one side of the kernel. A square kernel of side $F$ has $F^2$ weights.",
            "你只用了卷积核的一条边。边长为 $F$ 的正方形卷积核有 $F^2$ 个权重。",
        ),
    ),
    _mistake(
        "no-weight-sharing",
        lambda _, c: c.dense - c.convolution * c.outputs,
        Text(
            "You counted the filter anew at every place. A convolution uses the same weights and the same bias "
            "everywhere, so count them once.",
            "你在每个位置都重新数了一遍卷积核的参数。卷积在所有位置共用同一组权重和同一个偏置，只应数一次。",
        ),
    ),
    _mistake(
        "input-biases",
        lambda _, c: c.inputs * c.outputs + c.inputs - c.convolution,
        Text(
            "You gave a bias to every input of the fully connected layer. Biases belong to the outputs.",
            "你给全连接层的每个输入都算了一个偏置。偏置属于输出。",
        ),
    ),
    _mistake(
        "neurons-counted",
        lambda _, c: c.outputs,
        Text(
            "You counted the outputs. Each of them has a weight for every input pixel, and a bias.",
            "你数的是输出的个数。每个输出对每个输入像素都有一个权重，此外还有一个偏置。",
        ),
    ),
    _mistake(
        "one-weight-per-output",
        lambda _, c: c.outputs - c.convolution,
        Text(
            "You gave each output of the fully connected layer a single parameter. Each has a weight for every input "
            "pixel, and a bias.",
            "你让全连接层的每个输出只有一个参数。每个输出对每个输入像素都有一个权重，此外还有一个偏置。",
        ),
    ),
    _mistake(
        "sides-for-pixels",
        lambda p, c: dense_parameters(p["image"][0], round(c.outputs**0.5)) - c.convolution,
        Text(
            "You connected the sides of the images. The layer connects their pixels, so square the sides first.",
            "你用的是图像的边长。全连接层连接的是像素，应当先将边长平方。",
        ),
    ),
    _mistake(
        "output-as-large-as-input",
        lambda _, c: dense_parameters(c.inputs, c.inputs) - c.convolution,
        Text(
            "You took the output to be as large as the input. Here it is smaller; compute its size first.",
            "你认为输出与输入一样大。本题的输出较小，应当先求出它的大小。",
        ),
    ),
    _mistake(
        "padding-forgotten",
        lambda p, _: _difference(counts(p, padding=0)),
        Text(
            "You left out the padding when you computed the size of the output. The side of the image grows by $2P$.",
            "你在计算输出大小时忽略了填充。填充使图像的边长增加 $2P$。",
        ),
    ),
    _mistake(
        "stride-forgotten",
        lambda p, _: _difference(counts(p, stride=1)),
        Text(
            "You left out the stride when you computed the size of the output. Divide by it before adding 1.",
            "你在计算输出大小时忽略了步幅。应当先除以步幅，再加 1。",
        ),
    ),
    _mistake(
        "wrong-sign",
        lambda _, c: -_difference(c),
        Text(
            "You subtracted the other way round. It is the fully connected layer that has more.",
            "你把减数与被减数弄反了。参数更多的是全连接层。",
        ),
        distractor=False,
    ),
)

problem = Problem(
    id="2.4",
    version=2,
    topic="convolution",
    folder=Path(__file__).parent,
    printed=Layer(image=[50, 50], kernel=3, stride=1, padding=1),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: (Field(name="difference", kind=Integer(), label="d ="),),
    values=values,
    exhibits=exhibits,
    mistakes=MISTAKES,
    published={"answer": "3"},
    printed_options={
        "1": {"difference": 6250490},
        "2": {"difference": 2490},
        "3": {"difference": 6252490},
        "4": {"difference": 6250000},
        "5": {"difference": 2500},
    },
)
