"""`haitang export`: questions for other systems, from the catalogue or from an assignment of the database."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from sqlalchemy.orm import Session

from app.cli_support import DatabaseUrl, failure, read, settings_of
from app.core.drawings import Drawings
from app.courses.models import Assignment
from app.exports.desk import Desk
from app.exports.making import Export, Format, NothingToExportError, TooManyQuestionsError
from app.exports.notes import lines
from app.exports.order import Order, SeedsError, Sheet, of_assignment, of_problems, read_seeds, sheet_of
from problems.catalogue import UnknownProblemError, find
from problems.problem import Form, Problem
from problems.text import LANGUAGES, Language

MOST = 2000
"""Questions of one file. A service makes fewer at once, so that others get theirs."""


def export(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="exercises, such as 1.6")] = None,
    format_: Annotated[Format, typer.Option("--format", help="of the file")] = "moodle-xml",
    seeds: Annotated[str, typer.Option(help="variants: 0 is the printed one; 1-20; 1-5,17")] = "1-5",
    form: Annotated[Literal["open", "choice", "both"], typer.Option(help="the way to answer")] = "both",
    language: Annotated[Literal["en", "zh", "both"], typer.Option(help="of the questions")] = "en",
    assignment: Annotated[str | None, typer.Option(metavar="ID", help="an assignment instead of exercises")] = None,
    variants: Annotated[int, typer.Option(min=1, max=MOST, help="of each item of an assignment")] = 5,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="a folder, or a file with its ending; here if left out")
    ] = None,
    database_url: DatabaseUrl = None,
    *,
    figures: Annotated[bool, typer.Option(help="those of the worked solutions")] = True,
) -> None:
    """Write questions with their keys for Moodle (moodle-xml, gift) or as a QTI package (qti21, qti30)."""
    languages: Sequence[Language] = LANGUAGES if language == "both" else (language,)
    if assignment is not None and not ids:
        sheet = _sheet(assignment, database_url)
        order: Callable[[], Order] = lambda: of_assignment(sheet, variants)  # noqa: E731
    elif ids and assignment is None:
        problems, chosen = [_find(id_) for id_ in ids], _seeds(seeds)
        forms: Sequence[Form] = ("open", "choice") if form == "both" else (form,)
        order = lambda: of_problems(problems, chosen, forms)  # noqa: E731
    else:
        raise typer.BadParameter("name exercises, or one --assignment")
    try:
        made = asyncio.run(_make(order, format_, languages, figures=figures))
    except NothingToExportError as nothing:
        _list(lines(nothing.notes, languages))
        raise failure("There is nothing to export.") from None
    except TooManyQuestionsError:
        raise failure(f"One export holds {MOST} questions at most.") from None
    file = _place(made.name, output)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(made.body)
    except OSError as error:
        raise failure(f"{file} can't be written: {error.strerror}.") from None
    typer.echo(f"{file}: {len(made.body)} bytes")
    _list(made.notes)


async def _make(order: Callable[[], Order], format_: Format, languages: Sequence[Language], *, figures: bool) -> Export:
    drawings = Drawings()
    try:
        return await Desk(drawings).make(order, format_, languages, figures=figures, most=MOST)
    finally:
        await drawings.close()


def _list(notes: Sequence[str]) -> None:
    for note in notes:
        typer.echo(f"  {note}", err=True)


def _place(name: str, output: Path | None) -> Path:
    """Where the file goes; what has no ending, as ``.xml``, is a folder."""
    if output is None:
        return Path(name)
    return output if output.suffix and not output.is_dir() else output / name


def _find(problem_id: str) -> Problem[Any]:
    try:
        return find(problem_id)
    except UnknownProblemError:
        raise typer.BadParameter(f"there is no exercise {problem_id}; `haitang problems` lists them") from None


def _seeds(text: str) -> tuple[int, ...]:
    try:
        return read_seeds(text, MOST)
    except SeedsError:
        raise typer.BadParameter(f"seeds look like 0, 1-20 or 1-5,17, {MOST} of them at most") from None


def _sheet(assignment_id: str, database_url: str | None) -> Sheet:
    def query(session: Session) -> Sheet | None:
        found = session.get(Assignment, assignment_id)
        if found is None:
            return None
        sheet = sheet_of(session, found)
        session.expunge_all()
        return sheet

    sheet = read(settings_of(database_url=database_url), query)
    if sheet is None:
        raise failure("There is no assignment with this id.")
    return sheet
