"""A course that an earlier revision holds: what is derived from its attempts is the same after the upgrade."""

from typing import Any

import pytest
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError

from app.core.migrate import downgrade, migrate
from tests.app.test_migrations import connected

pytestmark = pytest.mark.anyio

ATTEMPTS = "SELECT id, item_id, person_id, number FROM attempts ORDER BY id"
GRADES = "SELECT item_id, person_id, score, attempts, first_right, tally FROM grades ORDER BY item_id, person_id"


def rows(url: str, query: str) -> list[Row[Any]]:
    with connected(url) as connection:
        return list(connection.execute(text(query)).all())


async def test_tallies_of_the_attempts_before(classroom: Any, database_url: str) -> None:
    room = await classroom(2)
    await room.assign({}, {})
    for student in room.students:
        for item in room.items:
            for count in (100, 101, 128):
                body = {"assignment": room.assignment, "item": item, "answers": {"count": count}}
                assert (await student.client.post("/api/v1/attempts", json=body)).status_code == 201
    attempts, grades = rows(database_url, ATTEMPTS), rows(database_url, GRADES)
    assert [(row.attempts, row.first_right) for row in grades] == [(3, 3)] * 4
    downgrade(database_url, "0004")
    migrate(database_url)
    assert rows(database_url, ATTEMPTS) == attempts
    assert rows(database_url, GRADES) == grades
    # Attempts are as unchangeable as before, although the upgrade has written beside them.
    with connected(database_url) as connection:
        for change in ("UPDATE attempts SET number = 9", "DELETE FROM attempts"):
            with pytest.raises(DBAPIError), connection.begin_nested():
                connection.execute(text(change))
