"""/api/v1/lti: the platforms that may launch, and what they must be told; for administrators."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.access import USERS, Caller, require_admin
from app.core import errors
from app.core.idempotency import KeyHeader
from app.core.ids import known
from app.core.json_body import private_json, read_body
from app.core.pagination import Cursor, Limit, decode_id, page
from app.core.service import service_of
from app.courses.routes import CHANGING, CREATING, PREFIX, READING, WITH_BODY, Id, change, create, created, takes, told
from app.lti import platforms, registration, schemas, self_test
from app.lti.platforms import UnknownPlatformError
from app.lti.refused_lately import refused_lately
from app.lti.tool import Tool, tool_of

router = APIRouter(prefix=PREFIX, tags=["lti"])
BODIES = (schemas.PlatformRequest, schemas.PlatformChange, schemas.DeploymentRequest)
known_platform = partial(known, error=UnknownPlatformError)


@router.get(
    "/lti/tool",
    operation_id="getTool",
    summary="The addresses of this service that a platform asks for",
    response_model=schemas.ToolOut,
    responses=told(*READING, errors.ForbiddenError),
    openapi_extra=USERS,
)
async def get_tool(request: Request, caller: Caller) -> Response:
    require_admin(caller, "read")
    return private_json(tool_of(request).as_json())


@router.get(
    "/lti/platforms",
    operation_id="listPlatforms",
    summary="The registered platforms, the newest first",
    response_model=schemas.PlatformPage,
    responses=told(*READING, errors.ForbiddenError),
    openapi_extra=USERS,
)
async def list_platforms(request: Request, caller: Caller, limit: Limit = 20, cursor: Cursor = None) -> Response:
    require_admin(caller, "read")
    found = await service_of(request).database.read(platforms.list_platforms, limit=limit + 1, before=decode_id(cursor))
    return private_json(page(found, limit, lambda each: each.platform.id, lambda each: each.as_json()))


@router.post(
    "/lti/platforms",
    operation_id="createPlatform",
    summary="Register a platform by hand",
    description="With what the platform shows after this service was registered there; see `getTool`.",
    status_code=201,
    response_model=schemas.PlatformOut,
    responses=created(errors.ConflictError),
    openapi_extra=takes(schemas.PlatformRequest),
)
async def create_platform(request: Request, caller: Caller, idempotency_key: KeyHeader = None) -> Response:
    actor, service = require_admin(caller), service_of(request)
    body, now = await read_body(request, schemas.PlatformRequest), service.clock()
    settings = body.model_dump()
    deployments = settings.pop("deployments")
    platforms.check_urls(settings, service.outgoing.check)

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        made = platforms.create(session, actor, settings, deployments, now)
        return made.platform.id, made.as_json()

    return await create(request, caller, idempotency_key, body, make, "/lti/platforms/{}")


@router.get(
    "/lti/platforms/{platform_id}",
    operation_id="getPlatform",
    summary="One platform",
    response_model=schemas.PlatformOut,
    responses=told(*READING, errors.ForbiddenError, UnknownPlatformError),
    openapi_extra=USERS,
)
async def get_platform(request: Request, caller: Caller, platform_id: Id) -> Response:
    require_admin(caller, "read")
    found = await service_of(request).database.read(platforms.view, known_platform(platform_id))
    return private_json(found.as_json())


@router.patch(
    "/lti/platforms/{platform_id}",
    operation_id="changePlatform",
    summary="Change a platform, or disable it",
    description="From a disabled platform nobody comes, and it is sent no scores; `disabled` false brings it back.",
    response_model=schemas.PlatformOut,
    responses=told(*WITH_BODY, errors.ConflictError, UnknownPlatformError),
    openapi_extra=takes(schemas.PlatformChange),
)
async def change_platform(request: Request, caller: Caller, platform_id: Id) -> Response:
    actor, service = require_admin(caller), service_of(request)
    id_, now = known_platform(platform_id), service.clock()
    changes = (await read_body(request, schemas.PlatformChange)).changes()
    platforms.check_urls(changes, service.outgoing.check)
    return await change(request, lambda session: platforms.change(session, actor, id_, changes, now).as_json())


@router.post(
    "/lti/platforms/{platform_id}/deployments",
    operation_id="createDeployment",
    summary="Let a deployment of the platform launch",
    status_code=201,
    response_model=schemas.DeploymentOut,
    responses=created(errors.ConflictError, UnknownPlatformError),
    openapi_extra=takes(schemas.DeploymentRequest),
)
async def create_deployment(
    request: Request, caller: Caller, platform_id: Id, idempotency_key: KeyHeader = None
) -> Response:
    actor, now = require_admin(caller), service_of(request).clock()
    id_, body = known_platform(platform_id), await read_body(request, schemas.DeploymentRequest)

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        made = platforms.add_deployment(session, actor, id_, body.deployment_id, now)
        return made.id, {"id": made.id, "deployment_id": made.deployment_id}

    return await create(request, caller, idempotency_key, body, make, f"/lti/platforms/{id_}")


@router.delete(
    "/lti/platforms/{platform_id}/deployments/{deployment}",
    operation_id="deleteDeployment",
    summary="Take back a deployment from which nothing was launched",
    description="`deployment` is the `id` that this service gave it. The platform without it is returned.",
    response_model=schemas.PlatformOut,
    responses=told(*CHANGING, errors.ConflictError, UnknownPlatformError),
    openapi_extra=USERS,
)
async def delete_deployment(request: Request, caller: Caller, platform_id: Id, deployment: Id) -> Response:
    actor, now = require_admin(caller), service_of(request).clock()
    id_, row = known_platform(platform_id), known_platform(deployment)
    return await change(request, lambda session: platforms.remove_deployment(session, actor, id_, row, now).as_json())


@router.post(
    "/lti/platforms/{platform_id}/self-test",
    operation_id="testPlatform",
    summary="Try what a launch and a score need, and say what is wrong",
    description="Fetches the key set, asks for a token, compares the clocks; changes nothing.",
    response_model=schemas.SelfTestOut,
    responses=told(*CHANGING, UnknownPlatformError),
    openapi_extra=USERS,
)
async def test_platform(request: Request, caller: Caller, platform_id: Id) -> Response:
    require_admin(caller)
    return private_json(
        (
            await self_test.run(
                service_of(request), tool_of(request), known_platform(platform_id), refused_lately(request)
            )
        ).as_json()
    )


@router.post(
    "/lti/registrations",
    operation_id="createRegistration",
    summary="Make an address by which a platform registers itself, once",
    description="For LTI dynamic registration: an administrator of the platform enters the address there.",
    status_code=201,
    response_model=schemas.InvitationOut,
    responses=told(*CREATING),
    openapi_extra=USERS,
)
async def create_registration(request: Request, caller: Caller) -> Response:
    actor, service = require_admin(caller), service_of(request)
    now = service.clock()
    secret = await service.writer.write(lambda session: registration.invite(session, actor, now))
    address = tool_of(request).registration(secret)
    return private_json({"url": address, "expires_at": now + registration.LIFETIME}, 201)


PLATFORM: dict[str, Any] = {
    "id": "01a2054b-5386-70de-b9b7-058e224f8486",
    "name": "Moodle of the faculty",
    "product": "moodle",
    "issuer": "https://moodle.example.edu",
    "client_id": "Bu4sRzHpqXPKSqP",
    "authorization_url": "https://moodle.example.edu/mod/lti/auth.php",
    "token_url": "https://moodle.example.edu/mod/lti/token.php",
    "token_audience": None,
    "keyset_url": "https://moodle.example.edu/mod/lti/certs.php",
    "deployments": [{"id": "01a2054b-5386-70de-b9b7-058e224f8487", "deployment_id": "3"}],
    "last_launch_at": "2026-09-01T00:00:00Z",
    "created_at": "2026-09-01T00:00:00Z",
    "disabled_at": None,
}
EXAMPLES: Mapping[str, Callable[[], object]] = {
    "getTool": lambda: Tool("https://haitang.example.edu").as_json(),
    "listPlatforms": lambda: {"items": [PLATFORM], "next_cursor": None},
    "createPlatform": lambda: PLATFORM,
    "getPlatform": lambda: PLATFORM,
    "changePlatform": lambda: PLATFORM,
    "createDeployment": lambda: PLATFORM["deployments"][0],
    "deleteDeployment": lambda: PLATFORM | {"deployments": []},
    "testPlatform": lambda: {
        "healthy": False,
        "checks": [
            {
                "name": "keyset",
                "state": "fault",
                "detail": "The key set did not come: nobody answers at this address.",
                "detail_zh": "未能取得密钥集：该地址没有服务器应答。",
            }
        ],
    },
    "createRegistration": lambda: {
        "url": Tool("https://haitang.example.edu").registration("q2dJx0ovCzW8fQ4pOYUDsEyxk1R0RGBbTZVbBy8Nq1U"),
        "expires_at": "2026-09-02T00:00:00Z",
    },
}
