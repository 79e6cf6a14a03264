"""Sends scores to the platforms, in the background of the service; several processes may.

    look (a read, each second) ──► lease ──► for each: decide (a read) ──► token ──► POST ──► record

What an answer means:

    2xx                         sent
    401                         another token, at once; again 401: tried again later
    408, 425, 429, 5xx, none    tried again later, after a wait that grows; Retry-After is respected
    409                         the platform has a later score: tried again later, under a later timestamp
    400 about the timestamp     the same, as Canvas says it
    403 about a rate limit      as 429, which Canvas says so too
    any other                   given up until the grade changes, somebody asks for it, or the student comes again

Nothing is lost by a try that failed: the score stays due. After `TRIES` in a row (some days) it is given up, visibly.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

from app.core.backoff import Backoff, retry_after
from app.core.json_body import to_json
from app.core.outgoing import OutgoingError, Reason, Reply
from app.core.polling import keep_looking
from app.core.service import Service
from app.lti import leases, line_items, scores
from app.lti.calls import call
from app.lti.claims import SCOPE_SCORE
from app.lti.leases import Leased, Outcome
from app.lti.products import CANVAS, product_of
from app.lti.scores import Held, Nothing, Ready
from app.lti.tokens import TokenError, Tokens

POLL = 1.0  # seconds
AT_ONCE = 32  # deliveries under way in this process
A_PLATFORM = 8  # of these to one platform, so that a slow one does not keep the others waiting
STALE = 15.0  # seconds after which a delivery is not begun any more: the lease must outlast it, and eight requests
GRACE = 6.0  # seconds in which deliveries under way may end when the service does
TRIES = 100
BACKOFF = Backoff(first=timedelta(seconds=2), factor=2, longest=timedelta(hours=1))
EXCERPT = 300
LATER = frozenset({401, 408, 409, 425, 429})
UNSENT: frozenset[Reason] = frozenset({"address", "name", "connect", "tls"})

logger = logging.getLogger(__name__)


class Sender:
    """`async with Sender(service, tokens):` sends until the block is left."""

    def __init__(self, service: Service, tokens: Tokens, *, backoff: Backoff = BACKOFF, poll: float = POLL) -> None:
        self._service = service
        self._tokens = tokens
        self._backoff = backoff
        self._poll = poll
        self._under_way: dict[asyncio.Task[None], str] = {}
        self._paused: dict[str, datetime] = {}
        self._more = asyncio.Event()

    async def __aenter__(self) -> Self:
        find = partial(line_items.find_due, self._service, self._tokens)
        looks = [
            keep_looking(self._take, "scores to send", seconds=self._poll, more=self._more),
            # Of its own, so that a platform that keeps us waiting for a line item keeps no score waiting.
            keep_looking(find, "line items", seconds=self._poll, more=asyncio.Event()),
        ]
        self._tasks = [asyncio.create_task(each, name="lti") for each in looks]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for look in self._tasks:
            look.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=GRACE)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._under_way, return_exceptions=True)

    async def _take(self) -> None:
        """Begin to deliver what is due, as far as there is room."""
        service, now, free = self._service, self._service.clock(), AT_ONCE - len(self._under_way)
        begun = asyncio.get_running_loop().time()
        but = {platform for platform, count in Counter(self._under_way.values()).items() if count >= A_PLATFORM}
        but |= {platform for platform, until in self._paused.items() if until > now}
        if free <= 0 or not await service.database.read(leases.is_any_due, now, but):
            return
        job = partial(leases.lease, now=now, limit=min(free, A_PLATFORM), but=but)
        for leased in await service.writer.write(job):
            task = asyncio.create_task(self._deliver(leased, begun))
            self._under_way[task] = leased.platform_id
            task.add_done_callback(self._delivered)

    def _delivered(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._more.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("A score was not delivered; it is due again when its lease has run out.", exc_info=error)

    async def _deliver(self, leased: Leased, begun: float) -> None:
        service, is_known = self._service, leased.previous is not None
        decided = await service.database.read(scores.decide, leased.id, service.clock(), is_known=is_known)
        if decided is None:
            return
        generation, decision = decided
        match decision:
            case Held(until):
                outcome = Outcome(state="held", generation=generation, due_at=until)
            case Nothing():
                outcome = Outcome(state="sent", generation=generation, due_at=service.clock())
            case Ready():
                if asyncio.get_running_loop().time() - begun > STALE:
                    return
                outcome = await self._send(leased, generation, decision)
        await service.writer.write(partial(leases.record, leased=leased, outcome=outcome, now=service.clock()))

    async def _send(self, leased: Leased, generation: int, ready: Ready) -> Outcome:
        told = scores.message(ready, leased.subject, leased.timestamp)
        is_canvas = product_of(leased.product) is CANVAS
        if is_canvas:
            told = scores.for_canvas(told, ready, leased.previous if leased.delivered else None)
        try:
            reply = await self._post(leased, told)
            if is_canvas and reply.status == 422 and b"number of allowed attempts" in reply.body:
                reply = await self._post(leased, scores.without_submission(told))
        except TokenError as error:
            return self._again(leased, generation, str(error), status=error.status, refused=True)
        except OutgoingError as error:
            return self._again(leased, generation, str(error), refused=error.reason in UNSENT)
        if reply.is_success:
            return Outcome(
                state="sent",
                generation=generation,
                due_at=self._service.clock(),
                delivered=True,
                score=ready.score,
                maximum=ready.maximum,
                status=reply.status,
            )
        said = f"The platform answers {reply.status}: {excerpt(reply)}".rstrip(": ")
        if reply.status in LATER or reply.status >= 500 or _is_passing(reply):
            wait = retry_after(reply.headers.get("retry-after"), self._service.clock())
            if wait is not None:
                self._paused[leased.platform_id] = self._service.clock() + min(wait, self._backoff.longest)
            refused = reply.status < 500
            return self._again(leased, generation, said, status=reply.status, at_least=wait, refused=refused)
        return self._given_up(generation, said, reply.status, refused=True)

    async def _post(self, leased: Leased, told: Mapping[str, Any]) -> Reply:
        request = ("POST", scores.scores_url(leased.line_item), to_json(told), scores.MEDIA_TYPE)
        return await call(self._service, self._tokens, leased.client, [SCOPE_SCORE], request)

    def _again(
        self,
        leased: Leased,
        generation: int,
        error: str,
        *,
        status: int | None = None,
        at_least: timedelta | None = None,
        refused: bool,
    ) -> Outcome:
        if leased.tries + 1 >= TRIES:
            return self._given_up(generation, error, status, refused=refused)
        wait = max(self._backoff.wait(leased.tries + 1), min(at_least or timedelta(), self._backoff.longest))
        due_at = self._service.clock() + wait
        return Outcome(
            state="pending",
            generation=generation,
            due_at=due_at,
            failed=True,
            refused=refused,
            status=status,
            error=error,
        )

    def _given_up(self, generation: int, error: str, status: int | None, *, refused: bool) -> Outcome:
        now = self._service.clock()
        return Outcome(
            state="failed", generation=generation, due_at=now, failed=True, refused=refused, status=status, error=error
        )


def _is_passing(reply: Reply) -> bool:
    """What Canvas means by 409 and 429; Moodle quotes our message, in which there is a timestamp, whatever is wrong."""
    said = {400: b"last updated timestamp", 403: b"Rate Limit Exceeded"}.get(reply.status)
    return said is not None and said in reply.body


def excerpt(reply: Reply) -> str:
    """The beginning of what a platform says, in one line, for those who set it up; nothing of a web page.

    Moodle says it beside the status, and its body is an empty list.
    """
    text = " ".join(reply.body[:EXCERPT].decode("utf-8", "replace").split())
    return reply.reason[:EXCERPT] if text.startswith("<") or text in {"", "[]", "{}"} else text
