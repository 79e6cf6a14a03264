"""Score reports over HTTP, for those who teach the course: `/api/v1/assignments/{assignment_id}/report…`."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.access import SIGNED_IN, USERS, Caller, require_user
from app.accounts.people_api import known_person
from app.core import errors
from app.core.database import searchable
from app.core.errors import UnknownAssignmentError
from app.core.json_body import private_json
from app.core.pagination import Limit, decode_cursor, next_cursor
from app.core.problem_details import documented
from app.core.service import service_of
from app.courses.routes import Id, known_assignment
from app.reports import answers, examples, schemas
from app.reports.concepts import concepts
from app.reports.gradebook import SORTS, Sort, Wish, count_lines, gradebook, is_position, position
from app.reports.items import analyse_items
from app.reports.marks import load_marks
from app.reports.statistics import item_statistics, test_statistics
from app.reports.student import student_report
from app.reports.subject import Subject, find_subject, sections
from app.reports.summary import summarise

PATH = "/api/v1/assignments/{assignment_id}"
router = APIRouter(prefix=PATH, tags=["reports"])

REFUSED = documented(
    *SIGNED_IN,
    errors.ForbiddenError,
    UnknownAssignmentError,
    errors.InvalidRequestError,
    errors.UnavailableError,
)

Order = Literal[
    "name", "number", "section", "total", "attempts", "last_activity",
    "-name", "-number", "-section", "-total", "-attempts", "-last_activity",
]  # fmt: skip
Section = Annotated[str | SkipJsonSchema[None], Query(max_length=64, description="only students of this section")]
Search = Annotated[str, Query(max_length=200, description="occurs in the name, the address or the student number")]
SortBy = Annotated[Order, Query(description="the column, with a minus sign for descending order")]


async def read_report(
    request: Request, caller: Caller, assignment_id: str, query: Callable[[Session, Subject], Any]
) -> Any:
    """What the query says of the assignment, in one read transaction, in which the right to read it is checked.

    Raises:
        AccountRequiredError, InsufficientScopeError: nobody is signed in, or by a token that may not read.
        UnknownAssignmentError, ForbiddenError: it is not for them.

    """
    require_user(caller, "read")
    id_ = known_assignment(assignment_id)

    def run(session: Session) -> Any:
        return query(session, find_subject(session, id_, caller))

    return await service_of(request).database.read(run)


def wish_of(section: str | None, search: str, sort: str) -> Wish:
    """What query parameters ask for."""
    name = sort.removeprefix("-")
    column: Sort = next(each for each in SORTS if each == name)
    section = section and searchable(section)
    return Wish(section=section, search=searchable(search.strip()), sort=column, descending=sort.startswith("-"))


@router.get(
    "/report",
    operation_id="getReport",
    summary="Scores: the summary, the items, and the gradebook page by page",
    response_model=schemas.ReportOut,
    responses=REFUSED,
    openapi_extra=USERS,
)
async def get_report(
    request: Request,
    caller: Caller,
    assignment_id: Id,
    section: Section = None,
    search: Search = "",
    sort: SortBy = "name",
    limit: Limit = 50,
    cursor: Annotated[
        str | SkipJsonSchema[None], Query(max_length=1000, description="`next_cursor` of the page before")
    ] = None,
) -> Response:
    wish = wish_of(section, search, sort)
    after = None if cursor is None else decode_cursor(cursor, lambda text: is_position(text, wish.sort))

    def query(session: Session, subject: Subject) -> dict[str, Any]:
        marks = load_marks(session, subject, wish.section)
        lines = gradebook(session, subject, wish, limit=limit + 1, after=after)
        return {
            "assignment": _assignment_json(subject),
            "sections": sections(session, subject),
            "summary": summarise(subject, marks).as_json(),
            "items": [
                {
                    "item": item.id,
                    "position": item.position,
                    "problem": item.problem,
                    "form": item.form,
                    "title": item.title.as_dict(),
                    "points": item.points,
                    "award": item.award,
                    "statistics": asdict(figures),
                }
                for item, figures in zip(subject.items, item_statistics(marks.points, subject.max_marks), strict=True)
            ],
            "gradebook": {
                "items": [line.as_json(subject) for line in lines[:limit]],
                "next_cursor": next_cursor(lines, limit, lambda line: position(line, wish.sort)),
                "count": count_lines(session, subject, wish),
            },
        }

    return private_json(await read_report(request, caller, assignment_id, query))


def _assignment_json(subject: Subject) -> dict[str, Any]:
    return {
        "id": subject.id,
        "title": subject.title,
        "course": subject.course_id,
        "course_title": subject.course,
        "due_at": subject.due_at,
        "max_points": subject.max_points,
    }


@router.get(
    "/report/items",
    operation_id="getItemReports",
    summary="Item analysis",
    description="Every figure is defined in docs/statistics.md, and on the page /en/statistics.",
    response_model=schemas.ItemReportsOut,
    responses=REFUSED,
    openapi_extra=USERS,
)
async def get_item_reports(request: Request, caller: Caller, assignment_id: Id) -> Response:
    def query(session: Session, subject: Subject) -> dict[str, Any]:
        marks = load_marks(session, subject)
        return {
            "students": len(marks.people),
            "statistics": asdict(test_statistics(marks.points, subject.max_marks)),
            "items": [each.as_json() for each in analyse_items(session, subject, marks)],
        }

    return private_json(await read_report(request, caller, assignment_id, query))


@router.get(
    "/report/concepts",
    operation_id="getConcepts",
    summary="Facility by topic and chapter, and the most frequent mistakes",
    response_model=schemas.ConceptsOut,
    responses=REFUSED,
    openapi_extra=USERS,
)
async def get_concepts(
    request: Request,
    caller: Caller,
    assignment_id: Id,
    days: Annotated[
        Annotated[int, Field(ge=1, le=3660)] | SkipJsonSchema[None],
        Query(description="only mistakes of so many days; all if left out"),
    ] = None,
) -> Response:
    since = service_of(request).clock() - timedelta(days=days) if days else None

    def query(session: Session, subject: Subject) -> dict[str, Any]:
        return concepts(session, subject, load_marks(session, subject), since).as_json()

    return private_json(await read_report(request, caller, assignment_id, query))


@router.get(
    "/report/activity",
    operation_id="getActivity",
    summary="Attempts on each day",
    response_model=schemas.ActivityOut,
    responses=REFUSED,
    openapi_extra=USERS,
)
async def get_activity(request: Request, caller: Caller, assignment_id: Id) -> Response:
    def query(session: Session, subject: Subject) -> dict[str, Any]:
        days = answers.activity(session, subject)
        return {
            "time_zone": subject.time_zone,
            "days": [{"date": day, "attempts": count} for day, count in days.items()],
        }

    return private_json(await read_report(request, caller, assignment_id, query))


@router.get(
    "/report/students/{person_id}",
    operation_id="getStudentReport",
    summary="One student: grades, and all attempts with what was read, the mistakes and the times",
    response_model=schemas.StudentReportOut,
    responses=REFUSED | documented(UnknownAssignmentError, errors.UnknownPersonError),
    openapi_extra=USERS,
)
async def get_student_report(request: Request, caller: Caller, assignment_id: Id, person_id: Id) -> Response:
    id_ = known_person(person_id)

    def query(session: Session, subject: Subject) -> dict[str, Any]:
        return student_report(session, subject, id_).as_json(subject)

    return private_json(await read_report(request, caller, assignment_id, query))


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "getReport": lambda: examples.REPORT,
    "getItemReports": lambda: examples.ITEM_REPORTS,
    "getConcepts": lambda: examples.CONCEPTS,
    "getActivity": lambda: examples.ACTIVITY,
    "getStudentReport": lambda: examples.STUDENT_REPORT,
}
