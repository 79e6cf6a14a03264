"""Tables and figures of the exercises on neurons, networks and computational graphs."""

from collections.abc import Mapping, Sequence

import numpy as np

from problems.charts import numbers, plain
from problems.exhibits import Arrow, Box, Cell, Chart, Column, Curve, Dots, Exhibits, Figure, Graph, Table, symbol
from problems.latex import latex_number
from problems.text import Text
from solvers.graph import Node, backpropagate, order
from solvers.samples import Array

LAYER = Column("layer", Text("layer", "层"))
NEURON = Column("neuron", Text("neuron", "神经元"))
COMPONENT = Column("component", Text("component", "分量"))


def layers_table(
    columns: Mapping[str, tuple[str, Sequence[Array]]], caption: Text, *, level: Column = LAYER, first: int = 2
) -> Table:
    """One row a neuron; `columns` by name: LaTeX, and the values of each layer's neurons, from the `first` layer on."""
    sizes = [len(layer) for layer in next(iter(columns.values()))[1]]
    rows: list[tuple[Cell, ...]] = [
        (place + first, j + 1, *(float(layers[place][j]) for _, layers in columns.values()))
        for place, size in enumerate(sizes)
        for j in range(size)
    ]
    heads = tuple(symbol(name, latex, 6) for name, (latex, _) in columns.items())
    return Table("neurons", caption, (level, NEURON, *heads), tuple(rows))


def network_figure(
    x: Sequence[float],
    weights: Sequence[Sequence[Sequence[float]]],
    activations: Sequence[Array],
    deltas: Sequence[Array] = (),
) -> Figure:
    """The network from the input (at the top) to the output, with its weights, activations and δ."""
    layers = [np.asarray(x, dtype=np.float64), *activations]
    widest = max(len(layer) for layer in layers)
    boxes, first = [], [0]
    for level, layer in enumerate(layers):
        for j, value in enumerate(layer.tolist()):
            middle = (widest - len(layer)) / 2
            lines = [_equal("a" if level else "x", value)]
            if level and deltas:
                lines.append(_equal("\\delta", float(deltas[level - 1][j])))
            boxes.append(Box(j + middle, level * 1.15, f"${'a' if level else 'x'}^{level + 1}_{j + 1}$", tuple(lines)))
        first.append(len(boxes))
    arrows = tuple(
        Arrow(first[level] + k, first[level + 1] + j, f"${latex_number(weight)}$")
        for level, matrix in enumerate(weights)
        for j, row in enumerate(matrix)
        for k, weight in enumerate(row)
    )
    sizes = [str(len(layer)) for layer in layers]
    outputs = ", ".join(plain(value) for value in activations[-1].tolist())
    backward = Text(
        " In each neuron also its $\\delta$, which goes the other way.", "各神经元中还标出了反向传播的 $\\delta$。"
    )
    return Figure(
        id="network",
        title=Text("The network", "网络"),
        description=Text(
            "From the input at the top to the output: a box for each neuron with its activation, a number for each "
            "weight." + (backward.en if deltas else ""),
            "上方为输入，下方为输出：每个方框是一个神经元，框中是它的激活值；连线上的数是权重。"
            + (backward.zh if deltas else ""),
        ),
        alt=Text(
            f"A network with layers of {', '.join(sizes)} neurons. Its outputs are {outputs}.",
            f"各层神经元个数为 {'、'.join(sizes)} 的网络，输出为 {outputs}。",
        ),
        drawing=Graph(tuple(boxes), arrows),
    )


def _equal(name: str, value: float) -> str:
    return f"${name} = {latex_number(float(f'{value:.5g}') + 0.0)}$"


def graph_exhibits(output: Node, names: Mapping[Node, str]) -> Exhibits:
    """A computational graph with the forward value and the backpropagated gradient of every node; `names` are LaTeX."""
    gradient = backpropagate(output)
    nodes = order(output)
    rank = _ranks(output, nodes)
    rows: list[tuple[Cell, ...]] = [
        (names[node].replace("\\hat y", "y_hat"), node.value + 0.0, gradient[node] + 0.0) for node in nodes
    ]
    o = names[output]
    return Exhibits(
        (
            Table(
                "nodes",
                Text(
                    "Every node with its forward value and its backpropagated gradient "
                    f"$\\partial {o}/\\partial\\,\\cdot$.",
                    f"各结点的前向值和反向传播的梯度 $\\partial {o}/\\partial\\,\\cdot$。",
                ),
                (
                    Column("node", Text("node", "结点")),
                    Column("value", Text("value", "值")),
                    Column("gradient", Text("gradient", "梯度")),
                ),
                tuple(rows),
            ),
        ),
        (_graph_figure(output, nodes, gradient, rank, names),),
    )


def _ranks(output: Node, nodes: Sequence[Node]) -> Mapping[Node, int]:
    """How many steps before the output a node is used at the latest."""
    rank = {output: 0}
    for node in reversed(nodes):
        for given in node.inputs:
            rank[given] = max(rank.get(given, 0), rank[node] + 1)
    return rank


def _graph_figure(
    output: Node,
    nodes: Sequence[Node],
    gradient: Mapping[Node, float],
    rank: Mapping[Node, int],
    names: Mapping[Node, str],
) -> Figure:
    top = max(rank.values())
    levels = [[node for node in nodes if rank[node] == level] for level in range(top + 1)]
    widest = max(len(level) for level in levels)
    place = {
        node: (j + (widest - len(level)) / 2, (top - k) * 1.1)
        for k, level in enumerate(levels)
        for j, node in enumerate(level)
    }
    at = {node: i for i, node in enumerate(nodes)}
    o, words = names[output], {node: names[node].replace("\\hat y", "ŷ") for node in nodes}
    boxes = tuple(
        Box(
            *place[node],
            f"${names[node]} = {latex_number(float(f'{node.value:.5g}') + 0.0)}$",
            (f"$\\partial {o} = {latex_number(float(f'{gradient[node]:.5g}') + 0.0)}$",),
        )
        for node in nodes
    )
    arrows = tuple(
        Arrow(at[given], at[node], f"${latex_number(float(f'{local:.5g}') + 0.0)}$")
        for node in nodes
        for given, local in zip(node.inputs, node.local_gradients, strict=True)
    )
    return Figure(
        id="graph",
        title=Text("The computational graph", "计算图"),
        description=Text(
            "Forward from top to bottom. Each box holds the value of its node and, as "
            f"$\\partial {o}$, the derivative of ${o}$ with respect to it; each arrow its local gradient. Backwards, a "
            "derivative is multiplied by the local gradients on its way.",
            f"前向计算从上到下。方框中是结点的值，以及 ${o}$ 对该结点的导数（记作 $\\partial {o}$）；箭头上是局部梯度。"
            "反向传播时，导数沿途乘以各局部梯度。",
        ),
        alt=Text(
            "; ".join(f"{words[n]} = {plain(n.value)}, derivative {plain(gradient[n])}" for n in nodes) + ".",
            "；".join(f"{words[n]} = {plain(n.value)}，导数为 {plain(gradient[n])}" for n in nodes) + "。",
        ),
        drawing=Graph(boxes, arrows),
    )


def tangent_figure(x: Array, y: Array, at: tuple[float, float], slope: float, label: str) -> Figure:
    """A function with its tangent at a point; x (k,) and y (k,) are its values, `label` its LaTeX."""
    reach = (float(x[-1]) - float(x[0])) / 6
    here, value, slope = (float(number) for number in (*at, slope))
    low, high = here - reach, here + reach
    return Figure(
        id="tangent",
        title=Text("The function and its tangent", "函数及其切线"),
        description=Text(
            f"${label}$ and, dashed, the tangent at the point of the exercise. Its slope is the derivative there.",
            f"${label}$ 的图像，虚线为题中那一点处的切线，其斜率就是该点的导数。",
        ),
        alt=Text(
            f"At {plain(here)} the function has the value {plain(value)} and the slope {plain(slope)}.",
            f"函数在 {plain(here)} 处的值为 {plain(value)}，斜率为 {plain(slope)}。",
        ),
        drawing=Chart(
            "$x$",
            f"${label}$",
            (
                Curve(numbers(x), numbers(y), "blue"),
                Curve((low, high), (value - slope * reach, value + slope * reach), "orange", dashed=True),
                Dots((here,), (value,), "ink"),
            ),
        ),
    )


def units_table(id_: str, caption: Text, index: Column, columns: Mapping[str, tuple[str, Array]]) -> Table:
    """One row for each sample, step or component, counted from 1; `columns` by name: LaTeX, and the values (n,)."""
    values = np.column_stack([np.asarray(column, dtype=np.float64) for _, column in columns.values()])
    heads = tuple(symbol(name, latex, 6) for name, (latex, _) in columns.items())
    return Table(
        id_, caption, (index, *heads), tuple((i, *row) for i, row in enumerate((values + 0.0).tolist(), start=1))
    )
