"""What stands beside an item: hints to be opened, and once its solution is released, the figures and tables of it.

They lie below the item, and each request is held against the release: an address with the seed in it would lead to
practice with the very variant, and to its key.
"""

from typing import Annotated, Any, get_args

from fastapi import APIRouter, Path, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.accounts.account_pages import Form, User
from app.attempts.assigned_result import item_address
from app.attempts.hints import open_hint
from app.attempts.item_pages import ITEM, asked_variant, solution_of
from app.attempts.service import service_of
from app.attempts.solutions import Solution, as_csv
from app.core.drawings import Name, Theme, digest
from app.core.errors import UnknownExhibitError
from app.courses.routes import known_assignment
from problems.text import Language

router = APIRouter(include_in_schema=False)

PRIVATE = {"Cache-Control": "private, max-age=3600"}
SVG = "image/svg+xml"


@router.post(ITEM + "/hints/{number}")
async def show_hint(
    request: Request,
    user: User,
    _sent: Form,
    language: Language,
    assignment_id: str,
    item_id: str,
    number: Annotated[int, Path(ge=1, le=99)],
) -> Response:
    now = request.state.received_at
    place = [known_assignment(each) for each in (assignment_id, item_id)]

    def job(session: Session) -> None:
        open_hint(session, place[1], user, place[0], number, now)

    await service_of(request).writer.write(job)
    return RedirectResponse(f"{item_address(language, assignment_id, item_id)}#hint-{number}", 303)


@router.get(ITEM + "/figures/{figure}.{theme}.svg")
async def show_figure(
    request: Request, user: User, language: Language, assignment_id: str, item_id: str, figure: str, theme: str
) -> Response:
    del language
    solution = await _released(request, user, (assignment_id, item_id))
    found = solution.exhibits.figure(figure)
    wanted: Theme | None = next((each for each in get_args(Theme) if each == theme), None)
    if found is None or wanted is None:
        raise UnknownExhibitError
    problem = solution.variant.problem
    name = Name(problem.id, problem.version, solution.variant.seed, found.id, wanted, digest(found))
    svg = await service_of(request).drawings.draw(name, found)
    return Response(svg, headers=PRIVATE, media_type=SVG)


@router.get(ITEM + "/tables/{table}.csv")
async def show_table(
    request: Request, user: User, language: Language, assignment_id: str, item_id: str, table: str
) -> Response:
    del language
    solution = await _released(request, user, (assignment_id, item_id))
    found = solution.exhibits.table(table)
    if found is None:
        raise UnknownExhibitError
    headers = {"Content-Disposition": f'attachment; filename="haitang-{found.id}.csv"', **PRIVATE}
    return Response(as_csv(found), headers=headers, media_type="text/csv; charset=utf-8; header=present")


async def _released(request: Request, user: Any, place: tuple[str, str]) -> Solution:
    """The solution; raises UnknownExhibitError until it is released, as if there were nothing."""
    asked, variant = await asked_variant(request, user, place)
    if not asked.released(request.state.received_at).solution:
        raise UnknownExhibitError
    return await solution_of(request, asked, variant)
