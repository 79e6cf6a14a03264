"""The pages from which questions are taken into another system: a form, and the file that it asks for."""

from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.account_pages import User
from app.core.errors import Fault, InvalidRequestError
from app.core.pages import render
from app.core.service import service_of
from app.courses.roles import STAFF, assignment_for
from app.courses.routes import known_assignment
from app.exports import making, order
from app.exports.api import Forms, Languages, download, export_assignment, export_problem, require_teacher
from app.exports.making import Format
from problems import find
from problems.text import Language, Text

router = APIRouter(include_in_schema=False)

Seeds = Annotated[str, Query(max_length=400)]
FormatName = Annotated[Format, Query(alias="format")]

CHOICES: dict[str, Any] = {
    "formats": get_args(Format),
    "languages": get_args(Languages),
    "forms": get_args(Forms),
    "most_variants": order.MOST_VARIANTS,
    "most_questions": making.MOST_QUESTIONS,
}


BLANK: dict[str, Any] = {"format": "moodle-xml", "seeds": "1-5", "variants": 5, "form": None, "figures": "yes"}
"""What stands in a form that nobody has filled in; the questions are in the language of the page."""

_COUNT = Text(
    f"A whole number of variants is needed, from 1 to {order.MOST_VARIANTS}.",
    f"变式数应为 1 到 {order.MOST_VARIANTS} 之间的整数。",
)


@router.get("/{language:language}/problems/{problem_id}/export")
async def show_problem_form(request: Request, user: User, language: Language, problem_id: str) -> Response:
    find(problem_id)
    await require_teacher(request, user)
    return _form(request, language, problem_id, {})


@router.get("/{language:language}/problems/{problem_id}/export/file")
async def export_from_problem(
    request: Request,
    user: User,
    language: Language,
    problem_id: str,
    format_: FormatName = "moodle-xml",
    seeds: Seeds = "1-5",
    form: Forms | None = None,
    languages: Languages = "en",
    figures: str = "",
) -> Response:
    """The file, or the form again with what is wrong in it. A box that is not ticked is not sent."""
    given = {"format": format_, "seeds": seeds, "form": form, "languages": languages, "figures": figures}
    try:
        wish = {"format_": format_, "languages": languages, "figures": bool(figures)}
        return download(await export_problem(request, user, problem_id, seeds, form, **wish))
    except InvalidRequestError as error:
        return _form(request, language, problem_id, given, error)


def _form(
    request: Request,
    language: Language,
    problem_id: str,
    given: dict[str, Any],
    error: InvalidRequestError | None = None,
) -> Response:
    return render(
        request,
        language,
        "export.html",
        section="exercises",
        status=error.status if error else 200,
        problem=find(problem_id),
        assignment=None,
        error=error,
        given=BLANK | {"languages": language} | given,
        **CHOICES,
    )


@router.get("/{language:language}/assignments/{assignment_id}/export")
async def show_assignment_form(request: Request, user: User, language: Language, assignment_id: str) -> Response:
    return await _assignment_form(request, user, language, assignment_id, {})


@router.get("/{language:language}/assignments/{assignment_id}/export/file")
async def export_from_assignment(
    request: Request,
    user: User,
    language: Language,
    assignment_id: str,
    format_: FormatName = "moodle-xml",
    variants: Annotated[str, Query(max_length=20)] = "5",
    languages: Languages = "en",
    figures: str = "",
) -> Response:
    """As `export_from_problem`."""
    given = {"format": format_, "variants": variants, "languages": languages, "figures": figures}
    try:
        wish = {"format_": format_, "languages": languages, "figures": bool(figures)}
        return download(await export_assignment(request, user, assignment_id, _count(variants), **wish))
    except InvalidRequestError as error:
        return await _assignment_form(request, user, language, assignment_id, given, error)


def _count(text: str) -> int:
    """How many variants somebody asks for; raises `InvalidRequestError`."""
    if text.isdecimal() and 1 <= int(text) <= order.MOST_VARIANTS:
        return int(text)
    raise InvalidRequestError(_COUNT.en, [Fault(_COUNT, parameter="query/variants")])


async def _assignment_form(
    request: Request,
    user: User,
    language: Language,
    assignment_id: str,
    given: dict[str, Any],
    error: InvalidRequestError | None = None,
) -> Response:
    id_ = known_assignment(assignment_id)

    def read(session: Session) -> tuple[Any, Any]:
        seen = assignment_for(session, id_, user, STAFF)
        return seen.assignment, seen.course

    assignment, course = await service_of(request).database.read(read)
    return render(
        request,
        language,
        "export.html",
        section="courses",
        status=error.status if error else 200,
        problem=None,
        assignment=assignment,
        course=course,
        error=error,
        given=BLANK | {"languages": language} | given,
        **CHOICES,
    )
