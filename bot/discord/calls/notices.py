"""Everybody in a call knows that it is listened to: those who were there, and who comes later."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from pipeline.errors import PlatformError

_SETTLE_S: Final = 2.0
"""People come in groups; one notice is for all of them."""
_MOST: Final = 3
_WITHIN_S: Final = 60.0
"""So many notices in any such time: a busy door must not flood the channel."""

_log = logging.getLogger(__name__)


class Notices:
    """Repeats the notice for those who came after it, and owns the task that does."""

    def __init__(
        self,
        send: Callable[[], Awaitable[None]],
        settle_s: float = _SETTLE_S,
    ) -> None:
        """``send`` raises PlatformError; so many seconds are waited for others who come."""
        self._send = send
        self._settle_s = settle_s
        self._people: frozenset[int] = frozenset()
        self._told: frozenset[int] = frozenset()
        self._changes = 0
        """How often what is to be told has changed."""
        self._sent: deque[float] = deque(maxlen=_MOST)
        """When the last ones were sent, or tried, in the loop's time."""
        self._task: asyncio.Task[None] | None = None

    async def first(self, people: frozenset[int]) -> None:
        """Tell those who are there; raises PlatformError if it can't be told."""
        await self._send()
        self._sent.append(asyncio.get_running_loop().time())
        self._people = self._told = people

    def now(self, people: frozenset[int]) -> None:
        """Know who is there; who has gone and comes again is told again."""
        self._people = people
        self._told &= people
        if people - self._told and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._tell())

    def told(self) -> frozenset[int]:
        """Return who is there and has been told."""
        return self._told

    def forget(self) -> None:
        """Tell everybody again, as what they were told holds no longer."""
        self._told = frozenset()
        self._changes += 1

    async def close(self) -> None:
        """Tell nobody any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _tell(self) -> None:
        while self._people - self._told:
            loop = asyncio.get_running_loop()
            free = self._sent[0] + _WITHIN_S if len(self._sent) == _MOST else 0.0
            await asyncio.sleep(max(self._settle_s, free - loop.time()))
            people, changes = self._people, self._changes
            if not people - self._told:
                return
            try:
                await self._send()
            except PlatformError as error:
                _log.warning("a notice is not told", extra={"code": error.code})
            else:
                if changes == self._changes:
                    self._told |= people & self._people
            self._sent.append(loop.time())
