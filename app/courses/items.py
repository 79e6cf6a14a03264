"""The items of an assignment: adding, changing, moving and removing exercises."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.access import Principal, require_user
from app.core.errors import AlreadyAnsweredError, ConflictError, EditedMeanwhileError
from app.core.ids import new_id
from app.courses.changes import ITEMS, Changed, announce, are_answered
from app.courses.fields import MAX_ITEMS
from app.courses.models import Assignment, Item, Role
from app.courses.roles import INSTRUCTORS, STAFF, InItem, assignment_for, item_for
from problems.text import Text

PROVEN = ("problem", "form", "points", "scoring", "tolerance", "seed_mode", "seed", "pool")
"""The columns that `proving.proven` returns."""

_COPIED = (*PROVEN, "position", "key_policy", "keys")
_LAST_ONE = Text("A published assignment keeps at least one item.", "已发布的作业至少要保留一道题目。")
_FULL = Text(f"An assignment has at most {MAX_ITEMS} items.", f"一份作业最多包含 {MAX_ITEMS} 道题目。")
_ANSWERED = Text(
    "Students have answered this item: its points, scoring and tolerance change by a regrade, the rest stays.",
    "已有学生作答：分值、评分方式和误差只能通过重新评分修改，其余设置不能改动。",
)
_VOID = Text(
    "Students have answered this item; void it by a regrade instead.", "已有学生作答；可通过重新评分将该题作废。"
)
_MEANWHILE = Text(
    "Somebody else has just changed this item; read it and change it again.", "其他人刚刚修改过该题，请查看后重新修改。"
)


def items_of(session: Session, assignment_id: str) -> Sequence[Item]:
    """In order."""
    query = select(Item).where(Item.assignment_id == assignment_id).order_by(Item.position, Item.id)
    return session.scalars(query).all()


def ids_of(session: Session, assignment_id: str) -> list[str]:
    return [item.id for item in items_of(session, assignment_id)]


def insert_items(session: Session, assignment_id: str, given: Sequence[Mapping[str, Any]]) -> None:
    """The items of a new assignment, as `proving.proven` returns them."""
    rows = [
        {**settings, "id": new_id(), "assignment_id": assignment_id, "position": position}
        for position, settings in enumerate(given, 1)
    ]
    if rows:
        session.execute(insert(Item), rows)


def copied(item: Item, assignment_id: str) -> dict[str, Any]:
    """The row of a copy, for another assignment."""
    return {"id": new_id(), "assignment_id": assignment_id, **{name: getattr(item, name) for name in _COPIED}}


def add_item(
    session: Session,
    principal: Principal,
    assignment_id: str,
    settings: Mapping[str, Any],
    position: int | None,
    now: datetime,
) -> tuple[Item, Role]:
    """A new item, as `proving.proven` returns it, at this position, or the last one.

    Raises:
        ConflictError: there are too many.

    """
    actor = require_user(principal, "manage")
    seen = assignment_for(session, assignment_id, principal, INSTRUCTORS, changing=True)
    ids = ids_of(session, assignment_id)
    if len(ids) >= MAX_ITEMS:
        raise ConflictError(_FULL)
    item = Item(**settings, id=new_id(), assignment_id=assignment_id, position=len(ids) + 1)
    session.add(item)
    session.flush()
    if position is not None:
        _place(session, ids, item.id, position)
    _changed(session, seen.assignment, now)
    _tell(session, assignment_id, actor, now)
    session.refresh(item)
    audit.record(session, actor, "item.create", item.id, _told(settings), course=seen.course.id, at=now)
    return item, seen.role


def change_item(
    session: Session,
    principal: Principal,
    item_id: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    position: int | None,
    now: datetime,
) -> tuple[Item, Role]:
    """Set the columns `after`, which were proven while the item's columns were `before`.

    Raises:
        EditedMeanwhileError: they are not any more.
        AlreadyAnsweredError: somebody has answered the item, and not only its position changes.

    """
    actor = require_user(principal, "manage")
    seen = item_for(session, item_id, principal, INSTRUCTORS, changing=True)
    item = seen.item
    if settings_of(item) != dict(before):
        raise EditedMeanwhileError(_MEANWHILE)
    if dict(after) != dict(before):
        if are_answered(session, [item_id]):
            raise AlreadyAnsweredError(_ANSWERED)
        for name, value in after.items():
            setattr(item, name, value)
        session.flush()
    if position is not None:
        others = [each for each in ids_of(session, item.assignment_id) if each != item_id]
        _place(session, others, item_id, position)
    _changed(session, seen.assignment, now)
    if after["points"] != before["points"]:
        _tell(session, item.assignment_id, actor, now)
    session.refresh(item)
    audit.record(session, actor, "item.change", item_id, _told(after), course=seen.course.id, at=now)
    return item, seen.role


def remove_item(session: Session, principal: Principal, item_id: str, now: datetime) -> InItem:
    """Take an item out that nobody has answered; what it was is returned.

    Raises:
        AlreadyAnsweredError: somebody has answered it; a regrade can void it instead.
        ConflictError: it is the last one of a published assignment.

    """
    actor = require_user(principal, "manage")
    seen = item_for(session, item_id, principal, INSTRUCTORS, changing=True)
    others = [each for each in ids_of(session, seen.assignment.id) if each != item_id]
    if are_answered(session, [item_id]):
        raise AlreadyAnsweredError(_VOID)
    if not others and seen.assignment.published_at is not None:
        raise ConflictError(_LAST_ONE)
    session.expunge(seen.item)
    session.execute(delete(Item).where(Item.id == item_id))
    _number(session, others)
    _changed(session, seen.assignment, now)
    _tell(session, seen.assignment.id, actor, now)
    audit.record(session, actor, "item.delete", item_id, course=seen.course.id, at=now)
    return seen


def settings_of(item: Item) -> dict[str, Any]:
    """The columns that `proving.proven` returns."""
    return {name: getattr(item, name) for name in PROVEN}


def merged(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is to be proven: the columns with the changes in them; None when these leave all as it is.

    Another way to deal seeds drops the seed or the pool of the way before.
    """
    wanted = {name: changes.get(name, value) for name, value in before.items()}
    wanted["pool_size"] = changes.get("pool_size")
    if wanted["seed_mode"] != before["seed_mode"]:
        wanted |= {"seed": changes.get("seed"), "pool": changes.get("pool")}
    if wanted["pool_size"] is not None:
        wanted["pool"] = changes.get("pool")
    return None if wanted == {**before, "pool_size": None} else wanted


def item_json(item: Item, role: Role) -> dict[str, Any]:
    """Students are told no seed: with it they could practise, and be told the key of, the very exercise."""
    shown = role in STAFF
    return {
        "id": item.id,
        "assignment_id": item.assignment_id,
        "position": item.position,
        "problem": item.problem,
        "form": item.form,
        "points": item.points,
        "scoring": item.scoring,
        "tolerance": item.tolerance,
        "seed_mode": item.seed_mode if shown else None,
        "seed": item.seed if shown else None,
        "pool": item.pool if shown else None,
    }


def _place(session: Session, others: Sequence[str], item_id: str, position: int) -> None:
    ids = list(others)
    ids.insert(position - 1, item_id)
    _number(session, ids)


def _number(session: Session, ids: Sequence[str]) -> None:
    for position, id_ in enumerate(ids, 1):
        session.execute(update(Item).where(Item.id == id_, Item.position != position).values(position=position))


def _changed(session: Session, assignment: Assignment, now: datetime) -> None:
    assignment.updated_at = now
    assignment.version += 1
    session.flush()


def _tell(session: Session, assignment_id: str, by: str, now: datetime) -> None:
    """Another number of points can be earned."""
    announce(session, Changed(assignment_id=assignment_id, names=frozenset({ITEMS}), by=by, at=now))


def _told(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: settings[name] for name in ("problem", "form", "points", "seed_mode")}
