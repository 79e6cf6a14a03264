"""/api/v1/courses/{course_id}/webhooks and /api/v1/webhooks: addresses that hear of events, and what was sent."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.access import USERS, Caller, require_user
from app.accounts.guests import guests_of
from app.core import errors
from app.core.idempotency import KeyHeader
from app.core.json_body import private_json, read_body
from app.core.pagination import Cursor, Limit, decode_id, page
from app.core.service import service_of
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
from app.webhooks import deliveries, endpoints, schemas
from app.webhooks.endpoints import UnknownWebhookError, known_webhook
from app.webhooks.examples import DELIVERY, DETAIL, NEW_SECRET, NEW_WEBHOOK, WEBHOOK
from app.webhooks.models import State
from app.webhooks.signing import secret_of

router = APIRouter(prefix=PREFIX, tags=["webhooks"])
BODIES = schemas.BODIES
REFUSED = (errors.ForbiddenError, UnknownWebhookError)


@router.get(
    "/courses/{course_id}/webhooks",
    operation_id="listWebhooks",
    summary="The webhooks of a course, the newest first",
    description="For instructors.",
    response_model=schemas.WebhookPage,
    responses=told(*READING, errors.ForbiddenError, errors.UnknownCourseError),
    openapi_extra=USERS,
)
async def list_webhooks(
    request: Request, caller: Caller, course_id: Id, limit: Limit = 20, cursor: Cursor = None
) -> Response:
    require_user(caller)
    found = await service_of(request).database.read(
        endpoints.list_endpoints, caller, known_course(course_id), limit=limit + 1, before=decode_id(cursor)
    )
    return private_json(page(found, limit, lambda each: each.id, schemas.endpoint_json))


@router.post(
    "/courses/{course_id}/webhooks",
    operation_id="createWebhook",
    summary="Have events of a course sent to an address",
    description="For instructors, ten for a course at most. The response holds the secret by which messages are "
    "signed, this once.",
    status_code=201,
    response_model=schemas.NewWebhook,
    responses=created(errors.UnknownCourseError, errors.ConflictError),
    openapi_extra=takes(schemas.WebhookRequest),
)
async def create_webhook(
    request: Request, caller: Caller, course_id: Id, idempotency_key: KeyHeader = None
) -> Response:
    require_user(caller, "manage")
    service, key, id_ = service_of(request), guests_of(request).key, known_course(course_id)
    body = await read_body(request, schemas.WebhookRequest)
    endpoints.require_address(service, body.url)

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        now = service.clock()
        made, secret = endpoints.create(session, caller, id_, **body.model_dump(), key=key, now=now)
        return made.id, schemas.endpoint_json(made) | {"secret": secret.id}

    return await create(request, caller, idempotency_key, body, make, "/webhooks/{}", partial(_with_secret, key))


@router.get(
    "/webhooks/{webhook_id}",
    operation_id="getWebhook",
    summary="One webhook",
    description="For instructors.",
    response_model=schemas.WebhookOut,
    responses=told(*READING, *REFUSED),
    openapi_extra=USERS,
)
async def get_webhook(request: Request, caller: Caller, webhook_id: Id) -> Response:
    require_user(caller)
    seen = await service_of(request).database.read(endpoints.endpoint_for, known_webhook(webhook_id), caller)
    return private_json(schemas.endpoint_json(seen.endpoint))


@router.patch(
    "/webhooks/{webhook_id}",
    operation_id="changeWebhook",
    summary="Change a webhook, disable or enable it",
    description="For instructors. While it is disabled it hears of nothing; what was waiting before is sent later.",
    response_model=schemas.WebhookOut,
    responses=told(*WITH_BODY, UnknownWebhookError),
    openapi_extra=takes(schemas.WebhookChange),
)
async def change_webhook(request: Request, caller: Caller, webhook_id: Id) -> Response:
    require_user(caller, "manage")
    service, id_ = service_of(request), known_webhook(webhook_id)
    changes = (await read_body(request, schemas.WebhookChange)).changes()
    if "url" in changes:
        endpoints.require_address(service, changes["url"])
    return await change(
        request,
        lambda session: schemas.endpoint_json(endpoints.change(session, caller, id_, changes, service.clock())),
    )


@router.delete(
    "/webhooks/{webhook_id}",
    operation_id="deleteWebhook",
    summary="Remove a webhook, and what was sent to it",
    description="For instructors. What is waiting is never sent.",
    response_model=schemas.WebhookOut,
    responses=told(*CHANGING, UnknownWebhookError),
    openapi_extra=USERS,
)
async def delete_webhook(request: Request, caller: Caller, webhook_id: Id) -> Response:
    require_user(caller, "manage")
    service, id_ = service_of(request), known_webhook(webhook_id)
    return await change(
        request, lambda session: schemas.endpoint_json(endpoints.remove(session, caller, id_, service.clock()))
    )


@router.post(
    "/webhooks/{webhook_id}/secret",
    operation_id="rotateWebhookSecret",
    summary="Replace the secret of a webhook",
    description="For instructors. Messages are signed by the old secret too, for `overlap_hours`.",
    status_code=201,
    response_model=schemas.NewSecret,
    responses=created(UnknownWebhookError),
    openapi_extra=takes(schemas.SecretRequest),
)
async def rotate_secret(
    request: Request, caller: Caller, webhook_id: Id, idempotency_key: KeyHeader = None
) -> Response:
    require_user(caller, "manage")
    service, key, id_ = service_of(request), guests_of(request).key, known_webhook(webhook_id)
    body = await read_body(request, schemas.SecretRequest)
    overlap = timedelta(hours=body.overlap_hours)

    def make(session: Session) -> tuple[str, dict[str, Any]]:
        now = service.clock()
        made, secret = endpoints.rotate(session, caller, id_, overlap, key, now)
        shown = {"webhook_id": made.id, "secret": secret.id, "created_at": now, "old_until": now + overlap}
        return made.id, shown

    return await create(request, caller, idempotency_key, body, make, "/webhooks/{}", partial(_with_secret, key))


@router.post(
    "/webhooks/{webhook_id}/ping",
    operation_id="pingWebhook",
    summary="Send a test message",
    description="For instructors. Ask for the delivery a moment later to see what came of it.",
    status_code=201,
    response_model=schemas.DeliveryOut,
    responses=created(UnknownWebhookError, errors.ConflictError),
    openapi_extra=USERS,
)
async def ping_webhook(request: Request, caller: Caller, webhook_id: Id) -> Response:
    require_user(caller, "manage")
    service, id_ = service_of(request), known_webhook(webhook_id)
    sent = await service.writer.write(
        lambda session: schemas.delivery_json(endpoints.ping(session, caller, id_, service.clock()))
    )
    return private_json(sent, 201, {"Location": f"{PREFIX}/webhooks/{id_}/deliveries/{sent['id']}"})


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    operation_id="listDeliveries",
    summary="What was sent to a webhook, or is to be, the newest first",
    description="For instructors. Deliveries are kept for 30 days.",
    response_model=schemas.DeliveryPage,
    responses=told(*READING, *REFUSED),
    openapi_extra=USERS,
)
async def list_deliveries(
    request: Request,
    caller: Caller,
    webhook_id: Id,
    state: Annotated[State | SkipJsonSchema[None], Query()] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    require_user(caller)
    found = await service_of(request).database.read(
        deliveries.list_deliveries,
        caller,
        known_webhook(webhook_id),
        limit=limit + 1,
        before=decode_id(cursor),
        state=state,
    )
    return private_json(page(found, limit, lambda each: each.id, schemas.delivery_json))


@router.get(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}",
    operation_id="getDelivery",
    summary="One message, with its body",
    description="For instructors.",
    response_model=schemas.DeliveryDetail,
    responses=told(*READING, *REFUSED),
    openapi_extra=USERS,
)
async def get_delivery(request: Request, caller: Caller, webhook_id: Id, delivery_id: Id) -> Response:
    require_user(caller)
    found = await service_of(request).database.read(
        deliveries.find_delivery, caller, known_webhook(webhook_id), known_webhook(delivery_id)
    )
    return private_json(schemas.delivery_json(found) | {"body": found.body.decode()})


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/resend",
    operation_id="resendDelivery",
    summary="Send a message again, under the same id",
    description="For instructors. Whoever has taken it before knows it by its id.",
    response_model=schemas.DeliveryOut,
    responses=told(*CHANGING, UnknownWebhookError, errors.ConflictError),
    openapi_extra=USERS,
)
async def resend_delivery(request: Request, caller: Caller, webhook_id: Id, delivery_id: Id) -> Response:
    require_user(caller, "manage")
    service, id_, message_id = service_of(request), known_webhook(webhook_id), known_webhook(delivery_id)

    def job(session: Session) -> dict[str, Any]:
        return schemas.delivery_json(deliveries.resend(session, caller, id_, message_id, service.clock()))

    return await change(request, job)


@router.post(
    "/webhooks/{webhook_id}/resend",
    operation_id="resendFailedDeliveries",
    summary="Send all messages again that have failed",
    description="For instructors.",
    response_model=schemas.Resent,
    responses=told(*CHANGING, UnknownWebhookError, errors.ConflictError),
    openapi_extra=USERS,
)
async def resend_failed(request: Request, caller: Caller, webhook_id: Id) -> Response:
    require_user(caller, "manage")
    service, id_ = service_of(request), known_webhook(webhook_id)
    return await change(
        request, lambda session: {"count": deliveries.resend_failed(session, caller, id_, service.clock())}
    )


def _with_secret(key: bytes, value: dict[str, Any]) -> dict[str, Any]:
    """With the secret itself in the place of its id."""
    return value | {"secret": secret_of(key, value["secret"])}


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "listWebhooks": lambda: {"items": [WEBHOOK], "next_cursor": None},
    "createWebhook": lambda: NEW_WEBHOOK,
    "getWebhook": lambda: WEBHOOK,
    "changeWebhook": lambda: WEBHOOK,
    "deleteWebhook": lambda: WEBHOOK,
    "rotateWebhookSecret": lambda: NEW_SECRET,
    "pingWebhook": lambda: (
        DELIVERY | {"type": "ping", "state": "pending", "due_at": DELIVERY["created_at"], "tries": 0}
    ),
    "listDeliveries": lambda: {"items": [DELIVERY], "next_cursor": None},
    "getDelivery": lambda: DETAIL,
    "resendDelivery": lambda: DELIVERY | {"state": "pending", "due_at": DELIVERY["created_at"], "tries": 0},
    "resendFailedDeliveries": lambda: {"count": 3},
}
