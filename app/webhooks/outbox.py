"""The outbox: an event becomes one delivery for each endpoint that wants it, in the transaction of what it tells.

`app.main` registers `tell_graded` and `tell_changed` as listeners of `app.attempts`. Where a course has no endpoint, an
answer costs one look into an index; what an event says is read only if somebody hears it. Events hold ids, points and
the names of mistakes: never what counts as right, nor what was answered, nor anybody's name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from sqlalchemy import Row, bindparam, func, insert, select
from sqlalchemy.orm import Session, aliased

from app.attempts.listeners import AttemptsGraded, GradeChange
from app.attempts.models import Attempt, Score, Variant
from app.core.ids import new_id
from app.core.json_body import to_json
from app.courses.models import Assignment
from app.webhooks.models import WebhookDelivery, WebhookEndpoint

Event: TypeAlias = Literal["attempt.graded", "grade.changed", "ping"]
WANTED: tuple[Event, ...] = ("attempt.graded", "grade.changed")
"""Those that an endpoint chooses from; a ping comes when somebody asks for one."""

CHUNK = 500  # attempts in one statement: databases bound the number of parameters
_KNOWN: Final = "webhook_endpoints"

OF_FIELDS = ("name", "score", "max_score", "correct", "mistake")

_ENDPOINTS = (
    select(WebhookEndpoint.id, WebhookEndpoint.course_id, WebhookEndpoint.events)
    .join(Assignment, Assignment.course_id == WebhookEndpoint.course_id)
    .where(Assignment.id == bindparam("assignment_id"), WebhookEndpoint.disabled_at.is_(None))
    .order_by(WebhookEndpoint.id)
    # On PostgreSQL: no other process removes an endpoint between this look and the delivery that refers to it.
    .with_for_update(read=True, key_share=True, of=WebhookEndpoint)
)
_ADD = insert(WebhookDelivery)


def tell_graded(session: Session, graded: AttemptsGraded) -> None:
    """The listener of attempts that have been graded."""
    if endpoints := _wanting(session, "attempt.graded", graded.assignment_id):
        rows = [
            row
            for found in _attempts(session, graded.attempt_ids)
            for row in deliveries(endpoints, "attempt.graded", _graded_data(found, graded), graded.at)
        ]
        store(session, rows)


def tell_changed(session: Session, changes: Sequence[GradeChange]) -> None:
    """The listener of changed grades."""
    rows = [
        row
        for change in changes
        if change.after != change.before
        for row in deliveries(
            _wanting(session, "grade.changed", change.assignment_id), "grade.changed", _changed_data(change), change.at
        )
    ]
    store(session, rows)


class Endpoint(NamedTuple):
    """What an event must know of an endpoint that wants it."""

    id: str
    course_id: str
    events: Sequence[str]


def deliveries(
    endpoints: Iterable[Endpoint], event: Event, data: Mapping[str, Any], at: datetime
) -> list[dict[str, Any]]:
    """Rows that send the event to these endpoints, at once."""
    return [
        {
            "id": new_id(),
            "endpoint_id": endpoint.id,
            "type": event,
            "body": to_json({"type": event, "timestamp": at, "data": {"course_id": endpoint.course_id, **data}}),
            "created_at": at,
            "state": "pending",
            "due_at": at,
            "tries": 0,
        }
        for endpoint in endpoints
    ]


def store(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.connection().execute(_ADD, rows)


def _wanting(session: Session, event: Event, assignment_id: str) -> list[Endpoint]:
    """The endpoints that want the event; looked up once a transaction, since several events may come of one answer."""
    known: dict[str, list[Endpoint]] = session.info.setdefault(_KNOWN, {})
    if assignment_id not in known:
        found = session.connection().execute(_ENDPOINTS, {"assignment_id": assignment_id})
        known[assignment_id] = [Endpoint(*row) for row in found]
    return [each for each in known[assignment_id] if event in each.events]


def _attempts(session: Session, ids: Sequence[str]) -> Iterator[Row[Any]]:
    """The attempts with their newest scores, in the order in which they were made."""
    later = aliased(Score)
    newest = select(func.max(later.id)).where(later.attempt_id == Attempt.id).scalar_subquery()
    query = (
        select(
            Attempt.id,
            Attempt.person_id,
            Attempt.form,
            Attempt.number,
            Attempt.created_at,
            Variant.problem,
            Score.score,
            Score.max_score,
            Score.correct,
            Score.fields,
            Score.revision,
        )
        .join(Variant, Variant.id == Attempt.variant_id)
        .join(Score, Score.id == newest)
        .order_by(Attempt.id)
    )
    for start in range(0, len(ids), CHUNK):
        yield from session.connection().execute(query.where(Attempt.id.in_(ids[start : start + CHUNK])))


def _graded_data(found: Row[Any], graded: AttemptsGraded) -> dict[str, Any]:
    return {
        "assignment_id": graded.assignment_id,
        "item_id": graded.item_id,
        "attempt_id": found.id,
        "person_id": found.person_id,
        "problem": found.problem,
        "form": found.form,
        "number": found.number,
        "submitted_at": found.created_at,
        "score": found.score,
        "max_score": found.max_score,
        "correct": found.correct,
        "fields": [{name: field.get(name) for name in OF_FIELDS} for field in found.fields],
        "revision": found.revision,
    }


def _changed_data(change: GradeChange) -> dict[str, Any]:
    return {
        "assignment_id": change.assignment_id,
        "item_id": change.item_id,
        "person_id": change.person_id,
        "before": change.before,
        "after": change.after,
        "points": change.points,
    }
