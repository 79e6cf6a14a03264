"""The process that sends is killed in the middle of it, again and again: every message arrives all the same."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.accounts import people, tokens
from app.accounts.scopes import SCOPES
from app.core.clock import utc_now
from app.core.database import Database
from app.webhooks.models import WebhookDelivery, WebhookEndpoint

ROOT = Path(__file__).parents[3]
ANSWERS = 30


@pytest.fixture
def environment(migrated_sqlite: Path, tmp_path: Path) -> dict[str, str]:
    file = shutil.copy(migrated_sqlite, tmp_path / "haitang.db")
    return os.environ | {"HAITANG_DATABASE_URL": f"sqlite:///{file}", "HAITANG_LTI_ALLOW_LOOPBACK": "true"}


@pytest.fixture
def database(environment: dict[str, str]) -> Iterator[Database]:
    database = Database(environment["HAITANG_DATABASE_URL"])
    yield database
    database.dispose()


class Served:
    """A service in a process of its own, at the address `base`."""

    def __init__(self, environment: dict[str, str]) -> None:
        command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", "0"]
        self._process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        line = next(line for line in self._process.stdout if line.startswith("Haitang is at "))
        self.base = line.split()[3].rstrip("/")

    def stop(self, by: signal.Signals) -> None:
        self._process.send_signal(by)
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture
def serve(environment: dict[str, str]) -> Iterator[Callable[[], Served]]:
    started: list[Served] = []

    def start() -> Served:
        started.append(Served(environment))
        return started[-1]

    yield start
    started[-1].stop(signal.SIGTERM)


def token_of(database: Database, name: str, *, is_admin: bool = False) -> dict[str, str]:
    now = utc_now()
    with database.write_engine.begin() as connection, Session(connection) as session:
        person = people.create(session, None, now, name=name, email=f"{name}@example.edu", is_admin=is_admin)
        token = tokens.create(session, person, "tests", SCOPES, now, timedelta(days=1))[1]
        session.commit()
    return {"Authorization": f"Bearer {token}"}


def pending(database: Database) -> int:
    with database.reading() as session:
        query = select(func.count()).select_from(WebhookDelivery).where(WebhookDelivery.state == "pending")
        return session.scalar(query) or 0


def test_every_message_arrives_although_the_sender_is_killed(serve, database, receiver):
    teacher, student = token_of(database, "teacher", is_admin=True), token_of(database, "student")
    service = serve()
    with httpx.Client(base_url=f"{service.base}/api/v1", headers=teacher) as client:
        course = client.post("/courses", json={"title": "T", "time_zone": "Asia/Shanghai"}).json()["id"]
        client.post(f"/courses/{course}/enrolments", json={"email": "student@example.edu"}).raise_for_status()
        item = {"problem": "1.4", "form": "open", "seed_mode": "fixed", "seed": 0, "points": 1}
        sheet = {"title": "S", "published": True, "items": [item]}
        assignment = client.post(f"/courses/{course}/assignments", json=sheet).json()["id"]
        (item,) = client.get(f"/assignments/{assignment}/items").json()["items"]
        made = client.post(f"/courses/{course}/webhooks", json={"url": receiver.url, "events": ["attempt.graded"]})
        secret = made.json()["secret"]
        receiver.behaviours.extend(["slow", 204, 204, 500, 204, "drop"])
        answered = {
            client.post(
                "/attempts",
                json={"assignment": assignment, "item": item["id"], "answers": {"count": number}},
                headers=student,
            ).json()["id"]
            for number in range(ANSWERS)
        }
    assert len(answered) == ANSWERS
    kills = 0
    end = time.monotonic() + 90
    while pending(database):
        assert time.monotonic() < end
        before = len(receiver.messages)
        while len(receiver.messages) < before + 7 and pending(database) and time.monotonic() < end:
            time.sleep(0.02)
        if kills < 3:
            service.stop(signal.SIGKILL)
            kills += 1
            # As if as much time had passed as leases and waits last.
            with database.write_engine.begin() as connection:
                past = utc_now() - timedelta(seconds=1)
                connection.execute(update(WebhookEndpoint).values(leased_until=past, paused_until=past))
                connection.execute(update(WebhookDelivery).values(due_at=past))
            service = serve()
    assert kills == 3
    assert {message.json["data"]["attempt_id"] for message in receiver.messages} == answered
    assert all(message.is_signed_by(secret) for message in receiver.messages)
    # One was answered by 500, one dropped, one hung; and each kill may have lost the outcome of one.
    assert receiver.ids.total() <= ANSWERS + 3 + kills
