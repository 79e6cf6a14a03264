"""Exercise 1.4: the trainable parameters of a multilayer perceptron."""

import math
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import TypedDict

from problems.answers import Integer
from problems.candidates import ANYBODYS
from problems.draws import Draws
from problems.exhibits import Column, Exhibits, Table, symbol
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from solvers.network import parameter_count


class Network(TypedDict):
    """`layers` are the widths m_1, …, m_L, from the input layer to the output layer."""

    layers: list[int]


def draw(draws: Draws) -> Network:
    """Layers so wide that biases that were forgotten move the count by more than a slip of arithmetic does."""
    return Network(layers=[4 * draws.integer(15, 80) for _ in range(draws.integer(3, 5))])


def ill_posed(p: Network) -> str | None:
    if abs(p["layers"][0] - p["layers"][-1]) <= ANYBODYS:
        return "the biases of the input layer are as many as those of the output layer, or nearly"
    return None


def solve(p: Network) -> Answers:
    return {"count": parameter_count(p["layers"])}


def values(p: Network) -> dict[str, str | Text]:
    layers = p["layers"]
    products = [f"{inputs} \\cdot {outputs}" for inputs, outputs in pairwise(layers)]
    return {
        "number": str(len(layers)),
        "widths": " \\to ".join(map(str, layers)),
        "weights": f"{' + '.join(products)} = {_weights(layers)}",
        "biases": f"{' + '.join(map(str, layers[1:]))} = {sum(layers[1:])}",
        "count": f"{_weights(layers)} + {sum(layers[1:])} = {parameter_count(layers)}",
    }


def exhibits(p: Network) -> Exhibits:
    pairs = list(pairwise(p["layers"]))
    rows = [(level, m, k, m * k, k, m * k + k) for level, (m, k) in enumerate(pairs, start=2)]
    columns = (
        Column("layer", Text("layer", "层")),
        symbol("inputs", r"m_{l-1}"),
        symbol("neurons", "m_l"),
        Column("weights", Text("weights", "权重")),
        Column("biases", Text("biases", "偏置")),
        Column("parameters", Text("together", "合计")),
    )
    caption = Text("The parameters of each layer from the second on.", "第二层起各层的参数个数。")
    return Exhibits((Table("layers", caption, columns, tuple(rows)),))


def _weights(layers: Sequence[int]) -> int:
    return sum(inputs * outputs for inputs, outputs in pairwise(layers))


def _mistake(id_: str, count: Callable[[list[int]], int], text: Text, *, core: bool = False) -> Mistake[Network]:
    return Mistake(id=id_, text=text, answers=lambda p: {"count": count(p["layers"])}, core=core, reread="3.4.1")


MISTAKES = (
    _mistake(
        "no-biases",
        _weights,
        Text(
            "You counted the weights only. Every neuron after the input layer has a bias too; add those.",
            "你只数了权重。输入层之后的每个神经元还各有一个偏置，也要计入。",
        ),
        core=True,
    ),
    _mistake(
        "input-biases",
        lambda m: _weights(m) + sum(m),
        Text(
            "You gave biases to the input layer. It only passes the data on; biases begin with the second layer.",
            "你给输入层也算了偏置。输入层只传递数据，从第二层起才有偏置。",
        ),
        core=True,
    ),
    _mistake(
        "hidden-biases-only",
        lambda m: _weights(m) + sum(m[1:-1]),
        Text(
            "You counted the biases of the hidden layers only. The neurons of the output layer have biases as well.",
            "你只数了隐藏层的偏置。输出层的神经元也有偏置。",
        ),
        core=True,
    ),
    _mistake(
        "one-bias-per-layer",
        lambda m: _weights(m) + len(m) - 1,
        Text(
            "You counted one bias per layer. The bias of a layer is a vector with one component for each neuron.",
            "你每层只数了一个偏置。一层的偏置是一个向量，每个神经元对应一个分量。",
        ),
        core=True,
    ),
    _mistake(
        "source-biases",
        lambda m: _weights(m) + sum(m[:-1]),
        Text(
            "You counted the biases with the layer that a connection leaves. They belong to the layer it enters: leave "
            "out the input layer and include the output layer.",
            "你按连接的起始层计算了偏置。偏置属于连接的到达层：应去掉输入层，并计入输出层。",
        ),
        core=True,
    ),
    _mistake(
        "bias-per-weight",
        lambda m: 2 * _weights(m),
        Text(
            "You gave every connection a bias of its own. A neuron has one bias, however many connections enter it.",
            "你给每条连接都配了一个偏置。无论有多少条连接进入，一个神经元都只有一个偏置。",
        ),
    ),
    _mistake(
        "neurons-counted",
        sum,
        Text(
            "You counted the neurons. The parameters are the weights on the connections between them and the biases.",
            "你数的是神经元的个数。参数是神经元之间各条连接的权重以及偏置。",
        ),
    ),
    _mistake(
        "biases-only",
        lambda m: sum(m[1:]),
        Text(
            "You counted the biases only. Two neighbouring layers of $m$ and $n$ neurons add $m \\cdot n$ weights.",
            "你只数了偏置。相邻两层若分别有 $m$ 个和 $n$ 个神经元，就还有 $m \\cdot n$ 个权重。",
        ),
    ),
    _mistake(
        "output-layer-skipped",
        lambda m: parameter_count(m[:-1]),
        Text(
            "You stopped at the last hidden layer. Its connections to the output layer and the biases there count too.",
            "你数到最后一个隐藏层就停了。它与输出层之间的权重以及输出层的偏置也要计入。",
        ),
    ),
    _mistake(
        "input-layer-skipped",
        lambda m: parameter_count(m[1:]),
        Text(
            "You started at the first hidden layer. The connections from the input layer to it, and its biases, "
            "count too.",
            "你从第一个隐藏层才开始数。输入层与它之间的权重以及它的偏置也要计入。",
        ),
    ),
    _mistake(
        "all-pairs",
        lambda m: sum(a * b for a, b in combinations(m, 2)) + sum(m[1:]),
        Text(
            "You connected every layer with all later ones. In an MLP each layer is connected with the next one only.",
            "你把每一层与其后的所有层都相连了。在多层感知机中，每一层只与下一层相连。",
        ),
    ),
    _mistake(
        "sums-for-products",
        lambda m: sum(a + b for a, b in pairwise(m)) + sum(m[1:]),
        Text(
            "You added the widths of neighbouring layers. Each neuron is connected with each of the next layer, so "
            "multiply them.",
            "你把相邻两层的宽度相加了。前一层的每个神经元与后一层的每个神经元都相连，所以应当相乘。",
        ),
    ),
    _mistake(
        "product-of-widths",
        math.prod,
        Text(
            "You multiplied all widths together. Multiply those of neighbouring layers only, add these products, then "
            "add the biases.",
            "你把所有层的宽度连乘了。应当只把相邻两层的宽度相乘，再将这些乘积相加，最后加上偏置。",
        ),
    ),
)

problem = Problem(
    id="1.4",
    version=2,
    topic="neural-networks",
    folder=Path(__file__).parent,
    printed=Network(layers=[6, 5, 10, 3]),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: (Field(name="count", kind=Integer(), label="p ="),),
    values=values,
    exhibits=exhibits,
    mistakes=MISTAKES,
    published={"answer": "B"},
    printed_options={"A": {"count": 100}, "B": {"count": 128}, "C": {"count": 160}, "D": {"count": 180}},
)
