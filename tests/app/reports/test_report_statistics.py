"""Item and test statistics against the definitions, written out once more in exact fractions."""

from fractions import Fraction
from math import isfinite, nan, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports import statistics
from app.reports.statistics import item_statistics, quintile_curves

CLOSE = 1e-8


class Exact:
    """A matrix of marks in fractions, None where nothing was attempted, and its figures in pure Python."""

    def __init__(self, marks: list[list[Fraction | None]], maxima: list[Fraction]) -> None:
        self.kept = [j for j in range(len(maxima)) if any(row[j] is not None for row in marks)]
        rows = [row for row in marks if any(mark is not None for mark in row)]
        self.columns = {j: [row[j] or Fraction(0) for row in rows] for j in self.kept}
        self.totals = [sum((row[j] or Fraction(0) for j in self.kept), Fraction(0)) for row in rows]
        self.maxima = maxima
        self.s = len(rows)

    def covariance(self, a: list[Fraction], b: list[Fraction]) -> Fraction | None:
        if self.s < 2:
            return None
        mean_a, mean_b = sum(a) / self.s, sum(b) / self.s
        return sum(((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True)), Fraction(0)) / (self.s - 1)

    def item(self, j: int) -> dict[str, float | None]:
        names = ("facility", "sd", "discrimination_index", "discriminative_efficiency", "effective_weight")
        figures: dict[str, float | None] = dict.fromkeys((*names, "point_biserial"))
        if j not in self.columns:
            return figures
        x, maximum = self.columns[j], self.maxima[j]
        rest = [total - mark for total, mark in zip(self.totals, x, strict=True)]
        if maximum:
            figures["facility"] = float(sum(x) / self.s / maximum)
            figures["point_biserial"] = self.point_biserial(x, maximum)
        variance, of_rest = self.covariance(x, x), self.covariance(rest, rest)
        if variance is None or of_rest is None:
            return figures
        if maximum:
            figures["sd"] = sqrt(variance)
        if variance * of_rest:
            figures["discrimination_index"] = 100 * float(self.covariance(x, rest)) / sqrt(variance * of_rest)
        if highest := self.covariance(sorted(x), sorted(rest)):
            figures["discriminative_efficiency"] = 100 * float(self.covariance(x, rest) / highest)
        weights = {k: self.covariance(column, self.totals) for k, column in self.columns.items()}
        whole = sum(sqrt(weight) for weight in weights.values() if weight >= 0)
        if whole and weights[j] >= 0:
            figures["effective_weight"] = 100 * sqrt(weights[j]) / whole
        return figures

    def point_biserial(self, x: list[Fraction], maximum: Fraction) -> float | None:
        full = [total for total, mark in zip(self.totals, x, strict=True) if mark >= maximum]
        other = [total for total, mark in zip(self.totals, x, strict=True) if mark < maximum]
        mean = sum(self.totals) / self.s
        variance = sum((total - mean) ** 2 for total in self.totals) / self.s
        if not full or not other or not variance:
            return None
        difference = float(sum(full) / len(full) - sum(other) / len(other))
        return difference / sqrt(variance) * sqrt(len(full) * len(other)) / self.s

    def test(self) -> dict[str, float | None]:
        names = ("mean", "sd", "median", "skewness", "kurtosis", "cic", "error_ratio", "standard_error")
        figures: dict[str, float | None] = dict.fromkeys(names)
        s, p = self.s, len(self.kept)
        if s == 0:
            return figures
        ordered = sorted(self.totals)
        figures["mean"] = float(sum(ordered) / s)
        figures["median"] = float((ordered[s // 2] + ordered[(s - 1) // 2]) / 2)
        variance = self.covariance(self.totals, self.totals)
        if variance is None:
            return figures
        figures["sd"] = sqrt(variance)
        m2, m3, m4 = (sum((total - sum(ordered) / s) ** power for total in ordered) / s for power in (2, 3, 4))
        k2 = s * m2 / (s - 1)
        if s > 2 and k2:
            figures["skewness"] = float(s**2 * m3 / ((s - 1) * (s - 2))) / float(k2) ** 1.5
        if s > 3 and k2:
            k4 = s**2 * ((s + 1) * m4 - 3 * (s - 1) * m2**2) / ((s - 1) * (s - 2) * (s - 3))
            figures["kurtosis"] = float(k4 / k2**2)
        if s > 2 and p > 1 and variance:
            of_items = sum(self.covariance(column, column) for column in self.columns.values())
            alpha = Fraction(p, p - 1) * (1 - of_items / variance)
            figures["cic"] = float(100 * alpha)
            figures["error_ratio"] = 100 * sqrt(1 - alpha)
            figures["standard_error"] = sqrt(1 - alpha) * sqrt(variance)
        return figures


@st.composite
def matrices(draw: st.DrawFn) -> tuple[list[list[Fraction | None]], list[Fraction]]:
    """Of any degenerate kind: few students, few items, constant columns, worthless items, nothing attempted."""
    tenths = st.integers(0, 10).map(lambda tenth: Fraction(tenth, 10))
    mark = draw(st.sampled_from([tenths, st.sampled_from([Fraction(0), Fraction(1)]), tenths | st.none(), st.none()]))
    constant = tenths.flatmap(lambda value: st.just([value]))
    p, s = draw(st.integers(0, 5)), draw(st.integers(0, 9))
    columns = [draw(st.lists(mark, min_size=s, max_size=s) | constant.map(lambda one: one * s)) for _ in range(p)]
    rows = [[column[i] for column in columns] for i in range(s)]
    return rows, draw(st.lists(st.sampled_from([Fraction(1), Fraction(1), Fraction(0)]), min_size=p, max_size=p))


def floats(marks: list[list[Fraction | None]], maxima: list[Fraction]) -> tuple[Any, list[float]]:
    rows = [[nan if mark is None else float(mark) for mark in row] for row in marks]
    return np.array(rows).reshape(len(marks), len(maxima)), [float(maximum) for maximum in maxima]


@given(matrices())
def test_items_agree_with_the_definitions_in_fractions(matrix):
    exact = Exact(*matrix)
    found = item_statistics(*floats(*matrix))
    assert len(found) == len(matrix[1])
    for j, item in enumerate(found):
        for name, value in exact.item(j).items():
            assert getattr(item, name) == (None if value is None else pytest.approx(value, abs=CLOSE)), name
        assert item.attempted == sum(row[j] is not None for row in matrix[0])
        negative = j in exact.columns and (exact.covariance(exact.columns[j], exact.totals) or 0) < 0
        assert item.negative_covariance == negative


@given(matrices())
def test_totals_agree_with_the_definitions_in_fractions(matrix):
    found = statistics.test_statistics(*floats(*matrix))
    for name, value in Exact(*matrix).test().items():
        assert getattr(found, name) == (None if value is None else pytest.approx(value, rel=CLOSE, abs=1e-6)), name


ANY_MARK = st.floats(-1e6, 1e6) | st.sampled_from([0.0, -0.0, 5e-324, 1e-170, 1e150, nan])


@given(
    st.lists(st.lists(ANY_MARK, min_size=3, max_size=3), max_size=6),
    st.lists(st.floats(0, 1e9), min_size=3, max_size=3),
)
def test_no_matrix_raises_warns_or_gives_a_figure_that_is_no_number(rows, maxima):
    marks = np.array(rows).reshape(len(rows), 3)
    for figures in [*item_statistics(marks, maxima), statistics.test_statistics(marks, maxima)]:
        for name in figures.__dataclass_fields__:
            value = getattr(figures, name)
            assert value is None or isfinite(value), name
    assert all(value is None or isfinite(value) for curve in quintile_curves(marks, maxima) for value in curve)


def test_a_small_test_by_hand():
    """Four students, two items: T = 2, 1, 1, 0, and each item alone correlates not at all with the other."""
    easy, hard = item_statistics([[1, 1], [1, 0], [0, 1], [0, 0]], [1, 1])
    assert easy.facility == hard.facility == 0.5
    assert easy.sd == pytest.approx(sqrt(1 / 3))
    assert easy.discrimination_index == easy.discriminative_efficiency == 0
    assert easy.effective_weight == 50
    assert easy.point_biserial == pytest.approx(sqrt(0.5))  # (1.5 − 0.5) / √0.5 · √0.25
    test = statistics.test_statistics([[1, 1], [1, 0], [0, 1], [0, 0]], [1, 1])
    assert (test.mean, test.median, test.minimum, test.maximum) == (1, 1, 0, 2)
    assert (test.lower_quartile, test.upper_quartile) == (0.75, 1.25)
    assert test.sd == pytest.approx(sqrt(2 / 3))
    assert (test.cic, test.error_ratio) == (0, 100)
    assert test.standard_error == pytest.approx(test.sd)
    assert test.skewness == 0
    assert test.kurtosis == pytest.approx(1.5)  # m2 = m4 = 1/2: k2 = 2/3, k4 = 16 (5/2 − 9/4) / 6 = 2/3


def test_items_that_agree_wholly():
    first, second = item_statistics([[2, 3], [1, 1.5], [0, 0]], [2, 3])
    assert first.discrimination_index == pytest.approx(100)
    assert second.discriminative_efficiency == pytest.approx(100)
    assert (first.effective_weight, second.effective_weight) == (
        pytest.approx(100 * sqrt(0.4) / (sqrt(0.4) + sqrt(0.6))),
        pytest.approx(100 * sqrt(0.6) / (sqrt(0.4) + sqrt(0.6))),
    )


def test_an_item_against_the_rest_is_flagged_and_has_no_weight():
    against, *others = item_statistics([[1, 0, 0], [1, 0, 0], [0, 1, 1], [0, 1, 1]], [1, 1, 1])
    assert against.negative_covariance
    assert against.effective_weight is None
    assert against.discrimination_index == pytest.approx(-100)
    assert [other.effective_weight for other in others] == [pytest.approx(50)] * 2


def test_contradicting_items_have_a_negative_consistency_which_is_not_clamped():
    test = statistics.test_statistics([[1, 0, 0], [0, 1, 0], [0, 1, 1]], [1, 1, 1])
    assert test.cic == pytest.approx(-300)  # Σ var x = 1, var T = 1/3
    assert test.error_ratio == pytest.approx(200)


def test_not_attempted_counts_as_nothing_earned_but_who_attempted_nothing_is_left_out():
    marks = [[1, nan], [0, 1], [nan, nan]]
    first, second = item_statistics(marks, [1, 1])
    assert (first.facility, second.facility) == (0.5, 0.5)
    assert (first.attempted, second.attempted) == (2, 1)
    assert statistics.test_statistics(marks, [1, 1]).students == 2


def test_an_item_nobody_attempted_has_no_figures_and_changes_none():
    marks = np.array([[1, 0, nan], [1, 1, nan], [0, 0, nan], [1, 1, nan]])
    assert item_statistics(marks, [1, 1, 1])[2] == statistics.ItemStatistics()
    assert statistics.test_statistics(marks, [1, 1, 1]) == statistics.test_statistics(marks[:, :2], [1, 1])


def test_roundings_of_equal_totals_are_no_spread():
    """0.1 + 0.2 + 0.3 differs from 0.3 + 0.2 + 0.1 in the last bit of a float."""
    marks = [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.2, 0.1, 0.3]]
    test = statistics.test_statistics(marks, [1, 1, 1])
    assert (test.sd, test.skewness, test.cic) == (0, None, None)
    assert all(item.effective_weight is None for item in item_statistics(marks, [1, 1, 1]))


def test_everyone_perfect():
    test = statistics.test_statistics(np.full((4, 2), 0.1), [0.1, 0.1])
    assert (test.mean, test.sd, test.cic) == (pytest.approx(0.2), 0, None)
    for item in item_statistics(np.full((4, 2), 0.1), [0.1, 0.1]):
        assert (item.facility, item.sd, item.discrimination_index, item.point_biserial) == (1, 0, None, None)


def test_one_student():
    test = statistics.test_statistics([[1, 0.5]], [1, 1])
    assert (test.students, test.mean, test.median, test.sd) == (1, 1.5, 1.5, None)
    assert [item.facility for item in item_statistics([[1, 0.5]], [1, 1])] == [1, 0.5]


def test_an_item_worth_nothing_has_no_facility_and_no_weight_in_the_totals():
    worthless, _ = item_statistics([[0, 1], [0, 0]], [0, 1])
    assert (worthless.facility, worthless.sd, worthless.effective_weight) == (None, None, 0)


def test_quintile_curves_rise_where_an_item_discriminates():
    marks = [[min(i // 2, 4) / 4, 1] for i in range(10)]
    assert quintile_curves(marks, [1, 1]) == [[0, 0.25, 0.5, 0.75, 1], [1, 1, 1, 1, 1]]
    assert quintile_curves(marks[:4], [1, 1]) == [[], []]


@pytest.mark.parametrize(
    ("marks", "maxima"),
    [([1, 2], [1, 1]), ([[1, 2]], [1]), ([[1, float("inf")]], [1, 1]), ([[1, 2]], [1, nan])],
)
def test_what_is_no_matrix_of_marks_is_refused(marks, maxima):
    with pytest.raises(ValueError, match=r"[Mm]arks"):
        item_statistics(marks, maxima)
