"""Chapter 4: from the backpropagated gradient of one layer to that of the layer before it, equation (4.1)."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Vector
from problems.chapters.backprop_data import RECURSION, WORDS, WRONG_SLOPES, slope
from problems.chapters.descent_mistakes import mistakes
from problems.chapters.network_data import column, matrix, tenths
from problems.chapters.network_exhibits import NEURON, units_table
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.network import ActivationName, hidden_delta
from solvers.samples import Array


class HiddenLayer(TypedDict):
    """`z` (m,) of the hidden layer; `W` (m, m), row k for neuron k, and `delta_next` (m,) of the next layer.

    Both layers have m neurons, so that forgetting to transpose W goes unnoticed.
    """

    z: list[float]
    W: list[list[float]]
    delta_next: list[float]
    activation: ActivationName


def draw(draws: Draws) -> HiddenLayer:
    m = draws.choice((2, 3))
    return HiddenLayer(
        z=[tenths(draws, 3, 20) for _ in range(m)],
        W=[[tenths(draws, 2, 20) for _ in range(m)] for _ in range(m)],
        delta_next=[draws.choice((-1, 1)) * draws.integer(5, 60) / 100 for _ in range(m)],
        activation=draws.choice(("sigmoid", "tanh", "relu")),
    )


def arrays(p: HiddenLayer) -> tuple[Array, Array, Array]:
    """W, δ of the next layer, and σ'(z)."""
    return np.array(p["W"]), np.array(p["delta_next"]), slope(p["activation"], np.array(p["z"]))


def delta(p: HiddenLayer) -> Array:
    return hidden_delta(*arrays(p))


def ill_posed(p: HiddenLayer) -> str | None:
    alive = arrays(p)[2] > 0
    if alive.sum() < (1 if len(alive) == 2 else 2) or (p["activation"] == "relu" and alive.all()):
        return "too few neurons let the gradient through, or the ReLU lets all of it through"
    sizes = np.abs(delta(p)[alive])
    if sizes.min() < 0.02 or sizes.max() < 0.05:
        return "a component is too small for three decimals"
    return None


def values(p: HiddenLayer) -> dict[str, str | Text]:
    W, delta_next, slopes = arrays(p)
    words, decimals = WORDS[p["activation"]], None if p["activation"] == "relu" else 6
    return {
        "m": str(len(slopes)),
        "sigma": words.function,
        "sigma_slope": words.slope,
        "W_transposed": matrix(W.T),
        "back": column(hidden_delta(W, delta_next, np.ones_like(slopes)), None),
        "slopes": column(slopes, decimals),
        "delta": column(delta(p) + 0.0, decimals),  # −0 where a ReLU lets nothing through
    }


def exhibits(p: HiddenLayer) -> Exhibits:
    W, delta_next, slopes = arrays(p)
    back = hidden_delta(W, delta_next, np.ones_like(slopes))
    columns = {"z": ("z_j", np.array(p["z"])), "back": (r"(W^\top \delta^{\ell+1})_j", back)}
    slope = {"slope": (r"\sigma'(z_j)", slopes), "delta": (r"\delta_j", delta(p))}
    caption = Text("Every neuron of the hidden layer.", "隐藏层的各神经元。")
    return Exhibits((units_table("neurons", caption, NEURON, columns | slope),))


def _wrong(way: Callable[[Array, Array, Array], Array]) -> Callable[[HiddenLayer], Answers]:
    return lambda p: {"delta": way(*arrays(p))}


SLIPS: dict[str, tuple[Callable[[HiddenLayer], Answers], Text]] = {
    "not-transposed": (
        _wrong(lambda W, after, slopes: hidden_delta(W.T, after, slopes)),
        Text(
            "You used $W$ instead of $W^\\top$. Backward, neuron $j$ collects from column $j$: $\\sum_k "
            "w_{kj}\\,\\delta_k$.",
            "你用的是 $W$ 而不是 $W^\\top$。反向传播时，神经元 $j$ 用的是第 $j$ 列：$\\sum_k w_{kj}\\,\\delta_k$。",
        ),
    ),
    "slope-first": (
        _wrong(lambda W, after, slopes: hidden_delta(W, after * slopes, np.ones_like(slopes))),
        Text(
            "You multiplied by $\\sigma'$ before going back through $W^\\top$. First $W^\\top \\delta$, then the "
            "slopes of "
            "the layer where you arrive.",
            "你先乘了 $\\sigma'$，再乘 $W^\\top$。应当先算 $W^\\top \\delta$，再乘所到那一层的 $\\sigma'$。",
        ),
    ),
    "weights-forgotten": (
        _wrong(lambda _, after, slopes: after * slopes),
        Text(
            "You left out the weights: the gradient comes back through $W^\\top$.",
            "你漏掉了权重：梯度要经过 $W^\\top$ 传回来。",
        ),
    ),
    "delta-forgotten": (
        _wrong(lambda W, after, slopes: hidden_delta(W, np.ones_like(after), slopes)),
        Text(
            "You summed the weights alone; each is multiplied by the $\\delta_k$ of the neuron it leads to.",
            "你只把权重相加了；每个权重还要乘以它所通向的神经元的 $\\delta_k$。",
        ),
    ),
    "mean-over-neurons": (
        _wrong(lambda W, after, slopes: hidden_delta(W, after, slopes) / len(after)),
        Text(
            "You divided by the number of neurons. The chain rule sums over them; the $\\frac1m$ of the loss is "
            "already "
            "in the given $\\delta$.",
            "你除以了神经元的个数。链式法则是对它们求和；损失中的 $\\frac1m$ 已经含在给定的 $\\delta$ 里。",
        ),
    ),
    "sign": (
        _wrong(lambda W, after, slopes: -hidden_delta(W, after, slopes)),
        Text(
            "You changed the sign. It stands in the output layer only; (4.1) adds none.",
            "你改变了符号。负号只出现在输出层，(4.1) 中没有负号。",
        ),
    ),
}


def _with_slopes(wrong: Callable[[ActivationName, Array], Array]) -> Callable[[HiddenLayer], Answers]:
    return lambda p: {"delta": hidden_delta(*arrays(p)[:2], wrong(p["activation"], np.array(p["z"])))}


problem = Problem(
    id="c4.3",
    version=1,
    topic="backpropagation",
    folder=Path(__file__).parent,
    printed=HiddenLayer(
        z=[0.4, -1.0, 1.5],
        W=[[1.0, -2.0, 0.5], [0.3, 0.8, -1.2], [-0.6, 1.4, 2.0]],
        delta_next=[0.2, -0.5, 0.3],
        activation="tanh",
    ),
    draw=draw,
    ill_posed=ill_posed,
    solve=lambda p: {"delta": delta(p)},
    fields=lambda p: (
        Field(name="delta", kind=Vector(len(p["z"]), Tolerance("absolute", 0.001)), label=r"\delta^\ell ="),
    ),
    values=values,
    exhibits=exhibits,
    mistakes=mistakes(
        {**{name: (_with_slopes(wrong), text) for name, (wrong, text) in WRONG_SLOPES.items()}, **SLIPS},
        core=frozenset({"not-transposed", "no-slope"}),
        reread=RECURSION,
    ),
    printed_options={
        "A": {"delta": (1.155, -0.294, -0.04)},
        "B": {"delta": (-0.13, -0.38, 1.3)},
        "C": {"delta": (-0.111, -0.16, 0.235)},
        "D": {"delta": (0.076, -0.434, 0.446)},
    },
)
