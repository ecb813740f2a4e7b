"""What hearing costs: ``python -m tests.discord.bench_ears``, with ``--hour`` for the long run.

The sound is speech, sent as people's clients and the voice server send it, and heard by the ears as
they are: transport, DAVE, jitter buffer, Opus, Silero. What recognises it comes after, elsewhere.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from bot.discord.ears import opus
from bot.discord.ears.dave import Encryption
from bot.discord.ears.ears import Ears
from pipeline import audio
from pipeline.engines.silero import Silero
from pipeline.segments import Final, Segmenter, SegmentEvent
from pipeline.specs import AudioLimits, SegmentSpec
from tests.discord.ears.callers import FRAME, KEY, RATE, Caller, frames
from tests.discord.server.dave import VERSION, Group

_TICK_S = 0.02
_TALK_S, _PAUSE_S = 10, 5
"""In the long run everybody speaks and pauses, each at their own time."""
_SAMPLE_S = 10
_AHEAD, _LOOK = 1_250, 25
"""In the long run, more datagrams are under way only between two looks, so many frames apart."""


def speech() -> list[bytes]:
    """Encode the demo's notes, one after the other, to frames of 20 ms."""
    notes = sorted((Path(audio.__file__).parent / "demo" / "notes").glob("*.ogg"))
    sounds = [audio.decode(note, AudioLimits(), rate=RATE).samples for note in notes]
    return frames(np.concatenate(sounds))


class Crowd:
    """People in one encrypted call, and the ears of the bot among them."""

    def __init__(self, people: int) -> None:
        group = Group(500)
        self.bot = group.add(1)
        self.callers = [Caller(100 + at, group.add(10 + at)) for at in range(people)]
        self.finals = 0
        self.seconds = 0.0
        """Of utterances."""

    def heard(self, _: int, event: SegmentEvent) -> None:
        """Count what comes out."""
        if isinstance(event, Final):
            self.finals += 1
            self.seconds += event.utterance.audio.seconds

    @asynccontextmanager
    async def listening(self, clock: "Clock") -> AsyncIterator[Ears]:
        """Let them be heard."""
        silero = await asyncio.to_thread(Silero)
        ears = Ears(
            asyncio.get_running_loop(),
            segmenter=lambda: Segmenter(SegmentSpec(), silero.stream()),
            on_event=self.heard,
            admitted=lambda _: True,
            clock=clock,
        )
        ears.reset(1, self.bot.user)
        ears.describe(KEY, lambda: Encryption(VERSION, self.bot.session))
        for at, caller in enumerate(self.callers):
            ears.speaking(caller.ssrc, 10 + at)
        ears.start()
        try:
            yield ears
        finally:
            await ears.close()


@dataclass
class Clock:
    """The call's clock: real, or set by hand."""

    now: float | None = None

    def __call__(self) -> float:
        """Return the time in seconds."""
        return time.monotonic() if self.now is None else self.now


@dataclass(frozen=True)
class Cost:
    """Of hearing some people."""

    people: int
    seconds: float
    """Of sound from each."""
    share: float
    """Of one core: the processor time of the thread that hears, over the time of the sound."""
    decoded: int
    utterances: int


async def cost(people: int, seconds: float) -> Cost:
    """Measure everybody speaking at once without a pause, in real time."""
    crowd, payloads, clock = Crowd(people), await asyncio.to_thread(speech), Clock()
    await asyncio.to_thread(opus.load)
    ticks = int(seconds / _TICK_S)
    datagrams = [
        [next(caller.say([payloads[(tick + 40 * at) % len(payloads)]])) for tick in range(ticks)]
        for at, caller in enumerate(crowd.callers)
    ]
    async with crowd.listening(clock) as ears:
        before, start = _ears_s(ears), time.monotonic()
        for tick in range(ticks):
            for each in datagrams:
                ears.datagram(each[tick])
            await asyncio.sleep(max(0.0, start + (tick + 1) * _TICK_S - time.monotonic()))
        await asyncio.sleep(2 * _TICK_S)
        spent, stats = _ears_s(ears) - before, ears.stats()
    decoded = sum(each.decoded for each in stats.speakers.values())
    return Cost(people, seconds, spent / seconds, decoded, crowd.finals)


@dataclass(frozen=True)
class Soak:
    """What a long call leaves."""

    people: int
    seconds: float
    memory: tuple[float, ...]
    """Resident, in MiB, every 10 s of the call."""
    share: float
    decoded: int
    sent: int
    utterances: int
    spoken: float
    """Seconds of utterances."""

    @property
    def slope(self) -> float:
        """MiB an hour, over the second half."""
        half = self.memory[len(self.memory) // 2 :]
        return float(np.polyfit(np.arange(len(half)), half, 1)[0]) * 3_600 / _SAMPLE_S


async def soak(people: int, seconds: int) -> Soak:
    """Let people speak and pause for a long time of the call, as fast as it can be heard."""
    crowd, payloads, clock = Crowd(people), await asyncio.to_thread(speech), Clock(0.0)
    memory, sent = [], 0
    async with crowd.listening(clock) as ears:
        before = _ears_s(ears)
        talks = [_talk(caller, payloads, at) for at, caller in enumerate(crowd.callers)]
        for tick in range(int(seconds / _TICK_S)):
            clock.now = tick * _TICK_S
            for datagram in filter(None, (next(talk) for talk in talks)):
                ears.datagram(datagram)
                sent += 1
            if tick % _LOOK == 0:
                await _heard(ears, sent - _AHEAD)
            if tick % int(_SAMPLE_S / _TICK_S) == 0:
                memory.append(await asyncio.to_thread(_resident))
        await _heard(ears, sent)
        spent, stats = _ears_s(ears) - before, ears.stats()
    decoded = sum(each.decoded for each in stats.speakers.values())
    share = spent / seconds
    return Soak(people, seconds, tuple(memory), share, decoded, sent, crowd.finals, crowd.seconds)


def _talk(caller: Caller, payloads: list[bytes], at: int) -> Iterator[bytes | None]:
    """Yield what somebody sends in each 20 ms: a frame, or nothing in a pause."""
    tick = 150 * at
    while True:
        for _ in range(int(_TALK_S / _TICK_S)):
            tick += 1
            yield next(caller.say([payloads[tick % len(payloads)]]))
        for _ in range(5):
            yield caller.send(opus.SILENCE)
            caller.timestamp += FRAME
        for _ in range(int(_PAUSE_S / _TICK_S) - 5):
            caller.timestamp += FRAME
            yield None


def _resident() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


async def _heard(ears: Ears, datagrams: int) -> None:
    while ears.stats().datagrams < datagrams:  # noqa: ASYNC110 - another thread counts
        await asyncio.sleep(_TICK_S / 4)


def _ears_s(ears: Ears) -> float:
    """Return the processor time of the thread that hears, in seconds."""
    thread = ears._thread.ident  # noqa: SLF001 - to tell its work from that of the senders
    assert thread is not None
    return time.clock_gettime(time.pthread_getcpuclockid(thread))


def main() -> None:
    """Measure, and say what was measured."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hour", action="store_true", help="25 people for an hour")
    options.add_argument("--seconds", type=int, default=30, help="of ten people at once")
    given = options.parse_args()
    ten = asyncio.run(cost(10, given.seconds))
    sys.stdout.write(
        f"{ten.people} people at once for {ten.seconds:.0f} s: {ten.share:.1%} of one core, "
        f"{ten.decoded} frames, {ten.utterances} utterances\n"
    )
    if given.hour:
        crowd = asyncio.run(soak(25, 3_600))
        sys.stdout.write(
            f"{crowd.people} people for {crowd.seconds} s: {crowd.share:.1%} of one core, "
            f"{crowd.decoded} of {crowd.sent} frames, {crowd.utterances} utterances "
            f"of {crowd.spoken:.0f} s; {crowd.memory[0]:.0f} MiB at first, "
            f"{crowd.memory[-1]:.0f} MiB at last, {crowd.slope:+.2f} MiB an hour\n"
        )


if __name__ == "__main__":
    main()
