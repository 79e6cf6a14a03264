"""What can be taken away of an assignment's report: tables as CSV and XLSX, and all attempts as JSON lines."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response, StreamingResponse

from app.accounts.access import USERS, Caller
from app.core.json_body import PRIVATE
from app.core.service import service_of
from app.courses.routes import Id
from app.reports import examples, exports, spreadsheets
from app.reports.api import PATH, REFUSED, Search, Section, SortBy, read_report, wish_of
from app.reports.items import analyse_items
from app.reports.marks import load_marks
from app.reports.subject import Subject
from app.reports.summary import summarise

router = APIRouter(prefix=PATH, tags=["reports"])

JSON_LINES = "application/jsonl"


def _file(description: str, media_type: str, schema: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": description, "content": {media_type: {"schema": dict(schema)}}}}


@router.get(
    "/report.csv",
    operation_id="getGradebookCsv",
    summary="The gradebook, or the item analysis, as CSV",
    description="Cells that a spreadsheet would take for a formula begin with an apostrophe. The parameters choose and "
    "order the lines of the gradebook; the item analysis is always that of all students.",
    response_class=Response,
    responses=_file("CSV (RFC 4180) in UTF-8, with a line of heads", "text/csv", {"type": "string"}) | REFUSED,
    openapi_extra=USERS,
)
async def get_csv(
    request: Request,
    caller: Caller,
    assignment_id: Id,
    table: Annotated[Literal["scores", "items"], Query()] = "scores",
    bom: Annotated[bool, Query(description="begin with the mark by which spreadsheets recognise UTF-8")] = False,  # noqa: FBT002 - a query parameter
    section: Section = None,
    search: Search = "",
    sort: SortBy = "name",
) -> Response:
    wish = wish_of(section, search, sort)

    def query(session: Session, subject: Subject) -> tuple[str, bytes]:
        if table == "scores":
            rows = exports.gradebook_rows(session, subject, wish)
        else:
            rows = exports.item_rows(analyse_items(session, subject, load_marks(session, subject)))
        return exports.file_name(subject, table, "csv", now), b"".join(spreadsheets.csv_blocks(rows, bom=bom))

    now = service_of(request).clock()
    name, body = await read_report(request, caller, assignment_id, query)
    return _download(body, name, spreadsheets.CSV_TYPE)


@router.get(
    "/report.xlsx",
    operation_id="getWorkbook",
    summary="The gradebook, the item analysis and the summary as a workbook",
    description="The parameters choose and order the lines of the gradebook; the rest is always about all students.",
    response_class=Response,
    responses=_file("XLSX with three sheets", spreadsheets.XLSX_TYPE, {"type": "string", "format": "binary"}) | REFUSED,
    openapi_extra=USERS,
)
async def get_workbook(
    request: Request,
    caller: Caller,
    assignment_id: Id,
    section: Section = None,
    search: Search = "",
    sort: SortBy = "name",
) -> Response:
    wish = wish_of(section, search, sort)

    def query(session: Session, subject: Subject) -> tuple[str, bytes]:
        marks = load_marks(session, subject)
        sheets = [
            ("Scores", exports.gradebook_rows(session, subject, wish)),
            ("Items", exports.item_rows(analyse_items(session, subject, marks))),
            ("Summary", exports.summary_rows(subject, summarise(subject, marks))),
        ]
        with spreadsheets.write_xlsx(sheets) as file:
            return exports.file_name(subject, "report", "xlsx", now), file.read()

    now = service_of(request).clock()
    name, body = await read_report(request, caller, assignment_id, query)
    return _download(body, name, spreadsheets.XLSX_TYPE)


@router.get(
    "/attempts.jsonl",
    operation_id="getAttemptLines",
    summary="Every attempt of the students, as JSON lines",
    description="Streamed item after item. Attempts that arrive meanwhile may or may not be among them.",
    response_class=StreamingResponse,
    responses=_file("One JSON object a line", JSON_LINES, {"type": "string"}) | REFUSED,
    openapi_extra=USERS,
)
async def get_attempt_lines(request: Request, caller: Caller, assignment_id: Id) -> Response:
    database = service_of(request).database
    subject: Subject = await read_report(request, caller, assignment_id, lambda _session, found: found)

    async def lines() -> AsyncIterator[bytes]:
        for item in subject.items:
            after = exports.FIRST
            while rows := await database.read(exports.attempts_after, subject, item.id, after):
                yield b"".join(exports.attempt_line(row) for row in rows)
                after = rows[-1].person_id, rows[-1].number

    name = exports.file_name(subject, "attempts", "jsonl", service_of(request).clock())
    return StreamingResponse(lines(), media_type=JSON_LINES, headers=_headers(name))


def _download(body: bytes, name: str, media_type: str) -> Response:
    return Response(body, headers=_headers(name), media_type=media_type)


def _headers(name: str) -> dict[str, str]:
    return {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "getGradebookCsv": lambda: examples.GRADEBOOK_CSV,
    "getWorkbook": lambda: examples.WORKBOOK,
    "getAttemptLines": lambda: examples.ATTEMPT_LINES,
}
