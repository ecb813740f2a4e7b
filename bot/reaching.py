"""A platform that can't be reached at the start is tried again, while the others are served."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from pipeline.errors import PlatformUnreachableError

LONGEST_PAUSE_S: Final = 30.0
"""Between two tries, however long it lasts."""

_T = TypeVar("_T")

_log = logging.getLogger(__name__)


async def reached(
    platform: str,
    connect: Callable[[], Awaitable[_T]],
    stopping: asyncio.Event,
    first_pause_s: float,
) -> _T | None:
    """Return what ``connect`` does, tried until the platform is there; ``None`` when stopping.

    Raises what ``connect`` does, but for PlatformUnreachableError.
    """
    pause_s = first_pause_s
    while True:
        try:
            return await unless(stopping, connect())
        except PlatformUnreachableError as error:
            facts = {
                "platform": platform,
                "reason": error.details.get("reason"),
                "again_s": pause_s,
            }
            _log.warning("platform not reached", extra=facts)
        if await set_within(stopping, pause_s):
            return None
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


async def unless(event: asyncio.Event, work: Awaitable[_T]) -> _T | None:
    """Return the result of the work; cancel it and return ``None`` if the event comes first."""
    working = asyncio.ensure_future(work)
    coming = asyncio.create_task(event.wait())
    try:
        await asyncio.wait({working, coming}, return_when=asyncio.FIRST_COMPLETED)
        return None if coming.done() else working.result()
    finally:
        for task in (working, coming):
            task.cancel()
        await asyncio.gather(working, coming, return_exceptions=True)


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Say whether the event comes within the time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
