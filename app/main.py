"""`create_app`: the one place where the parts are put together."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

import app.lti.models
import app.webhooks.models  # noqa: F401 - adds its tables to the metadata
from app.accounts import access, forgetting
from app.accounts.account_pages import SignInFirst, send_to_sign_in
from app.accounts.guests import Guests
from app.accounts.passwords import Passwords
from app.accounts.sign_in_limits import SignInLimits
from app.attempts import trace_api
from app.attempts.forgetting import forget_drafts
from app.attempts.listeners import listen, listen_graded
from app.attempts.personal import contribute
from app.attempts.service import Service
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
from app.core.secret import signing_key
from app.core.settings import Settings
from app.core.writer import Writer
from app.courses import changes, enrolments_api
from app.courses.forgetting import forget_in_courses
from app.courses.unlock_limits import UnlockLimits
from app.exports.desk import Desk
from app.lti import outbox as lti_outbox
from app.lti import pages as lti_pages
from app.lti.forgetting import forget_identities, identities_of
from app.lti.keysets import Keysets
from app.lti.refusals import RefusedError
from app.lti.refused_lately import RefusedLately
from app.lti.relinking import forget_assignment
from app.lti.sender import Sender as ScoreSender
from app.lti.tokens import Tokens
from app.parts import APIS, BODIES, TAGS, routes
from app.webhooks import deliveries, outbox
from app.webhooks import examples as webhook_examples
from app.webhooks.sender import Sender as WebhookSender
from problems.catalogue import catalogue

VERSION = "1"
DESCRIPTION = """\
The exercises of the book 神经计算的数学原理 (mathematical principles of neural computation), as printed and as endless
variants: take a variant, solve it, send the answer, read the grade. Errors are problem details (RFC 9457).
"""
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
    app.router.routes.extend(routes())
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
