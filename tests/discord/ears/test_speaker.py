"""When something was said: timestamps within a spurt, the clock between spurts."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.discord.ears.rtp import Packet, Transport
from bot.discord.ears.speaker import Speaker
from pipeline.segments import Final, Provisional, Segmenter, SegmentEvent
from pipeline.specs import SegmentSpec
from tests.discord.ears.callers import KEY, Caller, frames, tone
from tests.discord.ears.hearing import Loud

FRAME_S = 0.02
[PAYLOAD] = frames(tone(440, FRAME_S))


class Recorder(Segmenter):
    """A segmenter that remembers what it was given."""

    def __init__(self) -> None:
        super().__init__(SegmentSpec(), Loud())
        self.given: list[tuple[float, float]] = []
        """Where each stretch begins and ends, in seconds."""

    def push(self, samples: NDArray[np.float32], at: float) -> list[SegmentEvent]:
        self.given.append((at, at + len(samples) / 16_000))
        return super().push(samples, at)


class Line:
    """A speaker, and what their packets' journey is."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.speaker = Speaker(self.recorder)
        self.caller = Caller(7)
        self.now = 1_000.0
        self.events: list[SegmentEvent] = []
        self._transport = Transport(KEY)

    def say(self, packets: int, every_s: float = FRAME_S) -> None:
        for datagram in self.caller.say([PAYLOAD] * packets):
            packet = self._transport.open(datagram)
            assert isinstance(packet, Packet)
            self.now += every_s
            self.speaker.take(packet, self.now, lambda frame: frame)
            self.events += self.speaker.pass_time(self.now)

    def stretches(self) -> list[tuple[float, float]]:
        """What follows without a gap, together."""
        joined: list[tuple[float, float]] = []
        for begin, end in self.recorder.given:
            if joined and begin == pytest.approx(joined[-1][1], abs=1e-6):
                joined[-1] = joined[-1][0], end
            else:
                joined.append((begin, end))
        return joined

    def lengths(self) -> list[float]:
        return [round(end - begin, 6) for begin, end in self.stretches()]

    def pauses(self) -> list[float]:
        stretches = self.stretches()
        return [round(b[0] - a[1], 6) for a, b in pairwise(stretches)]


@pytest.fixture
def line() -> Line:
    return Line()


def test_the_first_frame_was_said_before_it_came(line: Line) -> None:
    line.say(50)
    [(begin, end)] = line.stretches()
    assert begin == pytest.approx(1_000.0)
    assert end == pytest.approx(1_001.0)


def test_what_the_network_delays_is_not_torn_apart(line: Line) -> None:
    line.say(20)
    line.now += 0.4
    line.say(20, every_s=0)
    line.say(20)
    assert line.lengths() == [1.2]


def test_a_pause_is_as_long_as_both_clocks_say(line: Line) -> None:
    line.say(20)
    for seconds in (0.5, 5.0):
        line.caller.pause(seconds)
        line.now += seconds
        line.say(20)
    assert line.pauses() == [0.5, 5.0]


def test_a_pause_that_the_sender_does_not_count_is_one_by_our_clock(line: Line) -> None:
    line.say(20)
    line.now += 3
    line.say(20)
    assert line.pauses() == [3.0]


def test_delays_that_add_up_end_no_utterance(line: Line) -> None:
    for _ in range(20):
        line.say(20)
        line.now += 0.2
    assert not [each for each in line.events if isinstance(each, Final)]
    assert len(line.events) < 20
    assert line.stretches()[-1][1] >= line.now - 0.8


def test_silence_is_counted_from_the_last_packet_however_far_ahead_the_sound_is(line: Line) -> None:
    line.say(5)
    line.say(500, every_s=0)
    [provisional] = line.speaker.pass_time(line.now + 0.5)
    assert isinstance(provisional, Provisional)
    [final] = line.speaker.pass_time(line.now + 0.9)
    assert isinstance(final, Final)
    assert final.utterance.audio.seconds > 10


def test_speech_sent_at_once_keeps_its_short_pauses(line: Line) -> None:
    line.say(5)
    line.say(10, every_s=0)
    line.caller.pause(0.7)
    line.say(10, every_s=0)
    assert line.pauses() == [0.7]


@given(st.lists(st.floats(-1e5, 1e5), max_size=30))
def test_timestamps_that_jump_run_ahead_of_the_clock_by_a_second_at_most(
    jumps: list[float],
) -> None:
    line = Line()
    for jump in jumps:
        line.say(5)
        line.caller.pause(jump)
    line.say(5)
    begins = [begin for begin, _ in line.recorder.given]
    assert begins == sorted(begins)
    assert line.stretches()[-1][1] <= line.now + 1.2


def test_another_source_of_the_same_person_goes_on_where_they_were(line: Line) -> None:
    line.say(20)
    line.caller = Caller(8)
    line.say(20)
    assert line.lengths() == [0.8]


def test_who_is_faster_than_time_gets_30_s_ahead_and_no_more(line: Line) -> None:
    line.say(3_000, every_s=0.0001)
    stats = line.speaker.stats
    assert stats.hurried > 1_400
    assert stats.decoded + stats.hurried == 3_000
    assert line.stretches()[-1][1] <= line.now + 32
