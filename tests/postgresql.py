"""One PostgreSQL database for many tests. To empty it takes a tenth of the time that it takes to make another."""

from collections.abc import Callable

import psycopg

from app.core.migrate import migrate

TEMPLATE = "haitang_template"
NAME = "haitang_emptied"

STRANGERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
OURS = 16_384
"""The first object id that PostgreSQL gives to what is not its own (FirstNormalObjectId)."""
SCHEMA = " UNION ALL ".join(
    f"SELECT count(*), sum(xmin::text::bigint) FROM {catalogue} WHERE {id_} >= {OURS}"
    for catalogue, id_ in (("pg_class", "oid"), ("pg_attribute", "attrelid"), ("pg_trigger", "oid"), ("pg_proc", "oid"))
)
"""It changes when a table, a column, an index, a trigger or a function is made, dropped, or altered."""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"


class EmptiedDatabase:
    """The current schema without rows. `address` gives the address of a database by its name."""

    def __init__(self, address: Callable[..., str]) -> None:
        self._address = address
        self.url = address(NAME)
        self._manage(f"CREATE DATABASE {TEMPLATE}")
        migrate(address(TEMPLATE))
        self._create()

    def empty(self) -> None:
        """Delete every row, whatever triggers and references say; a test that altered the schema costs a new copy."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(STRANGERS)
            is_altered = connection.execute(SCHEMA).fetchall() != self._schema
            if not is_altered:
                connection.execute(self._deletion)
        if is_altered:
            self._manage(f"DROP DATABASE {NAME} WITH (FORCE)")
            self._create()

    def _create(self) -> None:
        # Copying the files is faster than logging every block when the template is this small.
        self._manage(f"CREATE DATABASE {NAME} TEMPLATE {TEMPLATE} STRATEGY file_copy")
        with psycopg.connect(self.url, autocommit=True) as connection:
            tables = [name for (name,) in connection.execute(TABLES)]
            sequences = [name for (name,) in connection.execute(SEQUENCES)]
            self._schema = connection.execute(SCHEMA).fetchall()
        deletions = [f"DELETE FROM {name}" for name in tables]
        restarts = [f"SELECT setval('{name}', 1, false)" for name in sequences]
        self._deletion = "; ".join(["SET session_replication_role = replica", *deletions, *restarts])

    def _manage(self, statement: str) -> None:
        with psycopg.connect(self._address(), autocommit=True) as connection:
            connection.execute(statement)
