"""The exercises c3.2 to c3.8: solved again from the parameters alone, and their mistakes by hand."""

import importlib
import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from autograd import grad
from scipy.special import expit

from problems.answers import Choice
from problems.chapters.derivatives import derivative, plus, times
from problems.checks import check
from problems.dealing import deal
from problems.formula import Constant, text
from problems.formula_kind import Formula
from problems.formula_reading import read_formula
from problems.grading import grade
from problems.problem import Problem
from problems.variant import KEY
from solvers.chain_rule import total_derivative
from solvers.network import absolute_value_network

FOLDERS = {
    "c3.2": "c3_02_sigmoid",
    "c3.3": "c3_03_neuron",
    "c3.4": "c3_04_chain_rule",
    "c3.5": "c3_05_forward_pass",
    "c3.6": "c3_06_relu_network",
    "c3.7": "c3_07_tanh",
    "c3.8": "c3_08_gradient_step",
}
SEEDS = range(41)


def load(id_: str) -> Problem[Any]:
    problem: Problem[Any] = importlib.import_module(f"problems.chapters.{FOLDERS[id_]}.problem").problem
    assert problem.id == id_
    return problem


# The exercises solved again


def solve_2(x):
    return {"a": float(expit(x)), "derivative": float(1 / (2 + math.exp(x) + math.exp(-x)))}


def solve_3(w, b, x, y):
    def loss(parameters):
        return (1 / (1 + anp.exp(-(parameters[0] * x + parameters[1]))) - y) ** 2 / 2

    dw, db = grad(loss)(anp.array([w, b])).tolist()
    return {"z": w * x + b, "a": float(expit(w * x + b)), "dw": dw, "db": db}


def solve_4(f, x, y, t):
    letters = {"x": sympy.sympify(x), "y": sympy.sympify(y)}
    slope = sympy.diff(sympy.sympify(f).subs(letters), sympy.Symbol("t"))
    return {"derivative": sympy.sstr(sympy.expand(slope)), "value": float(slope.subs("t", t))}


def solve_5(layers, weights, biases, activation, x):
    squash = {"sigmoid": expit, "tanh": math.tanh}[activation]
    outputs = [x]
    for W, b in zip(weights, biases, strict=True):
        sums = [sum(w * a for w, a in zip(row, outputs[-1], strict=True)) for row in W]
        outputs.append([float(squash(s + bias)) for s, bias in zip(sums, b, strict=True)])
    assert [len(a) for a in outputs] == layers
    return {"hidden": outputs[1], "output": outputs[2]}


def solve_6(hidden_weights, hidden_biases, points, x):
    """From the slopes, in fractions."""
    exact = [(Fraction(a), Fraction(b)) for a, b in points]
    slopes = [(d - b) / (c - a) for (a, b), (c, d) in pairwise(exact)]
    steps = [slopes[1], slopes[0]] + [after - before for before, after in pairwise(slopes[1:])]
    switches = [-Fraction(c) / Fraction(u) for u, c in zip(hidden_weights, hidden_biases, strict=True)]
    assert switches == [exact[1][0], exact[1][0], *(a for a, _ in exact[2:-1])]
    place = sum(Fraction(x) > a for a, _ in exact[1:-1])
    (a, b), slope = exact[place + (place == 0)], slopes[place]
    return {
        "weights": [float(step / Fraction(u)) for step, u in zip(steps, hidden_weights, strict=True)],
        "bias": float(exact[1][1]),
        "output": float(b + slope * (Fraction(x) - a)),
    }


def solve_7(scale, gain, x):
    h = sympy.Float(scale, 30) * sympy.tanh(sympy.Float(gain, 30) * sympy.Symbol("x"))
    slope = sympy.diff(h, "x")
    return {
        # The range of the sigmoid is 1 wide and starts at 0; its steepest slope is a quarter.
        "coefficients": [2 * scale, 4 * float(slope.subs("x", 0)) / (2 * scale), -scale],
        "value": float(h.subs("x", x)),
        "derivative": float(slope.subs("x", x)),
    }


def solve_8(X, y, w0, b0, step_size):
    def cost(parameters):
        outputs = 1 / (1 + anp.exp(-(anp.array(X) @ parameters[:-1] + parameters[-1])))
        return anp.sum((outputs - anp.array(y)) ** 2) / (2 * len(y))

    start = anp.array([*w0, b0])
    gradient = grad(cost)(start)
    *w, b = (start - step_size * gradient).tolist()
    return {"dw": gradient[:-1].tolist(), "db": float(gradient[-1]), "w": w, "b": b}


SOLVERS = {
    "c3.2": solve_2,
    "c3.3": solve_3,
    "c3.4": solve_4,
    "c3.5": solve_5,
    "c3.6": solve_6,
    "c3.7": solve_7,
    "c3.8": solve_8,
}


@pytest.mark.parametrize("id_", SOLVERS)
def test_every_variant_is_solved_from_its_parameters_alone(id_):
    problem = load(id_)
    for seed in SEEDS:
        variant = deal(problem, seed)
        assert grade(variant, "open", SOLVERS[id_](**variant.parameters)).correct, seed


def moved(kind, value):
    """Three tolerances away from the right answer."""
    if isinstance(kind, Formula):
        return kind.moved(value, 3)
    return [x + 0.003 for x in value] if isinstance(value, list) else value + 0.003


@pytest.mark.parametrize("id_", SOLVERS)
def test_an_answer_three_tolerances_off_is_wrong_in_every_field(id_):
    problem = load(id_)
    for seed in SEEDS:
        variant = deal(problem, seed)
        right = SOLVERS[id_](**variant.parameters)
        for field in variant.fields("open"):
            result = grade(variant, "open", right | {field.name: moved(field.kind, right[field.name])})
            assert not next(each for each in result.fields if each.name == field.name).correct, (seed, field.name)


@pytest.mark.parametrize("id_", SOLVERS)
def test_nothing_is_found_wrong_with_the_variants(id_):
    assert list(check(load(id_), SEEDS)) == []


@pytest.mark.parametrize("id_", SOLVERS)
def test_draws_are_seldom_repeated_and_the_answers_are_of_a_sensible_size(id_):
    variants = [deal(load(id_), seed) for seed in SEEDS]
    assert sum(variant.redraws for variant in variants) < 5 * len(variants)
    for variant in variants:
        numbers = np.hstack([np.ravel(value) for value in variant.solved.values() if not isinstance(value, str)])
        assert np.abs(numbers).max() <= 100


@pytest.mark.parametrize("id_", SOLVERS)
def test_exactly_one_option_is_right_and_the_others_are_mistakes(id_):
    problem = load(id_)
    for seed in SEEDS:
        (field,) = deal(problem, seed).fields("choice")
        assert isinstance(field.kind, Choice)
        wrong = [option.source for option in field.kind.options if option.source != KEY]
        assert len(wrong) == 3
        assert all(source == "printed" if seed == 0 else source.startswith("mistake:") for source in wrong)


@pytest.mark.parametrize("id_", SOLVERS)
def test_the_wrong_printed_options_are_mistakes_too(id_):
    printed = deal(load(id_), 0)
    for answers in printed.problem.printed_options.values():
        as_answers = printed.as_answers(answers)
        assert printed.near_key(as_answers) or any(
            printed.near(as_answers, mistaken, 1.0) and set(mistaken) == set(as_answers)
            for mistaken in printed.mistaken.values()
        )


# What the book gives


def test_the_printed_chain_rule_is_the_example_of_the_book():
    printed = deal(load("c3.4"), 0)
    assert printed.parameters == {"f": "y + exp(x*y)", "x": "cos(t)", "y": "t^2", "t": 1.0}
    book = "y*exp(x*y)*(-sin(t)) + (1 + x*exp(x*y))*2*t".replace("x*y", "cos(t)*t^2")
    typed = book.replace("(1 + x*", "(1 + cos(t)*").replace("y*exp", "t^2*exp", 1)
    result = grade(printed, "open", {"derivative": typed, "value": float(total_derivative(1.0).total)})
    assert result.correct


def test_the_printed_relu_network_is_that_of_the_absolute_value():
    printed = deal(load("c3.6"), 0)
    (W2, W3), (b2, b3) = absolute_value_network()
    assert printed.parameters["hidden_weights"] == W2[:, 0].tolist()
    assert printed.parameters["hidden_biases"] == b2.tolist()
    assert all(y == abs(x) for x, y in printed.parameters["points"])
    assert printed.solved == {"weights": tuple(W3[0]), "bias": b3[0], "output": abs(printed.parameters["x"])}


def test_the_printed_activation_is_tanh_itself():
    printed = deal(load("c3.7"), 0)
    assert printed.solved["coefficients"] == (2, 2, -1)
    assert printed.solved["value"] == pytest.approx(math.tanh(printed.parameters["x"]))


# Formulas


@pytest.mark.parametrize(
    "equivalent",
    [
        "2*t + exp(t^2*cos(t))*(2*t*cos(t) - t^2*sin(t))",
        "t*(2 + e^(t*t*cos(t))*(2*cos(t) - t*sin(t)))",
        "-t**2*sin(t)*exp(cos(t)*t^2) + 2*t*(1 + cos(t)*exp(cos(t)*t^2))",
    ],
)
def test_every_way_to_write_the_derivative_is_right(equivalent):
    assert grade(deal(load("c3.4"), 0), "open", {"derivative": equivalent}).fields[0].correct


@pytest.mark.parametrize(
    ("formula", "mistake"),
    [
        ("-sin(t)*t^2*exp(t^2*cos(t))", "path-through-y-forgotten"),
        ("2*t*(1 + cos(t)*exp(t^2*cos(t)))", "path-through-x-forgotten"),
        ("t^2*exp(t^2*cos(t)) + 1 + cos(t)*exp(t^2*cos(t))", "path-derivatives-forgotten"),
        ("t^2*exp(t^2*cos(t))*2*t - sin(t)*(1 + cos(t)*exp(t^2*cos(t)))", "path-derivatives-exchanged"),
        ("2*t + exp(t^2*cos(t))*(2*t*cos(t) + t^2*sin(t))", "sign-of-the-wave"),
        ("exp(t^2*cos(t))*(2*t*cos(t) - t^2*sin(t))", "first-term-lost"),
        ("-sin(t)*exp(t^2*cos(t)) + 2*t*(1 + exp(t^2*cos(t)))", "exponent-not-differentiated"),
        ("t + exp(t^2*cos(t))*(t*cos(t) - t^2*sin(t))", "power-rule"),
    ],
)
def test_a_typed_formula_with_a_mistake_is_named(formula, mistake):
    field, _ = grade(deal(load("c3.4"), 0), "open", {"derivative": formula}).fields
    assert (field.correct, field.mistake) == (False, mistake)


def test_a_wrong_formula_that_is_evaluated_rightly_earns_the_second_part():
    result = grade(deal(load("c3.4"), 0), "open", {"derivative": "2*t + 3", "value": 5})
    assert [(field.correct, field.followed) for field in result.fields] == [(False, False), (False, True)]


@pytest.mark.parametrize(
    "formula",
    ["y + exp(x*y)", "3*x - 2", "x^2*y^3 - x", "exp(-x)*sin(2*x*y)", "-(x - y)^2", "cos(x)^3", "2*x*(3*y)", "y"],
)
@pytest.mark.parametrize("name", ["x", "y"])
def test_derivatives_of_trees_are_those_of_sympy(formula, name):
    ours = text(derivative(read_formula(formula, ("x", "y")), name))
    assert sympy.simplify(sympy.sympify(ours) - sympy.diff(sympy.sympify(formula), name)) == 0


def test_terms_of_zero_and_factors_of_one_are_left_out():
    x = read_formula("x", ("x",))
    assert text(derivative(read_formula("y + exp(x*y)", ("x", "y")), "x")) == "y*exp(x*y)"
    assert plus(x, Constant(0.0)) == x == times(x, Constant(1.0))
    assert times(x, Constant(0.0)) == Constant(0.0)


def test_a_function_without_a_rule_is_refused():
    with pytest.raises(ValueError, match="no rule"):
        derivative(read_formula("tan(x)", ("x",)), "x")


# The mistakes of the printed exercises, each computed by hand


def logistic(z):
    return 1 / (1 + math.exp(-z))


A2 = logistic(2)
A3 = logistic(0.4 * 3 - 0.7)
HIDDEN = [logistic(0.5 * 1 - 1 * 0.5 + 0.2), logistic(0.8 * 1 + 0.3 * 0.5 - 0.5)]
Z3 = [1.2 * HIDDEN[0] - 0.7 * HIDDEN[1] + 0.1, -0.4 * HIDDEN[0] + 0.9 * HIDDEN[1] - 0.3]
T = math.tanh(0.8)

SLIPS = [
    ("c3.2", "exponent-sign", {"a": 1 / (1 + math.exp(2))}),
    ("c3.2", "base-ten", {"a": 1 / 1.01}),
    ("c3.2", "derivative-sign", {"derivative": -A2 * (1 - A2)}),
    ("c3.2", "inner-function-forgotten", {"derivative": -(A2**2)}),
    ("c3.2", "argument-for-value", {"derivative": 2 * (1 - 2)}),
    ("c3.2", "sigmoid-twice", {"derivative": logistic(A2) * (1 - logistic(A2))}),
    ("c3.2", "tanh-rule", {"derivative": 1 - A2**2}),
    ("c3.3", "bias-forgotten", {"z": 1.2}),
    ("c3.3", "bias-subtracted", {"z": 1.9}),
    ("c3.3", "bias-before-weight", {"z": 0.4 * (3 - 0.7)}),
    ("c3.3", "no-activation", {"a": 0.5}),
    ("c3.3", "exponent-sign", {"a": 1 - A3}),
    ("c3.3", "no-sigmoid-derivative", {"dw": 3 * A3, "db": A3}),
    ("c3.3", "residual-sign", {"dw": -3 * A3**2 * (1 - A3), "db": -(A3**2) * (1 - A3)}),
    ("c3.3", "factor-two", {"dw": 6 * A3**2 * (1 - A3), "db": 2 * A3**2 * (1 - A3)}),
    ("c3.3", "input-in-both", {"db": 3 * A3**2 * (1 - A3)}),
    ("c3.3", "input-forgotten", {"dw": A3**2 * (1 - A3)}),
    ("c3.3", "residual-forgotten", {"dw": 3 * A3 * (1 - A3), "db": A3 * (1 - A3)}),
    ("c3.5", "output-not-activated", {"output": Z3}),
    ("c3.5", "hidden-not-activated", {"hidden": [0.2, 0.45]}),
    ("c3.5", "biases-forgotten", {"hidden": [0.5, logistic(0.95)]}),
    ("c3.5", "weights-transposed", {"hidden": [logistic(0.5 + 0.4 + 0.2), logistic(-1 + 0.15 - 0.5)]}),
    ("c3.5", "other-activation", {"hidden": [math.tanh(0.2), math.tanh(0.45)]}),
    ("c3.6", "left-weight-sign", {"weights": [1, -1]}),
    ("c3.6", "first-weight-sign", {"weights": [-1, 1]}),
    ("c3.6", "left-neuron-unused", {"weights": [1, 0]}),
    ("c3.6", "hidden-absolute", {"output": 5}),
    ("c3.7", "not-stretched", {"coefficients": [2, 1, -1]}),
    ("c3.7", "height-not-doubled", {"coefficients": [1, 2, -1]}),
    ("c3.7", "not-shifted", {"coefficients": [2, 2, 0]}),
    ("c3.7", "sigmoid-rule", {"derivative": T * (1 - T)}),
    ("c3.7", "not-squared", {"derivative": 1 - T}),
    ("c3.7", "argument-squared", {"derivative": 1 - 0.64}),
    ("c3.7", "slope-at-zero", {"derivative": 1}),
]


@pytest.mark.parametrize(("id_", "mistake", "given"), SLIPS)
def test_a_mistake_in_the_printed_exercise_is_named(id_, mistake, given):
    """With the right answers to whatever does not build on the wrong ones."""
    printed = deal(load(id_), 0)
    later = set(given)
    for field in printed.fields("open"):
        if later & set(field.follows):
            later.add(field.name)
    right = {name: value for name, value in printed.solved.items() if name not in later}
    result = grade(printed, "open", right | {name: np.round(value, 3).tolist() for name, value in given.items()})
    assert {field.name: field.mistake for field in result.fields if field.name in given} == dict.fromkeys(
        given, mistake
    )


def step_8(factor=1.0, *, step=None, **changed):
    """Exercise c3.8 with something else, or with its gradients times a factor."""
    p = load("c3.8").printed | changed
    right = solve_8(**p)
    dw, db = factor * np.array(right["dw"]), factor * right["db"]
    eta = p["step_size"] if step is None else step
    return {"dw": dw, "db": db, "w": np.array(p["w0"]) - eta * dw, "b": p["b0"] - eta * db}


SLIPS_8 = {
    "sum-instead-of-mean": step_8(3),
    "factor-two": step_8(2),
    "half-gradient": step_8(0.5),
    "mean-over-features": step_8(1.5),
    "first-sample-only": step_8(X=[[1.0, 2.0]], y=[0.0]),
    "last-sample-only": step_8(X=[[2.0, -1.0]], y=[0.1]),
    "ascent": {name: value for name, value in step_8(step=-1.5).items() if name in ("w", "b")},
    "step-size-forgotten": {name: value for name, value in step_8(step=1.0).items() if name in ("w", "b")},
    "residual-sign": {name: -np.array(step_8()[name]) for name in ("dw", "db")},
}


@pytest.mark.parametrize("mistake", SLIPS_8)
def test_a_mistake_in_the_printed_step_is_named_in_its_gradient_or_its_end(mistake):
    """Alone, since what follows from a wrong gradient counts as right; a number near the right one may be a chance."""
    for name, value in SLIPS_8[mistake].items():
        (field,) = (
            f for f in grade(deal(load("c3.8"), 0), "open", {name: np.round(value, 3).tolist()}).fields if f.answered
        )
        named = {field.mistake} if field.mistake else set(field.candidates)
        assert (field.correct, named) == (False, {mistake}), name
        assert field.mistake or np.ndim(value) == 0


@pytest.mark.parametrize("id_", SOLVERS)
def test_a_variant_has_enough_distinguishable_mistakes(id_):
    for seed in SEEDS:
        variant = deal(load(id_), seed)
        assert len({repr(answers) for answers in variant.mistaken.values()}) >= 5, seed


# Working on from a wrong number


@pytest.mark.parametrize(
    ("id_", "given", "followed"),
    [
        ("c3.2", {"a": 0.7, "derivative": 0.21}, ["derivative"]),
        ("c3.3", {"z": 1.2, "a": round(logistic(1.2), 3)}, ["a"]),
        ("c3.3", {"a": 0.5, "dw": 0.375, "db": 0.125}, ["dw", "db"]),
        ("c3.5", {"hidden": [0, 0], "output": [logistic(0.1), logistic(-0.3)]}, ["output"]),
        ("c3.6", {"weights": [2, 4], "bias": 1, "output": 11}, ["output"]),
        ("c3.7", {"coefficients": [4, 2, -1], "value": 4 * logistic(1.6) - 1}, ["value"]),
        ("c3.7", {"value": 0.5, "derivative": 0.75}, ["derivative"]),
        ("c3.8", {"dw": [0.2, 0.1], "db": -0.2, "w": [0.1, -0.45], "b": 1.0}, ["w", "b"]),
    ],
)
def test_what_follows_from_a_wrong_answer_earns_the_points(id_, given, followed):
    result = grade(deal(load(id_), 0), "open", given)
    assert [field.name for field in result.fields if field.followed] == followed
    assert result.score == len(followed)
