"""What holds for one person at an assignment: their dates, and whether its items are shown to them yet."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal, require_user
from app.core.errors import AssignmentLockedError, AssignmentNotOpenError, ForbiddenError
from app.courses.deadlines import Window, window
from app.courses.models import Assignment, Enrolment, Extension, Unlock
from app.courses.roles import EVERYBODY, STAFF, InAssignment, assignment_for
from problems.text import Text

EARLY = Text("The assignment has not opened yet.", "作业尚未开放。")
LOCKED = Text("Give the password of the assignment first.", "请先输入作业密码。")


def section_of(session: Session, course_id: str, person_id: str) -> str | None:
    """The section to which the person belongs in the course, if to any."""
    query = select(Enrolment.section).where(Enrolment.course_id == course_id, Enrolment.person_id == person_id)
    return session.scalar(query)


def window_for(session: Session, assignment: Assignment, person_id: str) -> Window:
    """The dates and the attempts allowed that hold for this person, extensions included."""
    return windows_for(session, assignment.course_id, [assignment], person_id)[0]


def windows_for(session: Session, course_id: str, assignments: Sequence[Assignment], person_id: str) -> list[Window]:
    """The same for several assignments of one course."""
    section = section_of(session, course_id, person_id)
    mine = [Extension.person_id == person_id, *([Extension.section == section] if section else [])]
    ids = [assignment.id for assignment in assignments]
    extensions = session.scalars(select(Extension).where(Extension.assignment_id.in_(ids), or_(*mine))).all()
    return [window(assignment, _of(assignment, extensions), person_id, section) for assignment in assignments]


def _of(assignment: Assignment, extensions: Iterable[Extension]) -> list[Extension]:
    return [each for each in extensions if each.assignment_id == assignment.id]


def require_entered(session: Session, assignment: Assignment, person_id: str, now: datetime) -> Window:
    """The window of a student who may see the items: the assignment has opened, and its password was given.

    Raises:
        AssignmentNotOpenError: it has not opened yet. That it has closed again hides nothing.
        AssignmentLockedError: its password was not given.

    """
    found = window_for(session, assignment, person_id)
    if found.phase(now) == "early":
        raise AssignmentNotOpenError(EARLY)
    if assignment.password_hash is not None and not is_unlocked(session, assignment.id, person_id):
        raise AssignmentLockedError(LOCKED)
    return found


def may_see_items(session: Session, seen: InAssignment, person_id: str, now: datetime) -> None:
    """Raises as `require_entered`, for students; those who teach see all items at any time."""
    if seen.role not in STAFF:
        require_entered(session, seen.assignment, person_id, now)


def is_unlocked(session: Session, assignment_id: str, person_id: str) -> bool:
    """Whether the person has given the assignment's password."""
    return session.get(Unlock, (assignment_id, person_id)) is not None


def unlock(
    session: Session, principal: Principal, assignment_id: str, password_hash: str | None, now: datetime
) -> None:
    """Let somebody in who has given the password with this hash.

    Raises:
        ForbiddenError: another password was set meanwhile.

    """
    person_id = require_user(principal, "attempt")
    assignment = assignment_for(session, assignment_id, principal, EVERYBODY).assignment
    if assignment.password_hash != password_hash:
        raise ForbiddenError(Text("The password has just been changed.", "密码刚刚被修改了。"))
    if password_hash is not None and not is_unlocked(session, assignment_id, person_id):
        row = {"assignment_id": assignment_id, "person_id": person_id, "created_at": now}
        session.execute(insert(Unlock), row)


def lock_again(session: Session, assignment_id: str) -> None:
    """Ask everybody for the password once more."""
    session.execute(delete(Unlock).where(Unlock.assignment_id == assignment_id))
