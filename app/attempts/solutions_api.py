"""GET /api/v1/problems/{id}/variants/{seed}/solution… and …/hints, /figures: for practice, where all is released."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from app.accounts.guests import guests_of
from app.attempts.problems_api import CACHEABLE, IfNoneMatch, ProblemId, Seed, VariantForm
from app.attempts.release import PRACTICE, Released, Standing, released
from app.attempts.service import service_of
from app.attempts.solution_schemas import HintOut, SolutionOut
from app.attempts.solutions import Solution, as_csv
from app.core import drawings, errors
from app.core.caching import public_json
from app.core.pages import FOR_EVER
from app.core.problem_details import documented
from problems.catalogue import find
from problems.dealing import deal
from problems.problem import Form
from problems.variant import UnknownFormError, Variant

router = APIRouter(tags=["exercises"])
VARIANT = "/api/v1/problems/{problem_id}/variants/{seed}"
REFUSED = documented(
    errors.UnknownProblemError,
    errors.SeedOutOfRangeError,
    errors.UnknownExhibitError,
    errors.InvalidRequestError,
    errors.UnavailableError,
)
GUARDED = REFUSED | documented(errors.AccountRequiredError)
SVG = "image/svg+xml"


def _file(description: str, media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": description, "content": {media_type: {"schema": {"type": "string"}}}}}


def in_practice(request: Request) -> Released:
    """What practice shows to whoever asks. Raises `errors.AccountRequiredError` where guests do not practise."""
    service = service_of(request)
    if not service.settings.guest_practice:
        raise errors.AccountRequiredError
    return released(PRACTICE, Standing(now=service.clock()))


async def solution_of(request: Request, problem_id: str, seed: int, form: Form | None) -> Solution:
    """The solution with its exhibits computed, in a thread: they take some milliseconds.

    Raises:
        problems.variant.UnknownFormError: the variant is not served in this form.

    """
    variant: Variant[Any] = (await service_of(request).variants.get(find(problem_id), seed)).variant
    if form is not None and form not in variant.forms:
        raise UnknownFormError(form)
    solution = Solution(variant, form or variant.forms[0], guests_of(request).key)
    await asyncio.to_thread(lambda: solution.exhibits)
    return solution


@router.get(
    VARIANT + "/solution",
    operation_id="getSolution",
    summary="The worked solution of a variant, with its key",
    description="For practice: who has seen it takes another variant for another try.",
    response_model=SolutionOut,
    responses=CACHEABLE | GUARDED | documented(errors.UnknownFormError, errors.InvalidRequestError),
)
async def get_solution(
    request: Request,
    problem_id: ProblemId,
    seed: Seed,
    form: VariantForm = None,
    _if_none_match: IfNoneMatch = None,
) -> Response:
    shown = in_practice(request)
    return public_json(request, (await solution_of(request, problem_id, seed, form)).as_json(shown))


@router.get(
    VARIANT + "/solution/{table}.csv",
    operation_id="getSolutionTable",
    summary="All rows of one table of the worked solution",
    response_class=Response,
    responses=_file("CSV (RFC 4180), with a line of heads", "text/csv") | GUARDED,
)
async def get_table(
    request: Request, problem_id: ProblemId, seed: Seed, table: Annotated[str, Path(examples=["iterates"])]
) -> Response:
    shown = in_practice(request)
    found = (await solution_of(request, problem_id, seed, None)).exhibits.table(table) if shown.solution else None
    if found is None:
        raise errors.UnknownExhibitError
    headers = {
        "Content-Disposition": f'attachment; filename="haitang-{problem_id}-{seed}-{found.id}.csv"',
        "Cache-Control": "public, max-age=3600",
    }
    return Response(as_csv(found), headers=headers, media_type="text/csv; charset=utf-8; header=present")


@router.get(
    VARIANT + "/hints/{number}",
    operation_id="getHint",
    summary="One hint, counted from 1",
    response_model=HintOut,
    responses=CACHEABLE | REFUSED,
)
async def get_hint(
    request: Request,
    problem_id: ProblemId,
    seed: Seed,
    number: Annotated[int, Path(ge=1, le=99, examples=[1])],
    _if_none_match: IfNoneMatch = None,
) -> Response:
    variant = (await service_of(request).variants.get(find(problem_id), seed)).variant
    if number > len(variant.hints):
        raise errors.UnknownExhibitError
    return public_json(request, hint_json(variant, number))


def hint_json(variant: Variant[Any], number: int) -> dict[str, Any]:
    return {
        "number": number,
        "of": len(variant.hints),
        "cost": variant.problem.page.hint_costs[number - 1],
        "text": variant.hints[number - 1].as_dict(),
    }


@router.get(
    "/figures/{file}",
    operation_id="getFigure",
    summary="A figure of a worked solution, at the address that the solution names",
    response_class=Response,
    responses=_file("SVG, to be kept for ever", SVG)
    | documented(errors.UnknownExhibitError, errors.InvalidRequestError, errors.UnavailableError),
)
async def get_figure(request: Request, file: Annotated[str, Path(max_length=200)]) -> Response:
    """Who knows the address has been shown it: see `app.core.drawings`."""
    service = service_of(request)
    name = drawings.read_name(guests_of(request).key, file)
    if name is None:
        raise errors.UnknownExhibitError
    svg = service.drawings.kept(name)
    if svg is None:
        # A solution keeps the figures of the variant that it explains, whatever version is served by now.
        problem = replace(find(name.problem), version=name.version)
        variant = (await service.variants.get(problem, name.seed)).variant
        figure = (await asyncio.to_thread(variant.exhibits)).figure(name.figure)
        if figure is None or drawings.digest(figure) != name.digest:
            raise errors.UnknownExhibitError
        svg = await service.drawings.draw(name, figure)
    return Response(svg, headers={"Cache-Control": FOR_EVER}, media_type=SVG)


def _example() -> Solution:
    return Solution(deal(find("1.6"), 1), "open", b"the key of an example")


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "getSolution": lambda: _example().as_json(Released(correctness=True, diagnosis=True, key=True, solution=True)),
    "getSolutionTable": lambda: as_csv(_example().exhibits.tables[0])[:200],
    "getHint": lambda: hint_json(deal(find("1.6"), 1), 1),
    "getFigure": lambda: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 302.4 226.8" role="img">…</svg>',
}
