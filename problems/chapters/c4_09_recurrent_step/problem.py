"""Two steps of a vanilla recurrent network, as exercise 2.5 speaks of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np

from problems.answers import Vector
from problems.chapters.chained import Part, Parts, Slips, by_label, follow, with_slips
from problems.chapters.descent_mistakes import mistakes
from problems.chapters.network_data import column, tenths
from problems.chapters.network_exhibits import layers_table
from problems.draws import Draws
from problems.exhibits import Column, Exhibits
from problems.latex import latex_number
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.activations import sigmoid
from solvers.recurrent import rnn, rnn_step
from solvers.samples import Array


class Sequence(TypedDict):
    """`X` (T, d), row t the input of step t; `h0` (k,); `W` (k, d) for the input, `U` (k, k) for the state, `b` (k,).

    d = k, so that exchanged or transposed matrices still fit.
    """

    X: list[list[float]]
    h0: list[float]
    W: list[list[float]]
    U: list[list[float]]
    b: list[float]


STEPS, SIZE = 2, 2


def draw(draws: Draws) -> Sequence:
    def square(low: int, high: int) -> list[list[float]]:
        return [[tenths(draws, low, high) for _ in range(SIZE)] for _ in range(SIZE)]

    return Sequence(
        X=[[tenths(draws, 2, 20) for _ in range(SIZE)] for _ in range(STEPS)],
        h0=[tenths(draws, 2, 9) for _ in range(SIZE)],
        W=square(2, 12),
        U=square(2, 9),
        b=[tenths(draws, 1, 6) for _ in range(SIZE)],
    )


Step = Callable[[Array, Array, Array, Array, Array], Array]


def run(p: Sequence, step: Step = rnn_step) -> Answers:
    """Both states by a step of one's own, from x, h, W, U and b."""
    W, U, b = (np.array(p[name]) for name in ("W", "U", "b"))
    first = step(np.array(p["X"][0]), np.array(p["h0"]), W, U, b)
    return {"h1": first, "h2": step(np.array(p["X"][1]), first, W, U, b)}


def solve(p: Sequence) -> Answers:
    _, first, second = rnn(p["X"], p["h0"], p["W"], p["U"], p["b"])
    return {"h1": first, "h2": second}


PARTS: Parts[Sequence] = {
    "h1": Part((), lambda p, _: rnn_step(p["X"][0], p["h0"], p["W"], p["U"], p["b"])),
    "h2": Part(("h1",), lambda p, given: rnn_step(p["X"][1], given["h1"], p["W"], p["U"], p["b"])),
}


def ill_posed(p: Sequence) -> str | None:
    states = np.abs([*solve(p).values()])
    if states.max() > 0.97 or states.min() < 0.05:
        return "a neuron is saturated, or gives next to nothing"
    return None


FIELDS = (
    Field(name="h1", kind=Vector(SIZE, Tolerance("absolute", 0.001)), label="h_1 ="),
    # Rounding h₁ to three decimals moves h₂ by up to 0.0005 (0.9 + 0.9); rounding h₂ itself comes on top.
    Field(name="h2", kind=Vector(SIZE, Tolerance("absolute", 0.002)), label="h_2 =", follows=("h1",)),
)


def values(p: Sequence) -> dict[str, str | Text]:
    key = solve(p)
    first, second = run(p, _linear)["h1"], _linear(np.array(p["X"][1]), key["h1"], *_parameters(p))
    return {
        "first_unit": _sum_of_first_unit(p),
        "x1": column(p["X"][0], None),
        "x2": column(p["X"][1], None),
        "h1": column(key["h1"]),
        "h2": column(key["h2"]),
        "z1": column(first),
        "z2": column(second),
    }


def _sum_of_first_unit(p: Sequence) -> str:
    """w·x₁ + u·h₀ + b of the first unit in numbers, one kind of term a line."""
    inputs, states = (
        " + ".join(f"{_factor(a)} \\cdot {_factor(b)}" for a, b in zip(weights, values, strict=True))
        for weights, values in ((p["W"][0], p["X"][0]), (p["U"][0], p["h0"]))
    )
    total = latex_number(float(run(p, _linear)["h1"][0]), 6)
    lines = (f"& {inputs}", f"& {{}} + {states}", f"& {{}} + {_factor(p['b'][0])} = {total}")
    return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}"


def _factor(value: float) -> str:
    shown = latex_number(value)
    return f"({shown})" if value < 0 else shown


def exhibits(p: Sequence) -> Exhibits:
    first, second = (solve(p)[name] for name in ("h1", "h2"))
    z = [
        _linear(np.array(p["X"][0]), np.array(p["h0"]), *_parameters(p)),
        _linear(np.array(p["X"][1]), first, *_parameters(p)),
    ]
    caption = Text("Every neuron at either step.", "两个时间步中的各神经元。")
    step = Column("step", Text("step", "时间步"))
    return Exhibits((layers_table({"z": ("z", z), "h": ("h", [first, second])}, caption, level=step, first=1),))


def _parameters(p: Sequence) -> tuple[Array, Array, Array]:
    return np.array(p["W"]), np.array(p["U"]), np.array(p["b"])


def _linear(x: Array, h: Array, W: Array, U: Array, b: Array) -> Array:
    return W @ x + U @ h + b


def _wrong(step: Step) -> Callable[[Sequence], Answers]:
    return lambda p: run(p, step)


SLIPS: Slips[Sequence] = {
    "bias-forgotten": (
        _wrong(lambda x, h, W, U, b: rnn_step(x, h, W, U, np.zeros_like(b))),
        Text("You left out the bias $b$.", "你漏掉了偏置 $b$。"),
    ),
    "state-forgotten": (
        _wrong(lambda x, h, W, U, b: rnn_step(x, h, W, np.zeros_like(U), b)),
        Text(
            "You left out $U h_{t-1}$: without the state before, the network has no memory.",
            "你漏掉了 $U h_{t-1}$：没有前一个状态，网络就没有记忆。",
        ),
    ),
    "input-forgotten": (
        _wrong(lambda x, h, W, U, b: rnn_step(x, h, np.zeros_like(W), U, b)),
        Text("You left out the input $W x_t$.", "你漏掉了输入项 $W x_t$。"),
    ),
    "matrices-exchanged": (
        _wrong(lambda x, h, W, U, b: rnn_step(x, h, U, W, b)),
        Text(
            "You exchanged the matrices: $W$ belongs to the input, $U$ to the state.",
            "你把两个矩阵弄反了：$W$ 乘输入，$U$ 乘状态。",
        ),
    ),
    "input-transposed": (
        _wrong(lambda x, h, W, U, b: rnn_step(x, h, W.T, U, b)),
        Text(
            "You multiplied by $W^\\top$: row $j$ of $W$ holds the weights into unit $j$.",
            "你乘的是 $W^\\top$；$W$ 的第 $j$ 行才是通向第 $j$ 个单元的权重。",
        ),
    ),
    "state-transposed": (
        _wrong(lambda x, h, W, U, b: rnn_step(x, h, W, U.T, b)),
        Text(
            "You multiplied by $U^\\top$: row $j$ of $U$ holds the weights into unit $j$.",
            "你乘的是 $U^\\top$；$U$ 的第 $j$ 行才是通向第 $j$ 个单元的权重。",
        ),
    ),
    "both-transposed": (
        _wrong(lambda x, h, W, U, b: rnn_step(x, h, W.T, U.T, b)),
        Text(
            "You used the columns of both matrices as rows. Row $j$ holds the weights into unit $j$.",
            "你把两个矩阵的列当成了行；第 $j$ 行才是通向第 $j$ 个单元的权重。",
        ),
    ),
    "sigmoid": (
        _wrong(lambda x, h, W, U, b: sigmoid(_linear(x, h, W, U, b))),
        Text(
            "You used the sigmoid; the activation here is $\\tanh$.", "你用了 sigmoid 函数；本题的激活函数是 $\\tanh$。"
        ),
    ),
    "not-activated": (
        _wrong(_linear),
        Text("You left out the $\\tanh$.", "你漏掉了 $\\tanh$。"),
    ),
    "bias-outside": (
        _wrong(lambda x, h, W, U, b: rnn_step(x, h, W, U, np.zeros_like(b)) + b),
        Text(
            "You added the bias after the activation; it belongs inside the $\\tanh$.",
            "你在激活之后才加偏置；偏置应当在 $\\tanh$ 里面。",
        ),
    ),
    "started-from-zero": (
        lambda p: solve({**p, "h0": [0.0] * SIZE}),
        Text("You started from the state 0; $h_0$ is given.", "你从零状态出发；$h_0$ 是给定的。"),
    ),
    "inputs-reversed": (
        lambda p: solve({**p, "X": p["X"][::-1]}),
        Text(
            "You fed the inputs in reverse order; step 1 gets the first row of $X$.",
            "你把输入的次序弄反了；第 1 步的输入是 $X$ 的第一行。",
        ),
    ),
    "state-not-carried": (
        lambda p: {"h2": rnn_step(p["X"][1], p["h0"], p["W"], p["U"], p["b"])},
        Text(
            "Your second step starts from $h_0$ again; it builds on $h_1$.",
            "你的第二步又从 $h_0$ 出发；它应当从 $h_1$ 出发。",
        ),
    ),
    "pre-activation-carried": (
        lambda p: {"h2": rnn_step(p["X"][1], run(p, _linear)["h1"], p["W"], p["U"], p["b"])},
        Text(
            "You carried the pre-activation to the second step; the state is its $\\tanh$.",
            "你把激活之前的值传给了第二步；状态是它的 $\\tanh$。",
        ),
    ),
}

problem = Problem(
    id="c4.9",
    version=1,
    topic="recurrent-network",
    folder=Path(__file__).parent,
    printed=Sequence(
        X=[[1.0, -0.5], [0.5, 1.5]],
        h0=[0.2, -0.4],
        W=[[0.6, -0.3], [0.4, 0.9]],
        U=[[0.5, 0.8], [-0.7, 0.3]],
        b=[0.1, -0.2],
    ),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: FIELDS,
    follow=follow(PARTS),
    values=values,
    exhibits=exhibits,
    show_option=lambda _, answers: by_label(FIELDS, answers),
    mistakes=mistakes(
        with_slips(PARTS, SLIPS),
        core=frozenset(
            {
                "bias-forgotten",
                "state-forgotten",
                "input-transposed",
                "state-transposed",
                "not-activated",
                "state-not-carried",
            }
        ),
        reread="",
    ),
    printed_options={
        "A": {"h1": (0.691, -0.245), "h2": (-0.05, 0.874)},
        "B": {"h1": (0.63, -0.51), "h2": (-0.143, 0.756)},
        "C": {"h1": (0.558, -0.47), "h2": (-0.146, 0.674)},
        "D": {"h1": (0.558, -0.47), "h2": (-0.264, 0.797)},
    },
)
