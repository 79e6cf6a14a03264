"""The page of an assignment as its student has it: items with attempts and points, or a question for the password."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.account_pages import User
from app.accounts.forms import token_for
from app.attempts.asked import Asked, ask_all
from app.attempts.grade_models import ItemGrade
from app.attempts.overrides import grade_of
from app.attempts.service import service_of
from app.core import errors
from app.core.pages import render
from app.courses.deadlines import Window
from app.courses.models import Assignment, Course
from app.courses.roles import assignment_for
from app.courses.routes import known_assignment
from problems.catalogue import find
from problems.problem import Problem
from problems.text import Language

router = APIRouter(include_in_schema=False)

ASSIGNMENT = "/{language:language}/assignments/{assignment_id}"


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item in the list of an assignment, with what its student may know of the grade."""

    asked: Asked
    grade: ItemGrade | None
    is_released: bool

    @property
    def problem(self) -> Problem[Any]:
        return find(self.asked.item.problem)

    @property
    def score(self) -> float | None:
        return self.grade.score if self.grade is not None and self.is_released else None


@dataclass(frozen=True, slots=True)
class AssignmentView:
    assignment: Assignment
    course: Course
    is_staff: bool
    rows: Sequence[ItemRow]
    now: datetime
    is_locked: bool = False

    @property
    def window(self) -> Window | None:
        return self.rows[0].asked.window if self.rows else None

    @property
    def points(self) -> float:
        return sum(row.asked.item.points for row in self.rows if row.asked.item.award != "void")

    @property
    def score(self) -> float | None:
        """The points so far; None while any of them is not released."""
        known_rows = [row for row in self.rows if row.grade is not None]
        if any(not row.is_released for row in known_rows):
            return None
        return sum(row.score or 0.0 for row in known_rows)


@router.get(ASSIGNMENT)
async def show_assignment(
    request: Request,
    user: User,
    language: Language,
    assignment_id: str,
    password: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The items, or the question for the password."""
    now = request.state.received_at
    known_assignment(assignment_id)

    def look(session: Session) -> AssignmentView:
        seen = assignment_for(session, assignment_id, user)
        asked = ask_all(session, seen.assignment, seen.course, seen.role, user.person_id or "")
        if seen.role == "student" and asked:
            try:
                asked[0].require_seen(now)
            except errors.AssignmentLockedError:
                return AssignmentView(seen.assignment, seen.course, is_staff=False, rows=(), now=now, is_locked=True)
        rows = [
            ItemRow(each, grade_of(session, each.item.id, each.person_id), each.points_released(now)) for each in asked
        ]
        return AssignmentView(seen.assignment, seen.course, is_staff=seen.role != "student", rows=rows, now=now)

    view = await service_of(request).database.read(look)
    token, is_wrong = token_for(request, user), bool(password)
    return render(request, language, "assignment.html", section="courses", view=view, token=token, is_wrong=is_wrong)
