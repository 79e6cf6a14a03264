"""“Check my run” on the page of an exercise: the same page again, with what was pasted and what is said about it."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts.forms import Visitor
from app.attempts.exercise_view import TraceView
from app.attempts.pages import Seed, Shown, show, show_exercise
from app.attempts.service import service_of
from app.attempts.trace_api import check, traced
from app.core.errors import UnavailableError
from app.core.forms import read_form
from problems.catalogue import find
from problems.problem import Form
from problems.reading import FormatError
from problems.text import Language

router = APIRouter(include_in_schema=False)

PATH = "/{language:language}/problems/{problem_id}/trace"


@router.get(PATH)
async def show_run(
    request: Request, visitor: Visitor, language: Language, problem_id: str, seed: Seed = 0, form: Form | None = None
) -> Response:
    """The exercise alone: what was pasted lives in the page that showed it, and nowhere else."""
    return await show_exercise(request, visitor, language, problem_id, seed, form)


@router.post(PATH)
async def check_run(
    request: Request, visitor: Visitor, language: Language, problem_id: str, seed: Seed = 0, form: Form | None = None
) -> Response:
    """Nothing is stored, so that the form needs no token. What can't be read is told of beside it, with 422."""
    service = service_of(request)
    variant = (await service.variants.get(find(problem_id), seed)).variant
    traced(variant)
    pasted = str((await read_form(request)).get("trace", ""))
    shown = Shown(variant, form or variant.forms[0])
    try:
        view, status = TraceView(pasted, report=await check(service, variant, pasted)), 200
    except FormatError as fault:
        view, status = TraceView(pasted, fault=fault.text), 422
    except UnavailableError:
        view, status = TraceView(pasted, busy=True), 503
    return await show(request, visitor, language, shown, status=status, trace=view)
