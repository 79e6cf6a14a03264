"""The audit log as a page: all of it for administrators, one course's entries for its instructors."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts import audit
from app.accounts.access import Principal, require_admin
from app.accounts.account_pages import User
from app.accounts.audit import Verdict
from app.accounts.models import AuditEntry, Person
from app.core.pages import render
from app.core.pagination import Cursor, decode_number, next_cursor
from app.core.service import service_of
from app.courses.models import Course
from app.courses.roles import INSTRUCTORS, course_for
from app.courses.routes import known_course
from problems.text import Language

router = APIRouter(include_in_schema=False)

SHOWN = 50
KINDS = (
    "assignment",
    "course",
    "enrolment",
    "extension",
    "grade",
    "guest",
    "invitation",
    "item",
    "password",
    "person",
    "regrade",
    "session",
    "sign-in-link",
    "token",
)
"""First parts of actions, to choose from; another one can be written into the address."""

Wish = Annotated[str, Query(max_length=64, pattern=r"^[^\x00]*$")]


@router.get("/{language:language}/audit")
async def show_log(
    request: Request,
    user: User,
    language: Language,
    action: Wish = "",
    person: Wish = "",
    cursor: Cursor = None,
    verify: Wish = "",
) -> Response:
    require_admin(user)
    wish = {"action": action.strip(), "person": person.strip()}
    return await _show(request, user, language, None, wish, cursor, verify=bool(verify))


@router.get("/{language:language}/courses/{course_id}/audit")
async def show_log_of_course(
    request: Request,
    user: User,
    language: Language,
    course_id: str,
    action: Wish = "",
    person: Wish = "",
    cursor: Cursor = None,
    verify: Wish = "",
) -> Response:
    id_ = known_course(course_id)
    wish = {"action": action.strip(), "person": person.strip()}
    return await _show(request, user, language, id_, wish, cursor, verify=bool(verify))


async def _show(
    request: Request,
    user: Principal,
    language: Language,
    course_id: str | None,
    wish: Mapping[str, str],
    cursor: str | None,
    *,
    verify: bool,
) -> Response:
    before = decode_number(cursor)

    def look(session: Session) -> tuple[Course | None, list[AuditEntry], dict[str, str], Verdict | None]:
        course = None if course_id is None else course_for(session, course_id, user, INSTRUCTORS).course
        found = audit.list_entries(session, limit=SHOWN + 1, before=before, course=course_id, **wish)
        return course, found, names_of(session, found), audit.verify(session) if verify else None

    course, found, names, verdict = await service_of(request).database.read(look)
    return render(
        request,
        language,
        "audit.html",
        section="people" if course is None else "courses",
        course=course,
        entries=found[:SHOWN],
        names=names,
        verdict=verdict,
        wish=wish,
        kinds=KINDS,
        is_first=cursor is None,
        older=next_cursor(found, SHOWN, lambda each: str(each.id)),
    )


def names_of(session: Session, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """Names of the people who are meant by the ids in these entries."""
    ids: set[Any] = {each.actor_id for each in entries} | {each.subject for each in entries}
    ids |= {each.detail.get("person") for each in entries}
    rows = session.execute(select(Person.id, Person.name, Person.email).where(Person.id.in_(ids - {None})))
    return {row.id: row.name or row.email or "" for row in rows}
