"""How a wrong answer is named: by mistakes, to the last digit, and never on a coincidence."""

import random
import re
from collections import Counter

import pytest

from problems.answers import Choice, Formula, Integer, Matrix, Number, Vector
from problems.candidates import typed_decimals
from problems.catalogue import catalogue, find
from problems.dealing import deal
from problems.diagnosis import describe, option_sources
from problems.families import FAMILIES, shared
from problems.feedback import reread
from problems.grading import grade
from problems.problem import Field, Mistake
from problems.text import Text
from problems.tolerance import Tolerance
from problems.variant import KEY

NEAR = Tolerance("absolute", 0.001)
OPEN = [problem for problem in catalogue().values() if not problem.native_choice]
every_open_problem = pytest.mark.parametrize("problem", OPEN, ids=[problem.id for problem in OPEN])


def mistake_of(variant, **answers):
    (field,) = grade(variant, "open", answers).fields
    return field.mistake


# To the digits that were typed


@pytest.fixture
def thirds(make_problem, make_mistake):
    """The key is 1, 2, 3; tripling instead of halving gives what has no end in decimals, a third of it the rest."""
    return deal(
        make_problem(
            printed={"x": [2.0, 4.0, 6.0]},
            fields=lambda _: (Field(name="w", kind=Vector(3, NEAR)),),
            mistakes=(make_mistake("a third", 1 / 3), make_mistake("two thirds", 2 / 3)),
            printed_options={},
            published={},
        ),
        0,
    )


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("0.667, 1.333, 2", "a third"),  # rounded
        ("0.666, 1.333, 2.000", "a third"),  # cut
        ("0.666, 1.333, 1.999", "a third"),  # within a tolerance, and far from the key in three numbers
        ("0.6667, 1.3333, 2.0", "a third"),
        ("0.66666667, 1.33333333, 2", "a third"),
        ("2/3, 4/3, 2", "a third"),
        ("0.67, 1.33, 2", None),  # fewer digits than asked
        ("0.669, 1.333, 2", None),
        ("-0.667, 1.333, 2", None),
        ("0.667, 1.333, 3", None),
    ],
)
def test_rounded_or_cut_to_the_decimals_that_were_typed(thirds, given, named):
    assert mistake_of(thirds, w=given) == named


@pytest.mark.parametrize(
    ("numbers", "decimals"),
    [([1.0], 0), ([100.0], 0), ([0.5, 0.25], 2), ([1e-5], 5), ([1e22], 0), ([0.1, 1 / 3], 16), ([-0.527], 3)],
)
def test_decimals_as_typed(numbers, decimals):
    assert typed_decimals(numbers) == decimals


def test_single_numbers_are_named_to_the_last_digit_only(make_problem):
    variant = deal(
        make_problem(
            fields=lambda _: (Field(name="w", kind=Number(NEAR)),),
            solve=lambda p: {"w": p["x"][0] / 2},
            mistakes=(),
            printed_options={},
            published={},
        ),
        0,
    )
    assert mistake_of(variant, w=10) == "decimal-point"
    assert mistake_of(variant, w=10.001) is None


# Several mistakes, one answer


def test_mistakes_within_a_tolerance_of_each_other_are_not_told_apart(make_problem, make_mistake):
    close = (make_mistake("doubled", 2), make_mistake("nearly doubled", 2.0002))
    variant = deal(make_problem(mistakes=close, printed_options={}, published={}), 0)
    (field,) = grade(variant, "open", {"w": "4, 8"}).fields
    assert (field.mistake, set(field.candidates)) == (None, {"doubled", "nearly doubled"})
    apart = (make_mistake("doubled", 2), make_mistake("nearly doubled", 2.002))
    variant = deal(make_problem(mistakes=apart, printed_options={}, published={}), 0)
    assert mistake_of(variant, w="4, 8") == "doubled"
    assert mistake_of(variant, w="4.004, 8.008") == "nearly doubled"


def test_a_family_is_said_and_nothing_is_said_without_one(make_problem, make_mistake):
    kin = (make_mistake("factor-two", 2), make_mistake("sum-instead-of-mean", 2))
    (field,) = grade(deal(make_problem(mistakes=kin), 0), "open", {"w": "4, 8"}).fields
    assert (field.mistake, field.family, field.score) == (None, "gradient-scale", 0)
    assert shared("gradient-scale").en in field.feedback.en
    assert shared("gradient-scale").zh in field.feedback.zh
    strangers = (make_mistake("factor-two", 2), make_mistake("reversed-order", 2))
    (field,) = grade(deal(make_problem(mistakes=strangers), 0), "open", {"w": "4, 8"}).fields
    assert (field.mistake, field.family) == (None, None)
    assert "Several" not in field.feedback.en


def test_one_mistake_that_explains_every_wrong_answer_is_named_for_all():
    """c2.1: with the gradient twice too long, the step is twice too long as well."""
    variant = deal(find("c2.1"), 0)
    doubled = variant.mistaken["factor-two"]
    # Typed with the right step, the gradient contradicts it; the gradient alone may still be told.
    both = grade(variant, "open", doubled)
    assert both.fields[0].mistake == "factor-two"
    ascent = variant.mistaken["ascent"]
    assert [field.mistake for field in grade(variant, "open", ascent).fields] == [None, "ascent"]


# What is said


@pytest.mark.parametrize(
    ("place", "en", "zh"),
    [
        ("1.3", "See section 1.3.", "请重读第 1.3 节。"),
        ("1.4, (1.7)", "See section 1.4, (1.7).", "请重读第 1.4 节式 (1.7)。"),
        ("3.3.1, (3.4), (3.5)", "See section 3.3.1, (3.4), (3.5).", "请重读第 3.3.1 节式 (3.4)、(3.5)。"),
        (
            "2.1, (2.1); 1.3, (1.5)",
            "See section 2.1, (2.1) and section 1.3, (1.5).",
            "请重读第 2.1 节式 (2.1)和第 1.3 节式 (1.5)。",
        ),
        ("4.2.1, 4.2.2", "See section 4.2.1 and section 4.2.2.", "请重读第 4.2.1 节和第 4.2.2 节。"),
    ],
)
def test_the_place_to_read_again(place, en, zh):
    assert reread(place) == Text(en, zh)


def test_a_named_mistake_ends_with_the_place_to_read_again():
    variant = deal(find("1.6"), 3)
    (field,) = grade(variant, "open", {"w": variant.mistaken["hinge"]["w"]}).fields
    assert field.feedback.en == f"{find('1.6').mistake('hinge').text.en}\n\nSee section 1.4, (1.7)."


@pytest.mark.parametrize(
    ("given", "en"),
    [
        ("1, 2.005", "Not right yet: look at component 2 (counted from 1). It is off by less than 0.01."),
        ("1, 2.05", "Not right yet: look at component 2 (counted from 1). It is off by less than 0.1."),
        ("1.3, 2.05", "No component is right. None of them is off by 1 or more."),
        ("700, 2", "Not right yet: look at component 1 (counted from 1)."),
    ],
)
def test_how_far_off_at_most(make_problem, given, en):
    variant = deal(make_problem(mistakes=(), printed_options={}, published={}), 0)
    (field,) = grade(variant, "open", {"w": given}).fields
    assert field.feedback.en == en


def test_cells_of_a_matrix_are_named_by_row_and_column(make_problem):
    asked = {
        "fields": lambda _: (Field(name="A", kind=Matrix(2, 2, NEAR)),),
        "solve": lambda _: {"A": [[1, 2], [3, 4]]},
        "mistakes": (),
        "printed_options": {},
        "published": {},
    }
    (field,) = grade(deal(make_problem(**asked), 0), "open", {"A": "[1 2; 3.5 4]"}).fields
    assert field.feedback.en == (
        "Not right yet: look at the cells (2, 1) (row and column, counted from 1). It is off by less than 1."
    )


def test_what_is_not_told_is_not_there(make_problem):
    variant = deal(make_problem(), 0)
    verdict, parts, full = (
        grade(variant, "open", {"w": "4, 8"}, detail=detail).fields[0] for detail in ("verdict", "parts", "full")
    )
    assert (verdict.parts, verdict.mistake, verdict.family, verdict.candidates) == ((), None, None, ())
    assert verdict.feedback == Text("Not right.", "不正确。")
    assert (parts.parts, parts.mistake) == ((False, False), None)
    assert parts.feedback.en == "No component is right."
    assert (full.parts, full.mistake) == ((False, False), "doubled")
    assert verdict.score == parts.score == full.score
    assert grade(variant, "open", {"w": "1, 2"}, detail="verdict").fields[0].feedback == Text("Right.", "正确。")
    assert grade(variant, "choice", {"answer": "A"}, detail="parts").fields[0].mistake is None


def test_no_reasons_of_options_before_they_are_released():
    variant = deal(find("2.6"), 0)
    for detail, told in (("verdict", False), ("parts", False), ("full", True)):
        feedback = grade(variant, "choice", {"answer": ["3", "5"]}, detail=detail).fields[0].feedback.en
        assert (find("2.6").erratum.reason.en in feedback) == told


def test_credit_is_for_what_was_worked_out_not_for_a_guess(make_problem, make_mistake):
    problem = make_problem(mistakes=tuple(make_mistake(f"times {k}", k, credit=0.5) for k in (2, 3, 4)))
    variant = deal(problem, 1)
    for option in option_sources(variant):
        if not option.right:
            (field,) = grade(variant, "choice", {"answer": option.option}).fields
            assert (field.mistake, field.score) == (option.mistakes[0].id, 0)
            (typed,) = grade(variant, "open", variant.mistaken[field.mistake]).fields
            assert (typed.mistake, typed.score) == (field.mistake, 0.5)


# Coincidences


@every_open_problem
def test_no_mistake_is_named_for_an_answer_that_others_lead_to(problem):
    """Pairs of mistakes that come within a tolerance of each other, or of the key, in every answer they share."""
    for seed in range(12):
        variant = deal(problem, seed)
        if "open" not in variant.forms:
            continue
        for mistake in problem.mistakes:
            answers = variant.mistake_answers(mistake)
            twins = [m for m, other in variant.mistaken.items() if m != mistake.id and variant.near(other, answers, 1)]
            whole = set(answers) == set(variant.solved)
            same = [m for m in twins if set(variant.mistaken[m]) == set(answers)]
            if answers and whole and (same or variant.near_key(answers)):
                result = grade(variant, "open", answers)
                assert {field.mistake for field in result.fields} == {None}


# Distractors


def check_options(variant):
    (field,) = variant.fields("choice")
    assert isinstance(field.kind, Choice)
    sources = option_sources(variant)
    assert [source.option for source in sources] == [option.id for option in field.kind.options]
    assert [source.right for source in sources].count(True) == 1
    for option, source in zip(field.kind.options, sources, strict=True):
        assert source.right == (option.source == KEY) == grade(variant, "choice", {"answer": option.id}).correct
        assert source.right or option.source == f"mistake:{source.mistakes[0].id}"


WITH_OPTIONS = [problem for problem in OPEN if problem.printed_options]


@pytest.mark.parametrize("problem", WITH_OPTIONS, ids=[problem.id for problem in WITH_OPTIONS])
def test_options_are_the_key_and_mistakes(problem):
    for seed in range(1, 16):
        check_options(deal(problem, seed))


@pytest.mark.soak
def test_options_of_ten_thousand_variants_are_the_key_and_mistakes():
    for seed in range(1, 10_000 // len(WITH_OPTIONS) + 2):
        for problem in WITH_OPTIONS:
            check_options(deal(problem, seed))


def test_printed_options_say_what_they_stand_for():
    sources = {source.option: source for source in option_sources(deal(find("1.5"), 0))}
    assert sources["C"].right
    assert [mistake.id for mistake in sources["D"].mistakes] == ["reversed-weights"]
    assert option_sources(deal(find("2.6"), 0)) == ()


# Families and minimum numbers


@every_open_problem
def test_every_mistake_has_a_family_and_enough_mistakes_are_known(problem):
    assert all(mistake.family in FAMILIES for mistake in problem.mistakes)
    assert len(problem.mistakes) >= (8 if "steps" in problem.printed or "passes" in problem.printed else 4)


@every_open_problem
def test_the_places_to_read_again_are_in_the_chapters(problem):
    """Chapters 1 to 4: the fifth holds the exercises and their solutions. What the book does not teach has no place."""
    section = r"[1-4](\.\d)+(, \([1-4]\.\d+\))*"
    for mistake in problem.mistakes:
        assert re.fullmatch(rf"({section}([;,] {section})*)?", mistake.reread), mistake.reread


def test_an_unknown_family_is_refused(make_mistake):
    with pytest.raises(ValueError, match="no family"):
        make_mistake("odd", 3, family="odd ones")


def test_a_stored_id_can_be_described():
    assert describe(find("1.6"), "hinge") == find("1.6").mistake("hinge").text
    assert describe(find("1.6"), "components-swapped").en == "two components exchanged"
    with pytest.raises(KeyError):
        describe(find("1.6"), "unheard-of")


# Random wrong answers


def scattered(rng, kind, key, *, far):
    """A wrong answer near the key (1 to 50 tolerances off in every number, or in one), or anywhere of its size."""
    if isinstance(key, tuple):
        if not far and rng.random() < 0.5:
            place = rng.randrange(len(key))
            return [scattered(rng, kind, k, far=far) if i == place else k for i, k in enumerate(key)]
        return [scattered(rng, kind, k, far=far) for k in key]
    reach = 3 * max(1.0, abs(key))
    if isinstance(kind, Integer):
        return round(key + rng.uniform(-reach, reach)) if far else key + rng.choice((-1, 1)) * rng.randint(1, 50)
    if far:
        return rng.uniform(-reach, reach)
    return key + rng.choice((-1, 1)) * rng.uniform(1.01, 50) * kind.tolerance.width(key)


def rounded(value):
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    return value if isinstance(value, int) else round(value, 3)


def named_by_chance(answers):
    """How many random answers, in one field or in all, near and far, are wrong, and how many of them get a name."""
    rng = random.Random(20_24)
    counted = Counter()
    for problem in OPEN:
        for k in range(answers):
            variant = deal(problem, 1 + k % 25)
            kinds = {f.name: f.kind for f in variant.native_fields if not isinstance(f.kind, Formula)}
            chosen = set(kinds) if k // 25 % 2 else {rng.choice(list(kinds))}
            far = k // 50 % 2 == 0
            given = {name: variant.solved[name] for name in kinds}
            for name in chosen:
                value = scattered(rng, kinds[name], given[name], far=far)
                given[name] = value if k % 3 == 0 else rounded(value)
            for field in grade(variant, "open", given).fields:
                if field.name in chosen and not field.correct:
                    which = (problem.id, "far" if far else "near")
                    counted[which, "wrong"] += 1
                    counted[which, "named"] += field.mistake is not None
    return counted


def summed(counted, what, where=None):
    return sum(n for ((_, place), kind), n in counted.items() if kind == what and where in (None, place))


def test_random_answers_are_hardly_ever_named():
    """Vectors, matrices, single numbers and counts, on every exercise."""
    counted = named_by_chance(200)
    assert summed(counted, "wrong") > 8000
    assert summed(counted, "named") <= 0.001 * summed(counted, "wrong")


@pytest.mark.soak
def test_of_a_hundred_thousand_random_answers_one_in_a_thousand_is_named():
    counted = named_by_chance(2000)
    for where in ("near", "far"):
        wrong, named = summed(counted, "wrong", where), summed(counted, "named", where)
        print(where, wrong, named, Counter({key: n for key, n in counted.items() if key[1] == "named" and n}))  # noqa: T201
        assert wrong > 50_000
        assert named <= 0.001 * wrong


def alone(make_problem, kind, key):
    """An exercise of one number, where adding 40 units or 60 is a mistake."""
    unit = 1 if isinstance(kind, Integer) else 0.001
    mistakes = tuple(
        Mistake(id=f"{k} more", text=Text(f"{k} more.", f"多了 {k}。"), answers=lambda _, k=k: {"w": key + k * unit})
        for k in (40, 60)
    )
    asked = {"fields": lambda _: (Field(name="w", kind=kind),), "solve": lambda _: {"w": key}, "mistakes": mistakes}
    return deal(make_problem(**asked, printed_options={}, published={}), 0)


@pytest.mark.parametrize(
    ("kind", "key", "near", "far"),
    [(Integer(), 300, "340", "360"), (Number(NEAR), 1.25, "1.29", "1.31")],
)
def test_a_single_number_near_the_key_may_be_a_coincidence(make_problem, kind, key, near, far):
    variant = alone(make_problem, kind, key)
    (field,) = grade(variant, "open", {"w": near}).fields
    assert (field.mistake, field.candidates) == (None, ("40 more",))
    assert field.feedback.en.endswith("It may be a coincidence, but the same number comes from this mistake: 40 more.")
    assert field.feedback.zh.endswith("也可能只是巧合，但下面这个错误恰好得到同样的数：多了 40。")
    (field,) = grade(variant, "open", {"w": far}).fields
    assert (field.mistake, field.candidates, field.feedback.en) == ("60 more", (), "60 more.")


def test_more_digits_or_a_second_number_make_it_certain(make_problem):
    variant = alone(make_problem, Number(NEAR), 1 / 3)
    assert mistake_of(variant, w="0.373") is None
    assert mistake_of(variant, w="0.37333") == "40 more"
    counts = deal(find("2.3"), 0)  # the kernel's side is one too small, in height and width
    named = [field.mistake for field in grade(counts, "open", {"N": 10, "H": 4, "W": 4, "C": 3}).fields]
    assert named == [None, "one-forgotten", "one-forgotten", None]


@every_open_problem
def test_numbers_as_large_as_they_go_are_wrong_and_nothing_else(problem):
    variant = deal(problem, 1)
    for huge in (1e308, -1e308):

        def filled(value, huge=huge):
            return [filled(each) for each in value] if isinstance(value, tuple) else huge

        given = {
            field.name: "0" if isinstance(field.kind, Formula | Integer) else filled(variant.solved[field.name])
            for field in variant.native_fields
        }
        assert {field.mistake for field in grade(variant, "open", given).fields} <= {None}
