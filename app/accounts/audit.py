"""The audit log: who did what, when. Appended to in the transaction of what it tells, and chained by hashes.

hash = SHA-256(JSON [previous hash, at, actor, course, action, subject, detail]); the first previous hash is 64 zeros.
Whoever changes, removes or inserts an entry must rewrite all that follow; whoever keeps the newest hash elsewhere
notices that, and notices a cut at the end too.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, insert, or_, select, text
from sqlalchemy.orm import Session

from app.accounts.models import AuditEntry
from app.core.clock import utc_now

START = "0" * 64
LOCK = 0x6861697461756469  # "haitaudi": the name of the lock by which processes on PostgreSQL take turns
CHUNK = 1000


def record(
    session: Session,
    actor: str | None,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    course: str | None = None,
    at: datetime | None = None,
) -> None:
    """Append an entry, inside the job that does what it tells, so that both are stored or neither.

    `actor` is a person's id, or None for the command line; `action` a verb with its package (`token.create`), `subject`
    the id of what was acted on. `detail` is JSON of ids, numbers and settings: never secrets, names or addresses.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    newest = select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    previous = session.scalar(newest) or START
    entry = {
        "at": (at or utc_now()).astimezone(UTC),
        "actor_id": actor,
        "course_id": course,
        "action": action,
        "subject": subject,
        # As it will be read again: tuples are lists then, and keys are texts.
        "detail": orjson.loads(orjson.dumps(dict(detail or {}))),
    }
    session.execute(insert(AuditEntry), entry | {"previous_hash": previous, "hash": _hash(previous, **entry)})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the chain holds: how many entries were read, the newest hash, and the first entry that does not fit."""

    entries: int
    head: str
    broken_at: int | None

    @property
    def holds(self) -> bool:
        return self.broken_at is None


def verify(session: Session) -> Verdict:
    """Compute every hash again, from the first entry on, up to the first that does not fit."""
    previous, entries = START, 0
    query = select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=CHUNK)
    with session.execute(query) as found:
        for (entry,) in found:
            computed = _hash(
                previous, entry.at, entry.actor_id, entry.course_id, entry.action, entry.subject, entry.detail
            )
            if (entry.previous_hash, entry.hash) != (previous, computed):
                return Verdict(entries, previous, entry.id)
            previous, entries = entry.hash, entries + 1
    return Verdict(entries, previous, None)


def list_entries(
    session: Session,
    *,
    limit: int,
    before: int | None = None,
    course: str | None = None,
    action: str | None = None,
    person: str | None = None,
) -> list[AuditEntry]:
    """The newest first. Of one course; of one action (`grade.override`) or all of a kind (`grade`); about one id.

    An entry is about whoever did it, its subject, and the person whom its detail names.
    """
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if course is not None:
        query = query.where(AuditEntry.course_id == course)
    if action:
        kind = AuditEntry.action.startswith(f"{action}.", autoescape=True)
        query = query.where(or_(AuditEntry.action == action, kind))
    if person:
        query = query.where(concerns(person))
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return list(session.scalars(query))


def concerns(id_: str) -> ColumnElement[bool]:
    """Whether an entry was made by this person, or is about them (or about what has this id)."""
    return or_(AuditEntry.actor_id == id_, AuditEntry.subject == id_, AuditEntry.detail["person"].as_string() == id_)


def _hash(
    previous: str,
    at: datetime,
    actor_id: str | None,
    course_id: str | None,
    action: str,
    subject: str,
    detail: dict[str, Any],
) -> str:
    content = [previous, at.isoformat(timespec="microseconds"), actor_id, course_id, action, subject, detail]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
