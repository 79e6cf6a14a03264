"""The outbox: a changed grade marks the student's score at each line item of the assignment as not yet sent.

    grade changes ──► lti_scores: generation + 1, due now        in the transaction of the grade itself
                      (one row a line item and person)

A row says that a score must go, never which one: the sender reads the score when it sends it, so that of many changes
only the newest goes, and never an older one after it. `app.main` registers `enqueue` as a listener of `app.attempts`,
and `enqueue_changed` as one of `app.courses`: what can be earned, until when, and what students may see of it.
Where an assignment has no line item, an answer costs one look into an index.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Insert,
    Select,
    Table,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.attempts.grade_models import ItemGrade
from app.attempts.listeners import GradeChange
from app.core.models import Base
from app.courses.changes import ITEMS, Changed
from app.courses.models import Item
from app.lti.models import Identity, LineItem, Platform, Score

CHUNK = 500  # persons in one statement: databases bound the number of parameters

TABLE: Table = Base.metadata.tables[Score.__tablename__]

_HAS_LINE_ITEM = select(LineItem.id).where(LineItem.assignment_id == bindparam("assignment_id")).limit(1)


def enqueue(session: Session, changes: Sequence[GradeChange]) -> None:
    """The listener of changed grades: two statements where there is a line item, one where there is none."""
    changed: dict[str, dict[str, datetime]] = {}
    for change in changes:
        changed.setdefault(change.assignment_id, {})[change.person_id] = change.at
    connection = session.connection()
    for assignment_id, persons in changed.items():
        if connection.execute(_HAS_LINE_ITEM, {"assignment_id": assignment_id}).first() is None:
            continue
        ids, now = sorted(persons), max(persons.values())
        for start in range(0, len(ids), CHUNK):
            parameters = {"assignment_id": assignment_id, "persons": ids[start : start + CHUNK], "now": now}
            connection.execute(_TELL[connection.dialect.name], parameters)


def enqueue_changed(session: Session, changed: Changed) -> None:
    """The listener of changed assignments: scores are out of other points, or those held back may go by now."""
    mine = select(LineItem.id).where(LineItem.assignment_id == changed.assignment_id)
    query = update(Score).where(Score.line_item_id.in_(mine))
    if ITEMS not in changed.names:
        query = query.where(Score.state.in_(("held", "pending")))
    query = query.values(_marked(TABLE, literal(changed.at, Score.due_at.type)))
    if changed.persons is None:
        session.execute(query)
        return
    ids = sorted(changed.persons)
    for start in range(0, len(ids), CHUNK):
        session.execute(query.where(Score.person_id.in_(ids[start : start + CHUNK])))


def enqueue_line_item(session: Session, line_item_id: str, now: datetime) -> None:
    """All scores that a line item which has just become known (or another assignment's) should have."""
    connection = session.connection()
    graded = (
        select(ItemGrade.person_id)
        .join(Item, Item.id == ItemGrade.item_id)
        .join(LineItem, LineItem.assignment_id == Item.assignment_id)
        .where(LineItem.id == bindparam("line_item_id"))
    )
    # Somebody may have a score there by the assignment that the line item had before.
    scored = select(Score.person_id).where(Score.line_item_id == bindparam("line_item_id"))
    rows = _rows(
        LineItem.id == bindparam("line_item_id"), or_(Identity.person_id.in_(graded), Identity.person_id.in_(scored))
    )
    connection.execute(_upserting(connection.dialect.name, rows), {"line_item_id": line_item_id, "now": now})


def resend(
    session: Session,
    assignment_id: str | None,
    now: datetime,
    *,
    person_id: str | None = None,
    only_failed: bool = False,
) -> int:
    """Send these scores once more, whether they were sent, or given up, or not; how many there are.

    Without an assignment, those of all.
    """
    query = update(Score)
    if assignment_id is not None:
        query = query.where(Score.line_item_id.in_(select(LineItem.id).where(LineItem.assignment_id == assignment_id)))
    if person_id is not None:
        query = query.where(Score.person_id == person_id)
    if only_failed:
        query = query.where(Score.state == "failed")
    marked = session.execute(query.values(_marked(TABLE, literal(now, Score.due_at.type))).returning(Score.id))
    return len(marked.all())


def retry_failed(session: Session, line_item_id: str, now: datetime, *, person_id: str | None = None) -> None:
    """What the platform refused, for somebody or for all, it may take now."""
    query = update(Score).where(Score.line_item_id == line_item_id, Score.state == "failed")
    if person_id is not None:
        query = query.where(Score.person_id == person_id)
    session.execute(query.values(_marked(TABLE, literal(now, Score.due_at.type))))


def _rows(*conditions: ColumnElement[bool]) -> Select[Any]:
    """A new row of the outbox for every line item and person that the conditions choose.

    A person is known to the platform by a subject of its issuer; of several subjects one is taken.
    """
    now = bindparam("now", type_=Score.due_at.type)
    subject = func.min(Identity.subject)
    return (
        select(LineItem.id, Identity.person_id, subject, literal(1), literal(0), literal("pending"), now, literal(0))
        .add_columns(false(), now)
        .join(Platform, Platform.id == LineItem.platform_id)
        .join(Identity, Identity.issuer == Platform.issuer)
        .where(*conditions)
        .group_by(LineItem.id, Identity.person_id)
    )


_COLUMNS = (
    "line_item_id",
    "person_id",
    "subject",
    "generation",
    "sent_generation",
    "state",
    "due_at",
    "tries",
    "final",
    "updated_at",
)
_INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _marked(row: Any, now: ColumnElement[datetime]) -> Mapping[str, Any]:
    """What a change makes of a row that is there. One that a sender has in hand stays with it until it is done."""
    columns = row.c if isinstance(row, Table) else row
    in_hand = and_(columns.leased_until.is_not(None), columns.leased_until > now)
    return {
        "generation": columns.generation + 1,
        "state": "pending",
        "due_at": case((in_hand, columns.due_at), else_=now),
        "tries": 0,
        "updated_at": now,
    }


def _upserting(dialect: str, rows: Select[Any]) -> Insert:
    statement: Any = _INSERTS[dialect](TABLE).from_select(_COLUMNS, rows)
    marked = {**_marked(TABLE, statement.excluded.due_at), "subject": statement.excluded.subject}
    upsert: Insert = statement.on_conflict_do_update(index_elements=("line_item_id", "person_id"), set_=marked)
    return upsert


def _telling(dialect: str) -> Insert:
    persons: BindParameter[Any] = bindparam("persons", expanding=True)
    rows = _rows(LineItem.assignment_id == bindparam("assignment_id"), Identity.person_id.in_(persons))
    return _upserting(dialect, rows)


_TELL: Mapping[str, Insert] = {dialect: _telling(dialect) for dialect in _INSERTS}
