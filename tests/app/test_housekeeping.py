"""What is old is removed in small jobs, and what is not stays."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from app.core import housekeeping, idempotency
from app.core.housekeeping import CHUNK, Housekeeper, sweep
from app.core.idempotency import KEPT, IdempotencyKey

pytestmark = pytest.mark.anyio

PRACTICE = {"problem": "1.4", "seed": 0, "form": "open", "answers": {"count": 128}}


def keys(session) -> int:
    return session.scalar(select(func.count()).select_from(IdempotencyKey))


async def add_keys(service, count: int, at: datetime) -> None:
    rows = [
        {"owner": "somebody", "key": f"{at}-{n}", "request_hash": "", "status": 201, "body": b"{}", "created_at": at}
        for n in range(count)
    ]
    await service.writer.write(lambda session: session.execute(insert(IdempotencyKey), rows) and None)


async def test_idempotency_keys_end_after_a_day(app):
    service, now = app.state.service, datetime.now(UTC)
    await add_keys(service, 2 * CHUNK + 1, now - KEPT - timedelta(seconds=1))
    await add_keys(service, 3, now - KEPT + timedelta(minutes=5))
    assert await sweep(service, [idempotency.remove_old]) == 2 * CHUNK + 1
    assert await service.database.read(keys) == 3
    assert await sweep(service, [idempotency.remove_old]) == 0


async def test_no_job_removes_more_than_a_chunk(app):
    service, now = app.state.service, datetime.now(UTC)
    await add_keys(service, CHUNK + 10, now - 2 * KEPT)
    assert await service.writer.write(lambda session: idempotency.remove_old(session, now, CHUNK)) == CHUNK
    assert await service.database.read(keys) == 10


async def test_a_retry_of_yesterday_is_a_new_request(app, client):
    headers = {"Idempotency-Key": "the-same-every-day"}
    first = (await client.post("/api/v1/attempts", json=PRACTICE, headers=headers)).json()
    assert (await client.post("/api/v1/attempts", json=PRACTICE, headers=headers)).json() == first
    tomorrow = datetime.now(UTC) + KEPT + timedelta(minutes=1)
    await app.state.service.writer.write(lambda session: idempotency.remove_old(session, tomorrow, CHUNK))
    assert (await client.post("/api/v1/attempts", json=PRACTICE, headers=headers)).json()["id"] != first["id"]


async def test_it_goes_on_after_a_failure(app, monkeypatch, caplog):
    monkeypatch.setattr(housekeeping, "PERIOD", 0.01)
    swept = asyncio.Event()
    outcomes = [RuntimeError("a fault of a chore"), None]

    def chore(_session, _now, _limit) -> int:
        if (error := outcomes.pop(0) if outcomes else None) is not None:
            raise error
        swept.set()
        return 0

    async with Housekeeper(app.state.service, [chore]):
        await asyncio.wait_for(swept.wait(), 10)
    assert "tried again in ten minutes" in caplog.text
