"""What is said into a call: whole, in fair turns, not too late, and never over people."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import discord
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.calls.mouth import FRAME, Mouth, MouthCounts, MouthLimits, PcmSource, Player
from pipeline.types import Clip
from tests.discord.calls.loudspeakers import Loudspeaker, clip

LIMITS = MouthLimits()
SPEAKING, QUIET = True, False
BROKEN = Clip(b"no sound", 1.0, b"")


@asynccontextmanager
async def mouth(
    speaker: Player,
    limits: MouthLimits = LIMITS,
    clock: Callable[[], float] = lambda: 0.0,
    *,
    pauses: bool = True,
) -> AsyncIterator[Mouth]:
    it = Mouth(speaker, clock, pauses=pauses, limits=limits)
    try:
        yield it
    finally:
        await it.close()
        assert len(asyncio.all_tasks()) == 1
        await no_player()


async def no_player() -> None:
    """Wait until no thread of discord.py's player is left."""
    async with asyncio.timeout(2):
        while _players():  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.01)


def _players() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("audio-player")]


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in a thread
            await asyncio.sleep(0.01)


async def done(it: Mouth, **counts: int) -> None:
    """Wait until nothing waits and these counts are reached."""
    wanted = MouthCounts(**counts)
    try:
        await until(lambda: it.stats() == wanted)
    except TimeoutError:
        assert it.stats() == wanted


def fits(client: discord.VoiceClient) -> Player:
    return client  # the type checker proves it


async def test_a_clip_is_heard_whole_and_ends_in_silence() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker) as it:
        it.say("an", clip(1_000.0, 0.3), 0.0)
        await done(it, said=1)
    (heard,) = speaker.clips
    assert speaker.pitches == [1_000.0]
    assert len(heard) == (15 + 5) * FRAME
    assert not any(heard[-5 * FRAME :])
    assert all(len(frame) == FRAME for frame in speaker.frames)


async def test_speakers_take_turns() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker) as it:
        for hertz in (1_000.0, 1_200.0, 1_400.0):
            it.say("an", clip(hertz), 0.0)
        it.say("binh", clip(2_000.0), 0.0)
        it.say("chi", clip(3_000.0), 0.0)
        await done(it, said=5)
    assert speaker.pitches == [1_000.0, 2_000.0, 3_000.0, 1_200.0, 1_400.0]


async def test_what_comes_too_late_is_dropped_counted_and_costs_no_turn() -> None:
    speaker, now = Loudspeaker(), 100.0
    async with mouth(speaker, clock=lambda: now) as it:
        it.say("an", clip(1_000.0), 79.0)
        it.say("an", clip(1_200.0), 81.0)
        it.say("binh", clip(2_000.0), 81.0)
        await done(it, said=2, stale=1)
    assert speaker.pitches == [1_200.0, 2_000.0]


async def test_the_oldest_that_waits_is_as_old_as_its_words() -> None:
    speaker, now = Loudspeaker(), 100.0
    speaker.disconnect()
    async with mouth(speaker, clock=lambda: now) as it:
        assert it.waited_s() == 0
        it.say("an", clip(1_000.0), 95.0)
        it.say("binh", clip(2_000.0), 92.0)
        assert it.waited_s() == 8


async def test_who_says_too_much_loses_the_oldest_and_no_one_elses() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker, MouthLimits(per_speaker=2)) as it:
        for hertz in (1_000.0, 1_200.0, 1_400.0, 1_600.0):
            it.say("an", clip(hertz), 0.0)
        it.say("binh", clip(2_000.0), 0.0)
        await done(it, said=3, crowded=2)
    assert speaker.pitches == [1_400.0, 2_000.0, 1_600.0]


async def test_in_a_crowd_whoever_has_most_makes_room() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker, MouthLimits(total=3)) as it:
        it.say("binh", clip(2_000.0), 0.0)
        it.say("an", clip(1_000.0), 0.0)
        it.say("an", clip(1_200.0), 0.0)
        it.say("chi", clip(3_000.0), 0.0)
        await done(it, said=3, crowded=1)
    assert speaker.pitches == [2_000.0, 1_200.0, 3_000.0]


async def test_a_thousand_clips_take_no_more_memory_than_twenty() -> None:
    speaker = Loudspeaker()
    speaker.disconnect()
    short = clip(1_000.0)
    async with mouth(speaker) as it:
        for number in range(1_000):
            it.say(str(number), short, 0.0)
        assert it.stats() == MouthCounts(waiting=20, crowded=980)


async def test_it_waits_while_people_speak_and_for_a_moment_of_quiet_after() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker, MouthLimits(quiet_s=0.2)) as it:
        it.people_speaking(SPEAKING)
        it.say("an", clip(1_000.0), 0.0)
        await asyncio.sleep(0.3)
        it.people_speaking(QUIET)
        await asyncio.sleep(0.1)
        it.people_speaking(SPEAKING)
        await asyncio.sleep(0.3)
        assert not speaker.begun, "a breath is not yet quiet"
        it.people_speaking(QUIET)
        ended = time.monotonic()
        await until(lambda: bool(speaker.begun))
        assert time.monotonic() - ended >= 0.19
        await done(it, said=1)


async def test_it_waits_no_longer_than_it_may() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker, MouthLimits(longest_wait_s=0.3)) as it:
        it.people_speaking(SPEAKING)
        began = time.monotonic()
        it.say("an", clip(1_000.0), 0.0)
        await until(lambda: bool(speaker.begun))
        assert 0.29 <= time.monotonic() - began < 1.5
        await done(it, said=1)


async def test_where_it_need_not_wait_it_does_not() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker, pauses=False) as it:
        it.people_speaking(SPEAKING)
        it.say("an", clip(1_000.0), 0.0)
        await until(lambda: bool(speaker.begun), 1.0)
        await done(it, said=1)


async def test_a_skip_ends_the_clip_at_once_and_the_next_comes() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker) as it:
        it.say("an", clip(200.0, 5.0), 0.0)
        it.say("an", clip(2_000.0), 0.0)
        await until(lambda: len(speaker.frames) >= 10)
        skipped = time.monotonic()
        assert it.skip()
        assert not it.skip(), "once is enough"
        await until(lambda: len(speaker.begun) == 2)
        assert time.monotonic() - skipped < 0.5
        await done(it, said=1, skipped=1)
    assert speaker.pitches == [200.0, 2_000.0]
    assert not any(speaker.clips[0][-5 * FRAME :])


async def test_with_nothing_to_skip_nothing_is_skipped() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker) as it:
        assert not it.skip()
        it.people_speaking(SPEAKING)
        it.say("an", clip(1_000.0), 0.0)
        await asyncio.sleep(0.05)
        assert not it.skip(), "it is not said yet"
        it.people_speaking(QUIET)
        await done(it, said=1)
        assert not it.skip()


async def test_a_clip_that_is_no_sound_costs_itself() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker) as it:
        it.say("an", BROKEN, 0.0)
        it.say("an", clip(1_000.0), 0.0)
        await done(it, said=1, failed=1)
    assert speaker.pitches == [1_000.0]


async def test_a_player_that_refuses_or_breaks_costs_one_clip() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker) as it:
        speaker.broken = True
        it.say("an", clip(1_000.0), 0.0)
        await done(it, failed=1)
        speaker.broken = False
        speaker.play(PcmSource(bytes(10 * FRAME)), after=None)
        it.say("an", clip(1_200.0), 0.0)
        await done(it, failed=2)
        await no_player()
        it.say("an", clip(1_400.0), 0.0)
        await done(it, failed=2, said=1)
    assert speaker.pitches == [1_400.0]


async def test_after_an_interruption_it_goes_on_with_what_is_not_stale() -> None:
    speaker, now = Loudspeaker(), 0.0
    speaker.disconnect()
    async with mouth(speaker, clock=lambda: now) as it:
        it.say("an", clip(1_000.0), 0.0)
        await asyncio.sleep(0.1)
        now = 30.0
        it.say("an", clip(1_200.0), 30.0)
        assert not speaker.begun
        speaker.reconnect()
        await done(it, said=1, stale=1)
    assert speaker.pitches == [1_200.0]


async def test_a_connection_lost_while_it_speaks_is_waited_for_and_can_be_skipped() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker) as it:
        it.say("an", clip(1_000.0, 0.3), 0.0)
        await until(lambda: len(speaker.frames) >= 5)
        speaker.disconnect()
        await asyncio.sleep(0.1)
        assert len(speaker.frames) < 10
        speaker.reconnect()
        await done(it, said=1)
        assert len(speaker.frames) == 20

        it.say("an", clip(2_000.0, 5.0), 0.0)
        await until(lambda: len(speaker.frames) >= 25)
        speaker.disconnect()
        await asyncio.sleep(0.1)
        assert it.skip(), "its thread sleeps, so that it is stopped by force"
        await done(it, said=1, skipped=1)
        speaker.reconnect()
        it.say("an", clip(3_000.0), 0.0)
        await done(it, said=2, skipped=1)
    assert speaker.pitches == [1_000.0, 2_000.0, 3_000.0]


async def test_a_new_connection_takes_over() -> None:
    before, after = Loudspeaker(), Loudspeaker()
    async with mouth(before) as it:
        it.say("an", clip(1_000.0, 5.0), 0.0)
        it.say("an", clip(2_000.0), 0.0)
        await until(lambda: len(before.frames) >= 5)
        before.disconnect()
        it.use(after)
        await done(it, said=1, skipped=1)
        before.reconnect()
        await no_player()
    assert after.pitches == [2_000.0]
    assert len(before.frames) < 20


async def test_closing_while_it_speaks_is_soft_and_soon() -> None:
    speaker = Loudspeaker()
    it = Mouth(speaker, lambda: 0.0)
    it.say("an", clip(1_000.0, 5.0), 0.0)
    it.say("an", clip(2_000.0), 0.0)
    await until(lambda: len(speaker.frames) >= 5)
    began = time.monotonic()
    await it.close()
    assert time.monotonic() - began < 1.0
    await no_player()
    assert not any(b"".join(speaker.frames[-5:]))
    it.say("an", clip(3_000.0), 0.0)
    await asyncio.sleep(0.1)
    assert speaker.pitches == [1_000.0], "after that nothing is said"
    assert it.stats() == MouthCounts(skipped=1)
    await it.close()


async def test_closing_does_not_wait_for_a_dead_connection() -> None:
    speaker = Loudspeaker()
    it = Mouth(speaker, lambda: 0.0)
    it.say("an", clip(1_000.0, 5.0), 0.0)
    await until(lambda: len(speaker.frames) >= 5)
    speaker.disconnect()
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await it.close()
    assert time.monotonic() - began < 1.5
    speaker.reconnect()
    await no_player()
    assert len(speaker.frames) < 15


async def test_a_closing_that_is_cancelled_still_falls_silent() -> None:
    speaker = Loudspeaker()
    it = Mouth(speaker, lambda: 0.0)
    it.say("an", clip(1_000.0, 5.0), 0.0)
    await until(lambda: len(speaker.frames) >= 5)
    closing = asyncio.create_task(it.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert len(asyncio.all_tasks()) == 1
    await no_player()


def test_a_thread_that_ends_after_the_program_has_nobody_to_tell() -> None:
    kept: list[Callable[[Exception | None], Any]] = []

    class Late:
        def play(
            self, _: discord.AudioSource, *, after: Callable[[Exception | None], Any] | None
        ) -> None:
            assert after is not None
            kept.append(after)

        def stop(self) -> None:
            """Go on all the same."""

        def is_connected(self) -> bool:
            return True

    async def call() -> None:
        it = Mouth(Late(), lambda: 0.0)
        it.say("an", clip(1_000.0), 0.0)
        await until(lambda: bool(kept))
        await it.close()
        kept[0](None)

    asyncio.run(call())
    kept[0](OSError())


@pytest.mark.parametrize("level", [-32_768, 12_345, 32_767])
def test_a_source_that_is_hushed_fades_without_a_click(level: int) -> None:
    source = PcmSource(np.full(20 * FRAME // 2, level, "<i2").tobytes())
    heard = source.read()
    source.hush()
    while frame := source.read():
        heard += frame
    assert len(heard) == (2 + 5) * FRAME
    steps = np.diff(np.frombuffer(heard, "<i2").reshape(-1, 2).astype(np.int32), axis=0)
    assert np.abs(steps).max() <= abs(level) / 900


@given(st.binary(max_size=5 * FRAME), st.integers(0, 8))
def test_a_source_gives_whole_frames_and_all_of_the_sound(pcm: bytes, hushed_at: int) -> None:
    source = PcmSource(pcm)
    frames = []
    while frame := source.read():
        frames.append(frame)
        if len(frames) == hushed_at:
            source.hush()
    assert all(len(frame) == FRAME for frame in frames)
    assert len(frames) * 0.02 <= source.seconds + 1e-9
    assert frames[-5:] == [bytes(FRAME)] * 5
    assert source.read() == b""
    if not hushed_at:
        assert b"".join(frames).rstrip(b"\0") == pcm.rstrip(b"\0")
        assert len(frames) * 0.02 == pytest.approx(source.seconds)
    else:
        assert len(frames) <= hushed_at + 1 + 5


async def test_of_who_has_declined_nothing_more_is_said() -> None:
    speaker = Loudspeaker()
    async with mouth(speaker) as it:
        it.say("an", clip(200.0, 5.0), 0.0)
        it.say("an", clip(2_000.0), 0.0)
        it.say("binh", clip(1_000.0), 0.0)
        await until(lambda: len(speaker.frames) >= 10)
        it.forget("an")
        await done(it, said=1, skipped=1)
    assert speaker.pitches == [200.0, 1_000.0]
