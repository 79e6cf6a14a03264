"""How near is near enough: inclusive at the edge, and nothing beyond it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from problems.tolerance import Tolerance

KEYS = st.floats(1e-6, 1e6) | st.floats(-1e6, -1e-6)


@pytest.mark.parametrize(
    ("tolerance", "key", "right", "wrong"),
    [
        # Exactly at the edge counts, although 0.3 + 0.001 and 0.3 - 0.001 are not what they seem in binary.
        (Tolerance("absolute", 0.001), 0.3, [0.3, 0.301, 0.299], [0.3011, 0.2989, 0.30100001, -0.3]),
        (Tolerance("absolute", 0.001), 0.0, [0.0, 0.001, -0.001], [0.00101, -0.00101]),
        (Tolerance("absolute", 0.0), 2.5, [2.5], [2.5001]),
        (Tolerance("relative", 0.01), 200.0, [198.0, 202.0], [197.99, 202.01]),
        (Tolerance("relative", 0.01), -200.0, [-198.0, -202.0], [-197.99, -202.01, 200.0]),
        # Rounded or cut; nothing between, nothing beside.
        (Tolerance("decimals", 2), 1.236, [1.24, 1.23], [1.235, 1.236, 1.22, 1.25, 1.2]),
        (Tolerance("decimals", 2), -1.236, [-1.24, -1.23], [-1.236, -1.22]),
        (Tolerance("decimals", 2), 1.233, [1.23], [1.24, 1.233]),
        (Tolerance("decimals", 1), 0.25, [0.3, 0.2], [0.25]),  # a tie is rounded away from zero
        (Tolerance("decimals", 1), -0.25, [-0.3, -0.2], [-0.25]),
        (Tolerance("decimals", 2), 0.003, [0.0], [0.01, 0.003]),
        (Tolerance("decimals", 0), 2.675, [3.0, 2.0], [2.675]),
        (Tolerance("decimals", 3), 1e30, [1e30], [1.0, 1.1e30]),  # more digits than a Decimal holds by default
        (Tolerance("significant", 3), 123456.0, [123000.0], [123456.0, 124000.0]),
        (Tolerance("significant", 3), 0.00123556, [0.00124, 0.00123], [0.001236]),
        (Tolerance("significant", 2), 0.9996, [1.0, 0.99], [0.9996]),
        (Tolerance("significant", 3), 1e300, [1e300], [1.0]),
    ],
)
def test_what_counts_and_what_does_not(tolerance, key, right, wrong):
    assert [given_ for given_ in right if not tolerance.accepts(given_, key)] == []
    assert [given_ for given_ in wrong if tolerance.accepts(given_, key)] == []


@given(KEYS, st.sampled_from([1e-6, 0.001, 0.5]))
def test_an_absolute_tolerance_is_inclusive_and_no_wider(key, value):
    tolerance = Tolerance("absolute", value)
    for side in (1, -1):
        assert tolerance.accepts(key + side * value, key)
        assert not tolerance.accepts(key + side * (1.01 * value + 2e-9 * abs(key)), key)


@given(KEYS, st.sampled_from([1e-6, 0.001, 0.05]))
def test_a_relative_tolerance_is_inclusive_and_no_wider(key, value):
    tolerance = Tolerance("relative", value)
    for side in (1, -1):
        assert tolerance.accepts(key * (1 + side * value), key)
        assert not tolerance.accepts(key * (1 + side * 1.01 * value), key)


@given(KEYS, st.integers(0, 6))
def test_the_rounded_key_always_counts(key, decimals):
    assert Tolerance("decimals", decimals).accepts(float(f"{key:.{decimals}f}"), key)


@given(KEYS, st.integers(1, 8))
def test_the_key_in_significant_digits_always_counts(key, digits):
    assert Tolerance("significant", digits).accepts(float(f"{key:.{digits - 1}e}"), key)


@pytest.mark.parametrize("kind", ["relative", "significant"])
def test_a_key_of_zero_has_no_relative_tolerance(kind):
    with pytest.raises(ValueError, match="a key of 0"):
        Tolerance(kind, 1).check(0.0)


@pytest.mark.parametrize("kind", ["absolute", "decimals"])
def test_a_key_of_zero_is_no_problem_otherwise(kind):
    Tolerance(kind, 1).check(0.0)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("absolute", -0.1), ("relative", math.nan), ("absolute", math.inf), ("decimals", 2.5), ("significant", -1)],
)
def test_a_tolerance_without_meaning_is_refused(kind, value):
    with pytest.raises(ValueError, match="tolerance of"):
        Tolerance(kind, value)


@pytest.mark.parametrize(
    ("tolerance", "key", "width"),
    [
        (Tolerance("absolute", 0.25), 7.0, 0.25),
        (Tolerance("relative", 0.25), -8.0, 2.0),
        (Tolerance("decimals", 2), 7.0, 0.01),
        (Tolerance("significant", 2), 123.0, 10.0),
    ],
)
def test_the_width_by_which_options_are_kept_apart(tolerance, key, width):
    assert tolerance.width(key) == width
