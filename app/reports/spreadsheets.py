"""Tables as files for spreadsheet programs: CSV and XLSX, written row by row so that their size costs no memory.

Names come from people and answers from students, so a cell may be a formula on purpose. In XLSX every text is written
as text; in CSV a text that a program would evaluate gets an apostrophe before it (OWASP, "CSV injection").
"""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import BinaryIO, TypeAlias

import xlsxwriter  # type: ignore[import-untyped]

Cell: TypeAlias = str | int | float | bool | datetime | None
"""A figure that is not defined, or a score that does not exist, is None: an empty cell."""

Row: TypeAlias = Sequence[Cell]

BOM = "\ufeff"
"""Before a CSV it tells spreadsheet programs that the text is UTF-8, without which they garble Chinese."""

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BLOCK = 64 * 1024
_LONGEST = 32_767  # characters that a cell of a spreadsheet holds


def neutral(text: str) -> str:
    """The text as a spreadsheet shows it and does not evaluate it."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def csv_blocks(rows: Iterable[Row], *, bom: bool) -> Iterator[bytes]:
    """The rows as CSV (RFC 4180, lines end with CRLF) in UTF-8, in blocks of some size."""
    buffer = io.StringIO(BOM if bom else "", newline="")
    buffer.seek(0, io.SEEK_END)
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in row])
        if buffer.tell() >= _BLOCK:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def _csv_cell(cell: Cell) -> str | int | float | None:
    match cell:
        case str():
            return neutral(cell)
        case datetime():
            return cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case bool():
            return "yes" if cell else "no"
        case float():
            return int(cell) if cell.is_integer() and abs(cell) < 1e15 else round(cell, 6)
        case _:
            return cell


def write_xlsx(sheets: Iterable[tuple[str, Iterable[Row]]]) -> BinaryIO:
    """Sheets by name, the first row of each its head, as a file that is removed when it is closed.

    Rows are flushed to the disc one by one (XlsxWriter's constant memory), so they may be a generator.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller sends it, and closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 1)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    match cell:
                        case None:
                            continue
                        case str():
                            sheet.write_string(i, j, cell[:_LONGEST], None if i else head)
                        case bool():
                            sheet.write_boolean(i, j, cell)
                        case datetime():
                            sheet.write_datetime(i, j, cell.astimezone(UTC).replace(tzinfo=None), moment)
                        case _:
                            sheet.write_number(i, j, cell)
    file.seek(0)
    return file
