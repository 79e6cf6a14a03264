"""Chapter 3: a small network forward, layer by layer."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from problems.answers import Vector
from problems.chapters.network_data import NetworkInput, column, draw_network, matrix, run, tenths
from problems.chapters.network_exhibits import layers_table, network_figure
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.network import ActivationName, Layers, forward

NAMES = {"sigmoid": r"\sigma", "tanh": r"\tanh"}


def draw(draws: Draws) -> NetworkInput:
    layers = draws.choice(([2, 2, 2], [2, 3, 2], [3, 2, 2]))
    activation: ActivationName = draws.choice(("sigmoid", "tanh"))
    return NetworkInput(**draw_network(draws, layers, activation), x=[tenths(draws, 3, 20) for _ in range(layers[0])])


def ill_posed(p: NetworkInput) -> str | None:
    z = np.concatenate(run(p).z)
    if np.abs(z).max() > 2.5 or np.abs(z).min() < 0.1:
        return "a neuron is saturated, or hardly excited at all"
    return None


def _answers(layers: Layers) -> Answers:
    return {"hidden": layers.a[1], "output": layers.a[2]}


def solve(p: NetworkInput) -> Answers:
    return _answers(run(p))


def follow(p: NetworkInput, answers: Answers) -> Answers:
    """The output layer on the hidden activations that were given."""
    return {"output": forward(p["weights"][1:], p["biases"][1:], answers["hidden"], p["activation"]).a[-1]}


def show_option(_: NetworkInput, answers: Answers) -> str:
    return f"a^2 = {column(answers['hidden'], 3)},\\; a^3 = {column(answers['output'], 3)}"


def values(p: NetworkInput) -> dict[str, str | Text]:
    layers = run(p)
    shown = {f"{letter}{layer}": column(vector) for layer, letter, vector in _vectors(layers)}
    parameters = {name: matrix(rows) for name, rows in zip(("W2", "b2", "W3", "b3"), _interleaved(p), strict=True)}
    is_sigmoid = p["activation"] == "sigmoid"
    return {
        **shown,
        **parameters,
        "sizes": r" \to ".join(str(size) for size in p["layers"]),
        "name": NAMES[p["activation"]],
        "definition": r"\sigma(z) = \frac{1}{1 + e^{-z}}"
        if is_sigmoid
        else r"\tanh(z) = \frac{e^z - e^{-z}}{e^z + e^{-z}}",
        "range": "0" if is_sigmoid else "-1",
    }


def exhibits(p: NetworkInput) -> Exhibits:
    z, (_, *a) = run(p)
    caption = Text("Every neuron from the second layer on.", "第二层起的各神经元。")
    return Exhibits(
        (layers_table({"z": ("z", z), "a": ("a", a)}, caption),), (network_figure(p["x"], p["weights"], a),)
    )


def _vectors(layers: Layers) -> list[tuple[int, str, list[float]]]:
    both = [(2, "z", layers.z[0]), (2, "a", layers.a[1]), (3, "z", layers.z[1]), (3, "a", layers.a[2])]
    return [(layer, letter, vector.tolist()) for layer, letter, vector in both]


def _interleaved(p: NetworkInput) -> list[list[list[float]]]:
    """W², b², W³, b³, the biases as columns."""
    columns = [[[b] for b in biases] for biases in p["biases"]]
    return [p["weights"][0], columns[0], p["weights"][1], columns[1]]


def _slip(
    id_: str, text: Text, wrong: Callable[[NetworkInput], Layers], *, core: bool = False, reread: str = "3.4.1"
) -> Mistake[NetworkInput]:
    return Mistake(id=id_, text=text, answers=lambda p: _answers(wrong(p)), core=core, reread=reread)


def _with(p: NetworkInput, **changed: object) -> Layers:
    """A run of the network with some of its parameters replaced."""
    return run(NetworkInput(**{**p, **changed}))  # type: ignore[typeddict-item]


def _times(p: NetworkInput, factors: tuple[float, float]) -> list[list[float]]:
    return [[factor * b for b in biases] for factor, biases in zip(factors, p["biases"], strict=True)]


def _read_by_columns(p: NetworkInput) -> Layers:
    """Wᵀ for W. Where the shapes don't fit, the entries are taken column by column."""
    return _with(p, weights=[np.reshape(np.transpose(W), np.shape(W)).tolist() for W in p["weights"]])


def _linear(p: NetworkInput, *, hidden: bool, output: bool) -> Layers:
    """The activation left out in one of the layers."""
    return forward(
        p["weights"],
        p["biases"],
        p["x"],
        "identity" if hidden else p["activation"],
        output_activation="identity" if output else p["activation"],
    )


def _other_activation(p: NetworkInput) -> Layers:
    return _with(p, activation="tanh" if p["activation"] == "sigmoid" else "sigmoid")


def _first_output_neuron(p: NetworkInput) -> Layers:
    """The weights of the first neuron for all neurons of a layer."""
    return _with(p, weights=[[W[0]] * len(W) for W in p["weights"]])


def _exponent_sign(p: NetworkInput) -> Layers:
    """σ(−z) for σ(z) in every layer: the same as a network with all signs of W and b reversed."""
    negated = [(-np.array(W)).tolist() for W in p["weights"]]
    return _with(p, weights=negated, biases=_times(p, (-1, -1)))


def _activated_twice(p: NetworkInput) -> Layers:
    """The input is sent through the activation too, as if it were a layer of neurons."""
    size = p["layers"][0]
    first = forward([np.eye(size)], [np.zeros(size)], p["x"], p["activation"]).a[-1]
    return _with(p, x=first.tolist())


MISTAKES: tuple[Mistake[NetworkInput], ...] = (
    _slip(
        "biases-forgotten",
        Text("You left out the biases: $z^l = W^l a^{l-1} + b^l$.", "你漏掉了偏置：$z^l = W^l a^{l-1} + b^l$。"),
        lambda p: _with(p, biases=_times(p, (0, 0))),
        core=True,
    ),
    _slip(
        "output-bias-forgotten",
        Text(
            "You left out the bias of the output layer, which has one as well.",
            "你漏掉了输出层的偏置；输出层同样有偏置。",
        ),
        lambda p: _with(p, biases=_times(p, (1, 0))),
    ),
    _slip(
        "biases-subtracted",
        Text("You subtracted the biases; they are added.", "偏置应当加上，你却减去了它们。"),
        lambda p: _with(p, biases=_times(p, (-1, -1))),
    ),
    _slip(
        "biases-inside-the-sum",
        Text(
            "You added the bias once for every input. It is added once for each neuron, after the sum over the inputs.",
            "你对每个输入都加了一次偏置。对输入求和之后，每个神经元只加一次偏置。",
        ),
        lambda p: _with(p, biases=_times(p, (p["layers"][0], p["layers"][1]))),
        core=True,
    ),
    _slip(
        "output-not-activated",
        Text(
            "Your hidden layer is right, but you gave $z^3$ for the output. In this network the output layer has the "
            "activation too.",
            "隐藏层是对的，但你把 $z^3$ 当成了输出。这个网络的输出层同样要用激活函数。",
        ),
        lambda p: _linear(p, hidden=False, output=True),
        core=True,
    ),
    _slip(
        "hidden-not-activated",
        Text(
            "You passed $z^2$ on as it is. The activation comes before the next layer, or else two layers are no more "
            "than one.",
            "你把 $z^2$ 直接传给了下一层。应先经过激活函数，否则两层与一层没有区别。",
        ),
        lambda p: _linear(p, hidden=True, output=False),
        core=True,
    ),
    Mistake(
        id="no-activation",
        text=Text("You left out the activation in both layers.", "你在两层都漏掉了激活函数。"),
        # The hidden layer alone can't tell whether the output was activated.
        answers=lambda p: {"output": _linear(p, hidden=True, output=True).a[2]},
        reread="3.4.1",
    ),
    _slip(
        "weights-transposed",
        Text(
            "You read the weight matrices by columns. Row $j$ of $W^l$ holds the weights of neuron $j$ of layer $l$.",
            "你按列读取了权重矩阵。$W^l$ 的第 $j$ 行才是第 $l$ 层第 $j$ 个神经元的权重。",
        ),
        _read_by_columns,
        core=True,
    ),
    _slip(
        "other-activation",
        Text(
            "You used another activation: look again whether the exercise asks for the sigmoid or for $\\tanh$.",
            "你用错了激活函数：请再看一遍题目要求的是 Sigmoid 还是 $\\tanh$。",
        ),
        _other_activation,
        core=True,
    ),
    _slip(
        "sign-before-activation",
        Text(
            "The sign in front of $z$ is wrong in your activation. The exponent of the sigmoid is $-z$, and $\\tanh z$ "
            "has the sign of $z$.",
            "你的激活函数中 $z$ 前面的符号错了。Sigmoid 的指数是 $-z$，而 $\\tanh z$ 与 $z$ 同号。",
        ),
        _exponent_sign,
    ),
    _slip(
        "input-activated",
        Text(
            "You sent the input through the activation as well. The input layer only passes $x$ on.",
            "你对输入也用了激活函数。输入层只是把 $x$ 原样传下去。",
        ),
        _activated_twice,
    ),
    _slip(
        "inputs-reversed",
        Text(
            "You took the inputs in the reverse order. The first column of $W^2$ belongs to $x_1$.",
            "你把输入的顺序弄反了。$W^2$ 的第一列对应 $x_1$。",
        ),
        lambda p: _with(p, x=p["x"][::-1]),
    ),
    _slip(
        "first-neuron-only",
        Text(
            "You used the first row of the weights for every neuron. Each neuron has its own row.",
            "你对每个神经元都用了权重矩阵的第一行。每个神经元有自己的一行权重。",
        ),
        _first_output_neuron,
    ),
)

problem = Problem(
    id="c3.5",
    version=1,
    topic="forward-pass",
    folder=Path(__file__).parent,
    printed=NetworkInput(
        layers=[2, 2, 2],
        weights=[[[0.5, -1.0], [0.8, 0.3]], [[1.2, -0.7], [-0.4, 0.9]]],
        biases=[[0.2, -0.5], [0.1, -0.3]],
        activation="sigmoid",
        x=[1.0, 0.5],
    ),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda p: (
        Field(name="hidden", kind=Vector(p["layers"][1], Tolerance("absolute", 0.001)), label="a^2 ="),
        Field(
            name="output",
            kind=Vector(p["layers"][2], Tolerance("absolute", 0.001)),
            label="a^3 =",
            follows=("hidden",),
        ),
    ),
    follow=follow,
    values=values,
    exhibits=exhibits,
    mistakes=MISTAKES,
    printed_options={
        "A": {"hidden": (0.550, 0.611), "output": (0.582, 0.507)},
        "B": {"hidden": (0.550, 0.611), "output": (0.332, 0.030)},
        "C": {"hidden": (0.500, 0.721), "output": (0.524, 0.610)},
        "D": {"hidden": (0.750, 0.206), "output": (0.715, 0.345)},
    },
    show_option=show_option,
)
