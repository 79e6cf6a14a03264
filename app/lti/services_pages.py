"""The pages on which those who teach see what has become of scores and class lists, and set both going."""

from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.accounts.access import Principal
from app.accounts.account_pages import Form, User
from app.accounts.forms import token_for
from app.core.errors import ConflictError, ServiceError, UnknownPersonError
from app.core.ids import known
from app.core.pages import render
from app.core.pagination import decode_cursor, decode_number, next_cursor
from app.core.service import service_of
from app.courses.assignments import list_assignments
from app.courses.form_values import optional, text
from app.courses.roles import STAFF, assignment_for, course_for
from app.courses.routes import known_assignment, known_course
from app.lti import relinking, roster_view, rosters, status
from app.lti.models import ScoreState
from app.lti.relinking import UnknownLinkError
from app.lti.rosters import PlatformFailedError, Synced
from app.lti.services_api import is_position, position_of, read_position
from app.lti.tokens import tokens_of
from problems.text import Language

router = APIRouter(include_in_schema=False)

SHOWN = 100
SCORES = "/{language:language}/assignments/{assignment_id}/lti"
ROSTER = "/{language:language}/courses/{course_id}/lti"

Position = Annotated[str | None, Query(max_length=500)]


@router.get(SCORES)
async def show_scores(
    request: Request,
    user: User,
    language: Language,
    assignment_id: str,
    state: str = "",
    resent: Annotated[int | None, Query(ge=0, le=10**9)] = None,
    cursor: Position = None,
) -> Response:
    id_ = known_assignment(assignment_id)
    before = decode_number(cursor)
    chosen: ScoreState | None = next((each for each in get_args(ScoreState) if each == state), None)

    def read(session: Session) -> dict[str, Any]:
        seen = assignment_for(session, id_, user, STAFF)
        found = status.list_scores(session, user, id_, limit=SHOWN + 1, before=before, state=chosen)
        return {
            "assignment": seen.assignment,
            "course": seen.course,
            "role": seen.role,
            "scores": found[:SHOWN],
            "more": next_cursor(found, SHOWN, lambda each: str(each.score.id)),
            "counts": status.count_states(session, id_),
            "line_items": status.count_line_items(session, id_),
            "links": relinking.links_to(session, id_),
            "assignments": list_assignments(session, user, seen.course.id, limit=SHOWN),
        }

    shown = await service_of(request).database.read(read)
    token = token_for(request, user)
    return render(
        request, language, "lti_scores.html", section="courses", **shown, chosen=chosen, resent=resent, token=token
    )


@router.post(SCORES)
async def resend(request: Request, user: User, sent: Form, language: Language, assignment_id: str) -> Response:
    id_, now = known_assignment(assignment_id), service_of(request).clock()
    person_id, only_failed = optional(sent, "person_id"), bool(text(sent, "only_failed"))
    if person_id is not None:
        known(person_id, UnknownPersonError)
    count = await service_of(request).writer.write(
        lambda session: status.resend(session, user, id_, now, person_id=person_id, only_failed=only_failed)
    )
    return RedirectResponse(f"/{language}/assignments/{id_}/lti?resent={count}", 303)


@router.post(f"{SCORES}/links")
async def relink(request: Request, user: User, sent: Form, language: Language, assignment_id: str) -> Response:
    """Has a link open another assignment, whose page of scores is shown then."""
    known_assignment(assignment_id)
    link_id = known(text(sent, "link"), UnknownLinkError)
    chosen, now = known_assignment(text(sent, "assignment")), service_of(request).clock()
    await service_of(request).writer.write(lambda session: relinking.relink(session, user, link_id, chosen, now))
    return RedirectResponse(f"/{language}/assignments/{chosen}/lti", 303)


@router.get(ROSTER)
async def show_roster(
    request: Request, user: User, language: Language, course_id: str, cursor: Position = None
) -> Response:
    return await _show_roster(request, user, language, course_id, cursor=cursor)


@router.post(ROSTER)
async def sync(request: Request, user: User, sent: Form, language: Language, course_id: str) -> Response:
    del sent  # nothing but the token, which has been looked at
    id_ = known_course(course_id)
    try:
        synced = await rosters.sync(service_of(request), tokens_of(request), user, id_)
    except (ConflictError, PlatformFailedError) as error:
        return await _show_roster(request, user, language, id_, error=error)
    return await _show_roster(request, user, language, id_, synced=synced)


async def _show_roster(
    request: Request,
    user: Principal,
    language: Language,
    course_id: str,
    *,
    cursor: str | None = None,
    synced: list[Synced] | None = None,
    error: ServiceError | None = None,
) -> Response:
    id_ = known_course(course_id)
    after = None if cursor is None else read_position(decode_cursor(cursor, is_position))

    def read(session: Session) -> dict[str, Any]:
        seen = course_for(session, id_, user, STAFF)
        found = roster_view.list_roster(session, user, id_, limit=SHOWN + 1, after=after)
        roles = roster_view.roles_here(session, id_, found)
        return {
            "course": seen.course,
            "role": seen.role,
            "has_source": rosters.has_source(session, id_),
            "entries": found[:SHOWN],
            "roles": roles,
            "higher": roster_view.higher_here(found[:SHOWN], roles),
            "more": next_cursor(found, SHOWN, position_of),
        }

    return render(
        request,
        language,
        "lti_roster.html",
        section="courses",
        status=error.status if error else 200,
        **await service_of(request).database.read(read),
        synced=synced,
        error=error,
        failed=isinstance(error, PlatformFailedError),
        token=token_for(request, user),
    )
