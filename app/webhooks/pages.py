"""The pages of webhooks: those of a course, and one with what was sent to it. For the course's instructors."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.accounts.access import Principal
from app.accounts.account_pages import Form, User
from app.accounts.forms import token_for
from app.accounts.guests import guests_of
from app.core.errors import ConflictError, InvalidRequestError, ServiceError
from app.core.pages import render
from app.core.pagination import Cursor, decode_id, next_cursor
from app.core.service import service_of
from app.courses.form_values import as_body, faults_by_field, number, text
from app.courses.roles import INSTRUCTORS, course_for
from app.courses.routes import known_course
from app.webhooks import deliveries, endpoints, schemas
from app.webhooks.endpoints import MOST, known_webhook
from app.webhooks.outbox import WANTED
from app.webhooks.signing import secret_of
from problems.text import Language

router = APIRouter(include_in_schema=False)

SHOWN = 30  # deliveries on a page


@router.get("/{language:language}/courses/{course_id}/webhooks")
async def show_webhooks(request: Request, user: User, language: Language, course_id: str) -> Response:
    return await _show_webhooks(request, user, language, course_id)


@router.post("/{language:language}/courses/{course_id}/webhooks")
async def make_webhook(request: Request, user: User, sent: Form, language: Language, course_id: str) -> Response:
    """Shows the secret with the response: a redirect would have to keep it somewhere."""
    id_, service, key = known_course(course_id), service_of(request), guests_of(request).key
    try:
        body = as_body(schemas.WebhookRequest, _values(sent))
        endpoints.require_address(service, body.url)

        def make(session: Session) -> tuple[str, str]:
            made, secret = endpoints.create(session, user, id_, **body.model_dump(), key=key, now=service.clock())
            return made.id, secret.id

        made, secret_id = await service.writer.write(make)
    except (InvalidRequestError, ConflictError) as error:
        return await _show_webhooks(request, user, language, id_, error=error, sent=sent)
    return await _show_webhook(request, user, language, made, secret=secret_of(key, secret_id))


@router.get("/{language:language}/webhooks/{webhook_id}")
async def show_webhook(
    request: Request,
    user: User,
    language: Language,
    webhook_id: str,
    cursor: Cursor = None,
) -> Response:
    before = decode_id(cursor)
    return await _show_webhook(request, user, language, webhook_id, before=before)


@router.post("/{language:language}/webhooks/{webhook_id}")
async def change_webhook(request: Request, user: User, sent: Form, language: Language, webhook_id: str) -> Response:
    """The settings, or the button that disables or enables it."""
    id_, service = known_webhook(webhook_id), service_of(request)
    enabled = text(sent, "enabled")
    values = {"enabled": enabled == "yes"} if enabled else _values(sent)
    try:
        changes = as_body(schemas.WebhookChange, values).changes()
        if "url" in changes:
            endpoints.require_address(service, changes["url"])
        await service.writer.write(lambda session: endpoints.change(session, user, id_, changes, service.clock()).id)
    except InvalidRequestError as error:
        return await _show_webhook(request, user, language, id_, error=error)
    return RedirectResponse(f"/{language}/webhooks/{id_}", 303)


@router.post("/{language:language}/webhooks/{webhook_id}/secret")
async def replace_secret(request: Request, user: User, sent: Form, language: Language, webhook_id: str) -> Response:
    """Shows the new secret with the response."""
    id_, service, key = known_webhook(webhook_id), service_of(request), guests_of(request).key
    try:
        body = as_body(schemas.SecretRequest, {"overlap_hours": number(sent, "overlap_hours")})
    except InvalidRequestError as error:
        return await _show_webhook(request, user, language, id_, error=error)
    overlap = timedelta(hours=body.overlap_hours)
    secret_id = await service.writer.write(
        lambda session: endpoints.rotate(session, user, id_, overlap, key, service.clock())[1].id
    )
    return await _show_webhook(request, user, language, id_, secret=secret_of(key, secret_id))


@router.post("/{language:language}/webhooks/{webhook_id}/ping")
async def ping(request: Request, user: User, _sent: Form, language: Language, webhook_id: str) -> Response:
    id_, service = known_webhook(webhook_id), service_of(request)
    await service.writer.write(lambda session: endpoints.ping(session, user, id_, service.clock()).id)
    return RedirectResponse(f"/{language}/webhooks/{id_}#deliveries", 303)


@router.post("/{language:language}/webhooks/{webhook_id}/resend")
async def resend_failed(request: Request, user: User, _sent: Form, language: Language, webhook_id: str) -> Response:
    id_, service = known_webhook(webhook_id), service_of(request)
    await service.writer.write(lambda session: deliveries.resend_failed(session, user, id_, service.clock()))
    return RedirectResponse(f"/{language}/webhooks/{id_}#deliveries", 303)


@router.post("/{language:language}/webhooks/{webhook_id}/deliveries/{delivery_id}/resend")
async def resend(
    request: Request, user: User, _sent: Form, language: Language, webhook_id: str, delivery_id: str
) -> Response:
    id_, message_id = known_webhook(webhook_id), known_webhook(delivery_id)
    service = service_of(request)
    await service.writer.write(lambda session: deliveries.resend(session, user, id_, message_id, service.clock()).id)
    return RedirectResponse(f"/{language}/webhooks/{id_}#deliveries", 303)


@router.post("/{language:language}/webhooks/{webhook_id}/remove")
async def remove(request: Request, user: User, _sent: Form, language: Language, webhook_id: str) -> Response:
    id_, service = known_webhook(webhook_id), service_of(request)
    course_id = await service.writer.write(
        lambda session: endpoints.remove(session, user, id_, service.clock()).course_id
    )
    return RedirectResponse(f"/{language}/courses/{course_id}/webhooks", 303)


def _values(sent: FormData) -> dict[str, Any]:
    return {
        "url": text(sent, "url"),
        "description": text(sent, "description"),
        "events": [event for event in WANTED if event in sent.getlist("events")],
    }


async def _show_webhooks(
    request: Request,
    user: Principal,
    language: Language,
    course_id: str,
    *,
    error: ServiceError | None = None,
    sent: FormData | None = None,
) -> Response:
    id_ = known_course(course_id)

    def read(session: Session) -> dict[str, Any]:
        seen = course_for(session, id_, user, INSTRUCTORS)
        return {"course": seen.course, "webhooks": endpoints.list_endpoints(session, user, id_, limit=MOST)}

    return render(
        request,
        language,
        "webhooks.html",
        section="courses",
        status=error.status if error else 200,
        **await service_of(request).database.read(read),
        events=WANTED,
        most=MOST,
        faults=faults_by_field(error if isinstance(error, InvalidRequestError) else None),
        sent=_values(sent) if sent else {"url": "", "description": "", "events": WANTED},
        token=token_for(request, user),
    )


async def _show_webhook(
    request: Request,
    user: Principal,
    language: Language,
    webhook_id: str,
    *,
    before: str | None = None,
    error: InvalidRequestError | None = None,
    secret: str | None = None,
) -> Response:
    id_ = known_webhook(webhook_id)

    def read(session: Session) -> dict[str, Any]:
        seen = endpoints.endpoint_for(session, id_, user)
        found = deliveries.list_deliveries(session, user, id_, limit=SHOWN + 1, before=before)
        failed = deliveries.list_deliveries(session, user, id_, limit=1, state="failed")
        return {
            "course": seen.course,
            "webhook": seen.endpoint,
            "deliveries": found[:SHOWN],
            "older": next_cursor(found, SHOWN, lambda each: each.id),
            "any_failed": bool(failed),
        }

    response = render(
        request,
        language,
        "webhook.html",
        section="courses",
        status=error.status if error else 200,
        **await service_of(request).database.read(read),
        events=WANTED,
        secret=secret,
        faults=faults_by_field(error),
        token=token_for(request, user),
    )
    response.headers["Cache-Control"] = "no-store"
    return response
