"""/api/v1: the scores that went to learning platforms, and class lists from there."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.access import USERS, Caller, require_user
from app.core import errors
from app.core.json_body import private_json, read_body
from app.core.pagination import Cursor, Limit, decode_cursor, decode_number, page
from app.core.service import service_of
from app.courses.routes import (
    CHANGING,
    PREFIX,
    READING,
    WITH_BODY,
    Id,
    change,
    known_assignment,
    known_course,
    takes,
    told,
)
from app.lti import roster_view, rosters, service_schemas, status
from app.lti.models import RosterEntry, ScoreState
from app.lti.rosters import PlatformFailedError
from app.lti.tokens import tokens_of

router = APIRouter(prefix=PREFIX, tags=["lti"])
BODIES = (service_schemas.ResendRequest,)


@router.get(
    "/assignments/{assignment_id}/lti/scores",
    operation_id="listSentScores",
    summary="What has become of the scores of an assignment on their way to learning platforms",
    response_model=service_schemas.SentScorePage,
    responses=told(*READING, errors.ForbiddenError, errors.UnknownAssignmentError),
    openapi_extra=USERS,
)
async def list_sent_scores(
    request: Request,
    caller: Caller,
    assignment_id: Id,
    state: ScoreState | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    require_user(caller, "read")
    id_ = known_assignment(assignment_id)
    before = decode_number(cursor)
    found = await service_of(request).database.read(
        status.list_scores, caller, id_, limit=limit + 1, before=before, state=state
    )
    return private_json(page(found, limit, lambda each: str(each.score.id), lambda each: each.as_json()))


@router.post(
    "/assignments/{assignment_id}/lti/resend",
    operation_id="resendScores",
    summary="Send scores to the learning platforms once more",
    description="For instructors. Nothing is sent twice by it that matters: a platform keeps the newest score.",
    response_model=service_schemas.ResentOut,
    responses=told(*WITH_BODY, errors.UnknownAssignmentError),
    openapi_extra=takes(service_schemas.ResendRequest),
)
async def resend_scores(request: Request, caller: Caller, assignment_id: Id) -> Response:
    require_user(caller, "manage")
    id_, now = known_assignment(assignment_id), service_of(request).clock()
    asked = (await read_body(request, service_schemas.ResendRequest)).model_dump()
    return await change(request, lambda session: {"scores": status.resend(session, caller, id_, now, **asked)})


@router.get(
    "/courses/{course_id}/lti/roster",
    operation_id="listRoster",
    summary="The platforms' class lists of a course as they were last seen",
    description="With the roles as the platforms write them; for those who teach.",
    response_model=service_schemas.RosterPage,
    responses=told(*READING, errors.ForbiddenError, errors.UnknownCourseError),
    openapi_extra=USERS,
)
async def list_roster(
    request: Request, caller: Caller, course_id: Id, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    require_user(caller, "read")
    id_ = known_course(course_id)
    after = None if cursor is None else read_position(decode_cursor(cursor, is_position))
    found = await service_of(request).database.read(roster_view.list_roster, caller, id_, limit=limit + 1, after=after)
    return private_json(page(found, limit, position_of, roster_view.entry_json))


@router.post(
    "/courses/{course_id}/lti/sync",
    operation_id="syncRoster",
    summary="Bring a course in line with the platforms' class lists",
    description="For instructors. Who is new is enrolled, who has left is taken out; no role is ever lowered.",
    response_model=service_schemas.SyncedOut,
    responses=told(*CHANGING, errors.ConflictError, errors.UnknownCourseError, PlatformFailedError),
    openapi_extra=USERS,
)
async def sync_roster(request: Request, caller: Caller, course_id: Id) -> Response:
    require_user(caller, "manage")
    id_ = known_course(course_id)
    synced = await rosters.sync(service_of(request), tokens_of(request), caller, id_)
    return private_json({"contexts": [each.as_json() for each in synced]})


def position_of(entry: RosterEntry) -> str:
    """Where an entry stands in the list, for a cursor."""
    return orjson.dumps([entry.context_id, entry.subject]).decode()


def read_position(text: str) -> tuple[str, str]:
    context_id, subject = orjson.loads(text)
    return context_id, subject


def is_position(text: str) -> bool:
    """Whether `position_of` could have made it."""
    try:
        read = orjson.loads(text)
    except ValueError:
        return False
    return (
        isinstance(read, list) and len(read) == 2 and all(isinstance(each, str) and "\0" not in each for each in read)
    )


SCORE: dict[str, Any] = {
    "id": "12",
    "person_id": "01a2054b-5386-70de-b9b7-058e224f8483",
    "name": "Lin Xiao",
    "platform": "Moodle of the faculty",
    "link": "Sheet 1",
    "state": "sent",
    "score": 7.5,
    "max_score": 10.0,
    "tried_at": "2026-09-01T00:00:00Z",
    "tries": 0,
    "next_try_at": None,
    "status": 200,
    "error": None,
}
ENTRY: dict[str, Any] = {
    "context_id": "01a2054b-5386-70de-b9b7-058e224f8488",
    "subject": "42",
    "name": "Lin Xiao",
    "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
    "status": "Active",
    "person_id": "01a2054b-5386-70de-b9b7-058e224f8483",
    "seen_at": "2026-09-01T00:00:00Z",
}
EXAMPLES: Mapping[str, Callable[[], object]] = {
    "listSentScores": lambda: {"items": [SCORE], "next_cursor": None},
    "resendScores": lambda: {"scores": 30},
    "listRoster": lambda: {"items": [ENTRY], "next_cursor": None},
    "syncRoster": lambda: {
        "contexts": [
            {
                "context_id": ENTRY["context_id"],
                "title": "Neural computation",
                "members": 32,
                "without_part": 1,
                "added": 2,
                "ended": 1,
            }
        ]
    },
}
