"""The pages of score reports, for those who teach the course."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.access import Caller, Principal
from app.accounts.account_pages import User
from app.accounts.people_api import known_person
from app.core.errors import NotFoundError
from app.core.pages import render
from app.core.pagination import decode_cursor, next_cursor
from app.core.service import service_of
from app.courses.routes import known_assignment
from app.reports import answers, figures
from app.reports.api import Order, wish_of
from app.reports.concepts import Concepts, concepts
from app.reports.definitions import DEFINITIONS
from app.reports.gradebook import Line, Wish, count_lines, gradebook, is_position, position
from app.reports.items import WEAK, MistakeShare, analyse_items, mistake_shares
from app.reports.marks import load_marks
from app.reports.statistics import ItemStatistics, item_statistics
from app.reports.student import student_report
from app.reports.subject import ReportItem, Subject, find_subject, sections
from app.reports.summary import Summary, summarise
from app.reports.tallies import tallies_of
from problems.text import Language

router = APIRouter(include_in_schema=False)
PATH = "/{language:language}/assignments/{assignment_id}/report"

LINES = 50
WEEK = timedelta(days=7)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A row of the overview's table of items."""

    item: ReportItem
    statistics: ItemStatistics
    weak: bool
    mistake: MistakeShare | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gradebook:
    """The lines that are shown, and the address of the same list otherwise."""

    lines: list[Line]
    count: int
    wish: Wish
    order: str
    next_cursor: str | None
    is_first: bool
    sections: list[str]

    def address(self, **changes: str | None) -> str:
        """The query string with these members changed; a change of the order begins at the first page again."""
        given = {"section": self.wish.section, "search": self.wish.search, "sort": self.order} | changes
        return "?" + urlencode({name: value for name, value in given.items() if value})

    def sorted_by(self, column: str) -> str:
        """The address that sorts by the column; by the same column again in the other direction."""
        ascending = self.order == column
        return self.address(sort=f"-{column}" if ascending or self._descends_first(column) else column)

    def _descends_first(self, column: str) -> bool:
        """Of totals, attempts and activity the highest are wanted first."""
        return column in {"total", "attempts", "last_activity"} and self.order != f"-{column}"

    def aria_sort(self, column: str) -> str | None:
        return {column: "ascending", f"-{column}": "descending"}.get(self.order)


async def _read(
    request: Request, user: Principal, assignment_id: str, query: Callable[[Session, Subject], T]
) -> tuple[Subject, T]:
    """The assignment and what the query says of it; raises as `find_subject`."""
    id_ = known_assignment(assignment_id)

    def run(session: Session) -> tuple[Subject, T]:
        subject = find_subject(session, id_, user)
        return subject, query(session, subject)

    return await service_of(request).database.read(run)


@router.get(PATH)
async def show_report(
    request: Request,
    user: User,
    language: Language,
    assignment_id: str,
    section: str = "",
    search: str = "",
    sort: Order = "name",
    cursor: str | None = None,
) -> Response:
    wish = wish_of(section[:64] or None, search[:200], sort)
    after = None if cursor is None else decode_cursor(cursor, lambda text: is_position(text, wish.sort))

    def query(session: Session, subject: Subject) -> dict[str, Any]:
        marks = load_marks(session, subject, wish.section)
        statistics = item_statistics(marks.points, subject.max_marks)
        lines = gradebook(session, subject, wish, limit=LINES + 1, after=after)
        summary = summarise(subject, marks)
        return {
            "summary": summary,
            "histogram": figures.histogram(summary) if summary.submitted else None,
            "scatter": figures.scatter(subject, statistics),
            "items": _rows(session, subject, statistics, with_mistakes=not wish.section),
            "means": [_mean(marks.points[:, column]) for column in range(len(subject.items))],
            "gradebook": Gradebook(
                lines=lines[:LINES],
                count=count_lines(session, subject, wish),
                wish=wish,
                order=sort,
                next_cursor=next_cursor(lines, LINES, lambda line: position(line, wish.sort)),
                is_first=cursor is None,
                sections=sections(session, subject),
            ),
        }

    subject, found = await _read(request, user, assignment_id, query)
    return render(request, language, "report.html", section="reports", subject=subject, **found)


def _rows(
    session: Session, subject: Subject, statistics: list[ItemStatistics], *, with_mistakes: bool
) -> list[ItemRow]:
    """Items, with the most frequent mistake of each: of all students, so of no use beside a single section."""
    tallies = tallies_of(session, subject) if with_mistakes else {}
    rows = []
    for item, each in zip(subject.items, statistics, strict=True):
        tally = tallies.get(item.id)
        shares = mistake_shares(item, tally.mistakes[:1], tally.attempts) if tally else []
        index = each.discrimination_index
        rows.append(ItemRow(item, each, index is not None and index < WEAK, next(iter(shares), None)))
    return rows


def _mean(column: Any) -> float | None:
    graded = column[column == column]  # noqa: PLR0124 - NaN is not itself
    return float(graded.mean()) if len(graded) else None


@router.get(PATH + "/items/{item_id}")
async def show_item(request: Request, user: User, language: Language, assignment_id: str, item_id: str) -> Response:
    def query(session: Session, subject: Subject) -> dict[str, Any]:
        if item_id not in subject.columns:
            raise NotFoundError
        analysis = analyse_items(session, subject, load_marks(session, subject))[subject.columns[item_id]]
        return {
            "analysis": analysis,
            "curve": figures.quintile_curve(analysis.quintiles),
            "mistakes": [each for each in analysis.mistakes if each.variant is None],
        }

    subject, found = await _read(request, user, assignment_id, query)
    return render(request, language, "report_item.html", section="reports", subject=subject, **found)


@router.get(PATH + "/concepts")
async def show_concepts(request: Request, user: User, language: Language, assignment_id: str) -> Response:
    since = service_of(request).clock() - WEEK

    def query(session: Session, subject: Subject) -> tuple[Concepts, list[figures.HeatRow], figures.Bars, Summary]:
        marks = load_marks(session, subject)
        return (
            concepts(session, subject, marks, since),
            figures.heat_map(marks.points, subject.max_marks),
            figures.activity_bars(answers.activity(session, subject)),
            summarise(subject, marks),
        )

    subject, (found, heat, activity, summary) = await _read(request, user, assignment_id, query)
    return render(
        request,
        language,
        "report_concepts.html",
        section="reports",
        subject=subject,
        concepts=found,
        heat=heat,
        activity=activity,
        summary=summary,
    )


@router.get(PATH + "/students/{person_id}")
async def show_student(
    request: Request, user: User, language: Language, assignment_id: str, person_id: str
) -> Response:
    id_ = known_person(person_id)
    subject, report = await _read(
        request, user, assignment_id, lambda session, subject: student_report(session, subject, id_)
    )
    return render(request, language, "report_student.html", section="reports", subject=subject, report=report)


@router.get("/{language:language}/statistics")
async def show_definitions(request: Request, _caller: Caller, language: Language) -> Response:
    return render(request, language, "statistics.html", definitions=DEFINITIONS)
