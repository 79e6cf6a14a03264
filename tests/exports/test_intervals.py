"""What other programs are told to accept is what we accept."""

from hypothesis import assume, given
from hypothesis import strategies as st

from app.exports.asking import decimal, rounded
from app.exports.moodle_answers import FRACTIONS, percent
from problems.tolerance import Tolerance
from tests.exports.moodle_reader import allowed

RULES = st.one_of(
    st.builds(Tolerance, st.just("absolute"), st.sampled_from([0, 0.001, 0.01, 0.5])),
    st.builds(Tolerance, st.just("relative"), st.sampled_from([0.001, 0.01])),
    st.builds(Tolerance, st.just("decimals"), st.integers(0, 5)),
    st.builds(Tolerance, st.just("significant"), st.integers(1, 6)),
)
NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-6)


@given(RULES, NUMBERS, st.floats(-3, 3))
def test_intervals_hold_what_a_tolerance_accepts(tolerance: Tolerance, key: float, widths: float) -> None:
    assume(key or tolerance.kind in {"absolute", "decimals"})
    answer = key + widths * tolerance.width(key)
    inside = any(low <= answer <= high for low, high in tolerance.intervals(key))
    on_edge = any(abs(answer - end) < 1e-9 * max(1, abs(key)) for ends in tolerance.intervals(key) for end in ends)
    assert inside == tolerance.accepts(answer, key) or on_edge


@given(RULES, NUMBERS, st.integers(0, 5))
def test_rounded_answers_are_judged_alike(tolerance: Tolerance, key: float, decimals: int) -> None:
    assume(key or tolerance.kind in {"absolute", "decimals"})
    answer = float(rounded(key, decimals))
    inside = any(low <= answer <= high for low, high in tolerance.intervals(key))
    assert inside == tolerance.accepts(answer, key)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_written_without_an_exponent_and_read_back_the_same(number: float) -> None:
    assert set(decimal(number)) <= set("-.0123456789")
    assert float(decimal(number)) == number


def test_every_fraction_that_is_written_is_on_moodle_s_list() -> None:
    for fraction in FRACTIONS:
        assert abs(allowed(float(percent(fraction))) - fraction) < 1e-6
        assert abs(allowed(float(percent(-fraction))) + fraction) < 1e-6
