"""What stands in the inputs of a form, as raw answers."""

import time

import pytest
from starlette.datastructures import FormData

from app.attempts.form_answers import raw_answers
from problems.answers import Matrix, Vector
from problems.problem import Field
from problems.tolerance import Tolerance

EXACT = Tolerance("absolute", 0)
VECTOR, MATRIX = Vector(4, EXACT), Matrix(2, 2, EXACT)


def sent(*cells: str) -> FormData:
    return FormData([("w", cell) for cell in cells])


@pytest.mark.parametrize(
    ("kind", "cells", "raw"),
    [
        (VECTOR, ("1", "", "3", "4"), ["1", "", "3", "4"]),
        (VECTOR, ("[1, 2, 3, 4]", "", "", ""), "[1, 2, 3, 4]"),
        (VECTOR, ("", "1；2；3；4", "", ""), "1；2；3；4"),
        (VECTOR, (" 1, ", "", "", ""), [" 1, ", "", "", ""]),  # one number and a comma are no array
        (MATRIX, ("1", "2", "3", "4"), [["1", "2"], ["3", "4"]]),
        (MATRIX, ("1 2\n3 4", "", "", ""), "1 2\n3 4"),
    ],
)
def test_an_array_pasted_into_one_box_is_one_text_else_a_box_is_a_cell(kind, cells, raw):
    assert raw_answers([Field(name="w", kind=kind)], sent(*cells)) == {"w": raw}


@pytest.mark.parametrize("cell", ["9" * 200_000, "," * 200_000, "9" * 100_000 + "," * 100_000])
def test_a_box_as_full_as_a_body_can_be_is_read_at_once(cell):
    started = time.perf_counter()
    raw_answers([Field(name="w", kind=VECTOR)], sent(cell, "", "", ""))
    assert time.perf_counter() - started < 1  # a search for separators that starts over at every place takes minutes
