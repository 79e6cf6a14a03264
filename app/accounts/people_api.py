"""/api/v1/people and /api/v1/audit: for the administrator."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts import audit, people, schemas, sign_in_links
from app.accounts.access import CHANGING, SIGNED_IN, USERS, Caller, require_admin
from app.accounts.api import BODY_ERRORS
from app.core import errors, idempotency
from app.core.errors import UnknownPersonError
from app.core.ids import is_id, known
from app.core.json_body import body_of, private_json, read_body
from app.core.pagination import Cursor, Limit, decode_id, decode_number, page
from app.core.problem_details import documented
from app.core.service import service_of

PATH = "/api/v1/people"
router = APIRouter(prefix="/api/v1", tags=["administration"])

PersonId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
Word = Annotated[str, Field(max_length=64, pattern="^[!-~]*$")]
Action = Annotated[
    Word | SkipJsonSchema[None], Query(description="such as `grade.override`, or its first part, `grade`")
]
About = Annotated[Word | SkipJsonSchema[None], Query(description="who did it, or to whom or what it was done")]
known_person = partial(known, error=UnknownPersonError)
ADMIN_READING = (*SIGNED_IN, errors.ForbiddenError)
ADMIN_CHANGING = (*CHANGING, errors.ForbiddenError)


@router.get(
    "/people",
    operation_id="listPeople",
    summary="People with an account, the newest first",
    response_model=schemas.PersonPage,
    responses=documented(*ADMIN_READING, errors.InvalidRequestError, errors.UnavailableError),
    openapi_extra=USERS,
)
async def list_people(
    request: Request,
    caller: Caller,
    limit: Limit = 20,
    cursor: Cursor = None,
    search: Annotated[
        str | SkipJsonSchema[None], Query(max_length=200, description="occurs in the name or the address")
    ] = None,
) -> Response:
    require_admin(caller, "read")
    before = decode_id(cursor)
    database = service_of(request).database
    found = await database.read(people.list_people, limit=limit + 1, before=before, search=search)
    return private_json(page(found, limit, lambda person: person.id, schemas.person_json))


@router.post(
    "/people",
    operation_id="createPerson",
    summary="Make an account",
    description="Its owner chooses a password by a sign-in link.",
    status_code=201,
    response_model=schemas.PersonOut,
    responses=documented(
        *ADMIN_CHANGING,
        errors.ConflictError,
        errors.IdempotencyKeyReusedError,
        *BODY_ERRORS,
        errors.UnavailableError,
    ),
    openapi_extra=USERS | body_of(schemas.PersonRequest),
)
async def create_person(request: Request, caller: Caller, idempotency_key: idempotency.KeyHeader = None) -> Response:
    actor = require_admin(caller)
    wanted = await read_body(request, schemas.PersonRequest)
    email = people.required_email(wanted.email)
    service = service_of(request)
    now = service.clock()

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        id_ = people.create(session, actor, now, name=wanted.name, email=email, is_admin=wanted.is_admin)
        return id_, schemas.person_json(people.get(session, id_))

    asked = idempotency.Request(owner=actor, key=idempotency_key, content=[PATH, wanted.model_dump()], now=now)
    created = await idempotency.create(service.writer, asked, make)
    return private_json(created.body, 201, {"Location": f"{PATH}/{created.id}"})


@router.get(
    "/people/{person_id}",
    operation_id="getPerson",
    summary="One person",
    response_model=schemas.PersonOut,
    responses=documented(*ADMIN_READING, UnknownPersonError, errors.InvalidRequestError, errors.UnavailableError),
    openapi_extra=USERS,
)
async def get_person(request: Request, caller: Caller, person_id: PersonId) -> Response:
    require_admin(caller, "read")
    person = await service_of(request).database.read(people.get, known_person(person_id))
    return private_json(schemas.person_json(person))


@router.patch(
    "/people/{person_id}",
    operation_id="changePerson",
    summary="Change a person",
    description="Closing an account signs its owner out everywhere and revokes their tokens.",
    response_model=schemas.PersonOut,
    responses=documented(
        *ADMIN_CHANGING, UnknownPersonError, errors.ConflictError, *BODY_ERRORS, errors.UnavailableError
    ),
    openapi_extra=USERS | body_of(schemas.PersonChange),
)
async def change_person(request: Request, caller: Caller, person_id: PersonId) -> Response:
    actor = require_admin(caller)
    changes = (await read_body(request, schemas.PersonChange)).model_dump(exclude_none=True)
    if "email" in changes:
        changes["email"] = people.required_email(changes["email"])
    id_, service = known_person(person_id), service_of(request)

    def job(session: Session) -> dict[str, Any]:
        return schemas.person_json(people.change(session, actor, id_, changes, service.clock()))

    return private_json(await service.writer.write(job))


@router.post(
    "/people/{person_id}/sign-in-links",
    operation_id="createSignInLink",
    summary="Make a link that signs a person in once",
    description="For somebody who has no password yet, or has forgotten it. Earlier links stop working.",
    status_code=201,
    response_model=schemas.SignInLinkOut,
    responses=documented(
        *ADMIN_CHANGING, UnknownPersonError, errors.ConflictError, errors.InvalidRequestError, errors.UnavailableError
    ),
    openapi_extra=USERS,
)
async def create_sign_in_link(request: Request, caller: Caller, person_id: PersonId) -> Response:
    actor = require_admin(caller)
    id_, service = known_person(person_id), service_of(request)
    now = service.clock()

    def job(session: Session) -> str:
        people.get_kept(session, id_)
        audit.record(session, actor, "sign-in-link.create", id_, at=now)
        return sign_in_links.create(session, id_, "reset", now)

    secret = await service.writer.write(job)
    return private_json({"path": sign_in_links.path_of(secret), "expires_at": now + sign_in_links.LIFETIME}, 201)


@router.get(
    "/audit",
    operation_id="listAuditEntries",
    summary="What was done, the newest first",
    response_model=schemas.AuditPage,
    responses=documented(*ADMIN_READING, errors.InvalidRequestError, errors.UnavailableError),
    openapi_extra=USERS,
)
async def list_audit_entries(
    request: Request,
    caller: Caller,
    limit: Limit = 20,
    cursor: Cursor = None,
    course: Annotated[str | SkipJsonSchema[None], Query(json_schema_extra={"format": "uuid"})] = None,
    action: Action = None,
    person: About = None,
) -> Response:
    require_admin(caller, "read")
    before = decode_number(cursor)
    database = service_of(request).database
    wanted = course if course is None or is_id(course) else ""
    found = await database.read(
        audit.list_entries, limit=limit + 1, before=before, course=wanted, action=action, person=person
    )
    return private_json(page(found, limit, lambda entry: str(entry.id), schemas.entry_json))


@router.get(
    "/audit/verdict",
    operation_id="verifyAudit",
    summary="Whether the audit log is unchanged",
    description="Computes every hash again. Whoever notes `head` elsewhere notices a cut at the end, too.",
    response_model=schemas.AuditVerdict,
    responses=documented(*ADMIN_READING, errors.UnavailableError),
    openapi_extra=USERS,
)
async def verify_audit(request: Request, caller: Caller) -> Response:
    require_admin(caller, "read")
    verdict = await service_of(request).database.read(audit.verify)
    return private_json(
        {
            "holds": verdict.holds,
            "entries": verdict.entries,
            "head": verdict.head,
            "broken_at": verdict.broken_at,
        }
    )


BODIES: list[type[BaseModel]] = [schemas.PersonRequest, schemas.PersonChange]
EXAMPLES: Mapping[str, Callable[[], Any]] = {
    "listPeople": lambda: {"items": [schemas.PERSON_EXAMPLE], "next_cursor": None},
    "createPerson": lambda: schemas.PERSON_EXAMPLE | {"has_password": False},
    "getPerson": lambda: schemas.PERSON_EXAMPLE,
    "changePerson": lambda: schemas.PERSON_EXAMPLE,
    "createSignInLink": lambda: {
        "path": sign_in_links.path_of("E1xampleE1xampleE1xampleE1xampleE1xampleE1x"),
        "expires_at": "2026-03-03T08:15:30.123456Z",
    },
    "listAuditEntries": lambda: {"items": [schemas.ENTRY_EXAMPLE], "next_cursor": None},
    "verifyAudit": lambda: {"holds": True, "entries": 17, "head": schemas.ENTRY_EXAMPLE["hash"], "broken_at": None},
}
