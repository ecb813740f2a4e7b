"""One person's utterances go to the desk one after the other, so that they come out in order."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from bot.types import Intake, Reply, VoiceNote
from pipeline.segments import Utterance

_WAITING: Final = 6
"""Utterances of one person that wait; at 20 s each, two minutes of speech."""

_log = logging.getLogger(__name__)


class Settled(Reply, Protocol):
    """A reply that tells when the words are out, or will never be."""

    async def settled(self) -> str:
        """Wait for it; return the words as they were heard, or nothing."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """An utterance, ready for the desk."""

    note: VoiceNote
    reply: Settled


class Speaker:
    """Takes one person's utterances and owns the task that brings them to the desk."""

    def __init__(
        self,
        desk: Intake,
        prepare: Callable[[Utterance, str], Awaitable[Said]],
        on_overflow: Callable[[], None],
        settle_s: float,
    ) -> None:
        """``prepare`` is given what was said just before, where the utterance overlaps with it.

        ``on_overflow`` is called when an utterance had to make room for newer ones. After
        ``settle_s`` seconds an utterance is not waited for any more.
        """
        self._desk = desk
        self._prepare = prepare
        self._on_overflow = on_overflow
        self._settle_s = settle_s
        self._waiting: deque[Utterance] = deque()
        self._task: asyncio.Task[None] | None = None
        self._before = ""

    def say(self, utterance: Utterance) -> None:
        """Take an utterance; the oldest that waits makes room if there are too many."""
        if len(self._waiting) == _WAITING:
            self._waiting.popleft()
            self._before = ""
            self._on_overflow()
        self._waiting.append(utterance)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._bring())

    async def close(self) -> None:
        """Let go of what waits. What the desk has taken is the desk's to finish."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _bring(self) -> None:
        while self._waiting:
            utterance = self._waiting.popleft()
            said = await self._prepare(utterance, self._before if utterance.overlap else "")
            await self._desk.take(said.note, said.reply)
            try:
                async with asyncio.timeout(self._settle_s):
                    self._before = await said.reply.settled()
            except TimeoutError:
                self._before = ""
                _log.warning("utterance not settled in time")
