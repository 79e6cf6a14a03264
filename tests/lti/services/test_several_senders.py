"""Several processes on one database, and processes that die: every score arrives, and none is in two hands."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.core.database import Database
from app.core.ids import new_id
from app.core.service import Service
from app.core.writer import Writer
from app.lti import leases, models
from app.lti.sender import Sender
from tests.backends import on_one_database
from tests.lti.platform_services import Fault
from tests.lti.services.conftest import Link, Linked
from tests.lti.services.test_sender import all_sent, until

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
PROCESS = """
import asyncio, sys
from datetime import timedelta
from app.core.backoff import Backoff
from app.core.clock import utc_now
from app.core.database import Database
from app.core.outgoing import Outgoing
from app.core.ids import new_id
from app.core.service import Service
from app.core.settings import Settings
from app.core.writer import Writer
from app.lti.sender import Sender
from app.lti.tokens import Tokens

async def run():
    settings = Settings()
    database = Database(settings.database_url)
    quick = Backoff(first=timedelta(milliseconds=20), factor=1.5, longest=timedelta(milliseconds=200))
    async with Outgoing(allow_loopback=True) as outgoing, Writer(database) as writer:
        service = Service(settings, database, writer, utc_now, outgoing)
        async with Tokens(service) as tokens, Sender(service, tokens, backoff=quick, poll=0.05):
            print("sending", flush=True)
            await asyncio.to_thread(sys.stdin.read)
    database.dispose()

asyncio.run(run())
"""


@contextmanager
def process(linked: Linked) -> Iterator[subprocess.Popen[str]]:
    """Another process that sends, without the rest of the service; it ends with its input."""
    settings = linked.service.settings
    assert settings.secret is not None
    environment = {
        "HAITANG_DATABASE_URL": settings.database_url,
        "HAITANG_SECRET": settings.secret.get_secret_value(),
    }
    command = [sys.executable, "-c", PROCESS]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | environment
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "sending\n"
        yield running
        running.kill()


async def give(linked: Linked, points: float) -> None:
    for student in linked.classroom.students:
        await linked.override(student, points)


async def test_a_score_is_in_one_hand_at_a_time(link: Link, service: Service) -> None:
    """Two writers, as two processes have them, lease what is due: together all of it, and nothing twice."""
    linked = await link(students=12)
    await give(linked, 1)
    database = Database(service.settings.database_url)
    async with Writer(database) as other:
        now = service.clock()
        taken = await asyncio.gather(
            *(
                writer.write(lambda session: leases.lease(session, now, limit=3))
                for _ in range(4)
                for writer in (service.writer, other)
            )
        )
    database.dispose()
    counts = Counter(leased.id for part in taken for leased in part)
    assert set(counts.values()) == {1}
    assert len(counts) == 12


async def test_the_outcome_of_a_lease_that_ran_out_changes_nothing(link: Link, service: Service) -> None:
    linked = await link()
    await give(linked, 1)
    now = service.clock()
    (first,) = await service.writer.write(lambda session: leases.lease(session, now, limit=9))
    later = now + leases.LEASE + timedelta(seconds=1)
    assert await service.writer.write(lambda session: leases.lease(session, now, limit=9)) == []
    (second,) = await service.writer.write(lambda session: leases.lease(session, later, limit=9))
    assert second.timestamp > first.timestamp
    outcome = leases.Outcome(state="sent", generation=1, due_at=later, delivered=True, score=1, maximum=2)
    assert not await service.writer.write(lambda session: leases.record(session, first, outcome, later))
    assert linked.score().state == "pending"
    assert await service.writer.write(lambda session: leases.record(session, second, outcome, later))
    assert linked.score().state == "sent"


@on_one_database
async def test_a_change_leaves_a_score_in_the_hand_that_has_it(link: Link, service: Service) -> None:
    """And what the platform asked for, not to be called for a while, holds for the changed grade too."""
    linked = await link()
    await give(linked, 1)
    now = service.clock()
    (first,) = await service.writer.write(lambda session: leases.lease(session, now, limit=9))
    await give(linked, 2)
    soon, later = now + timedelta(seconds=9), now + timedelta(seconds=30)
    assert await service.writer.write(lambda session: leases.lease(session, soon, limit=9)) == []
    outcome = leases.Outcome(state="failed", generation=1, due_at=later, failed=True, status=429)
    assert await service.writer.write(lambda session: leases.record(session, first, outcome, soon))
    score = linked.score()
    assert (score.state, score.due_at, score.tries, score.leased_by) == ("pending", later, 0, None)


@on_one_database
async def test_timestamps_rise_even_when_the_clock_was_set_back(link: Link, service: Service) -> None:
    linked = await link()
    await give(linked, 1)
    wrong = service.clock() + timedelta(hours=1)
    (first,) = await service.writer.write(lambda session: leases.lease(session, wrong, limit=9))
    outcome = leases.Outcome(state="sent", generation=1, due_at=wrong, delivered=True, score=1, maximum=2)
    assert await service.writer.write(lambda session: leases.record(session, first, outcome, wrong))
    await give(linked, 2)
    now, later = service.clock(), wrong + timedelta(seconds=1)
    assert await service.writer.write(lambda session: leases.lease(session, now, limit=9)) == []
    (second,) = await service.writer.write(lambda session: leases.lease(session, later, limit=9))
    assert second.timestamp > first.timestamp


async def test_a_disabled_platform_is_sent_nothing(link: Link, sender: Sender, service: Service) -> None:
    linked = await link()

    def disable(*, disabled: bool) -> Callable[[object], object]:
        at = service.clock() if disabled else None
        return lambda session: session.execute(update(models.Platform).values(disabled_at=at)) and None

    await service.writer.write(disable(disabled=True))
    await give(linked, 1)
    async with sender:
        await asyncio.sleep(0.3)
        assert linked.column.results == {}
        await service.writer.write(disable(disabled=False))
        await all_sent(linked)
    assert linked.shown() == 1


async def test_two_processes_and_a_third_that_is_killed(link: Link, sender: Sender) -> None:
    """The third dies with scores in hand, some of them applied; they go again when its leases have run out."""
    linked = await link(students=8)
    chance = random.Random(1)
    kinds = [fault for fault in Fault if fault is not Fault.NONE]
    linked.gradebook.slow_seconds = 0.4
    linked.gradebook.fault_of = lambda _user: Fault.SLOW
    with process(linked) as second:
        await give(linked, 0.5)
        await until(lambda: linked.gradebook.taken > 0)
        second.send_signal(signal.SIGKILL)
        second.wait()
    assert any(score.leased_by is not None for score in linked.scores())
    await linked.service.writer.write(
        lambda session: (
            session.execute(
                update(models.Score).values(leased_until=linked.service.clock(), due_at=linked.service.clock())
            )
            and None
        )
    )
    linked.gradebook.fault_of = lambda _user: chance.choice(kinds) if chance.random() < 0.5 else Fault.NONE
    with process(linked):
        async with sender:
            await give(linked, 1)
            await give(linked, 1.5)
            await until(lambda: {linked.shown(number) for number in range(8)} == {1.5}, seconds=30)
            await all_sent(linked)
    assert linked.gradebook.violations == []


@pytest.mark.soak
async def test_ten_thousand_updates_under_faults(link: Link, sender: Sender, capsys: pytest.CaptureFixture) -> None:
    """Every second message fails in one way or another; two processes send. In the end each column shows every grade.

    Changes of one student's score at one column melt into one another while they wait for their second. So a hundred
    activities open the assignment, each with a column of its own: 5,000 scores, which all change once more while those
    of the first change are still on their way.
    """
    columns, students = 100, 50
    linked = await link(students=students)
    chance = random.Random(6)
    kinds = [fault for fault in Fault if fault is not Fault.NONE]
    met: Counter[Fault] = Counter()

    def fault_of(_user: str) -> Fault:
        fault = chance.choice(kinds) if chance.random() < 0.5 else Fault.NONE
        met[fault] += 1
        return fault

    linked.gradebook.slow_seconds = 0.05
    linked.gradebook.fault_of = fault_of
    for number in range(columns - 1):
        column, path = linked.gradebook.add_column(linked.course)
        link_id = await _another_link(linked, f"activity {number}")
        await replace(linked, link_id=link_id, column=column, column_path=path).launch()
    started = time.monotonic()
    await give(linked, 0.5)
    with process(linked):
        async with sender:
            await until(lambda: linked.gradebook.taken > columns * students / 2, seconds=1200)
            for number, student in enumerate(linked.classroom.students):
                await linked.override(student, 1 + number % 5 / 5)
            await until(lambda: _unsent(linked) == 0, seconds=1200)
    seconds = time.monotonic() - started
    shown = Counter(
        (user, result.score)
        for column in linked.gradebook.columns["11"].values()
        for user, result in column.results.items()
    )
    assert shown == {(f"u{number}", 1 + number % 5 / 5): columns for number in range(students)}
    assert linked.gradebook.violations == []
    assert Counter(score.state for score in linked.scores()) == {"sent": columns * students}
    with capsys.disabled():
        print(  # noqa: T201 - the figures of a long run
            f"\n{2 * columns * students} updates: {sum(met.values())} messages, of which "
            f"{sum(met.values()) - met[Fault.NONE]} failed, in {seconds:.0f} s"
        )


async def _another_link(linked: Linked, resource_link_id: str) -> str:
    """The id of a further activity of the course that opens the same assignment."""

    def job(session: Session) -> str:
        first = session.get_one(models.Link, linked.link_id)
        other = models.Link(
            id=new_id(),
            deployment_id=first.deployment_id,
            resource_link_id=resource_link_id,
            title=first.title,
            context_id=first.context_id,
            assignment_id=first.assignment_id,
            created_at=first.created_at,
        )
        session.add(other)
        return other.id

    return await linked.service.writer.write(job)


def _unsent(linked: Linked) -> int:
    with linked.service.database.reading() as session:
        return session.scalar(select(func.count()).select_from(models.Score).where(models.Score.state != "sent")) or 0
