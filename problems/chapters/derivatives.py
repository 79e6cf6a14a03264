"""Derivatives of formula trees (book 3.3), as trees.

Only what the exercises need: sums, products, whole powers, exp, sin and cos. Terms that are 0 and factors that are 1
are left out, so that the result can be shown.
"""

from collections.abc import Mapping

from problems.formula import Call, Constant, Name, Negative, Node, Operation

ZERO, ONE = Constant(0.0), Constant(1.0)


def derivative(tree: Node, name: str, *, inner: bool = True) -> Node:
    """∂tree/∂name; with ``inner=False`` without the inner derivatives of exp, sin and cos, as a mistake.

    Raises:
        ValueError: for a formula with anything else in it.

    """

    def slope(part: Node) -> Node:
        return derivative(part, name, inner=inner)

    match tree:
        case Constant() | Name():
            return ONE if tree == Name(name) else ZERO
        case Negative(operand):
            return negative(slope(operand))
        case Operation("+", left, right):
            return plus(slope(left), slope(right))
        case Operation("-", left, right):
            return plus(slope(left), negative(slope(right)))
        case Operation("*", left, right):
            return plus(times(slope(left), right), times(left, slope(right)))
        case _:
            outer, argument = _outer_derivative(tree)
            within = slope(argument)
            return times(within if inner or within == ZERO else ONE, outer)


def _outer_derivative(tree: Node) -> tuple[Node, Node]:
    """The derivative of a power or function of one argument with respect to that argument, and the argument."""
    match tree:
        case Operation("^", base, Constant(exponent)):
            lowered = base if exponent == 2 else Operation("^", base, Constant(exponent - 1))
            return times(Constant(exponent), lowered), base
        case Call("exp", (argument,)):
            return tree, argument
        case Call("sin", (argument,)):
            return Call("cos", (argument,)), argument
        case Call("cos", (argument,)):
            return Negative(Call("sin", (argument,))), argument
    raise ValueError(f"no rule for {tree}")


def substitute(tree: Node, values: Mapping[str, Node]) -> Node:
    """The tree with the named variables replaced."""
    match tree:
        case Name(name):
            return values.get(name, tree)
        case Negative(operand):
            return Negative(substitute(operand, values))
        case Operation(operator, left, right):
            return Operation(operator, substitute(left, values), substitute(right, values))
        case Call(function, arguments):
            return Call(function, tuple(substitute(argument, values) for argument in arguments))
    return tree


def plus(a: Node, b: Node) -> Node:
    if ZERO in (a, b):
        return b if a == ZERO else a
    return Operation("-", a, b.operand) if isinstance(b, Negative) else Operation("+", a, b)


def times(a: Node, b: Node) -> Node:
    """The product, with its sign in front, then its number if it has one, and a sum behind the other factor."""
    if ZERO in (a, b):
        return ZERO
    if ONE in (a, b):
        return b if a == ONE else a
    return _product(b, a) if _is_sum(a) and not _is_sum(b) else _product(a, b)


def _product(a: Node, b: Node) -> Node:
    match a, b:
        case Negative(operand), _:
            return negative(times(operand, b))
        case _, Negative(operand):
            return negative(times(a, operand))
        case Constant(first), Constant(second):
            return Constant(first * second)
        case _, Constant():
            return times(b, a)
        case _, Operation("*", first, second):
            return times(times(a, first), second)
    return Operation("*", a, b)


def _is_sum(tree: Node) -> bool:
    return isinstance(tree, Operation) and tree.operator in ("+", "-")


def negative(tree: Node) -> Node:
    if tree == ZERO:
        return ZERO
    return tree.operand if isinstance(tree, Negative) else Negative(tree)
