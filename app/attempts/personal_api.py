"""…/export: everything about one person as one JSON text, streamed: their own right, and what others may hand them."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from app.accounts.access import SIGNED_IN, USERS, Caller, require_admin, require_user
from app.accounts.people_api import ADMIN_READING, PersonId, known_person
from app.attempts.personal import Wanted, account, parts
from app.attempts.service import service_of
from app.core import errors
from app.core.json_body import PRIVATE, to_json
from app.core.problem_details import documented
from app.courses.roles import STAFF, course_for
from app.courses.routes import Id, known_course

router = APIRouter(prefix="/api/v1")

ABOUT = {
    "en": "Everything that this site keeps about one person. What is not released yet is null; right answers, seeds of "
    "assignments, and secrets are left out. See docs/accounts.md.",
    "zh": "本站保存的关于一个人的全部数据。尚未公布的内容为 null；不含正确答案、作业的随机种子和任何密钥。"
    "详见 docs/accounts.md。",
}
_EXAMPLE = '{"format":1,"account":{"id":"01a2054b-5386-70de-b9b7-058e224f8480","name":"Lin Hai"},"attempts":[]}'
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One JSON object: `account`, and a list for each part",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


async def export(request: Request, wanted: Wanted) -> Response:
    """The response; raises UnknownPersonError before it begins."""
    database = service_of(request).database
    who = await database.read(account, wanted)

    async def text() -> AsyncIterator[bytes]:
        head = {"format": 1, "about": ABOUT, "at": wanted.now, "account": who}
        yield to_json(head)[:-1]
        for name, read in parts(wanted).items():
            yield b"," + to_json(name) + b":["
            after, separator = "", b""
            while True:
                rows, after = await database.read(read, wanted, after)
                if rows:
                    yield separator + b",".join(map(to_json, rows))
                    separator = b","
                if not after:
                    break
            yield b"]"
        yield b"}\n"

    name = f"haitang-{wanted.person_id[-8:]}-{wanted.now.astimezone(UTC):%Y%m%d}.json"
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(text(), media_type="application/json", headers=headers)


@router.get(
    "/me/export",
    tags=["accounts"],
    operation_id="exportMe",
    summary="Everything that is kept about oneself",
    description="Streamed. Account, sessions, names of tokens, courses, extensions, drafts, grades, points by hand "
    "with reasons, all attempts with answers, what was read and mistakes, audit entries. What is not released is null.",
    response_class=StreamingResponse,
    responses=_FILE | documented(*SIGNED_IN, errors.UnavailableError),
    openapi_extra=USERS,
)
async def export_me(request: Request, caller: Caller) -> Response:
    person_id = require_user(caller, "read")
    return await export(request, Wanted(person_id=person_id, now=request.state.received_at))


@router.get(
    "/people/{person_id}/export",
    tags=["administration"],
    operation_id="exportPerson",
    summary="Everything that is kept about a person, as they would get it themself",
    response_class=StreamingResponse,
    responses=_FILE
    | documented(*ADMIN_READING, errors.UnknownPersonError, errors.InvalidRequestError, errors.UnavailableError),
    openapi_extra=USERS,
)
async def export_person(request: Request, caller: Caller, person_id: PersonId) -> Response:
    require_admin(caller, "read")
    return await export(request, Wanted(person_id=known_person(person_id), now=request.state.received_at))


@router.get(
    "/courses/{course_id}/people/{person_id}/export",
    tags=["reports"],
    operation_id="exportStudent",
    summary="Everything about one person in one course",
    description="For those who teach it, whatever is released; seeds are left out.",
    response_class=StreamingResponse,
    responses=_FILE
    | documented(
        *ADMIN_READING,
        errors.UnknownCourseError,
        errors.UnknownPersonError,
        errors.InvalidRequestError,
        errors.UnavailableError,
    ),
    openapi_extra=USERS,
)
async def export_student(request: Request, caller: Caller, course_id: Id, person_id: PersonId) -> Response:
    require_user(caller)
    seen = await service_of(request).database.read(course_for, known_course(course_id), caller, STAFF)
    wanted = Wanted(person_id=known_person(person_id), now=request.state.received_at, course_id=seen.course.id)
    return await export(request, wanted)


def _example() -> str:
    return _EXAMPLE


EXAMPLES: Mapping[str, Callable[[], object]] = dict.fromkeys(("exportMe", "exportPerson", "exportStudent"), _example)
