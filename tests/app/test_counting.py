"""The rule that makes points of attempts: which count, what is taken off, what is given or taken by other means."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.attempts.counting import COUNTED_ALONE, Outcome, Rules, Worth, outcome, value

SHARES = (0.25, 1.0, 0.5, 1.0)


def attempts(*shares: float | None, late: float = 1.0) -> list[Worth]:
    return [Worth(f"a{number}", number, share, late, late < 1) for number, share in enumerate(shares, 1)]


def graded(*shares: float | None, counting: str = "best", override: float | None = None, **rules) -> Outcome:
    return outcome(attempts(*shares), Rules(**{"points": 4.0, "counting": counting} | rules), override)


@pytest.mark.parametrize(
    ("counting", "score", "counted"),
    [("best", 4.0, "a2"), ("last", 4.0, "a4"), ("first", 1.0, "a1"), ("average", 2.75, None)],
)
def test_which_attempts_count(counting, score, counted):
    found = graded(*SHARES, counting=counting)
    assert (found.score, found.counted, found.attempts) == (score, counted, 4)


def test_the_penalty_falls_on_every_attempt_but_the_first_and_never_below_zero():
    values = [value(each, 0.3) for each in attempts(1, 1, 1, 1, 1, 1)]
    assert values == [1.0, 0.7, 0.4, 0.1, 0.0, 0.0]


def test_ten_attempts_at_a_tenth_leave_nothing():
    assert value(Worth("a11", 11, 1.0), 0.1) == 0.0


def test_with_a_penalty_an_earlier_attempt_can_be_the_best():
    assert graded(0.75, 1.0, attempt_penalty=0.5).counted == "a1"


def test_lateness_is_taken_off_the_attempt_that_was_late():
    rules = Rules(points=4.0, counting="best")
    mixed = [Worth("a1", 1, 0.5), Worth("a2", 2, 1.0, 0.25, is_late=True)]
    assert (outcome(mixed, rules).score, outcome(mixed, rules).late) == (2.0, False)
    assert outcome(attempts(1.0, late=0.75), rules) == Outcome(
        score=3.0, share=1.0, attempts=1, counted="a1", late=True, overridden=False, status="graded"
    )


def test_an_attempt_that_could_not_be_graded_does_not_count():
    assert graded(None, 0.5).score == 2.0
    assert (graded(None).score, graded(None).status) == (None, "waiting")


def test_what_else_can_make_a_grade():
    """A voided item has none, whatever else; then comes the override, then points for all, then the attempts."""
    assert (graded(1.0, award="void", override=3.0).score, graded(1.0, award="void").status) == (None, "void")
    assert (graded(0.0, award="full").score, graded(award="full").score) == (4.0, 4.0)
    assert graded(0.0, award="full", override=1.0).score == 1.0
    assert graded(1.0, override=0.0).score == 0.0
    assert graded(1.0, override=9.0).score == 4.0  # the points of the item have been lowered since


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=12),
    st.sampled_from(["best", "last", "first", "average"]),
    st.floats(0, 1),
    st.floats(0, 1000),
)
def test_a_score_lies_between_nothing_and_the_points(shares, counting, penalty, points):
    found = graded(*shares, counting=counting, attempt_penalty=penalty, points=points)
    assert (found.score is None) == all(share is None for share in shares)
    if found.score is not None:
        assert 0 <= found.score <= points
        assert (found.counted is not None) == (counting in COUNTED_ALONE)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.integers(0, 100))
def test_the_best_is_at_least_every_other_rule(shares, percent):
    penalty = float(Fraction(percent, 100))
    best = graded(*shares, counting="best", attempt_penalty=penalty).score
    for counting in ("last", "first", "average"):
        other = graded(*shares, counting=counting, attempt_penalty=penalty).score
        assert best >= other - 1e-12
