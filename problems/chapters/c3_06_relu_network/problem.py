"""Chapter 3: piecewise linear functions from ReLUs, such as the book's |x|."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Number, Vector
from problems.chapters.network_data import column, matrix, signed
from problems.draws import Draws
from problems.latex import latex_number
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.linear_model import least_squares, with_bias
from solvers.network import absolute_value_network, forward
from solvers.samples import Array


class ReluNetwork(TypedDict):
    """Hidden neuron j computes relu(uⱼ x + cⱼ) from `hidden_weights` u (m,) and `hidden_biases` c (m,), m = 2 or 3.

    The output is to be the function through the m + 1 `points` (x, y), which bends at the inner ones alone: there the
    hidden neurons switch, the first two at the first, the third at the second. `x` is where the output is asked.
    """

    hidden_weights: list[float]
    hidden_biases: list[float]
    points: list[list[float]]
    x: float


def _printed() -> ReluNetwork:
    """The book's network for |x|."""
    (W2, _), (b2, _) = absolute_value_network()
    return ReluNetwork(
        hidden_weights=W2[:, 0].tolist(), hidden_biases=b2.tolist(), points=[[-1, 1], [0, 0], [1, 1]], x=-2.5
    )


def draw(draws: Draws) -> ReluNetwork:
    """A valley of two or three slopes, falling first and rising last, nowhere below 0."""
    m = draws.integer(2, 3)
    corners = [draws.integer(-3, 2)]
    heights = [draws.integer(0, 8) / 2]
    if m == 3:
        corners.append(corners[0] + draws.integer(1, 3))
        heights.append(draws.integer(0, 8) / 2)
    left, right = (draws.integer(1, 6) / 2 for _ in range(2))
    scales = [draws.choice((1.0, 2.0, 0.5)) for _ in range(m)]
    u = [scales[0], -scales[1], *scales[2:]]
    switches = [corners[0], corners[0], *corners[1:]]
    points = [
        [corners[0] - 2, heights[0] + 2 * left],
        *([corner, height] for corner, height in zip(corners, heights, strict=True)),
        [corners[-1] + 2, heights[-1] + 2 * right],
    ]
    return ReluNetwork(
        hidden_weights=u,
        hidden_biases=[0.0 - scale * switch for scale, switch in zip(u, switches, strict=True)],
        points=[[float(x), float(y)] for x, y in points],
        x=draws.integer(2 * corners[0] - 7, 2 * corners[-1] + 7) / 2,
    )


def ill_posed(p: ReluNetwork) -> str | None:
    if p["x"] in [x for x, _ in p["points"]]:
        return "the output is asked where it is given"
    if min(abs(weight) for weight in solve(p)["weights"]) < 0.1:
        return "a neuron is not needed"
    return None


def _hidden(p: ReluNetwork, x: Sequence[float]) -> Array:
    """The hidden activations, (n, m), at n inputs."""
    U = np.array(p["hidden_weights"])[:, np.newaxis]
    return forward([U], [p["hidden_biases"]], np.array(x)[:, np.newaxis], "relu").a[-1]


def _pre_activations(p: ReluNetwork) -> Array:
    """The hidden pre-activations (m,) at the asked x."""
    u, c = np.array(p["hidden_weights"]), np.array(p["hidden_biases"])
    return np.asarray(u * p["x"] + c, dtype=np.float64)


def _answers(p: ReluNetwork, weights: Array, bias: float) -> Answers:
    """These output weights, and what the network makes of x with them."""
    U = np.array(p["hidden_weights"])[:, np.newaxis]
    output = forward([U, weights[np.newaxis, :]], [p["hidden_biases"], [bias]], [p["x"]], "relu").a[-1]
    return {"weights": weights, "bias": bias, "output": float(output[0])}


def _parameters(p: ReluNetwork) -> tuple[Array, float]:
    """The output weights (m,) and bias: a linear model in the hidden activations, through all points."""
    points = np.array(p["points"])
    bias, *weights = least_squares(with_bias(_hidden(p, points[:, 0].tolist())), points[:, 1]).tolist()
    return np.round(weights, 12) + 0.0, round(bias, 12) + 0.0  # no -0


def solve(p: ReluNetwork) -> Answers:
    return _answers(p, *_parameters(p))


def follow(p: ReluNetwork, answers: Answers) -> Answers:
    return _answers(p, np.array(answers["weights"]), answers["bias"])


def show_option(_: ReluNetwork, answers: Answers) -> str:
    weights, bias = matrix([list(answers["weights"])], 3), latex_number(float(answers["bias"]), 3)
    return rf"W^3 = {weights},\; b^3 = {bias},\; f(x) = {latex_number(float(answers['output']), 3)}"


def values(p: ReluNetwork) -> dict[str, str | Text]:
    weights, bias = _parameters(p)
    hidden, points = _hidden(p, [p["x"]])[0], np.array(p["points"])
    slopes = (np.diff(points[:, 1]) / np.diff(points[:, 0])).tolist()
    products = " + ".join(
        rf"{signed(weight)} \cdot {latex_number(a)}"
        for weight, a in zip(weights.tolist(), hidden.tolist(), strict=True)
    )
    shown = [f"({latex_number(x)}, {latex_number(y)})" for x, y in p["points"]]
    return {
        "m": str(len(hidden)),
        "W2": column(p["hidden_weights"], None),
        "b2": column(p["hidden_biases"], None),
        "W3": matrix(weights[np.newaxis, :]),
        "b3": latex_number(bias),
        "b3_signed": signed(bias),
        "z2": column(_pre_activations(p), None),
        "a2": column(hidden, None),
        "products": products,
        "output": latex_number(solve(p)["output"]),
        "all_points": ",\\; ".join(shown),
        "bends": Text(
            ("bends at " if shown[2:-1] else "a bend at ") + " and ".join(f"${point}$" for point in shown[1:-1]),
            " 和 ".join(f"${point}$" for point in shown[1:-1]),
        ),
        "corner": shown[1],
        "slopes": ",\\; ".join(map(latex_number, slopes)),
        "weights_from_slopes": _weights_from_slopes(p, slopes),
        "remark": _ABSOLUTE_VALUE if p == _printed() else Text("", ""),
    }


_ABSOLUTE_VALUE = Text(" This is the function $f(x) = |x|$.", "这就是函数 $f(x) = |x|$。")


def _weights_from_slopes(p: ReluNetwork, slopes: Sequence[float]) -> str:
    """Each output weight as the slope that its neuron has to bring, over the slope that it has."""
    brought = [slopes[1], slopes[0], *(after - before for before, after in pairwise(slopes[1:]))]
    weights, _ = _parameters(p)
    return ",\\qquad ".join(
        rf"w_{j} = \frac{{{latex_number(slope)}}}{{{latex_number(u)}}} = {latex_number(weight)}"
        for j, (slope, u, weight) in enumerate(
            zip(brought, p["hidden_weights"], weights.tolist(), strict=True), start=1
        )
    )


def _parameter_slip(
    id_: str, text: Text, wrong: Callable[[ReluNetwork, Array, float], tuple[Array, float]], *, core: bool = False
) -> Mistake[ReluNetwork]:
    """`wrong` makes other output weights and another bias of the right ones."""
    return Mistake(
        id=id_,
        text=text,
        answers=lambda p: _answers(p, *wrong(p, *_parameters(p))),
        core=core,
        reread="3.4.1",
    )


def _output_slip(id_: str, text: Text, hidden: Callable[[ReluNetwork], Array]) -> Mistake[ReluNetwork]:
    """The right output weights on something else than the hidden activations (m,) at x."""

    def answers(p: ReluNetwork) -> Answers:
        weights, bias = _parameters(p)
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
        _pre_activations,
    ),
    _output_slip(
        "hidden-absolute",
        Text(
            "You took the sizes of the hidden pre-activations. The ReLU makes the negative ones 0.",
            "你对隐藏层的 $z$ 取了绝对值。ReLU 是把负值变为 0。",
        ),
        lambda p: np.abs(_pre_activations(p)),
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

problem = Problem(
    id="c3.6",
    version=1,
    topic="relu-network",
    folder=Path(__file__).parent,
    printed=_printed(),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda p: (
        Field(
            name="weights", kind=Vector(len(p["hidden_weights"]), Tolerance("absolute", 0.001)), label=r"(W^3)^\top ="
        ),
        Field(name="bias", kind=Number(Tolerance("absolute", 0.001)), label="b^3 ="),
        Field(
            name="output",
            kind=Number(Tolerance("absolute", 0.001)),
            label=f"f({latex_number(p['x'])}) =",
            follows=("weights", "bias"),
        ),
    ),
    follow=follow,
    values=values,
    mistakes=MISTAKES,
    printed_options={
        "A": {"weights": (1, -1), "bias": 0, "output": 0},
        "B": {"weights": (1, 1), "bias": 0, "output": 5},
        "C": {"weights": (1, 1), "bias": 0, "output": 0},
        "D": {"weights": (1, 1), "bias": 0, "output": 2.5},
    },
    show_option=show_option,
)
