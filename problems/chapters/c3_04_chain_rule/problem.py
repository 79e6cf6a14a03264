"""Chapter 3: the multivariate chain rule, a derivative along a path as a formula and as a number."""

from pathlib import Path

from problems.answers import Number
from problems.chapters.c3_04_chain_rule.composite import Composite, both_answers, total_formula, trees_of, value_at
from problems.chapters.c3_04_chain_rule.mistakes import MISTAKES
from problems.draws import Draws
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
    key = total_formula(trees)
    return {
        **{name: latex(tree) for name, tree in trees._asdict().items()},
        "derivative": latex(key),
        "x_at": latex_number(value_at(trees.x, p["t"]), 6),
        "y_at": latex_number(value_at(trees.y, p["t"]), 6),
        "value": latex_number(value_at(key, p["t"]), 6),
    }


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
    mistakes=MISTAKES,
    printed_options={
        "A": {"derivative": "t^2*exp(cos(t)*t^2) + 1 + cos(t)*exp(cos(t)*t^2)", "value": 3.644},
        "B": {"derivative": "-(t^2*exp(cos(t)*t^2)*sin(t)) + 2*t*(1 + cos(t)*exp(cos(t)*t^2))", "value": 2.410},
        "C": {"derivative": "t^2*exp(cos(t)*t^2)*sin(t) + 2*t*(1 + cos(t)*exp(cos(t)*t^2))", "value": 5.299},
        "D": {"derivative": "-(t^2*exp(cos(t)*t^2)*sin(t))", "value": -1.444},
    },
    show_option=show_option,
)
