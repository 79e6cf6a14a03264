"""A second program solves every computed exercise from its `data` alone, in plain Python, and must be graded right.

Nothing here comes from `solvers`: the methods are written out once more from the statements, number by number. The
same answer moved by three tolerances must be graded wrong.
"""

from fractions import Fraction
from itertools import pairwise

import pytest

from problems.catalogue import find
from problems.dealing import deal
from problems.grading import grade

SEEDS = range(1, 81)
MORE_SEEDS = range(81, 2001)


# The second program


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def gradient(w, samples):
    """The mean over the samples of (wᵀx − y) x where y wᵀx < 1."""
    active = [(x, dot(w, x) - y) for x, y in samples if y * dot(w, x) < 1]
    return [sum(residual * x[j] for x, residual in active) / len(samples) for j in range(len(w))]


def in_turn(data):
    """The one sample of each step, from the first, round and round."""
    samples = list(zip(data["X"], data["y"], strict=True))
    return [[samples[t % len(samples)]] for t in range(data["steps"])]


def gradient_descent(data, batches):
    w = data["w0"]
    for batch in batches:
        w = [a - data["step_size"] * g for a, g in zip(w, gradient(w, batch), strict=True)]
    return {"w": w}


def solve_1_6(data):
    return gradient_descent(data, [list(zip(data["X"], data["y"], strict=True))] * data["steps"])


def solve_1_7(data):
    return gradient_descent(data, in_turn(data))


def solve_1_8(data):
    samples = list(zip(data["X"], data["y"], strict=True))
    w, v = data["w0"], [0.0] * len(data["w0"])
    for _ in range(data["steps"]):
        v = [data["momentum"] * b - data["step_size"] * g for b, g in zip(v, gradient(w, samples), strict=True)]
        w = [a + b for a, b in zip(w, v, strict=True)]
    return {"w": w}


def solve_1_9(data):
    w, r = data["w0"], [0.0] * len(data["w0"])
    for batch in in_turn(data):
        g = gradient(w, batch)
        r = [a + b * b for a, b in zip(r, g, strict=True)]
        w = [a - data["step_size"] * b / (data["epsilon"] + root**0.5) for a, b, root in zip(w, g, r, strict=True)]
    return {"w": w}


def solve_1_10(data):
    """In exact fractions: the inputs are decimal numbers, of which a float is only a neighbour."""
    X = [[Fraction(str(cell)) for cell in row] for row in data["X"]]
    w = [Fraction(str(cell)) for cell in data["w0"]]
    for _ in range(data["passes"]):
        for x, y in zip(X, data["y"], strict=True):
            if y * dot(w, x) <= 0:
                w = [a + y * b for a, b in zip(w, x, strict=True)]
    return {"w": list(map(float, w))}


def solve_1_4(data):
    return {"count": sum((inputs + 1) * outputs for inputs, outputs in pairwise(data["layers"]))}


def solve_1_5(data):
    first, second = data["weights"]
    return {
        "x": [
            float(Fraction(first * a + second * b, first + second)) for a, b in zip(data["x1"], data["x2"], strict=True)
        ]
    }


def solve_2_1(data):
    """Feasible: both convolutions have whole sizes, the maps fit the dense layer, and that has one output a class."""
    feasible = []
    for number, architecture in enumerate(data["architectures"], start=1):
        sides = list(data["image"])
        whole = True
        for layer in architecture["convolutions"]:
            places = [Fraction(side + 2 * layer["padding"] - layer["kernel"], layer["stride"]) + 1 for side in sides]
            whole = whole and all(place >= 1 and place.denominator == 1 for place in places)
            sides = [int(place) for place in places]
        entries = sides[0] * sides[1] * architecture["convolutions"][-1]["filters"]
        if whole and architecture["dense"] == [entries, data["classes"]]:
            feasible.append(str(number))
    return {"answer": feasible}


def solve_2_3(data):
    def kernel(axis):
        return data["input"][axis] + 2 * data["padding"] - (data["output"][axis] - 1) * data["stride"]

    return {"N": data["output"][2], "H": kernel(0), "W": kernel(1), "C": data["input"][2]}


def solve_2_4(data):
    inputs, outputs = 1, 1
    for side in data["image"]:
        inputs *= side
        outputs *= (side + 2 * data["padding"] - data["kernel"]) // data["stride"] + 1
    return {"difference": (inputs + 1) * outputs - (data["kernel"] ** 2 + 1)}


SOLUTIONS = {
    "1.4": solve_1_4,
    "1.5": solve_1_5,
    "1.6": solve_1_6,
    "1.7": solve_1_7,
    "1.8": solve_1_8,
    "1.9": solve_1_9,
    "1.10": solve_1_10,
    "2.1": solve_2_1,
    "2.3": solve_2_3,
    "2.4": solve_2_4,
}
VECTORS = ("1.5", "1.6", "1.7", "1.8", "1.9", "1.10")
INTEGERS = ("1.4", "2.3", "2.4")


# And what becomes of its answers


def all_right(id_, seeds):
    problem = find(id_)
    form = "choice" if id_ == "2.1" else "open"
    for seed in seeds:
        variant = deal(problem, seed)
        result = grade(variant, form, SOLUTIONS[id_](variant.parameters))
        assert (result.score, result.correct) == (result.max_score, True), f"{id_}, seed {seed}: {result.fields}"


@pytest.mark.parametrize("id_", SOLUTIONS)
def test_the_second_program_is_right(id_):
    all_right(id_, SEEDS)


@pytest.mark.soak
@pytest.mark.parametrize("id_", SOLUTIONS)
def test_the_second_program_is_right_on_thousands(id_):
    all_right(id_, MORE_SEEDS)


@pytest.mark.parametrize("id_", [id_ for id_ in SOLUTIONS if id_ != "1.5"])  # which is printed with letters
def test_the_second_program_is_right_on_the_printed_exercise(id_):
    all_right(id_, [0])


@pytest.mark.parametrize("id_", VECTORS)
def test_three_tolerances_off_is_wrong_in_any_component_on_either_side(id_):
    for seed in SEEDS[:25]:
        variant = deal(find(id_), seed)
        ((name, right),) = SOLUTIONS[id_](variant.parameters).items()
        off = 3 * variant.fields("open")[0].kind.tolerance.width(1.0)
        for moved in range(len(right)):
            for side in (off, -off):
                answer = [number + side * (place == moved) for place, number in enumerate(right)]
                (field,) = grade(variant, "open", {name: answer}).fields
                assert not field.correct
                assert field.parts == tuple(place != moved for place in range(len(right)))


@pytest.mark.parametrize("id_", INTEGERS)
def test_a_whole_number_one_off_is_wrong(id_):
    for seed in SEEDS:
        variant = deal(find(id_), seed)
        right = SOLUTIONS[id_](variant.parameters)
        for name in right:
            for off in (1, -1):
                result = grade(variant, "open", right | {name: right[name] + off})
                assert [field.name for field in result.fields if not field.correct] == [name]


def test_any_other_set_of_architectures_is_wrong():
    for seed in SEEDS:
        variant = deal(find("2.1"), seed)
        right = set(solve_2_1(variant.parameters)["answer"])
        for flipped in "1234":
            other = sorted(right ^ {flipped})
            if other:
                assert not grade(variant, "choice", {"answer": other}).correct


@pytest.mark.parametrize("id_", [*VECTORS, *INTEGERS])
def test_the_right_option_shows_what_the_second_program_found(id_):
    """The form ``choice`` of a variant: one option agrees with the second program, and that one is right."""
    for seed in SEEDS[:50]:
        variant = deal(find(id_), seed)
        found = variant.as_answers(SOLUTIONS[id_](variant.parameters))
        options = variant.fields("choice")[0].kind.options
        near = [o.id for o in options if variant.near(variant._of_source(o.source), found, 10)]
        assert len(near) == 1
        assert grade(variant, "choice", {"answer": near[0]}).correct
        assert all(not grade(variant, "choice", {"answer": o.id}).correct for o in options if o.id not in near)
