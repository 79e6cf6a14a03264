"""Tables as files for spreadsheets, and as they are shown on a page."""

import csv
import io

import pytest

from app.attempts.solution_pages import written
from app.attempts.solutions import as_csv
from problems.exhibits import Cell, Column, Table
from problems.text import Text

NOTHING = Text("", "")


def test_a_csv_is_safe_in_a_spreadsheet() -> None:
    columns = tuple(Column(letter, NOTHING) for letter in "abc")
    rows = (("=1+1", -0.5, True), ("@x", None, False), ("-2", 1e-17, True), ("fine", 3, None))
    written = list(csv.reader(io.StringIO(as_csv(Table("t", NOTHING, columns, rows)))))
    assert written == [
        ["a", "b", "c"],
        ["'=1+1", "-0.5", "1"],
        ["'@x", "", "0"],
        ["'-2", "1e-17", "1"],
        ["fine", "3", ""],
    ]


@pytest.mark.parametrize(
    ("cell", "decimals", "shown"),
    [
        (-0.5271234, 3, "−0.527"),
        (-0.0000001, 3, "0.000"),
        (12, None, "12"),
        (0.1234567891, None, "0.1234568"),
        (-3, None, "−3"),
        (-2e12, 6, "−2.000000e+12".replace("-", "−")),
        (True, None, "✓"),
        (False, None, "–"),
        (None, 3, ""),
        ("y_hat", None, "y_hat"),
    ],
)
def test_numbers_on_a_page_have_a_true_minus_sign_and_no_negative_zero(
    cell: Cell, decimals: int | None, shown: str
) -> None:
    assert written(cell, Column("c", NOTHING, decimals)) == shown
