"""Exercises 1.4, 1.5, 2.1, 2.3 and 2.4: solved again from the parameters alone, and their mistakes by hand."""

import importlib
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from problems.dealing import deal
from problems.grading import grade
from problems.problem import Problem
from problems.set2.ex01_architectures.architectures import Candidates, feasible, slips_of
from problems.set2.ex03_convolution_shape.problem import kernels

FOLDERS = {
    "1.4": "set1.ex04_mlp_parameters",
    "1.5": "set1.ex05_weighted_minimum",
    "2.1": "set2.ex01_architectures",
    "2.3": "set2.ex03_convolution_shape",
    "2.4": "set2.ex04_parameter_difference",
}
SEEDS = range(1, 301)


def load(id_: str) -> Problem[Any]:
    problem: Problem[Any] = importlib.import_module(f"problems.{FOLDERS[id_]}.problem").problem
    assert problem.id == id_
    return problem


def places(size: int, kernel: int, stride: int, padding: int) -> int:
    """Places of a kernel on a padded line, counted one by one; 0 unless the last one ends at the edge."""
    starts = [s for s in range(0, size + 2 * padding, stride) if s + kernel <= size + 2 * padding]
    return len(starts) if starts and starts[-1] + kernel == size + 2 * padding else 0


# The exercises solved again


def solve_1_4(layers):
    shapes = [shape for n, m in pairwise(layers) for shape in ((m, n), (m,))]
    return {"count": sum(np.empty(shape).size for shape in shapes)}


def solve_1_5(x1, x2, weights):
    c1, c2 = weights
    return {"x": [str(Fraction(c1 * a + c2 * b, c1 + c2)) for a, b in zip(x1, x2, strict=True)]}


def solve_2_1(image, channels, classes, architectures):  # noqa: ARG001 - the filters are as deep as the image
    answer = []
    for id_, architecture in enumerate(architectures, start=1):
        height, width = image
        for c in architecture["convolutions"]:
            height, width = (places(n, c["kernel"], c["stride"], c["padding"]) for n in (height, width))
        if architecture["dense"] == [height * width * architecture["convolutions"][-1]["filters"], classes]:
            answer.append(str(id_))
    return {"answer": answer}


def solve_2_3(input, output, stride, padding):  # noqa: A002 - the name in the contract
    (side,) = (f for f in range(1, input[0] + 2 * padding + 1) if places(input[0], f, stride, padding) == output[0])
    return {"N": output[2], "H": side, "W": side, "C": input[2]}


def solve_2_4(image, kernel, stride, padding):
    inputs = image[0] * image[1]
    outputs = places(image[0], kernel, stride, padding) * places(image[1], kernel, stride, padding)
    return {"difference": (inputs + 1) * outputs - (kernel**2 + 1)}


SOLVERS = {"1.4": solve_1_4, "1.5": solve_1_5, "2.1": solve_2_1, "2.3": solve_2_3, "2.4": solve_2_4}


@pytest.mark.parametrize("id_", SOLVERS)
def test_every_variant_is_solved_from_its_parameters_alone(id_):
    problem = load(id_)
    for seed in SEEDS:
        variant = deal(problem, seed)
        assert grade(variant, "open", SOLVERS[id_](**variant.parameters)).correct, seed


@pytest.mark.parametrize(("id_", "published"), [("1.4", "B"), ("1.5", "C"), ("2.3", "2"), ("2.4", "3")])
@pytest.mark.parametrize("policy", ["published", "corrected"])
def test_the_published_option_is_the_computed_one(id_, published, policy):
    printed = deal(load(id_), 0)
    for option in printed.problem.printed_options:
        assert grade(printed, "choice", {"answer": option}, policy=policy).correct == (option == published)


@pytest.mark.parametrize("form", ["choice", "open"])
def test_the_printed_architectures_1_and_4_are_feasible_in_both_forms(form):
    assert grade(deal(load("2.1"), 0), form, {"answer": ["4", "1"]}).correct
    assert solve_2_1(**load("2.1").printed) == {"answer": ["1", "4"]}


# 1.5


def test_the_weighted_minimum_is_where_a_minimiser_ends():
    problem = load("1.5")
    for seed in SEEDS[::10]:
        p = deal(problem, seed).parameters

        def f(x, p=p):
            squares = (np.sum((x - np.array(p[name])) ** 2) for name in ("x1", "x2"))
            return float(sum(c * square for c, square in zip(p["weights"], squares, strict=True)))

        assert grade(deal(problem, seed), "open", {"x": minimize(f, np.zeros(2)).x.tolist()}).correct


def test_the_printed_points_have_letters_and_only_options():
    printed = deal(load("1.5"), 0)
    assert printed.parameters == {"x1": ["a", "b"], "x2": ["c", "d"], "weights": [1, 2]}
    assert printed.forms == ("choice",)
    (field,) = printed.fields("choice")
    shown = {option.id: option.text.en for option in field.kind.options}
    rows = r"\frac{a}{3} + \frac{2c}{3} \\ \frac{b}{3} + \frac{2d}{3}"
    assert shown["C"] == rf"$\begin{{bmatrix}} {rows} \end{{bmatrix}}$"


def test_the_points_differ_in_both_coordinates_and_the_weights_differ():
    for seed in SEEDS:
        p = deal(load("1.5"), seed).parameters
        assert all(a != b for a, b in zip(p["x1"], p["x2"], strict=True))
        assert p["weights"][0] != p["weights"][1]


# 2.1


def test_one_to_three_architectures_are_feasible_and_the_sizes_of_all_are_whole():
    counts = set()
    for seed in SEEDS:
        p = deal(load("2.1"), seed).parameters
        counts.add(len(solve_2_1(**p)["answer"]))
        for architecture in p["architectures"]:
            side = p["image"][0]
            for c in architecture["convolutions"]:
                side = places(side, c["kernel"], c["stride"], c["padding"])
                assert side >= 4
    assert counts == {1, 2, 3}


def test_every_wrong_number_of_inputs_comes_from_a_slip():
    """So a student who makes the slip finds the number that it leads to."""
    for seed in SEEDS:
        p = deal(load("2.1"), seed).parameters
        for architecture in p["architectures"]:
            fits = feasible(p, architecture)
            wrong_classes = architecture["dense"][1] != p["classes"]
            assert fits + wrong_classes + bool(slips_of(p, architecture)) == 1


# 32 → 30 → 14, so 14 · 14 · 6 = 1176 inputs is right: the slips by hand.
SLIPS = {
    "channels-forgotten": 14 * 14,
    "filters-multiplied": 14 * 14 * 6 * 4,
    "colours-multiplied": 14 * 14 * 6 * 3,
    "side-not-squared": 14 * 6,
    "last-layer-skipped": 30 * 30 * 4,
    "padding-forgotten": 12 * 12 * 6,  # 32 → 28 → 12
    "padding-on-one-side": 13 * 13 * 6,  # 32 → 29 → 13
    "stride-forgotten": 27 * 27 * 6,
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_leads_to_the_number_computed_by_hand(slip):
    p = one_architecture([convolution(4, 5, 1, 1), convolution(6, 6, 2, 1)], [SLIPS[slip], 10])
    assert slips_of(p, p["architectures"][0]) == [slip]
    assert not feasible(p, p["architectures"][0])


def test_a_forgotten_one_leads_to_its_number():
    layers = [convolution(4, 5, 1, 2), convolution(6, 3, 1, 1)]  # 32 → 32 → 32, with the slip 32 → 31 → 30
    forgotten = one_architecture(layers, [30 * 30 * 6, 10])
    assert slips_of(forgotten, forgotten["architectures"][0]) == ["one-forgotten"]


def convolution(filters, kernel, stride, padding):
    return {"filters": filters, "kernel": kernel, "stride": stride, "padding": padding}


def one_architecture(convolutions, dense) -> Candidates:
    architecture = {"convolutions": convolutions, "dense": dense}
    return {"image": [32, 32], "channels": 3, "classes": 10, "architectures": [architecture]}


@pytest.mark.parametrize(
    ("layer", "why"),
    [(convolution(1, 5, 2, 0), "27 / 2 is no whole number"), (convolution(1, 40, 1, 3), "wider than the padded image")],
)
def test_an_architecture_with_a_filter_that_does_not_fit_is_not_feasible(layer, why):
    p = one_architecture([layer, convolution(1, 3, 1, 1)], [14 * 14, 10])
    assert not feasible(p, p["architectures"][0]), why
    assert places(32, layer["kernel"], layer["stride"], layer["padding"]) == 0, why


def test_the_feedback_on_a_wrong_option_gives_its_numbers():
    result = grade(deal(load("2.1"), 0), "choice", {"answer": ["1", "2", "3"]})
    assert r"30 \times 30 \times 5 = 4500$ inputs, not $900$" in result.fields[0].feedback.en
    assert r"20 \times 20 \times 2 = 800$ inputs, not $1152$" in result.fields[0].feedback.en
    assert "而不是 $900$ 个" in result.fields[0].feedback.zh


# 2.3


def test_the_input_and_the_output_have_clearly_different_numbers_of_channels():
    assert all(abs(p["input"][2] - p["output"][2]) > 50 for p in (deal(load("2.3"), seed).parameters for seed in SEEDS))


def test_kernels_that_the_sizes_leave_open_are_no_key():
    with pytest.raises(ValueError, match="fit"):
        kernels({"input": [11, 11, 3], "output": [12, 12, 10], "stride": 1, "padding": 0})


# The mistakes, each computed by hand for the printed exercise

MISTAKES_1_4 = {  # 6 · 5 + 5 · 10 + 10 · 3 = 110 weights, 5 + 10 + 3 = 18 biases
    "no-biases": 110,
    "input-biases": 110 + 24,
    "hidden-biases-only": 110 + 15,
    "one-bias-per-layer": 110 + 3,
    "source-biases": 110 + 21,
    "bias-per-weight": 220,
    "neurons-counted": 24,
    "biases-only": 18,
    "output-layer-skipped": 30 + 5 + 50 + 10,
    "input-layer-skipped": 50 + 10 + 30 + 3,
    "all-pairs": 30 + 60 + 18 + 50 + 15 + 30 + 18,
    "sums-for-products": 11 + 15 + 13 + 18,
    "product-of-widths": 900,
}
MISTAKES_1_5 = {  # coefficients of the two points with the weights 1 and 2
    "equal-weights": (1 / 2, 1 / 2),
    "reversed-weights": (2 / 3, 1 / 3),
    "not-normalised": (1, 2),
    "divided-by-two": (1 / 2, 1),
    "unweighted-numerator": (1 / 3, 1 / 3),
    "squared-weights": (1 / 5, 4 / 5),
    "norms-not-squared": (0, 1),
    "gradients-equated": (-1, 2),
    "wrong-sign": (-1 / 3, -2 / 3),
}
MISTAKES_2_3 = {  # without padding, forgetting it or half of it is no mistake
    "number-and-channels-swapped": (3, 5, 5, 10),
    "one-forgotten": (10, 4, 4, 3),
    "one-counted-twice": (10, 6, 6, 3),
    "kernel-as-large-as-output": (10, 7, 7, 3),
    "depth-one": (10, 5, 5, 1),
    "depth-of-output": (10, 5, 5, 10),
    "kernels-per-channel": (30, 5, 5, 3),
}
MISTAKES_2_4 = {  # with as many outputs as inputs and stride 1, three more yield the key
    "not-subtracted": 6252500,
    "dense-weights-only": 6250000,
    "weights-only": 6250000 - 9,
    "no-dense-biases": 6250000 - 10,
    "no-filter-bias": 6252500 - 9,
    "added": 6252510,
    "kernel-not-squared": 6252500 - 4,
    "no-weight-sharing": 6252500 - 25000,
    "neurons-counted": 2500,
    "one-weight-per-output": 2490,
    "sides-for-pixels": 2500 + 50 - 10,
    "padding-forgotten": 2501 * 48 * 48 - 10,
    "wrong-sign": 10 - 6252500,
}
BY_HAND = {
    "1.4": {name: {"count": count} for name, count in MISTAKES_1_4.items()},
    "1.5": {name: {"x": pytest.approx(x)} for name, x in MISTAKES_1_5.items()},
    "2.3": {name: dict(zip("NHWC", shape, strict=True)) for name, shape in MISTAKES_2_3.items()},
    "2.4": {name: {"difference": difference} for name, difference in MISTAKES_2_4.items()},
}


@pytest.mark.parametrize("id_", BY_HAND)
def test_the_mistakes_of_the_printed_exercise_yield_what_they_yield_by_hand(id_):
    assert deal(load(id_), 0).mistaken == BY_HAND[id_]


def test_mistakes_that_need_padding_show_in_a_variant_with_padding():
    problem = load("2.3")
    dealt = (deal(problem, seed) for seed in SEEDS)
    variant = next(v for v in dealt if v.parameters["padding"] == 2 and v.solved["H"] > 4)
    side = variant.solved["H"]
    assert variant.mistaken["padding-forgotten"]["H"] == side - 4
    assert variant.mistaken["padding-on-one-side"]["H"] == side - 2


def test_mistakes_in_the_output_size_show_in_a_variant_whose_output_is_smaller():
    problem = load("2.4")
    seed = next(s for s in SEEDS if deal(problem, s).parameters["stride"] == 2)
    variant = deal(problem, seed)
    p = variant.parameters
    inputs, filter_ = p["image"][0] * p["image"][1], p["kernel"] ** 2 + 1
    outputs = places(p["image"][0], p["kernel"], 2, p["padding"]) ** 2
    unstrided = places(p["image"][0], p["kernel"], 1, p["padding"]) ** 2
    wrong = {name: answers["difference"] for name, answers in variant.mistaken.items()}
    assert wrong["stride-forgotten"] == (inputs + 1) * unstrided - filter_
    assert wrong["output-as-large-as-input"] == (inputs + 1) * inputs - filter_
    assert wrong["input-biases"] == inputs * outputs + inputs - filter_


@pytest.mark.parametrize(
    ("id_", "given", "mistake"),
    [
        ("1.4", {"count": "900"}, "product-of-widths"),
        ("2.3", {"N": 10, "H": 4, "W": 4, "C": 3}, "one-forgotten"),
        ("2.4", {"difference": 6250000 - 10}, "no-dense-biases"),
    ],
)
def test_a_typed_mistake_is_named(id_, given, mistake):
    result = grade(deal(load(id_), 0), "open", given)
    assert {field.mistake for field in result.fields if not field.correct} == {mistake}


@pytest.mark.parametrize(
    ("id_", "given", "mistake"),
    [
        ("1.4", {"count": "110"}, "no-biases"),
        ("2.3", {"N": 10, "H": 5, "W": 5, "C": 1}, "depth-one"),
        ("2.4", {"difference": 6252500}, "not-subtracted"),
    ],
)
def test_a_count_near_the_key_may_be_a_coincidence(id_, given, mistake):
    """What leads there is told, and nobody is held to have made it."""
    problem = load(id_)
    (field,) = (field for field in grade(deal(problem, 0), "open", given).fields if not field.correct)
    assert (field.mistake, field.candidates, field.family) == (None, (mistake,), problem.mistake(mistake).family)
    assert field.feedback.en.startswith("Not right.\n\nIt may be a coincidence")
    assert problem.mistake(mistake).text.en in field.feedback.en
    assert problem.mistake(mistake).text.zh in field.feedback.zh


@pytest.mark.parametrize("id_", BY_HAND)
def test_a_variant_has_at_least_four_distinguishable_mistakes(id_):
    for seed in SEEDS:
        variant = deal(load(id_), seed)
        assert len({repr(answers) for answers in variant.mistaken.values()}) >= 4, seed
