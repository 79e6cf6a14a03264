"""`haitang`: serving, migrating, and the author's tools."""

import asyncio
import gc
import socket
from typing import Annotated, Any

import orjson
import typer
import uvicorn

from app.accounts.sign_in_links import path_of
from app.cli_admin import admin, first_link
from app.cli_export import export as export_questions
from app.cli_grades import derive
from app.cli_lti import lti
from app.cli_support import DatabaseUrl, failure, settings_of, write
from app.cli_support import migrate as migrate_database
from app.core.clock import utc_now
from app.core.errors import ConflictError
from app.demo import STUDENT, TEACHER, Demo, fill
from app.main import create_app
from problems.answers import Choice, Choices
from problems.catalogue import UnknownProblemError, catalogue, find
from problems.checks import check as check_problem
from problems.dealing import SeedOutOfRangeError, deal
from problems.diagnosis import option_sources
from problems.problem import Form, Problem
from problems.text import Language
from problems.variant import UnknownFormError, Variant

BACKLOG = 2048  # connections that may wait in line
GRACE = 30  # seconds that requests under way are given when the service is told to stop
GC_THRESHOLD = 50_000

cli = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_show_locals=False)
cli.add_typer(admin, name="admin")
cli.add_typer(lti, name="lti")
cli.command(name="export")(export_questions)
cli.command(name="derive-grades")(derive)

ProblemId = Annotated[str, typer.Argument(metavar="ID", help="such as 1.6")]


def main() -> None:
    cli()


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="0 takes any free one")] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Migrate the database and serve, until told to stop."""
    settings = settings_of(host=host, port=port, database_url=database_url)
    app = create_app(settings)
    migrate_database(settings)
    config = uvicorn.Config(
        app,
        loop="auto",  # uvloop where there is one
        http="httptools",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    with _listen(settings.host, settings.port) as listening:
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{shown}:{listening.getsockname()[1]}"
        typer.echo(f"Haitang is at {address}/ (Ctrl+C stops it)")
        if secret := write(settings, lambda session: first_link(session, utc_now())):
            typer.echo("Nobody administers it yet. Whoever opens this address first, once, becomes its administrator:")
            typer.echo(f"  {settings.public_url or address}{path_of(secret)}")
        # What has been loaded stays; the collector need not look at it again, nor so often at what a request leaves.
        gc.collect()
        gc.freeze()
        gc.set_threshold(GC_THRESHOLD, 20, 20)
        uvicorn.Server(config).run(sockets=[listening])


@cli.command()
def demo(
    students: Annotated[int, typer.Option(min=1, max=250)] = 30,
    seed: Annotated[int, typer.Option(help="another one makes another class")] = 1,
    database_url: DatabaseUrl = None,
) -> None:
    """Make a course to look at, with an assignment that its students have answered."""
    settings = settings_of(database_url=database_url)
    migrate_database(settings)
    typer.echo("A class is doing its homework; this takes some seconds.")

    async def run() -> Demo:
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            return await fill(app.state.service, students=students, seed=seed)

    try:
        made = asyncio.run(run())
    except ConflictError:
        raise failure(f"The demo course is there already: `haitang admin link {TEACHER}` opens it.") from None
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    typer.echo(
        f"{students} students gave {made.answers} answers. These addresses sign in once, while `haitang serve` runs:"
    )
    typer.echo(f"  {TEACHER}: {base}{made.teacher_link}")
    typer.echo(f"  {STUDENT.format(1)}: {base}{made.student_link}")


@cli.command()
def migrate(database_url: DatabaseUrl = None) -> None:
    """Bring the database's schema up to date; an SQLite file is copied first."""
    migrate_database(settings_of(database_url=database_url), always=True)


@cli.command()
def problems(
    language: Annotated[Language, typer.Option(help="of the titles")] = "en",
) -> None:
    """List the exercises."""
    for problem in catalogue().values():
        forms = "/".join(problem.forms(1))
        typer.echo(f"{problem.id:<6} {forms:<12} {problem.page.title[language]}")


@cli.command()
def show(
    problem_id: ProblemId,
    seed: Annotated[int, typer.Option(help="0 is the exercise as printed")] = 0,
    form: Annotated[Form | None, typer.Option()] = None,
    language: Annotated[Language, typer.Option()] = "en",
    *,
    solution: Annotated[bool, typer.Option("--solution", help="with the key and the worked solution")] = False,
) -> None:
    """Print one exercise, its formulas as LaTeX."""
    try:
        variant = deal(_find(problem_id), seed)
        _show(variant, form or variant.forms[0], language, solution=solution)
    except SeedOutOfRangeError:
        raise typer.BadParameter(f"no variant has the seed {seed}") from None
    except UnknownFormError:
        raise typer.BadParameter(f"this variant has the forms {', '.join(variant.forms)}") from None


@cli.command()
def check(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="all exercises if left out")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="how many, counted from 0")] = 200,
) -> None:
    """Prove that exercises are well-posed; print what is not, and exit with 1 then."""
    found = 0
    for problem in [_find(name) for name in ids] if ids else catalogue().values():
        findings = list(check_problem(problem, range(seeds)))
        found += len(findings)
        typer.echo(f"{problem.id}: {len(findings) or 'no'} findings in {seeds} seeds")
        for finding in findings:
            typer.echo(f"  seed {finding.seed}: {finding.what}")
    if found:
        raise typer.Exit(1)


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    typer.echo(orjson.dumps(create_app(settings_of()).openapi(), option=orjson.OPT_INDENT_2).decode())


def _listen(host: str, port: int) -> socket.socket:
    """A socket to which one can connect at once; who comes before the service is up waits in line."""
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=BACKLOG
        )
    except OSError as error:
        raise failure(f"Can't listen on {host} port {port}: {error.strerror or error}") from None


def _find(problem_id: str) -> Problem[Any]:
    try:
        return find(problem_id)
    except UnknownProblemError:
        raise typer.BadParameter(f"there is no exercise {problem_id}; `haitang problems` lists them") from None


def _show_sources(variant: Variant[Any], language: Language) -> None:
    """What each option stands for: the key, or the mistakes that lead to it."""
    for source in option_sources(variant):
        named = [f"{mistake.id}: {mistake.text[language]}" for mistake in source.mistakes]
        typer.echo(f"  {source.option} = {'key' if source.right else '; '.join(named) or 'no known mistake'}")


def _show(variant: Variant[Any], form: Form, language: Language, *, solution: bool) -> None:
    fields = variant.fields(form)
    typer.echo(f"{variant.problem.id} · {variant.problem.page.title[language]} · seed {variant.seed} · {form}\n")
    typer.echo(variant.statement[language])
    for field in fields:
        shape = "×".join(map(str, field.kind.shape))
        tolerance = f", {field.kind.tolerance.kind} {field.kind.tolerance.value:g}" if field.kind.tolerance else ""
        typer.echo(f"\n[{field.name}] {field.kind.name} {shape}".rstrip() + tolerance)
        if isinstance(field.kind, Choice | Choices):
            for option in field.kind.options:
                typer.echo(f"  {option.id}. {option.text[language]}")
    if solution and form == "choice":
        _show_sources(variant, language)
    if solution:
        for key in variant.keys(form, "either"):
            written = ", ".join(f"{field.name} = {field.kind.text(key[field.name])}" for field in fields)
            typer.echo(f"\nKey: {written}")
        typer.echo(f"\n{variant.solution[language]}")
