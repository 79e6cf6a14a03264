"""What can go wrong in a step of backpropagation: on the way forward, on the way back, and in the update."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from problems.chapters.backprop_data import HALF_KEPT, NOT_DIVIDED_BY_M, WRONG_SLOPES
from problems.chapters.c4_05_backpropagation.step import PARTS, Step, descend, matrix_of, slope_of, solve
from problems.chapters.chained import Slips, complete
from problems.problem import Answers
from problems.text import Text
from solvers.network import backpropagate, forward, hidden_delta, output_delta
from solvers.samples import Array


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
        WRONG_SLOPES["no-slope"][1],
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
        WRONG_SLOPES["activation-for-slope"][1],
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
        NOT_DIVIDED_BY_M,
    ),
    "half-kept": (
        lambda p: {"delta3": solve(p)["delta3"] / 2},
        HALF_KEPT,
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
