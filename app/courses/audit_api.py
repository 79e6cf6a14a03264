"""GET /api/v1/courses/{course_id}/audit: what was done in one course, for its instructors."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts import audit, schemas
from app.accounts.access import USERS, Caller, require_user
from app.accounts.models import AuditEntry
from app.accounts.people_api import About, Action
from app.core import errors
from app.core.json_body import private_json
from app.core.pagination import Cursor, Limit, decode_number, page
from app.core.service import service_of
from app.courses.roles import INSTRUCTORS, course_for
from app.courses.routes import PREFIX, READING, Id, known_course, told

router = APIRouter(prefix=PREFIX)


@router.get(
    "/courses/{course_id}/audit",
    tags=["courses"],
    operation_id="listCourseAuditEntries",
    summary="What was done in a course, the newest first",
    description="For instructors. The hashes are those of the log of the whole site.",
    response_model=schemas.AuditPage,
    responses=told(*READING, errors.ForbiddenError, errors.UnknownCourseError),
    openapi_extra=USERS,
)
async def list_course_audit_entries(
    request: Request,
    caller: Caller,
    course_id: Id,
    limit: Limit = 20,
    cursor: Cursor = None,
    action: Action = None,
    person: About = None,
) -> Response:
    require_user(caller)
    before = decode_number(cursor)
    id_ = known_course(course_id)

    def find(session: Session) -> list[AuditEntry]:
        course_for(session, id_, caller, INSTRUCTORS)
        return audit.list_entries(session, limit=limit + 1, before=before, course=id_, action=action, person=person)

    found = await service_of(request).database.read(find)
    return private_json(page(found, limit, lambda entry: str(entry.id), schemas.entry_json))


BODIES = ()
EXAMPLES: Mapping[str, Callable[[], Any]] = {
    "listCourseAuditEntries": lambda: {
        "items": [schemas.ENTRY_EXAMPLE | {"course": schemas.EXAMPLE_ID}],
        "next_cursor": None,
    },
}
