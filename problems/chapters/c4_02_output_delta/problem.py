"""Chapter 4: the backpropagated gradient of the output layer (4.4.1)."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Vector
from problems.chapters.backprop_data import (
    HALF_KEPT,
    NOT_DIVIDED_BY_M,
    OUTPUT_LAYER,
    WORDS,
    WRONG_SLOPES,
    activate,
    slope,
)
from problems.chapters.descent_mistakes import mistakes
from problems.chapters.network_data import column, tenths
from problems.chapters.network_exhibits import NEURON, units_table
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.network import ActivationName, output_delta
from solvers.samples import Array


class OutputLayer(TypedDict):
    """Pre-activations `z` (m,) and targets `y` (m,) of the output layer for one sample."""

    z: list[float]
    y: list[float]
    activation: ActivationName


NEURONS = 3
"""Not two: with two, dividing by m and keeping the ½ come to the same."""


def draw(draws: Draws) -> OutputLayer:
    activation: ActivationName = draws.choice(("sigmoid", "tanh"))
    lowest = 0 if activation == "sigmoid" else -10  # targets that the activation can come near to
    return OutputLayer(
        z=[tenths(draws, 3, 20) for _ in range(NEURONS)],
        y=[draws.integer(lowest, 10) / 10 for _ in range(NEURONS)],
        activation=activation,
    )


def arrays(p: OutputLayer) -> tuple[Array, Array, Array]:
    """a, y and σ'(z)."""
    z = np.array(p["z"])
    return activate(p["activation"], z), np.array(p["y"]), slope(p["activation"], z)


def delta(p: OutputLayer) -> Array:
    return output_delta(*arrays(p))


def ill_posed(p: OutputLayer) -> str | None:
    sizes = np.abs(delta(p))
    if sizes.min() < 0.01 or sizes.max() < 0.05:
        return "a component is too small for three decimals"
    return None


def values(p: OutputLayer) -> dict[str, str | Text]:
    (a, y, slopes), words = arrays(p), WORDS[p["activation"]]
    return {
        "m": str(len(a)),
        "sigma": words.function,
        "sigma_slope": words.slope,
        "a": column(a),
        "residual": column(a - y),
        "slopes": column(slopes),
        "delta": column(delta(p)),
    }


def exhibits(p: OutputLayer) -> Exhibits:
    a, y, slopes = arrays(p)
    columns = {"z": ("z_j", np.array(p["z"])), "a": ("a_j", a), "error": ("a_j - y_j", a - y)}
    backward = {"slope": (r"\sigma'(z_j)", slopes), "delta": (r"\delta_j", delta(p))}
    caption = Text("Every neuron of the output layer.", "输出层的各神经元。")
    return Exhibits((units_table("neurons", caption, NEURON, columns | backward),))


def _wrong(way: Callable[[Array, Array, Array], Array]) -> Callable[[OutputLayer], Answers]:
    return lambda p: {"delta": way(*arrays(p))}


SLIPS: dict[str, tuple[Callable[[OutputLayer], Answers], Text]] = {
    "sign": (
        _wrong(lambda a, y, slopes: -output_delta(a, y, slopes)),
        Text(
            "You have the opposite sign: $\\partial C/\\partial a_j = -\\frac1m (y_j - a_j)$, output minus target.",
            "符号反了：$\\partial C/\\partial a_j = -\\frac1m (y_j - a_j)$，是输出减去目标值。",
        ),
    ),
    "not-divided-by-m": (
        _wrong(lambda a, y, slopes: len(y) * output_delta(a, y, slopes)),
        NOT_DIVIDED_BY_M,
    ),
    "half-kept": (
        _wrong(lambda a, y, slopes: output_delta(a, y, slopes) / 2),
        HALF_KEPT,
    ),
    "doubled": (
        _wrong(lambda a, y, slopes: 2 * output_delta(a, y, slopes)),
        Text(
            "Your $\\delta$ is twice too large: the $\\frac12$ of the loss cancels the 2 of the square.",
            "你的 $\\delta$ 大了一倍：损失中的 $\\frac12$ 与平方求导产生的 2 相消。",
        ),
    ),
    "not-activated": (
        lambda p: {"delta": output_delta(np.array(p["z"]), *arrays(p)[1:])},
        Text(
            "You compared $z$ with the target. The output is $a = \\sigma(z)$.",
            "你把 $z$ 与目标值作了比较；输出应是 $a = \\sigma(z)$。",
        ),
    ),
    "no-target": (
        _wrong(lambda a, y, slopes: output_delta(a, np.zeros_like(y), slopes)),
        Text(
            "Your $\\delta$ knows nothing of the target: the residual is $a_j - y_j$.",
            "你的 $\\delta$ 里没有目标值：应当用 $a_j - y_j$。",
        ),
    ),
}


def _with_slopes(wrong: Callable[[ActivationName, Array], Array]) -> Callable[[OutputLayer], Answers]:
    return lambda p: {"delta": output_delta(*arrays(p)[:2], wrong(p["activation"], np.array(p["z"])))}


problem = Problem(
    id="c4.2",
    version=1,
    topic="backpropagation",
    folder=Path(__file__).parent,
    printed=OutputLayer(z=[0.5, -1.2, 2.0], y=[0, 1, 0], activation="sigmoid"),
    draw=draw,
    ill_posed=ill_posed,
    solve=lambda p: {"delta": delta(p)},
    fields=lambda _: (Field(name="delta", kind=Vector(NEURONS, Tolerance("absolute", 0.001)), label=r"\delta^L ="),),
    values=values,
    exhibits=exhibits,
    mistakes=mistakes(
        {**{name: (_with_slopes(wrong), text) for name, (wrong, text) in WRONG_SLOPES.items()}, **SLIPS},
        core=frozenset({"no-slope", "sign", "not-divided-by-m", "not-activated"}),
        reread=OUTPUT_LAYER,
    ),
    printed_options={
        "A": {"delta": (0.146, -0.137, 0.092)},
        "B": {"delta": (0.049, -0.046, 0.031)},
        "C": {"delta": (0.207, -0.256, 0.294)},
        "D": {"delta": (0.039, -0.13, 0.07)},
    },
)
