"""Chapter 4: one full step of backpropagation and gradient descent for a network with a hidden layer (4.5)."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from problems.answers import AnyKind, Matrix, Vector
from problems.chapters.backprop_data import OUTPUT_LAYER, RECURSION, WORDS
from problems.chapters.c4_05_backpropagation.step import (
    LAYERS,
    MATRICES,
    PARTS,
    Step,
    descend,
    draw,
    ill_posed,
    matrix_of,
    slope_of,
    solve,
)
from problems.chapters.chained import Slips, by_label, complete, follow, with_slips
from problems.chapters.descent_mistakes import mistakes
from problems.chapters.network_data import column, matrix
from problems.chapters.network_exhibits import layers_table, network_figure
from problems.exhibits import Exhibits
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.network import backpropagate, forward, hidden_delta, loss, output_delta
from solvers.samples import Array

LABELS = {
    "a2": "a^2 =",
    "a3": "a^3 =",
    "delta3": r"\delta^3 =",
    "delta2": r"\delta^2 =",
    "W3": r"W^3_{\text{new}} =",
    "W2": r"W^2_{\text{new}} =",
}


def _kind(name: str) -> AnyKind:
    """The steps are up to twice as large as the gradients, and so are the errors of rounding these."""
    if name in MATRICES:
        return Matrix(2, 2, Tolerance("absolute", 0.002), per_cell=True)
    return Vector(2, Tolerance("absolute", 0.001))


FIELDS = tuple(
    Field(name=name, kind=_kind(name), label=LABELS[name], follows=part.builds_on) for name, part in PARTS.items()
)


def values(p: Step) -> dict[str, str | Text]:
    key, words = solve(p), WORDS[p["activation"]]
    (z2, z3), _ = forward(p["weights"], p["biases"], p["x"], p["activation"])
    slopes = {name: slope_of(p, key[name]) for name in ("a2", "a3")}
    after = forward([key["W2"], key["W3"]], p["biases"], p["x"], p["activation"]).a[-1]
    return {
        "sigma": words.function,
        "sigma_slope": words.slope,
        "W2": matrix(p["weights"][0]),
        "W3": matrix(p["weights"][1]),
        "W3_transposed": matrix(matrix_of(p, 3).T),
        "b2": column(p["biases"][0], None),
        "b3": column(p["biases"][1], None),
        "z2": column(z2),
        "z3": column(z3),
        **{name: column(key[name]) for name in ("a2", "a3", "delta3", "delta2")},
        "slopes2": column(slopes["a2"]),
        "slopes3": column(slopes["a3"]),
        "gradient3": matrix(np.outer(key["delta3"], key["a2"]), 6),
        "gradient2": matrix(np.outer(key["delta2"], p["x"]), 6),
        "W3_new": matrix(key["W3"], 6),
        "W2_new": matrix(key["W2"], 6),
        "loss_before": f"{loss(key['a3'], p['y']):.6f}",
        "loss_after": f"{loss(after, p['y']):.6f}",
    }


def exhibits(p: Step) -> Exhibits:
    z, (_, *a) = forward(p["weights"], p["biases"], p["x"], p["activation"])
    deltas = backpropagate(p["weights"], p["biases"], p["x"], p["y"], p["activation"]).deltas
    slopes = [slope_of(p, layer) for layer in a]
    columns = {"z": ("z", z), "a": ("a", a), "slope": (r"\sigma'(z)", slopes), "delta": (r"\delta", deltas)}
    caption = Text(
        "Every neuron from the second layer on: forward $z$ and $a$, backward $\\delta$.",
        "第二层起的各神经元：前向的 $z$ 和 $a$，反向的 $\\delta$。",
    )
    return Exhibits((layers_table(columns, caption),), (network_figure(p["x"], p["weights"], a, deltas),))


def _both_deltas(change: Callable[[Step, Array, Array], Array]) -> Callable[[Step], Answers]:
    """A slip made in both layers: `change` has the residual (or what came back) and the slopes of the layer."""

    def slip(p: Step) -> Answers:
        key = solve(p)
        ones = np.ones(2)
        delta3 = change(p, output_delta(key["a3"], np.array(p["y"]), ones), key["a3"])
        return {"delta3": delta3, "delta2": change(p, hidden_delta(matrix_of(p, 3), delta3, ones), key["a2"])}

    return slip


def _after(p: Step, **slip: Array) -> Answers:
    return complete(PARTS, p, slip)


def _activations(p: Step, weights: Sequence[ArrayLike], biases: Sequence[ArrayLike]) -> Answers:
    """The forward pass with other parameters."""
    _, (_, a2, a3) = forward(weights, biases, p["x"], p["activation"])
    return {"a2": a2, "a3": a3}


FORWARD: Slips[Step] = {
    "bias-forgotten": (
        lambda p: _activations(p, p["weights"], [[0.0, 0.0], [0.0, 0.0]]),
        Text("You left out the biases: $z = Wa + b$.", "你漏掉了偏置：$z = Wa + b$。"),
    ),
    "weights-transposed": (
        lambda p: _activations(p, [matrix_of(p, 2).T, matrix_of(p, 3).T], p["biases"]),
        Text(
            "In the forward pass you used the columns of the weight matrices. Row $j$ holds the weights into neuron "
            "$j$.",
            "你在前向传播中用了权重矩阵的列；第 $j$ 行才是通向神经元 $j$ 的权重。",
        ),
    ),
    "linear-output": (
        lambda p: {
            "a3": forward(p["weights"], p["biases"], p["x"], p["activation"], output_activation="identity").a[-1],
            "delta3": backpropagate(
                p["weights"], p["biases"], p["x"], p["y"], p["activation"], output_activation="identity"
            ).deltas[-1],
        },
        Text(
            "You left out the activation of the output layer; it is $\\sigma$ as in the hidden layer.",
            "你漏掉了输出层的激活函数；它与隐藏层一样是 $\\sigma$。",
        ),
    ),
}

BACKWARD: Slips[Step] = {
    "no-slope": (
        _both_deltas(lambda _p, back, _a: back),
        Text(
            "The factor $\\sigma'(z)$ is missing: $\\delta$ is the derivative with respect to $z$, not to $a$.",
            "你漏掉了因子 $\\sigma'(z)$：$\\delta$ 是对 $z$ 的导数，而不是对 $a$ 的导数。",
        ),
    ),
    "no-hidden-slope": (
        lambda p: {"delta2": hidden_delta(matrix_of(p, 3), solve(p)["delta3"], np.ones(2))},
        Text(
            "In the hidden layer the factor $\\sigma'(z^2)$ is missing.",
            "隐藏层中漏掉了因子 $\\sigma'(z^2)$。",
        ),
    ),
    "activation-for-slope": (
        _both_deltas(lambda _p, back, a: back * a),
        Text(
            "You multiplied by $\\sigma(z)$ instead of its derivative $\\sigma'(z)$.",
            "你乘的是 $\\sigma(z)$，应当乘以它的导数 $\\sigma'(z)$。",
        ),
    ),
    "sign": (
        lambda p: {"delta3": -solve(p)["delta3"]},
        Text(
            "The sign of $\\delta^3$ is wrong: it holds output minus target.",
            "$\\delta^3$ 的符号反了：其中是输出减去目标值。",
        ),
    ),
    "not-divided-by-m": (
        lambda p: {"delta3": len(p["y"]) * solve(p)["delta3"]},
        Text(
            "The loss is a mean over the $m$ outputs; you left out the factor $\\frac1m$.",
            "损失是对 $m$ 个输出取的平均；你漏掉了因子 $\\frac1m$。",
        ),
    ),
    "half-kept": (
        lambda p: {"delta3": solve(p)["delta3"] / 2},
        Text(
            "You kept the $\\frac12$ of the loss: it cancels with the 2 that differentiating the square brings.",
            "你保留了损失中的 $\\frac12$；平方求导产生的 2 应与它相消。",
        ),
    ),
    "not-transposed": (
        lambda p: {"delta2": hidden_delta(matrix_of(p, 3).T, solve(p)["delta3"], slope_of(p, solve(p)["a2"]))},
        Text(
            "You went back through $W^3$ instead of $(W^3)^\\top$.",
            "往回传时你用了 $W^3$，应当用 $(W^3)^\\top$。",
        ),
    ),
    "updated-weights": (
        lambda p: {"delta2": hidden_delta(solve(p)["W3"], solve(p)["delta3"], slope_of(p, solve(p)["a2"]))},
        Text(
            "You went back through the new $W^3$. All gradients belong to the old parameters: update at the end.",
            "你往回传时用了更新后的 $W^3$。所有梯度都要用旧的参数计算，最后才更新。",
        ),
    ),
}

UPDATE: Slips[Step] = {
    "ascent": (
        lambda p: {name: 2 * old - solve(p)[name] for name, old in (("W3", matrix_of(p, 3)), ("W2", matrix_of(p, 2)))},
        Text(
            "You went up the gradient: $W - \\eta\\,\\partial C/\\partial W$ has a minus sign.",
            "你沿梯度上升了：$W - \\eta\\,\\partial C/\\partial W$ 中是减号。",
        ),
    ),
    "no-step-size": (
        lambda p: {name: _after({**p, "step_size": 1.0})[name] for name in ("W3", "W2")},
        Text("You forgot the step size $\\eta$.", "你漏掉了步长 $\\eta$。"),
    ),
    "transposed-update": (
        lambda p: {
            "W3": descend(p, 3, solve(p)["a2"], solve(p)["delta3"]),
            "W2": descend(p, 2, p["x"], solve(p)["delta2"]),
        },
        Text(
            "Your gradient matrix is transposed: it is $\\delta a^\\top$, with $\\delta_j a_k$ in row $j$, column $k$.",
            "你的梯度矩阵转置了：它是 $\\delta a^\\top$，第 $j$ 行第 $k$ 列是 $\\delta_j a_k$。",
        ),
    ),
    "gradient-only": (
        lambda p: {
            "W3": np.outer(solve(p)["delta3"], solve(p)["a2"]),
            "W2": np.outer(solve(p)["delta2"], p["x"]),
        },
        Text(
            "That is the gradient. The new matrix is $W - \\eta\\,\\partial C/\\partial W$.",
            "这是梯度；新的矩阵是 $W - \\eta\\,\\partial C/\\partial W$。",
        ),
    ),
    "own-activation": (
        lambda p: {
            "W3": descend(p, 3, solve(p)["delta3"], solve(p)["a3"]),
            "W2": descend(p, 2, solve(p)["delta2"], solve(p)["a2"]),
        },
        Text(
            "You multiplied $\\delta$ by the layer's own output; the factor is the output of the layer before.",
            "你把 $\\delta$ 与本层的输出相乘了；因子应是前一层的输出。",
        ),
    ),
}

problem = Problem(
    id="c4.5",
    version=2,
    topic="backpropagation",
    folder=Path(__file__).parent,
    printed=Step(
        layers=LAYERS,
        weights=[[[0.8, -0.4], [0.5, 1.0]], [[0.6, -0.9], [0.7, 0.8]]],
        biases=[[0.1, -0.2], [0.3, -0.5]],
        activation="tanh",
        x=[1.0, -0.5],
        y=[-1, 1],
        step_size=0.5,
    ),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: FIELDS,
    follow=follow(PARTS),
    values=values,
    exhibits=exhibits,
    mistakes=(
        *mistakes(with_slips(PARTS, FORWARD), core=frozenset({"bias-forgotten"}), reread="3.4.1"),
        *mistakes(
            with_slips(PARTS, BACKWARD),
            core=frozenset({"no-slope", "not-transposed"}),
            reread=f"{OUTPUT_LAYER}; {RECURSION}",
        ),
        *mistakes(with_slips(PARTS, UPDATE), core=frozenset({"ascent", "transposed-update"}), reread="4.3.1; 4.6"),
    ),
    printed_options={
        "A": {
            "a2": (0.8, -0.197),
            "a3": (0.743, -0.097),
            "delta3": (0.39, -0.543),
            "delta2": (-0.053, -0.755),
            "W3": ((0.444, -0.862), (0.918, 0.746)),
            "W2": ((0.826, -0.413), (0.878, 0.811)),
        },
        "B": {
            "a2": (0.8, -0.197),
            "a3": (0.743, -0.097),
            "delta3": (0.39, -0.543),
            "delta2": (0.26, -0.155),
            "W3": ((0.444, -0.862), (0.918, 0.746)),
            "W2": ((0.67, -0.335), (0.578, 0.961)),
        },
        "C": {
            "a2": (0.8, -0.197),
            "a3": (0.743, -0.097),
            "delta3": (0.39, -0.543),
            "delta2": (-0.053, -0.755),
            "W3": ((0.444, -0.682), (0.738, 0.746)),
            "W2": ((0.826, -0.022), (0.487, 0.811)),
        },
        "D": {
            "a2": (0.8, -0.197),
            "a3": (0.743, -0.097),
            "delta3": (0.872, -0.549),
            "delta2": (0.139, -1.223),
            "W3": ((0.251, -0.814), (0.92, 0.746)),
            "W2": ((0.731, -0.365), (1.112, 0.694)),
        },
    },
    show_option=lambda _, answers: by_label(FIELDS, answers),
)
