"""What goes wrong when a bent line is put together from ReLUs."""

from collections.abc import Callable

import numpy as np

from problems.chapters.c3_06_relu_network.relu_network import (
    ReluNetwork,
    answers_with,
    output_parameters,
    pre_activations,
    solve,
)
from problems.problem import Answers, Mistake
from problems.text import Text
from solvers.samples import Array


def _parameter_slip(
    id_: str, text: Text, wrong: Callable[[ReluNetwork, Array, float], tuple[Array, float]], *, core: bool = False
) -> Mistake[ReluNetwork]:
    """`wrong` makes other output weights and another bias of the right ones."""
    return Mistake(
        id=id_,
        text=text,
        answers=lambda p: answers_with(p, *wrong(p, *output_parameters(p))),
        core=core,
        reread="3.4.1",
    )


def _output_slip(id_: str, text: Text, hidden: Callable[[ReluNetwork], Array]) -> Mistake[ReluNetwork]:
    """The right output weights on something else than the hidden activations (m,) at x."""

    def answers(p: ReluNetwork) -> Answers:
        weights, bias = output_parameters(p)
        return {"weights": weights, "bias": bias, "output": float(weights @ hidden(p)) + bias}

    return Mistake(id=id_, text=text, answers=answers, reread="3.4.1")


def _left_sign(_: ReluNetwork, weights: Array, bias: float) -> tuple[Array, float]:
    return weights * np.array([1.0, -1.0, 1.0])[: len(weights)], bias


def _first_sign(_: ReluNetwork, weights: Array, bias: float) -> tuple[Array, float]:
    return np.array([-weights[0], *weights[1:]]), bias


def _left_neuron_unused(_: ReluNetwork, weights: Array, bias: float) -> tuple[Array, float]:
    return np.array([weights[0], 0.0, *weights[2:]]), bias


def _slopes_as_weights(p: ReluNetwork, weights: Array, bias: float) -> tuple[Array, float]:
    return weights * np.abs(p["hidden_weights"]), bias


def _last_slope(p: ReluNetwork, weights: Array, bias: float) -> tuple[Array, float]:
    """The third neuron brings the whole last slope instead of the change of slope."""
    if len(weights) == 3:
        u = p["hidden_weights"]
        return np.array([weights[0], weights[1], weights[2] + weights[0] * u[0] / u[2]]), bias
    return weights, bias


def _value_at_zero(p: ReluNetwork, weights: Array, _: float) -> tuple[Array, float]:
    return weights, solve(ReluNetwork(**{**p, "x": 0.0}))["output"]


MISTAKES: tuple[Mistake[ReluNetwork], ...] = (
    _parameter_slip(
        "left-weight-sign",
        Text(
            "The sign of the second weight is wrong. Its neuron grows to the left, so that a positive weight makes the "
            "function fall from the left towards the corner.",
            "第二个权重的符号错了。对应的神经元向左增大，所以正的权重使函数从左边向拐点下降。",
        ),
        _left_sign,
        core=True,
    ),
    _parameter_slip(
        "first-weight-sign",
        Text(
            "The sign of the first weight is wrong. Its neuron grows to the right, so the weight has the sign of the "
            "slope there.",
            "第一个权重的符号错了。对应的神经元向右增大，所以权重与那里的斜率同号。",
        ),
        _first_sign,
    ),
    _parameter_slip(
        "left-neuron-unused",
        Text(
            "You gave the second neuron the weight 0. It is the only one that is active to the left of the first "
            "corner.",
            "你让第二个神经元的权重为 0。在第一个拐点左侧，只有它起作用。",
        ),
        _left_neuron_unused,
        core=True,
    ),
    _parameter_slip(
        "slopes-for-weights",
        Text(
            "You took the slopes themselves for the weights. A hidden neuron has the slope $u_j$ of its own: divide by "
            "its size.",
            "你直接把斜率当成了权重。隐藏神经元自身的斜率为 $u_j$：还要除以它的绝对值。",
        ),
        _slopes_as_weights,
    ),
    _parameter_slip(
        "slope-for-change",
        Text(
            "The third weight brings the change of slope at the second corner, since the first neuron goes on beyond "
            "it. You let it bring the whole slope.",
            "第一个神经元在第二个拐点之后继续起作用，所以第三个权重只需带来斜率的改变量。你却让它带来了整个斜率。",
        ),
        _last_slope,
    ),
    _parameter_slip(
        "weights-of-the-absolute-value",
        Text(
            "These are the weights of the network for $|x|$: all 1, and no bias. This function has other slopes, or "
            "another height.",
            "这是表示 $|x|$ 的网络的权重：全为 1 且没有偏置。这里的函数斜率或高度不同。",
        ),
        lambda _, weights, __: (np.ones_like(weights), 0.0),
    ),
    _parameter_slip(
        "weights-reversed",
        Text(
            "You gave the weights in the reverse order. The first belongs to the first hidden neuron.",
            "你把权重的顺序写反了。第一个权重对应第一个隐藏神经元。",
        ),
        lambda _, weights, bias: (weights[::-1], bias),
    ),
    _parameter_slip(
        "bias-forgotten",
        Text(
            "You left out the output bias. At the first corner all hidden neurons are silent, so the bias is the "
            "height of the function there.",
            "你漏掉了输出层的偏置。在第一个拐点处所有隐藏神经元的输出都是 0，所以偏置就是函数在那里的高度。",
        ),
        lambda _, weights, __: (weights, 0.0),
    ),
    _parameter_slip(
        "bias-sign",
        Text(
            "The sign of the output bias is wrong: it is added.",
            "输出层偏置的符号错了：偏置是加上去的。",
        ),
        lambda _, weights, bias: (weights, -bias),
    ),
    _parameter_slip(
        "value-at-zero-as-bias",
        Text(
            "You took $f(0)$ for the output bias. At $x = 0$ hidden neurons are active; they are all silent at the "
            "first corner.",
            "你把 $f(0)$ 当成了输出层的偏置。在 $x = 0$ 处有隐藏神经元处于激活状态；它们全为 0 的地方是第一个拐点。",
        ),
        _value_at_zero,
    ),
    _output_slip(
        "hidden-not-rectified",
        Text(
            "You did not cut the hidden neurons off at 0. Without the ReLU the network is a straight line.",
            "你没有把隐藏神经元的负值截为 0。没有 ReLU，网络只是一条直线。",
        ),
        pre_activations,
    ),
    _output_slip(
        "hidden-absolute",
        Text(
            "You took the sizes of the hidden pre-activations. The ReLU makes the negative ones 0.",
            "你对隐藏层的 $z$ 取了绝对值。ReLU 是把负值变为 0。",
        ),
        lambda p: np.abs(pre_activations(p)),
    ),
    _output_slip(
        "hidden-biases-forgotten",
        Text(
            "You left out the biases of the hidden neurons when computing $f(x)$.",
            "你计算 $f(x)$ 时漏掉了隐藏神经元的偏置。",
        ),
        lambda p: np.maximum(np.array(p["hidden_weights"]) * p["x"], 0.0),
    ),
)
