"""The page of one item of an assignment, on which a student answers it; drafts, and how an answer would be read."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.accounts.account_pages import User
from app.accounts.forms import is_genuine, token_for
from app.accounts.guests import guests_of
from app.attempts.asked import Asked, ask
from app.attempts.assigned import AssignedSubmission, submit_assigned
from app.attempts.assigned_pages import ASSIGNMENT
from app.attempts.assigned_result import AssignedResult, item_address
from app.attempts.assigned_view import find_asked
from app.attempts.drafts import save_draft
from app.attempts.exercise_view import Refusal, field_views
from app.attempts.form_answers import Reading, idempotency_key, raw_answers, read_back
from app.attempts.grade_models import Draft, ItemGrade
from app.attempts.hints import hints_of, opened_by
from app.attempts.item_settings import adjusted
from app.attempts.item_view import ItemView, run_view
from app.attempts.queries import list_own
from app.attempts.service import service_of
from app.attempts.solutions import Solution
from app.core import errors
from app.core.forms import read_form
from app.core.i18n import environment
from app.core.ids import new_id
from app.core.pages import render
from app.core.writer import WriterError
from app.courses.routes import known_assignment
from problems.grading import UnreadableAnswersError
from problems.reading import FormatError
from problems.text import Language
from problems.trace_kind import TRACE, trace_of
from problems.variant import Variant

router = APIRouter(include_in_schema=False)

ITEM = ASSIGNMENT + "/items/{item_id}"
SAVE = "save"


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
    assignment_id, item_id = (known_assignment(each) for each in place)

    def look(session: Session) -> tuple[Asked, ItemGrade | None, Draft | None, list[AssignedResult], frozenset[int]]:
        asked, grade, draft = find_asked(session, item_id, user, assignment_id, now)
        opened = opened_by(session, item_id, asked.person_id)
        return asked, grade, draft, list_own(session, item_id, asked.person_id, now), opened

    asked, grade, draft, attempts, opened = await service.database.read(look)
    served = await service.variants.get(asked.problem, asked.seed)
    variant = adjusted(served.variant, asked.form, asked.settings)
    entered = _entered(shown, draft, attempts)
    view = ItemView(
        asked=asked,
        variant=variant,
        grade=grade,
        draft=draft,
        attempts=attempts,
        views=field_views(variant.fields(asked.form), **entered),
        run=run_view(**entered) if trace_of(variant, asked.form) else None,
        hints=hints_of(variant, asked, opened),
        solution=await solution_of(request, asked, variant) if asked.released(now).solution else None,
        now=now,
        token=token_for(request, user),
        key=new_id(),
        refusal=shown.refusal,
        repeated=shown.repeated,
        saved=shown.saved,
    )
    return render(request, language, "assigned_exercise.html", status=status, section="courses", exercise=view)


def _entered(shown: _Shown, draft: Draft | None, attempts: Sequence[AssignedResult]) -> dict[str, Any]:
    """What stands in the fields: what was sent, else the draft, else the newest attempt with its result."""
    if shown.answers is not None:
        return {"answers": shown.answers, "faults": shown.faults}
    if draft is not None:
        return {"answers": draft.answers}
    if attempts:
        return {"answers": attempts[-1].answers, "grades": attempts[-1].fields}
    return {"answers": {}}


@router.post(ITEM)
async def answer_item(request: Request, user: User, language: Language, assignment_id: str, item_id: str) -> Response:
    """Take the answer, or keep it as a draft; what could not be taken stays in the form."""
    place = (assignment_id, item_id)
    sent = await read_form(request)
    answers = await _answers(request, user, place, sent)
    if not is_genuine(request, user, sent):
        return await _show(request, user, language, place, _Shown(answers, refusal="token"))
    address = item_address(language, assignment_id, item_id)
    if sent.get("action") == SAVE:
        return await _save(request, user, language, place, answers)
    submission = AssignedSubmission(
        assignment_id=assignment_id,
        item_id=item_id,
        answers=answers,
        received_at=request.state.received_at,
        principal=user,
        idempotency_key=idempotency_key(str(sent.get("key", "")), answers),
    )
    try:
        submitted = await submit_assigned(service_of(request), submission)
    except UnreadableAnswersError as unreadable:
        shown = _Shown(answers, refusal="unreadable", faults=unreadable.errors)
        return await _show(request, user, language, place, shown)
    except (WriterError, errors.UnavailableError):
        return await _show(request, user, language, place, _Shown(answers, refusal="busy"), status=503)
    except errors.GradingFailedError:
        return RedirectResponse(f"{address}#summary", 303)
    return RedirectResponse(f"{address}{'?done=repeated' if submitted.repeated else ''}#summary", 303)


async def _save(
    request: Request, user: User, language: Language, place: tuple[str, str], answers: Mapping[str, Any]
) -> Response:
    """Keep the answers as a draft."""
    now = request.state.received_at
    try:
        await service_of(request).writer.write(lambda session: save_draft(session, place[1], user, answers, now))
    except errors.ContentTooLargeError:
        return await _show(request, user, language, place, _Shown(answers, refusal="too-large"), status=413)
    return RedirectResponse(f"{item_address(language, *place)}?done=saved", 303)


async def asked_variant(request: Request, user: User, place: tuple[str, str]) -> tuple[Asked, Variant[Any]]:
    assignment_id, item_id = (known_assignment(each) for each in place)
    service = service_of(request)
    asked = await service.database.read(ask, item_id, user, assignment_id=assignment_id)
    asked.require_seen(request.state.received_at)
    served = await service.variants.get(asked.problem, asked.seed)
    return asked, adjusted(served.variant, asked.form, asked.settings)


async def _answers(request: Request, user: User, place: tuple[str, str], sent: FormData) -> dict[str, Any]:
    asked, variant = await asked_variant(request, user, place)
    answers = raw_answers(variant.fields(asked.form), sent)
    pasted = str(sent.get(TRACE, ""))
    if pasted.strip() and trace_of(variant, asked.form):
        answers[TRACE] = pasted
    return answers


@router.get(ITEM + "/preview")
async def preview(request: Request, user: User, language: Language, assignment_id: str, item_id: str) -> Response:
    """How an answer that is being typed would be read, as a piece of HTML; empty while boxes are."""
    asked, variant = await asked_variant(request, user, (assignment_id, item_id))
    fields = [each for each in variant.fields(asked.form) if each.name in request.query_params]
    reading = read_back(fields[0], request.query_params) if fields else Reading()
    html = environment(language).get_template("preview.html").render(reading=reading)
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


async def solution_of(request: Request, asked: Asked, variant: Variant[Any]) -> Solution:
    """The worked solution with its exhibits computed, in a thread: they take some milliseconds."""
    solution = Solution(variant, asked.form, guests_of(request).key)
    await asyncio.to_thread(lambda: solution.exhibits)
    return solution
