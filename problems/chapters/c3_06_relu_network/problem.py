"""Chapter 3: piecewise linear functions from ReLUs, such as the book's |x|."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from problems.answers import Number, Vector
from problems.chapters.c3_06_relu_network.mistakes import MISTAKES
from problems.chapters.c3_06_relu_network.relu_network import (
    ReluNetwork,
    answers_with,
    hidden_activations,
    output_parameters,
    pre_activations,
    solve,
)
from problems.chapters.network_data import column, matrix, signed
from problems.charts import fit_figure, plain
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.latex import latex_number
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.network import absolute_value_network


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


def follow(p: ReluNetwork, answers: Answers) -> Answers:
    return answers_with(p, np.array(answers["weights"]), answers["bias"])


def show_option(_: ReluNetwork, answers: Answers) -> str:
    weights, bias = matrix([list(answers["weights"])], 3), latex_number(float(answers["bias"]), 3)
    return rf"W^3 = {weights},\; b^3 = {bias},\; f(x) = {latex_number(float(answers['output']), 3)}"


def values(p: ReluNetwork) -> dict[str, str | Text]:
    weights, bias = output_parameters(p)
    hidden, points = hidden_activations(p, [p["x"]])[0], np.array(p["points"])
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
        "z2": column(pre_activations(p), None),
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


def exhibits(p: ReluNetwork) -> Exhibits:
    points, at = np.array(p["points"]), np.array([p["x"]])
    value = np.array([solve(p)["output"]])
    line = np.vstack([points, np.column_stack([at, value])])
    line = line[np.argsort(line[:, 0])]
    bends = "; ".join(f"({plain(x)}, {plain(y)})" for x, y in points.tolist())
    figure = fit_figure(
        at,
        value,
        {"$f(x)$": (line[:, 0], line[:, 1])},
        description=Text(
            "The bent line through its given points, and the output at the point of the exercise.",
            "经过各给定点的折线，以及题中那一点处的输出。",
        ),
        alt=Text(
            f"A line through {bends}. At {plain(at[0])} the network puts out {plain(value[0])}.",
            f"经过 {bends} 的折线。网络在 {plain(at[0])} 处的输出为 {plain(value[0])}。",
        ),
    )
    return Exhibits(figures=(figure,))


_ABSOLUTE_VALUE = Text(" This is the function $f(x) = |x|$.", "这就是函数 $f(x) = |x|$。")


def _weights_from_slopes(p: ReluNetwork, slopes: Sequence[float]) -> str:
    """Each output weight as the slope that its neuron has to bring, over the slope that it has."""
    brought = [slopes[1], slopes[0], *(after - before for before, after in pairwise(slopes[1:]))]
    weights, _ = output_parameters(p)
    return ",\\qquad ".join(
        rf"w_{j} = \frac{{{latex_number(slope)}}}{{{latex_number(u)}}} = {latex_number(weight)}"
        for j, (slope, u, weight) in enumerate(
            zip(brought, p["hidden_weights"], weights.tolist(), strict=True), start=1
        )
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
    exhibits=exhibits,
    mistakes=MISTAKES,
    printed_options={
        "A": {"weights": (1, -1), "bias": 0, "output": 0},
        "B": {"weights": (1, 1), "bias": 0, "output": 5},
        "C": {"weights": (1, 1), "bias": 0, "output": 0},
        "D": {"weights": (1, 1), "bias": 0, "output": 2.5},
    },
    show_option=show_option,
)
