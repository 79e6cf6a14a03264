"""Alembic runs this file. The connection comes from `app.core.migrate`, which also owns its transaction."""

from alembic import context
from sqlalchemy import Connection

import app.accounts.models
import app.attempts.models
import app.courses.models
import app.lti.models
import app.webhooks.models  # noqa: F401 - importing a module adds its tables to the metadata
from app.core.models import Base


def run(connection: Connection) -> None:
    # SQLite can alter a table only by copying it: Alembic's batch mode.
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


if "connection" in context.config.attributes:
    run(context.config.attributes["connection"])
else:
    # `alembic revision --autogenerate`, called by an author: the database of the settings.
    from app.core.database import create_write_engine, parse_url
    from app.core.settings import Settings

    engine = create_write_engine(parse_url(Settings().database_url))
    with engine.begin() as own_connection:
        run(own_connection)
    engine.dispose()
