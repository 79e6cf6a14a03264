"""Reading what people type: numbers, and arrays pasted from NumPy, MATLAB, CSV or a spreadsheet.

What can't be read raises `FormatError` with a sentence that says what to write instead. It is never a wrong answer:
no attempt is spent on it.
"""

import math
import re
from fractions import Fraction
from typing import Any

from problems.text import Text

MAX_NUMBER_LENGTH = 64
MAX_ARRAY_LENGTH = 20_000
MAX_WHOLE = 10**15

Path = tuple[int, ...]


class FormatError(ValueError):
    """The input is no answer at all; `text` tells the student why, `path` points at the cell."""

    def __init__(self, text: Text, path: Path = ()) -> None:
        super().__init__(text.en)
        self.text = text
        self.path = path


_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SPACES = dict.fromkeys([0x00A0, 0x1680, *range(0x2000, 0x200C), 0x202F, 0x205F, 0x3000, 0xFEFF], " ")
_PLAIN = _FULL_WIDTH | _DASHES | _SPACES | {ord("。"): ".", ord("、"): ",", ord("【"): "[", ord("】"): "]"}

DECIMAL = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?"
_NUMBER = re.compile(rf"([+-]?) *({DECIMAL})(?: */ *([+-]?{DECIMAL}))?")


def plain(typed: str) -> str:
    """The text in ASCII: full-width forms, the various dashes and spaces become the plain ones."""
    return typed.translate(_PLAIN)


def read_number(raw: Any, path: Path = ()) -> float:
    """A finite real number from text (``-0.5``, ``.5``, ``1e-3``, ``7/2``, full-width forms) or from a JSON number."""
    return float(_read_exact(raw, path))


def read_whole(raw: Any, path: Path = ()) -> int:
    """A whole number of at most 15 digits; ``128``, ``128.0`` and ``1.28e2`` are the same."""
    exact = _read_exact(raw, path)
    if exact != int(exact):
        raise FormatError(Text("Write a whole number here, such as 128.", "这里请填整数，例如 128。"), path)
    if abs(exact) > MAX_WHOLE:
        raise _too_large(path)
    return int(exact)


def _read_exact(raw: Any, path: Path) -> Fraction:
    try:
        if isinstance(raw, str):
            exact = _from_text(raw, path)
        elif isinstance(raw, int | float) and not isinstance(raw, bool):
            exact = _from_json(raw, path)
        else:
            raise FormatError(Text("Write one number here.", "这里请填一个数。"), path)
        float(exact)
    except OverflowError:
        raise _too_large(path) from None
    return exact


def _from_json(raw: float, path: Path) -> Fraction:
    if not math.isfinite(raw):
        raise FormatError(_NOT_FINITE, path)
    return Fraction(raw)


def _from_text(raw: str, path: Path) -> Fraction:
    if len(raw) > MAX_NUMBER_LENGTH:
        raise FormatError(
            Text(f"Too long: at most {MAX_NUMBER_LENGTH} characters.", f"太长了：最多 {MAX_NUMBER_LENGTH} 个字符。"),
            path,
        )
    typed = plain(raw).strip()
    match = _NUMBER.fullmatch(typed)
    if match is None:
        raise FormatError(_advice(typed), path)
    sign, numerator, denominator = match.groups()
    value = _decimal(numerator, path)
    if denominator is not None:
        divisor = _decimal(denominator, path)
        if divisor == 0:
            raise FormatError(Text("The denominator is zero.", "分母为零。"), path)
        value /= divisor
    return -value if sign == "-" else value


def _decimal(text: str, path: Path) -> Fraction:
    """The exact value; a huge exponent is refused before it becomes a huge integer."""
    as_float = float(text)
    if math.isinf(as_float):
        raise _too_large(path)
    return Fraction(text) if as_float else Fraction(0)


def _too_large(path: Path) -> FormatError:
    return FormatError(Text("This number is too large.", "这个数太大了。"), path)


EMPTY = Text("This field is empty.", "这一格还没有填。")
_NOT_FINITE = Text(
    "NaN and infinity are not answers; write a finite number.", "NaN 和无穷大不能作为答案，请填有限的数。"
)
_ADVICE: tuple[tuple[str, Text], ...] = (
    (r"", EMPTY),
    (
        r"[+-]?\d+,\d+",
        Text(
            "Write the decimal point as a dot, 1.5 instead of 1,5, and leave out thousands separators.",
            "小数点请用“.”：写 1.5，不写 1,5；也不要写千位分隔符。",
        ),
    ),
    (
        r"[+-]?\d{1,3}([ ,'_]\d{3})+(\.\d*)?",
        Text("Leave out thousands separators: 1000 instead of 1 000.", "不要写千位分隔符：写 1000，不写 1 000。"),
    ),
    (r"[+-]? *(nan|inf|infinity|∞|无穷)", _NOT_FINITE),
    (
        r".*\d *[ij]|[+-]?[ij]",
        Text("Complex numbers are not accepted here; write a real number.", "这里不接受复数，请填实数。"),
    ),
    (
        r".*[x×*·] *10 *(\^|\*\*)? *[({]?[+-]?\d+[)}]?",
        Text("Write powers of ten with e: 1.2e-3.", "10 的幂请用 e 表示：1.2e-3。"),
    ),
)


def _advice(typed: str) -> Text:
    for pattern, text in _ADVICE:
        if re.fullmatch(pattern, typed, re.IGNORECASE):
            return text
    return Text(
        "This is not a number. Write it like 2.5, -1.25, 7/2 or 1e-3.",
        "这不是一个数。请写成 2.5、-1.25、7/2 或 1e-3 的形式。",
    )


def read_rows(pasted: str) -> list[list[str]]:
    """Cells of a pasted array, row by row.

    Understands ``1, 2, 3`` · ``[1 2; 3 4]`` · ``[[1,2],[3,4]]`` · ``array([[1., 2.]], dtype=float32)`` · lines with
    tabs, commas or spaces. Raises `FormatError` when brackets don't match, nest deeper, or the text is too long.
    """
    if len(pasted) > MAX_ARRAY_LENGTH:
        raise FormatError(
            Text(f"Too long: at most {MAX_ARRAY_LENGTH} characters.", f"太长了：最多 {MAX_ARRAY_LENGTH} 个字符。")
        )
    text = _unwrap(plain(pasted).strip())
    depth = _depth(text)
    if depth == 0:
        return _split_rows(text)
    inside = text[1:-1]
    if depth == 1:
        return _split_rows(inside)
    rows = re.findall(r"\[([^\[\]]*)\]", inside)
    if re.sub(r"\[[^\[\]]*\]", "", inside).strip(" \t\r\n,;"):
        raise _bad_brackets()
    return [_split_cells(row) for row in rows]


def read_line(pasted: str) -> list[str]:
    """Cells of a pasted vector, written as a row or as a column. NumPy wraps long vectors: a line end is a space there.

    A block of several rows and columns comes back as no cells, which fits no vector.
    """
    rows = read_rows(pasted if "[[" in plain(pasted) else re.sub(r"[\r\n]+", " ", pasted))
    if len(rows) > 1 and any(len(row) > 1 for row in rows):
        return []
    return [cell for row in rows for cell in row]


def _unwrap(text: str) -> str:
    """Without ``np.array(…)`` around it; round and curly brackets become square ones."""
    call = re.fullmatch(
        r"(?:\w+\.)?(?:array|matrix|asarray|tensor)\s*\((.*?)(?:,\s*dtype=[\w.]+\s*)?\)", text, re.DOTALL
    )
    text = call[1].strip() if call else text
    return text.translate(str.maketrans("(){}", "[][]"))


def _depth(text: str) -> int:
    """0 without brackets, 1 for ``[…]``, 2 for ``[[…],[…]]``; raises when they don't match or don't enclose it all."""
    depth = deepest = 0
    for place, character in enumerate(text):
        depth += {"[": 1, "]": -1}.get(character, 0)
        deepest = max(deepest, depth)
        closed_early = depth == 0 and deepest > 0 and place < len(text) - 1
        if depth < 0 or depth > 2 or closed_early:
            raise _bad_brackets()
    if depth or (deepest and not text.startswith("[")):
        raise _bad_brackets()
    return deepest


def _bad_brackets() -> FormatError:
    return FormatError(
        Text(
            "The brackets don't match. Write a vector like [1, 2, 3] and a matrix like [1 2; 3 4].",
            "括号不匹配。向量请写成 [1, 2, 3]，矩阵请写成 [1 2; 3 4]。",
        )
    )


def _split_rows(text: str) -> list[list[str]]:
    return [_split_cells(row) for row in re.split(r"[;\n\r]+", text) if row.strip()]


def _split_cells(row: str) -> list[str]:
    """Cells between commas, spaces or tabs; an empty cell between two commas stays, and is refused when read."""
    row = row.strip().replace(";", ",")
    return [cell for part in row.removesuffix(",").split(",") for cell in (part.split() or [""])]
