"""Ears under test, and what they have heard."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.discord.ears.dave import Encryption
from bot.discord.ears.ears import Ears
from bot.discord.ears.stats import CallStats, SpeakerStats
from pipeline.segments import FRAME, Final, Segmenter, SegmentEvent
from pipeline.specs import SegmentSpec
from tests.discord.ears.callers import KEY
from tests.discord.server.dave import VERSION, Member

OWN_SSRC = 1


class Loud:
    """Takes everything loud for speech: the tones of these tests are none to Silero."""

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        power = np.square(samples.reshape(-1, FRAME)).mean(axis=1)
        return np.asarray(power > 0.02**2, np.float32)

    def reset(self) -> None: ...


def loud_segmenter() -> Segmenter:
    return Segmenter(SegmentSpec(), Loud())


@dataclass
class Hearing:
    """The ears, who may be heard, and the events by user."""

    ears: Ears
    refused: set[int]
    events: dict[int, list[SegmentEvent]] = field(default_factory=lambda: defaultdict(list))

    def give(self, datagrams: Iterable[bytes]) -> None:
        for datagram in datagrams:
            self.ears.datagram(datagram)

    async def until(self, true: Callable[[CallStats], bool]) -> CallStats:
        """Wait until the statistics are so. Raises TimeoutError."""
        async with asyncio.timeout(10):
            while not true(stats := self.ears.stats()):  # noqa: ASYNC110 - another thread counts
                await asyncio.sleep(0.005)
        return stats

    async def digested(self, datagrams: int) -> CallStats:
        """Wait until so many datagrams have been looked at, and a gap would have been given up."""
        await self.until(lambda stats: stats.datagrams + stats.overflown >= datagrams)
        await asyncio.sleep(0.1)
        return self.ears.stats()

    def said(self, user: int) -> list[Final]:
        return [each for each in self.events[user] if isinstance(each, Final)]

    def of(self, user: int) -> SpeakerStats:
        return self.ears.stats().speakers.get(user, SpeakerStats())


@asynccontextmanager
async def hearing(
    bot: Member | None,
    *,
    segmenter: Callable[[], Segmenter] = loud_segmenter,
    key: bytes = KEY,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Hearing]:
    """Let the bot, a member of a group or in a Stage, hear."""
    refused: set[int] = set()
    ears = Ears(
        asyncio.get_running_loop(),
        segmenter=segmenter,
        on_event=lambda user, event: heard.events[user].append(event),
        admitted=lambda user: user not in refused,
        clock=clock,
    )
    heard = Hearing(ears, refused)
    ears.start()
    try:
        ears.reset(OWN_SSRC, bot.user if bot else 99)
        ears.describe(key, lambda: Encryption(VERSION, bot.session) if bot else Encryption())
        yield heard
    finally:
        await ears.close()
