"""/api/v1: the links by which learning platforms open assignments, and which one each opens."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.access import USERS, Caller, require_user
from app.core import errors
from app.core.ids import known
from app.core.json_body import private_json, read_body
from app.core.pagination import Cursor, Limit, decode_id, page
from app.core.service import service_of
from app.courses.routes import PREFIX, READING, WITH_BODY, Id, change, known_course, takes, told
from app.lti import relinking, service_schemas
from app.lti.relinking import UnknownLinkError

router = APIRouter(prefix=PREFIX, tags=["lti"])
BODIES = (service_schemas.LinkChange,)


@router.get(
    "/courses/{course_id}/lti/links",
    operation_id="listLinks",
    summary="The links by which learning platforms open assignments of a course",
    description="Also those that wait for one; for those who teach.",
    response_model=service_schemas.LinkPage,
    responses=told(*READING, errors.ForbiddenError, errors.UnknownCourseError),
    openapi_extra=USERS,
)
async def list_links(
    request: Request, caller: Caller, course_id: Id, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    require_user(caller, "read")
    id_, after = known_course(course_id), decode_id(cursor)
    found = await service_of(request).database.read(relinking.list_links, caller, id_, limit=limit + 1, after=after)
    return private_json(page(found, limit, lambda each: each.link.id, lambda each: each.as_json()))


@router.patch(
    "/lti/links/{link_id}",
    operation_id="changeLink",
    summary="Have a link open another assignment of its course",
    description="For instructors. The link keeps its column in the platform's gradebook, in which the scores of the "
    "new assignment replace those of the one before.",
    response_model=service_schemas.LinkOut,
    responses=told(*WITH_BODY, UnknownLinkError, errors.UnknownCourseError, errors.UnknownAssignmentError),
    openapi_extra=takes(service_schemas.LinkChange),
)
async def change_link(request: Request, caller: Caller, link_id: Id) -> Response:
    require_user(caller, "manage")
    id_, now = known(link_id, UnknownLinkError), service_of(request).clock()
    wanted = (await read_body(request, service_schemas.LinkChange)).assignment_id
    return await change(request, lambda session: relinking.relink(session, caller, id_, wanted, now).as_json())


LINK: dict[str, Any] = {
    "id": "01a2054b-5386-70de-b9b7-058e224f8489",
    "title": "Sheet 1",
    "platform": "Moodle of the faculty",
    "context": "Neural computation",
    "assignment_id": "01a2054b-5386-70de-b9b7-058e224f8490",
}
EXAMPLES: Mapping[str, Callable[[], object]] = {
    "listLinks": lambda: {"items": [LINK], "next_cursor": None},
    "changeLink": lambda: LINK,
}
