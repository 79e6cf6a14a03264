"""Which process has which score in hand, and what came of it: short jobs of the writer around every delivery.

    due ──► leased (a timestamp is taken) ──► sent, outside any transaction ──► recorded, if the lease still stands

On PostgreSQL, processes pass over the rows that another one is leasing; on SQLite they take turns. A process that dies
leaves leases behind, which run out. It may have sent the score: sent once more, under a later timestamp, it does no
harm. A process that comes late with its outcome finds that the lease is another's, and changes nothing.

Timestamps rise strictly for each line item and person, by whole seconds, since Moodle compares those and refuses what
is not later. They are never in the future, where they would block what comes afterwards: a score waits for its second.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.lti.models import LineItem, Platform, Score
from app.lti.tokens import Client

LEASE = timedelta(minutes=1)
DUE = ("pending", "held")
ERROR_LENGTH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A score in hand, to be sent under this timestamp; `lease` names this delivery and no other.

    `previous` is the timestamp of the last message that was sent, or may have been; None before the first. `delivered`:
    the platform has taken one.
    """

    id: int
    lease: str
    timestamp: datetime
    previous: datetime | None
    delivered: bool
    tries: int
    subject: str
    line_item: str
    platform_id: str
    product: str
    client: Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a delivery. `state` holds unless the grade has changed meanwhile, in which case it goes again.

    `score` and `maximum` are what was delivered, if anything was. `refused`: the platform has not taken it for certain.
    """

    state: str
    generation: int
    due_at: datetime
    delivered: bool = False
    failed: bool = False
    refused: bool = False
    score: float | None = None
    maximum: float | None = None
    status: int | None = None
    error: str | None = None


def is_any_due(session: Session, now: datetime, but: Collection[str] = ()) -> bool:
    """Whether `lease` would find anything; a look that costs no write."""
    return session.execute(_due(now, but).limit(1)).first() is not None


def lease(session: Session, now: datetime, *, limit: int, but: Collection[str] = ()) -> list[Leased]:
    """Take at most so many scores that are due, of platforms that are not among `but`, the longest due first."""
    query = _due(now, but).order_by(Score.due_at, Score.id).limit(limit).with_for_update(skip_locked=True, of=Score)
    taken = []
    for score, url, platform in session.execute(query):
        score.leased_by, score.leased_until = new_id(), now + LEASE
        score.due_at, previous = score.leased_until, score.last_timestamp
        score.last_timestamp = now.replace(microsecond=now.microsecond // 1000 * 1000)
        taken.append(
            Leased(
                id=score.id,
                lease=score.leased_by,
                timestamp=score.last_timestamp,
                previous=previous,
                delivered=score.sent_generation > 0,
                tries=score.tries,
                subject=score.subject,
                line_item=url,
                platform_id=platform.id,
                product=platform.product,
                client=Client.of(platform),
            )
        )
    session.flush()
    return taken


def _due(now: datetime, but: Collection[str]) -> Select[Score, str, Platform]:
    this_second = now.replace(microsecond=0)
    query = (
        select(Score, LineItem.url, Platform)
        .join(LineItem, LineItem.id == Score.line_item_id)
        .join(Platform, Platform.id == LineItem.platform_id)
        .where(Score.state.in_(DUE), Score.due_at <= now, Platform.disabled_at.is_(None))
        .where(Score.last_timestamp.is_(None) | (Score.last_timestamp < this_second))
    )
    return query.where(Platform.id.not_in(but)) if but else query


def record(session: Session, leased: Leased, outcome: Outcome, now: datetime) -> bool:
    """Store what came of it and give the score out of hand; False if it was in other hands by now."""
    mine = select(Score).where(Score.id == leased.id, Score.leased_by == leased.lease).with_for_update()
    score = session.scalar(mine)
    if score is None:
        return False
    score.leased_by, score.leased_until = None, None
    if outcome.delivered:
        score.sent_generation = outcome.generation
        score.last_score, score.last_max = outcome.score, outcome.maximum
        score.final = outcome.score is not None
    elif outcome.refused or not outcome.failed:
        score.last_timestamp = leased.previous  # nothing was sent, or nothing taken
    score.last_status = outcome.status
    # What a platform says may hold characters that no database takes.
    score.last_error = outcome.error and "".join(filter(str.isprintable, outcome.error))[:ERROR_LENGTH]
    score.updated_at = now
    if score.generation != outcome.generation:
        # The grade has changed since it was read. What refused the old score may take the new one.
        score.state, score.tries = "pending", 0
        score.due_at = max(now, outcome.due_at) if outcome.failed else now
        return True
    score.state, score.due_at = outcome.state, outcome.due_at
    score.tries = score.tries + 1 if outcome.failed else 0
    return True
