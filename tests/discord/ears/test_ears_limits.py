"""What ears bear, and what they keep: floods, failures, closing, and long silence."""

import asyncio
import threading
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import EngineError
from pipeline.segments import Segmenter
from pipeline.specs import SegmentSpec
from tests.discord.ears.callers import Caller, frames, tone
from tests.discord.ears.hearing import Loud, hearing
from tests.discord.server.dave import Group, Member

CHANNEL, BOT, ALICE, BOB = 500, 1, 11, 12
SECOND = 50
"""Packets."""


def group(*users: int) -> list[Member]:
    together = Group(CHANNEL)
    return [together.add(user) for user in users]


async def test_somebody_faster_than_time_is_cut_off_and_the_others_are_heard() -> None:
    bot, alice, bob = group(BOT, ALICE, BOB)
    second = frames(tone(440, 1))
    caller = Caller(21, alice)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        heard.ears.speaking(22, BOB)
        for minute in range(1, 4):
            for _ in range(20):
                heard.give(caller.say(second))
            await heard.digested(1_000 * minute)
        heard.give(Caller(22, bob).say(second))
        await heard.until(lambda _: heard.of(BOB).decoded == SECOND)
        assert heard.of(ALICE).hurried > 1_000
        assert heard.of(ALICE).decoded < 2_000


async def test_a_flood_is_dropped_and_counted_and_passes() -> None:
    bot, alice = group(BOT, ALICE)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give([b"\x80\x78" + bytes(60)] * 20_000)
        stats = await heard.digested(20_000)
        assert stats.overflown > 10_000
        heard.give(Caller(21, alice).say(frames(tone(440, 0.5))))
        await heard.until(lambda _: heard.of(ALICE).decoded == 25)


async def test_closing_with_a_full_queue_hears_it_and_ends_what_was_said() -> None:
    bot, alice = group(BOT, ALICE)
    async with hearing(bot) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give(Caller(21, alice).say(frames(tone(440, 20))))
        heard.give([bytes(100)] * 10_000)
        await heard.ears.close()
        assert sum(final.utterance.audio.seconds for final in heard.said(ALICE)) > 19
        heard.give(Caller(21, alice).say(frames(tone(440, 1))))
        before = heard.ears.stats()
        await asyncio.sleep(0.1)
        assert heard.ears.stats() == before
    assert not [each for each in threading.enumerate() if each.name == "ears"]


async def test_closing_can_be_cancelled_and_the_thread_ends_all_the_same() -> None:
    bot, _ = group(BOT, ALICE)
    async with hearing(bot) as heard:
        heard.give([bytes(100)] * 4_000)
        closing = asyncio.create_task(heard.ears.close())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
    assert not [each for each in threading.enumerate() if each.name == "ears"]


class Failing(Loud):
    """Fails at the second utterance, once."""

    def __init__(self) -> None:
        self.frames = 0

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        self.frames += 1
        if self.frames == 20:
            raise EngineError(engine="silero")
        return super().probabilities(samples)


async def test_a_detector_that_fails_costs_one_moment(caplog: pytest.LogCaptureFixture) -> None:
    bot, alice = group(BOT, ALICE)
    async with hearing(bot, segmenter=lambda: Segmenter(SegmentSpec(), Failing())) as heard:
        heard.ears.speaking(21, ALICE)
        heard.give(Caller(21, alice).say(frames(tone(440, 2))))
        await heard.until(lambda _: bool(heard.said(ALICE)))
        assert heard.ears.stats().faults == 1
        assert heard.of(ALICE).decoded == 100
    [record] = [each for each in caplog.records if each.name.startswith("bot.discord")]
    assert record.__dict__["error"] == "EngineError"


async def test_crowds_of_strangers_take_little_room() -> None:
    async with hearing(None) as heard:
        payload = frames(tone(440, 0.02))
        for ssrc in range(100, 3_100):
            heard.give(Caller(ssrc).say(payload))
            heard.ears.speaking(ssrc + 10_000, ssrc)
        await heard.digested(3_000)
        names = heard.ears._names  # noqa: SLF001 - memory is what this is about
        assert len(names._waiting) <= 32  # noqa: SLF001
        assert len(names._users) <= 1_000  # noqa: SLF001


async def test_who_is_silent_for_long_is_forgotten_and_heard_again_when_they_speak() -> None:
    bot, alice, bob = group(BOT, ALICE, BOB)
    skipped = 0.0
    async with hearing(bot, clock=lambda: time.monotonic() + skipped) as heard:
        silent, busy = Caller(21, alice), Caller(22, bob)
        heard.ears.speaking(21, ALICE)
        heard.ears.speaking(22, BOB)
        heard.give(silent.say(frames(tone(440, 0.5))))
        await heard.digested(25)
        skipped = 700
        heard.give(busy.say(frames(tone(660, 0.5))))
        await heard.until(lambda stats: {*stats.speakers} == {BOB})
        await heard.until(lambda _: len(heard.said(ALICE)) == 1)
        heard.give(silent.say(frames(tone(440, 0.5))))
        await heard.until(lambda _: heard.of(ALICE).decoded == 25)


async def test_when_all_have_had_their_say_the_thread_sleeps_until_somebody_speaks() -> None:
    bot, alice = group(BOT, ALICE)
    async with hearing(bot, clock=lambda: 50 * time.monotonic()) as heard:
        heard.ears.speaking(21, ALICE)
        caller = Caller(21, alice)
        heard.give(caller.say(frames(tone(440, 0.5))))
        await heard.until(lambda _: bool(heard.said(ALICE)))
        await asyncio.sleep(0.4)
        [thread] = [each for each in threading.enumerate() if each.name == "ears"]
        assert thread.ident is not None
        clock = time.pthread_getcpuclockid(thread.ident)
        before = time.clock_gettime(clock)
        await asyncio.sleep(0.5)
        assert time.clock_gettime(clock) == before
        heard.give(caller.say(frames(tone(440, 0.5))))
        await heard.until(lambda _: heard.of(ALICE).decoded == 50)
