"""Looking again and again for something to do, in the background of the service."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NoReturn

logger = logging.getLogger(__name__)


async def keep_looking(
    look: Callable[[], Awaitable[object]], what: str, *, seconds: float, more: asyncio.Event
) -> NoReturn:
    """Look each so many seconds, and at once when `more` is set. A look that fails is logged, and is not the last."""
    while True:
        more.clear()
        try:
            await look()
        except Exception:
            logger.exception("Looking for %s failed.", what)
        # Not `wait_for`, which before Python 3.12 may take a cancellation for its own and go on.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await more.wait()
