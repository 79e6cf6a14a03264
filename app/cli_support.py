"""What the commands share: settings, migrating, writing, and telling what failed."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from app.core.database import Database
from app.core.migrate import migrate as migrate_database
from app.core.settings import Settings
from app.core.writer import Writer

T = TypeVar("T")

DatabaseUrl = Annotated[str | None, typer.Option(help="sqlite:///path/to/file.db or postgresql://…")]


def settings_of(**given: Any) -> Settings:
    """The settings of the environment, but for what is given."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise failure("The settings are not valid. " + "; ".join(faults)) from None


def migrate(settings: Settings, *, always: bool = False) -> None:
    """Bring the schema up to date, and say what was done; with `always` also that there was nothing to do."""
    try:
        done = migrate_database(settings.database_url)
    except ValueError as error:
        raise failure(str(error)) from None
    except SQLAlchemyError as error:
        raise failure(f"The database could not be migrated: {error}") from None
    if done.before != done.after:
        typer.echo(f"Migrated the database from revision {done.before or 'none'} to {done.after}.")
    elif always:
        typer.echo(f"The database is at revision {done.after}; nothing was to do.")
    if done.backup is not None:
        typer.echo(f"It was copied to {_short(done.backup)} first.")


def write(settings: Settings, job: Callable[[Session], T]) -> T:
    """What the job returns, once it is committed; other processes may be serving meanwhile."""

    async def run() -> T:
        database = Database(settings.database_url)
        try:
            async with Writer(database) as writer:
                return await writer.write(job)
        finally:
            database.dispose()

    return asyncio.run(run())


def read(settings: Settings, query: Callable[[Session], T]) -> T:
    """What the query returns."""
    database = Database(settings.database_url)
    try:
        with database.reading() as session:
            return query(session)
    except DBAPIError as error:
        raise failure(f"The database could not be read: {error.orig}. Is it there, and was it migrated?") from None
    finally:
        database.dispose()


def failure(message: str) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(1)


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
