"""Points by hand, on a page: to whom they are given, with the reason, and what was given and withdrawn so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.accounts.account_pages import Form, User
from app.accounts.forms import token_for
from app.accounts.models import Person
from app.attempts.grade_models import ItemGrade, Override
from app.attempts.overrides import list_overrides, override
from app.attempts.regrade_api import seen_item
from app.attempts.regrade_pages import ITEM, read_number, read_reason
from app.attempts.service import service_of
from app.core.errors import ConflictError, InvalidRequestError
from app.core.pages import render
from app.core.pagination import Cursor, decode_number, next_cursor
from app.courses.models import Enrolment
from app.courses.roles import InItem
from app.courses.routes import known_item
from problems.catalogue import find
from problems.text import Language, Text

router = APIRouter(include_in_schema=False)

SHOWN = 50  # entries on a page
CHOICE = 200  # students to choose from at once; of more, those that a search finds

Search = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True, slots=True)
class StudentRow:
    person_id: str
    name: str
    student_number: str | None
    grade: ItemGrade | None


@router.get(ITEM + "/overrides")
async def show_overrides(
    request: Request,
    user: User,
    language: Language,
    assignment_id: str,
    item_id: str,
    search: Search = "",
    cursor: Cursor = None,
) -> Response:
    return await _show(request, user, language, (assignment_id, item_id), search=search, cursor=cursor)


@router.post(ITEM + "/overrides")
async def give_points(
    request: Request, user: User, sent: Form, language: Language, assignment_id: str, item_id: str
) -> Response:
    service, now = service_of(request), request.state.received_at
    person = str(sent.get("person_id", ""))
    try:
        points = None if sent.get("action") == "withdraw" else read_number(sent, "points")
        reason = read_reason(sent)
        await service.database.read(seen_item, assignment_id, known_item(item_id), user)
        await service.writer.write(lambda session: override(session, item_id, user, person, points, reason, now).id)
    except (InvalidRequestError, ConflictError) as error:
        entered = {name: str(value) for name, value in sent.items()}
        return await _show(
            request,
            user,
            language,
            (assignment_id, item_id),
            entered,
            error.sentences,
            search=entered.get("search", "").replace("\x00", ""),
        )
    return RedirectResponse(f"/{language}/assignments/{assignment_id}/items/{item_id}/overrides", 303)


async def _show(
    request: Request,
    user: User,
    language: Language,
    place: tuple[str, str],
    sent: Mapping[str, str] | None = None,
    faults: Sequence[Text] = (),
    *,
    search: str = "",
    cursor: str | None = None,
) -> Response:
    assignment_id, item_id = place
    before = decode_number(cursor)

    def look(session: Session) -> tuple[InItem, list[StudentRow], list[tuple[Override, str]]]:
        seen = seen_item(session, assignment_id, known_item(item_id), user, changing=False)
        given = list_overrides(session, item_id, user, limit=SHOWN + 1, before=before)
        names = {
            row.id: row.name
            for row in session.execute(
                select(Person.id, Person.name).where(Person.id.in_({each.person_id for each in given}))
            )
        }
        named = [(each, names.get(each.person_id, "")) for each in given]
        return seen, students_at(session, seen, search[:100], CHOICE + 1), named

    seen, students, given = await service_of(request).database.read(look)
    return render(
        request,
        language,
        "overrides.html",
        section="courses",
        item=seen.item,
        assignment=seen.assignment,
        course=seen.course,
        title=find(seen.item.problem).page.title,
        students=students[:CHOICE],
        has_more=len(students) > CHOICE,
        search=search,
        given=given[:SHOWN],
        older=next_cursor(given, SHOWN, lambda each: str(each[0].id)),
        sent=sent or {},
        faults=faults,
        token=token_for(request, user),
    )


def students_at(session: Session, seen: InItem, search: str, limit: int) -> list[StudentRow]:
    """So many students of the course with their grades at the item, by name; of those whom the search finds."""
    query = (
        select(Person.id, Person.name, Enrolment.student_number, ItemGrade)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .outerjoin(ItemGrade, (ItemGrade.person_id == Person.id) & (ItemGrade.item_id == seen.item.id))
        .where(Enrolment.course_id == seen.course.id, Enrolment.role == "student", Enrolment.ended_at.is_(None))
        .order_by(Person.name, Person.id)
        .limit(limit)
    )
    if search.strip():
        texts = (func.lower(Person.name), Person.email, func.lower(Enrolment.student_number))
        query = query.where(or_(*(each.contains(search.strip().lower(), autoescape=True) for each in texts)))
    return [StudentRow(row.id, row.name, row.student_number, row.ItemGrade) for row in session.execute(query)]
