"""What is being handled when the bot stops."""

import asyncio
from typing import Any, Final

_LAST_S: Final = 5.0
"""How long what was begun may go on when the bot stops."""


class Underway:
    """Events that are being handled, each in the task that the library has made for it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self) -> None:
        """Count the current task until it ends."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Wait a few seconds for what was begun, and cancel the rest."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=_LAST_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
