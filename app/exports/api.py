"""GET /api/v1/problems/{id}/export and /assignments/{id}/export: questions with their keys, for those who teach."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Path, Query, Request
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.access import SIGNED_IN, USERS, Caller, Principal, require_user
from app.attempts.problems_api import ProblemId
from app.core import errors
from app.core.errors import Fault, ForbiddenError, InvalidRequestError, UnknownAssignmentError
from app.core.ids import is_id
from app.core.json_body import PRIVATE
from app.core.problem_details import documented
from app.core.service import service_of
from app.courses.courses import may_create
from app.exports import making, order
from app.exports.desk import desk_of
from app.exports.making import Export, Format
from problems import find
from problems.problem import Form
from problems.text import LANGUAGES, Language, Text

router = APIRouter(prefix="/api/v1", tags=["exports"])

Forms: TypeAlias = Literal["open", "choice", "both"]
Languages: TypeAlias = Literal["en", "zh", "both"]

FormatChoice = Annotated[Format, Query(alias="format", description="the format of the file")]
LanguageChoice = Annotated[Languages, Query(description="of the questions; with `both`, each question twice")]
FigureChoice = Annotated[
    bool, Query(description="with the figures of the worked solutions, where the format has them; drawing takes time")
]
NOTES = "Haitang-Notes"

FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file. What could not be exported, and what the format grades otherwise, is listed at its "
        "head: in comments, or in the README.txt of a package.",
        "content": {
            "application/xml": {"schema": {"type": "string"}, "example": "<quiz><question>…</question></quiz>"},
            "text/plain": {"schema": {"type": "string"}, "example": "::1.4 Parameters · 0::[html]…{#=%100%128:0}"},
            "application/zip": {"schema": {"type": "string", "format": "binary"}, "example": "PK…"},
        },
        "headers": {NOTES: {"description": "how many notes the file begins with", "schema": {"type": "integer"}}},
    }
}
REFUSED = documented(*SIGNED_IN, ForbiddenError, InvalidRequestError, errors.UnavailableError)

_SEEDS = Text(
    f"Seeds (the numbers of variants) are written as 0, 1-20 or 1-5,17: {order.MOST_VARIANTS} of them at most.",
    f"变式编号（种子）的写法如 0、1-20 或 1-5,17，最多 {order.MOST_VARIANTS} 个。",
)
_TOO_MANY = Text(
    f"One export holds {making.MOST_QUESTIONS} questions at most. Ask for fewer variants.",
    f"一次最多导出 {making.MOST_QUESTIONS} 题。请减少变式的数目。",
)


async def require_teacher(request: Request, caller: Principal) -> None:
    """Exports hold keys, so they are for people who teach some course.

    Raises:
        AccountRequiredError, InsufficientScopeError: nobody is signed in, or by a token that may not read.
        ForbiddenError: they teach nothing, and are no administrator.

    """
    require_user(caller, "read")
    if not await service_of(request).database.read(may_create, caller):
        raise ForbiddenError("Exports hold the keys: they are for people who teach a course.")


async def export_problem(
    request: Request, caller: Principal, problem_id: str, seeds: str, forms: Forms | None, **wish: Any
) -> Export:
    """Variants of one exercise; raises as `require_teacher`, and `InvalidRequestError`."""
    problem = find(problem_id)
    await require_teacher(request, caller)
    try:
        chosen = order.read_seeds(seeds)
    except order.SeedsError:
        raise InvalidRequestError("The seeds can't be read.", [Fault(_SEEDS, parameter="query/seeds")]) from None
    wanted: tuple[Form, ...] = forms_of(forms) or (problem.forms(max(chosen))[0],)
    return await _make(request, partial(order.of_problems, [problem], chosen, wanted), **wish)


async def export_assignment(
    request: Request, caller: Principal, assignment_id: str, variants: int, **wish: Any
) -> Export:
    """The items of an assignment.

    Raises:
        UnknownAssignmentError, ForbiddenError: it is not for them.
        InvalidRequestError: there is nothing in it that can be exported, or too much.

    """
    require_user(caller, "read")
    if not is_id(assignment_id):
        raise UnknownAssignmentError("There is no assignment with this id, or it is not for you.")

    def read(session: Session) -> order.Sheet:
        sheet = order.read_sheet(session, assignment_id, caller)
        session.expunge_all()  # what was read is used in a thread, after the transaction
        return sheet

    sheet = await service_of(request).database.read(read)
    return await _make(request, partial(order.of_assignment, sheet, variants), **wish)


async def _make(
    request: Request, ordered: Callable[[], order.Order], *, format_: Format, languages: Languages, figures: bool
) -> Export:
    try:
        return await desk_of(request).make(ordered, format_, languages_of(languages), figures=figures)
    except making.TooManyQuestionsError:
        raise InvalidRequestError(_TOO_MANY.en, [Fault(_TOO_MANY, parameter="query/variants")]) from None
    except making.NothingToExportError as nothing:
        faults = [Fault(_placed(note.where, note.text), parameter="query/format") for note in nothing.notes]
        raise InvalidRequestError("Nothing of it can be exported so.", faults) from None


def _placed(where: str, text: Text) -> Text:
    return Text(f"{where}: {text.en}", f"{where}：{text.zh}")


def forms_of(forms: Forms | None) -> tuple[Form, ...]:
    if forms is None:
        return ()
    return ("open", "choice") if forms == "both" else (forms,)


def languages_of(languages: Languages) -> tuple[Language, ...]:
    return LANGUAGES if languages == "both" else (languages,)


def download(export: Export) -> Response:
    """The file, to be saved under its name, which is of letters, digits, dots and hyphens."""
    headers = {
        **PRIVATE,
        "Content-Disposition": f'attachment; filename="{export.name}"',
        NOTES: str(len(export.notes)),
    }
    return Response(export.body, headers=headers, media_type=export.media_type)


@router.get(
    "/problems/{problem_id}/export",
    operation_id="exportProblem",
    summary="Variants of an exercise as questions for another system",
    description="For people who teach a course, since the file holds keys. `moodle-xml` and `gift` are for Moodle's "
    "question bank; `qti21` and `qti30` are packages with a test that deals one of the variants.",
    response_class=Response,
    responses=FILE | REFUSED | documented(errors.UnknownProblemError),
    openapi_extra=USERS,
)
async def get_problem_export(
    request: Request,
    caller: Caller,
    problem_id: ProblemId,
    format_: FormatChoice = "moodle-xml",
    seeds: Annotated[
        str, Query(max_length=400, description="variants: `0` is the printed one; `1-20`; `1-5,17`", examples=["1,2"])
    ] = "1-5",
    form: Annotated[Forms | SkipJsonSchema[None], Query(description="the exercise's default form if left out")] = None,
    language: LanguageChoice = "en",
    figures: FigureChoice = False,  # noqa: FBT002 - a query parameter
) -> Response:
    wish = {"format_": format_, "languages": language, "figures": figures}
    return download(await export_problem(request, caller, problem_id, seeds, form, **wish))


@router.get(
    "/assignments/{assignment_id}/export",
    operation_id="exportAssignment",
    summary="The exercises of an assignment as questions for another system",
    description="For those who teach its course, since the file holds keys. Of each item so many `variants` (a fixed "
    "one is one; of a pool there are as many as it has): never those that its students are dealt by secret.",
    response_class=Response,
    responses=FILE | REFUSED | documented(UnknownAssignmentError),
    openapi_extra=USERS,
)
async def get_assignment_export(
    request: Request,
    caller: Caller,
    assignment_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
    format_: FormatChoice = "moodle-xml",
    variants: Annotated[int, Query(ge=1, le=order.MOST_VARIANTS, description="of each item")] = 5,
    language: LanguageChoice = "en",
    figures: FigureChoice = False,  # noqa: FBT002 - a query parameter
) -> Response:
    wish = {"format_": format_, "languages": language, "figures": figures}
    return download(await export_assignment(request, caller, assignment_id, variants, **wish))


EXAMPLES: Mapping[str, Callable[[], object]] = {}
"""They stand beside the media types, of which the answers have several."""
