"""What was regraded in an assignment, whose grades that changed, undoing it, and finishing what was cut short."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.accounts.account_pages import Form, User
from app.accounts.forms import token_for
from app.accounts.models import Person
from app.attempts.grade_models import Regrade
from app.attempts.item_revisions import Order
from app.attempts.regrade import resume, undo
from app.attempts.regrade_api import find_regrade, find_regrades
from app.attempts.regrade_pages import ASSIGNMENT, read_reason
from app.attempts.regrade_view import detail_json
from app.attempts.service import service_of
from app.core.errors import ConflictError, InvalidRequestError, ServiceError
from app.core.pages import render
from app.core.pagination import Cursor, decode_id, next_cursor
from app.courses.models import Assignment, Course, Item
from app.courses.roles import STAFF, InAssignment, assignment_for
from app.courses.routes import known_assignment
from problems.catalogue import find
from problems.text import Language

router = APIRouter(include_in_schema=False)

SHOWN = 50  # events on a page
UNFINISHED = {"applying", "undoing"}


@router.get(ASSIGNMENT + "/regrades")
async def show_regrades(
    request: Request, user: User, language: Language, assignment_id: str, cursor: Cursor = None
) -> Response:
    return await _show(request, user, language, assignment_id, cursor)


async def _show(
    request: Request,
    user: User,
    language: Language,
    assignment_id: str,
    cursor: str | None = None,
    error: ServiceError | None = None,
) -> Response:
    before = decode_id(cursor)

    def look(session: Session) -> tuple[Assignment, Course, str, list[tuple[Regrade, Item, str]]]:
        seen = assignment_for(session, known_assignment(assignment_id), user, STAFF)
        found = find_regrades(session, assignment_id, user, limit=SHOWN + 1, before=before)
        rows = [(each, session.get_one(Item, each.item_id), _name(session, each.by)) for each in found]
        return seen.assignment, seen.course, seen.role, rows

    assignment, course, role, found = await service_of(request).database.read(look)
    return render(
        request,
        language,
        "regrades.html",
        section="courses",
        status=error.status if error else 200,
        assignment=assignment,
        course=course,
        role=role,
        regrades=[(each, item, find(item.problem).page.title, by) for each, item, by in found[:SHOWN]],
        older=next_cursor(found, SHOWN, lambda each: each[0].id),
        is_first=cursor is None,
        error=error,
        token=token_for(request, user),
    )


def _name(session: Session, person_id: str) -> str:
    return session.get_one(Person, person_id).name


@router.get(ASSIGNMENT + "/regrades/{regrade_id}")
async def show_regrade(
    request: Request, user: User, language: Language, assignment_id: str, regrade_id: str
) -> Response:
    """One of them: the settings before and after it, and every grade that it changed."""

    def look(session: Session) -> tuple[InAssignment, Regrade, Item, str, dict[str, Any]]:
        found = find_regrade(session, assignment_id, regrade_id, user, changing=False)
        seen = assignment_for(session, assignment_id, user, STAFF)
        item = session.get_one(Item, found.item_id)
        return seen, found, item, _name(session, found.by), detail_json(session, found.id)

    seen, found, item, by, detail = await service_of(request).database.read(look)
    return render(
        request,
        language,
        "regrade_event.html",
        section="courses",
        assignment=seen.assignment,
        course=seen.course,
        item=item,
        title=find(item.problem).page.title,
        regrade=found,
        by=by,
        detail=detail,
        differing=[name for name in detail["after"] if detail["after"][name] != detail["before"].get(name)],
    )


@router.post(ASSIGNMENT + "/regrades/{regrade_id}/undo")
async def undo_regrade(
    request: Request, user: User, sent: Form, language: Language, assignment_id: str, regrade_id: str
) -> Response:
    service, now = service_of(request), request.state.received_at

    def find_order(session: Session) -> Order:
        found = find_regrade(session, assignment_id, regrade_id, user)
        course = assignment_for(session, assignment_id, user).course
        by = user.person_id or ""
        return Order(item_id=found.item_id, course_id=course.id, after=None, reason=reason, by=by, at=now)

    try:
        reason = read_reason(sent)
        await undo(service, regrade_id, await service.database.read(find_order))
    except (InvalidRequestError, ConflictError) as error:
        return await _show(request, user, language, assignment_id, error=error)
    return RedirectResponse(f"/{language}/assignments/{assignment_id}/regrades", 303)


@router.post(ASSIGNMENT + "/regrades/{regrade_id}/resume")
async def resume_regrade(
    request: Request, user: User, _sent: Form, language: Language, assignment_id: str, regrade_id: str
) -> Response:
    """Finish a long one that was cut short; one that is finished is left as it is."""
    service = service_of(request)
    found = await service.database.read(find_regrade, assignment_id, regrade_id, user)
    if found.state in UNFINISHED:
        await resume(service, found.id, request.state.received_at)
    return RedirectResponse(f"/{language}/assignments/{assignment_id}/regrades", 303)
