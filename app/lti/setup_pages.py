"""The pages on which administrators connect learning platforms: by invitation, or typing in what each side needs."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.accounts.access import Principal, require_admin
from app.accounts.account_pages import Form, User
from app.accounts.forms import token_for
from app.core.errors import ConflictError, Fault, InvalidRequestError, ServiceError
from app.core.ids import known
from app.core.pages import render
from app.core.pagination import Cursor, decode_id, next_cursor
from app.core.service import service_of
from app.courses.form_values import as_body, faults_by_field, optional, text
from app.lti import platforms, registration, schemas, self_test
from app.lti.platforms import UnknownPlatformError
from app.lti.products import PRODUCTS, product_of
from app.lti.refused_lately import refused_lately
from app.lti.self_test import SelfTest
from app.lti.tool import tool_of
from problems.text import Language

router = APIRouter(include_in_schema=False)

SHOWN = 50


@router.get("/{language:language}/lti")
async def show_platforms(request: Request, user: User, language: Language, cursor: Cursor = None) -> Response:
    require_admin(user)
    return await _show_platforms(request, user, language, cursor=cursor)


@router.post("/{language:language}/lti/registrations")
async def invite(request: Request, user: User, sent: Form, language: Language) -> Response:
    """Shows the address with the response: it can't be had again."""
    del sent
    actor, service = require_admin(user), service_of(request)
    now = service.clock()
    secret = await service.writer.write(lambda session: registration.invite(session, actor, now))
    return await _show_platforms(request, user, language, address=tool_of(request).registration(secret))


async def _show_platforms(
    request: Request, user: Principal, language: Language, *, cursor: str | None = None, address: str | None = None
) -> Response:
    before = decode_id(cursor)
    found = await service_of(request).database.read(platforms.list_platforms, limit=SHOWN + 1, before=before)
    response = render(
        request,
        language,
        "lti_platforms.html",
        section="lti",
        token=token_for(request, user),
        platforms=found[:SHOWN],
        older=next_cursor(found, SHOWN, lambda each: each.platform.id),
        address=address,
        product_of=product_of,
        products=PRODUCTS,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get("/{language:language}/lti/new")
async def show_manual_setup(
    request: Request,
    user: User,
    language: Language,
    product: Annotated[str, Query(max_length=64)] = "moodle",
    site: Annotated[str, Query(max_length=2000)] = "",
) -> Response:
    """What to type into the platform, and the form for what it shows; `site` fills most of it in."""
    require_admin(user)
    chosen = product_of(product)
    values = {**chosen.endpoints(site.strip()), "site": site, "product": chosen.code}
    return _show_manual_setup(request, user, language, chosen.code, values)


@router.post("/{language:language}/lti/new")
async def create(request: Request, user: User, sent: Form, language: Language) -> Response:
    actor, service = require_admin(user), service_of(request)
    now, values = service.clock(), _values(sent)
    try:
        settings = as_body(schemas.PlatformRequest, values | {"deployments": _deployments(sent)}).model_dump()
        deployments = settings.pop("deployments")
        platforms.check_urls(settings, service.outgoing.check)
        made = await service.writer.write(
            lambda session: platforms.create(session, actor, settings, deployments, now).platform.id
        )
    except (InvalidRequestError, ConflictError) as error:
        values |= {"deployments": text(sent, "deployments")}
        return _show_manual_setup(request, user, language, values["product"], values, error)
    return RedirectResponse(f"/{language}/lti/platforms/{made}", 303)


def _show_manual_setup(
    request: Request,
    user: Principal,
    language: Language,
    code: str,
    values: Mapping[str, Any],
    error: ServiceError | None = None,
) -> Response:
    return render(
        request,
        language,
        "lti_setup.html",
        status=error.status if error else 200,
        section="lti",
        token=token_for(request, user),
        products=PRODUCTS,
        product=product_of(code),
        tool=tool_of(request),
        values=values,
        error=error,
        faults=_faults(error),
    )


@router.get("/{language:language}/lti/platforms/{platform_id}")
async def show_platform(request: Request, user: User, language: Language, platform_id: str) -> Response:
    require_admin(user)
    return await _show_platform(request, user, language, platform_id)


@router.post("/{language:language}/lti/platforms/{platform_id}")
async def change(request: Request, user: User, sent: Form, language: Language, platform_id: str) -> Response:
    """The settings, or the button by which the platform is disabled or brought back."""
    actor, service = require_admin(user), service_of(request)
    id_, now = known(platform_id, UnknownPlatformError), service.clock()
    try:
        if disable := text(sent, "disable"):
            changes: dict[str, Any] = {"disabled": disable == "yes"}
        else:
            changes = as_body(schemas.PlatformChange, _values(sent)).changes()
            platforms.check_urls(changes, service.outgoing.check)
        await service.writer.write(lambda session: platforms.change(session, actor, id_, changes, now).platform.id)
    except (InvalidRequestError, ConflictError) as error:
        return await _show_platform(request, user, language, id_, error=error, values=_values(sent))
    return RedirectResponse(f"/{language}/lti/platforms/{id_}", 303)


@router.post("/{language:language}/lti/platforms/{platform_id}/deployments")
async def add_deployment(request: Request, user: User, sent: Form, language: Language, platform_id: str) -> Response:
    actor, service = require_admin(user), service_of(request)
    id_, now = known(platform_id, UnknownPlatformError), service.clock()
    try:
        body = as_body(schemas.DeploymentRequest, {"deployment_id": text(sent, "deployment_id")})
        await service.writer.write(
            lambda session: platforms.add_deployment(session, actor, id_, body.deployment_id, now).id
        )
    except (InvalidRequestError, ConflictError) as error:
        return await _show_platform(request, user, language, id_, error=error)
    return RedirectResponse(f"/{language}/lti/platforms/{id_}#deployments", 303)


@router.post("/{language:language}/lti/platforms/{platform_id}/deployments/{deployment}/delete")
async def remove_deployment(
    request: Request, user: User, sent: Form, language: Language, platform_id: str, deployment: str
) -> Response:
    del sent
    actor, service = require_admin(user), service_of(request)
    id_, row, now = known(platform_id, UnknownPlatformError), known(deployment, UnknownPlatformError), service.clock()

    def job(session: Session) -> str:
        return platforms.remove_deployment(session, actor, id_, row, now).platform.id

    try:
        await service.writer.write(job)
    except ConflictError as error:
        return await _show_platform(request, user, language, id_, error=error)
    return RedirectResponse(f"/{language}/lti/platforms/{id_}#deployments", 303)


@router.post("/{language:language}/lti/platforms/{platform_id}/self-test")
async def try_out(request: Request, user: User, sent: Form, language: Language, platform_id: str) -> Response:
    del sent
    require_admin(user)
    id_ = known(platform_id, UnknownPlatformError)
    found = await self_test.run(service_of(request), tool_of(request), id_, refused_lately(request))
    return await _show_platform(request, user, language, id_, test=found)


async def _show_platform(
    request: Request,
    user: Principal,
    language: Language,
    platform_id: str,
    *,
    error: ServiceError | None = None,
    values: Mapping[str, Any] | None = None,
    test: SelfTest | None = None,
) -> Response:
    found = await service_of(request).database.read(platforms.view, known(platform_id, UnknownPlatformError))
    response = render(
        request,
        language,
        "lti_platform.html",
        status=error.status if error else 200,
        section="lti",
        token=token_for(request, user),
        view=found,
        product=product_of(found.platform.product),
        products=PRODUCTS,
        tool=tool_of(request),
        values=values or {name: getattr(found.platform, name) or "" for name in platforms.COLUMNS},
        error=error,
        faults=_faults(error),
        test=test,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _values(sent: FormData) -> dict[str, Any]:
    """The fields of a platform. The address of Blackboard's key set has the client id in it."""
    values: dict[str, Any] = {name: text(sent, name) for name in platforms.COLUMNS}
    values["token_audience"] = optional(sent, "token_audience")
    values["keyset_url"] = values["keyset_url"].replace("{client_id}", values["client_id"])
    return values


def _deployments(sent: FormData) -> list[str]:
    """One a line."""
    return [line.strip() for line in text(sent, "deployments").splitlines() if line.strip()]


def _faults(error: ServiceError | None) -> dict[str, Any]:
    faults: list[Fault] = list(error.faults) if error is not None else []
    return faults_by_field(InvalidRequestError(faults=faults)) if faults else {}
