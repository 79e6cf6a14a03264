"""Requests that may be repeated: the first response is kept under the key that came with the request.

A key belongs to who sends it. The row is written in the job that creates what was asked for, so that both are stored or
neither; a request that is refused does not use up its key. A key is known for a day at least: clients retry within
minutes, and whoever comes back the next day means something new.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeAlias

import orjson
from fastapi import Header
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import CursorResult, LargeBinary, Select, String, delete, insert, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.errors import IdempotencyKeyReusedError
from app.core.json_body import to_json
from app.core.models import Base
from app.core.writer import Writer

TRIES = 3
CREATED = 201
KEPT = timedelta(hours=24)


class IdempotencyKey(Base):
    """The first response to a request, sent again byte for byte when the request is repeated.

    `owner` is who sent it, `request_hash` the digest of its body, since the same key with another body is refused, and
    `resource` the identifier of what it created. Rows are removed once they are old (`remove_old`).
    """

    __tablename__ = "idempotency_keys"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    resource: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(index=True)


KeyHeader: TypeAlias = Annotated[
    Annotated[str, Field(pattern="^[!-~]{1,255}$")] | SkipJsonSchema[None],
    Header(alias="Idempotency-Key", description="makes a retry return the first result; best a random UUID"),
]
"""The parameter of a route; its default is None."""


@dataclass(frozen=True, slots=True)
class Created:
    """What was made, or had been made before: its id, and its JSON, the same bytes every time."""

    id: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that creates something: by whom, with which key, if with any, and what it asks for.

    `content` holds all that tells it from another request, the address included.
    """

    owner: str
    key: str | None
    content: Any
    now: datetime


async def create(writer: Writer, request: Request, make: Callable[[Session], tuple[str, dict[str, Any]]]) -> Created:
    """What `make` makes, an id and its JSON, in a job of the writer; what it made before, when the key is known.

    Raises:
        IdempotencyKeyReusedError: the key came with another request before; nothing is stored.
        app.core.writer.WriterError, and whatever `make` raises.

    """

    def job(session: Session) -> Created:
        earlier = _find(session, request)
        if earlier is not None:
            return earlier
        id_, value = make(session)
        session.flush()
        created = Created(id_, to_json(value))
        _keep(session, request, created)
        return created

    if request.key is None:
        return await writer.write(job)
    for left in reversed(range(TRIES)):
        try:
            return await writer.write(job)
        except IntegrityError:  # another process may have been faster: look again
            if not left:
                raise
    raise AssertionError("unreachable")


def forget_owners(session: Session, owners: Sequence[str]) -> None:
    """Remove the responses that are kept for these owners: they hold what was theirs."""
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.owner.in_(owners)))


def forget_resources(session: Session, resources: Sequence[str], owners: Select[str]) -> None:
    """Remove the responses that tell of these resources, among those kept for such owners."""
    told = (IdempotencyKey.owner.in_(owners), IdempotencyKey.resource.in_(resources))
    session.execute(delete(IdempotencyKey).where(*told))


def _find(session: Session, request: Request) -> Created | None:
    if request.key is None:
        return None
    table = IdempotencyKey
    earlier = session.execute(
        select(table.request_hash, table.resource, table.body).where(
            table.owner == request.owner, table.key == request.key
        )
    ).one_or_none()
    if earlier is None:
        return None
    if earlier.request_hash != _digest(request):
        raise IdempotencyKeyReusedError("This Idempotency-Key was used for another request; send a new one.")
    return Created(earlier.resource or "", earlier.body)


def _keep(session: Session, request: Request, created: Created) -> None:
    if request.key is not None:
        row = {
            "owner": request.owner,
            "key": request.key,
            "request_hash": _digest(request),
            "resource": created.id,
            "status": CREATED,
            "body": created.body,
            "created_at": request.now,
        }
        session.execute(insert(IdempotencyKey), row)


def remove_old(session: Session, now: datetime, limit: int) -> int:
    """Forget so many keys at most that are a day old; how many there were. A chore of `app.core.housekeeping`."""
    table = IdempotencyKey
    old = select(table.owner, table.key).where(table.created_at < now - KEPT).order_by(table.created_at).limit(limit)
    done = session.execute(delete(table).where(tuple_(table.owner, table.key).in_(old)))
    return done.rowcount if isinstance(done, CursorResult) else 0


def _digest(request: Request) -> str:
    """Of what is asked for, whatever the order and spacing in which a body wrote it."""
    return hashlib.sha256(orjson.dumps(request.content, option=orjson.OPT_SORT_KEYS)).hexdigest()
