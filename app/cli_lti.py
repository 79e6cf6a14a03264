"""`haitang lti …`: scores and class lists of learning platforms, and our keys, for whoever runs the service."""

import asyncio
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.accounts import audit
from app.cli_support import DatabaseUrl, failure, migrate, read, settings_of, write
from app.core.clock import utc_now
from app.core.errors import ServiceError
from app.courses.models import Assignment, Course
from app.lti import keys, outbox, platforms, rosters, self_test, status
from app.lti.models import ScoreState
from app.lti.platforms import PlatformView
from app.lti.rosters import Synced
from app.lti.self_test import SelfTest
from app.lti.tool import tool_at
from app.main import create_app

lti = typer.Typer(no_args_is_help=True, help="Learning platforms: scores, class lists, keys.")

AssignmentId = Annotated[str | None, typer.Argument(metavar="[ASSIGNMENT]", help="an id; all assignments without one")]


@lti.command()
def scores(assignment: AssignmentId = None, database_url: DatabaseUrl = None) -> None:
    """Count the scores that were sent, wait, are not released yet, or were not accepted."""
    settings = settings_of(database_url=database_url)

    def count(session: Session) -> dict[ScoreState, int]:
        _require(session, assignment)
        return status.count_states(session, assignment)

    for state, number in read(settings, count).items():
        typer.echo(f"{state:<8} {number}")


@lti.command()
def resend(
    assignment: AssignmentId = None,
    person: Annotated[str | None, typer.Option(metavar="ID", help="only this student's")] = None,
    database_url: DatabaseUrl = None,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="only what was not accepted")] = False,
) -> None:
    """Send scores once more; the running service does it."""
    settings = settings_of(database_url=database_url)
    migrate(settings)

    def job(session: Session) -> int:
        _require(session, assignment)
        now = utc_now()
        count = outbox.resend(session, assignment, now, person_id=person, only_failed=failed)
        told = {"scores": count, "person": person, "only_failed": failed}
        audit.record(session, None, "lti-score.resend", assignment or "all", told, at=now)
        return count

    count = write(settings, job)
    typer.echo(f"{count} {'score is' if count == 1 else 'scores are'} due; the service sends them while it runs.")


@lti.command()
def sync(
    course: Annotated[str, typer.Argument(metavar="COURSE", help="an id")], database_url: DatabaseUrl = None
) -> None:
    """Fetch the class lists of a course from its platforms, and enrol by them."""
    settings = settings_of(database_url=database_url, lti_sender=False, webhook_sender=False)
    migrate(settings)
    if read(settings, lambda session: session.get(Course, course)) is None:
        raise failure("There is no course with this id.")

    async def run() -> list[Synced]:
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            return await rosters.sync(app.state.service, app.state.lti_tokens, None, course)

    try:
        synced = asyncio.run(run())
    except ServiceError as error:
        raise failure(str(error)) from None
    for each in synced:
        typer.echo(f"{each.title}: {each.members} in the list, {each.added} added, {each.ended} left.")


@lti.command()
def check(
    platform: Annotated[str | None, typer.Argument(metavar="[PLATFORM]", help="an id; all without one")] = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Try what launches and scores need of the platforms, and say what is wrong."""
    settings = settings_of(database_url=database_url, lti_sender=False, webhook_sender=False)
    migrate(settings)
    registered = {view.platform.id: view.platform.name for view in read(settings, _all_platforms)}
    if platform is not None and platform not in registered:
        raise failure("There is no platform with this id.")
    tool = tool_at(settings, f"http://{settings.host}:{settings.port}")

    async def run() -> list[SelfTest]:
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            return [await self_test.run(app.state.service, tool, id_) for id_ in wanted]

    wanted = [platform] if platform is not None else list(registered)
    if not wanted:
        typer.echo("No platform is connected.")
        return
    found = asyncio.run(run())
    for id_, test in zip(wanted, found, strict=True):
        typer.echo(f"{registered[id_]} ({id_})")
        for each in test.checks:
            typer.echo(f"  {each.state:<8} {each.text.en}")
    if not all(test.healthy for test in found):
        raise failure("Something is at fault.")


@lti.command("rotate-key")
def rotate_key(database_url: DatabaseUrl = None) -> None:
    """Publish a new key. It signs from an hour later on; the one before the last is not published any more."""
    settings = settings_of(database_url=database_url)
    migrate(settings)
    key = keys.new_key()
    write(settings, lambda session: keys.add_key(session, key, utc_now()))
    typer.echo(f"Published the key {key.kid}.")


def _all_platforms(session: Session) -> list[PlatformView]:
    return platforms.list_platforms(session, limit=1000)


def _require(session: Session, assignment: str | None) -> None:
    if assignment is not None and session.get(Assignment, assignment) is None:
        raise failure("There is no assignment with this id.")
