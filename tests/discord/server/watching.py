"""Waiting for what the bot does."""

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.discord.server.messages import Message


class Bell:
    """Wakes everybody who waits for a change."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Something has changed."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def until(self, happened: Callable[[], bool], seconds: float) -> None:
        """Wait for a condition that only changes can fulfil. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not happened():
                await self._rung.wait()


@dataclass(eq=False)
class Watcher(ABC):
    """Somebody who sees what the bot writes in one place."""

    _seen: set[tuple[int, int]] = field(default_factory=set, init=False, repr=False)

    @property
    @abstractmethod
    def bell(self) -> Bell:
        """What rings at every change."""

    @property
    @abstractmethod
    def in_sight(self) -> Sequence["Message"]:
        """The bot's messages that are seen here, in order, deleted ones included."""

    def overlook(self, message: "Message") -> None:
        """Take the present state of a message for seen."""
        self._seen.add((message.id, message.revision))

    async def wait_for(
        self,
        *,
        text: str | re.Pattern[str] | None = None,
        reply_to: "Message | None" = None,
        where: Callable[["Message"], bool] = lambda _: True,
        timeout: float = 10,  # noqa: ASYNC109 - tests say how long they are willing to wait
    ) -> "Message":
        """Return the bot's next message here that fits, new or newly edited.

        A state of a message that an earlier call returned is not returned again. ``text`` is a
        part of the text, or a pattern to search. Raises AssertionError.
        """
        pattern = re.escape(text) if isinstance(text, str) else text

        def fits(message: "Message") -> bool:
            return (
                (message.id, message.revision) not in self._seen
                and not message.deleted
                and not message.thinking
                and (pattern is None or re.search(pattern, message.content) is not None)
                and (reply_to is None or message.reply_to is reply_to)
                and where(message)
            )

        try:
            await self.bell.until(lambda: any(map(fits, self.in_sight)), timeout)
        except TimeoutError:
            said = [str(message) for message in self.in_sight]
            raise AssertionError(f"waited {timeout} s in vain; the bot wrote {said}") from None
        message = next(filter(fits, self.in_sight))
        self.overlook(message)
        return message

    async def quiet(self, seconds: float = 0.3) -> None:
        """Assert that the bot writes, edits and deletes nothing here for a while."""
        before = [(message.id, message.revision) for message in self.in_sight]
        await asyncio.sleep(seconds)
        assert [(message.id, message.revision) for message in self.in_sight] == before
