"""Reading a whole run that a student pastes: steps × weights, from CSV, MATLAB, NumPy or a spreadsheet.

Up to ten thousand rows are read with one `float` a cell; only when that fails is the cell looked for that is no number,
and refused with the sentence that `problems.reading` has for it. What is shown also says how exactly it is shown:
`Pasted.units` holds, for every number, the value of one unit of its last digit.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from problems.reading import MAX_NUMBER_LENGTH as LONG
from problems.reading import FormatError, plain, read_number
from problems.text import Text

Array = NDArray[np.float64]

MAX_LENGTH = 1_000_000
MAX_ROWS = 10_000
MAX_COLUMNS = 10_001  # ten thousand steps, transposed, and their start

FLOAT32 = 2.0**-22
"""Relative error that even a run in single precision keeps below in one row."""


@dataclass(frozen=True, slots=True, eq=False)
class Pasted:
    """`values` and `units`, both (rows, columns)."""

    values: Array
    units: Array

    @property
    def transposed(self) -> "Pasted":
        return Pasted(self.values.T, self.units.T)

    def without_first_column(self) -> "Pasted":
        return Pasted(self.values[:, 1:], self.units[:, 1:])


def read_trace(raw: Any) -> Pasted:
    """The table that was pasted, or sent as JSON (a list of rows); raises `FormatError` with the place in words."""
    rows = _listed(raw) if isinstance(raw, list | tuple) else _pasted_rows(raw)
    if not rows or not rows[0]:
        raise FormatError(Text("There are no numbers in this run.", "这里没有任何数。"))
    if len(rows) > MAX_ROWS + 1:  # the steps and their start
        raise FormatError(
            Text(f"Too many rows: at most {MAX_ROWS} steps are read.", f"行数太多：最多读取 {MAX_ROWS} 步。")
        )
    width = len(rows[0])
    for place, row in enumerate(rows):
        if len(row) != width:
            raise FormatError(
                Text(
                    f"Row {place + 1} has {len(row)} numbers, but the first row has {width}.",
                    f"第 {place + 1} 行有 {len(row)} 个数，而第 1 行有 {width} 个。",
                ),
                (place,),
            )
    if width > MAX_COLUMNS:
        raise FormatError(Text("Too many numbers in a row.", "一行中的数太多了。"))
    values = _values(rows)
    return Pasted(values, _units(rows, values))


def _listed(raw: Sequence[Any]) -> list[list[str]]:
    """Rows from JSON: numbers become the text that shows them."""
    if not all(isinstance(row, list | tuple) for row in raw):
        raise FormatError(Text("Send a list of rows, or the pasted text.", "请给出由各行组成的列表，或直接粘贴文本。"))
    return [[plain(cell).strip() if isinstance(cell, str) else _as_text(cell) for cell in row] for row in raw]


def _as_text(cell: Any) -> str:
    return repr(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else "?"


_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")
_ELLIPSIS = re.compile(r"\.\.\.|…|⋯")
_ASSIGNED = re.compile(r"\s*[A-Za-z_]\w*\s*=\s*(?=[\[({\w])")
_CALLED = re.compile(r"\s*(?:\w+\.)?(?:array|matrix|asarray|tensor)\s*\(")
_TYPED = re.compile(r",\s*(?:dtype|shape)\s*=\s*[^\[\]]*$")
_COMMENT = re.compile(r"^[ \t]*[#%].*$", re.MULTILINE)
_LINES = re.compile(r"[\r\n\f\v\x85\u2028\u2029]+")


def _pasted_rows(raw: Any) -> list[list[str]]:
    if not isinstance(raw, str):
        raise FormatError(Text("Paste the run as text.", "请以文本形式粘贴迭代过程。"))
    if len(raw) > MAX_LENGTH:
        raise FormatError(
            Text(f"Too long: at most {MAX_LENGTH:,} characters are read.", f"太长了：最多读取 {MAX_LENGTH} 个字符。")
        )
    if _CONTROL.search(raw):
        raise FormatError(
            Text(
                "This is not text. Paste the numbers themselves, such as the content of a CSV file.",
                "这不是文本。请粘贴数字本身，例如 CSV 文件的内容。",
            )
        )
    if _ELLIPSIS.search(raw):
        raise FormatError(
            Text(
                "There is “...” in this run. Where NumPy left rows out, print them all with "
                "np.set_printoptions(threshold=np.inf); where MATLAB continues a line, join the lines.",
                "其中含有“...”。如果是 NumPy 省略了若干行，请用 np.set_printoptions(threshold=np.inf) 打印全部；"
                "如果是 MATLAB 的续行符，请把它们合并成一行。",
            )
        )
    text = _COMMENT.sub("", raw if raw.isascii() else plain(raw)).strip()
    return _bracketed(text) if "[" in text or "(" in text or "{" in text else _lines(text)


def _bracketed(text: str) -> list[list[str]]:
    """Rows of ``W = [1 2; 3 4];`` or ``np.array([[1., 2.], [3., 4.]])``."""
    text = text.rstrip("; \t\r\n")
    if assigned := _ASSIGNED.match(text):
        text = text[assigned.end() :]
    if (called := _CALLED.match(text)) and text.endswith(")"):
        text = text[called.end() : -1]
        tail = text.rfind("]") + 1  # searched for from here on, since a search of all of it takes its length squared
        text = (text[:tail] + _TYPED.sub("", text[tail:])).rstrip(", \t\r\n")
    text = text.translate(str.maketrans("(){}", "[][]"))
    brackets = "".join(re.findall(r"[\[\]]", text))
    if not (text.startswith("[") and text.endswith("]")):
        _refuse_brackets()
    inside = text[1:-1]
    if brackets == "[]":
        return [_cells(row) for row in re.split(r"[;\r\n]+", inside) if row.strip(" \t,")]
    if not re.fullmatch(r"\[(\[\])+\]", brackets) or re.sub(r"\[[^\[\]]*\]", "", inside).strip(" \t\r\n,;"):
        _refuse_brackets()
    return [_cells(row) for row in re.findall(r"\[([^\[\]]*)\]", inside)]


def _refuse_brackets() -> NoReturn:
    raise FormatError(
        Text(
            "The brackets don't match. Write one step a line, or a matrix like [1 2; 3 4].",
            "括号不匹配。请每行写一步，或写成 [1 2; 3 4] 这样的矩阵。",
        )
    )


def _lines(text: str) -> list[list[str]]:
    """Rows without brackets: one a line (and a `;` within a line parts cells), or all in one line, parted by `;`."""
    lines = [line.strip().rstrip(";") for line in _LINES.split(text)]
    lines = [line for line in lines if line.strip(" \t,")]
    if len(lines) == 1 and ";" in lines[0]:
        return [_cells(row) for row in lines[0].split(";") if row.strip()]
    if any(";" in line for line in lines):
        rows = [[cell.strip() for cell in line.split(";")] for line in lines]
    else:
        rows = [_cells(line) for line in lines]
    # Names of the columns stand in rows of words before the first number.
    first = next((place for place, row in enumerate(rows) if not all(map(_is_word, row))), 0)
    return rows[first:]


def _is_word(cell: str) -> bool:
    return re.fullmatch(r"[+-]?(nan|inf|infinity)", cell, re.IGNORECASE) is None and not re.match(r"[+-]?[.\d]", cell)


def _cells(row: str) -> list[str]:
    """Cells between commas, spaces or tabs; between two commas stands an empty one."""
    row = row.strip().removesuffix(",")
    if "," not in row:
        return row.split()
    return [cell for part in row.split(",") for cell in (part.split() or [""])]


def _values(rows: Sequence[Sequence[str]]) -> Array:
    try:
        values = np.array([[float(cell) for cell in row] for row in rows])
    except ValueError:
        values = np.array(np.nan)
    # Python's float also takes nan, inf, 1_000 and numbers of any length.
    odd = not np.isfinite(values).all() or any("_" in cell or len(cell) > LONG for row in rows for cell in row)
    if odd:
        return np.array([[_number(cell, i, j) for j, cell in enumerate(row)] for i, row in enumerate(rows)])
    return values


def _number(cell: str, row: int, column: int) -> float:
    """A cell as `read_number` has it; the place of what is no number is said in words, too."""
    try:
        return read_number(cell.strip("\"'"), (row, column))
    except FormatError as error:
        text = Text(
            f"Row {row + 1}, column {column + 1}: {error.text.en}",
            f"第 {row + 1} 行第 {column + 1} 列：{error.text.zh}",
        )
        raise FormatError(text, (row, column)) from None


def _units(rows: Sequence[Sequence[str]], values: Array) -> Array:
    """What one unit of the last digit is worth, for every number.

    A table is printed with so many decimals or with so many significant digits, and loses zeros at the end on its way
    through a spreadsheet: the most that any number shows is taken for all of them, and of both readings the coarser.
    """
    shown = [_digits(cell) for row in rows for cell in row]
    decimals = max(each[0] for each in shown)
    significant = max(1, *(each[1] for each in shown))
    with np.errstate(divide="ignore"):
        magnitude = np.floor(np.log10(np.abs(values)))
    by_digits = np.where(values == 0, 0.0, 10.0 ** (np.clip(magnitude, -300, 300) + 1 - significant))
    coarser = np.maximum(10.0 ** -max(-300, min(decimals, 300)), by_digits)
    return np.maximum(coarser, FLOAT32 * np.maximum(1.0, np.abs(values)))


_FRACTION = (17, 17)
"""``1/3`` is as exact as a number gets."""


def _digits(cell: str) -> tuple[int, int]:
    """Decimals and significant digits that a number shows."""
    mantissa, _, exponent = cell.lower().strip("+-\"'").partition("e")
    if "/" in cell:
        return _FRACTION
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent) if exponent else 0
    return len(fraction) - power, len((whole + fraction).lstrip("0"))
