"""Keeping grades true to what changes around them: rules, dates, who takes part; and deriving them all again."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.attempts.grade_models import ItemGrade, Override
from app.attempts.grade_queries import GRADES, chunks, parts
from app.attempts.grades import marking_of, refresh
from app.attempts.models import Attempt
from app.courses.changes import ENROLMENT, GRADING, Changed
from app.courses.models import Assignment, Enrolment, Item


def refresh_changed(session: Session, changed: Changed) -> None:
    """What a change that is announced (`app.courses.changes`) makes of the grades of its assignment."""
    if not changed.names & GRADING:
        return
    assignment = session.get_one(Assignment, changed.assignment_id)
    persons = None if changed.persons is None else sorted(changed.persons)
    if persons is None and changed.section is not None:
        enrolled = (Enrolment.course_id == assignment.course_id, Enrolment.section == changed.section)
        persons = list(session.scalars(select(Enrolment.person_id).where(*enrolled)))
    items = session.scalars(select(Item).where(Item.assignment_id == assignment.id).order_by(Item.position)).all()
    graded = _graded_items(session, assignment.id, persons) if changed.names == {ENROLMENT} else None
    for item in items:
        # A class list may bring thousands, and touches no item that gives them nothing and that they have not answered.
        if graded is None or item.award == "full" or item.id in graded:
            refresh(session, marking_of(session, item, assignment, persons=persons), persons, changed.at)


def _graded_items(session: Session, assignment_id: str, persons: list[str] | None) -> set[str]:
    """The items of the assignment at which one of these persons has a grade."""
    items = select(Item.id).where(Item.assignment_id == assignment_id)
    query = select(ItemGrade.item_id).where(ItemGrade.item_id.in_(items)).distinct()
    found: set[str] = set()
    for part in parts(persons):
        found |= set(session.scalars(query if part is None else query.where(ItemGrade.person_id.in_(part))))
    return found


def derive_again(session: Session, item_id: str, now: datetime) -> int:
    """Derive every grade at the item anew, some hundred at a time; how many rows came out otherwise, or were missing.

    There is nothing to mend unless rows were changed by hand, or by a fault of this program.
    """
    item = session.get_one(Item, item_id)
    assignment = session.get_one(Assignment, item.assignment_id)
    differing = 0
    for persons in _everybody(session, item, assignment):
        before = _rows(session, item_id, persons)
        refresh(session, marking_of(session, item, assignment, persons=persons), persons, now)
        after = _rows(session, item_id, persons)
        differing += sum(before.get(person) != after.get(person) for person in persons)
    return differing


def _everybody(session: Session, item: Item, assignment: Assignment) -> list[list[str]]:
    """Who has a grade at the item or ought to have one, in parts, in the order of ids."""
    enrolled = select(Enrolment.person_id).where(Enrolment.course_id == assignment.course_id)
    persons = [
        select(Attempt.person_id).where(Attempt.item_id == item.id),
        select(ItemGrade.person_id).where(ItemGrade.item_id == item.id),
        select(Override.person_id).where(Override.item_id == item.id),
        enrolled if item.award == "full" else None,
    ]
    found: set[str] = set()
    for query in persons:
        if query is not None:
            found |= {person for person in session.scalars(query.distinct()) if person is not None}
    return chunks(sorted(found))


def _rows(session: Session, item_id: str, persons: list[str]) -> dict[str, tuple[object, ...]]:
    """The grades of these persons in all their columns, but for the moment in which they were written."""
    columns = [column for column in GRADES.columns if column.name != "updated_at"]
    query = select(*columns).where(GRADES.c.item_id == item_id, GRADES.c.person_id.in_(persons))
    return {row.person_id: tuple(row) for row in session.execute(query)}
