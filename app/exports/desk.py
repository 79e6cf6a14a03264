"""Where exports are made: one at a time, off the event loop, and with few who may wait."""

import asyncio
from collections.abc import Callable, Sequence

from starlette.requests import HTTPConnection

from app.core.drawings import Drawings, Name, digest
from app.core.errors import UnavailableError
from app.exports.making import MOST_QUESTIONS, Export, Format, Prepared, prepare, write
from app.exports.order import Order
from problems.text import Language

WAITING = 4
BUSY = {"Retry-After": "10"}


class Desk:
    """Belongs to one event loop. An export of two hundred questions takes some ten seconds of computing."""

    def __init__(self, drawings: Drawings) -> None:
        self._drawings = drawings
        self._one = asyncio.Lock()
        self._waiting = 0

    async def make(
        self,
        order: Callable[[], Order],
        format_: Format,
        languages: Sequence[Language],
        *,
        figures: bool,
        most: int = MOST_QUESTIONS,
    ) -> Export:
        """The export of what `order` returns, which may take its time too.

        Raises:
            UnavailableError: too many exports are waiting.
            TooManyQuestionsError, NothingToExportError: see `app.exports.making`.

        """
        if self._waiting >= WAITING:
            raise UnavailableError("Too many exports are being made.", headers=BUSY)
        self._waiting += 1
        try:
            async with self._one:
                with_figures = figures and format_ != "gift"  # which is a text file
                prepared = await asyncio.to_thread(lambda: prepare(order(), figures=with_figures, most=most))
                drawn = await self._draw(prepared)
                return await asyncio.to_thread(write, prepared, format_, languages, drawn)
        finally:
            self._waiting -= 1

    async def _draw(self, prepared: Prepared) -> dict[str, bytes]:
        drawn = {}
        for file, (question, figure) in prepared.figures.items():
            variant = question.variant
            name = Name(variant.problem.id, variant.problem.version, variant.seed, figure.id, "light", digest(figure))
            drawn[file] = await self._drawings.draw(name, figure)
        return drawn


def desk_of(connection: HTTPConnection) -> Desk:
    """The desk of the service that answers this request."""
    desk: Desk = connection.app.state.exports
    return desk
