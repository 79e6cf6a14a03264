"""Figures of the reports as data: where each bar, point and label stands. The templates draw them as SVG.

They stand in the page itself, so that they take its colours, its language and the size of its text. Coordinates are
those of the SVG's view box, y downwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, log10

import numpy as np

from app.reports.items import WEAK
from app.reports.statistics import Floats, ItemStatistics
from app.reports.subject import Subject
from app.reports.summary import BINS, Summary

LEFT, RIGHT, TOP = 46.0, 466.0, 20.0
WIDTH = RIGHT - LEFT
SHADES = 5  # of a heat map, from nothing earned (0) to all (4)
MAX_HEAT_ROWS = 40
MAX_DAYS = 60


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, and the number that stands there."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    count: int
    low: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """A histogram or a row of days; `bottom` is where the bars stand. Marks are x of lines across, None without."""

    bars: tuple[Bar, ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    bottom: float
    pass_mark: float | None = None
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    label: str
    weak: bool


@dataclass(frozen=True, slots=True)
class Scatter:
    """Facility to the right, discrimination upwards; below `weak` an item deserves a second look."""

    points: tuple[Point, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    weak: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Curve:
    """`path` is the `d` of an SVG path; `points` its corners."""

    path: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class HeatRow:
    """Students next to each other in the order of their totals: for each item a shade, None where nobody attempted."""

    students: int
    shades: tuple[int | None, ...]
    shares: tuple[float | None, ...]


def steps(highest: float, most: int = 5) -> list[float]:
    """Round numbers from 0 on, at most `most` + 1 of them, the last of which is not below `highest`."""
    if highest <= 0:
        return [0.0, 1.0]
    raw = highest / most
    power = 10.0 ** floor(log10(raw))
    step = max(1.0, next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * (1 - 1e-9)))
    return [step * i for i in range(ceil(highest / step - 1e-9) + 1)]


def histogram(summary: Summary) -> Bars:
    """Students in ten bins of the share of all points, in percent."""
    bottom = 210.0
    ticks = steps(max(summary.histogram))
    unit = (bottom - TOP) / ticks[-1]
    width = WIDTH / BINS
    mean, maximum = summary.statistics.mean, summary.max_points
    return Bars(
        bars=tuple(
            Bar(
                x=_r(LEFT + i * width + 1),
                y=_r(bottom - count * unit),
                width=_r(width - 2),
                height=_r(count * unit),
                count=count,
                low=(i + 1) / BINS <= summary.pass_mark + 1e-9,
            )
            for i, count in enumerate(summary.histogram)
        ),
        y_ticks=tuple(Tick(_r(bottom - tick * unit), tick) for tick in ticks),
        x_ticks=tuple(Tick(_r(LEFT + WIDTH * percent / 100), percent) for percent in range(0, 101, 20)),
        bottom=bottom,
        pass_mark=_r(LEFT + WIDTH * summary.pass_mark),
        mean=_r(LEFT + WIDTH * min(1.0, max(0.0, mean / maximum))) if mean is not None and maximum else None,
    )


def scatter(subject: Subject, figures: Sequence[ItemStatistics]) -> Scatter:
    """Items of which both figures are defined."""
    top, bottom = 12.0, 248.0
    shown = [
        (item.position, each.facility, each.discrimination_index / 100)
        for item, each in zip(subject.items, figures, strict=True)
        if each.facility is not None and each.discrimination_index is not None
    ]
    low = min([0.0, *(floor(index * 5) / 5 for _, _, index in shown)])
    high = max([0.6, *(ceil(index * 5) / 5 for _, _, index in shown)])

    def x(facility: float) -> float:
        return _r(LEFT + WIDTH * min(1.0, max(0.0, facility)))

    def y(index: float) -> float:
        return _r(bottom - (bottom - top) * (index - low) / (high - low))

    return Scatter(
        points=tuple(Point(x(facility), y(index), str(place), index < WEAK / 100) for place, facility, index in shown),
        x_ticks=tuple(Tick(x(i / 5), i / 5) for i in range(6)),
        y_ticks=tuple(Tick(y(i / 5), i / 5) for i in range(round(low * 5), round(high * 5) + 1)),
        weak=y(WEAK / 100),
        bottom=bottom,
    )


def quintile_curve(quintiles: Sequence[float | None]) -> Curve | None:
    """Facility over the five fifths of the students."""
    bottom, height, step = 130.0, 110.0, 90.0
    points = tuple(
        (_r(LEFT + 20 + i * step), _r(bottom - height * min(1.0, max(0.0, share))))
        for i, share in enumerate(quintiles)
        if share is not None
    )
    return Curve("M" + "L".join(f"{x} {y}" for x, y in points), points) if points else None


def heat_map(points: Floats, maxima: Sequence[float]) -> list[HeatRow]:
    """Students from the highest total to the lowest, in at most forty rows of about as many students each.

    `points` has the shape (n_students, n_items); as in `statistics`, what was not attempted earned nothing.
    """
    if not len(points):
        return []
    shares = np.nan_to_num(points) / np.array([maximum or np.nan for maximum in maxima])
    attempted = [not np.isnan(column).all() for column in points.T]
    ranked = shares[np.argsort(-np.nansum(points, axis=1), kind="stable")]
    return [
        _heat_row(
            len(group), [float(mean) if ok else None for mean, ok in zip(group.mean(axis=0), attempted, strict=True)]
        )
        for group in np.array_split(ranked, min(MAX_HEAT_ROWS, len(ranked)))
    ]


def _heat_row(students: int, shares: Sequence[float | None]) -> HeatRow:
    known = [None if share is None or share != share else min(1.0, max(0.0, share)) for share in shares]  # noqa: PLR0124 - NaN
    shades = tuple(None if share is None else min(SHADES - 1, int(share * SHADES)) for share in known)
    return HeatRow(students, shades, tuple(known))


def activity_bars(days: Mapping[str, int]) -> Bars:
    """Attempts on the last days, up to sixty, days without any among them."""
    bottom = 150.0
    if not days:
        return Bars((), (), (), bottom)
    last = date.fromisoformat(max(days))
    first = max(date.fromisoformat(min(days)), last - timedelta(days=MAX_DAYS - 1))
    shown = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    counts = [days.get(day.isoformat(), 0) for day in shown]
    ticks = steps(max(counts))
    unit, width = (bottom - TOP) / ticks[-1], min(40.0, WIDTH / len(shown))
    return Bars(
        bars=tuple(
            Bar(
                x=_r(LEFT + i * width + width * 0.05),
                y=_r(bottom - count * unit),
                width=_r(width * 0.9),
                height=_r(count * unit),
                count=count,
                label=day.isoformat(),
            )
            for i, (day, count) in enumerate(zip(shown, counts, strict=True))
        ),
        y_ticks=tuple(Tick(_r(bottom - tick * unit), tick) for tick in ticks),
        x_ticks=(),
        bottom=bottom,
    )


def _r(value: float) -> float:
    return round(value, 1)
