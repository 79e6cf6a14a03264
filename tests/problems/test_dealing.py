"""Dealing: the same seed gives the same variant everywhere, and every variant is well-posed."""

import itertools
import json
import math
import os
import subprocess
import sys

import pytest

from problems.catalogue import catalogue
from problems.dealing import MAX_REDRAWS, NoWellPosedVariantError, SeedOutOfRangeError, deal, restore
from problems.draws import MAX_SEED
from problems.problem import Mistake
from problems.text import Text

SEEDS = range(1, 30)


def dealt(problem, seed):
    """A variant as it is stored."""
    variant = deal(problem, seed)
    return variant.parameters, variant.layout, variant.redraws


# The same everywhere


def test_seed_0_is_the_exercise_as_printed(make_problem):
    problem = make_problem()
    variant = deal(problem, 0)
    assert variant.parameters == problem.printed
    assert [option.id for option in variant.fields("choice")[0].kind.options] == ["A", "B", "C", "D"]
    assert variant.fields("choice")[0].kind.options[1].source == "key"


def test_a_seed_gives_the_same_variant_in_any_order_of_calls(make_problem):
    problem, again = make_problem(id="1.6"), make_problem(id="1.6")
    forwards = {seed: dealt(problem, seed) for seed in SEEDS}
    backwards = {seed: dealt(again, seed) for seed in reversed(SEEDS)}
    assert forwards == backwards
    assert len({json.dumps(parameters) for parameters, _, _ in forwards.values()}) > len(SEEDS) / 2


def test_another_version_deals_other_variants(make_problem):
    old, new = make_problem(id="1.6"), make_problem(id="1.6", version=2)
    assert [dealt(old, seed) for seed in SEEDS] != [dealt(new, seed) for seed in SEEDS]


PROGRAM = """
import json, sys
from problems.catalogue import catalogue
from problems.dealing import deal
order = reversed if sys.argv[1] == "backwards" else list
variants = {}
for problem in order(list(catalogue().values())):
    for seed in order([1, 2, 3]):
        variant = deal(problem, seed)
        variants[f"{problem.id}/{seed}"] = [variant.parameters, variant.layout, variant.redraws]
print(json.dumps(variants, sort_keys=True))
"""


def test_every_process_deals_the_same():
    """Whatever the seed of Python's hashes, which decides the order of sets, and whatever is asked first."""

    def run(hash_seed, order):
        command = [sys.executable, "-c", PROGRAM, order]
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    here = {
        f"{problem.id}/{seed}": json.loads(json.dumps(dealt(problem, seed)))
        for problem in catalogue().values()
        for seed in (1, 2, 3)
    }
    assert json.loads(run("1", "forwards")) == json.loads(run("2", "backwards")) == here


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1, 2**64])
def test_seeds_beyond_the_range_are_refused(make_problem, seed):
    with pytest.raises(SeedOutOfRangeError):
        deal(make_problem(), seed)


def test_the_largest_seed_is_exact_in_a_double(make_problem):
    assert deal(make_problem(), MAX_SEED).parameters
    assert float(MAX_SEED) == MAX_SEED == 2**53 - 1


# Well-posed


def test_ill_posed_draws_are_drawn_again_and_counted(make_problem):
    reasons = itertools.chain(["too flat", "too steep"], itertools.repeat(None))
    problem = make_problem(ill_posed=lambda _: next(reasons))
    assert deal(problem, 1).redraws == 2
    assert deal(problem, 1).parameters != deal(make_problem(id=problem.id), 1).parameters


def test_a_problem_that_is_never_well_posed_is_reported(make_problem):
    draws = []
    problem = make_problem(draw=lambda _: draws.append(1) or {"x": [1.0, 1.0]}, ill_posed=lambda _: "never")
    with pytest.raises(NoWellPosedVariantError, match=problem.id):
        deal(problem, 1)
    assert len(draws) == MAX_REDRAWS


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ([0.0, 0.0], "twice 0 is half of 0: the core mistake yields the key"),
        ([math.inf, 1.0], "the key is infinite"),
        ([1.0, 2.001], "half of it stands on a rounding boundary of three decimals"),
        ([1.0, 2.00102], "or nearer than 2e-5 to one"),
    ],
)
def test_what_is_drawn_again(make_problem, first, why):
    draws = iter([first, [1.0, 2.5]])
    variant = deal(make_problem(draw=lambda _: {"x": next(draws)}), 1)
    assert variant.redraws == 1, why
    assert variant.parameters == {"x": [1.0, 2.5]}


def test_a_component_well_off_the_rounding_boundary_stays(make_problem):
    assert deal(make_problem(draw=lambda _: {"x": [1.0, 2.00106]}), 1).redraws == 0


def test_a_mistake_that_is_not_core_may_yield_the_key(make_problem, make_mistake):
    mistakes = (*(make_mistake(f"times {k}", k) for k in (1, 2, -1)), make_mistake("harmless", 0.5))
    variant = deal(make_problem(mistakes=mistakes), 1)
    assert variant.redraws == 0
    assert "harmless" not in variant.mistaken
    assert "mistake:harmless" not in variant.layout


# The options of the derived form `choice`


def test_the_options_are_the_key_and_mistakes_well_apart_in_random_order(make_problem):
    problem = make_problem()
    places = set()
    for seed in SEEDS:
        variant = deal(problem, seed)
        assert len(variant.layout) == len(set(variant.layout)) == 4
        places.add(variant.layout.index("key"))
        answers = [variant._of_source(source) for source in variant.layout]
        assert not any(variant.near(a, b, 10) for a, b in itertools.combinations(answers, 2))
        options = variant.fields("choice")[0].kind.options
        assert [option.id for option in options] == ["A", "B", "C", "D"]
        assert variant.keys("choice", "either") == ({"answer": "ABCD"[variant.layout.index("key")]},)
    assert places == {0, 1, 2, 3}


def fails(_):
    raise ValueError("no answer this way")


def overflows(_):
    raise OverflowError


@pytest.mark.parametrize(
    ("answers", "distractor", "why"),
    [
        (lambda p: {"w": [1000 * x for x in p["x"]]}, True, "a number that size gives itself away"),
        (lambda p: {"w": [3 * x for x in p["x"]]}, False, "declared no distractor"),
        (lambda p: {"w": [x / 2 + 0.009 for x in p["x"]]}, True, "within ten tolerances of the key"),
        (lambda p: {"w": [x + 0.009 for x in p["x"]]}, True, "within ten tolerances of another option"),
        (lambda _: {"w": [math.nan, 1.0]}, True, "not finite"),
        (lambda _: {}, True, "has no meaning here"),
        (fails, True, "fails"),
        (overflows, True, "overflows"),
    ],
)
def test_what_is_no_option(make_problem, make_mistake, answers, distractor, why):
    odd = Mistake(id="odd", text=Text("Odd.", "怪。"), answers=answers, distractor=distractor)
    plain = (make_mistake("kept", 1), make_mistake("doubled", 2), make_mistake("sign", -0.5))
    problem = make_problem(mistakes=(*plain, odd))
    for seed in SEEDS:
        shown = set(deal(problem, seed).layout)
        assert "mistake:odd" not in shown or "mistake:kept" not in shown, why
        assert "mistake:odd" not in shown or why.endswith("another option")


def test_with_too_few_options_it_is_drawn_again(make_problem, make_mistake):
    """Where x is 0 the mistakes fall together."""
    draws = iter([[0.004, 0.0], [1.0, 2.0]])
    mistakes = tuple(make_mistake(f"times {k}", k) for k in (1, 2, -1))
    assert deal(make_problem(draw=lambda _: {"x": next(draws)}, mistakes=mistakes), 1).redraws == 1


# Restoring


def test_what_was_stored_is_restored_whatever_would_be_drawn_today(make_problem):
    before = deal(make_problem(id="1.6"), 7)
    changed = make_problem(id="1.6", version=2, draw=lambda _: {"x": [1.0, 1.0]})
    after = restore(changed, 7, json.loads(json.dumps(before.parameters)), before.layout)
    assert after.statement == before.statement
    assert after.fields("choice") == before.fields("choice")
    assert after.keys("open", "either") == before.keys("open", "either")
