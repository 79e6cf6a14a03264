"""/api/v1/offers/{token} and /api/v1/accounts: what an invitation offers, and making an account by it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts import people, schemas, tokens
from app.accounts.api import BODY_ERRORS
from app.accounts.passwords import fault_of, passwords_of
from app.accounts.scopes import SCOPES
from app.core import errors
from app.core.errors import Fault, InvalidRequestError
from app.core.json_body import Body, body_of, private_json, read_body
from app.core.problem_details import documented
from app.core.service import service_of
from app.courses import enrolments, invitations
from app.courses.course_schemas import EnrolmentOut
from app.courses.examples import ENROLMENT
from app.courses.fields import Email
from app.courses.models import Role

router = APIRouter(prefix="/api/v1", tags=["enrolments"])

LIFETIME = timedelta(days=90)
Token = Annotated[str, Path(max_length=200, examples=["q2dJx0ovCzW8fQ4pOYUDsEyxk1R0RGBbTZVbBy8Nq1U"])]


class OfferOut(BaseModel):
    """What an invitation is to."""

    course_title: str
    role: Role
    section: str | None


class AccountRequest(Body):
    """A new account for somebody who has been invited."""

    invitation: Annotated[str, Field(min_length=1, max_length=200, description="its token")]
    name: schemas.Name
    email: Email
    password: Annotated[str, Field(max_length=1000, json_schema_extra={"format": "password"})]


class AccountOut(BaseModel):
    enrolment: EnrolmentOut
    token: str = Field(description="an API token of the new account, with all scopes, for 90 days; shown this once")


@router.get(
    "/offers/{token}",
    operation_id="getOffer",
    summary="What an invitation offers",
    description="For whoever has its token. `POST /api/v1/me/enrolments` accepts it.",
    response_model=OfferOut,
    responses=documented(invitations.UnknownInvitationError, errors.InvalidRequestError, errors.UnavailableError),
)
async def get_offer(request: Request, token: Token) -> Response:
    service = service_of(request)
    found = await service.database.read(invitations.find_offer, token, service.clock())
    if found is None:
        raise invitations.UnknownInvitationError("This invitation can't be used any more.")
    offered = found.invitation
    return private_json({"course_title": found.course.title, "role": offered.role, "section": offered.section})


@router.post(
    "/accounts",
    operation_id="createAccount",
    summary="Make an account by an invitation, and enrol it",
    description="For those who have none. It takes no Idempotency-Key, since no secret is ever stored: 409 says that "
    "the address has an account already.",
    status_code=201,
    response_model=AccountOut,
    responses=documented(
        *BODY_ERRORS,
        invitations.UnknownInvitationError,
        errors.ForbiddenError,
        errors.ConflictError,
        errors.UnavailableError,
    ),
    openapi_extra=body_of(AccountRequest),
)
async def create_account(request: Request) -> Response:
    service, passwords = service_of(request), passwords_of(request)
    body, now = await read_body(request, AccountRequest), service.clock()
    if sentence := fault_of(body.password, email=body.email):
        raise InvalidRequestError("The password will not do.", [Fault(sentence, pointer="/password")])
    if await service.database.read(invitations.find_offer, body.invitation, now) is None:
        raise invitations.UnknownInvitationError("This invitation can't be used any more.")
    hashed = await passwords.hash(body.password)

    def job(session: Session) -> dict[str, Any]:
        person_id = people.create(session, None, now, name=body.name, email=body.email, password_hash=hashed)
        enrolled = invitations.accept(session, person_id, body.invitation, now)
        token = tokens.create(session, person_id, "made with the account", SCOPES, now, LIFETIME)[1]
        return {"enrolment": enrolments.enrolment_json(enrolled), "token": token}

    return private_json(await service.writer.write(job), 201)


BODIES: list[type[BaseModel]] = [AccountRequest]
EXAMPLES: Mapping[str, Callable[[], object]] = {
    "getOffer": lambda: {"course_title": "神经计算的数学原理", "role": "student", "section": "A1"},
    "createAccount": lambda: {
        "enrolment": ENROLMENT,
        "token": "haitang_6f1d0c9a2b47_E1xampleE1xampleE1xampleE1xampleE1xampleE1x",
    },
}
