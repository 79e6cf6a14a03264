"""A class list becomes enrolments: first what it would change, then all of it in one transaction, or nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session, aliased

from app.accounts import audit, sign_in_links
from app.accounts.access import Principal, require_user
from app.accounts.models import Person
from app.core.errors import Fault, InvalidRequestError
from app.core.ids import new_id
from app.courses.changes import announce_people
from app.courses.class_list import ClassList, Row, bad_line
from app.courses.enrolments import NUMBER_TAKEN, require_instructor
from app.courses.models import Enrolment
from app.courses.roles import INSTRUCTORS, course_for

Action: TypeAlias = Literal["enrol", "return", "change", "nothing"]
CHUNK = 500  # addresses in one query: databases limit the number of parameters


@dataclass(frozen=True, slots=True)
class Step:
    """What one row does. A person is None who has no account yet, an enrolment None that has to be made."""

    row: Row
    action: Action
    person_id: str | None
    enrolment_id: str | None
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a class list does to a course as it is now."""

    steps: tuple[Step, ...]
    faults: tuple[Fault, ...]

    def as_json(self, *, applied: bool) -> dict[str, Any]:
        return {
            "applied": applied,
            "counts": dict(Counter(step.action for step in self.steps)),
            "rows": [
                {
                    "line": step.row.line,
                    "email": step.row.email,
                    "action": step.action,
                    "account": step.person_id is not None,
                }
                for step in self.steps
            ],
            "errors": [fault.as_json() for fault in self.faults],
        }


def plan(session: Session, principal: Principal, course_id: str, listed: ClassList) -> Plan:
    """What the list would change. Columns that it does not have change nothing of those who take part already.

    People of the course who are not on the list stay as they are.
    """
    course_for(session, course_id, principal, INSTRUCTORS, changing=True)
    accounts = _accounts(session, [row.email for row in listed.rows])
    present = {
        enrolment.person_id: enrolment
        for enrolment in session.scalars(select(Enrolment).where(Enrolment.course_id == course_id))
    }
    steps = tuple(_step(row, accounts.get(row.email), present, listed.columns) for row in listed.rows)
    faults = [*listed.faults, *_taken_numbers(steps, present)]
    faults.sort(key=lambda fault: fault.line or 0)
    return Plan(steps, tuple(faults))


def apply(session: Session, principal: Principal, course_id: str, listed: ClassList, now: datetime) -> Plan:
    """Do all of it.

    Raises:
        InvalidRequestError: rows are bad, each named by its line; nothing is changed.
        ConflictError: nobody would be left to teach the course.

    """
    actor = require_user(principal, "manage")
    made = plan(session, principal, course_id, listed)
    if made.faults:
        raise InvalidRequestError("Nothing was changed; mend these lines and send the list again.", made.faults)
    people, enrolments, touched = [], [], []
    for step in made.steps:
        person_id = step.person_id
        if person_id is None:
            person_id = new_id()
            people.append(
                {"id": person_id, "kind": "user", "created_at": now, "name": step.row.name, "email": step.row.email}
            )
        if step.action != "nothing":
            touched.append(person_id)
        if step.enrolment_id is None:
            row = {"id": new_id(), "course_id": course_id, "person_id": person_id, "created_at": now}
            enrolments.append({"section": None, "student_number": None, **row, **step.settings})
        elif step.action != "nothing":
            values = {**step.settings, "ended_at": None}
            session.execute(update(Enrolment).where(Enrolment.id == step.enrolment_id).values(**values))
    for table, rows in ((Person, people), (Enrolment, enrolments)):
        if rows:
            session.execute(insert(table), rows)
    require_instructor(session, course_id)
    counts: dict[str, int] = dict(Counter(step.action for step in made.steps))
    counts["accounts"] = len(people)
    audit.record(session, actor, "enrolment.import", course_id, counts, course=course_id, at=now)
    announce_people(session, course_id, touched, actor, now)
    return made


def _accounts(session: Session, emails: list[str]) -> dict[str, str]:
    """The ids of those who have an account, by address."""
    found: dict[str, str] = {}
    for begin in range(0, len(emails), CHUNK):
        chunk = emails[begin : begin + CHUNK]
        for email, person_id in session.execute(select(Person.email, Person.id).where(Person.email.in_(chunk))):
            found[str(email)] = person_id
    return found


def _step(row: Row, person_id: str | None, present: Mapping[str, Enrolment], columns: frozenset[str]) -> Step:
    enrolment = present.get(person_id) if person_id else None
    wanted = {"role": row.role, "section": row.section, "student_number": row.student_number}
    if enrolment is None:
        return Step(row, "enrol", person_id, None, wanted)
    settings = {name: value for name, value in wanted.items() if name in columns}
    if enrolment.ended_at is not None:
        return Step(row, "return", person_id, enrolment.id, settings)
    differs = any(getattr(enrolment, name) != value for name, value in settings.items())
    return Step(row, "change" if differs else "nothing", person_id, enrolment.id, settings)


def _taken_numbers(steps: tuple[Step, ...], present: Mapping[str, Enrolment]) -> Iterator[Fault]:
    """Student numbers of people in the course whom the list leaves as they are."""
    renumbered = {step.person_id for step in steps if "student_number" in step.settings}
    taken = {
        enrolment.student_number
        for enrolment in present.values()
        if enrolment.student_number and enrolment.ended_at is None and enrolment.person_id not in renumbered
    }
    for step in steps:
        if step.settings.get("student_number") in taken:
            yield bad_line(step.row.line, NUMBER_TAKEN)


@dataclass(frozen=True, slots=True)
class Welcome:
    """A link by which somebody on the class list signs in for the first time."""

    email: str
    name: str
    path: str


def welcome_links(
    session: Session, principal: Principal, course_id: str, now: datetime, *, language: str = "en"
) -> list[Welcome]:
    """A new sign-in link for everybody in the course who has none but this course and has never set a password.

    Whoever belongs to another course too is left out: a link opens the whole account, and only their own teachers may
    hand one out. Links made before become void.
    """
    actor = require_user(principal, "manage")
    course_for(session, course_id, principal, INSTRUCTORS, changing=True)
    elsewhere = aliased(Enrolment)
    waiting = session.execute(
        select(Person.id, Person.email, Person.name)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .where(
            Enrolment.course_id == course_id,
            Enrolment.ended_at.is_(None),
            Person.email.is_not(None),
            Person.password_hash.is_(None),
            Person.is_admin.is_(False),
            Person.disabled_at.is_(None),
            ~exists().where(elsewhere.person_id == Person.id, elsewhere.course_id != course_id),
        )
        .order_by(Enrolment.id)
    ).all()
    links = [Welcome(str(email), name, _link(session, person_id, now, language)) for person_id, email, name in waiting]
    audit.record(session, actor, "enrolment.links", course_id, {"links": len(links)}, course=course_id, at=now)
    return links


def _link(session: Session, person_id: str, now: datetime, language: str) -> str:
    secret = sign_in_links.create(session, person_id, "invitation", now, sign_in_links.INVITATION_LIFETIME)
    return sign_in_links.path_of(secret, language)
