"""Classical test theory of a matrix of marks: how hard an item is, what it tells about a student, how far to trust it.

The definitions are those of Moodle's quiz statistics, so that figures can be compared across systems; the
point-biserial correlation, which Moodle does not have, is the textbook's. Notation: x an item's marks, T a student's
total, R = T − x the rest of it, s students, p items; every variance and covariance divides by s − 1.
docs/statistics.md explains each figure to its readers.

**Not attempted.** NaN marks what was not attempted. A student who attempted nothing, and an item that nobody
attempted, are left out; in what remains, an item that was not attempted earned 0, as in Moodle.

**Undefined.** A figure that is not defined (one student, no spread, an item worth nothing) is None, never NaN.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]

NOISE = 1e-12
"""Differences of marks below this share of the marks are rounding, as in 0.1 + 0.2 against 0.3: they are no spread."""

GROUPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStatistics:
    """One item; `sd` in points, percentages from 0 (or −100) to 100.

    attempted: students who attempted the item.
    facility: mean(x) / max, 0–1.
    sd: √var(x).
    discrimination_index: 100 · cov(x, R) / √(var x · var R), the correlation of the item with the rest of the test.
    discriminative_efficiency: 100 · cov(x, R) / cov_max, where cov_max pairs x and R after sorting each: what could
        have been reached with these marks.
    effective_weight: 100 · √cov(x, T) / Σ √cov(x, T), the sum over the items whose covariance is not negative: the
        share of the item in how the totals spread.
    negative_covariance: cov(x, T) < 0; the item then has no effective weight.
    point_biserial: the correlation, −1 to 1, of "full marks or not" with T.
    """

    attempted: int = 0
    facility: float | None = None
    sd: float | None = None
    discrimination_index: float | None = None
    discriminative_efficiency: float | None = None
    effective_weight: float | None = None
    negative_covariance: bool = False
    point_biserial: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestStatistics:
    """The totals, in points, and how reliable they are, in percent.

    students, items: those that count, see the module's "not attempted".
    lower_quartile, upper_quartile: linearly interpolated between the two nearest totals.
    skewness: k3 / k2^1.5 for s > 2; kurtosis: k4 / k2², 0 for a normal distribution, for s > 3 (k-statistics).
    cic: coefficient of internal consistency, Cronbach's α as a percentage, 100 · p/(p−1) · (1 − Σ var x / var T), for
        s > 2 and p > 1. It is not clamped: items that contradict each other make it negative.
    error_ratio: 100 · √(1 − cic/100), the share of the spread that is chance; above 100 where cic is negative.
    standard_error: error_ratio · sd / 100, in points.
    """

    __test__: ClassVar[bool] = False  # pytest takes what is called so for a test, wherever it is imported

    students: int = 0
    items: int = 0
    mean: float | None = None
    median: float | None = None
    sd: float | None = None
    minimum: float | None = None
    lower_quartile: float | None = None
    upper_quartile: float | None = None
    maximum: float | None = None
    skewness: float | None = None
    kurtosis: float | None = None
    cic: float | None = None
    error_ratio: float | None = None
    standard_error: float | None = None


def item_statistics(marks: ArrayLike, max_marks: ArrayLike) -> list[ItemStatistics]:
    """The figures of each item.

    Args:
        marks: in points, of shape (n_students, n_items); NaN where an item was not attempted.
        max_marks: the points of each item, of shape (n_items,); 0 for an item that is not marked.

    Raises:
        ValueError: the shapes do not fit, or a number is infinite.

    """
    given, maxima = _checked(marks, max_marks)
    attempted: NDArray[np.int64] = (~np.isnan(given)).sum(axis=0)
    counted: list[bool] = (attempted > 0).tolist()
    figures = iter(_item_figures(_totalled(given), maxima[counted], attempted[counted]))
    return [next(figures) if each else ItemStatistics() for each in counted]


def test_statistics(marks: ArrayLike, max_marks: ArrayLike) -> TestStatistics:
    """The figures of the totals; arguments and errors as those of `item_statistics`."""
    given, _ = _checked(marks, max_marks)
    x = _totalled(given)
    s, p = x.shape
    if s == 0 or p == 0:
        return TestStatistics()
    totals = x.sum(axis=1)
    minimum, lower, median, upper, maximum = np.quantile(totals, [0, 0.25, 0.5, 0.75, 1]).tolist()
    deviations = _deviations(totals[:, None], np.abs(x).sum(axis=1).max())[:, 0]
    variance = _variance(deviations)
    sd = sqrt(variance) if variance is not None else None
    cic = _cic(x, variance)
    # α is at most 1; a perfect test may exceed it by a rounding.
    error_ratio = 100 * sqrt(max(0.0, 1 - cic / 100)) if cic is not None else None
    return TestStatistics(
        students=s,
        items=p,
        mean=float(totals.mean()),
        median=median,
        sd=sd,
        minimum=minimum,
        lower_quartile=lower,
        upper_quartile=upper,
        maximum=maximum,
        skewness=_skewness(deviations),
        kurtosis=_kurtosis(deviations),
        cic=cic,
        error_ratio=error_ratio,
        standard_error=error_ratio * sd / 100 if error_ratio is not None and sd is not None else None,
    )


test_statistics.__test__ = False  # type: ignore[attr-defined]


def quintile_curves(marks: ArrayLike, max_marks: ArrayLike) -> list[list[float | None]]:
    """The facility of each item in each fifth of the students, from the lowest totals to the highest.

    Students with equal totals stay in the order in which they are given, so that the fifths differ in size by at most
    one. Arguments and errors as those of `item_statistics`; with fewer than five students, an item has no curve ([]).
    """
    given, maxima = _checked(marks, max_marks)
    counted = [not np.isnan(column).all() for column in given.T]
    x = _totalled(given)
    if len(x) < GROUPS:
        return [[] for _ in maxima]
    ranked = x[np.argsort(x.sum(axis=1), kind="stable")]
    means = iter(np.array([group.mean(axis=0) for group in np.array_split(ranked, GROUPS)]).T.tolist())
    return [
        [_ratio(mean, maximum) for mean in next(means)] if each else []
        for each, maximum in zip(counted, maxima.tolist(), strict=True)
    ]


def _checked(marks: ArrayLike, max_marks: ArrayLike) -> tuple[Floats, Floats]:
    given, maxima = np.asarray(marks, dtype=np.float64), np.asarray(max_marks, dtype=np.float64)
    if given.ndim != 2 or maxima.shape != given.shape[1:]:
        raise ValueError(f"Marks of shape {given.shape} do not fit maximum marks of shape {maxima.shape}.")
    if np.isinf(given).any() or not np.isfinite(maxima).all():
        raise ValueError("Marks must be finite, or NaN where an item was not attempted; maximum marks finite.")
    return given, maxima


def _totalled(given: Floats) -> Floats:
    """The marks that count, of shape (s, p): without empty rows and columns, 0 where NaN remains."""
    attempted = ~np.isnan(given)
    counted: Floats = given[np.ix_(attempted.any(axis=1), attempted.any(axis=0))]
    return np.nan_to_num(counted)


def _item_figures(x: Floats, maxima: Floats, attempted: NDArray[np.int64]) -> list[ItemStatistics]:
    s, p = x.shape
    if s == 0 or p == 0:
        return []
    totals = x.sum(axis=1, keepdims=True)  # (s, 1)
    rests = totals - x  # (s, p)
    scale = np.abs(x).sum(axis=1).max()
    dx = _deviations(x, np.abs(x).max(axis=0))
    d_rests, d_totals = _deviations(rests, scale), _deviations(totals, scale)
    var_x, var_rests = [_variance(d) for d in dx.T], [_variance(d) for d in d_rests.T]
    covariances = [_covariance(d, rest) for d, rest in zip(dx.T, d_rests.T, strict=True)]
    highest = [_covariance(np.sort(d), np.sort(rest)) for d, rest in zip(dx.T, d_rests.T, strict=True)]
    with_total = [_covariance(d, d_totals[:, 0]) for d in dx.T]
    weights = _effective_weights(with_total)
    return [
        ItemStatistics(
            attempted=int(attempted[i]),
            facility=_ratio(float(x[:, i].mean()), float(maxima[i])),
            sd=_root(var_x[i]) if maxima[i] else None,
            discrimination_index=_percent(covariances[i], _root(var_x[i], var_rests[i])),
            discriminative_efficiency=_percent(covariances[i], highest[i]),
            effective_weight=weights[i],
            negative_covariance=(with_total[i] or 0) < 0,
            point_biserial=_point_biserial(x[:, i], float(maxima[i]), d_totals[:, 0]),
        )
        for i in range(p)
    ]


def _deviations(values: Floats, scale: float | Floats) -> Floats:
    """From the mean of each column, and exactly 0 where only rounding is left of a difference."""
    deviations: Floats = values - values.mean(axis=0)
    deviations[np.abs(deviations) <= NOISE * scale] = 0
    return deviations


def _covariance(a: Floats, b: Floats) -> float | None:
    """Of two columns of deviations; exactly 0 where their products cancel but for rounding."""
    if len(a) < 2:
        return None
    products = a * b
    covariance = float(products.sum()) / (len(a) - 1)
    return 0.0 if abs(covariance) <= NOISE * float(np.abs(products).sum()) else covariance


def _variance(deviations: Floats) -> float | None:
    return _covariance(deviations, deviations)


def _effective_weights(covariances: Sequence[float | None]) -> list[float | None]:
    roots = [sqrt(each) if each is not None and each >= 0 else None for each in covariances]
    total = sum(root for root in roots if root is not None)
    return [_percent(root, total) for root in roots]


def _point_biserial(x: Floats, maximum: float, d_totals: Floats) -> float | None:
    """(M₁ − M₀) / σ_T · √(pq), σ_T with divisor s: M₁ the mean total of who has full marks, M₀ of who has not."""
    full = x >= maximum * (1 - NOISE)
    share = float(full.mean())
    sigma = sqrt(float((d_totals**2).mean()))
    if maximum <= 0 or share in {0, 1} or sigma == 0:
        return None
    return _finite(float(d_totals[full].mean() - d_totals[~full].mean()) / sigma * sqrt(share * (1 - share)))


def _cic(x: Floats, variance: float | None) -> float | None:
    s, p = x.shape
    if s <= 2 or p <= 1 or not variance:
        return None
    of_items = sum(_variance(d) or 0.0 for d in _deviations(x, np.abs(x).max(axis=0)).T)
    return _finite(100 * p / (p - 1) * (1 - of_items / variance))


def _skewness(deviations: Floats) -> float | None:
    """k3 / k2^1.5, in units of the largest deviation, so that powers of small or large marks keep within range."""
    s = len(deviations)
    largest = np.abs(deviations).max()
    if s <= 2 or largest == 0:
        return None
    m2, m3 = (float(((deviations / largest) ** power).mean()) for power in (2, 3))
    k2, k3 = s * m2 / (s - 1), s**2 * m3 / ((s - 1) * (s - 2))
    return k3 / sqrt(k2) ** 3


def _kurtosis(deviations: Floats) -> float | None:
    s = len(deviations)
    largest = np.abs(deviations).max()
    if s <= 3 or largest == 0:
        return None
    m2, m4 = (float(((deviations / largest) ** power).mean()) for power in (2, 4))
    k2 = s * m2 / (s - 1)
    k4 = s**2 * ((s + 1) * m4 - 3 * (s - 1) * m2**2) / ((s - 1) * (s - 2) * (s - 3))
    return k4 / k2**2


def _root(*factors: float | None) -> float | None:
    """The geometric mean of one or two variances, each rooted by itself: their product might leave the range."""
    product = 1.0
    for factor in factors:
        if factor is None:
            return None
        product *= sqrt(factor)
    return product


def _ratio(value: float, of: float) -> float | None:
    return _finite(value / of) if of else None


def _percent(value: float | None, of: float | None) -> float | None:
    return _finite(100 * value / of) if value is not None and of else None


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
