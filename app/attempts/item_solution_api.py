"""The worked solution of an item with its tables and figures, by API, once it is released.

Their addresses lie below the item: one with the seed in it would lead to practice with the very variant and its key.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel
from starlette.responses import Response

from app.accounts.access import USERS, Caller, Principal, require_user
from app.accounts.guests import guests_of
from app.attempts.asked import Asked, ask
from app.attempts.item_settings import adjusted
from app.attempts.release import Released
from app.attempts.schemas import Bilingual, Form
from app.attempts.service import service_of
from app.attempts.solution_schemas import FigureOut, TableOut
from app.attempts.solutions import Solution, as_csv
from app.core import errors
from app.core.drawings import THEMES, Name, Theme, digest
from app.core.json_body import PRIVATE, private_json
from app.courses.routes import READING, Id, known_assignment, known_item, told
from problems.catalogue import find
from problems.dealing import deal

SOLUTION = "/api/v1/assignments/{assignment_id}/items/{item_id}/solution"
router = APIRouter(tags=["attempts"])

REFUSED = told(
    *READING,
    errors.UnknownAssignmentError,
    errors.AssignmentNotOpenError,
    errors.AssignmentLockedError,
    errors.UnknownExhibitError,
)
ALL = Released(correctness=True, diagnosis=True, key=True, solution=True)


def _file(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "the file", "content": {media_type: {"schema": {"type": "string"}}}}}


class ItemSolution(BaseModel):
    """The way to the key of one's own variant."""

    problem: str
    version: int
    form: Form
    title: Bilingual
    solution: Bilingual
    tables: list[TableOut]
    figures: list[FigureOut]


@router.get(
    SOLUTION,
    operation_id="getItemSolution",
    summary="The worked solution of an item, once it is released",
    description="404 until then. The key is a part of `getAssignedExercise`.",
    response_model=ItemSolution,
    responses=REFUSED,
    openapi_extra=USERS,
)
async def get_solution(request: Request, caller: Caller, assignment_id: Id, item_id: Id) -> Response:
    require_user(caller)
    solution = await _released(request, caller, assignment_id, item_id)
    return private_json(_json(solution, request.url.path))


@router.get(
    SOLUTION + "/{table}.csv",
    operation_id="getItemTable",
    summary="All rows of one table of the solution",
    response_class=Response,
    responses=_file("text/csv") | REFUSED,
    openapi_extra=USERS,
)
async def get_table(
    request: Request, caller: Caller, assignment_id: Id, item_id: Id, table: Annotated[str, Path(examples=["iterates"])]
) -> Response:
    require_user(caller)
    found = (await _released(request, caller, assignment_id, item_id)).exhibits.table(table)
    if found is None:
        raise errors.UnknownExhibitError
    headers = {"Content-Disposition": f'attachment; filename="haitang-{found.id}.csv"', **PRIVATE}
    return Response(as_csv(found), headers=headers, media_type="text/csv; charset=utf-8; header=present")


@router.get(
    SOLUTION + "/{figure}.{theme}.svg",
    operation_id="getItemFigure",
    summary="One figure of the solution",
    response_class=Response,
    responses=_file("image/svg+xml") | REFUSED,
    openapi_extra=USERS,
)
async def get_figure(
    request: Request,
    caller: Caller,
    assignment_id: Id,
    item_id: Id,
    figure: Annotated[str, Path(examples=["cost"])],
    theme: Theme,
) -> Response:
    require_user(caller)
    solution = await _released(request, caller, assignment_id, item_id)
    found = solution.exhibits.figure(figure)
    if found is None:
        raise errors.UnknownExhibitError
    problem = solution.variant.problem
    name = Name(problem.id, problem.version, solution.variant.seed, found.id, theme, digest(found))
    svg = await service_of(request).drawings.draw(name, found)
    return Response(svg, headers=PRIVATE, media_type="image/svg+xml")


async def _released(request: Request, caller: Principal, assignment_id: str, item_id: str) -> Solution:
    """The solution with its exhibits computed, in a thread: they take some milliseconds.

    Raises:
        UnknownExhibitError: it is not released yet.

    """
    service, now = service_of(request), request.state.received_at
    asked: Asked = await service.database.read(
        ask, known_item(item_id), caller, assignment_id=known_assignment(assignment_id)
    )
    if asked.role == "student":
        asked.require_seen(now)
    if not asked.released(now).solution:
        raise errors.UnknownExhibitError
    variant = (await service.variants.get(asked.problem, asked.seed)).variant
    solution = Solution(adjusted(variant, asked.form, asked.settings), asked.form, guests_of(request).key)
    await asyncio.to_thread(lambda: solution.exhibits)
    return solution


def _json(solution: Solution, address: str) -> dict[str, Any]:
    told = solution.as_json(ALL)
    for hidden in ("seed", "key", "published_key"):
        del told[hidden]
    for table in told["tables"]:
        table["csv"] = f"{address}/{table['id']}.csv"
    for figure in told["figures"]:
        figure["svg"] = {theme: f"{address}/{figure['id']}.{theme}.svg" for theme in THEMES}
    return told


def _example() -> Solution:
    return Solution(deal(find("1.6"), 1), "open", b"the key of an example")


EXAMPLES: Mapping[str, Callable[[], object]] = {
    "getItemSolution": lambda: _json(_example(), SOLUTION),
    "getItemTable": lambda: as_csv(_example().exhibits.tables[0])[:200],
    "getItemFigure": lambda: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 302.4 226.8" role="img">…</svg>',
}
