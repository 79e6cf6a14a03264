"""A class list as people have it: CSV out of a spreadsheet or a student office, in either language.

Pure reading: text in, rows or sentences about bad lines out. What a row does to a course is decided in
`app.courses.enrolments`.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.accounts import people
from app.core.errors import Fault
from app.courses.models import Role
from problems.text import Text

MAX_ROWS = 20_000

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "email": ("email", "e-mail", "mail", "email address", "邮箱", "电子邮箱", "电子邮件", "邮件"),
    "name": ("name", "full name", "student", "姓名", "名字"),
    "student_number": ("student_number", "student number", "student id", "number", "学号"),
    "section": ("section", "group", "class", "班级", "班", "小班", "分组"),
    "role": ("role", "角色", "身份"),
}
"""Names of columns, any of which may stand in the header line. Further columns are passed over."""

ROLES: Final[Mapping[str, Role]] = {
    "": "student",
    "student": "student",
    "学生": "student",
    "assistant": "assistant",
    "助教": "assistant",
    "instructor": "instructor",
    "teacher": "instructor",
    "教师": "instructor",
    "老师": "instructor",
}

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ROLE = Text(
    "The role must be student, assistant or instructor.",
    "角色只能是 student、assistant 或 instructor（学生、助教或教师）。",
)
_LENGTHS = {"email": 254, "name": 200, "student_number": 64, "section": 64}


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the list. `line` counts the lines of the text from 1, as editors do."""

    line: int
    email: str
    name: str = ""
    student_number: str | None = None
    section: str | None = None
    role: Role = "student"


@dataclass(frozen=True, slots=True)
class ClassList:
    """What was read, and what is wrong with it. `columns` are those that the header names."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    columns: frozenset[str] = frozenset()


def decode(data: bytes) -> str:
    """The text of a file: UTF-8 or UTF-16 as marked, else UTF-8, else GB 18030, in which Chinese spreadsheets save CSV.

    Raises:
        UnicodeDecodeError: it is none of them.

    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def read(text: str) -> ClassList:
    """The rows of the list, with a fault for each that can't be taken, named by its line."""
    try:
        lines = list(_lines(text.removeprefix("\ufeff")))
    except csv.Error:
        return ClassList((), (_fault(1, "This is no CSV text.", "这不是 CSV 文本。"),))
    if not lines:
        return ClassList((), (_fault(1, "The list is empty.", "名单是空的。"),))
    header = _header(lines[0][1])
    if "email" not in header:
        return ClassList(
            (),
            (
                _fault(
                    lines[0][0],
                    "The first line must name the columns, one of them “email”.",
                    "第一行必须是列名，并且其中要有“邮箱”（email）一列。",
                ),
            ),
        )
    rows: list[Row] = []
    faults: list[Fault] = []
    if len(lines) > MAX_ROWS + 1:
        return ClassList((), (_fault(MAX_ROWS + 2, f"At most {MAX_ROWS} rows are read.", f"最多读取 {MAX_ROWS} 行。"),))
    for line, cells in lines[1:]:
        found = _row(line, dict(_named(header, cells)), too_many=len(cells) > len(header))
        if isinstance(found, Row):
            rows.append(found)
        else:
            faults.append(found)
    faults.extend(_repeated(rows))
    faults.sort(key=lambda fault: fault.line or 0)
    return ClassList(tuple(rows), tuple(faults), frozenset(name for name in header if name))


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Cells of every line that has any, with the number of the line on which the row begins."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    begins = 1
    for cells in reader:
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            yield begins, stripped
        begins = reader.line_num + 1


def _header(cells: Sequence[str]) -> list[str]:
    """For each column its own name, or nothing for one that is not known, or a second time."""
    names: list[str] = []
    for cell in cells:
        known = next((name for name, others in COLUMNS.items() if cell.lower() in others), "")
        names.append("" if known in names else known)
    return names


def _named(header: Sequence[str], cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((name, cell) for name, cell in zip(header, cells, strict=False) if name)


def _row(line: int, cells: Mapping[str, str], *, too_many: bool) -> Row | Fault:
    email, role = cells.get("email", "").lower(), ROLES.get(cells.get("role", "").lower())
    wrong: Text | None = None
    if too_many:
        wrong = Text("The row has more cells than the first line.", "这一行的单元格比第一行多。")
    elif not email:
        wrong = Text("The e-mail address is missing.", "缺少电子邮箱地址。")
    elif any(_CONTROL.search(cell) for cell in cells.values()):
        wrong = Text("A cell holds a line break or a control character.", "有单元格含有换行符或控制字符。")
    elif any(len(cells.get(name, "")) > length for name, length in _LENGTHS.items()):
        wrong = Text("A cell is too long.", "有单元格的内容太长了。")
    elif people.normal_email(email) is None:
        wrong = Text("This is no e-mail address.", "这不是有效的电子邮箱地址。")
    if wrong is None and role is not None:
        number, section = cells.get("student_number"), cells.get("section")
        return Row(line, email, cells.get("name", ""), number or None, section or None, role)
    return bad_line(line, wrong or _ROLE)


def _repeated(rows: Sequence[Row]) -> Iterator[Fault]:
    """A fault for each row that has the address or the student number of one above it."""
    first: dict[str, int] = {}
    for row in rows:
        if (above := first.setdefault(f"email {row.email}", row.line)) != row.line:
            yield _fault(
                row.line, f"The address stands on line {above} already.", f"这个邮箱地址在第 {above} 行已经出现过。"
            )
        elif row.student_number is not None and (
            (above := first.setdefault(f"number {row.student_number}", row.line)) != row.line
        ):
            yield _fault(
                row.line, f"The student number stands on line {above} already.", f"这个学号在第 {above} 行已经出现过。"
            )


def _fault(line: int, en: str, zh: str) -> Fault:
    return bad_line(line, Text(en, zh))


def bad_line(line: int, sentence: Text) -> Fault:
    """A fault that says on which line it stands, to people and to programs."""
    detail = Text(f"Line {line}: {sentence.en}", f"第 {line} 行：{sentence.zh}")
    return Fault(detail, pointer="/csv", line=line)
