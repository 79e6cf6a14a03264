"""The variants that are being served: from memory, else as they were stored, else dealt anew.

A variant that somebody has answered stays as it is stored, whatever its generator would give today.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import Session

from app.attempts import models
from app.core.database import Database
from app.core.errors import UnavailableError
from problems.dealing import SeedOutOfRangeError, deal, restore
from problems.draws import MAX_SEED
from problems.problem import Problem
from problems.variant import Variant

COMPUTING = 32  # so many runs may be checked, or wait to be
DERIVED_CHOICE = "answer"  # the field of the derived form `choice`, whose options a layout describes

R = TypeVar("R")
_Key: TypeAlias = tuple[str, int, int]


@dataclass(slots=True)
class Served:
    """A variant and the key of its row, once it is known to be stored."""

    variant: Variant[Any]
    row: int | None = None


class Variants:
    """Variants by problem and seed. Its methods belong to one event loop.

    What is in memory is returned at once. Dealing costs some 50 ms of computing, so it happens in few threads, once for
    all who wait for the same variant, and the number of variants that may wait for it is bounded.
    """

    def __init__(self, database: Database, *, threads: int = 2, waiting: int = 256, size: int = 4096) -> None:
        self._database = database
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="deal")
        self._waiting = waiting
        self._size = size
        self._served: OrderedDict[_Key, Served] = OrderedDict()
        self._coming: dict[_Key, asyncio.Task[Served]] = {}
        self._computing = 0

    async def get(self, problem: Problem[Any], seed: int) -> Served:
        """The variant of this seed.

        Raises:
            problems.dealing.SeedOutOfRangeError: seeds run from 0 to `MAX_SEED`.
            UnavailableError: too many variants are being dealt.

        """
        if not 0 <= seed <= MAX_SEED:
            raise SeedOutOfRangeError(seed)
        key = (problem.id, problem.version, seed)
        if (served := self._served.get(key)) is not None:
            self._served.move_to_end(key)
            return served
        coming = self._coming.get(key)
        if coming is None:
            if len(self._coming) >= self._waiting:
                raise UnavailableError("Too many new variants are being dealt.", headers={"Retry-After": "2"})
            coming = self._coming[key] = asyncio.create_task(self._bring(problem, seed))
            coming.add_done_callback(lambda task: self._keep(key, task))
        # One who stops waiting must not take the variant away from the others.
        return await asyncio.shield(coming)

    async def _bring(self, problem: Problem[Any], seed: int) -> Served:
        stored = await self._database.read(find_stored, problem, seed)
        return await asyncio.get_running_loop().run_in_executor(self._threads, _make, problem, seed, stored)

    async def compute(self, function: Callable[..., R], *arguments: Any) -> R:
        """What a function computes, in the threads that deal variants; raises `UnavailableError` when many wait."""
        if self._computing >= COMPUTING:
            raise UnavailableError("Too much is being computed.", headers={"Retry-After": "2"})
        self._computing += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
        finally:
            self._computing -= 1

    def _keep(self, key: _Key, task: "asyncio.Task[Served]") -> None:
        del self._coming[key]
        if task.cancelled() or task.exception() is not None:
            return
        self._served[key] = task.result()
        if len(self._served) > self._size:
            self._served.popitem(last=False)

    def close(self) -> None:
        self._threads.shutdown()


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of `variants`, as far as a variant is made from it."""

    row: int
    parameters: dict[str, Any]
    layout: tuple[str, ...]


def find_stored(connection: Connection | Session, problem: Problem[Any], seed: int) -> Stored | None:
    table = models.Variant
    found = connection.execute(
        select(table.id, table.parameters, table.options).where(
            table.problem == problem.id, table.version == problem.version, table.seed == seed
        )
    ).one_or_none()
    if found is None:
        return None
    options = found.options.get(DERIVED_CHOICE, [])
    return Stored(found.id, found.parameters, tuple(source for _, source in options))


def store(connection: Connection, variant: Variant[Any], now: datetime) -> int:
    """The key of the variant's row, which is inserted if there is none yet."""
    stored = find_stored(connection, variant.problem, variant.seed)
    if stored is not None:
        return stored.row
    options = [
        [option, source] for option, source in zip(variant.problem.printed_options, variant.layout, strict=False)
    ]
    row: int = connection.execute(
        insert(models.Variant).returning(models.Variant.id),
        {
            "problem": variant.problem.id,
            "version": variant.problem.version,
            "seed": variant.seed,
            "parameters": variant.parameters,
            "options": {DERIVED_CHOICE: options} if options else {},
            "redraws": variant.redraws,
            "created_at": now,
        },
    ).scalar_one()
    return row


def _make(problem: Problem[Any], seed: int, stored: Stored | None) -> Served:
    if stored is not None:
        served = Served(restore(problem, seed, stored.parameters, stored.layout), stored.row)
    else:
        served = Served(deal(problem, seed))
    # Key, mistakes and texts are computed once and kept by the variant: here, off the event loop. What fails now will
    # fail again where it is needed, and is dealt with there.
    with contextlib.suppress(Exception):
        _ = served.variant.solved, served.variant.candidates, served.variant.statement
    return served
