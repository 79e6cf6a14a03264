"""What goes wrong when the derivatives are found and put together."""

from collections.abc import Callable

from problems.chapters.c3_04_chain_rule.composite import (
    Composite,
    Trees,
    both_answers,
    on_path,
    total_formula,
    trees_of,
    value_at,
)
from problems.chapters.derivatives import derivative, negative, plus, substitute, times
from problems.formula import Constant, Name, Node, Operation
from problems.problem import Answers, Mistake
from problems.text import Text


def _slip(id_: str, text_: Text, wrong: Callable[[Trees], Node], *, core: bool = False) -> Mistake[Composite]:
    """`wrong` makes a formula in t of the functions and derivatives in t."""
    return Mistake(
        id=id_,
        text=text_,
        answers=lambda p: both_answers(p, wrong(on_path(trees_of(p)))),
        core=core,
        reread="3.3.2",
    )


def _rule_slip(id_: str, text_: Text, wrong: Callable[[Trees], Trees], *, core: bool = False) -> Mistake[Composite]:
    """One of the derivatives is wrong, and they are then put together rightly."""
    return Mistake(
        id=id_,
        text=text_,
        answers=lambda p: both_answers(p, total_formula(wrong(trees_of(p)))),
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
    trees = trees_of(p)
    degrees = {"t": Operation("*", Name("t"), Operation("/", Name("pi"), Constant(180.0)))}
    read = trees._replace(x=substitute(trees.x, degrees), dx=substitute(trees.dx, degrees))
    return {"value": value_at(total_formula(read), p["t"])}


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
