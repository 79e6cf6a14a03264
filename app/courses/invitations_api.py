"""/api/v1/invitations: links by which people enrol themselves."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.access import USERS, Caller, require_user
from app.accounts.guests import guests_of
from app.core import errors
from app.core.idempotency import KeyHeader
from app.core.ids import known
from app.core.json_body import private_json, read_body
from app.core.pagination import Cursor, Limit, decode_id, page
from app.core.service import service_of
from app.courses import course_schemas as schemas
from app.courses import enrolments, invitations
from app.courses.examples import ENROLMENT, INVITATION, listed
from app.courses.models import Invitation
from app.courses.routes import (
    CHANGING,
    PREFIX,
    READING,
    WITH_BODY,
    Id,
    change,
    create,
    created,
    known_course,
    takes,
    told,
)

router = APIRouter(prefix=PREFIX)
BODIES = (schemas.InvitationRequest, schemas.AcceptRequest)


@router.get(
    "/courses/{course_id}/invitations",
    tags=["enrolments"],
    operation_id="listInvitations",
    summary="The invitations to a course, the newest first",
    description="For instructors.",
    response_model=schemas.InvitationPage,
    responses=told(*READING, errors.ForbiddenError, errors.UnknownCourseError),
    openapi_extra=USERS,
)
async def list_invitations(
    request: Request, caller: Caller, course_id: Id, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    require_user(caller, "manage")
    found = await service_of(request).database.read(
        invitations.list_invitations, caller, known_course(course_id), limit=limit + 1, before=decode_id(cursor)
    )
    return private_json(page(found, limit, lambda each: each.id, partial(_shown, request)))


@router.post(
    "/courses/{course_id}/invitations",
    tags=["enrolments"],
    operation_id="createInvitation",
    summary="Make a link by which people enrol themselves",
    description="For instructors.",
    status_code=201,
    response_model=schemas.InvitationOut,
    responses=created(errors.UnknownCourseError),
    openapi_extra=takes(schemas.InvitationRequest),
)
async def create_invitation(
    request: Request, caller: Caller, course_id: Id, idempotency_key: KeyHeader = None
) -> Response:
    require_user(caller, "manage")
    key, id_, now = guests_of(request).key, known_course(course_id), service_of(request).clock()
    body = await read_body(request, schemas.InvitationRequest)

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        made = invitations.invite(session, caller, id_, **body.model_dump(), key=key, now=now)
        return made.id, invitations.invitation_json(made)

    address = f"/courses/{id_}/invitations"
    return await create(request, caller, idempotency_key, body, make, address, partial(_with_link, request))


@router.delete(
    "/invitations/{invitation_id}",
    tags=["enrolments"],
    operation_id="revokeInvitation",
    summary="Make an invitation useless",
    description="For instructors. Who has used it stays enrolled.",
    response_model=schemas.InvitationOut,
    responses=told(*CHANGING, invitations.UnknownInvitationError),
    openapi_extra=USERS,
)
async def revoke_invitation(request: Request, caller: Caller, invitation_id: Id) -> Response:
    require_user(caller, "manage")
    id_, now = known(invitation_id, invitations.UnknownInvitationError), service_of(request).clock()
    return await change(request, lambda session: _shown(request, invitations.revoke(session, caller, id_, now)))


@router.post(
    "/me/enrolments",
    tags=["enrolments"],
    operation_id="acceptInvitation",
    summary="Enrol oneself with the token of an invitation",
    description="Nothing changes for somebody who takes part already, so that it can be repeated.",
    response_model=schemas.EnrolmentOut,
    responses=told(*WITH_BODY, invitations.UnknownInvitationError, errors.ConflictError),
    openapi_extra=takes(schemas.AcceptRequest),
)
async def accept_invitation(request: Request, caller: Caller) -> Response:
    person_id, now = require_user(caller, "manage"), service_of(request).clock()
    body = await read_body(request, schemas.AcceptRequest)

    def job(session: Session) -> dict[str, Any]:
        return enrolments.enrolment_json(invitations.accept(session, person_id, body.token, now))

    return await change(request, job)


def _shown(request: Request, invitation: Invitation) -> dict[str, Any]:
    return _with_link(request, invitations.invitation_json(invitation))


def _with_link(request: Request, invitation: dict[str, Any]) -> dict[str, Any]:
    token = invitations.token_of(guests_of(request).key, invitation["id"])
    return invitation | {"token": token, "path": invitations.path_of(token)}


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "listInvitations": lambda: listed(INVITATION),
    "createInvitation": lambda: INVITATION,
    "revokeInvitation": lambda: INVITATION,
    "acceptInvitation": lambda: ENROLMENT,
}
