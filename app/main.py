"""`create_app`: the one place where the parts are put together."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import cache

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

import app.lti.models
import app.webhooks.models  # noqa: F401 - adds its tables to the metadata
from app import health
from app.accounts import (
    access,
    account_pages,
    forgetting,
    forgetting_api,
    forgetting_pages,
    own_api,
    people_api,
    person_pages,
)
from app.accounts import api as accounts_api
from app.accounts import pages as sign_in_pages
from app.accounts.account_pages import SignInFirst, send_to_sign_in
from app.accounts.guests import Guests
from app.accounts.passwords import Passwords
from app.accounts.sign_in_limits import SignInLimits
from app.attempts import api as attempts_api
from app.attempts import (
    assigned_api,
    assigned_pages,
    assigned_schemas,
    item_exhibits,
    item_pages,
    item_solution_api,
    override_pages,
    pages,
    personal_api,
    problems_api,
    reading_api,
    regrade_api,
    regrade_history_pages,
    regrade_pages,
    solution_pages,
    solutions_api,
    trace_api,
    trace_pages,
)
from app.attempts.forgetting import forget_drafts
from app.attempts.listeners import listen, listen_graded
from app.attempts.personal import contribute
from app.attempts.schemas import AttemptRequest
from app.attempts.service import Service
from app.attempts.trace_schemas import TraceRequest
from app.attempts.upkeep import refresh_changed
from app.attempts.variants import Variants
from app.core import idempotency, openapi, problem_details
from app.core.addresses import origins_of
from app.core.clock import Clock, utc_now
from app.core.database import Database
from app.core.drawings import Drawings
from app.core.errors import ServiceError
from app.core.housekeeping import Housekeeper
from app.core.middleware import BoundedBody, Guard, Head
from app.core.outgoing import Outgoing
from app.core.pages import error_page, static_address, static_files
from app.core.problem_details import ProblemDetails
from app.core.secret import signing_key
from app.core.settings import Settings
from app.core.writer import Writer
from app.courses import (
    assignment_pages,
    assignments_api,
    audit_api,
    audit_pages,
    changes,
    courses_api,
    enrolments_api,
    extensions_api,
    invitations_api,
    items_api,
    join_pages,
    offers_api,
    people_pages,
)
from app.courses import pages as course_pages
from app.courses.forgetting import forget_in_courses
from app.courses.unlock_limits import UnlockLimits
from app.exports import api as exports_api
from app.exports import pages as export_pages
from app.exports.desk import Desk
from app.lti import (
    links_api,
    picker_pages,
    platforms_api,
    registration_pages,
    services_api,
    services_pages,
    setup_pages,
)
from app.lti import outbox as lti_outbox
from app.lti import pages as lti_pages
from app.lti.forgetting import forget_identities, identities_of
from app.lti.keysets import Keysets
from app.lti.refusals import RefusedError
from app.lti.refused_lately import RefusedLately
from app.lti.relinking import forget_assignment
from app.lti.sender import Sender as ScoreSender
from app.lti.tokens import Tokens
from app.reports import api as reports_api
from app.reports import files_api as report_files_api
from app.reports import pages as report_pages
from app.webhooks import api as webhooks_api
from app.webhooks import deliveries, outbox
from app.webhooks import examples as webhook_examples
from app.webhooks import pages as webhook_pages
from app.webhooks.sender import Sender as WebhookSender
from problems.catalogue import catalogue

VERSION = "1"
DESCRIPTION = """\
The exercises of the book 神经计算的数学原理 (mathematical principles of neural computation), as printed and as endless
variants: take a variant, solve it, send the answer, read the grade. Errors are problem details (RFC 9457).
"""
TAGS = [
    {"name": "exercises", "description": "What is asked. Public facts, the same for everybody."},
    {"name": "attempts", "description": "What was answered, and what it was worth."},
    {"name": "courses", "description": "Courses, which people teach and take part in."},
    {"name": "enrolments", "description": "Who takes part in a course: one by one, by class list, by invitation."},
    {"name": "assignments", "description": "What is set in a course, and the rules under which it is answered."},
    {"name": "accounts", "description": "Who is asking, and keys for their programs."},
    {"name": "administration", "description": "People and the audit log, for the administrator."},
    {"name": "reports", "description": "Scores, item analysis and exports, for those who teach a course."},
    {"name": "exports", "description": "Exercises as questions for Moodle and for systems that read QTI."},
    {"name": "lti", "description": "Learning platforms that launch assignments and are sent scores."},
    {"name": "webhooks", "description": "Messages to other programs: what they are sent, and where."},
    {"name": "health", "description": "For whoever watches the service."},
]

COURSES = (
    courses_api,
    enrolments_api,
    invitations_api,
    offers_api,
    assignments_api,
    items_api,
    extensions_api,
    audit_api,
)
APIS = (
    problems_api,
    solutions_api,
    trace_api,
    reading_api,
    attempts_api,
    assigned_api,
    item_solution_api,
    regrade_api,
    *COURSES,
    accounts_api,
    own_api,
    people_api,
    forgetting_api,
    personal_api,
    reports_api,
    report_files_api,
    exports_api,
    webhooks_api,
    platforms_api,
    services_api,
    links_api,
    health,
)
"""Modules with routes that the OpenAPI document describes: each has a `router`, and `EXAMPLES` by operation id."""
COURSE_PAGES = (course_pages, people_pages, join_pages, assignment_pages, audit_pages)
PAGES = (
    *COURSE_PAGES,
    pages,
    trace_pages,
    solution_pages,
    assigned_pages,
    item_pages,
    item_exhibits,
    regrade_pages,
    regrade_history_pages,
    override_pages,
    sign_in_pages,
    account_pages,
    person_pages,
    forgetting_pages,
    report_pages,
    webhook_pages,
    export_pages,
    lti_pages,
    services_pages,
    setup_pages,
    registration_pages,
    picker_pages,
)
BODIES: list[type[BaseModel]] = [
    AttemptRequest,
    TraceRequest,
    ProblemDetails,
    *(body for part in COURSES for body in part.BODIES),
    *assigned_schemas.BODIES,
    *accounts_api.BODIES,
    *own_api.BODIES,
    *reading_api.BODIES,
    *people_api.BODIES,
    *forgetting_api.BODIES,
    *webhooks_api.BODIES,
    *platforms_api.BODIES,
    *services_api.BODIES,
    *links_api.BODIES,
]
"""What OpenAPI describes although no route declares it: bodies that routes read themselves, and errors."""
CHORES = (idempotency.remove_old, deliveries.remove_old)


def create_app(settings: Settings | None = None, *, clock: Clock = utc_now) -> FastAPI:
    """The service, not yet started: the database is opened, and the writer begins, with the application's lifespan.

    The database must have been migrated (`haitang migrate`); until it is, `/readyz` answers 503.

    Raises:
        problems.catalogue.BrokenProblemError: an exercise can't be loaded.

    """
    settings = settings or Settings()
    catalogue()
    changes.listen(refresh_changed)
    changes.listen(lti_outbox.enqueue_changed)
    changes.listen_removed(forget_assignment)
    forgetting.listen(forget_in_courses)
    forgetting.listen(forget_drafts)
    forgetting.listen(forget_identities)
    contribute("lti_identities", identities_of)
    listen(outbox.tell_changed)
    listen(lti_outbox.enqueue)
    listen_graded(outbox.tell_graded)
    app = FastAPI(
        title="Haitang",
        version=VERSION,
        description=DESCRIPTION,
        openapi_url="/api/v1/openapi.json",
        openapi_tags=TAGS,
        docs_url=None,  # the framework's own pages of documentation load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(settings, clock),
    )
    app.router.routes.extend(_routes())
    app.mount(static_address(), static_files(), name="static")
    problem_details.install(app, _error_page)
    app.add_exception_handler(SignInFirst, send_to_sign_in)
    app.add_exception_handler(RefusedError, lti_pages.show_refusal)
    examples = {name: example for part in APIS for name, example in part.EXAMPLES.items()}
    openapi.complete(app, BODIES, access.SECURITY_SCHEMES, examples, webhook_examples.WEBHOOKS)
    app.add_middleware(
        BoundedBody, limit=settings.body_limit, larger=trace_api.BODY_LIMITS | enrolments_api.BODY_LIMITS
    )
    app.add_middleware(Guard)
    app.add_middleware(Head)
    return app


async def _error_page(request: Request, error: ServiceError) -> Response:
    if error.status in {404, 405}:  # no route has looked who asks
        await access.recognise_lost(request)
    return error_page(request, error)


@cache
def _routes() -> list[BaseRoute]:
    """The routes of every part, the same for each application of a process: what the framework derives is dear."""
    collecting = APIRouter()
    for part in (*APIS, *PAGES):
        collecting.include_router(part.router)
    return collecting.routes


def _lifespan(settings: Settings, clock: Clock) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database(settings.database_url, read_threads=settings.read_threads)
        variants = Variants(database)
        passwords = Passwords()
        drawings = Drawings()
        app.state.exports = Desk(drawings)
        try:
            app.state.guests = Guests(signing_key(settings))
            app.state.passwords = passwords
            app.state.sign_in_limits = SignInLimits()
            app.state.unlock_limits = UnlockLimits()
            app.state.refused_lately = RefusedLately()
            # Leaving the writer's block finishes every write that was accepted.
            async with (
                Outgoing(
                    allow_loopback=settings.lti_allow_loopback, named=origins_of(settings.private_origins or "")
                ) as outgoing,
                Writer(database, queue_size=settings.writer_queue, group_size=settings.writer_group) as writer,
            ):
                service = Service(settings, database, writer, clock, outgoing, variants, drawings)
                app.state.service = service
                app.state.keysets = Keysets(outgoing)
                async with Tokens(service) as tokens, AsyncExitStack() as background:
                    app.state.lti_tokens = tokens
                    for part in _background(service, tokens, app.state.guests.key):
                        await background.enter_async_context(part)
                    yield
        finally:
            await drawings.close()
            passwords.close()
            variants.close()
            database.dispose()

    return lifespan


def _background(service: Service, tokens: Tokens, key: bytes) -> list[AbstractAsyncContextManager[object]]:
    """What goes on beside the requests. `key` is the signing key of the service."""
    parts: list[AbstractAsyncContextManager[object]] = [Housekeeper(service, CHORES)]
    if service.settings.webhook_sender:
        parts.append(WebhookSender(service, key))
    if service.settings.lti_sender:
        parts.append(ScoreSender(service, tokens))
    return parts
