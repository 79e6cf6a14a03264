"""Chapter 3: one step of gradient descent for a single-layer network, equations (3.2) and (3.3)."""

from pathlib import Path

import numpy as np

from problems.answers import Number, Vector
from problems.chapters.c3_08_gradient_step.mistakes import MISTAKES
from problems.chapters.c3_08_gradient_step.single_layer import SingleLayer, arrays, solve
from problems.chapters.network_data import column, signed, tenths
from problems.chapters.network_exhibits import units_table
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.latex import latex_matrix, latex_number
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from problems.visits import SAMPLE
from solvers.activations import sigmoid, sigmoid_derivative
from solvers.network import single_layer_gradient
from solvers.samples import Array


def draw(draws: Draws) -> SingleLayer:
    n = draws.choice((3, 5))  # not 4: with two features, dividing by d would look like a factor 2
    return SingleLayer(
        X=[[draws.choice((-1, 1)) * draws.integer(1, 5) / 2 for _ in range(2)] for _ in range(n)],
        y=[draws.choice((0.0, 0.1, 0.2, 0.3, 0.7, 0.8, 0.9, 1.0)) for _ in range(n)],
        w0=[tenths(draws, 2, 9) for _ in range(2)],
        b0=tenths(draws, 2, 9),
        step_size=draws.choice((0.6, 0.8, 1.2, 1.5, 1.8)),  # nor 0.4, 0.5, 2: forgetting it would too
    )


def ill_posed(p: SingleLayer) -> str | None:
    X, y, w, b = arrays(p)
    if np.abs(X @ w + b).max() > 3.5:
        return "the neuron is saturated"
    dw, db = single_layer_gradient(w, b, X, y)
    if min(np.abs(dw).min(), abs(float(db))) < 0.02:
        return "the gradient is too small for three decimals"
    return None


def follow(p: SingleLayer, answers: Answers) -> Answers:
    w = {"w": np.array(p["w0"]) - p["step_size"] * np.array(answers["dw"])} if "dw" in answers else {}
    b = {"b": p["b0"] - p["step_size"] * answers["db"]} if "db" in answers else {}
    return {**w, **b}


def show_option(_: SingleLayer, answers: Answers) -> str:
    return f"w = {column(answers['w'], 3)},\\; b = {latex_number(float(answers['b']), 3)}"


def values(p: SingleLayer) -> dict[str, str | Text]:
    X, y, w, b = arrays(p)
    z = X @ w + b
    a, slopes = sigmoid(z), sigmoid_derivative(z)
    key = solve(p)
    return {
        "n": str(len(y)),
        "table": _table(p, z, a, slopes),
        "Xt": latex_matrix(X.T.tolist()),
        "delta": column((a - y) * slopes),
        "dw": column(key["dw"]),
        "db": latex_number(key["db"], 6),
        "w": column(key["w"]),
        "b": latex_number(key["b"], 6),
        "db_step": f"{latex_number(p['b0'])} - {latex_number(p['step_size'])} \\cdot {signed(key['db'], 6)}",
    }


def exhibits(p: SingleLayer) -> Exhibits:
    X, y, w, b = arrays(p)
    z = X @ w + b
    a, slopes = sigmoid(z), sigmoid_derivative(z)
    delta = (a - y) * slopes
    columns = {"z": ("z", z), "a": ("a", a), "error": ("a - y", a - y), "slope": (r"\sigma'(z)", slopes)}
    shares = {f"g{j + 1}": (f"\\delta\\, x_{j + 1}", delta * X[:, j]) for j in range(X.shape[1])}
    caption = Text(
        "What every sample contributes to the gradient, forward and backward.",
        "每个样本的前向计算结果及其对梯度的贡献。",
    )
    return Exhibits((units_table("samples", caption, SAMPLE, {**columns, "delta": (r"\delta", delta), **shares}),))


def _table(p: SingleLayer, z: Array, a: Array, slopes: Array) -> str:
    """What every sample contributes, as a Markdown table of formulas: the same in both languages."""
    head = (
        "| $i$ | $z^{(i)}$ | $a^{(i)} = \\sigma(z^{(i)})$ | $a^{(i)} - y^{(i)}$ | $\\sigma'(z^{(i)})$ "
        "| $\\delta^{(i)}$ |\n|---:|---:|---:|---:|---:|---:|"
    )
    rows = [
        f"| ${i}$ | " + " | ".join(f"${latex_number(number, 6)}$" for number in row) + " |"
        for i, row in enumerate(
            zip(*(column_.tolist() for column_ in (z, a, a - p["y"], slopes, (a - p["y"]) * slopes)), strict=True),
            start=1,
        )
    ]
    return "\n".join([head, *rows])


problem = Problem(
    id="c3.8",
    version=1,
    topic="single-layer-step",
    folder=Path(__file__).parent,
    printed=SingleLayer(
        X=[[1.0, 2.0], [-1.5, 0.5], [2.0, -1.0]],
        y=[0.0, 0.5, 0.1],
        w0=[0.4, -0.3],
        b0=0.7,
        step_size=1.5,
    ),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda p: (
        Field(
            name="dw",
            kind=Vector(len(p["w0"]), Tolerance("absolute", 0.001)),
            label=r"\frac{\partial C}{\partial w} =",
        ),
        Field(name="db", kind=Number(Tolerance("absolute", 0.001)), label=r"\frac{\partial C}{\partial b} ="),
        Field(
            name="w",
            kind=Vector(len(p["w0"]), Tolerance("absolute", 0.001)),
            label="w^{(1)} =",
            follows=("dw",),
        ),
        Field(name="b", kind=Number(Tolerance("absolute", 0.001)), label="b^{(1)} =", follows=("db",)),
    ),
    follow=follow,
    values=values,
    exhibits=exhibits,
    mistakes=MISTAKES,
    printed_options={
        "A": {"dw": (0.112, 0.066), "db": 0.078, "w": (0.568, -0.201), "b": 0.818},
        "B": {"dw": (0.336, 0.199), "db": 0.235, "w": (-0.103, -0.598), "b": 0.347},
        "C": {"dw": (0.112, 0.066), "db": 0.078, "w": (0.232, -0.399), "b": 0.582},
        "D": {"dw": (0.719, 0.16), "db": 0.456, "w": (-0.679, -0.54), "b": 0.016},
    },
    show_option=show_option,
)
