"""The kinds of answer: how each is read, compared with the key, and shown.

Every kind has a `name`, the `shape` of its answers, a `tolerance` or None, and these methods. Reading and comparing are
two steps: what is no answer at all is never compared.

- `parse(raw)`: the answer that was meant; raises `FormatError` when the input is none.
- `key(solved)`: a solver's result as an answer; raises `ValueError` when it can't be a key (not finite, wrong shape).
- `compare(given, key)`: never fails on what `parse` returned.
- `distance(a, b)`: how far apart two answers are, in tolerances (∞ for kinds without one).
- `text(value)`, `latex(value)`: the answer in plain characters, and as LaTeX.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from problems.comparison import Comparison
from problems.formula_kind import Formula
from problems.latex import latex_matrix, latex_number
from problems.reading import FormatError, plain, read_line, read_number, read_rows, read_whole
from problems.text import Text
from problems.tolerance import Tolerance

NOTHING_CHOSEN = Text("Choose at least one option.", "请至少选择一项。")

V = TypeVar("V")
Scoring = Literal["all", "each", "net"]


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice. `source` says where it comes from and is never shown to a student."""

    id: str
    text: Text
    source: str
    reason: Text | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several options, answered by its id."""

    options: tuple[Option, ...]
    name = "Choice"
    shape: tuple[int, ...] = ()
    tolerance = None

    def parse(self, raw: Any) -> str:
        return _read_option(raw, self.options)

    def key(self, solved: Any) -> str:
        if solved not in {option.id for option in self.options}:
            raise ValueError(f"{solved!r} is not an option")
        return str(solved)

    def compare(self, given: str, key: str) -> Comparison:
        return Comparison(float(given == key), (given == key,))

    def distance(self, a: str, b: str) -> float:
        return 0.0 if a == b else math.inf

    def text(self, value: str) -> str:
        return value

    def latex(self, value: str) -> str:
        return rf"\text{{{value}}}"


@dataclass(frozen=True, slots=True)
class Choices:
    """Any number of the options, answered by a list of ids.

    Scoring, with T true options of which t were chosen, and f false ones chosen out of n options in all:

    - ``all``: 1 if exactly the true ones were chosen, else 0.
    - ``each``: the share of options judged rightly, ((n − T − f) + t) / n.
    - ``net``: right minus wrong, not below 0: max(0, t − f) / T.
    """

    options: tuple[Option, ...]
    scoring: Scoring = "net"
    name = "Choices"
    shape: tuple[int, ...] = ()
    tolerance = None

    def parse(self, raw: Any) -> tuple[str, ...]:
        if not isinstance(raw, list | tuple):
            raise FormatError(
                Text('Send a list of option ids, such as ["1", "4"].', '请给出选项编号的列表，例如 ["1", "4"]。')
            )
        if not raw:
            raise FormatError(NOTHING_CHOSEN)
        if len(raw) > len(self.options):
            raise FormatError(Text("More answers than options.", "所选的项数多于选项数。"))
        chosen = [_read_option(each, self.options, (place,)) for place, each in enumerate(raw)]
        if len(set(chosen)) < len(chosen):
            raise FormatError(Text("An option is listed twice.", "有选项重复出现。"))
        return self._in_order(chosen)

    def key(self, solved: Any) -> tuple[str, ...]:
        chosen = self._in_order(solved)
        if len(chosen) != len(set(solved)) or not chosen:
            raise ValueError(f"{solved!r} are not options of this question")
        return chosen

    def _in_order(self, chosen: Sequence[str]) -> tuple[str, ...]:
        return tuple(option.id for option in self.options if option.id in chosen)

    def compare(self, given: tuple[str, ...], key: tuple[str, ...]) -> Comparison:
        parts = tuple((option.id in given) == (option.id in key) for option in self.options)
        right = len(set(given) & set(key))
        match self.scoring:
            case "all":
                share = float(all(parts))
            case "each":
                share = sum(parts) / len(parts)
            case "net":
                share = max(0, right - (len(given) - right)) / len(key)
        return Comparison(share, parts)

    def distance(self, a: tuple[str, ...], b: tuple[str, ...]) -> float:
        return 0.0 if a == b else math.inf

    def text(self, value: tuple[str, ...]) -> str:
        return ", ".join(value)

    def latex(self, value: tuple[str, ...]) -> str:
        return rf"\text{{{self.text(value)}}}"


def _read_option(raw: Any, options: Sequence[Option], path: tuple[int, ...] = ()) -> str:
    ids = [option.id for option in options]
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < 100:  # 1 for "1"
        raw = str(raw)
    typed = plain(raw).strip().upper() if isinstance(raw, str) else None
    if typed not in ids:
        listed = ", ".join(ids)
        raise FormatError(Text(f"Choose one of the options {listed}.", f"请从选项 {listed} 中选择。"), path)
    return typed


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number, compared exactly."""

    name = "Integer"
    shape: tuple[int, ...] = ()
    tolerance = Tolerance("absolute", 0)

    def parse(self, raw: Any) -> int:
        return read_whole(raw)

    def key(self, solved: Any) -> int:
        if int(solved) != solved:
            raise ValueError(f"{solved!r} is not a whole number")
        return int(solved)

    def compare(self, given: int, key: int) -> Comparison:
        return Comparison(float(given == key), (given == key,))

    def distance(self, a: int, b: int) -> float:
        return 0.0 if a == b else math.inf

    def text(self, value: int) -> str:
        return str(value)

    def latex(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Number:
    """A real number, right within the tolerance."""

    tolerance: Tolerance
    decimals: int = 3
    name = "Number"
    shape: tuple[int, ...] = ()

    def parse(self, raw: Any) -> float:
        return read_number(raw)

    def key(self, solved: Any) -> float:
        return _finite(solved, self.tolerance)

    def compare(self, given: float, key: float) -> Comparison:
        right = self.tolerance.accepts(given, key)
        return Comparison(float(right), (right,))

    def distance(self, a: float, b: float) -> float:
        return _tolerances(a, b, self.tolerance)

    def text(self, value: float) -> str:
        return f"{value:.12g}"

    def latex(self, value: float) -> str:
        return latex_number(value)


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector of `size` real numbers; all components must be right."""

    size: int
    tolerance: Tolerance
    decimals: int = 3
    name = "Vector"

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.size,)

    def parse(self, raw: Any) -> tuple[float, ...]:
        cells = read_line(raw) if isinstance(raw, str) else raw
        if not isinstance(cells, list | tuple) or len(cells) != self.size:
            raise FormatError(
                Text(f"A vector of {self.size} numbers is needed here.", f"这里需要一个含 {self.size} 个数的向量。")
            )
        if all(isinstance(cell, list | tuple) and len(cell) == 1 for cell in cells):  # a column, n × 1
            cells = [cell[0] for cell in cells]
        return _each(read_number, cells)

    def key(self, solved: Any) -> tuple[float, ...]:
        if len(solved) != self.size:
            raise ValueError(f"a vector of {self.size} was expected, not {len(solved)}")
        return tuple(_finite(component, self.tolerance) for component in solved)

    def compare(self, given: tuple[float, ...], key: tuple[float, ...]) -> Comparison:
        parts = tuple(map(self.tolerance.accepts, given, key))
        return Comparison(float(all(parts)), parts)

    def distance(self, a: tuple[float, ...], b: tuple[float, ...]) -> float:
        return max(_tolerances(x, y, self.tolerance) for x, y in zip(a, b, strict=True))

    def text(self, value: tuple[float, ...]) -> str:
        return "(" + ", ".join(f"{component:.12g}" for component in value) + ")"

    def latex(self, value: tuple[float, ...]) -> str:
        return latex_matrix([[component] for component in value])


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix of real numbers. With `per_cell` each right cell earns its share, otherwise all must be right."""

    rows: int
    columns: int
    tolerance: Tolerance
    decimals: int = 3
    per_cell: bool = False
    name = "Matrix"

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.rows, self.columns)

    def parse(self, raw: Any) -> tuple[tuple[float, ...], ...]:
        rows = read_rows(raw) if isinstance(raw, str) else raw
        if (
            not isinstance(rows, list | tuple)
            or len(rows) != self.rows
            or not all(isinstance(row, list | tuple) and len(row) == self.columns for row in rows)
        ):
            raise FormatError(
                Text(
                    f"A matrix of {self.rows} rows and {self.columns} columns is needed here.",
                    f"这里需要一个 {self.rows} 行 {self.columns} 列的矩阵。",
                )
            )
        return tuple(_each(read_number, row, (place,)) for place, row in enumerate(rows))

    def key(self, solved: Any) -> tuple[tuple[float, ...], ...]:
        if len(solved) != self.rows or any(len(row) != self.columns for row in solved):
            raise ValueError(f"a {self.rows} × {self.columns} matrix was expected")
        return tuple(tuple(_finite(cell, self.tolerance) for cell in row) for row in solved)

    def compare(self, given: tuple[tuple[float, ...], ...], key: tuple[tuple[float, ...], ...]) -> Comparison:
        parts = tuple(
            self.tolerance.accepts(x, y)
            for given_row, key_row in zip(given, key, strict=True)
            for x, y in zip(given_row, key_row, strict=True)
        )
        share = sum(parts) / len(parts) if self.per_cell else float(all(parts))
        return Comparison(share, parts)

    def distance(self, a: tuple[tuple[float, ...], ...], b: tuple[tuple[float, ...], ...]) -> float:
        return max(
            _tolerances(x, y, self.tolerance)
            for row_a, row_b in zip(a, b, strict=True)
            for x, y in zip(row_a, row_b, strict=True)
        )

    def text(self, value: tuple[tuple[float, ...], ...]) -> str:
        return "[" + "; ".join(" ".join(f"{cell:.12g}" for cell in row) for row in value) + "]"

    def latex(self, value: tuple[tuple[float, ...], ...]) -> str:
        return latex_matrix(value)


AnyKind = Choice | Choices | Integer | Number | Vector | Matrix | Formula


def _each(read: Callable[[Any, tuple[int, ...]], V], cells: Sequence[Any], path: tuple[int, ...] = ()) -> tuple[V, ...]:
    return tuple(read(cell, (*path, place)) for place, cell in enumerate(cells))


def _finite(value: Any, tolerance: Tolerance) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("a key must be finite")
    tolerance.check(number)
    return number


def _tolerances(a: float, b: float, tolerance: Tolerance) -> float:
    width = max(tolerance.width(a), tolerance.width(b))
    if width == 0:
        return 0.0 if a == b else math.inf
    return abs(a - b) / width
