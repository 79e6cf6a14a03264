"""POST /api/v1/me/deletion, DELETE /api/v1/people/{person_id}: forgetting a person, by themself or by administrators.

The calls only name what `app.accounts.forgetting` does. See docs/accounts.md for what goes and what stays.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts import forgetting, people, schemas
from app.accounts.access import CHANGING, USERS, Caller, Principal, require_admin, require_user
from app.accounts.api import BODY_ERRORS
from app.accounts.models import Person
from app.accounts.passwords import WRONG
from app.accounts.people_api import ADMIN_CHANGING, PersonId, known_person
from app.accounts.sign_in import knows_password
from app.core import errors
from app.core.errors import Fault, InvalidRequestError, UnknownPersonError
from app.core.json_body import body_of, private_json, read_body
from app.core.problem_details import documented
from app.core.service import service_of
from problems.text import Text

router = APIRouter(prefix="/api/v1")

NOT_TYPED = Text("Type exactly what is asked for, to confirm.", "请按要求逐字输入，以示确认。")
_STALE = Text(
    "You have no password, so sign in anew by a link, or open Haitang from your learning platform once more, and do "
    "this on the account page within 15 minutes.",
    "你还没有设置密码。请先用登录链接重新登录，或从教学平台重新打开海棠，并在 15 分钟内到账号页面操作。",
)


async def faults_of(request: Request, principal: Principal, password: str, typed: str) -> list[Fault]:
    """What keeps somebody from deleting their account: nothing typed, a wrong password, or none and an old sign-in.

    Raises:
        TooManyRequestsError: too many passwords were tried.

    """
    service = service_of(request)
    now = service.clock()

    def find(session: Session) -> tuple[Person, bool]:
        return people.get(session, principal.person_id or ""), forgetting.is_recent(session, principal.session, now)

    person, is_recent = await service.database.read(find)
    if not forgetting.is_confirmed(person, typed):
        return [Fault(NOT_TYPED, pointer="/confirmation")]
    if person.password_hash is None:
        return [] if is_recent else [Fault(_STALE, pointer="/password")]
    right = await knows_password(request, person, password[:1000])
    return [] if right else [Fault(WRONG, pointer="/password")]


async def forget(request: Request, actor: str, person_id: str) -> Response:
    service = service_of(request)

    def job(session: Session) -> dict[str, Any]:
        forgetting.forget(session, actor, person_id, service.clock())
        return {"id": person_id, "forgotten_at": people.get(session, person_id).forgotten_at}

    return private_json(await service.writer.write(job))


@router.post(
    "/me/deletion",
    tags=["accounts"],
    operation_id="forgetMe",
    summary="Delete one's own account, for good",
    description="What says who one is goes; answers and scores stay, as those of nobody known. There is no way back. "
    "Asks for the password and, typed, the e-mail address; who has no password does it on the page.",
    response_model=schemas.ForgottenOut,
    responses=documented(
        *CHANGING, errors.ConflictError, errors.TooManyRequestsError, *BODY_ERRORS, errors.UnavailableError
    ),
    openapi_extra=USERS | body_of(schemas.DeletionRequest),
)
async def forget_me(request: Request, caller: Caller) -> Response:
    person_id = require_user(caller, "manage")
    body = await read_body(request, schemas.DeletionRequest)
    if faults := await faults_of(request, caller, body.password, body.confirmation):
        raise InvalidRequestError("The account was not deleted.", faults)
    return await forget(request, person_id, person_id)


@router.delete(
    "/people/{person_id}",
    tags=["administration"],
    operation_id="forgetPerson",
    summary="Delete a person's account, for good",
    description="What says who they are goes; answers and scores stay. Doing it again changes nothing. There is no way "
    "back. 409 for the last administrator.",
    response_model=schemas.ForgottenOut,
    responses=documented(
        *ADMIN_CHANGING, UnknownPersonError, errors.ConflictError, errors.InvalidRequestError, errors.UnavailableError
    ),
    openapi_extra=USERS,
)
async def forget_person(request: Request, caller: Caller, person_id: PersonId) -> Response:
    actor = require_admin(caller)
    return await forget(request, actor, known_person(person_id))


BODIES = [schemas.DeletionRequest]
_EXAMPLE = {"id": schemas.EXAMPLE_ID, "forgotten_at": "2026-03-02T08:15:30.123456Z"}
EXAMPLES: Mapping[str, Callable[[], Any]] = {"forgetMe": lambda: _EXAMPLE, "forgetPerson": lambda: _EXAMPLE}
