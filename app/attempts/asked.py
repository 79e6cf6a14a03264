"""An item as one student meets it: which variant, until when, how many attempts are left, what is released by now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.attempts.item_settings import ItemSettings, settings_of
from app.attempts.models import Attempt, Variant
from app.attempts.release import Released, ReleasePolicy, Standing, released
from app.core.errors import AssignmentLockedError, AssignmentNotOpenError, UnknownAssignmentError
from app.courses.deadlines import Window
from app.courses.dealing import seed_for
from app.courses.entering import EARLY, LOCKED, is_unlocked, window_for
from app.courses.models import Assignment, Course, Item, Role
from app.courses.roles import EVERYBODY, item_for
from problems.catalogue import find
from problems.problem import Form, Problem
from problems.text import Text

_CLOSED = Text("The assignment is closed; answers are not taken any more.", "作业已关闭，不再接受答案。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`used` counts the person's attempts; `version` is that of the exercise which the newest of them answered."""

    item: Item
    assignment: Assignment
    course: Course
    role: Role
    person_id: str
    window: Window
    used: int
    version: int | None
    unlocked: bool

    @property
    def problem(self) -> Problem[Any]:
        """The exercise; somebody who has begun keeps the version that they began with."""
        problem = find(self.item.problem)
        return problem if self.version is None else replace(problem, version=self.version)

    @property
    def form(self) -> Form:
        return "choice" if self.item.form == "choice" else "open"

    @property
    def seed(self) -> int:
        """The seed of this person's variant. It is never shown: practice would tell the key of any seed."""
        return seed_for(self.assignment, self.item, self.person_id)

    @property
    def settings(self) -> ItemSettings:
        return settings_of(self.item, self.assignment)

    @property
    def attempts_left(self) -> int | None:
        return self.window.attempts_left(self.used)

    def released(self, now: datetime) -> Released:
        """What the assignment's release policy lets this person see now."""
        return released(policy_of(self.assignment), standing_of(self.window, self.attempts_left, now))

    def points_released(self, now: datetime) -> bool:
        """Whether this person may see the points, which tell whether the answer is right."""
        standing = points_standing_of(self.window, self.used, now)
        return released(policy_of(self.assignment), standing).correctness

    def require_open(self, arrived_at: datetime) -> None:
        """Raise what keeps the person from seeing the item, or from answering it any more."""
        self.require_seen(arrived_at)
        if self.window.phase(arrived_at) == "closed":
            raise AssignmentNotOpenError(_CLOSED)

    def require_seen(self, now: datetime) -> None:
        """Raise AssignmentNotOpenError before it opens, AssignmentLockedError until its password is given."""
        if self.window.phase(now) == "early":
            raise AssignmentNotOpenError(EARLY)
        if not self.unlocked:
            raise AssignmentLockedError(LOCKED)


def policy_of(assignment: Assignment) -> ReleasePolicy:
    return ReleasePolicy(**assignment.release)


def standing_of(window: Window, attempts_left: int | None, now: datetime) -> Standing:
    """Where the person stands. "After due" is after the last moment in which they can answer, lateness included."""
    ends = window.due if window.closes is None else window.closes
    return Standing(now=now, due=ends, attempts_left=attempts_left)


def points_standing_of(window: Window, attempts: int, now: datetime) -> Standing:
    """Where a person with points stands after so many attempts. Points given without one wait for no attempt."""
    return standing_of(window, window.attempts_left(attempts) if attempts else 0, now)


def ask(session: Session, item_id: str, principal: Principal, *, assignment_id: str | None = None) -> Asked:
    """The item for whoever asks.

    Raises:
        UnknownAssignmentError: there is none (in this assignment), or they may not know of it.

    """
    seen = item_for(session, item_id, principal, EVERYBODY)
    if assignment_id is not None and seen.assignment.id != assignment_id:
        raise UnknownAssignmentError("There is no such item in this assignment.")
    (asked,) = _asked(session, [seen.item], seen.assignment, seen.course, seen.role, principal.person_id or "")
    return asked


def ask_all(session: Session, assignment: Assignment, course: Course, role: Role, person_id: str) -> list[Asked]:
    """All items of an assignment, in order."""
    items = session.scalars(select(Item).where(Item.assignment_id == assignment.id).order_by(Item.position)).all()
    return _asked(session, items, assignment, course, role, person_id)


def asked_of(session: Session, item_id: str, person_id: str) -> Asked:
    """The item of somebody who has answered it, whatever their part in the course is by now."""
    item, assignment, course = session.execute(
        select(Item, Assignment, Course)
        .join(Assignment, Assignment.id == Item.assignment_id)
        .join(Course, Course.id == Assignment.course_id)
        .where(Item.id == item_id)
    ).one()
    (asked,) = _asked(session, [item], assignment, course, "student", person_id)
    return asked


def _asked(
    session: Session, items: Sequence[Item], assignment: Assignment, course: Course, role: Role, person_id: str
) -> list[Asked]:
    mine = window_for(session, assignment, person_id)
    used = {
        row.item_id: (row.used, row.version)
        for row in session.execute(
            select(Attempt.item_id, func.count().label("used"), func.max(Variant.version).label("version"))
            .join(Variant, Variant.id == Attempt.variant_id)
            .where(Attempt.item_id.in_([item.id for item in items]), Attempt.person_id == person_id)
            .group_by(Attempt.item_id)
        )
    }
    unlocked = assignment.password_hash is None or role != "student" or is_unlocked(session, assignment.id, person_id)
    return [
        Asked(
            item=item,
            assignment=assignment,
            course=course,
            role=role,
            person_id=person_id,
            window=mine,
            used=used.get(item.id, (0, None))[0],
            version=used.get(item.id, (0, None))[1],
            unlocked=unlocked,
        )
        for item in items
    ]
