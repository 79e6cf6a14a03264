"""The process that sends is killed in the middle of it, again and again: every message arrives all the same."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.settings import Settings
from app.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests.app.webhooks.conftest import until

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
ANSWERS = 30
PROCESS = """
import asyncio, sys
from app.core.clock import utc_now
from app.core.database import Database
from app.core.outgoing import Outgoing
from app.core.secret import signing_key
from app.core.service import Service
from app.core.settings import Settings
from app.core.writer import Writer
from app.webhooks.sender import Sender

async def run():
    settings = Settings()
    database = Database(settings.database_url)
    async with Outgoing(allow_loopback=True) as outgoing, Writer(database) as writer:
        async with Sender(Service(settings, database, writer, utc_now, outgoing), signing_key(settings)):
            print("sending", flush=True)
            await asyncio.to_thread(sys.stdin.read)
    database.dispose()

asyncio.run(run())
"""


@pytest.fixture
def backend() -> str:
    """What a kill leaves behind is told by the rows, which are the same on each database."""
    return "sqlite"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhook_sender": False})


@contextmanager
def sending(settings: Settings) -> Iterator[None]:
    """A process that sends, until it is killed at the end of the block."""
    assert settings.secret is not None
    environment = os.environ | {
        "HAITANG_DATABASE_URL": settings.database_url,
        "HAITANG_SECRET": settings.secret.get_secret_value(),
    }
    command = [sys.executable, "-c", PROCESS]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "sending\n"
        yield
        process.send_signal(signal.SIGKILL)


async def test_every_message_arrives_although_the_sender_is_killed(hooked, receiver, app: FastAPI, settings):
    hook = await hooked(events=["attempt.graded"])
    service = app.state.service
    (student,) = hook.room.students
    sent = [await hook.room.answer(student, {"count": str(number)}) for number in range(ANSWERS)]
    answered = {each.json()["id"] for each in sent}
    assert len(answered) == ANSWERS
    receiver.behaviours.extend(["slow", 204, 204, 500, 204, "drop"])

    def pending() -> int:
        with service.database.reading() as session:
            query = select(func.count()).select_from(WebhookDelivery).where(WebhookDelivery.state == "pending")
            return session.scalar(query) or 0

    def pass_time(session: Session) -> None:
        """As if as much had passed as leases and waits last."""
        past = utc_now() - timedelta(seconds=1)
        session.execute(update(WebhookEndpoint).values(leased_until=past, paused_until=past))
        session.execute(update(WebhookDelivery).values(due_at=past))

    kills = 3
    for _ in range(kills):
        before = len(receiver.messages)
        with sending(settings):
            await until(lambda before=before: len(receiver.messages) >= before + 7, seconds=30)
        assert pending()
        await service.writer.write(pass_time)
    with sending(settings):
        await until(lambda: not pending(), seconds=60)
    assert {message.json["data"]["attempt_id"] for message in receiver.messages} == answered
    assert all(message.is_signed_by(hook.secret) for message in receiver.messages)
    # One was answered by 500, one dropped, one hung; and each kill may have lost the outcome of one.
    assert receiver.ids.total() <= ANSWERS + 3 + kills
