"""Chapter 4: the gradient of a layer's weights and biases over a small batch (4.3.1, 4.6)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from problems.answers import Matrix, Vector
from problems.chapters.backprop_data import HALF_KEPT, WORDS, WRONG_SLOPES
from problems.chapters.chained import Slips, by_label
from problems.chapters.descent_mistakes import mistakes
from problems.chapters.network_data import Network, column, draw_network, matrix, tenths
from problems.chapters.network_exhibits import NEURON, network_figure
from problems.draws import Draws
from problems.exhibits import Column, Exhibits, Table, symbol, symbols
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.network import ActivationName, Gradients, Layers, backpropagate, forward, output_delta
from solvers.samples import Array


class Batch(Network):
    """A network of one layer of weights, with `X` (n, m_1) and targets `y` (n, m_2); rows are samples."""

    X: list[list[float]]
    y: list[list[float]]


SAMPLES, INPUTS, OUTPUTS = 3, 2, 2
"""As many inputs as outputs, so that a transposed gradient goes unnoticed; n ≠ m, so that n and m are told apart."""


def draw(draws: Draws) -> Batch:
    activation: ActivationName = draws.choice(("sigmoid", "tanh"))
    targets = (0, 1) if activation == "sigmoid" else (-1, 1)
    return Batch(
        **draw_network(draws, [INPUTS, OUTPUTS], activation),
        X=[[tenths(draws, 5, 25) for _ in range(INPUTS)] for _ in range(SAMPLES)],
        y=[[draws.choice(targets) for _ in range(OUTPUTS)] for _ in range(SAMPLES)],
    )


def arrays(p: Batch) -> tuple[Array, Array, Array, Array]:
    """W, b, X and y."""
    return np.array(p["weights"][0]), np.array(p["biases"][0]), np.array(p["X"]), np.array(p["y"], dtype=np.float64)


def gradients(p: Batch, *, biases: bool = True, transposed: bool = False, samples: slice = slice(None)) -> Gradients:
    W, b, X, y = arrays(p)
    return backpropagate(
        [W.T if transposed else W], [b if biases else np.zeros_like(b)], X[samples], y[samples], p["activation"]
    )


def layers(p: Batch) -> Layers:
    return forward(p["weights"], p["biases"], p["X"], p["activation"])


def answers(found: Gradients, factor: float = 1.0) -> Answers:
    return {"dC_dW": factor * found.weights[0], "dC_db": factor * found.biases[0]}


def ill_posed(p: Batch) -> str | None:
    found = gradients(p)
    if np.abs(found.weights[0]).min() < 0.015 or np.abs(found.biases[0]).min() < 0.015:
        return "a component is too small for three decimals"
    if np.abs(layers(p).z[0]).max() > 3:
        return "a neuron is saturated"
    return None


def fields(_: Batch) -> tuple[Field, ...]:
    tolerance = Tolerance("absolute", 0.001)
    return (
        Field(
            name="dC_dW",
            kind=Matrix(OUTPUTS, INPUTS, tolerance, per_cell=True),
            label=r"\frac{\partial C}{\partial W} =",
            points=2.0,
        ),
        Field(name="dC_db", kind=Vector(OUTPUTS, tolerance), label=r"\frac{\partial C}{\partial b} ="),
    )


def exhibits(p: Batch) -> Exhibits:
    """What every sample adds to the gradient of every weight, and the network as the first sample sees it."""
    (z,), (_, a), found = *layers(p), gradients(p)
    (deltas,) = found.deltas
    X, y = np.array(p["X"]), np.array(p["y"], dtype=np.float64)
    columns = (
        Column("sample", Text("sample", "样本")),
        NEURON,
        symbol("z", "z", 6),
        symbol("a", "a", 6),
        symbol("y", "y"),
        symbol("delta", r"\delta", 6),
        *symbols("g", INPUTS),
    )
    rows = tuple(
        (i + 1, j + 1, *(float(each[i, j]) + 0.0 for each in (z, a, y, deltas)), *(deltas[i, j] * X[i] + 0.0).tolist())
        for i in range(SAMPLES)
        for j in range(OUTPUTS)
    )
    caption = Text(
        "For each sample and neuron the forward values, the target, $\\delta$, and $g_k = \\delta\\, x_k$. The mean of "
        "the $g_k$ over the samples is the neuron's row of the gradient.",
        "各样本、各神经元的前向值、目标值、$\\delta$ 以及 $g_k = \\delta\\, x_k$。"
        "$g_k$ 对样本取平均，就是该神经元在梯度中的那一行。",
    )
    first = network_figure(p["X"][0], p["weights"], [a[0]], [deltas[0]])
    title = Text("The network for sample 1", "样本 1 对应的网络")
    return Exhibits((Table("samples", caption, columns, rows),), (replace(first, title=title),))


def values(p: Batch) -> dict[str, str | Text]:
    (z,), (_, a), found, words = *layers(p), gradients(p), WORDS[p["activation"]]
    (deltas,) = found.deltas
    return {
        "n": str(SAMPLES),
        "m": str(OUTPUTS),
        "W": matrix(p["weights"][0]),
        "b": column(p["biases"][0], None),
        "sigma": words.function,
        "sigma_slope": words.slope,
        "Z": matrix(z, 6),
        "A": matrix(a, 6),
        "deltas": matrix(deltas, 6),
        "dW": matrix(found.weights[0], 6),
        "db": column(found.biases[0]),
    }


def _outer(deltas: Array, before: Array) -> Answers:
    """The mean over the samples of δ aᵀ, and of δ."""
    return {"dC_dW": deltas.T @ before / len(before), "dC_db": deltas.mean(axis=0)}


def _with_slopes(wrong: Callable[[ActivationName, Array], Array]) -> Callable[[Batch], Answers]:
    def wrong_answers(p: Batch) -> Answers:
        _, _, X, y = arrays(p)
        (z,), (_, a) = layers(p)
        return _outer(output_delta(a, y, wrong(p["activation"], z)), X)

    return wrong_answers


SLIPS: Slips[Batch] = {
    "sum-over-samples": (
        lambda p: answers(gradients(p), SAMPLES),
        Text(
            "You summed over the samples; the loss of the batch is the mean, so divide by $n$.",
            "你对样本求了和；一批样本的损失是平均值，还要除以 $n$。",
        ),
    ),
    "not-divided-by-m": (
        lambda p: answers(gradients(p), OUTPUTS),
        Text(
            "The loss of a sample is a mean over its $m$ outputs; you left out the factor $\\frac1m$.",
            "单个样本的损失是对 $m$ 个输出取的平均；你漏掉了因子 $\\frac1m$。",
        ),
    ),
    "half-kept": (
        lambda p: answers(gradients(p), 0.5),
        HALF_KEPT,
    ),
    "sign": (
        lambda p: answers(gradients(p), -1.0),
        Text(
            "You have the opposite sign: $\\delta$ holds output minus target.",
            "符号反了：$\\delta$ 中是输出减去目标值。",
        ),
    ),
    "transposed": (
        lambda p: {"dC_dW": gradients(p).weights[0].T, "dC_db": gradients(p).biases[0]},
        Text(
            "Your matrix is transposed: $\\partial C/\\partial W = \\delta a^\\top$ is arranged like $W$, with "
            "$\\delta_j a_k$ "
            "in row $j$, column $k$.",
            "你的矩阵转置了：$\\partial C/\\partial W = \\delta a^\\top$ 与 $W$ 的排列相同，第 $j$ 行第 $k$ 列是 "
            "$\\delta_j a_k$。",
        ),
    ),
    "own-activation": (
        lambda p: _outer(gradients(p).deltas[0], layers(p).a[1]),
        Text(
            "You multiplied $\\delta$ by the layer's own output; the factor is the input of the layer, $a^{\\ell-1}$.",
            "你把 $\\delta$ 与本层的输出相乘了；因子应是本层的输入 $a^{\\ell-1}$。",
        ),
    ),
    "first-sample": (
        lambda p: answers(gradients(p, samples=slice(1))),
        Text(
            "That is the gradient of the first sample alone; average over all of them.",
            "这只是第一个样本的梯度；应当对全部样本取平均。",
        ),
    ),
    "last-sample": (
        lambda p: answers(gradients(p, samples=slice(-1, None))),
        Text(
            "That is the gradient of the last sample alone; average over all of them.",
            "这只是最后一个样本的梯度；应当对全部样本取平均。",
        ),
    ),
    "bias-forgotten": (
        lambda p: answers(gradients(p, biases=False)),
        Text(
            "You left the bias out of $z = Wx + b$ in the forward pass.", "你在前向传播中漏掉了 $z = Wx + b$ 里的偏置。"
        ),
    ),
    "weights-transposed": (
        lambda p: answers(gradients(p, transposed=True)),
        Text(
            "In the forward pass you used the columns of $W$. Row $j$ of $W$ holds the weights into neuron $j$.",
            "你在前向传播中用了 $W$ 的列；$W$ 的第 $j$ 行才是通向神经元 $j$ 的权重。",
        ),
    ),
    "mean-input": (
        lambda p: _outer(gradients(p).deltas[0].mean(axis=0, keepdims=True), arrays(p)[2].mean(axis=0, keepdims=True)),
        Text(
            "You multiplied the mean of $\\delta$ by the mean input. Take $\\delta x^\\top$ of each sample first, "
            "then the mean.",
            "你把 $\\delta$ 的平均与输入的平均相乘了。应当先对每个样本求 $\\delta x^\\top$，再取平均。",
        ),
    ),
}

problem = Problem(
    id="c4.4",
    version=1,
    topic="backpropagation",
    folder=Path(__file__).parent,
    printed=Batch(
        layers=[2, 2],
        weights=[[[1.0, -0.5], [0.4, 0.8]]],
        biases=[[0.2, -0.3]],
        activation="sigmoid",
        X=[[1.0, 2.0], [-1.5, 0.5], [2.0, -1.0]],
        y=[[1, 0], [1, 0], [0, 0]],
    ),
    draw=draw,
    ill_posed=ill_posed,
    solve=lambda p: answers(gradients(p)),
    fields=fields,
    values=values,
    exhibits=exhibits,
    show_option=lambda p, given: by_label(fields(p), given),
    mistakes=mistakes(
        {**{name: (_with_slopes(wrong), text) for name, (wrong, text) in WRONG_SLOPES.items()}, **SLIPS},
        core=frozenset({"sum-over-samples", "transposed", "no-slope", "first-sample"}),
        reread="4.3.1, 4.6",
    ),
    printed_options={
        "A": {"dC_dW": ((0.03, -0.056), (0.031, 0.027)), "dC_db": (-0.029, 0.051)},
        "B": {"dC_dW": ((0.03, 0.031), (-0.056, 0.027)), "dC_db": (-0.029, 0.051)},
        "C": {"dC_dW": ((0.089, -0.169), (0.093, 0.081)), "dC_db": (-0.088, 0.152)},
        "D": {"dC_dW": ((0.059, -0.113), (0.062, 0.054)), "dC_db": (-0.058, 0.101)},
    },
)
