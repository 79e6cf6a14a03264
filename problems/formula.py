"""Formulas as small trees: evaluated over many points at once, and printed as text and as LaTeX.

`problems.formula_reading` makes the trees. Its bounds (300 characters, 40 levels of nesting) keep every tree below 300
nodes and 300 levels, so that walking it recursively is safe.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from problems.latex import latex_number
from solvers.activations import relu, sigmoid, sigmoid_derivative

Array = NDArray[np.float64]
Operator = Literal["+", "-", "*", "/", "^"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that was typed; never negative, since the sign is a `Negative` of its own."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, or ``e`` or ``pi``."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Operation:
    operator: Operator
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Node", ...]


Node = Constant | Name | Negative | Operation | Call

NAMED: Mapping[str, float] = {"e": np.e, "pi": np.pi}
"""Constants with a name; a variable of the same name goes before."""


class Function(NamedTuple):
    """f(x), and |f'(x)| from x and f(x): how much an error of x is magnified."""

    value: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array | float]


FUNCTIONS: Mapping[str, Function] = {
    "exp": Function(np.exp, lambda _, f: f),
    "log": Function(np.log, lambda x, _: 1 / x),  # the natural logarithm, as in the book
    "sqrt": Function(np.sqrt, lambda _, f: 0.5 / f),
    "sin": Function(np.sin, lambda x, _: np.abs(np.cos(x))),
    "cos": Function(np.cos, lambda x, _: np.abs(np.sin(x))),
    "tan": Function(np.tan, lambda _, f: 1 + f * f),
    "tanh": Function(np.tanh, lambda _, f: 1 - f * f),
    "abs": Function(np.abs, lambda *_: 1.0),
    "sigmoid": Function(sigmoid, lambda x, _: sigmoid_derivative(x)),
    "relu": Function(relu, lambda *_: 1.0),
}

EXTREMES: Mapping[str, Callable[[Array, Array], Array]] = {"max": np.maximum, "min": np.minimum}
"""Functions of two or more arguments."""

_ULP = 2.0**-52


class Values(NamedTuple):
    """What a formula comes to, and how far rounding may have moved it: two arrays of shape (n_points,)."""

    values: Array
    errors: Array


def evaluate(tree: Node, points: Mapping[str, Array]) -> Values:
    """The formula at n points, each variable given as an array of shape (n_points,).

    Undefined values are NaN or infinite (never complex), without a warning. The second array is a running error bound
    to first order (Higham, Accuracy and Stability of Numerical Algorithms, 3.3), one unit in the last place for every
    operation; where it can't be told it is NaN or infinite.
    """
    shape = next(iter(points.values())).shape
    with np.errstate(all="ignore"):
        values, errors = _evaluate(tree, points)
    return Values(np.broadcast_to(values, shape), np.broadcast_to(errors, shape))


def _evaluate(tree: Node, points: Mapping[str, Array]) -> tuple[Array, Array]:
    match tree:
        case Constant(value):
            return _number(value)
        case Name(name):
            return (points[name], np.asarray(0.0)) if name in points else _number(NAMED[name])
        case Negative(operand):
            values, errors = _evaluate(operand, points)
            return -values, errors
        case Operation(operator, left, right):
            return _operate(operator, *_evaluate(left, points), *_evaluate(right, points))
        case Call(function, (argument,)):
            x, error = _evaluate(argument, points)
            f = FUNCTIONS[function].value(x)
            return f, error * FUNCTIONS[function].slope(x, f) + 2 * _ULP * np.abs(f)
        case Call(function, arguments):
            extreme = EXTREMES[function]
            values, errors = _evaluate(arguments[0], points)
            for argument in arguments[1:]:
                x, error = _evaluate(argument, points)
                values, errors = extreme(values, x), np.maximum(errors, error)
            return values, errors


def _number(value: float) -> tuple[Array, Array]:
    return np.asarray(value), np.asarray(0.0 if value.is_integer() else _ULP * value)


def _operate(operator: Operator, a: Array, error_a: Array, b: Array, error_b: Array) -> tuple[Array, Array]:
    match operator:
        case "+":
            result, carried = a + b, error_a + error_b
        case "-":
            result, carried = a - b, error_a + error_b
        case "*":
            result, carried = a * b, np.abs(a) * error_b + np.abs(b) * error_a
        case "/":
            result = np.divide(a, b)
            carried = (error_a + np.abs(result) * error_b) / np.abs(b)
        case "^":
            result = np.power(a, b)
            carried = np.abs(b * np.power(a, b - 1)) * error_a
            if np.any(error_b):  # with an exact exponent a base of 0 is no matter
                carried = carried + np.abs(result * np.log(np.abs(a))) * error_b
    return result, carried + _ULP * np.abs(result)


# How tightly a node holds together when written: a sum least, a single symbol most.
_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4


def text(tree: Node) -> str:
    """The formula as it would be typed, with no more parentheses than needed: it reads back as the same tree."""
    return _text(tree)[0]


def _text(tree: Node) -> tuple[str, int]:  # noqa: PLR0911 - one for every sort of node
    match tree:
        case Constant(value):
            return repr(value).removesuffix(".0"), _ATOM
        case Name(name):
            return name, _ATOM
        case Negative(operand):
            return "-" + _typed(operand, _POWER), _PRODUCT
        case Operation("+" | "-" as operator, left, right):
            return f"{_typed(left, _SUM)} {operator} {_typed(right, _PRODUCT, signed=False)}", _SUM
        case Operation("*" | "/" as operator, left, right):
            return f"{_typed(left, _PRODUCT)}{operator}{_typed(right, _POWER)}", _PRODUCT
        case Operation(_, left, right):
            return f"{_typed(left, _ATOM)}^{_typed(right, _POWER)}", _POWER
        case Call(function, arguments):
            return f"{function}({', '.join([text(argument) for argument in arguments])})", _ATOM


def _typed(tree: Node, least: int, *, signed: bool = True) -> str:
    """In parentheses if it holds together less than is needed here, or starts with a sign where none may stand."""
    written, level = _text(tree)
    bare = level >= least and (signed or not written.startswith("-"))
    return written if bare else f"({written})"


def latex(tree: Node) -> str:
    r"""The formula as it is set in a book: fractions, raised powers, roots, ``\ln``, e^{…}."""
    return _latex(tree)[0]


def _latex(tree: Node) -> tuple[str, int]:
    match tree:
        case Constant(value):
            number = latex_number(value)
            return number, _PRODUCT if "times" in number else _ATOM
        case Name(name):
            return latex_name(name), _ATOM
        case Negative(operand):
            return "-" + _set(operand, _PRODUCT, signed=False), _PRODUCT
        case Operation():
            return _latex_operation(tree)
        case Call(function, arguments):
            return _latex_call(function, ", ".join([latex(argument) for argument in arguments]))


def _latex_operation(tree: Operation) -> tuple[str, int]:
    left, right = tree.left, tree.right
    match tree.operator:
        case "+" | "-" as sign:
            return f"{_set(left, _SUM)} {sign} {_set(right, _PRODUCT, signed=False)}", _SUM
        case "*":
            fraction = isinstance(right, Operation) and right.operator == "/"
            first, second = _set(left, _PRODUCT), _set(right, _PRODUCT if fraction else _POWER)
            dot = r" \cdot " if fraction or second[0].isdigit() else " "  # 2 3 and 2 ½ would mislead
            return first + dot + second, _PRODUCT
        case "/":
            return rf"\frac{{{latex(left)}}}{{{latex(right)}}}", _PRODUCT
        case "^":
            return f"{_set(left, _ATOM)}^{{{latex(right)}}}", _POWER


def _latex_call(function: str, arguments: str) -> tuple[str, int]:
    match function:
        case "exp":
            return f"e^{{{arguments}}}", _POWER
        case "sqrt":
            return rf"\sqrt{{{arguments}}}", _ATOM
        case "abs":
            return rf"\left|{arguments}\right|", _ATOM
    head = _LATEX_FUNCTION.get(function, "\\" + function)
    return rf"{head}\left({arguments}\right)", _POWER


def _set(tree: Node, least: int, *, signed: bool = True) -> str:
    written, level = _latex(tree)
    bare = level >= least and (signed or not written.startswith("-"))
    return written if bare else rf"\left({written}\right)"


_LATEX_FUNCTION = {"log": r"\ln", "sigmoid": r"\sigma", "relu": r"\operatorname{ReLU}"}

GREEK: Mapping[str, str] = {
    **dict(zip("αβγδεζηθ", ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"), strict=True)),
    **dict(zip("ικλμνξπρ", ("iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho"), strict=True)),
    **dict(zip("στυφχψω", ("sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"), strict=True)),
    **dict(zip("ϵϑ\u00b5ϕ", ("epsilon", "theta", "mu", "phi"), strict=True)),  # other shapes, and the micro sign
}
"""Greek letters and the names they are typed by."""

_NAME = re.compile(r"([A-Za-z]+)_?([A-Za-z0-9_]*)")


def latex_name(name: str) -> str:
    r"""``eta`` → ``\eta``, ``w1`` and ``w_1`` → ``w_{1}``, ``rate`` → ``\mathrm{rate}``."""
    stem, index = _NAME.fullmatch(name).groups()  # type: ignore[union-attr]  # Variable has checked it
    word = stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"
    written = rf"\{stem}" if stem in GREEK.values() else word
    if not index:
        return written
    below = index if index.isdigit() else r"\mathrm{" + index.replace("_", r"\_") + "}"
    return f"{written}_{{{below}}}"
