"""`haitang derive-grades`: deriving all grades anew."""

from functools import partial

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.attempts.upkeep import derive_again
from app.cli_support import DatabaseUrl, migrate, read, settings_of, write
from app.core.clock import utc_now
from app.courses.models import Item
from app.main import create_app


def derive(database_url: DatabaseUrl = None) -> None:
    """Derive all grades and their tallies anew from attempts, scores and settings; nothing changes if all is well.

    Each item is one transaction. Other processes may be serving meanwhile.
    """
    settings = settings_of(database_url=database_url)
    create_app(settings)  # with it, those who must know of a changed grade are registered
    migrate(settings)
    items = read(settings, _items)
    differing = sum(write(settings, partial(derive_again, item_id=item, now=utc_now())) for item in items)
    typer.echo(f"{len(items)} items were looked at; {differing} rows of grades came out otherwise.")


def _items(session: Session) -> list[str]:
    return list(session.scalars(select(Item.id).order_by(Item.id)))
