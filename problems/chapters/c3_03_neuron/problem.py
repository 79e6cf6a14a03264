"""Chapter 3: one neuron forward, and the gradients of its loss, equations (3.4) and (3.5)."""

from pathlib import Path

from problems.answers import Number
from problems.chapters.c3_03_neuron.mistakes import BACKWARD, FORWARD
from problems.chapters.c3_03_neuron.neuron import Neuron, follow, gradients_of, pre_activation, slope_of, solve
from problems.chapters.network_data import signed, tenths
from problems.chapters.network_exhibits import graph_exhibits
from problems.draws import Draws
from problems.exhibits import Exhibits
from problems.latex import latex_number
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance
from solvers import graph


def draw(draws: Draws) -> Neuron:
    return Neuron(
        w=tenths(draws, 2, 20),
        b=tenths(draws, 1, 15),
        x=draws.choice((-1, 1)) * draws.choice((3, 5, 6, 7, 8)) / 2,  # not 2: a factor x would look like a factor 2
        y=draws.integer(0, 10) / 10,
    )


def ill_posed(p: Neuron) -> str | None:
    if not 0.3 < abs(pre_activation(p)) < 2.5:
        return "the neuron is saturated, or hardly excited at all"
    if min(abs(gradient) for gradient in gradients_of(p)) < 0.03:
        return "the gradient is too small for three decimals"
    return None


def show_option(_: Neuron, answers: Answers) -> str:
    dw, db = (latex_number(float(answers[name]), 3) for name in ("dw", "db"))
    return rf"\frac{{\partial C}}{{\partial w}} = {dw},\; \frac{{\partial C}}{{\partial b}} = {db}"


def values(p: Neuron) -> dict[str, str | Text]:
    key = solve(p)
    slope = slope_of(key["z"])
    numbers = {"a": key["a"], "slope": slope, "residual": key["a"] - p["y"], "dw": key["dw"], "db": key["db"]}
    return {
        **{name: latex_number(number, 6) for name, number in numbers.items()},
        "complement": latex_number(1 - key["a"], 6),
        "z": latex_number(key["z"]),
        "minus_z": latex_number(-key["z"]),
        "residual_signed": signed(numbers["residual"], 6),
        "db_signed": signed(key["db"], 6),
        "w_signed": signed(p["w"]),
        "x_signed": signed(p["x"]),
        "b_added": f"{'-' if p['b'] < 0 else '+'} {latex_number(abs(p['b']))}",
    }


def exhibits(p: Neuron) -> Exhibits:
    w, x, b, y = (graph.Node(p[name], name) for name in ("w", "x", "b", "y"))
    product = w * x
    z = product + b
    a = graph.sigmoid(z)
    residual = a - y
    half = residual.value
    loss = graph.Node(half * half / 2, "", "half square", (residual,), (half,))
    names = {w: "w", x: "x", b: "b", y: "y", product: "wx", z: "z", a: "a", residual: "e", loss: "C"}
    return graph_exhibits(loss, names)


problem = Problem(
    id="c3.3",
    version=1,
    topic="single-neuron",
    folder=Path(__file__).parent,
    printed=Neuron(w=0.4, b=-0.7, x=3.0, y=0.0),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda _: (
        Field(name="z", kind=Number(Tolerance("absolute", 0.001)), label="z ="),
        Field(name="a", kind=Number(Tolerance("absolute", 0.001)), label=r"a = \sigma(z) =", follows=("z",)),
        Field(
            name="dw",
            kind=Number(Tolerance("absolute", 0.001)),
            label=r"\frac{\partial C}{\partial w} =",
            follows=("a",),
        ),
        Field(
            name="db",
            kind=Number(Tolerance("absolute", 0.001)),
            label=r"\frac{\partial C}{\partial b} =",
            follows=("a",),
        ),
    ),
    follow=follow,
    values=values,
    exhibits=exhibits,
    mistakes=(*FORWARD, *BACKWARD),
    printed_options={
        "A": {"z": 0.5, "a": 0.622, "dw": 1.867, "db": 0.622},
        "B": {"z": 0.5, "a": 0.622, "dw": 0.439, "db": 0.439},
        "C": {"z": 0.5, "a": 0.622, "dw": -0.439, "db": -0.146},
        "D": {"z": 0.5, "a": 0.622, "dw": 0.439, "db": 0.146},
    },
    show_option=show_option,
)
