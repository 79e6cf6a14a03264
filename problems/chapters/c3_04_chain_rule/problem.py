"""Chapter 3: the multivariate chain rule, a derivative along a path as a formula and as a number."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypedDict

import numpy as np

from problems.answers import Number
from problems.chapters.derivatives import derivative, negative, plus, substitute, times
from problems.draws import Draws
from problems.formula import Constant, Name, Node, Operation, evaluate, latex, text
from problems.formula_kind import Formula, Variable
from problems.formula_reading import read_formula
from problems.latex import latex_number
from problems.problem import Answers, Field, Mistake, Problem
from problems.text import Text
from problems.tolerance import Tolerance


class Composite(TypedDict):
    """`f` in x and y, and the path: `x` and `y` in t. The value of df/dt is asked at the number `t`."""

    f: str
    x: str
    y: str
    t: float


class Trees(NamedTuple):
    """The functions, and their derivatives as they come from the rules: `f_x` and `f_y` in x and y, the rest in t."""

    f: Node
    x: Node
    y: Node
    f_x: Node
    f_y: Node
    dx: Node
    dy: Node


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
    value = _at(_key(p), p["t"])
    return None if 0.1 <= abs(value) <= 30 else "the value is of no sensible size"


def _trees(p: Composite) -> Trees:
    f, x, y = read_formula(p["f"], ("x", "y")), read_formula(p["x"], ("t",)), read_formula(p["y"], ("t",))
    return Trees(f, x, y, derivative(f, "x"), derivative(f, "y"), derivative(x, "t"), derivative(y, "t"))


def _along(trees: Trees) -> Trees:
    """The same with the partial derivatives as functions of t."""
    path = {"x": trees.x, "y": trees.y}
    return trees._replace(f_x=substitute(trees.f_x, path), f_y=substitute(trees.f_y, path))


def _total(trees: Trees) -> Node:
    """df/dt = ∂f/∂x · dx/dt + ∂f/∂y · dy/dt."""
    along = _along(trees)
    return plus(times(along.f_x, along.dx), times(along.f_y, along.dy))


def _key(p: Composite) -> Node:
    return _total(_trees(p))


def _at(formula: Node, t: float) -> float:
    return float(evaluate(formula, {"t": np.array([t])}).values[0])


def _both(p: Composite, formula: Node) -> Answers:
    return {"derivative": text(formula), "value": _at(formula, p["t"])}


def solve(p: Composite) -> Answers:
    return _both(p, _key(p))


def follow(p: Composite, answers: Answers) -> Answers:
    """The student's own formula at t."""
    return _both(p, read_formula(answers["derivative"], ("t",)))


def show_option(_: Composite, answers: Answers) -> str:
    return rf"\frac{{df}}{{dt}} = {latex(read_formula(answers['derivative'], ('t',)))}"


def values(p: Composite) -> dict[str, str | Text]:
    trees = _trees(p)
    key = _total(trees)
    return {
        **{name: latex(tree) for name, tree in trees._asdict().items()},
        "derivative": latex(key),
        "x_at": latex_number(_at(trees.x, p["t"]), 6),
        "y_at": latex_number(_at(trees.y, p["t"]), 6),
        "value": latex_number(_at(key, p["t"]), 6),
    }


def _slip(id_: str, text_: Text, wrong: Callable[[Trees], Node], *, core: bool = False) -> Mistake[Composite]:
    """`wrong` makes a formula in t of the functions and derivatives in t."""
    return Mistake(
        id=id_,
        text=text_,
        answers=lambda p: _both(p, wrong(_along(_trees(p)))),
        core=core,
        reread="3.3.2",
    )


def _rule_slip(id_: str, text_: Text, wrong: Callable[[Trees], Trees], *, core: bool = False) -> Mistake[Composite]:
    """One of the derivatives is wrong, and they are then put together rightly."""
    return Mistake(
        id=id_,
        text=text_,
        answers=lambda p: _both(p, _total(wrong(_trees(p)))),
        core=core,
        reread="3.3.2",
    )


def _exponential_alone(trees: Trees) -> Trees:
    return trees._replace(
        f_x=derivative(trees.f, "x", inner=False),
        f_y=derivative(trees.f, "y", inner=False),
    )


def _first_term_lost(trees: Trees) -> Trees:
    match trees.f:
        case Operation("+", _, second):
            return trees._replace(f_x=derivative(second, "x"), f_y=derivative(second, "y"))
    return trees


def _constant_kept(trees: Trees) -> Trees:
    match trees.y:
        case Operation("+", _, constant):
            return trees._replace(dy=plus(trees.dy, constant))
        case Operation("-", _, constant):
            return trees._replace(dy=plus(trees.dy, negative(constant)))
    return trees


def _in_degrees(p: Composite) -> Answers:
    """The angle is only in x and its derivative: there t is read as degrees."""
    trees = _trees(p)
    degrees = {"t": Operation("*", Name("t"), Operation("/", Name("pi"), Constant(180.0)))}
    read = trees._replace(x=substitute(trees.x, degrees), dx=substitute(trees.dx, degrees))
    return {"value": _at(_total(read), p["t"])}


MISTAKES = (
    _slip(
        "path-through-y-forgotten",
        Text(
            "You followed only the path through $x$. $f$ depends on $t$ through $y$ as well: add "
            "$\\frac{\\partial f}{\\partial y} \\frac{dy}{dt}$.",
            "你只考虑了经过 $x$ 的路径。$f$ 还通过 $y$ 依赖于 $t$：要加上 "
            "$\\frac{\\partial f}{\\partial y} \\frac{dy}{dt}$。",
        ),
        lambda s: times(s.f_x, s.dx),
        core=True,
    ),
    _slip(
        "path-through-x-forgotten",
        Text(
            "You followed only the path through $y$. $f$ depends on $t$ through $x$ as well: add "
            "$\\frac{\\partial f}{\\partial x} \\frac{dx}{dt}$.",
            "你只考虑了经过 $y$ 的路径。$f$ 还通过 $x$ 依赖于 $t$：要加上 "
            "$\\frac{\\partial f}{\\partial x} \\frac{dx}{dt}$。",
        ),
        lambda s: times(s.f_y, s.dy),
        core=True,
    ),
    _slip(
        "path-derivatives-forgotten",
        Text(
            "You added the partial derivatives of $f$, but did not multiply them by $\\frac{dx}{dt}$ and "
            "$\\frac{dy}{dt}$.",
            "你把 $f$ 的两个偏导数相加了，却没有分别乘以 $\\frac{dx}{dt}$ 和 $\\frac{dy}{dt}$。",
        ),
        lambda s: plus(s.f_x, s.f_y),
        core=True,
    ),
    _slip(
        "path-derivatives-exchanged",
        Text(
            "You exchanged $\\frac{dx}{dt}$ and $\\frac{dy}{dt}$: $\\frac{\\partial f}{\\partial x}$ goes with "
            "$\\frac{dx}{dt}$.",
            "你把 $\\frac{dx}{dt}$ 和 $\\frac{dy}{dt}$ 用反了：与 "
            "$\\frac{\\partial f}{\\partial x}$ 相乘的是 $\\frac{dx}{dt}$。",
        ),
        lambda s: plus(times(s.f_x, s.dy), times(s.f_y, s.dx)),
        core=True,
    ),
    _slip(
        "paths-multiplied",
        Text(
            "You multiplied the contributions of the two paths. They are added.",
            "你把两条路径的贡献相乘了。它们应当相加。",
        ),
        lambda s: times(times(s.f_x, s.dx), times(s.f_y, s.dy)),
        core=True,
    ),
    _slip(
        "paths-subtracted",
        Text(
            "You subtracted one path from the other. The contributions are added, each with its own sign.",
            "你把两条路径的贡献相减了。它们应当相加，各自带自己的符号。",
        ),
        lambda s: plus(times(s.f_x, s.dx), negative(times(s.f_y, s.dy))),
        core=True,
    ),
    _rule_slip(
        "sign-of-the-wave",
        Text(
            "The sign of $\\frac{dx}{dt}$ is wrong: the derivative of $\\cos$ is $-\\sin$, that of $\\sin$ is "
            "$+\\cos$.",
            "$\\frac{dx}{dt}$ 的符号错了：$\\cos$ 的导数是 $-\\sin$，$\\sin$ 的导数是 $+\\cos$。",
        ),
        lambda s: s._replace(dx=negative(s.dx)),
        core=True,
    ),
    _rule_slip(
        "frequency-forgotten",
        Text(
            "In $\\frac{dx}{dt}$ the factor from inside the angle is missing.",
            "$\\frac{dx}{dt}$ 中缺少由角度内层求导得到的因子。",
        ),
        lambda s: s._replace(dx=derivative(s.x, "t", inner=False)),
    ),
    _rule_slip(
        "exponent-not-differentiated",
        Text(
            "You took $e^{xy}$ for its own partial derivative. The exponent $xy$ has to be differentiated too, which "
            "brings a factor $y$ or $x$.",
            "你把 $e^{xy}$ 的偏导数当成了它自己。指数 $xy$ 也要求导，从而多出因子 $y$ 或 $x$。",
        ),
        _exponential_alone,
        core=True,
    ),
    _rule_slip(
        "first-term-lost",
        Text(
            "You differentiated only $e^{xy}$. The term in front of it depends on $t$ too.",
            "你只对 $e^{xy}$ 求了导。它前面的那一项也依赖于 $t$。",
        ),
        _first_term_lost,
        core=True,
    ),
    _rule_slip(
        "power-rule",
        Text(
            "The derivative of $t^2$ is $2t$; your $\\frac{dy}{dt}$ lacks the 2.",
            "$t^2$ 的导数是 $2t$；你的 $\\frac{dy}{dt}$ 缺少因子 2。",
        ),
        lambda s: s._replace(dy=times(Constant(0.5), s.dy)),
    ),
    _rule_slip(
        "constant-kept",
        Text(
            "You kept the constant of $y$ when differentiating. The derivative of a constant is 0.",
            "你求导时保留了 $y$ 中的常数。常数的导数是 0。",
        ),
        _constant_kept,
    ),
    Mistake(
        id="degrees",
        text=Text(
            "Your calculator was set to degrees. Angles are in radians here, or else these derivatives don't hold.",
            "你的计算器设成了角度制。这里应使用弧度，否则三角函数的求导公式不成立。",
        ),
        answers=_in_degrees,
        reread="3.3.2",
    ),
)

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
