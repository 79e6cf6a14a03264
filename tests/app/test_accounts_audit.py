"""The audit log: chained, append-only by the database's own word, and part of what it tells."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.accounts import audit
from app.accounts.models import AuditEntry
from app.core.database import Database

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


def entries(session):
    for n in range(5):
        audit.record(session, None, "test.count", str(n), {"n": n, "half": n / 2, "pair": (n, "中文")}, at=NOON)


@pytest.mark.anyio
async def test_the_chain_holds(writer, database):
    assert await database.read(audit.verify) == audit.Verdict(0, audit.START, None)
    await writer.write(entries)
    verdict = await database.read(audit.verify)
    newest = (await database.read(audit.list_entries, limit=1))[0]
    assert verdict == audit.Verdict(5, newest.hash, None)
    assert newest.detail == {"n": 4, "half": 2.0, "pair": [4, "中文"]}


@pytest.mark.anyio
async def test_what_is_rolled_back_is_not_logged(writer, database):
    def fail(session):
        audit.record(session, None, "test.fail", "x")
        raise LookupError

    with pytest.raises(LookupError):
        await writer.write(fail)
    assert (await database.read(audit.verify)).entries == 0


@pytest.mark.anyio
@pytest.mark.parametrize(
    "change", ["UPDATE audit_log SET subject = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
async def test_the_database_refuses_changes(writer, database, change):
    if "TRUNCATE" in change and database.write_engine.dialect.name == "sqlite":
        change = "REPLACE INTO audit_log SELECT * FROM audit_log"
    await writer.write(entries)
    with pytest.raises(DBAPIError, match="append-only"):
        await writer.write(lambda session: session.execute(text(change)))
    assert (await database.read(audit.verify)).entries == 5


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "'2026-09-01 12:00:01.000000'"),
        ("action", "'test.other'"),
        ("subject", "'another'"),
        ("course_id", "'c'"),
        ("detail", "'{}'"),
        ("hash", f"'{'0' * 64}'"),
    ],
)
async def test_a_change_behind_the_triggers_is_found(writer, database: Database, column, value):
    """As somebody would make it who has the database file and knows SQL."""
    await writer.write(entries)

    def tamper(session):
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_log_no_update"))
        else:
            session.execute(text("ALTER TABLE audit_log DISABLE TRIGGER audit_log_no_change"))
        third = sorted(row.id for row in session.query(AuditEntry))[2]
        session.execute(text(f"UPDATE audit_log SET {column} = {value} WHERE id = {third}"))
        return third

    third = await writer.write(tamper)
    verdict = await database.read(audit.verify)
    assert (verdict.holds, verdict.entries, verdict.broken_at) == (False, 2, third)


@pytest.mark.anyio
async def test_a_cut_at_the_end_shows_in_the_newest_hash(writer, database):
    await writer.write(entries)
    noted = (await database.read(audit.verify)).head

    def cut(session):
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_log_no_delete"))
        else:
            session.execute(text("ALTER TABLE audit_log DISABLE TRIGGER audit_log_no_change"))
        session.execute(text("DELETE FROM audit_log WHERE id = (SELECT max(id) FROM audit_log)"))

    await writer.write(cut)
    verdict = await database.read(audit.verify)
    assert verdict.holds
    assert verdict.head != noted
    assert re.fullmatch("[0-9a-f]{64}", verdict.head)
