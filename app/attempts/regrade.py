"""Regrading an item: other settings, a plan of what they change, and the plan carried out, or undone.

plan ──► begin: revision, settings, event ──► parts: scores, grades, listeners ──► finish

A regrade that touches few students is one transaction. A long one begins, so that answers that arrive meanwhile are
graded by the new settings, goes on in small jobs, between which others are served, and finishes; one that a crash cut
short is taken up again by applying it again. Nothing is overwritten: scores are appended, settings have revisions, and
undoing is a further revision, under which the scores of the one before count again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.accounts import audit
from app.attempts.grade_models import Regrade
from app.attempts.grades import marking_of, refresh
from app.attempts.item_revisions import Order, keep_first, number_in_force, put_in_force, settings_at
from app.attempts.item_settings import ItemSettings
from app.attempts.listeners import AttemptsGraded, announce_graded
from app.attempts.models import Attempt, Score
from app.attempts.regrade_plan import Plan, make_plan
from app.attempts.service import Service
from app.core.errors import ConflictError, UnavailableError
from app.core.ids import new_id
from app.core.models import Base
from app.courses.changes import ITEMS, Changed, announce
from app.courses.models import Assignment, Item
from problems.text import Text

WHOLE = 2000  # students and scores that one transaction may change
PART = 250
TRIES = 5

# A statement of the Core: the ORM takes three times as long for thousands of rows.
_ADD_SCORES = insert(Base.metadata.tables[Score.__tablename__])

_NOT_APPLIED = Text("This regrade has been undone, or is not finished.", "这次重新评分已撤销，或尚未完成。")
_STOOD_ON = Text(
    "A later regrade of this item stands on it; undo that first.", "该题之后又重新评分过，请先撤销后面那一次。"
)
_OTHERWISE = Text(
    "What the regrade would change is not what the preview showed; look at it again.",
    "重新评分的结果与预览不一致，请重新查看。",
)
_BUSY = Text("Another regrade of this item has not finished.", "该题的另一次重新评分尚未完成。")


class _ChangedError(Exception):
    """An answer or a change of the settings came between the plan and the job."""


async def regrade(service: Service, order: Order) -> str:
    """Carry out a regrade; the id of the event.

    Raises:
        InvalidRequestError: the settings can't be used.
        ConflictError: something has changed since the preview, or another regrade of the item has not finished.
        app.core.writer.WriterError, UnavailableError: not done now; applying again goes on where it stopped.

    """

    def plan(session: Session) -> Plan:
        return make_plan(session, order.item_id, order.after, order.at)

    def begin(session: Session, made: Plan) -> str:
        return _begin(session, order, made)

    return await _carry_out(service, order, plan, begin)


async def undo(service: Service, regrade_id: str, order: Order) -> None:
    """Restore what was before a regrade; the newest one of the item that is not undone.

    Raises:
        ConflictError: it has been undone, or a later regrade stands on it.

    """

    def plan(session: Session) -> Plan:
        done = require_undoable(session, regrade_id)
        before = settings_at(session, done.item_id, done.from_revision)
        settings = ItemSettings.from_json(before.settings)
        return make_plan(session, done.item_id, settings, order.at, restores=done.from_revision)

    def begin(session: Session, made: Plan) -> str:
        return _begin_undoing(session, regrade_id, order, made)

    await _carry_out(service, order, plan, begin)


def require_undoable(session: Session, regrade_id: str) -> Regrade:
    """The regrade; raises ConflictError if it is not the newest one in force."""
    done = session.get_one(Regrade, regrade_id)
    if done.state != "applied":
        raise ConflictError(_NOT_APPLIED)
    item = session.get_one(Item, done.item_id)
    if number_in_force(session, item) != done.to_revision:
        raise ConflictError(_STOOD_ON)
    return done


async def _carry_out(
    service: Service,
    order: Order,
    plan: Callable[[Session], Plan],
    begin: Callable[[Session, Plan], str],
) -> str:
    for _ in range(TRIES):
        made = await service.database.read(plan)
        if order.preview is not None and made.digest != order.preview:
            raise ConflictError(_OTHERWISE)
        small = len(made.touched) + len(made.rows) <= WHOLE
        try:
            regrade_id = await service.writer.write(partial(_open, plan=made, begin=begin, whole=small, at=order.at))
        except _ChangedError:
            continue
        if not small:
            # Nothing has come between the plan and its beginning, and what comes now is marked by the new settings.
            await _go_on(service, regrade_id, made, order.at)
        return regrade_id
    raise UnavailableError("The item is being answered too often just now.", headers={"Retry-After": "2"})


def _open(session: Session, *, plan: Plan, begin: Callable[[Session, Plan], str], whole: bool, at: datetime) -> str:
    """Begin a regrade, and do all of it if it is a small one."""
    _require_unchanged(session, plan)
    regrade_id = begin(session, plan)
    session.flush()
    if whole:
        _write_part(session, regrade_id, plan.rows, sorted(plan.touched), at)
        _finish(session, regrade_id, at)
    return regrade_id


async def resume(service: Service, regrade_id: str, now: datetime) -> None:
    """Carry on with a long regrade that has begun, in small jobs; what has been done is not done again."""
    made = await service.database.read(_remaining, regrade_id, now)
    await _go_on(service, regrade_id, made, now)


async def _go_on(service: Service, regrade_id: str, made: Plan, at: datetime) -> None:
    for persons, rows in _parts(made):
        await service.writer.write(partial(_write_part, regrade_id=regrade_id, rows=rows, persons=persons, at=at))
    await service.writer.write(partial(_finish, regrade_id=regrade_id, at=at))


def _remaining(session: Session, regrade_id: str, now: datetime) -> Plan:
    """The plan of a regrade that has begun: from the settings before it to those that are in force already."""
    done = session.get_one(Regrade, regrade_id)
    old, new = _revisions(done)
    target = settings_at(session, done.item_id, new)
    return make_plan(
        session,
        done.item_id,
        ItemSettings.from_json(target.settings),
        now,
        restores=target.restores,
        before=ItemSettings.from_json(settings_at(session, done.item_id, old).settings),
    )


def _parts(plan: Plan) -> Iterator[tuple[list[str], dict[str, dict[str, Any]]]]:
    """Students, with the new scores of their attempts, so many at a time."""
    # Who has answered meanwhile may have a grade of old scores by new settings: everybody's is derived again.
    persons = sorted(plan.everybody)
    for start in range(0, len(persons), PART):
        part = persons[start : start + PART]
        yield part, {attempt: plan.rows[attempt] for person in part for attempt in plan.rows_of.get(person, ())}


def _require_unchanged(session: Session, plan: Plan) -> None:
    """Nothing came in between. The lock (PostgreSQL) lets no answer in until this transaction has ended."""
    item, assignment = plan.marking.item, plan.marking.assignment
    current = session.execute(
        select(Item.revision, Assignment.version)
        .join(Assignment, Assignment.id == Item.assignment_id)
        .where(Item.id == item.id)
        .with_for_update(of=Item)
    ).one()
    newest = session.scalar(select(func.max(Attempt.id)).where(Attempt.item_id == item.id)) or ""
    if tuple(current) != (item.revision, assignment.version) or newest != plan.newest:
        raise _ChangedError
    busy = select(Regrade.id).where(Regrade.item_id == item.id, Regrade.state.in_(("applying", "undoing")))
    if session.scalar(busy) is not None:
        raise ConflictError(_BUSY)


def _begin(session: Session, order: Order, plan: Plan) -> str:
    item = session.get_one(Item, order.item_id)
    assignment = session.get_one(Assignment, item.assignment_id)
    keep_first(session, item, assignment, order)
    done = Regrade(
        id=new_id(),
        assignment_id=assignment.id,
        item_id=item.id,
        from_revision=item.revision,
        to_revision=item.revision + 1,
        undone_by=None,
        state="applying",
        reason=order.reason,
        by=order.by,
        at=order.at,
        summary=plan.summary(),
    )
    session.add(done)
    put_in_force(session, item, plan.after, order)
    _record(session, "regrade.apply", done, order, plan)
    return done.id


def _begin_undoing(session: Session, regrade_id: str, order: Order, plan: Plan) -> str:
    done = require_undoable(session, regrade_id)
    item = session.get_one(Item, done.item_id)
    done.state = "undoing"
    done.undone_by = item.revision + 1
    put_in_force(session, item, plan.after, order, restores=done.from_revision)
    _record(session, "regrade.undo", done, order, plan)
    return done.id


def _record(session: Session, action: str, done: Regrade, order: Order, plan: Plan) -> None:
    detail = {
        "item": done.item_id,
        "revision": done.to_revision if done.undone_by is None else done.undone_by,
        "before": plan.before.as_json(),
        "after": plan.after.as_json(),
        "reason": order.reason,
        "students": len(plan.changes),
        "rescored": len(plan.rows),
    }
    audit.record(session, order.by, action, done.id, detail, order.course_id, order.at)


def _write_part(
    session: Session, regrade_id: str, rows: Mapping[str, dict[str, Any]], persons: Sequence[str], at: datetime
) -> None:
    """New scores, and the grades that follow from them; scores that were written before are passed over."""
    item = session.get_one(Item, session.get_one(Regrade, regrade_id).item_id)
    attempts = list(rows)
    written = set(
        session.scalars(select(Score.attempt_id).where(Score.attempt_id.in_(attempts), Score.revision == item.revision))
    )
    added = [row | {"revision": item.revision} for attempt, row in rows.items() if attempt not in written]
    if added:
        session.connection().execute(_ADD_SCORES, added)
        graded = [row["attempt_id"] for row in added]
        announce_graded(
            session, AttemptsGraded(assignment_id=item.assignment_id, item_id=item.id, attempt_ids=graded, at=at)
        )
    marking = marking_of(session, item, session.get_one(Assignment, item.assignment_id), persons=persons)
    refresh(session, marking, persons, at)


def _revisions(done: Regrade) -> tuple[int, int]:
    """From which settings to which: of the regrade, or of its undoing."""
    return (done.from_revision, done.to_revision) if done.undone_by is None else (done.to_revision, done.undone_by)


def _finish(session: Session, regrade_id: str, at: datetime) -> None:
    finished = {"applying": "applied", "undoing": "undone"}
    done = session.get_one(Regrade, regrade_id)
    before, after = (settings_at(session, done.item_id, each).settings for each in _revisions(done))
    if any(before[name] != after[name] for name in ("points", "award")):
        # The totals of those, too, whose grade at this item is as it was, or who have none.
        names = frozenset({ITEMS})
        announce(session, Changed(assignment_id=done.assignment_id, names=names, by=done.by, at=at))
    session.execute(update(Regrade).where(Regrade.id == regrade_id).values(state=finished.get(done.state, done.state)))
