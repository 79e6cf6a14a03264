"""Slips after the mathematics: right numbers, wrongly written down. They follow from the key alone.

They are named only where no mistake of the exercise leads near them, and only where they change a number by much: a
flipped sign on 0.003, or its decimal point moved, is near the key, where a wrong answer may stand for any reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from problems.answers import Integer, Matrix, Number, Vector
from problems.families import BY_MISTAKE
from problems.problem import Answers, Field
from problems.text import Text

Array = NDArray[np.float64]

CLEAR = 50.0
"""A slip moves some number by at least so many tolerances."""

POWERS = (-3, -2, -1, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class Slip:
    """What a slip makes of the key. It looks like a `Mistake` to whoever names it, and its `id` counts like one's."""

    id: str
    text: Text
    answers: Answers
    credit: float = 0.0
    reread: str = ""

    @property
    def family(self) -> str:
        return BY_MISTAKE[self.id]


def slips(fields: Sequence[Field], key: Answers) -> Iterator[Slip]:
    """Every slip that a key allows: within each field, and between any two of a kind."""
    for field in fields:
        match field.kind:
            case Integer():
                yield from _of_integer(field.name, key[field.name])
            case Number() | Vector() | Matrix():
                yield from _of_numbers(field.name, field.kind, key[field.name])
    yield from _between_fields(fields, key)


def _of_integer(name: str, key: int) -> Iterator[Slip]:
    for power in POWERS if key else ():
        factor = 10 ** abs(power)
        if power > 0 or key % factor == 0:
            moved = key * factor if power > 0 else key // factor
            if moved != key:
                yield Slip("decimal-point", POWER_OF_TEN, {name: moved})


def _of_numbers(name: str, kind: Number | Vector | Matrix, key: Any) -> Iterator[Slip]:
    numbers = np.array(key, dtype=np.float64)
    widths = np.vectorize(kind.tolerance.width, otypes=[np.float64])(numbers)
    for id_, text, slipped in _written_wrongly(numbers):
        changed = slipped != numbers
        apart = (np.abs(slipped - numbers) >= CLEAR * widths).any()
        # Numbers that were divided until few of their digits are left could be any small numbers.
        legible = not id_.startswith("decimal") or (np.abs(slipped) >= CLEAR * widths)[changed].any()
        if apart and legible:
            yield Slip(id_, text, {name: kind.key(slipped.tolist())})


def _written_wrongly(numbers: Array) -> Iterator[tuple[str, Text, Array]]:
    """The id, the text and the numbers of each slip, for one number (), a vector (n,) or a matrix (rows, columns)."""
    if numbers.ndim == 0:
        yield "signs-of-all-components", WRONG_SIGN, -numbers
        for power in POWERS:
            yield "decimal-point", POINT, numbers * 10.0**power
        return
    yield "signs-of-all-components", ALL_SIGNS, -numbers
    for power in POWERS:
        yield "decimal-points", ALL_POINTS, numbers * 10.0**power
    for place in np.ndindex(numbers.shape):
        named = _place(place)
        yield "sign-of-one-component", _filled(ONE_SIGN, named), _multiplied(numbers, place, -1.0)
        for power in POWERS:
            yield "decimal-point", _filled(ONE_POINT, named), _multiplied(numbers, place, 10.0**power)
    yield from _exchanged_vector(numbers) if numbers.ndim == 1 else _exchanged_matrix(numbers)


def _exchanged_vector(numbers: Array) -> Iterator[tuple[str, Text, Array]]:
    for i, j in combinations(range(len(numbers)), 2):
        yield "components-swapped", SWAPPED.format(i=i + 1, j=j + 1), _permuted(numbers, i, j)
    if len(numbers) > 3:  # with three or fewer it is an exchange of two
        yield "components-reversed", REVERSED, numbers[::-1]


def _exchanged_matrix(numbers: Array) -> Iterator[tuple[str, Text, Array]]:
    rows, columns = numbers.shape
    if rows == columns > 1:
        yield "matrix-transposed", TRANSPOSED, numbers.T
    for i, j in combinations(range(rows), 2):
        yield "rows-swapped", ROWS.format(i=i + 1, j=j + 1), _permuted(numbers, i, j)
    for i, j in combinations(range(columns), 2):
        yield "columns-swapped", COLUMNS.format(i=i + 1, j=j + 1), _permuted(numbers.T, i, j).T


def _between_fields(fields: Sequence[Field], key: Answers) -> Iterator[Slip]:
    """The answers to two questions of one kind, each in the other's place."""
    for a, b in combinations(fields, 2):
        alike = type(a.kind) is type(b.kind) and a.kind.shape == b.kind.shape
        if alike and isinstance(a.kind, Integer | Number | Vector | Matrix) and _apart(a, key[a.name], key[b.name]):
            text = FIELDS.format(a=_label(a), b=_label(b))
            yield Slip("fields-swapped", text, {a.name: key[b.name], b.name: key[a.name]})


def _apart(field: Field, a: Any, b: Any) -> bool:
    return bool(a != b if isinstance(field.kind, Integer) else field.kind.distance(a, b) >= CLEAR)


def _label(field: Field) -> str:
    """A field as a sentence can name it: its label without the equals sign, or its name."""
    return f"${field.label.removesuffix('=').strip()}$" if field.label else field.name


def _permuted(numbers: Array, i: int, j: int) -> Array:
    """The numbers with two entries (or rows) exchanged."""
    order = np.arange(len(numbers))
    order[[i, j]] = j, i
    return numbers[order]


def _multiplied(numbers: Array, place: tuple[int, ...], factor: float) -> Array:
    """The numbers with one of them multiplied."""
    changed = numbers.copy()
    changed[place] *= factor
    return changed


def _place(place: tuple[int, ...]) -> Text:
    if len(place) == 1:
        return Text(f"component {place[0] + 1}", f"第 {place[0] + 1} 个分量")
    row, column = place[0] + 1, place[1] + 1
    return Text(f"the cell in row {row}, column {column}", f"第 {row} 行第 {column} 列的元素")


def _filled(sentence: Text, place: Text) -> Text:
    return Text(sentence.en.format(place=place.en), sentence.zh.format(place=place.zh))


WRONG_SIGN = Text("Only the sign is wrong.", "只有正负号错了。")
ALL_SIGNS = Text("The numbers are right, but every sign is reversed.", "数值都对，但正负号全都反了。")
ONE_SIGN = Text(
    "Everything is right up to one sign: look at {place}.",
    "只有一个正负号错了：请检查{place}。",
)
POINT = Text("The digits are right, but the decimal point is misplaced.", "数字都对，但小数点的位置错了。")
ALL_POINTS = Text(
    "The digits are right, but the decimal point is misplaced in every number.",
    "数字都对，但每个数的小数点位置都错了。",
)
ONE_POINT = Text(
    "Everything is right up to one decimal point: look at {place}.",
    "只有一个小数点的位置错了：请检查{place}。",
)
POWER_OF_TEN = Text(
    "Your number is the right one times a power of ten: count the zeros.",
    "你的数与正确结果相差 10 的若干次方：请数一数末尾的 0。",
)
SWAPPED = Text(
    "The numbers are right, but components {i} and {j} are exchanged.",
    "数值都对，但第 {i} 个与第 {j} 个分量写反了。",
)
REVERSED = Text(
    "The numbers are right, but they stand in the reverse order.",
    "数值都对，但各分量的顺序完全颠倒了。",
)
TRANSPOSED = Text(
    "That is the transpose of the right matrix: rows and columns are exchanged.",
    "这是正确结果的转置：行与列写反了。",
)
ROWS = Text("The numbers are right, but rows {i} and {j} are exchanged.", "数值都对，但第 {i} 行与第 {j} 行写反了。")
COLUMNS = Text(
    "The numbers are right, but columns {i} and {j} are exchanged.", "数值都对，但第 {i} 列与第 {j} 列写反了。"
)
FIELDS = Text(
    "Both numbers are right, but {a} and {b} stand in each other's place.",
    "结果都对，但 {a} 与 {b} 填反了位置。",
)

SLIPS: Mapping[str, Text] = {
    "components-swapped": Text("two components exchanged", "两个分量写反"),
    "components-reversed": Text("components in reverse order", "分量顺序颠倒"),
    "columns-swapped": Text("two columns exchanged", "两列写反"),
    "decimal-point": Text("a decimal point misplaced", "小数点错位"),
    "decimal-points": Text("every decimal point misplaced", "所有小数点错位"),
    "fields-swapped": Text("two answers in each other's place", "两个答案填反"),
    "matrix-transposed": Text("matrix transposed", "矩阵转置"),
    "rows-swapped": Text("two rows exchanged", "两行写反"),
    "sign-of-one-component": Text("one sign wrong", "一个正负号错误"),
    "signs-of-all-components": Text("all signs wrong", "正负号全部错误"),
}
"""What reports call a slip, by its id."""
