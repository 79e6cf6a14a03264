"""The pages of practice: the catalogue, an exercise, one's own attempts. They translate; the rules lie elsewhere."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.accounts.access import Caller, Principal
from app.accounts.forms import Visitor, is_genuine, token_for, welcome
from app.attempts.assigned_result import AssignedResult, item_address
from app.attempts.exercise_view import ExerciseView, Refusal, TraceView, exercise_address, field_views
from app.attempts.form_answers import Reading, idempotency_key, raw_answers, read_back
from app.attempts.progress import Best, best_results
from app.attempts.queries import find_attempt, list_attempts
from app.attempts.result import AttemptResult
from app.attempts.service import Service, service_of
from app.attempts.submit import Submission, submit
from app.core.errors import GradingFailedError, UnavailableError, UnknownAttemptError
from app.core.forms import read_form
from app.core.i18n import environment
from app.core.ids import known, new_id
from app.core.pages import language_of, render
from app.core.pagination import Cursor, decode_id, next_cursor
from app.core.writer import WriterError
from app.courses.courses import may_create
from problems.catalogue import catalogue, find
from problems.grading import UnreadableAnswersError
from problems.problem import Form, Problem
from problems.reading import FormatError
from problems.text import Language, Text
from problems.variant import Variant

router = APIRouter(include_in_schema=False)

LATEST = 25  # attempts on one page of the list
FRIENDLY_SEEDS = 999_999  # "another variant" is one of so many, to keep its address short

Seed = Annotated[int, Query(lt=2**63)]


@router.get("/")
async def choose_language(request: Request) -> Response:
    return RedirectResponse(f"/{language_of(request)}", 303, {"Vary": "Accept-Language", "Cache-Control": "no-cache"})


@router.get("/{language:language}")
@router.get("/{language:language}/")
@router.get("/{language:language}/problems")
async def show_catalogue(request: Request, caller: Caller, language: Language) -> Response:
    best = await service_of(request).database.read(best_results, caller.person_id)
    entries = [_Entry(problem, best.get(problem.id)) for problem in catalogue().values()]
    sets = [_Set(name, list(group)) for name, group in groupby(entries, key=lambda entry: entry.problem.set)]
    return render(request, language, "catalogue.html", section="exercises", sets=sets)


@dataclass(frozen=True, slots=True)
class _Entry:
    problem: Problem[Any]
    best: Best | None

    @property
    def forms(self) -> set[Form]:
        """Those of the printed exercise and of the variants: a symbolic exercise can be typed only in its variants."""
        return {*self.problem.forms(0), *self.problem.forms(1)}

    @property
    def kind(self) -> str:
        """The kind of the first field of the printed exercise."""
        return self.problem.fields(self.problem.printed)[0].kind.name


@dataclass(frozen=True, slots=True)
class _Set:
    id: str
    entries: list[_Entry]


@router.get("/{language:language}/about")
async def show_about(request: Request, _caller: Caller, language: Language) -> Response:
    return render(request, language, "about.html")


@router.get("/{language:language}/problems/{problem_id}")
async def show_exercise(
    request: Request, visitor: Visitor, language: Language, problem_id: str, seed: Seed = 0, form: Form | None = None
) -> Response:
    service = service_of(request)
    variant = (await service.variants.get(find(problem_id), seed)).variant
    return await show(request, visitor, language, Shown(variant, form or variant.forms[0]))


@router.post("/{language:language}/problems/{problem_id}")
async def check_answer(
    request: Request, visitor: Visitor, language: Language, problem_id: str, seed: Seed = 0, form: Form | None = None
) -> Response:
    """Grade and store, then send the browser to the attempt; or the same page again, with what was entered kept."""
    service = service_of(request)
    variant = (await service.variants.get(find(problem_id), seed)).variant
    form = form or variant.forms[0]
    fields = variant.fields(form)
    sent = await read_form(request)
    answers = raw_answers(fields, sent)
    if not is_genuine(request, visitor, sent):
        return await show(request, visitor, language, Shown(variant, form, answers, refusal="token"))
    submission = Submission(
        problem=variant.problem,
        seed=seed,
        form=form,
        answers=answers,
        received_at=request.state.received_at,
        person=visitor.person_id,
        is_user=visitor.is_user,
        idempotency_key=idempotency_key(str(sent.get("key", "")), answers),
    )
    try:
        attempt_id = (await submit(service, submission)).id
    except UnreadableAnswersError as unreadable:
        shown = Shown(variant, form, answers, refusal="unreadable", faults=unreadable.errors)
        return await show(request, visitor, language, shown)
    except (WriterError, UnavailableError):
        return await show(request, visitor, language, Shown(variant, form, answers, refusal="busy"), status=503)
    except GradingFailedError as failed:
        attempt_id = failed.members["attempt"]
    response = RedirectResponse(f"/{language}/attempts/{attempt_id}", 303)
    welcome(request, response, visitor)
    return response


@router.get("/{language:language}/problems/{problem_id}/another")
async def deal_another(language: Language, problem_id: str, form: Form | None = None) -> Response:
    seed = 1 + secrets.randbelow(FRIENDLY_SEEDS)
    address = exercise_address(language, find(problem_id).id, seed, form)
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})


@router.get("/{language:language}/problems/{problem_id}/preview")
async def preview(
    request: Request, language: Language, problem_id: str, seed: Seed = 0, form: Form | None = None
) -> Response:
    """How an answer that is being typed would be read, as a piece of HTML; empty while boxes are."""
    variant = (await service_of(request).variants.get(find(problem_id), seed)).variant
    fields = [each for each in variant.fields(form or variant.forms[0]) if each.name in request.query_params]
    reading = read_back(fields[0], request.query_params) if fields else Reading()
    html = environment(language).get_template("preview.html").render(reading=reading)
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


@router.get("/{language:language}/attempts")
async def show_attempts(request: Request, caller: Caller, language: Language, cursor: Cursor = None) -> Response:
    before = decode_id(cursor)
    found = await service_of(request).database.read(
        list_attempts, caller.person_id, request.state.received_at, limit=LATEST + 1, before=before
    )
    return render(
        request,
        language,
        "attempts.html",
        section="attempts",
        attempts=[_Listed(attempt) for attempt in found[:LATEST]],
        older=next_cursor(found, LATEST, lambda each: each.id),
        is_first=cursor is None,
    )


@dataclass(frozen=True, slots=True)
class _Listed:
    attempt: AttemptResult

    @property
    def title(self) -> Text | None:
        problem = catalogue().get(self.attempt.problem)
        return problem.page.title if problem else None

    @property
    def read_as(self) -> str:
        return "; ".join(each["read_as"] for each in self.attempt.fields)


@router.get("/{language:language}/attempts/{attempt_id}")
async def show_attempt(request: Request, visitor: Visitor, language: Language, attempt_id: str) -> Response:
    service, id_ = service_of(request), known(attempt_id, UnknownAttemptError)
    attempt = await service.database.read(find_attempt, id_, visitor.person_id, request.state.received_at)
    if attempt is None:
        raise UnknownAttemptError
    if isinstance(attempt, AssignedResult):
        return RedirectResponse(item_address(language, attempt.assignment, attempt.item), 303)
    # An attempt keeps the variant that it answered, whatever version of the exercise is served by now.
    problem = replace(find(attempt.problem), version=attempt.version)
    variant = (await service.variants.get(problem, attempt.seed)).variant
    shown = Shown(variant, "choice" if attempt.form == "choice" else "open", attempt.answers, attempt=attempt)
    return await show(request, visitor, language, shown)


@dataclass(frozen=True, slots=True)
class Shown:
    """An exercise page as far as a route knows it; `show` adds what belongs to the person."""

    variant: Variant[Any]
    form: Form
    answers: Mapping[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None
    faults: Mapping[str, FormatError] = field(default_factory=dict)
    attempt: AttemptResult | None = None


async def show(
    request: Request,
    visitor: Principal,
    language: Language,
    shown: Shown,
    *,
    status: int = 200,
    trace: TraceView | None = None,
) -> Response:
    service: Service = service_of(request)
    best: dict[str, Best] = {}
    teaches = visitor.is_user and await service.database.read(may_create, visitor)
    if not visitor.is_new and status < 500:
        best = await service.database.read(best_results, visitor.person_id)
    exercise = ExerciseView(
        variant=shown.variant,
        form=shown.form,
        views=field_views(
            shown.variant.fields(shown.form),
            shown.answers,
            faults=shown.faults,
            grades=shown.attempt.fields if shown.attempt else (),
        ),
        token=token_for(request, visitor),
        key=new_id(),
        may_answer=visitor.is_user or service.settings.guest_practice,
        best=best.get(shown.variant.problem.id),
        attempt=shown.attempt,
        refusal=shown.refusal,
        trace=trace or TraceView(),
    )
    response = render(
        request,
        language,
        "exercise.html",
        status=status,
        section="exercises",
        exercise=exercise,
        teaches=teaches,
    )
    if status >= 500:
        response.headers["Retry-After"] = "2"
    if visitor.is_new:
        welcome(request, response, visitor)
    return response
