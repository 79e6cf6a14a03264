"""Chapter 4: one full step of backpropagation and gradient descent for a network with a hidden layer (4.5)."""

from pathlib import Path

import numpy as np

from problems.answers import AnyKind, Matrix, Vector
from problems.chapters.backprop_data import OUTPUT_LAYER, RECURSION, WORDS
from problems.chapters.c4_05_backpropagation.mistakes import BACKWARD, FORWARD, UPDATE
from problems.chapters.c4_05_backpropagation.step import (
    LAYERS,
    MATRICES,
    PARTS,
    Step,
    draw,
    ill_posed,
    matrix_of,
    slope_of,
    solve,
)
from problems.chapters.chained import by_label, follow, with_slips
from problems.chapters.descent_mistakes import mistakes
from problems.chapters.network_data import column, matrix
from problems.chapters.network_exhibits import layers_table, network_figure
from problems.exhibits import Exhibits
from problems.problem import Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers.network import backpropagate, forward, loss

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
