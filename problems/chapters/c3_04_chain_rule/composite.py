"""A function of x and y along a path, and its derivative as a formula."""

from typing import NamedTuple, TypedDict

import numpy as np

from problems.chapters.derivatives import derivative, plus, substitute, times
from problems.formula import Node, evaluate, text
from problems.formula_reading import read_formula
from problems.problem import Answers


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


def trees_of(p: Composite) -> Trees:
    f, x, y = read_formula(p["f"], ("x", "y")), read_formula(p["x"], ("t",)), read_formula(p["y"], ("t",))
    return Trees(f, x, y, derivative(f, "x"), derivative(f, "y"), derivative(x, "t"), derivative(y, "t"))


def on_path(trees: Trees) -> Trees:
    """The same with the partial derivatives as functions of t."""
    path = {"x": trees.x, "y": trees.y}
    return trees._replace(f_x=substitute(trees.f_x, path), f_y=substitute(trees.f_y, path))


def total_formula(trees: Trees) -> Node:
    """df/dt = ∂f/∂x · dx/dt + ∂f/∂y · dy/dt."""
    along = on_path(trees)
    return plus(times(along.f_x, along.dx), times(along.f_y, along.dy))


def value_at(formula: Node, t: float) -> float:
    return float(evaluate(formula, {"t": np.array([t])}).values[0])


def both_answers(p: Composite, formula: Node) -> Answers:
    return {"derivative": text(formula), "value": value_at(formula, p["t"])}
