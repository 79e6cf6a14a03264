"""Who takes part in a course: one by one, and by class list."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.accounts import audit, people
from app.accounts.access import Principal, require_user
from app.accounts.models import Person
from app.core.database import searchable
from app.core.errors import ConflictError, CourseArchivedError, Fault, ForbiddenError, NotFoundError
from app.core.ids import new_id
from app.courses.changes import announce_people
from app.courses.models import Course, Enrolment
from app.courses.roles import ARCHIVED, INSTRUCTORS, NOT_YOUR_ROLE, STAFF, course_for, role_of
from problems.text import Text

NUMBER_TAKEN = Text("Somebody else in the course has this student number.", "课程中已有其他人使用这个学号。")
_LAST = Text("Somebody must be left who teaches the course.", "课程必须至少保留一名教师。")
_TWICE = Text("This person takes part already.", "此人已在课程中。")


class Enrolled(NamedTuple):
    """An enrolment, and whose it is."""

    enrolment: Enrolment
    name: str
    email: str | None


def enrol(
    session: Session,
    principal: Principal,
    course_id: str,
    *,
    email: str,
    name: str = "",
    role: str = "student",
    section: str | None = None,
    student_number: str | None = None,
    now: datetime,
) -> Enrolled:
    """Enrol the person of this address, with a new account if nobody has it; the name is only for a new one.

    Raises:
        ConflictError: they take part already, or somebody else has the student number.

    """
    actor = require_user(principal, "manage")
    course_for(session, course_id, principal, INSTRUCTORS, changing=True)
    person = people.find_by_email(session, email)
    person_id = person.id if person else people.create(session, actor, now, name=name, email=email)
    found = find_enrolment(session, course_id, person_id)
    if found is not None and found.ended_at is None:
        raise ConflictError(_TWICE)
    require_free_number(session, course_id, person_id, student_number)
    enrolment = found or Enrolment(id=new_id(), course_id=course_id, person_id=person_id, created_at=now)
    enrolment.role, enrolment.section, enrolment.student_number = role, section, student_number
    enrolment.ended_at = None
    session.add(enrolment)
    session.flush()
    audit.record(session, actor, "enrolment.create", enrolment.id, {"role": role}, course=course_id, at=now)
    announce_people(session, course_id, [person_id], actor, now)
    return Enrolled(enrolment, person.name if person else name, email)


def find_enrolment(session: Session, course_id: str, person_id: str) -> Enrolment | None:
    """The person's part in the course, even if it has ended."""
    return session.scalar(select(Enrolment).where(Enrolment.course_id == course_id, Enrolment.person_id == person_id))


def require_free_number(session: Session, course_id: str, person_id: str, student_number: str | None) -> None:
    """Raises ConflictError when somebody else who takes part has the student number."""
    if student_number is None:
        return
    taken = select(Enrolment.id).where(
        Enrolment.course_id == course_id,
        Enrolment.student_number == student_number,
        Enrolment.person_id != person_id,
        Enrolment.ended_at.is_(None),
    )
    if session.scalar(taken) is not None:
        raise ConflictError(NUMBER_TAKEN, [Fault(NUMBER_TAKEN, pointer="/student_number")])


def list_enrolments(
    session: Session,
    principal: Principal,
    course_id: str,
    *,
    limit: int,
    after: str | None = None,
    role: str | None = None,
    section: str | None = None,
    search: str | None = None,
    ended: bool = False,
) -> list[Enrolled]:
    """Those who take part, or once did, in the order in which they were enrolled; for those who teach."""
    course_for(session, course_id, principal, STAFF)
    query = _enrolled().where(Enrolment.course_id == course_id).order_by(Enrolment.id).limit(limit)
    query = query.where(Enrolment.ended_at.is_not(None) if ended else Enrolment.ended_at.is_(None))
    if after is not None:
        query = query.where(Enrolment.id > after)
    if role is not None:
        query = query.where(Enrolment.role == role)
    if section is not None:
        query = query.where(Enrolment.section == searchable(section))
    if search:
        wanted = searchable(search.lower())
        texts = (func.lower(Person.name), Person.email, func.lower(Enrolment.student_number))
        query = query.where(or_(*(each.contains(wanted, autoescape=True) for each in texts)))
    return [Enrolled(*row) for row in session.execute(query)]


def names_of(session: Session, persons: Sequence[str]) -> dict[str, str]:
    """The names of these people, or their addresses, by id."""
    rows = session.execute(select(Person.id, Person.name, Person.email).where(Person.id.in_(persons)))
    return {row.id: row.name or row.email or "" for row in rows}


def list_sections(session: Session, course_id: str) -> list[str]:
    """Names of the sections that somebody belongs to, in order."""
    query = select(Enrolment.section).where(Enrolment.course_id == course_id, Enrolment.section.is_not(None))
    return sorted({section for section in session.scalars(query.distinct()) if section})


def find_for(session: Session, enrolment_id: str, principal: Principal, *, changing: bool = False) -> Enrolled:
    """An enrolment: for those who teach in its course any, for others their own.

    Raises:
        NotFoundError: there is none, or it is not for them.
        ForbiddenError, CourseArchivedError: it is to be changed, and they may not, or nobody may now.

    """
    role = role_of(principal)
    row = session.execute(
        _enrolled()
        .join(Course, Course.id == Enrolment.course_id)
        .add_columns(role, Course.archived_at)
        .where(Enrolment.id == enrolment_id, role.is_not(None))
        .where(or_(role.in_(sorted(STAFF)), Enrolment.person_id == principal.person_id))
    ).one_or_none()
    if row is None:
        raise NotFoundError("There is no enrolment with this id, or it is not for you.")
    if changing and row[3] not in INSTRUCTORS:
        raise ForbiddenError(NOT_YOUR_ROLE)
    if changing and row[4] is not None:
        raise CourseArchivedError(ARCHIVED)
    return Enrolled(*row[:3])


def change_enrolment(
    session: Session, principal: Principal, enrolment_id: str, changes: Mapping[str, Any], now: datetime
) -> Enrolled:
    """Set `role`, `section`, `student_number`, or end the enrolment, or let it begin again (`ended`).

    Raises:
        ConflictError: nobody would be left to teach, or somebody else has the student number.

    """
    actor = require_user(principal, "manage")
    found = find_for(session, enrolment_id, principal, changing=True)
    enrolment = found.enrolment
    if "student_number" in changes:
        require_free_number(session, enrolment.course_id, enrolment.person_id, changes["student_number"])
    for name in ("role", "section", "student_number"):
        if name in changes:
            setattr(enrolment, name, changes[name])
    if "ended" in changes:
        enrolment.ended_at = (enrolment.ended_at or now) if changes["ended"] else None
    session.flush()
    require_instructor(session, enrolment.course_id)
    told = {name: value for name, value in changes.items() if name != "student_number"}
    audit.record(session, actor, "enrolment.change", enrolment_id, told, course=enrolment.course_id, at=now)
    if told:
        announce_people(session, enrolment.course_id, [enrolment.person_id], actor, now)
    return found


def require_instructor(session: Session, course_id: str) -> None:
    """Raises ConflictError when nobody teaches the course any more."""
    left = select(Enrolment.id).where(
        Enrolment.course_id == course_id, Enrolment.role == "instructor", Enrolment.ended_at.is_(None)
    )
    if session.scalar(left.limit(1)) is None:
        raise ConflictError(_LAST)


def enrolment_json(enrolled: Enrolled) -> dict[str, Any]:
    enrolment = enrolled.enrolment
    return {
        "id": enrolment.id,
        "course_id": enrolment.course_id,
        "person_id": enrolment.person_id,
        "name": enrolled.name,
        "email": enrolled.email,
        "role": enrolment.role,
        "section": enrolment.section,
        "student_number": enrolment.student_number,
        "created_at": enrolment.created_at,
        "ended_at": enrolment.ended_at,
    }


def _enrolled() -> Select[Enrolment, str, str | None]:
    return select(Enrolment, Person.name, Person.email).join(Person, Person.id == Enrolment.person_id)
