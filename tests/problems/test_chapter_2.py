"""Chapter 2 (and the perceptron, c3.1) solved again from `data` alone, by other means than `solvers`.

Each solution below knows the statement of its exercise only: exact fractions, autograd, SciPy or scikit-learn.
"""

import importlib
import math
from fractions import Fraction

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from scipy import linalg, special
from sklearn.linear_model import Perceptron, SGDClassifier, SGDRegressor

from app.core.text import check_texts
from problems.answers import Vector
from problems.checks import check
from problems.dealing import deal
from problems.grading import grade

FOLDERS = {
    "c2.1": "c2_01_gradient_step",
    "c2.2": "c2_02_gradient_descent",
    "c2.3": "c2_03_stable_step",
    "c2.4": "c2_04_minibatch_step",
    "c2.5": "c2_05_decaying_step",
    "c2.6": "c2_06_linear_classifier",
    "c2.7": "c2_07_step_size_sums",
    "c3.1": "c3_01_perceptron",
}
PROBLEMS = {name: importlib.import_module(f"problems.chapters.{it}.problem").problem for name, it in FOLDERS.items()}
SEEDS = range(40)


def with_ones(data):
    return np.column_stack([np.ones(len(data["X"])), data["X"]])


def half_mean_square(w, X, y):
    return anp.mean((anp.dot(X, w) - y) ** 2) / 2


def exact(data):
    """The samples with their constant 1 and the targets, as fractions of the decimals shown."""
    X = [[Fraction(1), *(Fraction(str(x)) for x in row)] for row in data["X"]]
    return X, [Fraction(y) for y in data["y"]]


def gradient_step(data):
    w0 = np.array(data["w0"], float)
    gradient = autograd.grad(half_mean_square)(w0, with_ones(data), np.array(data["y"], float))
    return {"gradient": gradient.tolist(), "w": (w0 - data["step_size"] * gradient).tolist()}


def gradient_descent(data):
    """The closed form of the iterates: w* + (I − ηH)ᵗ (w₀ − w*)."""
    X, y = with_ones(data), np.array(data["y"], float)
    best = linalg.lstsq(X, y)[0]
    contraction = np.eye(X.shape[1]) - data["step_size"] * (X.T @ X) / len(y)
    return {"w": (best + np.linalg.matrix_power(contraction, data["steps"]) @ (np.array(data["w0"]) - best)).tolist()}


def stable_step(data):
    X = with_ones(data)
    top = linalg.svdvals(X)[0] ** 2 / len(X)
    return {"eigenvalue": top, "step_size": 2 / top}


def minibatch_step(data):
    X, y = exact(data)
    w = [Fraction(c) for c in data["w0"]]
    step = [Fraction(0)] * 3
    for number in data["batch"]:
        x, target = X[number - 1], y[number - 1]
        error = sum(a * b for a, b in zip(w, x, strict=True)) - target
        step = [s + error * c for s, c in zip(step, x, strict=True)]
    scale = Fraction(str(data["step_size"])) / len(data["batch"])
    return {"w": [float(a - scale * s) for a, s in zip(w, step, strict=True)]}


def decaying_steps(data):
    """scikit-learn's `invscaling` with power ½ is C/√t for t = 1, 2 and so on."""
    rows = [number - 1 for number in data["order"]]
    model = SGDRegressor(
        penalty=None, learning_rate="invscaling", eta0=data["rate"], power_t=0.5, shuffle=False, max_iter=1, tol=None
    )
    X, y = np.array(data["X"], float)[rows], np.array(data["y"], float)[rows]
    model.fit(X, y, coef_init=np.array(data["w0"][1:], float), intercept_init=np.array(data["w0"][:1], float))
    return {"w": [*model.intercept_.tolist(), *model.coef_.tolist()]}


def flowers(data):
    """In exact fractions; `test_scikit_learn_agrees_on_the_flowers` has the other oracle."""
    X, y = exact(data)
    w = [Fraction(c) for c in data["w0"]]
    for number in data["order"]:
        x, label = X[number - 1], y[number - 1]
        slack = 1 - label * sum(a * b for a, b in zip(w, x, strict=True))
        if slack > 0:
            w = [a + Fraction(str(data["step_size"])) * slack * label * b for a, b in zip(w, x, strict=True)]
    return {"w": [float(c) for c in w]}


def step_size_sums(data):
    rate, steps = data["rate"], data["steps"]

    def harmonic(n):
        return special.digamma(n + 1) + np.euler_gamma

    return {
        "sum": rate * (special.zeta(0.5) - hurwitz_half(steps + 1)),
        "squares": rate**2 * harmonic(steps),
        "next": rate**2 * (harmonic(2 * steps) - harmonic(steps)),
    }


def hurwitz_half(a):
    """ζ(½, a) by the Euler–Maclaurin formula, so that Σ_{t<a} 1/√t = ζ(½) − ζ(½, a)."""
    start = a + 50
    tail = -2 * math.sqrt(start) + start**-0.5 / 2 + start**-1.5 / 24 - start**-3.5 / 384
    return math.fsum(1 / math.sqrt(k) for k in range(a, start)) + tail


def perceptron(data):
    """In whole numbers, as one would on paper."""
    w, updates, clean = [0, 0, 0], 0, False
    while not clean:
        clean = True
        for row, label in zip(data["X"], data["y"], strict=True):
            x = [1, *row]
            if label * sum(a * b for a, b in zip(w, x, strict=True)) <= 0:
                w = [a + label * b for a, b in zip(w, x, strict=True)]
                updates, clean = updates + 1, False
    return {"w": w, "updates": updates}


SOLUTIONS = {
    "c2.1": gradient_step,
    "c2.2": gradient_descent,
    "c2.3": stable_step,
    "c2.4": minibatch_step,
    "c2.5": decaying_steps,
    "c2.6": flowers,
    "c2.7": step_size_sums,
    "c3.1": perceptron,
}


@pytest.mark.parametrize("name", SOLUTIONS)
def test_who_solves_it_alone_is_right(name):
    for seed in SEEDS:
        variant = deal(PROBLEMS[name], seed)
        answers = SOLUTIONS[name](variant.parameters)
        assert grade(variant, "open", answers).correct, (seed, answers)
        for field in variant.native_fields:
            exactly = field.kind.key(variant.solved[field.name])
            assert np.allclose(answers[field.name], exactly, rtol=1e-9, atol=1e-9), (seed, field.name)


@pytest.mark.parametrize("name", SOLUTIONS)
def test_three_decimals_are_enough_and_three_tolerances_off_is_wrong(name):
    for seed in SEEDS:
        variant = deal(PROBLEMS[name], seed)
        answers = SOLUTIONS[name](variant.parameters)
        fields = variant.native_fields
        rounded = {
            field.name: np.round(answers[field.name], getattr(field.kind, "decimals", 0)).tolist() for field in fields
        }
        assert grade(variant, "open", rounded).correct, seed
        for field in fields:
            if not (width := field.kind.tolerance.value):  # whole numbers
                off = answers[field.name] + 1
                assert not grade(variant, "open", answers | {field.name: off}).correct
                continue
            places = range(field.kind.size) if isinstance(field.kind, Vector) else [None]
            for place in places:
                for shift in (3 * width, -3 * width):
                    off = np.array(answers[field.name], float)
                    off[() if place is None else place] += shift
                    assert not grade(variant, "open", answers | {field.name: off.tolist()}).correct, (seed, field.name)


@pytest.mark.parametrize("name", SOLUTIONS)
def test_sound_in_every_form_and_printable(name):
    assert list(check(PROBLEMS[name], SEEDS)) == []
    check_texts({name: PROBLEMS[name]}, range(10))


@pytest.mark.parametrize("name", SOLUTIONS)
def test_a_mistake_typed_with_its_decimals_is_named(name):
    """Field by field, unless another mistake leads to the same number; and most of them are told apart at seed 0."""
    variant = deal(PROBLEMS[name], 0)
    kinds = {field.name: field.kind for field in variant.native_fields}
    named = set()
    for wrong, answers in variant.mistaken.items():
        for field, value in answers.items():
            typed = np.round(value, getattr(kinds[field], "decimals", 0)).tolist()
            like = {
                other
                for other, theirs in variant.mistaken.items()
                if field in theirs and kinds[field].compare(kinds[field].parse(typed), theirs[field]).correct
            }
            if kinds[field].compare(kinds[field].parse(typed), variant.solved[field]).correct:
                continue
            graded = next(f for f in grade(variant, "open", {field: typed}).fields if f.name == field)
            # A number alone and near the right one may be a coincidence.
            told = {graded.mistake} if graded.mistake else set(graded.candidates)
            assert (told == {wrong}) == (like == {wrong}), (wrong, field, like, told)
            named |= {wrong} if like == {wrong} else set()
    assert len(named) >= {"c3.1": 10, "c2.3": 7}.get(name, 10)


@pytest.mark.parametrize("name", SOLUTIONS)
def test_enough_mistakes_in_every_variant(name):
    for seed in SEEDS:
        assert len(deal(PROBLEMS[name], seed).mistaken) >= (9 if name != "c2.3" else 7), seed


@pytest.mark.parametrize("name", SOLUTIONS)
def test_one_printed_option_is_the_key_and_the_others_are_mistakes(name):
    variant = deal(PROBLEMS[name], 0)
    sources = []
    for answers in PROBLEMS[name].printed_options.values():
        option = variant.as_answers(answers)
        near = [wrong for wrong, theirs in variant.mistaken.items() if set(theirs) == set(option)]
        sources.append(
            "key" if variant.near_key(option) else [w for w in near if variant.near(variant.mistaken[w], option, 1)]
        )
    assert sources.count("key") == 1
    # In c2.4 the sum over a batch of two is twice the mean.
    families = [{PROBLEMS[name].mistake(wrong).family for wrong in source} for source in sources if source != "key"]
    assert all(len(each) == 1 for each in families), sources


def test_the_printed_commute():
    """The book's data; the figures of 2/L are those of exact arithmetic on them."""
    variant = deal(PROBLEMS["c2.1"], 0)
    assert variant.solved["gradient"] == pytest.approx((-23.24, -85.124, -17.0), abs=1e-12)
    distances = [Fraction(27, 10), Fraction(41, 10), Fraction(1), Fraction(52, 10), Fraction(28, 10)]
    mean, square = sum(distances) / 5, sum(d * d for d in distances) / 5
    assert (mean, square) == (Fraction("3.16"), Fraction("11.996"))
    top = (1 + float(square) + math.sqrt(float((1 - square) ** 2 + 4 * mean**2))) / 2
    assert deal(PROBLEMS["c2.3"], 0).solved["eigenvalue"] == pytest.approx(top, rel=1e-14)


def test_the_step_follows_from_a_wrong_gradient():
    variant = deal(PROBLEMS["c2.1"], 3)
    data = variant.parameters
    gradient = np.array(variant.mistaken["sum-instead-of-mean"]["gradient"])
    graded = grade(
        variant, "open", {"gradient": gradient.tolist(), "w": (data["w0"] - data["step_size"] * gradient).tolist()}
    )
    assert [field.score for field in graded.fields] == [0, 1]
    assert graded.fields[0].mistake == "sum-instead-of-mean"
    assert graded.fields[1].followed


def test_the_bound_follows_from_a_wrong_eigenvalue():
    variant = deal(PROBLEMS["c2.3"], 3)
    top = 2 * variant.solved["eigenvalue"]
    graded = grade(variant, "open", {"eigenvalue": top, "step_size": 2 / top})
    assert [field.score for field in graded.fields] == [0, 1]
    assert graded.fields[0].mistake == "factor-two"
    assert not grade(variant, "open", {"eigenvalue": 0, "step_size": 1}).fields[1].followed


def test_descent_converges_below_the_bound_and_explodes_above_it():
    for seed in range(20):
        variant = deal(PROBLEMS["c2.3"], seed)
        X = with_ones(variant.parameters)
        H = X.T @ X / len(X)
        for factor, ends in ((0.99, True), (1.01, False)):
            error = np.linalg.matrix_power(np.eye(2) - factor * variant.solved["step_size"] * H, 20_000)
            assert (np.abs(error).max() < 1) == ends, seed


def test_scikit_learn_agrees_on_the_flowers():
    """scikit-learn's squared hinge has no ½, hence half the step size."""
    for seed in SEEDS:
        data = deal(PROBLEMS["c2.6"], seed).parameters
        rows = [number - 1 for number in data["order"]]
        model = SGDClassifier(loss="squared_hinge", penalty=None, learning_rate="constant", eta0=data["step_size"] / 2)
        for row in rows:
            model.partial_fit(np.array(data["X"])[[row]], np.array(data["y"])[[row]], classes=[-1, 1])
        w = [*model.intercept_.tolist(), *model.coef_[0].tolist()]
        assert w == pytest.approx(flowers(data)["w"], abs=1e-12), seed


def test_scikit_learn_agrees_on_the_perceptron():
    for seed in SEEDS:
        data = deal(PROBLEMS["c3.1"], seed).parameters
        X, y = np.array(data["X"], float), np.array(data["y"])
        model = Perceptron(shuffle=False, tol=None, max_iter=30).fit(X, y)
        assert [*model.intercept_.tolist(), *model.coef_[0].tolist()] == perceptron(data)["w"], seed


def test_every_perceptron_meets_a_tie_first_and_ends_with_all_margins_positive():
    for seed in SEEDS:
        variant = deal(PROBLEMS["c3.1"], seed)
        data = variant.parameters
        assert data["y"][0] == -1
        assert (np.array(data["y"]) * (with_ones(data) @ variant.solved["w"]) > 0).all()


def test_the_squares_of_the_step_sizes_have_no_bound():
    """Each doubling of the steps adds nearly C² ln 2, which is what the last field of c2.7 shows (E24)."""
    for seed in SEEDS:
        variant = deal(PROBLEMS["c2.7"], seed)
        data = variant.parameters
        limit = data["rate"] ** 2 * math.log(2)
        assert 0.9 * limit < variant.solved["next"] < limit
