"""Class lists as spreadsheets write them: what is read, and which lines are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.courses.class_list import MAX_ROWS, Row, decode, read


def lines(text: str) -> list[tuple[int, str]]:
    listed = read(text)
    return [(fault.line, fault.detail.en) for fault in listed.faults]


def test_columns_come_in_any_order_and_in_either_language():
    english = read("role,student number,email,full name,group\nassistant,7,LIN@example.edu ,Lin, A\n")
    chinese = read("角色,学号,邮箱,姓名,班级\n助教,7,lin@example.edu,Lin,A\n")
    assert english.rows == chinese.rows == (Row(2, "lin@example.edu", "Lin", "7", "A", "assistant"),)
    assert english.columns == {"email", "name", "student_number", "section", "role"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_whatever_stands_between_cells_and_lines(delimiter, end):
    text = end.join(["email;name", "a@b.c;Lin", "", ";;", 'd@e.f;"Wang"']).replace(";", delimiter)
    assert [(row.line, row.email, row.name) for row in read(text).rows] == [(2, "a@b.c", "Lin"), (5, "d@e.f", "Wang")]


def test_quoted_cells_hold_delimiters_and_lines_are_counted_as_editors_do():
    listed = read('email,name,remark\na@b.c,"Lin, H.","two\nlines"\nnone,,\n')
    assert listed.rows[0].name == "Lin, H."
    assert [fault.line for fault in listed.faults] == [4]


def test_columns_that_are_not_known_or_come_twice_are_passed_over():
    assert read("email,mark,name,姓名\na@b.c,5,Lin,Other\n").rows == (Row(2, "a@b.c", "Lin"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, "Line 1: The list is empty.")]),
        ("\n \n,,\n", [(1, "Line 1: The list is empty.")]),
        ("name\nLin\n", [(1, "Line 1: The first line must name the columns, one of them “email”.")]),
        ("email\na@b.c,more\n", [(2, "Line 2: The row has more cells than the first line.")]),
        ("email,name\n,Lin\n", [(2, "Line 2: The e-mail address is missing.")]),
        ("email\nnone\n", [(2, "Line 2: This is no e-mail address.")]),
        ("email,role\na@b.c,dean\n", [(2, "Line 2: The role must be student, assistant or instructor.")]),
        ('email,name\na@b.c,"L\nin"\n', [(2, "Line 2: A cell holds a line break or a control character.")]),
        (f"email,name\na@b.c,{'x' * 201}\n", [(2, "Line 2: A cell is too long.")]),
        ("email\na@b.c\nd@e.f\nA@B.c\n", [(4, "Line 4: The address stands on line 2 already.")]),
        ("email,学号\na@b.c,1\nd@e.f,1\n", [(3, "Line 3: The student number stands on line 2 already.")]),
        (f"email,name\na@b.c,{'x' * 140_000}\n", [(1, "Line 1: This is no CSV text.")]),
    ],
)
def test_bad_lines_are_named(text, expected):
    assert lines(text) == expected


def test_a_bad_line_leaves_the_others_readable():
    assert [row.line for row in read("email\na@b.c\nnone\nd@e.f\n").rows] == [2, 4]


def test_no_more_than_so_many_rows():
    text = "email\n" + "".join(f"s{number}@b.c\n" for number in range(MAX_ROWS + 1))
    assert lines(text) == [(MAX_ROWS + 2, f"Line {MAX_ROWS + 2}: At most {MAX_ROWS} rows are read.")]
    assert len(read(text.rsplit("s", 1)[0]).rows) == MAX_ROWS


@given(st.text())
def test_any_text_is_a_list_or_says_why_not(text):
    listed = read("email,name\n" + text)
    assert all(fault.line >= 1 and fault.detail.zh for fault in listed.faults)
    assert all("@" in row.email for row in listed.rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_files_of_chinese_spreadsheets(encoding):
    assert read(decode("邮箱,姓名\na@b.c,林海棠\n".encode(encoding))).rows == (Row(2, "a@b.c", "林海棠"),)


def test_a_file_that_is_no_text():
    with pytest.raises(UnicodeDecodeError):
        decode(b"PK\x03\x04\xff\xff\x81")
