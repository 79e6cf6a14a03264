"""What people type is understood, or refused with a sentence that says what to write instead."""

import json
import math
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.answers import Choice, Choices, Integer, Matrix, Number, Option, Vector
from problems.reading import (
    MAX_ARRAY_LENGTH,
    MAX_NUMBER_LENGTH,
    FormatError,
    read_line,
    read_number,
    read_rows,
    read_whole,
)
from problems.text import Text
from problems.tolerance import Tolerance

FINITE = st.floats(allow_nan=False, allow_infinity=False)
FULL_WIDTH = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}


# One number


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("-0.527", -0.527),
        ("−0.527", -0.527),  # U+2212, the minus sign of typeset mathematics
        ("–0.527", -0.527),  # en dash
        ("—0.527", -0.527),  # em dash
        ("－0.527", -0.527),  # full-width
        (".5", 0.5),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("+3", 3.0),
        ("- 3", -3.0),
        ("007", 7.0),
        ("1e-3", 0.001),
        ("1E-3", 0.001),
        ("1e+3", 1000.0),
        ("1e−3", 0.001),
        ("7/2", 3.5),
        ("-7 / 2", -3.5),
        ("7/-2", -3.5),
        ("1e3/4", 250.0),
        ("１．２５", 1.25),
        ("－１２８", -128.0),
        ("７／２", 3.5),
        ("1。5", 1.5),  # the full stop of a Chinese keyboard
        ("  2.5  ", 2.5),
        ("\u00a02.5\u3000", 2.5),  # no-break and ideographic spaces
        ("\ufeff2.5\t\n", 2.5),
        ("0e999999", 0.0),
        ("-0", 0.0),
    ],
)
def test_a_number_as_people_type_it(typed, meant):
    assert read_number(typed) == meant
    assert not (meant == 0 and math.copysign(1, read_number(typed)) < 0)  # echoed as 0, not as -0


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("1,5", "1.5 instead of 1,5"),
        ("-1,5", "1.5 instead of 1,5"),
        ("１，５", "1.5 instead of 1,5"),
        ("1,000", "thousands separators"),
        ("1,000,000", "thousands separators"),
        ("1 000", "thousands separators"),
        ("1\u202f000.5", "thousands separators"),
        ("1'000", "thousands separators"),
        ("nan", "NaN and infinity"),
        ("NaN", "NaN and infinity"),
        ("-inf", "NaN and infinity"),
        ("Infinity", "NaN and infinity"),
        ("∞", "NaN and infinity"),
        ("1+2i", "Complex"),
        ("2j", "Complex"),
        ("i", "Complex"),
        ("1.2×10^-3", "Write powers of ten with e"),
        ("1.2 * 10**-3", "Write powers of ten with e"),
        ("1e999999", "too large"),
        ("1e308/1e-308", "too large"),
        ("5/0", "denominator is zero"),
        ("1/2/3", "not a number"),
        ("1 1/2 x", "not a number"),
        ("1e", "not a number"),
        ("e5", "not a number"),
        (".", "not a number"),
        ("--1", "not a number"),
        ("±1", "not a number"),
        ("0x10", "not a number"),
        ("½", "not a number"),
        ("٣", "not a number"),  # an Arabic digit
        ("sqrt(2)", "not a number"),
        ("__import__('os')", "not a number"),
        ("\ud800", "not a number"),  # a lone surrogate
        ("1" * (MAX_NUMBER_LENGTH + 1), "Too long"),
    ],
)
def test_what_is_no_number_is_refused_with_advice(typed, advice):
    with pytest.raises(FormatError, match=advice) as refused:
        read_number(typed, path=(2,))
    assert refused.value.path == (2,)
    assert refused.value.text.zh


@pytest.mark.parametrize("raw", [None, True, False, [], [1], {}, {"1": 1}, b"1", 1j, object()])
def test_what_is_no_json_number_is_refused(raw):
    with pytest.raises(FormatError, match="Write one number here"):
        read_number(raw)


@pytest.mark.parametrize(
    ("raw", "advice"),
    [(math.nan, "NaN"), (math.inf, "NaN"), (-math.inf, "NaN"), (10**400, "too large"), (-(10**5000), "too large")],
    ids=["nan", "inf", "-inf", "big", "bigger"],
)
def test_json_numbers_that_are_not_finite_are_refused(raw, advice):
    with pytest.raises(FormatError, match=advice):
        read_number(raw)


@given(FINITE)
def test_every_float_reads_back_from_its_own_text(number):
    assert read_number(repr(number)) == number
    assert read_number(number) == number


@given(
    number=FINITE,
    dash=st.sampled_from("-‐‑‒–—―−﹘﹣－"),
    space=st.sampled_from(["", " ", "\u00a0", "\u3000", "\t", "\u2009"]),
    wide=st.booleans(),
)
def test_dashes_spaces_and_full_width_forms_change_nothing(number, dash, space, wide):
    typed = repr(number).replace("-", dash)
    assert read_number(space + (typed.translate(FULL_WIDTH) if wide else typed) + space) == number


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**20), st.sampled_from(["/", " / ", "／"]))
def test_a_fraction_is_the_nearest_float(numerator, denominator, slash):
    assert read_number(f"{numerator}{slash}{denominator}") == float(Fraction(numerator, denominator))


@given(st.integers(-(10**15), 10**15))
def test_a_whole_number_may_be_written_in_any_way(number):
    for typed in (number, str(number), f"{number}.0", f"{number}.", f"{number}e0", f"{2 * number}/2"):
        assert read_whole(typed) == number


@pytest.mark.parametrize(
    ("raw", "advice"),
    [
        ("2.5", "whole number"),
        (2.5, "whole number"),
        ("1/3", "whole number"),
        ("1e-9", "whole number"),
        ("1000000000000001", "too large"),
        (10**15 + 1, "too large"),
        ("1e300", "too large"),
        ("twelve", "not a number"),
    ],
)
def test_what_is_no_whole_number_is_refused(raw, advice):
    with pytest.raises(FormatError, match=advice):
        read_whole(raw)


# Vectors and matrices


@pytest.mark.parametrize(
    "pasted",
    [
        "1, 2, 3",
        "1 2 3",
        "1\t2\t3",
        "1;2;3",
        "1\n2\n3",
        "1\r\n2\r\n3\r\n",
        "1,\n2,\n3,",
        "[1, 2, 3]",
        "[1 2 3]",
        "[1; 2; 3]",
        "(1, 2, 3)",
        "{1, 2, 3}",
        "[[1], [2], [3]]",
        "[[1]\n [2]\n [3]]",
        "[[1, 2, 3]]",
        "array([1, 2, 3])",
        "array([1., 2., 3.], dtype=float32)",
        "np.array([[1], [2], [3]], dtype=np.float64)",
        "matrix([[1, 2, 3]])",
        "tensor([1., 2., 3.], dtype=torch.float64)",
        "[1.  2.\n 3. ]",  # NumPy wraps long vectors
        "［１，２，３］",
        "（1，2，3）",
        "【1、2、3】",
        "  1,2 , 3  ",
        "1, 2, 3,",
    ],
)
def test_a_pasted_vector(pasted):
    assert [read_number(cell) for cell in read_line(pasted)] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "pasted",
    [
        "1 2; 3 4",
        "1 2\n3 4",
        "1,2\n3,4\n",
        "1\t2\r\n3\t4",
        "[1 2; 3 4]",
        "[1, 2; 3, 4]",
        "[1 2\n3 4]",
        "[[1,2],[3,4]]",
        "[[1 2]\n [3 4]]",
        "((1, 2), (3, 4))",
        "array([[1., 2.],\n       [3., 4.]])",
        "np.array([[1, 2], [3, 4]])",
        "［１ ２；３ ４］",
    ],
)
def test_a_pasted_matrix(pasted):
    assert [[read_number(cell) for cell in row] for row in read_rows(pasted)] == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("pasted", ["[1, 2", "1, 2]", "[1], [2]", "1 [2]", "[[[1]]]", "[[1] 2]", "][", "[1]]", "[1] x"])
def test_brackets_that_do_not_match_are_refused(pasted):
    with pytest.raises(FormatError, match="brackets don't match"):
        read_rows(pasted)


def test_an_empty_cell_stays_and_is_refused_at_its_place():
    with pytest.raises(FormatError, match="empty") as refused:
        Vector(3, Tolerance("absolute", 0.1)).parse("1,,3")
    assert refused.value.path == (1,)


def test_a_decimal_comma_in_a_cell_is_refused_at_its_place():
    with pytest.raises(FormatError, match="instead of 1,5") as refused:
        Matrix(2, 2, Tolerance("absolute", 0.1)).parse([["1", "2"], ["1,5", "4"]])
    assert refused.value.path == (1, 0)


VECTORS = st.lists(FINITE, min_size=2, max_size=12)
MATRICES = st.tuples(st.integers(2, 5), st.integers(2, 5)).flatmap(
    lambda shape: st.lists(st.lists(FINITE, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0])
)


def exactly(array):
    """As a NumPy session prints it with every digit, wrapped at 75 characters."""
    with np.printoptions(precision=17, floatmode="unique", threshold=10**6):
        return [repr(array), str(array), f"np.{array!r}"]


@settings(deadline=None)
@given(VECTORS)
def test_a_vector_reads_back_from_every_format(numbers):
    column = np.array(numbers)[:, None]
    texts = [
        json.dumps(numbers),
        ", ".join(map(repr, numbers)),
        "\t".join(map(repr, numbers)),
        "\n".join(map(repr, numbers)),
        "[" + " ".join(map(repr, numbers)) + "]",
        "[" + "; ".join(map(repr, numbers)) + "]",
        *exactly(np.array(numbers)),
        *exactly(column),
    ]
    vector = Vector(len(numbers), Tolerance("absolute", 0.1))
    for raw in [*texts, numbers, list(map(repr, numbers)), column.tolist(), tuple(numbers)]:
        assert vector.parse(raw) == tuple(numbers)


@settings(deadline=None)
@given(MATRICES)
def test_a_matrix_reads_back_from_every_format(rows):
    def joined(between_cells, between_rows):
        return between_rows.join(between_cells.join(map(repr, row)) for row in rows)

    texts = [
        json.dumps(rows),
        joined(",", "\n"),
        joined("\t", "\r\n"),
        joined(" ", "; "),
        f"[{joined(' ', '; ')}]",
        f"[{joined(', ', '; ')}]",
        repr(np.array(rows).tolist()),
    ]
    if len(rows[0]) < 3:  # wider rows of long numbers are wrapped, and then only their brackets tell the rows
        texts += exactly(np.array(rows))
    matrix = Matrix(len(rows), len(rows[0]), Tolerance("absolute", 0.1))
    for raw in [*texts, rows, [list(map(repr, row)) for row in rows]]:
        assert matrix.parse(raw) == tuple(map(tuple, rows))


# Whatever arrives: a value or a FormatError, soon

_OPTIONS = tuple(Option(id_, Text(id_, id_), "printed") for id_ in "ABCD")
_ABSOLUTE = Tolerance("absolute", 0.001)
KINDS = (
    Choice(_OPTIONS),
    Choices(_OPTIONS),
    Integer(),
    Number(_ABSOLUTE),
    Vector(3, _ABSOLUTE),
    Matrix(2, 2, _ABSOLUTE),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
)
NEARLY = st.text("0123456789.,;:-+−/eE[](){} \t\n'^*×inaNf。，；１［∞", max_size=40)


def parsed_or_refused(kind, raw):
    try:
        value = kind.parse(raw)
    except FormatError as error:
        return bool(error.text.en and error.text.zh)
    return kind.compare(value, value).correct and bool(kind.text(value) and kind.latex(value))


@settings(max_examples=300, deadline=None)
@given(st.text() | NEARLY | JSON)
def test_anything_is_an_answer_or_a_format_error(raw):
    for kind in KINDS:
        assert parsed_or_refused(kind, raw)


def nested(depth):
    raw = []
    for _ in range(depth):
        raw = [raw]
    return raw


@pytest.mark.parametrize(
    "raw",
    [nested(50_000), [nested(50_000)] * 3, 10**5000, [10**5000] * 3, "9" * 10**6, ["9" * 10**6], {}, [[]], [[1, 2], 3]],
    ids=["deep", "deep cells", "huge", "huge cells", "long", "long cell", "object", "empty row", "ragged"],
)
def test_deep_and_huge_values_are_refused(raw):
    for kind in KINDS:
        with pytest.raises(FormatError):
            kind.parse(raw)


@pytest.mark.parametrize(
    "pattern",
    [
        "1{}1".format(" " * 9),
        " ,",
        ", ",
        "[",
        "]",
        "[]",
        "[1]",
        "1;",
        "\r\n",
        "array(",
        "array(1,\t",
        ")",
        "1,dtype=a",
        "。",
        "a",
    ],
)
def test_long_input_costs_little_time(pattern):
    """A regular expression that backtracks needs seconds for the second and later of these."""
    for text in (
        pattern * (MAX_ARRAY_LENGTH // len(pattern)),
        pattern[0] * (MAX_ARRAY_LENGTH - 1) + "x",
        "array(" + pattern * 2000,
    ):
        started = time.process_time()
        for kind in KINDS:
            assert parsed_or_refused(kind, text)
        assert time.process_time() - started < 0.5


def test_spaces_between_two_numbers_cost_little_time():
    started = time.process_time()
    assert read_line("1" + " " * (MAX_ARRAY_LENGTH - 2) + "1") == ["1", "1"]
    assert time.process_time() - started < 0.1


def test_text_beyond_the_limit_is_refused():
    with pytest.raises(FormatError, match="Too long"):
        read_rows("1" * (MAX_ARRAY_LENGTH + 1))
