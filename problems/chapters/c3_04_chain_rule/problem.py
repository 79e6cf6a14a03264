"""Chapter 3: the multivariate chain rule, a derivative along a path as a formula and as a number."""

from pathlib import Path

from problems.answers import Number
from problems.chapters.c3_04_chain_rule.composite import (
    Composite,
    both_answers,
    on_path,
    total_formula,
    trees_of,
    value_at,
)
from problems.chapters.c3_04_chain_rule.mistakes import MISTAKES
from problems.chapters.derivatives import substitute, times
from problems.charts import plain
from problems.draws import Draws
from problems.exhibits import Arrow, Box, Exhibits, Figure, Graph
from problems.formula import Node, latex
from problems.formula_kind import Formula, Variable
from problems.formula_reading import read_formula
from problems.latex import latex_number
from problems.problem import Answers, Field, Problem
from problems.text import Text
from problems.tolerance import Tolerance


def draw(draws: Draws) -> Composite:
    k, a, c = draws.integer(1, 3), draws.integer(1, 2), draws.integer(-2, 3)
    angle, square = _scaled(k, "t"), _scaled(a, "t^2")
    return Composite(
        f=draws.choice(("y", "x", "2*y", "3*x", "x^2", "y^2")) + " + exp(x*y)",
        x=f"{draws.choice(('cos', 'sin'))}({angle})",
        y=f"{square} {'+' if c > 0 else '-'} {abs(c)}" if c else square,
        t=draws.integer(2, 12) / 10,
    )


def _scaled(factor: int, term: str) -> str:
    return term if factor == 1 else f"{factor}*{term}"


def ill_posed(p: Composite) -> str | None:
    value = value_at(_key(p), p["t"])
    return None if 0.1 <= abs(value) <= 30 else "the value is of no sensible size"


def _key(p: Composite) -> Node:
    return total_formula(trees_of(p))


def solve(p: Composite) -> Answers:
    return both_answers(p, _key(p))


def follow(p: Composite, answers: Answers) -> Answers:
    """The student's own formula at t."""
    return both_answers(p, read_formula(answers["derivative"], ("t",)))


def show_option(_: Composite, answers: Answers) -> str:
    return rf"\frac{{df}}{{dt}} = {latex(read_formula(answers['derivative'], ('t',)))}"


def values(p: Composite) -> dict[str, str | Text]:
    trees = trees_of(p)
    key, along = total_formula(trees), on_path(trees)
    at = {name: value_at(getattr(along, name), p["t"]) for name in ("f_x", "f_y", "dx", "dy")}
    return {
        **{name: latex(tree) for name, tree in trees._asdict().items()},
        **{f"{name}_at": latex_number(value, 6) for name, value in at.items()},
        "through_x": latex(times(along.f_x, along.dx)),
        "through_y": latex(times(along.f_y, along.dy)),
        "x_at": latex_number(value_at(trees.x, p["t"]), 6),
        "y_at": latex_number(value_at(trees.y, p["t"]), 6),
        "value": latex_number(value_at(key, p["t"]), 6),
    }


def exhibits(p: Composite) -> Exhibits:
    """The two ways from t to f, with the local derivatives at the point of the exercise."""
    trees, t = trees_of(p), p["t"]
    along = on_path(trees)
    dx, dy, f_x, f_y = (value_at(tree, t) for tree in (along.dx, along.dy, along.f_x, along.f_y))
    x, y = value_at(trees.x, t), value_at(trees.y, t)
    f = value_at(substitute(trees.f, {"x": trees.x, "y": trees.y}), t)
    total = f_x * dx + f_y * dy

    def box(column: float, row: float, name: str, value: float) -> Box:
        return Box(column, row, f"${name} = {_short(value)}$")

    figure = Figure(
        id="ways",
        title=Text("Two ways from t to f", "从 t 到 f 的两条途径"),
        description=Text(
            "Every arrow carries the derivative of what it leads to with respect to where it comes from. Along a way "
            "they are multiplied, and the two ways are added.",
            "箭头上是终点对起点的导数。沿同一条途径把它们相乘，再把两条途径的结果相加。",
        ),
        alt=Text(
            f"From t = {plain(t)} over x with {plain(dx)} times {plain(f_x)}, and over y with {plain(dy)} times "
            f"{plain(f_y)}; together {plain(total)}.",
            f"从 t = {plain(t)} 出发，经过 x 为 {plain(dx)} 乘以 {plain(f_x)}，"
            f"经过 y 为 {plain(dy)} 乘以 {plain(f_y)}；合计 {plain(total)}。",
        ),
        drawing=Graph(
            (box(0.5, 0.0, "t", t), box(0.0, 1.1, "x", x), box(1.0, 1.1, "y", y), box(0.5, 2.2, "f", f)),
            tuple(
                Arrow(start, end, f"${_short(value)}$")
                for start, end, value in ((0, 1, dx), (0, 2, dy), (1, 3, f_x), (2, 3, f_y))
            ),
        ),
    )
    return Exhibits((), (figure,))


def _short(value: float) -> str:
    return latex_number(float(f"{value:.4g}") + 0.0)


problem = Problem(
    id="c3.4",
    version=1,
    topic="chain-rule",
    folder=Path(__file__).parent,
    printed=Composite(f="y + exp(x*y)", x="cos(t)", y="t^2", t=1.0),
    draw=draw,
    ill_posed=ill_posed,
    solve=solve,
    fields=lambda p: (
        Field(name="derivative", kind=Formula((Variable("t", -1.5, 1.5),)), label=r"\frac{df}{dt} =", points=2.0),
        Field(
            name="value",
            kind=Number(Tolerance("absolute", 0.001)),
            label=rf"\frac{{df}}{{dt}}({latex_number(p['t'])}) =",
            follows=("derivative",),
        ),
    ),
    follow=follow,
    values=values,
    exhibits=exhibits,
    mistakes=MISTAKES,
    printed_options={
        "A": {"derivative": "t^2*exp(cos(t)*t^2) + 1 + cos(t)*exp(cos(t)*t^2)", "value": 3.644},
        "B": {"derivative": "-(t^2*exp(cos(t)*t^2)*sin(t)) + 2*t*(1 + cos(t)*exp(cos(t)*t^2))", "value": 2.410},
        "C": {"derivative": "t^2*exp(cos(t)*t^2)*sin(t) + 2*t*(1 + cos(t)*exp(cos(t)*t^2))", "value": 5.299},
        "D": {"derivative": "-(t^2*exp(cos(t)*t^2)*sin(t))", "value": -1.444},
    },
    show_option=show_option,
)
