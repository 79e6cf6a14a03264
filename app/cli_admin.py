"""`haitang admin …`: what must be possible before anybody can sign in, or when nobody can any more."""

import asyncio
import sys
from datetime import datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.accounts import audit, people, sign_in_links, tokens
from app.accounts.models import Person
from app.accounts.passwords import Passwords, fault_of
from app.accounts.scopes import SCOPES
from app.cli_support import DatabaseUrl, failure, migrate, read, settings_of, write
from app.core.clock import utc_now
from app.core.errors import ConflictError
from app.core.settings import Settings

admin = typer.Typer(no_args_is_help=True, help="Administrators, sign-in links, tokens, the audit log.")

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="the address by which they sign in")]


@admin.command()
def create(
    email: Email,
    name: Annotated[str, typer.Option(help="as others see it")] = "Administrator",
    database_url: DatabaseUrl = None,
    *,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="read the password from a line")] = False,
) -> None:
    """Create an administrator; without a password, print a link by which they choose one."""
    settings = settings_of(database_url=database_url)
    address = _address(email)
    password_hash = _hashed(sys.stdin.readline().rstrip("\r\n"), address) if password_stdin else None
    migrate(settings)

    def job(session: Session) -> str | None:
        now = utc_now()
        try:
            person_id = people.create(
                session, None, now, name=name, email=address, password_hash=password_hash, is_admin=True
            )
        except ConflictError:
            raise failure("There is an account with this address. `haitang admin link` opens it.") from None
        return None if password_hash else sign_in_links.create(session, person_id, "setup", now)

    secret = write(settings, job)
    typer.echo(f"Created the administrator {address}.")
    if secret is not None:
        _show_link(settings, secret)


@admin.command()
def link(email: Email, database_url: DatabaseUrl = None) -> None:
    """Print a link that signs a person in once; earlier ones stop working."""
    settings = settings_of(database_url=database_url)
    address = _address(email)
    migrate(settings)

    def job(session: Session) -> str:
        person, now = _find(session, address), utc_now()
        audit.record(session, None, "sign-in-link.create", person.id, at=now)
        return sign_in_links.create(session, person.id, "reset", now)

    _show_link(settings, write(settings, job))


@admin.command()
def token(
    email: Email,
    scope: Annotated[
        list[str] | None, typer.Option(metavar="|".join(SCOPES), help="may be repeated; all if left out")
    ] = None,
    name: Annotated[str, typer.Option(help="what it is for")] = "command line",
    days: Annotated[int, typer.Option(min=1, max=366)] = 90,
    database_url: DatabaseUrl = None,
) -> None:
    """Print a new API token of a person, and nothing else."""
    settings = settings_of(database_url=database_url)
    address = _address(email)
    if unknown := set(scope or ()) - set(SCOPES):
        raise typer.BadParameter(f"there is no scope {min(unknown)}; there are {', '.join(SCOPES)}")
    scopes = [each for each in SCOPES if not scope or each in scope]

    def job(session: Session) -> str:
        person = _find(session, address)
        return tokens.create(session, person.id, name, scopes, utc_now(), timedelta(days=days))[1]

    typer.echo(write(settings, job))


@admin.command(name="audit")
def verify_audit(database_url: DatabaseUrl = None) -> None:
    """Verify the audit log; exit with 1 if an entry does not fit."""
    verdict = read(settings_of(database_url=database_url), audit.verify)
    if not verdict.holds:
        raise failure(f"Entry {verdict.broken_at} does not fit; {verdict.entries} entries before it do.")
    typer.echo(f"{verdict.entries} entries fit together; the newest hash is {verdict.head}.")


def first_link(session: Session, now: datetime) -> str | None:
    """The secret of a link for the first administrator, while the site waits for one; else None."""
    waiting, person_id = people.administrator_without_password(session)
    if not waiting:
        return None
    if person_id is None:
        person_id = people.create(session, None, now, name="", email=None, is_admin=True)
    return sign_in_links.create(session, person_id, "setup", now)


def _show_link(settings: Settings, secret: str) -> None:
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    hours = int(sign_in_links.LIFETIME.total_seconds() // 3600)
    typer.echo(f"This address signs in once, within {hours} hours:\n  {base}{sign_in_links.path_of(secret)}")


def _address(email: str) -> str:
    address = people.normal_email(email)
    if address is None:
        raise typer.BadParameter(f"{email!r} is no e-mail address")
    return address


def _find(session: Session, address: str) -> Person:
    person = people.find_by_email(session, address)
    if person is None or person.disabled_at is not None:
        raise failure("There is no open account with this address.")
    return person


def _hashed(password: str, email: str) -> str:
    if fault := fault_of(password, email=email):
        raise failure(fault.en)
    passwords = Passwords()
    try:
        return asyncio.run(passwords.hash(password))
    finally:
        passwords.close()
