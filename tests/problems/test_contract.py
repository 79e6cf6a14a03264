"""What must hold of every problem, on many seeds. A new problem is tested here without a line being added."""

import json
import statistics

import pytest

from problems.answers import Choice, Choices
from problems.catalogue import catalogue
from problems.checks import check
from problems.dealing import deal, ill_posed
from problems.grading import grade
from problems.problem import Problem

SEEDS = range(21)
MORE_SEEDS = range(21, 500)

every_problem = pytest.mark.parametrize("problem", catalogue().values(), ids=list(catalogue()))
every_typed_problem = pytest.mark.parametrize(
    "problem", [pytest.param(each, id=id_) for id_, each in catalogue().items() if not each.native_choice]
)


def variants(problem, seeds=SEEDS):
    return [deal(problem, seed) for seed in seeds]


@every_problem
def test_a_problem_is_sound(problem: Problem):
    assert list(check(problem, SEEDS)) == []


@pytest.mark.soak
@every_problem
def test_a_problem_is_sound_on_hundreds_of_seeds(problem: Problem):
    assert list(check(problem, MORE_SEEDS)) == []


@every_problem
def test_few_draws_are_ill_posed(problem: Problem):
    """At least one in sixteen is good: then 500 bad ones in a row come with a probability of 1e-14."""
    assert statistics.mean(variant.redraws for variant in variants(problem)[1:]) <= 15


@every_problem
def test_seeds_give_different_exercises(problem: Problem):
    dealt = {json.dumps(variant.parameters, sort_keys=True) for variant in variants(problem)}
    assert len(dealt) > len(SEEDS) / 2


@every_problem
def test_the_data_do_not_hold_the_key(problem: Problem):
    """`data` is served to the student: the parameters have no name in common with the answer fields."""
    for variant in variants(problem):
        for form in variant.forms:
            assert not {field.name for field in variant.fields(form)} & set(variant.parameters)


@every_problem
def test_the_right_option_stands_in_every_place(problem: Problem):
    """Who always ticks the same option is not right more often than by chance."""
    right = set()
    for variant in variants(problem, range(1, 61)):
        if "choice" in variant.forms and isinstance(variant.fields("choice")[0].kind, Choice | Choices):
            right |= set(variant.keys("choice", "either")[0]["answer"])
            places = {option.id for option in variant.fields("choice")[0].kind.options}
    assert not right or right == places


@every_problem
def test_choosing_nothing_wrong_is_full_score_and_everything_wrong_is_none(problem: Problem):
    for variant in variants(problem):
        for form in variant.forms:
            (key, *others) = variant.keys(form, "either")
            result = grade(variant, form, key)
            assert result.score == result.max_score > 0
            for field in variant.fields(form):
                if isinstance(field.kind, Choice) and not others:
                    scores = [grade(variant, form, {field.name: o.id}).score for o in field.kind.options]
                    assert sorted(scores) == [0] * (len(scores) - 1) + [field.points]


@every_problem
def test_the_same_texts_stand_in_both_languages(problem: Problem):
    """Chinese is written in Chinese, English is not, and the numbers are the same: both are filled from one variant."""
    for variant in variants(problem, range(3)):
        for text in (problem.page.title, variant.statement, variant.solution, *variant.hints):
            assert any("\u4e00" <= character <= "\u9fff" for character in text.zh)
            assert not any("\u4e00" <= character <= "\u9fff" for character in text.en)


# Mistakes


def outcome(variant, mistake):
    """What becomes of a student who makes this mistake and no other: the name of the mistake, or why there is none."""
    answers = variant.mistake_answers(mistake)
    if not answers:
        return "no answer"
    if variant.near_key(answers):
        return "the key"
    twins = [name for name, other in variant.mistaken.items() if variant.near(other, answers, 2.0)]
    result = grade(variant, "open", dict(variant.solved) | dict(answers))
    named = {field.mistake for field in result.fields} - {None}
    if named:
        assert named <= set(twins), "an answer is held for a mistake that leads elsewhere"
    # A number so near the key that it may be a coincidence is not named, and its mistake is told as a candidate.
    told = named or {candidate for field in result.fields for candidate in field.candidates}
    return mistake.id if told == {mistake.id} else "shared" if len(twins) > 1 else f"unnamed: {named}"


@every_typed_problem
def test_a_mistake_is_told_or_coincides(problem: Problem):
    """On every exercise, the printed one included, whoever makes one known mistake is told so, if it can be known."""
    for variant in variants(problem):
        if "open" in variant.forms:
            for mistake in problem.mistakes:
                assert outcome(variant, mistake) in (mistake.id, "no answer", "the key", "shared")


@every_typed_problem
def test_every_mistake_is_told_on_some_variant(problem: Problem):
    """A mistake that always coincides with another one, or with the key, tells nobody anything."""
    untold = list(problem.mistakes)
    for variant in variants(problem, range(1, 41)):
        if "open" in variant.forms:
            untold = [mistake for mistake in untold if outcome(variant, mistake) != mistake.id]
        if not untold:
            break
    assert untold == []


@every_problem
def test_core_mistakes_never_yield_the_key_of_a_variant(problem: Problem):
    for variant in variants(problem)[1:]:
        assert ill_posed(variant) is None
        core = {mistake.id for mistake in problem.mistakes if mistake.core}
        yielding = {mistake.id for mistake in problem.mistakes if variant.near_key(variant.mistake_answers(mistake))}
        assert not core & yielding


@every_problem
def test_mistakes_have_names_of_their_own_and_texts_in_both_languages(problem: Problem):
    names = [mistake.id for mistake in problem.mistakes]
    assert len(names) == len(set(names))
    for mistake in problem.mistakes:
        assert mistake.id == mistake.id.lower().replace(" ", "-").replace("_", "-")
        assert mistake.text.en.endswith((".", "?", "$"))
        assert mistake.text.zh.endswith(("。", "？", "$"))
        assert 0 <= mistake.credit < 1


# Names of the HTTP contract

DESCENT = {"X", "y", "w0", "step_size", "steps"}
CONTRACT = {
    "1.4": ({"layers"}, {"count": "Integer"}),
    "1.5": ({"x1", "x2", "weights"}, {"x": "Vector"}),
    "1.6": (DESCENT, {"w": "Vector"}),
    "1.7": (DESCENT, {"w": "Vector"}),
    "1.8": (DESCENT | {"momentum"}, {"w": "Vector"}),
    "1.9": (DESCENT | {"epsilon"}, {"w": "Vector"}),
    "1.10": ({"X", "y", "w0", "passes"}, {"w": "Vector"}),
    "2.3": ({"input", "output", "stride", "padding"}, dict.fromkeys("NHWC", "Integer")),
    "2.4": ({"image", "kernel", "stride", "padding"}, {"difference": "Integer"}),
}
PRINTED_DATA = {
    "1.4": {"layers": [6, 5, 10, 3]},
    "1.8": {"step_size": 0.5, "steps": 25, "momentum": 0.5},
    "1.9": {"step_size": 0.1, "steps": 80, "epsilon": 1e-6},
    "1.10": {"passes": 1, "w0": [0, 0, 0, 0], "y": [1, 1, -1, -1, 1, -1, 1, -1]},
    "2.3": {"input": [11, 11, 3], "output": [7, 7, 10], "stride": 1, "padding": 0},
    "2.4": {"image": [50, 50], "kernel": 3, "stride": 1, "padding": 1},
}


@pytest.mark.parametrize("id_", CONTRACT)
def test_data_and_fields_have_the_names_of_the_contract(id_):
    data, fields = CONTRACT[id_]
    for variant in variants(catalogue()[id_]):
        assert set(variant.parameters) == data
        if variant.seed != 0 or id_ != "1.5":
            assert {field.name: field.kind.name for field in variant.fields("open")} == fields
        assert [field.name for field in variant.fields("choice")] == ["answer"]
        if "X" in data:  # rows are samples
            assert len(variant.parameters["X"]) == len(variant.parameters["y"])
            assert {len(row) for row in variant.parameters["X"]} == {len(variant.parameters["w0"])}


def test_2_1_has_the_names_of_the_contract_in_both_forms():
    for variant in variants(catalogue()["2.1"]):
        assert set(variant.parameters) == {"image", "channels", "classes", "architectures"}
        for architecture in variant.parameters["architectures"]:
            assert set(architecture) == {"convolutions", "dense"}
            assert len(architecture["dense"]) == 2
            for layer in architecture["convolutions"]:
                assert set(layer) == {"filters", "kernel", "stride", "padding"}
        assert set(variant.forms) == {"choice", "open"}
        for form in variant.forms:
            assert [(field.name, field.kind.name) for field in variant.fields(form)] == [("answer", "Choices")]


@pytest.mark.parametrize("id_", PRINTED_DATA)
def test_the_printed_data(id_):
    assert PRINTED_DATA[id_].items() <= deal(catalogue()[id_], 0).parameters.items()


def test_1_5_is_printed_with_letters_and_so_can_only_be_chosen():
    variants_of = catalogue()["1.5"]
    assert deal(variants_of, 0).forms == ("choice",)
    assert deal(variants_of, 1).forms == ("open", "choice")
