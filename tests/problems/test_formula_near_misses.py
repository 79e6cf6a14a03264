"""Thousands of formulas and what slips make of them, judged by mpmath with 60 digits at points of its own.

What differs is never right; what is the same, written otherwise, always is.
"""

import random
from functools import cache
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest

from problems.formula import Call, Constant, Name, Negative, Operation, evaluate, text
from problems.formula_kind import ROUNDING, Formula, Variable
from problems.formula_reading import MAX_LENGTH, read_formula
from problems.reading import FormatError

KIND = Formula((Variable("x", -2.0, 2.0), Variable("y", 0.25, 3.0)))
FORMULAS = 500
SLIPS = 8
"""Slips tried on each formula."""

CONTEXT = mpmath.MPContext()
CONTEXT.dps = 60


def oracle_points(count):
    """Points of the domain from an additive recurrence, not those of the grader."""
    xs = [-2 + 4 * (place * 0.6180339887498949 % 1) for place in range(1, count + 1)]
    ys = [0.25 + 2.75 * (place * 0.7548776662466927 % 1) for place in range(1, count + 1)]
    return [{"x": CONTEXT.mpf(x), "y": CONTEXT.mpf(y)} for x, y in zip(xs, ys, strict=True)]


FEW, MANY = oracle_points(14), oracle_points(600)

SAME = 1e-25
"""Relative difference up to which 60 digits that partly cancel mean the same formula."""

DIFFERENT = 1e-7
"""Relative difference from which two formulas must be told apart: ten tolerances."""


# The oracle: every function by its definition, none of ours

DEFINITIONS = {
    "exp": CONTEXT.exp,
    "log": CONTEXT.log,
    "sqrt": CONTEXT.sqrt,
    "sin": CONTEXT.sin,
    "cos": CONTEXT.cos,
    "tan": CONTEXT.tan,
    "tanh": CONTEXT.tanh,
    "abs": abs,
    "sigmoid": lambda z: 1 / (1 + CONTEXT.exp(-z)),
    "relu": lambda z: max(z, 0),
    "max": max,
    "min": min,
}
OPERATORS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
}


def exactly(tree, point):
    match tree:
        case Constant(value):
            return CONTEXT.mpf(value)
        case Name(name):
            return point[name] if name in point else {"e": CONTEXT.e, "pi": CONTEXT.pi}[name] * 1
        case Negative(operand):
            return -exactly(operand, point)
        case Operation(operator, left, right):
            return OPERATORS[operator](exactly(left, point), exactly(right, point))
        case Call(function, arguments):
            return DEFINITIONS[function](*[exactly(argument, point) for argument in arguments])


@cache
def exact_values(tree):
    """The values at the few points, None where there is no real one."""
    return [_real(tree, point) for point in FEW]


def _real(tree, point):
    try:
        value = exactly(tree, point)
    except (ZeroDivisionError, ValueError, OverflowError, TypeError):  # TypeError: no order among complex numbers
        return None
    return value if isinstance(value, CONTEXT.mpf) and abs(value) < 1e90 else None


def differences(key, other):
    """Relative differences at the few points where both are defined, the largest first."""
    pairs = zip(exact_values(key), exact_values(other), strict=True)
    return sorted((_difference(*pair) for pair in pairs if None not in pair), reverse=True)


def identical(key, other):
    """Whether they are defined and the same at all of many points: few don't see what hides behind a maximum."""
    pairs = ((_real(key, point), _real(other, point)) for point in MANY)
    return all(None not in pair and _difference(*pair) < SAME for pair in pairs)


def _difference(a, b):
    return float(abs(a - b) / max(abs(a), abs(b))) if a != b else 0.0


# Random formulas


def number(value):
    return Constant(float(value))


def random_tree(draw, depth):
    if depth == 0 or draw.random() < 0.15:
        return draw.choice([Name("x"), Name("x"), Name("y"), Name("y"), number(draw.randint(1, 9)), Name("e")])
    sort = draw.random()
    if sort < 0.6:
        operator = draw.choice("++-**/")
        return Operation(operator, random_tree(draw, depth - 1), random_tree(draw, depth - 1))
    if sort < 0.75:
        return Operation("^", random_tree(draw, depth - 1), number(draw.randint(2, 4)))
    if sort < 0.95:
        return Call(
            draw.choice(["exp", "sin", "cos", "tanh", "sigmoid", "relu", "abs", "log", "sqrt"]),
            (random_tree(draw, depth - 1),),
        )
    return Call(draw.choice(["max", "min"]), (random_tree(draw, depth - 1), random_tree(draw, depth - 1)))


def size(tree):
    return 1 + sum(size(child) for child in children(tree))


def children(tree):
    match tree:
        case Negative(operand):
            return (operand,)
        case Operation(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
    return ()


def with_children(tree, new):
    match tree:
        case Negative():
            return Negative(*new)
        case Operation(operator):
            return Operation(operator, *new)
        case Call(function):
            return Call(function, tuple(new))
    return tree


def change(draw, tree, rule):
    """The tree with the rule applied to one of its nodes, chosen at random."""
    target = draw.randrange(size(tree))

    def walk(node, place):
        if place == 0:
            return rule(draw, node)
        place -= 1
        new = []
        for child in children(node):
            inside = 0 <= place < size(child)
            new.append(walk(child, place) if inside else child)
            place -= size(child)
        return with_children(node, new)

    return walk(tree, target)


def slip(draw, node):
    """What one does wrong at one place: a sign, a factor, an exponent, an operator, a function, a term."""
    general = [
        lambda: Negative(node),
        lambda: Operation("*", number(draw.choice([2, 0.5, 1.001, 1.0001, 0.9999])), node),
        lambda: Operation("+", node, Operation("*", number(1e-3), Name("x"))),
        lambda: Operation("+", node, number(draw.choice([1, 1e-3, 1e-4]))),
        lambda: Operation("^", node, number(draw.choice([2, 3]))),
        lambda: Operation("/", number(1), node),
    ]
    own = []
    match node:
        case Constant(value):
            own = [lambda: number(value + 1), lambda: number(abs(value - 1)), lambda: number(value * 1.0001)]
        case Name(name):
            own = [lambda: Name("y" if name == "x" else "x"), lambda: number(1)]
        case Operation(operator, left, right):
            others = [other for other in "+-*/" if other != operator]
            own = [
                lambda: Operation(draw.choice(others), left, right),
                lambda: Operation(operator, right, left),
                lambda: left,
                lambda: right,
            ]
        case Call(function, (argument,)):
            own = [
                lambda: Call(
                    draw.choice([name for name in DEFINITIONS if name not in {function, "max", "min"}]), (argument,)
                ),
                lambda: argument,
                lambda: Call(function, (Negative(argument),)),
                lambda: Call(function, (Operation("*", number(2), argument),)),
            ]
        case Call(function, (first, second)):
            own = [lambda: Call({"max": "min", "min": "max"}[function], (first, second)), lambda: first]
    return draw.choice(draw.choice([general, own]) if own else general)()


def rewrite(draw, node):  # noqa: C901, PLR0912 - a table of identities
    """The same in other symbols."""
    one, two = number(1), number(2)
    general = [
        lambda: Negative(Negative(node)),
        lambda: Operation("-", number(0), Negative(node)),
        lambda: Operation("/", Operation("*", two, node), two),
        lambda: Operation("-", Operation("+", node, Name("y")), Name("y")),
        lambda: Operation("/", Operation("*", node, Name("y")), Name("y")),
        lambda: Operation("*", node, Operation("^", Name("x"), number(0))),
    ]
    own = []
    match node:
        case Constant(value):
            own = [lambda: Operation("/", number(value * 4), number(4))]
        case Operation("+" | "*" as operator, left, right):
            own = [lambda: Operation(operator, right, left)]
        case Operation("-", left, right):
            own = [lambda: Operation("+", left, Negative(right)), lambda: Negative(Operation("-", right, left))]
        case Operation("/", left, right):
            own = [lambda: Operation("*", left, Operation("^", right, Negative(one)))]
        case Operation("^", left, Constant(2.0)):
            own = [lambda: Operation("*", left, left)]
        case Call("exp", (z,)):
            own = [lambda: Operation("^", Name("e"), z), lambda: Operation("/", one, Call("exp", (Negative(z),)))]
        case Call("sigmoid", (z,)):
            own = [
                lambda: Operation("/", one, Operation("+", one, Call("exp", (Negative(z),)))),
                lambda: Operation("-", one, Call("sigmoid", (Negative(z),))),
            ]
        case Call("tanh", (z,)):
            own = [lambda: Operation("-", Operation("*", two, Call("sigmoid", (Operation("*", two, z),))), one)]
        case Call("relu", (z,)):
            own = [lambda: Call("max", (number(0), z))]
        case Call("abs", (z,)):
            own = [lambda: Call("max", (z, Negative(z))), lambda: Call("sqrt", (Operation("^", z, two),))]
        case Call("sqrt", (z,)):
            own = [lambda: Operation("^", z, number(0.5))]
        case Call("sin", (z,)):
            own = [lambda: Call("cos", (Operation("-", z, Operation("/", Name("pi"), two)),))]
        case Call("max" | "min" as function, (first, second)):
            own = [lambda: Call(function, (second, first))]
    return draw.choice(own or general)() if draw.random() < 0.7 else draw.choice(general)()


def keys():
    """Formulas that can be keys: defined in the whole domain, of everyday size, and not 0 everywhere."""
    draw = random.Random(20240917)
    found = 0
    while found < FORMULAS:
        tree = random_tree(draw, draw.randint(1, 4))
        try:
            key = KIND.key(text(tree))
        except ValueError:
            continue
        values = exact_values(tree)
        if None in values or not 1e-3 < max(map(abs, values)) < 1e4:
            continue
        found += 1
        yield draw, tree, key


class Verdict(NamedTuple):
    """A slip, how much it changes the formula, and whether it was accepted."""

    tree: Any
    slipped: Any
    differences: list[float]
    accepted: bool


@pytest.fixture(scope="module")
def verdicts():
    found = []
    for draw, tree, key in keys():
        for _ in range(SLIPS):
            slipped = change(draw, tree, slip)
            try:
                accepted = KIND.compare(KIND.parse(text(slipped)), key).correct
            except FormatError:
                accepted = False
            found.append(Verdict(tree, slipped, differences(tree, slipped), accepted))
    return found


def written(verdicts):
    return [(text(verdict.tree), text(verdict.slipped)) for verdict in verdicts]


def test_no_slip_that_changes_the_formula_is_right(verdicts):
    """A difference at two of fourteen points or more: less could be a corner that sampling may miss."""
    wrong = [verdict for verdict in verdicts if sum(each > DIFFERENT for each in verdict.differences) > 1]
    assert written(verdict for verdict in wrong if verdict.accepted) == []
    assert len(wrong) > 0.8 * FORMULAS * SLIPS


def test_no_slip_that_changes_nothing_is_wrong(verdicts):
    unseen = [verdict for verdict in verdicts if max(verdict.differences, default=1) < SAME]
    refused = [verdict for verdict in unseen if not verdict.accepted]
    assert written(verdict for verdict in refused if identical(verdict.tree, verdict.slipped)) == []
    assert len(unseen) - len(refused) > 20


def test_hardly_any_slip_is_too_near_to_tell(verdicts):
    near = [verdict for verdict in verdicts if SAME < max(verdict.differences, default=0) <= DIFFERENT]
    assert len(near) < 0.01 * len(verdicts)


def test_rewritten_keys_are_right():
    tried = 0
    for draw, tree, key in keys():
        rewritten = tree
        for _ in range(draw.randint(1, 4)):
            rewritten = change(draw, rewritten, rewrite)
        typed = text(rewritten)
        if len(typed) > MAX_LENGTH or None in exact_values(rewritten):
            continue
        assert differences(tree, rewritten)[0] < SAME, "the rules above are identities"
        assert KIND.compare(KIND.parse(typed), key).correct, (text(tree), typed)
        tried += 1
    assert tried > 0.8 * FORMULAS


def test_no_value_is_further_off_than_its_error_bound_allows():
    """The bound is to first order, and the grader allows four times as much."""
    points = {name: np.array([float(point[name]) for point in FEW]) for name in ("x", "y")}
    formulas = [read_formula("3^(99*y/7)", ("x", "y")), read_formula("exp(99*y/7)", ("x", "y"))]
    for draw, tree, _ in keys():
        formulas += [tree, change(draw, tree, rewrite)]
    for formula in formulas:
        values, errors = evaluate(formula, points)
        for value, error, exact in zip(values, errors, exact_values(formula), strict=True):
            known = exact is not None and np.isfinite(error)
            assert not known or abs(CONTEXT.mpf(value) - exact) <= ROUNDING * error, text(formula)
