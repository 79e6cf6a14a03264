"""What a worked solution shows beside its text, as plain data: tables of numbers, and figures that others draw.

A problem makes its exhibits from the parameters of a variant (`Problem.exhibits`). They are computed when somebody
looks at the solution, never while variants are dealt or answers graded, and nothing of them is kept with a variant.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from problems.text import Text

Cell: TypeAlias = bool | int | float | str | None
"""A number, a yes or no, a few ASCII characters, or nothing."""

Numbers: TypeAlias = tuple[float, ...]
Tone = Literal["ink", "soft", "blue", "orange", "green", "purple"]
"""Colours by name; each has one shade for light and one for dark pages."""

_ID = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Column:
    """`name` heads the column in a file (ASCII), `head` on a page; numbers are shown to so many `decimals` there."""

    name: str
    head: Text
    decimals: int | None = None


def symbol(name: str, latex: str, decimals: int | None = None) -> Column:
    """A column that a formula heads, the same in both languages."""
    return Column(name, Text(f"${latex}$", f"${latex}$"), decimals)


def symbols(letter: str, size: int, decimals: int | None = 6, *, start: int = 1) -> tuple[Column, ...]:
    """Columns w₁, w₂, … of a vector's components."""
    return tuple(symbol(f"{letter}{j}", f"{letter}_{{{j}}}", decimals) for j in range(start, start + size))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of numbers under heads; `id` is its name in addresses. Raises `ValueError` on a ragged row or a bad id."""

    id: str
    caption: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        _check_id(self.id)
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"table {self.id}: {len(self.columns)} columns, but a row of another length")

    def excerpt(self, first: int = 4) -> tuple[int, ...]:
        """Places of the rows that stand for all of them: the first ones and the last."""
        last = len(self.rows) - 1
        return tuple(range(last + 1)) if last <= first + 1 else (*range(first), last)


# What charts are made of: marks over two axes, in the coordinates of the data


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points in order; `dotted` with a dot at each, `ends` with marks at the first and the last."""

    x: Numbers
    y: Numbers
    tone: Tone = "blue"
    name: str = ""
    dashed: bool = False
    dotted: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Dots:
    """Single points: rings for one class and crosses for another, so that colour is never the only difference."""

    x: Numbers
    y: Numbers
    tone: Tone = "ink"
    name: str = ""
    shape: Literal["dot", "ring", "cross", "star"] = "dot"
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contours:
    """Lines of equal height of z over the grid x × y; `z` has one row for each y."""

    x: Numbers
    y: Numbers
    z: tuple[Numbers, ...]
    levels: Numbers


@dataclass(frozen=True, slots=True)
class Chart:
    """`x_label`, `y_label` and the names of marks are formulas or initials, so that one drawing serves both languages.

    `square`: a unit is as long on both axes.
    """

    x_label: str
    y_label: str
    marks: tuple[Curve | Dots | Contours, ...]
    log_y: bool = False
    square: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A node of a graph in column `x` and row `y` (counted downwards): its symbol, and lines of numbers below it."""

    x: float
    y: float
    symbol: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one box to another, by their places, with a formula beside it."""

    start: int
    end: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with its words: `title`, `description` (how to read it) and `alt` (what it shows, in numbers)."""

    id: str
    title: Text
    description: Text
    alt: Text
    drawing: Chart | Graph

    def __post_init__(self) -> None:
        _check_id(self.id)


@dataclass(frozen=True, slots=True)
class Exhibits:
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()

    def table(self, table_id: str) -> Table | None:
        return next((table for table in self.tables if table.id == table_id), None)

    def figure(self, figure_id: str) -> Figure | None:
        return next((figure for figure in self.figures if figure.id == figure_id), None)


def _check_id(name: str) -> None:
    if not _ID.fullmatch(name):
        raise ValueError(f"{name!r} can't stand in an address")
