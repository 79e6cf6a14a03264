"""Everything about one person, in parts: for themself, for administrators, and of one course for those who teach it.

A part is a list; it is read some hundreds of rows at a time, so that a person with a hundred thousand attempts costs no
more memory than one with ten. Themself and administrators get what the release policies let the person see; those who
teach get their course whole. Nobody gets keys, seeds of assignments, or what opens a door.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import QueryableAttribute, Session

from app.accounts import audit, people
from app.accounts.guests import identities
from app.accounts.models import ApiToken, AuditEntry, Person, SignInLink, SignInSession
from app.accounts.schemas import person_json
from app.attempts.asked import Asked, asked_of
from app.attempts.grade_models import Draft, ItemGrade, OpenedHint, Override
from app.attempts.queries import list_from
from app.core.errors import UnknownPersonError
from app.courses.enrolments import find_enrolment
from app.courses.models import Assignment, Course, Enrolment, Extension, Invitation, Item

CHUNK = 500
GRADING = ("grade.", "regrade.", "item.", "assignment.")
"""Actions whose details tell of points and keys, which may not be released."""

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whose data, as of when; of one course, and whole, or of all as far as it is released to the person."""

    person_id: str
    now: datetime
    course_id: str | None = None

    @property
    def whole(self) -> bool:
        return self.course_id is not None

    def items(self) -> Select[str]:
        """The items of the course."""
        of_course = Assignment.course_id == self.course_id
        return select(Item.id).join(Assignment, Assignment.id == Item.assignment_id).where(of_course)

    def of(self, items: QueryableAttribute[str]) -> ColumnElement[bool]:
        """Whether a row at an item is wanted."""
        return items.in_(self.items()) if self.whole else items.is_not(None)


Read: TypeAlias = Callable[[Session, Wanted, str], tuple[list[Row], str]]
"""The rows after a position (``""`` is the start), and the position to go on from; ``""`` when these are the last."""

_contributed: dict[str, Callable[[Session, str], Sequence[Row]]] = {}


def contribute(name: str, read: Callable[[Session, str], Sequence[Row]]) -> None:
    """Let a package above add a part of its own, of few rows, to what a person gets of themself."""
    _contributed[name] = read


def account(session: Session, wanted: Wanted) -> Row:
    """Who it is; raises UnknownPersonError, also for somebody who never took part in the course."""
    person = people.get(session, wanted.person_id)
    if wanted.course_id is not None:
        if find_enrolment(session, wanted.course_id, person.id) is None:
            raise UnknownPersonError("Nobody with this id takes part in the course.")
        return {"id": person.id, "name": person.name, "email": person.email}
    guests = list(session.scalars(select(Person.id).where(Person.claimed_by == person.id)))
    return person_json(person) | {"guests": guests}


def parts(wanted: Wanted) -> Mapping[str, Read]:
    """The parts by their names, in order."""
    of_course: dict[str, Read] = {
        "enrolments": _enrolments,
        "extensions": _extensions,
        "grades": _grades,
        "overrides": _overrides,
        "hints": _hints,
        "attempts": _attempts,
        "audit": _audit,
    }
    if wanted.whole:
        return of_course
    others: dict[str, Read] = {name: _simple(read) for name, read in _contributed.items()}
    mine = {"sessions": SignInSession, "tokens": ApiToken, "links": SignInLink}
    doors = {name: _simple(_shown(table, *COLUMNS[name])) for name, table in mine.items()}
    return doors | {"invitations": _simple(_invitations), "drafts": _drafts} | of_course | others


COLUMNS = {
    "sessions": ("created_at", "last_seen_at", "expires_at", "user_agent"),
    "tokens": ("id", "name", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at"),
    "links": ("purpose", "created_at", "expires_at", "used_at"),
}
"""What is told of sessions, tokens and links: never what opens anything."""


def _simple(read: Callable[[Session, str], Sequence[Row]]) -> Read:
    return lambda session, wanted, _after: (list(read(session, wanted.person_id)), "")


def _shown(table: Any, *names: str) -> Callable[[Session, str], Sequence[Row]]:
    def read(session: Session, person_id: str) -> Sequence[Row]:
        found = session.scalars(select(table).where(table.person_id == person_id).order_by(table.created_at))
        return [{name: getattr(each, name) for name in names} for each in found]

    return read


def _invitations(session: Session, person_id: str) -> Sequence[Row]:
    """Those to the person's address."""
    names = ("course_id", "role", "section", "email", "created_at", "expires_at", "revoked_at")
    address = select(Person.email).where(Person.id == person_id).scalar_subquery()
    found = session.scalars(select(Invitation).where(Invitation.email == address).order_by(Invitation.id))
    return [{name: getattr(each, name) for name in names} for each in found]


def _enrolments(session: Session, wanted: Wanted, _after: str) -> tuple[list[Row], str]:
    query = select(Enrolment, Course.title).join(Course, Course.id == Enrolment.course_id)
    query = query.where(Enrolment.person_id == wanted.person_id).order_by(Enrolment.id)
    if wanted.course_id is not None:
        query = query.where(Enrolment.course_id == wanted.course_id)
    names = ("id", "course_id", "role", "section", "student_number", "created_at", "ended_at")
    return [
        {name: getattr(each, name) for name in names} | {"course": title} for each, title in session.execute(query)
    ], ""


def _extensions(session: Session, wanted: Wanted, _after: str) -> tuple[list[Row], str]:
    """One's own; those of a whole section tell nothing about one person."""
    names = ("assignment_id", "due_at", "closes_at", "extra_attempts", "reason", "created_at")
    query = select(Extension).where(Extension.person_id == wanted.person_id).order_by(Extension.id)
    if wanted.course_id is not None:
        of_course = select(Assignment.id).where(Assignment.course_id == wanted.course_id)
        query = query.where(Extension.assignment_id.in_(of_course))
    return [{name: getattr(each, name) for name in names} for each in session.scalars(query)], ""


class _Places:
    """The items of a chunk as the person has them, each asked once."""

    def __init__(self, session: Session, wanted: Wanted) -> None:
        self._session, self._wanted = session, wanted
        self._asked: dict[str, Asked] = {}

    def named(self, item_id: str) -> Row:
        asked = self._of(item_id)
        return {
            "course": asked.course.title,
            "assignment_id": asked.assignment.id,
            "assignment": asked.assignment.title,
            "item_id": item_id,
            "position": asked.item.position,
            "problem": asked.item.problem,
            "points": asked.item.points,
        }

    def is_shown(self, item_id: str) -> bool:
        """Whether points may be told: they say whether the answer is right."""
        return self._wanted.whole or self._of(item_id).points_released(self._wanted.now)

    def _of(self, item_id: str) -> Asked:
        if item_id not in self._asked:
            self._asked[item_id] = asked_of(self._session, item_id, self._wanted.person_id)
        return self._asked[item_id]


def _grades(session: Session, wanted: Wanted, after: str) -> tuple[list[Row], str]:
    query = select(ItemGrade).where(ItemGrade.person_id == wanted.person_id, ItemGrade.item_id > after)
    query = query.where(wanted.of(ItemGrade.item_id)).order_by(ItemGrade.item_id).limit(CHUNK)
    places, rows = _Places(session, wanted), []
    for each in session.scalars(query).all():
        shown = places.is_shown(each.item_id)
        rows.append(
            places.named(each.item_id)
            | {name: getattr(each, name) for name in ("status", "late", "attempts", "last_activity")}
            | {"released": shown, "score": each.score if shown else None}
            | {"overridden": each.overridden if shown else None}
        )
    return rows, _next(rows, "item_id")


def _overrides(session: Session, wanted: Wanted, after: str) -> tuple[list[Row], str]:
    query = select(Override).where(Override.person_id == wanted.person_id, Override.id > int(after or 0))
    query = query.where(wanted.of(Override.item_id)).order_by(Override.id).limit(CHUNK)
    places, rows = _Places(session, wanted), []
    for each in session.scalars(query).all():
        shown = places.is_shown(each.item_id)
        told = {"points_given": each.points, "reason": each.reason} if shown else {"points_given": None, "reason": None}
        rows.append(places.named(each.item_id) | {"id": each.id, "at": each.at, "released": shown} | told)
    return rows, _next(rows, "id")


def _drafts(session: Session, wanted: Wanted, after: str) -> tuple[list[Row], str]:
    query = select(Draft).where(Draft.person_id == wanted.person_id, Draft.item_id > after)
    found = session.scalars(query.order_by(Draft.item_id).limit(CHUNK))
    rows = [{name: getattr(each, name) for name in ("item_id", "answers", "updated_at")} for each in found]
    return rows, _next(rows, "item_id")


def _hints(session: Session, wanted: Wanted, _after: str) -> tuple[list[Row], str]:
    names = ("item_id", "number", "cost", "opened_at")
    query = select(OpenedHint).where(OpenedHint.person_id == wanted.person_id, wanted.of(OpenedHint.item_id))
    found = session.scalars(query.order_by(OpenedHint.item_id, OpenedHint.number))
    return [{name: getattr(each, name) for name in names} for each in found], ""


def _attempts(session: Session, wanted: Wanted, after: str) -> tuple[list[Row], str]:
    """One identity after another, each by the index that holds its attempts in order; positions name both."""
    identity, _, last = after.partition("|")
    ids = sorted(session.scalars(identities(wanted.person_id)))
    for id_ in (each for each in ids if each >= identity):
        within = last if id_ == identity else ""
        items = wanted.items() if wanted.whole else None
        found = list_from(session, id_, wanted.now, after=within, limit=CHUNK, items=items)
        if found:
            return [each.as_json() for each in found], f"{id_}|{found[-1].id}"
    return [], ""


def _audit(session: Session, wanted: Wanted, after: str) -> tuple[list[Row], str]:
    """What they did, and what was done to them or their enrolments."""
    enrolments = list(session.scalars(select(Enrolment.id).where(Enrolment.person_id == wanted.person_id)))
    about = or_(audit.concerns(wanted.person_id), AuditEntry.subject.in_(enrolments))
    query = select(AuditEntry).where(about, AuditEntry.id > int(after or 0)).order_by(AuditEntry.id).limit(CHUNK)
    if wanted.course_id is not None:
        query = query.where(AuditEntry.course_id == wanted.course_id)
    rows = [_entry(each, wanted) for each in session.scalars(query)]
    return rows, _next(rows, "id")


def _entry(entry: AuditEntry, wanted: Wanted) -> Row:
    told = {name: getattr(entry, name) for name in ("id", "at", "action", "subject")}
    told |= {"course_id": entry.course_id, "by_themself": entry.actor_id == wanted.person_id}
    hidden = not wanted.whole and entry.action.startswith(GRADING)
    return told | {"detail": None if hidden else entry.detail}


def _next(rows: Sequence[Row], name: str) -> str:
    return str(rows[-1][name]) if len(rows) == CHUNK else ""
