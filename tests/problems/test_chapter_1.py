"""The problems of chapter 1, solved a second time by other means, and graded.

What solves them here knows only the parameters that a student sees and the words of the statement: scikit-learn,
NumPy's `polyfit`, HIPS autograd, exact fractions and Python's own arithmetic, nothing from `solvers`.
"""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import hinge_loss, log_loss, mean_squared_error, zero_one_loss

from problems.answers import Number, Vector
from problems.chapters.c1_01_commute_line.problem import problem as commute_line
from problems.chapters.c1_02_prediction.problem import problem as prediction
from problems.chapters.c1_03_residuals.problem import problem as given_model
from problems.chapters.c1_04_polynomial.problem import problem as polynomial
from problems.chapters.c1_05_ridge.problem import problem as ridge
from problems.chapters.c1_06_zero_one_loss.problem import problem as classifier
from problems.chapters.c1_07_margin_losses.problem import problem as margin_losses
from problems.chapters.c1_08_gradient.problem import problem as gradient
from problems.checks import check
from problems.dealing import deal
from problems.grading import Grade, grade
from problems.problem import Field, Problem
from problems.variant import Variant

Parameters = Mapping[str, Any]
Solved = dict[str, Any]

SEEDS = range(60)


def with_ones(X: Any) -> Any:
    return np.column_stack([np.ones(len(X)), np.array(X, dtype=float)])


def fitted(p: Parameters) -> LinearRegression:
    return LinearRegression().fit(p["X"], p["y"])


def solve_commute_line(p: Parameters) -> Solved:
    model = fitted(p)
    return {"w": [model.intercept_, *model.coef_]}


def solve_prediction(p: Parameters) -> Solved:
    return {**solve_commute_line(p), "prediction": fitted(p).predict([p["x"]])[0]}


def solve_given_model(p: Parameters) -> Solved:
    """Exactly, in fractions of the decimals as printed."""
    w0, w1, w2 = (Fraction(str(weight)) for weight in p["w"])
    e = [y - (w0 + w1 * Fraction(str(a)) + w2 * b) for (a, b), y in zip(p["X"], p["y"], strict=True)]
    mse = sum(each * each for each in e) / len(e)
    return {"residuals": [float(each) for each in e], "half_mse": float(mse / 2), "mse": float(mse)}


def solve_polynomial(p: Parameters) -> Solved:
    return {"w": np.polyfit(p["x"], p["y"], p["degree"])[::-1]}


def solve_ridge(p: Parameters) -> Solved:
    """scikit-learn's objective is not divided by 2n, hence alpha = nλ; the column of ones penalises the bias."""
    model = Ridge(alpha=len(p["y"]) * p["ridge"], fit_intercept=False, solver="cholesky").fit(with_ones(p["X"]), p["y"])
    return {"w": model.coef_}


def solve_classifier(p: Parameters) -> Solved:
    scores = [p["w"][0] + p["w"][1] * a + p["w"][2] * b for a, b in p["X"]]
    predictions = [(s > 0) - (s < 0) for s in scores]
    return {
        "margins": [s * y for s, y in zip(scores, p["y"], strict=True)],
        "predictions": predictions,
        "zero_one_loss": zero_one_loss(p["y"], predictions),
    }


def solve_margin_losses(p: Parameters) -> Solved:
    shortfalls = [max(0.0, 1 - s * y) for s, y in zip(p["scores"], p["y"], strict=True)]
    return {
        "hinge": hinge_loss(p["y"], p["scores"]),
        "squared_hinge": sum(short**2 / 2 for short in shortfalls) / len(shortfalls),
        "logistic": log_loss(p["y"], [1 / (1 + math.exp(-s)) for s in p["scores"]]),
    }


def solve_gradient(p: Parameters) -> Solved:
    X, y, w = with_ones(p["X"]), np.array(p["y"]), np.array(p["w"])

    def cost(w: Any) -> Any:
        return anp.sum((y - anp.dot(X, w)) ** 2) / (2 * len(y))

    def penalised(w: Any) -> Any:
        return cost(w) + p["ridge"] / 2 * anp.sum(w**2)

    return {"gradient": grad(cost)(w), "ridge_gradient": grad(penalised)(w)}


SOLVED_AGAIN: list[tuple[Problem[Any], Callable[[Parameters], Solved]]] = [
    (commute_line, solve_commute_line),
    (prediction, solve_prediction),
    (given_model, solve_given_model),
    (polynomial, solve_polynomial),
    (ridge, solve_ridge),
    (classifier, solve_classifier),
    (margin_losses, solve_margin_losses),
    (gradient, solve_gradient),
]
PROBLEMS = [problem for problem, _ in SOLVED_AGAIN]

each_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.id)
each_solved_again = pytest.mark.parametrize(
    ("problem", "solve"), SOLVED_AGAIN, ids=[problem.id for problem in PROBLEMS]
)


def plain(answers: Mapping[str, Any]) -> Solved:
    """Answers as JSON values, as an API client would send them."""
    return {name: np.asarray(value).tolist() for name, value in answers.items()}


def rounded(value: Any, decimals: int) -> Any:
    return np.round(np.asarray(value, dtype=float), decimals).tolist()


def numeric(field: Field) -> Number | Vector:
    """The kind of a field, all of which are numbers or vectors in this chapter."""
    assert isinstance(field.kind, Number | Vector)
    return field.kind


def graded(variant: Variant[Any], answers: Mapping[str, Any]) -> Grade:
    return grade(variant, "open", plain(answers))


# The key


@each_problem
def test_every_variant_is_well_posed(problem: Problem[Any]) -> None:
    assert list(check(problem, SEEDS)) == []


@each_solved_again
def test_another_solver_is_graded_right(problem: Problem[Any], solve: Callable[[Parameters], Solved]) -> None:
    for seed in SEEDS:
        variant = deal(problem, seed)
        answers = solve(variant.parameters)
        assert graded(variant, answers).correct
        for name, value in answers.items():
            np.testing.assert_allclose(value, variant.solved[name], rtol=0, atol=1e-9)


@each_solved_again
def test_rounding_as_asked_is_right(problem: Problem[Any], solve: Callable[[Parameters], Solved]) -> None:
    for seed in SEEDS:
        variant = deal(problem, seed)
        kinds = {field.name: numeric(field) for field in variant.fields("open")}
        answers = {name: rounded(value, kinds[name].decimals) for name, value in solve(variant.parameters).items()}
        assert graded(variant, answers).correct


@each_solved_again
def test_three_tolerances_off_is_wrong(problem: Problem[Any], solve: Callable[[Parameters], Solved]) -> None:
    for seed in SEEDS:
        variant = deal(problem, seed)
        answers = {name: np.array(value, dtype=float) for name, value in solve(variant.parameters).items()}
        for field in variant.fields("open"):
            off = 3 * numeric(field).tolerance.value
            for sign in (-1, 1):
                moved = answers[field.name].copy()
                moved.flat[-1] += sign * off  # the last component alone, or the number
                result = graded(variant, {**answers, field.name: moved})
                assert [each.name for each in result.fields if not each.correct] == [field.name]


# The book


def test_the_commute_weights_are_those_of_the_book() -> None:
    """Section 1.7 prints them to fourteen decimals."""
    book = (6.08613445378149, 6.53361344537816, 2.11274509803922)
    np.testing.assert_allclose(deal(commute_line, 0).solved["w"], book, rtol=0, atol=1e-13)
    assert deal(prediction, 0).solved["w"] == deal(commute_line, 0).solved["w"]


def test_the_weights_of_the_book_leave_its_residuals_and_its_costs() -> None:
    """With the weights of 1.7 to three decimals, the costs are those of the best weights to three decimals."""
    book = np.array([25.8396358543418, 34.9866946778712, 12.6197478991597, 42.1736694677872, 24.3802521008403])
    targets = deal(given_model, 0).parameters["y"]
    solved = deal(given_model, 0).solved
    np.testing.assert_allclose(solved["residuals"], targets - book, rtol=0, atol=0.003)
    assert solved["mse"] == pytest.approx(mean_squared_error(targets, book), abs=5e-5)
    assert rounded(solved["mse"], 3) == 4.794
    assert rounded(solved["half_mse"], 3) == 2.397


def test_the_printed_classifier_has_a_sample_on_its_line_and_counts_it_as_an_error() -> None:
    solved = deal(classifier, 0).solved
    assert solved["margins"][0] == 0
    assert solved["predictions"][0] == 0
    assert solved["zero_one_loss"] == pytest.approx(2 / 6)


@pytest.mark.parametrize("problem", [commute_line, polynomial, ridge], ids=lambda problem: problem.id)
def test_the_printed_options_are_the_key_and_mistakes(problem: Problem[Any]) -> None:
    variant = deal(problem, 0)
    for answers in problem.printed_options.values():
        result = graded(variant, answers)
        assert result.correct or result.fields[0].mistake is not None
    assert sum(graded(variant, answers).correct for answers in problem.printed_options.values()) == 1


# The mistakes


def named(variant: Variant[Any], field: str, value: Any) -> str | None:
    """What the grader calls this answer when it is the only one given."""
    return graded(variant, {field: value}).fields[[each.name for each in variant.fields("open")].index(field)].mistake


@each_problem
def test_every_mistake_of_the_printed_exercise_is_named(problem: Problem[Any]) -> None:
    variant = deal(problem, 0)
    for mistake in problem.mistakes:
        for name, value in variant.mistake_answers(mistake).items():
            assert named(variant, name, rounded(value, 3)) == mistake.id


def bias_not_penalised(p: Parameters) -> Any:
    model = Ridge(alpha=len(p["y"]) * p["ridge"], solver="cholesky").fit(p["X"], p["y"])
    return [model.intercept_, *model.coef_]


def penalised_by(strength: Callable[[Parameters], float]) -> Callable[[Parameters], Any]:
    return lambda p: Ridge(alpha=strength(p), fit_intercept=False).fit(with_ones(p["X"]), p["y"]).coef_


def without_bias(p: Parameters) -> Any:
    return [0.0, *LinearRegression(fit_intercept=False).fit(p["X"], p["y"]).coef_]


def last_missing(p: Parameters) -> Any:
    model = LinearRegression().fit(p["X"][:-1], p["y"][:-1])
    return [model.intercept_, *model.coef_]


def misprinted(p: Parameters) -> Any:
    return np.array(solve_gradient(p)["gradient"]) + 2 * np.array(p["w"])


@pytest.mark.parametrize(
    ("problem", "field", "mistake", "answer"),
    [
        (commute_line, "w", "no-bias", without_bias),
        (commute_line, "w", "last-trip-missing", last_missing),
        (prediction, "w", "features-swapped", lambda p: np.array(solve_prediction(p)["w"])[[0, 2, 1]]),
        (
            prediction,
            "prediction",
            "other-kind-of-day",
            lambda p: fitted(p).predict([[p["x"][0], 1 - p["x"][1]]])[0],
        ),
        (given_model, "residuals", "residual-sign", lambda p: [-e for e in solve_given_model(p)["residuals"]]),
        (given_model, "half_mse", "half-exchanged", lambda p: solve_given_model(p)["mse"]),
        (given_model, "mse", "sum-instead-of-mean", lambda p: len(p["y"]) * solve_given_model(p)["mse"]),
        (polynomial, "w", "highest-power-first", lambda p: np.polyfit(p["x"], p["y"], 2)),
        (polynomial, "w", "line-fitted", lambda p: [*np.polyfit(p["x"], p["y"], 1)[::-1], 0.0]),
        (polynomial, "w", "first-three-points", lambda p: np.polyfit(p["x"][:3], p["y"][:3], 2)[::-1]),
        (ridge, "w", "bias-not-penalised", bias_not_penalised),
        (ridge, "w", "penalty-not-scaled", penalised_by(lambda p: p["ridge"])),
        (ridge, "w", "penalty-times-n", penalised_by(lambda p: len(p["y"]) ** 2 * p["ridge"])),
        (ridge, "w", "gradient-of-the-misprint", penalised_by(lambda p: 2 * len(p["y"]))),
        (classifier, "margins", "scores-for-margins", lambda p: with_ones(p["X"]) @ p["w"]),
        (classifier, "predictions", "tie-to-plus", lambda p: [x or 1 for x in solve_classifier(p)["predictions"]]),
        (classifier, "predictions", "tie-to-minus", lambda p: [x or -1 for x in solve_classifier(p)["predictions"]]),
        (classifier, "zero_one_loss", "tie-forgiven", lambda p: np.mean(np.array(solve_classifier(p)["margins"]) < 0)),
        (margin_losses, "hinge", "no-label", lambda p: np.mean([max(0, 1 - s) for s in p["scores"]])),
        (margin_losses, "logistic", "decimal-logarithm", lambda p: solve_margin_losses(p)["logistic"] / math.log(10)),
        (margin_losses, "squared_hinge", "half-forgotten", lambda p: 2 * solve_margin_losses(p)["squared_hinge"]),
        (gradient, "gradient", "residual-sign", lambda p: -solve_gradient(p)["gradient"]),
        (gradient, "gradient", "sum-instead-of-mean", lambda p: len(p["y"]) * solve_gradient(p)["gradient"]),
        (gradient, "ridge_gradient", "misprinted-penalty", misprinted),
        (gradient, "ridge_gradient", "no-penalty", lambda p: solve_gradient(p)["gradient"]),
    ],
    ids=lambda value: getattr(value, "id", None) or (value if isinstance(value, str) else ""),
)
def test_mistakes_made_by_other_means_are_named(
    problem: Problem[Any], field: str, mistake: str, answer: Callable[[Parameters], Any]
) -> None:
    """In nearly every variant; in the rest they are near the key or lead where another one does, and get no name."""
    names = [
        named(variant, field, rounded(answer(variant.parameters), 3)) for variant in map(deal_of(problem), range(100))
    ]
    assert set(names) <= {mistake, None}
    assert names.count(mistake) >= 90


def deal_of(problem: Problem[Any]) -> Callable[[int], Variant[Any]]:
    return lambda seed: deal(problem, seed)


@each_problem
def test_a_vector_that_no_mistake_leads_to_gets_no_name(problem: Problem[Any]) -> None:
    """Single numbers and vectors of signs are left aside: there chance does hit a mistake now and then."""
    for seed in range(50):
        variant = deal(problem, seed)
        for field in variant.fields("open"):
            if isinstance(field.kind, Vector) and field.name != "predictions":
                value = np.array(variant.solved[field.name]) * 1.2345 + 0.0737
                assert named(variant, field.name, value) is None


# Working on from a wrong number


def followed(result: Grade) -> list[str]:
    return [field.name for field in result.fields if field.followed]


def test_a_prediction_from_wrong_weights_earns_its_points() -> None:
    variant = deal(prediction, 7)
    w, (distance, weekday) = [5.0, 6.0, 1.5], variant.parameters["x"]
    result = graded(variant, {"w": w, "prediction": 5.0 + 6.0 * distance + 1.5 * weekday})
    assert followed(result) == ["prediction"]
    assert result.score == 1
    assert followed(graded(variant, {"w": w, "prediction": 6.0 * distance + 1.5 * weekday})) == []


def test_rounded_weights_are_good_enough_for_the_prediction() -> None:
    for seed in SEEDS:
        variant = deal(prediction, seed)
        w0, w1, w2 = (round(weight, 3) for weight in variant.solved["w"])
        distance, weekday = variant.parameters["x"]
        answers = {"w": [w0, w1, w2], "prediction": round(w0 + w1 * distance + w2 * weekday, 2)}
        assert graded(variant, answers).correct


def test_costs_of_wrong_residuals_earn_their_points() -> None:
    variant = deal(given_model, 3)
    e = [1.5] * len(variant.parameters["y"])
    assert followed(graded(variant, {"residuals": e, "half_mse": 1.125, "mse": 2.25})) == ["half_mse", "mse"]
    assert followed(graded(variant, {"residuals": e, "half_mse": 2.25, "mse": 2.25})) == ["mse"]


def test_residuals_of_the_wrong_sign_have_the_right_costs() -> None:
    variant = deal(given_model, 3)
    solved = solve_given_model(variant.parameters)
    result = graded(variant, {**solved, "residuals": [-e for e in solved["residuals"]]})
    assert [field.correct for field in result.fields] == [False, True, True]
    assert result.fields[0].mistake == "residual-sign"


def test_the_loss_of_wrong_predictions_earns_its_points() -> None:
    variant = deal(classifier, 0)
    answers = {
        "margins": [-1, -5, 2.5, 10, 0.5, 3.5],  # the first one wrong
        "predictions": [-1, 1, -1, 1, 1, 1],  # what these margins mean for the labels
        "zero_one_loss": 2 / 6,
    }
    assert followed(graded(variant, answers)) == ["predictions"]
    answers = {**solve_classifier(variant.parameters), "predictions": [1] * 6, "zero_one_loss": 2 / 6}
    assert [field.correct for field in graded(variant, answers).fields] == [True, False, True]
    answers = {**answers, "predictions": [1, 1, 1, 1, 1, -1], "zero_one_loss": 3 / 6}
    assert followed(graded(variant, answers)) == ["zero_one_loss"]


def test_the_penalty_added_to_a_wrong_gradient_earns_its_points() -> None:
    variant = deal(gradient, 0)
    result = graded(variant, {"gradient": [1.0, 2.0, 3.0], "ridge_gradient": [3.5, 5.0, 4.5]})
    assert followed(result) == ["ridge_gradient"]
    assert followed(graded(variant, {"gradient": [1.0, 2.0, 3.0], "ridge_gradient": [11.0, 14.0, 9.0]})) == []
