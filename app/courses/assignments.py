"""Assignments: making, showing, changing, publishing, copying and removing them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app.accounts import audit
from app.accounts.access import Principal, require_user
from app.core import text
from app.core.errors import AlreadyAnsweredError, ConflictError, EditedMeanwhileError, Fault, InvalidRequestError
from app.core.ids import new_id
from app.courses import entering, items
from app.courses.changes import Changed, announce, announce_removed, are_answered
from app.courses.deadlines import Window, shifted, zone
from app.courses.dealing import SECRET_LENGTH
from app.courses.models import Assignment, Extension, Item
from app.courses.roles import INSTRUCTORS, STAFF, InAssignment, assignment_for, course_for
from problems.text import Text

COLUMNS = (
    "title",
    "instructions",
    "opens_at",
    "due_at",
    "closes_at",
    "attempts_allowed",
    "counting",
    "attempt_penalty",
    "late_per_day",
    "key_policy",
)
"""The settings that are stored as they are sent."""

_ORDER = Text("An assignment opens first, is due then, and closes last.", "开放时间、截止时间、关闭时间必须依次在后。")
_UNPRINTABLE = Text("A formula in the text can't be shown: {what}", "文字中有无法显示的公式：{what}")
_MEANWHILE = Text(
    "Somebody else has changed it: the current version is {version}. Read it and change it again.",
    "其他人已修改过：当前版本是 {version}。请查看后重新修改。",
)
_NO_ITEMS = Text("An assignment without items can't be published.", "没有题目的作业不能发布。")
_REGRADE = Text(
    "Students have answered: it stays published, and the policy of the key changes by a regrade.",
    "已有学生作答：作业不能撤回，答案的认定方式只能通过重新评分修改。",
)
_ANSWERED = Text(
    "Students have answered this assignment; archive the course instead.", "已有学生作答，不能删除；可以将课程归档。"
)


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """An assignment as one person has it, extensions included; `points` is the sum of its items that count."""

    seen: InAssignment
    window: Window
    points: float

    def as_json(self, now: datetime) -> dict[str, Any]:
        assignment, role = self.seen.assignment, self.seen.role
        # Those who teach edit the dates of the assignment itself.
        dates: Any = assignment if role in STAFF else None
        return {
            "id": assignment.id,
            "course_id": assignment.course_id,
            "title": assignment.title,
            "instructions": assignment.instructions,
            "opens_at": dates.opens_at if dates else self.window.opens,
            "due_at": dates.due_at if dates else self.window.due,
            "closes_at": dates.closes_at if dates else self.window.closes,
            "attempts_allowed": dates.attempts_allowed if dates else self.window.attempts_allowed,
            "counting": assignment.counting,
            "attempt_penalty": assignment.attempt_penalty,
            "late_per_day": assignment.late_per_day,
            "key_policy": assignment.key_policy,
            "release": assignment.release,
            "has_password": assignment.password_hash is not None,
            "points": self.points,
            "phase": self.window.phase(now),
            "published_at": assignment.published_at,
            "created_at": assignment.created_at,
            "updated_at": assignment.updated_at,
            "version": assignment.version,
        }


def checked(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings as they were sent, if their texts can be shown; raises InvalidRequestError."""
    try:
        text.block(settings.get("instructions", ""))
    except text.UnprintableError as error:
        fault = Fault(_UNPRINTABLE.format(what=error), pointer="/instructions")
        raise InvalidRequestError("The text can't be shown.", [fault]) from None
    return settings


def create_assignment(
    session: Session,
    principal: Principal,
    course_id: str,
    settings: Mapping[str, Any],
    given: Sequence[Mapping[str, Any]],
    *,
    password_hash: str | None,
    now: datetime,
) -> AssignmentView:
    """A new assignment with items as `proving.proven` returns them.

    Raises:
        InvalidRequestError: the dates are out of order.
        ConflictError: it is to be published without items.

    """
    actor = require_user(principal, "manage")
    course, role = course_for(session, course_id, principal, INSTRUCTORS, changing=True)
    assignment = Assignment(
        id=new_id(),
        course_id=course_id,
        **{name: settings[name] for name in COLUMNS},
        release=settings["release"],
        password_hash=password_hash,
        seed_secret=secrets.token_bytes(SECRET_LENGTH),
        published_at=now if settings["published"] else None,
        created_at=now,
        updated_at=now,
        version=1,
    )
    _require_order(assignment)
    session.add(assignment)
    session.flush()
    items.insert_items(session, assignment.id, given)
    if assignment.published_at is not None and not given:
        raise ConflictError(_NO_ITEMS)
    audit.record(session, actor, "assignment.create", assignment.id, {"items": len(given)}, course=course_id, at=now)
    return view(session, InAssignment(assignment, course, role), actor)


def view(session: Session, seen: InAssignment, person_id: str) -> AssignmentView:
    """The assignment as this person has it."""
    points = _points(session, [seen.assignment])
    window = entering.window_for(session, seen.assignment, person_id)
    return AssignmentView(seen, window, points.get(seen.assignment.id, 0.0))


def _points(session: Session, found: Sequence[Assignment]) -> dict[str, float]:
    """What can be earned in each; an item that is void counts for nobody."""
    query = (
        select(Item.assignment_id, func.sum(Item.points))
        .where(Item.assignment_id.in_([each.id for each in found]), Item.award != "void")
        .group_by(Item.assignment_id)
    )
    return {assignment: float(points) for assignment, points in session.execute(query)}


def list_assignments(
    session: Session, principal: Principal, course_id: str, *, limit: int, before: str | None = None
) -> list[AssignmentView]:
    """Those of the course, the newest first; drafts for those who teach only."""
    person_id = require_user(principal)
    course, role = course_for(session, course_id, principal)
    query = select(Assignment).where(Assignment.course_id == course_id).order_by(Assignment.id.desc()).limit(limit)
    if role not in STAFF:
        query = query.where(Assignment.published_at.is_not(None))
    if before is not None:
        query = query.where(Assignment.id < before)
    found = session.scalars(query).all()
    points = _points(session, found)
    windows = entering.windows_for(session, course_id, found, person_id)
    return [
        AssignmentView(InAssignment(each, course, role), window, points.get(each.id, 0.0))
        for each, window in zip(found, windows, strict=True)
    ]


def change_assignment(
    session: Session,
    principal: Principal,
    assignment_id: str,
    changes: Mapping[str, Any],
    *,
    password_hash: str | None,
    now: datetime,
) -> AssignmentView:
    """Set what was sent; `password_hash` belongs to the member `password`. See `app.courses.changes` for the rules.

    Raises:
        InvalidRequestError: the dates would be out of order.
        EditedMeanwhileError: `version` was sent, and is not the current one.
        AlreadyAnsweredError: it can't be unpublished, nor its `key_policy` changed, once somebody has answered.
        ConflictError: it is to be published without items.

    """
    actor = require_user(principal, "manage")
    seen = assignment_for(session, assignment_id, principal, INSTRUCTORS, changing=True)
    assignment = seen.assignment
    if changes.get("version", assignment.version) != assignment.version:
        raise EditedMeanwhileError(_MEANWHILE.format(version=assignment.version))
    differing = {name for name in COLUMNS if name in changes and changes[name] != getattr(assignment, name)}
    publishing = changes.get("published")
    if "key_policy" in differing or (publishing is False and assignment.published_at is not None):
        _require_unanswered(session, assignment_id)
    for name in differing:
        setattr(assignment, name, changes[name])
    release = {**assignment.release, **changes.get("release", {})}
    if release != assignment.release:
        assignment.release = release
        differing.add("release")
    if "password" in changes:
        assignment.password_hash = password_hash
        entering.lock_again(session, assignment_id)
    if publishing is not None:
        assignment.published_at = (assignment.published_at or now) if publishing else None
    _require_order(assignment)
    if assignment.published_at is not None and not items.ids_of(session, assignment_id):
        raise ConflictError(_NO_ITEMS)
    touch(assignment, now)
    session.flush()
    announce(session, Changed(assignment_id=assignment_id, names=frozenset(differing), by=actor, at=now))
    told = {"members": sorted(set(changes) - {"version"})}
    audit.record(session, actor, "assignment.change", assignment_id, told, course=assignment.course_id, at=now)
    return view(session, seen, actor)


def touch(assignment: Assignment, now: datetime) -> None:
    """It is another version from now on."""
    assignment.updated_at = now
    assignment.version += 1


def _require_order(assignment: Assignment) -> None:
    names = ("opens_at", "due_at", "closes_at")
    dates = [(name, date) for name in names if (date := getattr(assignment, name)) is not None]
    wrong = next((later for (_, first), (later, second) in pairwise(dates) if second < first), None)
    if wrong is not None:
        raise InvalidRequestError("The dates are out of order.", [Fault(_ORDER, pointer=f"/{wrong}")])


def _require_unanswered(session: Session, assignment_id: str) -> None:
    if are_answered(session, items.ids_of(session, assignment_id)):
        raise AlreadyAnsweredError(_REGRADE)


def copy_assignment(
    session: Session,
    principal: Principal,
    assignment_id: str,
    course_id: str,
    *,
    title: str | None,
    shift_days: int,
    now: datetime,
) -> AssignmentView:
    """A draft with the same items and settings in a course that the person teaches, its dates so many days later.

    Dates keep the local time that they have in the course they come from. Seeds are dealt from a new secret, but fixed
    ones and pools stay, and so do keys that a regrade has corrected. The password and extensions are not copied.
    """
    actor = require_user(principal, "manage")
    source = assignment_for(session, assignment_id, principal, INSTRUCTORS)
    course, role = course_for(session, course_id, principal, INSTRUCTORS, changing=True)
    original, place = source.assignment, zone(source.course.time_zone)
    settings = {name: getattr(original, name) for name in COLUMNS}
    for name in ("opens_at", "due_at", "closes_at"):
        settings[name] = shifted(settings[name], shift_days, place)
    copy = Assignment(
        **settings | {"title": title or original.title},
        id=new_id(),
        course_id=course_id,
        release=dict(original.release),
        seed_secret=secrets.token_bytes(SECRET_LENGTH),
        created_at=now,
        updated_at=now,
        version=1,
    )
    session.add(copy)
    session.flush()
    rows = [items.copied(item, copy.id) for item in items.items_of(session, assignment_id)]
    if rows:
        session.execute(insert(Item), rows)
    audit.record(session, actor, "assignment.copy", copy.id, {"from": assignment_id}, course=course_id, at=now)
    return view(session, InAssignment(copy, course, role), actor)


def delete_assignment(session: Session, principal: Principal, assignment_id: str, now: datetime) -> AssignmentView:
    """Remove an assignment that nobody has answered; what it was is returned.

    Raises:
        AlreadyAnsweredError: somebody has.

    """
    actor = require_user(principal, "manage")
    seen = assignment_for(session, assignment_id, principal, INSTRUCTORS, changing=True)
    if are_answered(session, items.ids_of(session, assignment_id)):
        raise AlreadyAnsweredError(_ANSWERED)
    was = view(session, seen, actor)
    entering.lock_again(session, assignment_id)
    announce_removed(session, assignment_id)
    session.execute(delete(Extension).where(Extension.assignment_id == assignment_id))
    session.execute(delete(Item).where(Item.assignment_id == assignment_id))
    session.execute(delete(Assignment).where(Assignment.id == assignment_id))
    audit.record(session, actor, "assignment.delete", assignment_id, course=seen.course.id, at=now)
    return was
