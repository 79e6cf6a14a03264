"""/api/v1/me and /api/v1/tokens: who is asking, and keys for their programs."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts import people, schemas, tokens
from app.accounts.access import ANYBODY, CHANGING, SIGNED_IN, USERS, Caller, require_scope, require_user
from app.accounts.models import ApiToken
from app.accounts.scopes import SCOPES
from app.core import errors
from app.core.json_body import body_of, private_json, read_body
from app.core.pagination import Cursor, Limit, decode_cursor, page
from app.core.problem_details import documented
from app.core.service import service_of

router = APIRouter(prefix="/api/v1", tags=["accounts"])

BODY_ERRORS = (
    errors.MalformedJsonError,
    errors.RequestTimeoutError,
    errors.ContentTooLargeError,
    errors.UnsupportedMediaTypeError,
    errors.InvalidRequestError,
)


@router.get(
    "/me",
    operation_id="getMe",
    summary="Who is asking",
    description="Of the token, the session or the guest cookie that is sent; nobody without any.",
    response_model=schemas.Me,
    responses=documented(*SIGNED_IN[1:], errors.UnavailableError),
    openapi_extra=ANYBODY,
)
async def get_me(request: Request, caller: Caller) -> Response:
    person = None
    if caller.is_user and caller.person_id is not None:
        require_scope(caller, "read")
        person = await service_of(request).database.read(people.get, caller.person_id)
    return private_json(
        {
            "via": caller.via,
            "id": caller.person_id,
            "name": person.name if person else None,
            "email": person.email if person else None,
            "is_admin": caller.is_admin,
            "scopes": [scope for scope in SCOPES if scope in caller.scopes],
        }
    )


@router.post(
    "/tokens",
    operation_id="createToken",
    summary="Make a token",
    description="The response holds the token, this once. It takes no Idempotency-Key, since no secret is ever stored: "
    "revoke a token whose response was lost.",
    status_code=201,
    response_model=schemas.NewToken,
    responses=documented(*CHANGING, *BODY_ERRORS, errors.UnavailableError),
    openapi_extra=USERS | body_of(schemas.TokenRequest),
)
async def create_token(request: Request, caller: Caller) -> Response:
    person_id = require_user(caller, "manage")
    wanted = await read_body(request, schemas.TokenRequest)
    for scope in wanted.scopes:
        require_scope(caller, scope)
    scopes = [scope for scope in SCOPES if scope in wanted.scopes]
    service = service_of(request)

    def job(session: Session) -> tuple[ApiToken, str]:
        return tokens.create(session, person_id, wanted.name, scopes, service.clock(), timedelta(days=wanted.days))

    made, text = await service.writer.write(job)
    return private_json(schemas.token_json(made) | {"token": text}, 201)


@router.get(
    "/tokens",
    operation_id="listTokens",
    summary="One's own tokens, the newest first",
    response_model=schemas.TokenPage,
    responses=documented(*SIGNED_IN, errors.InvalidRequestError, errors.UnavailableError),
    openapi_extra=USERS,
)
async def list_tokens(request: Request, caller: Caller, limit: Limit = 20, cursor: Cursor = None) -> Response:
    person_id = require_user(caller, "read")
    before = None if cursor is None else decode_cursor(cursor, tokens.is_token_id)
    found = await service_of(request).database.read(tokens.list_tokens, person_id, limit=limit + 1, before=before)
    return private_json(page(found, limit, lambda token: token.id, schemas.token_json))


@router.delete(
    "/tokens/{token_id}",
    operation_id="revokeToken",
    summary="Revoke a token",
    description="It stays in the list, and opens nothing any more. Doing it again changes nothing.",
    response_model=schemas.TokenOut,
    responses=documented(*CHANGING, errors.UnknownTokenError, errors.InvalidRequestError, errors.UnavailableError),
    openapi_extra=USERS,
)
async def revoke_token(
    request: Request, caller: Caller, token_id: Annotated[str, Path(json_schema_extra={"pattern": "^[0-9a-f]{12}$"})]
) -> Response:
    person_id = require_user(caller, "manage")
    service = service_of(request)
    revoked = await service.writer.write(lambda session: tokens.revoke(session, person_id, token_id, service.clock()))
    if revoked is None:
        raise errors.UnknownTokenError("You have no token with this id.")
    return private_json(schemas.token_json(revoked))


BODIES: list[type[BaseModel]] = [schemas.TokenRequest]
EXAMPLES: Mapping[str, Callable[[], Any]] = {
    "getMe": lambda: schemas.ME_EXAMPLE,
    "createToken": lambda: (
        schemas.TOKEN_EXAMPLE | {"token": "haitang_6f1d0c9a2b47_E1xampleE1xampleE1xampleE1xampleE1xampleE1x"}
    ),
    "listTokens": lambda: {"items": [schemas.TOKEN_EXAMPLE], "next_cursor": None},
    "revokeToken": lambda: schemas.TOKEN_EXAMPLE | {"revoked_at": "2026-03-03T09:00:00Z"},
}
