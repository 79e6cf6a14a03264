"""Tallies of attempts, kept in the rows of grades; the time since a student's attempt before."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROWS = 5_000  # grades in one statement
EMPTY = sa.text("'[]'")
GAPS = """
WITH gaps AS (
    SELECT a.id AS id, SECOND - lag(SECOND) OVER (PARTITION BY a.person_id, i.assignment_id ORDER BY a.id) AS gap
    FROM attempts a JOIN items i ON i.id = a.item_id
)
UPDATE attempts SET seconds = CASE WHEN gap < 0 THEN 0 ELSE gap END
FROM gaps WHERE gaps.id = attempts.id AND gap IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("attempts", sa.Column("seconds", sa.Integer, nullable=True))
    op.add_column("grades", sa.Column("first_right", sa.Integer, nullable=True))
    op.add_column("grades", sa.Column("tally", sa.Text, nullable=False, server_default=EMPTY))
    op.add_column("grades", sa.Column("seconds", sa.Text, nullable=False, server_default=EMPTY))
    fill_seconds()
    fill_tallies()


def fill_seconds() -> None:
    """The one change that attempts have ever seen: a fact of each is written beside it."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        named = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'attempts_no_update'")
        trigger = op.get_bind().execute(named).scalar_one()
        op.execute("DROP TRIGGER attempts_no_update")
        second = "CAST(strftime('%s', a.created_at) AS INTEGER)"
    else:
        op.execute("ALTER TABLE attempts DISABLE TRIGGER attempts_no_change")
        second = "CAST(floor(extract(epoch FROM a.created_at)) AS INTEGER)"
    op.execute(GAPS.replace("SECOND", second))
    if sqlite:
        op.execute(trigger)
    else:
        op.execute("ALTER TABLE attempts ENABLE TRIGGER attempts_no_change")


def fill_tallies() -> None:
    """As `app.attempts.tally` had it when this revision was written."""
    connection = op.get_bind()
    query = sa.text(
        "SELECT a.item_id, a.person_id, a.variant_id, a.form, a.seconds, s.correct, CAST(s.fields AS TEXT) AS fields "
        "FROM attempts a LEFT JOIN scores s "
        "ON s.id = (SELECT max(later.id) FROM scores later WHERE later.attempt_id = a.id) "
        "WHERE a.item_id = :item ORDER BY a.person_id, a.number"
    )
    update = sa.text(
        "UPDATE grades SET first_right = :first_right, tally = :tally, seconds = :seconds "
        "WHERE item_id = :item_id AND person_id = :person_id"
    )
    for item in connection.execute(sa.text("SELECT DISTINCT item_id FROM grades")).scalars().all():
        attempts = connection.execute(query, {"item": item}).all()
        rows = [
            {"item_id": item, "person_id": person, **tally(list(mine))}
            for person, mine in groupby(attempts, key=lambda row: row.person_id)
        ]
        for start in range(0, len(rows), ROWS):
            connection.execute(update, rows[start : start + ROWS])


def tally(attempts: Sequence[Any]) -> dict[str, Any]:
    variants: dict[int, list[Any]] = {}
    for row in attempts:
        variants[row.variant_id] = [*variants.pop(row.variant_id, []), row]
    times = [row.seconds for row in attempts if row.seconds is not None]
    return {
        "first_right": next((number for number, row in enumerate(attempts, start=1) if row.correct), None),
        "tally": dumps([[variant, len(rows), *counts(rows)] for variant, rows in variants.items()]),
        "seconds": dumps(times),
    }


def counts(attempts: Iterable[Any]) -> Iterator[Mapping[str, Mapping[str, int]]]:
    mistakes: dict[str, Counter[str]] = defaultdict(Counter)
    options: dict[str, Counter[str]] = defaultdict(Counter)
    for row in attempts:
        for field in orjson.loads(row.fields or "[]"):
            if not row.correct and field.get("mistake") is not None:
                mistakes[field["name"]][field["mistake"]] += 1
            if row.form == "choice":
                options[field["name"]].update(filter(None, str(field["read_as"]).replace(" ", "").split(",")))
    yield from (mistakes, options)


def dumps(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def downgrade() -> None:
    for column in ("seconds", "tally", "first_right"):
        op.drop_column("grades", column)
    op.drop_column("attempts", "seconds")
