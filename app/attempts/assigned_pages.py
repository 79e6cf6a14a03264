"""The pages of a student's assignment: its items, and each item with the form in which it is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.accounts.account_pages import User
from app.accounts.forms import is_genuine, token_for
from app.attempts.asked import Asked, ask, ask_all
from app.attempts.assigned import AssignedSubmission, submit_assigned
from app.attempts.assigned_result import AssignedResult, item_address
from app.attempts.assigned_view import find_asked, key_texts
from app.attempts.data_code import as_code
from app.attempts.drafts import save_draft
from app.attempts.exercise_view import FieldView, Refusal, field_views, tone
from app.attempts.form_answers import Reading, idempotency_key, raw_answers, read_back
from app.attempts.grade_models import Draft, ItemGrade
from app.attempts.item_settings import adjusted
from app.attempts.overrides import grade_of
from app.attempts.queries import list_own
from app.attempts.release import Released
from app.attempts.service import service_of
from app.core import errors
from app.core.forms import read_form
from app.core.i18n import environment
from app.core.ids import new_id
from app.core.pages import render
from app.core.writer import WriterError
from app.courses.deadlines import Window
from app.courses.models import Assignment, Course
from app.courses.roles import assignment_for
from app.courses.routes import known
from problems.catalogue import find
from problems.grading import UnreadableAnswersError
from problems.problem import Problem
from problems.reading import FormatError
from problems.text import Language
from problems.variant import Variant

router = APIRouter(include_in_schema=False)

ASSIGNMENT = "/{language:language}/assignments/{assignment_id}"
ITEM = ASSIGNMENT + "/items/{item_id}"
SAVE = "save"


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item in the list of an assignment, with what its student may know of the grade."""

    asked: Asked
    grade: ItemGrade | None
    shown: Released

    @property
    def problem(self) -> Problem[Any]:
        return find(self.asked.item.problem)

    @property
    def score(self) -> float | None:
        return self.grade.score if self.grade is not None and self.shown.correctness else None


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
        if any(not row.shown.correctness for row in known_rows):
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
    known(assignment_id, errors.UnknownAssignmentError)

    def look(session: Session) -> AssignmentView:
        seen = assignment_for(session, assignment_id, user)
        asked = ask_all(session, seen.assignment, seen.course, seen.role, user.person_id or "")
        if seen.role == "student" and asked:
            try:
                asked[0].require_seen(now)
            except errors.AssignmentLockedError:
                return AssignmentView(seen.assignment, seen.course, is_staff=False, rows=(), now=now, is_locked=True)
        rows = [ItemRow(each, grade_of(session, each.item.id, each.person_id), each.released(now)) for each in asked]
        return AssignmentView(seen.assignment, seen.course, is_staff=seen.role != "student", rows=rows, now=now)

    view = await service_of(request).database.read(look)
    token, is_wrong = token_for(request, user), bool(password)
    return render(request, language, "assignment.html", section="courses", view=view, token=token, is_wrong=is_wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One item as its student answers it; `attempts` are all of theirs, the newest last."""

    asked: Asked
    variant: Variant[Any]
    grade: ItemGrade | None
    draft: Draft | None
    attempts: Sequence[AssignedResult]
    views: tuple[FieldView, ...]
    now: datetime
    token: str
    key: str
    refusal: Refusal | None = None
    repeated: bool = False
    saved: bool = False

    @property
    def problem(self) -> Problem[Any]:
        return self.variant.problem

    @property
    def attempt(self) -> AssignedResult | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def released(self) -> Released:
        return self.asked.released(self.now)

    @property
    def score(self) -> float | None:
        return self.grade.score if self.grade is not None and self.released.correctness else None

    @property
    def phase(self) -> str:
        return self.asked.window.phase(self.now)

    @property
    def may_answer(self) -> bool:
        return self.asked.role == "student" and self.phase in {"open", "late"} and self.asked.attempts_left != 0

    @property
    def tone(self) -> str:
        return "ok" if self.attempt is None else tone(self.attempt.score, correct=self.attempt.correct)

    @property
    def code(self) -> tuple[tuple[str, str], ...]:
        return as_code(self.variant.parameters)

    @property
    def keys(self) -> Mapping[str, str]:
        return key_texts(self.asked, self.variant) if self.released.key else {}

    def address(self, language: Language) -> str:
        return item_address(language, self.asked.assignment.id, self.asked.item.id)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a route adds to the page: answers that were sent, and why they were not taken."""

    answers: Mapping[str, Any] | None = None
    refusal: Refusal | None = None
    faults: Mapping[str, FormatError] = field(default_factory=dict)
    repeated: bool = False
    saved: bool = False


@router.get(ITEM)
async def show_item(
    request: Request,
    user: User,
    language: Language,
    assignment_id: str,
    item_id: str,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    shown = _Shown(repeated=done == "repeated", saved=done == "saved")
    return await _show(request, user, language, (assignment_id, item_id), shown)


async def _show(
    request: Request, user: User, language: Language, place: tuple[str, str], shown: _Shown, *, status: int = 200
) -> Response:
    service, now = service_of(request), request.state.received_at
    assignment_id, item_id = (known(each, errors.UnknownAssignmentError) for each in place)

    def look(session: Session) -> tuple[Asked, ItemGrade | None, Draft | None, list[AssignedResult]]:
        asked, grade, draft = find_asked(session, item_id, user, assignment_id, now)
        return asked, grade, draft, list_own(session, item_id, asked.person_id, now)

    asked, grade, draft, attempts = await service.database.read(look)
    served = await service.variants.get(asked.problem, asked.seed)
    variant = adjusted(served.variant, asked.form, asked.settings)
    view = ItemView(
        asked=asked,
        variant=variant,
        grade=grade,
        draft=draft,
        attempts=attempts,
        views=_views(variant, asked, shown, draft, attempts),
        now=now,
        token=token_for(request, user),
        key=new_id(),
        refusal=shown.refusal,
        repeated=shown.repeated,
        saved=shown.saved,
    )
    return render(request, language, "assigned_exercise.html", status=status, section="courses", exercise=view)


def _views(
    variant: Variant[Any], asked: Asked, shown: _Shown, draft: Draft | None, attempts: Sequence[AssignedResult]
) -> tuple[FieldView, ...]:
    """The fields with what was sent in them, else with the draft, else with the newest attempt and its result."""
    fields = variant.fields(asked.form)
    if shown.answers is not None:
        return field_views(fields, shown.answers, faults=shown.faults)
    if draft is not None:
        return field_views(fields, draft.answers)
    if attempts:
        return field_views(fields, attempts[-1].answers, grades=attempts[-1].fields)
    return field_views(fields, {})


@router.post(ITEM)
async def answer_item(request: Request, user: User, language: Language, assignment_id: str, item_id: str) -> Response:
    """Take the answer, or keep it as a draft; what could not be taken stays in the form."""
    place = (assignment_id, item_id)
    sent = await read_form(request)
    answers = await _answers(request, user, place, sent)
    if not is_genuine(request, user, sent):
        return await _show(request, user, language, place, _Shown(answers, refusal="token"))
    address = item_address(language, assignment_id, item_id)
    service, now = service_of(request), request.state.received_at
    if sent.get("action") == SAVE:
        await service.writer.write(lambda session: save_draft(session, item_id, user, answers, now))
        return RedirectResponse(f"{address}?done=saved", 303)
    submission = AssignedSubmission(
        assignment_id=assignment_id,
        item_id=item_id,
        answers=answers,
        received_at=now,
        principal=user,
        idempotency_key=idempotency_key(str(sent.get("key", "")), answers),
    )
    try:
        submitted = await submit_assigned(service, submission)
    except UnreadableAnswersError as unreadable:
        shown = _Shown(answers, refusal="unreadable", faults=unreadable.errors)
        return await _show(request, user, language, place, shown)
    except (WriterError, errors.UnavailableError):
        return await _show(request, user, language, place, _Shown(answers, refusal="busy"), status=503)
    except errors.GradingFailedError:
        return RedirectResponse(f"{address}#summary", 303)
    return RedirectResponse(f"{address}{'?done=repeated' if submitted.repeated else ''}#summary", 303)


async def _asked_variant(request: Request, user: User, place: tuple[str, str]) -> tuple[Asked, Variant[Any]]:
    assignment_id, item_id = (known(each, errors.UnknownAssignmentError) for each in place)
    service = service_of(request)
    asked = await service.database.read(ask, item_id, user, assignment_id=assignment_id)
    asked.require_seen(request.state.received_at)
    served = await service.variants.get(asked.problem, asked.seed)
    return asked, adjusted(served.variant, asked.form, asked.settings)


async def _answers(request: Request, user: User, place: tuple[str, str], sent: FormData) -> dict[str, Any]:
    asked, variant = await _asked_variant(request, user, place)
    return raw_answers(variant.fields(asked.form), sent)


@router.get(ITEM + "/preview")
async def preview(request: Request, user: User, language: Language, assignment_id: str, item_id: str) -> Response:
    """How an answer that is being typed would be read, as a piece of HTML; empty while boxes are."""
    asked, variant = await _asked_variant(request, user, (assignment_id, item_id))
    fields = [each for each in variant.fields(asked.form) if each.name in request.query_params]
    reading = read_back(fields[0], request.query_params) if fields else Reading()
    html = environment(language).get_template("preview.html").render(reading=reading)
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})
