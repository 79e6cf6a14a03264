"""Regrades and their previews as JSON, with the names of those whose grades change."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.attempts.grade_models import Regrade
from app.attempts.item_revisions import settings_at
from app.attempts.regrade_plan import Plan, StudentChange
from app.courses.models import Assignment, Enrolment

COUNTED = ("answered", "recomputed", "rescored", "failed", "students")
CHUNK = 500


def counts(summary: Mapping[str, Any]) -> dict[str, int]:
    return {name: summary[name] for name in COUNTED}


def regrade_json(done: Regrade) -> dict[str, Any]:
    return {
        "id": done.id,
        "assignment": done.assignment_id,
        "item": done.item_id,
        "state": done.state,
        "reason": done.reason,
        "by": done.by,
        "at": done.at,
        **counts(done.summary),
    }


def detail_json(session: Session, regrade_id: str) -> dict[str, Any]:
    """A regrade with the settings before and after it, and with whose grades it changed."""
    done = session.get_one(Regrade, regrade_id)
    changes = [StudentChange(*each) for each in done.summary["changes"]]
    return regrade_json(done) | {
        "before": settings_at(session, done.item_id, done.from_revision).settings,
        "after": settings_at(session, done.item_id, done.to_revision).settings,
        "changes": changes_json(session, done.assignment_id, changes),
    }


def plan_json(session: Session, plan: Plan) -> dict[str, Any]:
    return {
        "item": plan.marking.item.id,
        **counts(plan.summary()),
        "before": plan.before.as_json(),
        "after": plan.after.as_json(),
        "changes": changes_json(session, plan.marking.assignment.id, plan.changes),
        "digest": plan.digest,
    }


def changes_json(session: Session, assignment_id: str, changes: Sequence[StudentChange]) -> list[dict[str, Any]]:
    names = _names(session, assignment_id, [each.person_id for each in changes])
    return [
        {
            "person_id": each.person_id,
            "name": names.get(each.person_id, ("", None))[0],
            "student_number": names.get(each.person_id, ("", None))[1],
            "before": each.before,
            "after": each.after,
            "difference": None if each.before is None or each.after is None else each.after - each.before,
            "attempts": [
                {"id": id_, "number": number, "before": before, "after": after}
                for id_, number, before, after in each.attempts
            ],
        }
        for each in changes
    ]


def _names(session: Session, assignment_id: str, persons: Sequence[str]) -> dict[str, tuple[str, str | None]]:
    """Name and student number of each."""
    course = select(Assignment.course_id).where(Assignment.id == assignment_id).scalar_subquery()
    found: dict[str, tuple[str, str | None]] = {}
    for part in _parts(persons):
        rows = session.execute(
            select(Person.id, Person.name, Enrolment.student_number)
            .outerjoin(Enrolment, (Enrolment.person_id == Person.id) & (Enrolment.course_id == course))
            .where(Person.id.in_(part))
        )
        found |= {row.id: (row.name, row.student_number) for row in rows}
    return found


def _parts(persons: Sequence[str]) -> Iterable[Sequence[str]]:
    return (persons[start : start + CHUNK] for start in range(0, len(persons), CHUNK))
