"""Removing what nobody needs any more, in small jobs between those of the people who use the service.

A chore removes so many rows at most and says how many it removed; `app.main` lists the chores. Every process sweeps:
what one has removed the others don't find.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Self, TypeAlias

from sqlalchemy.orm import Session

from app.core.service import Service

Chore: TypeAlias = Callable[[Session, datetime, int], int]

PERIOD = 600.0  # seconds
CHUNK = 500  # rows in one job
REST = 0.05  # seconds between two jobs

logger = logging.getLogger(__name__)


async def sweep(service: Service, chores: Sequence[Chore]) -> int:
    """Do every chore until nothing of it is left; how many rows were removed."""
    removed = 0
    for chore in chores:
        count = CHUNK
        while count == CHUNK:
            count = await service.writer.write(partial(_do, chore=chore, now=service.clock()))
            removed += count
            await asyncio.sleep(REST)
    return removed


def _do(session: Session, chore: Chore, now: datetime) -> int:
    return chore(session, now, CHUNK)


class Housekeeper:
    """`async with Housekeeper(service, chores):` sweeps every ten minutes until the block is left."""

    def __init__(self, service: Service, chores: Sequence[Chore]) -> None:
        self._service = service
        self._chores = chores

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="housekeeping")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PERIOD)
            try:
                await sweep(self._service, self._chores)
            except Exception:
                logger.exception("Sweeping failed; it is tried again in ten minutes.")
