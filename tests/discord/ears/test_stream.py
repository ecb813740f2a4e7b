"""From packets to sound: gaps are concealed for a while, pauses are not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.ears.jitter import HOLD_S
from bot.discord.ears.rtp import Packet, Transport
from bot.discord.ears.stats import SpeakerStats
from bot.discord.ears.stream import Piece, Stream
from tests.discord.ears.callers import FRAME, KEY, Caller, frames, tone, voice

SSRC = 7


class Line:
    """A stream, and what it was given and gave."""

    def __init__(self) -> None:
        self.stats = SpeakerStats()
        self.pieces: list[Piece] = []
        self._stream = Stream(self.stats)
        self._caller = Caller(SSRC)
        self._transport = Transport(KEY)
        self._now = 0.0

    def say(self, payloads: list[bytes], lost: frozenset[int] | set[int] = frozenset()) -> None:
        for at, datagram in enumerate(self._caller.say(payloads)):
            packet = self._transport.open(datagram)
            assert isinstance(packet, Packet)
            self._now += 0.02
            if at not in lost and self._stream.push(packet, self._now):
                self._stream.fill(packet, packet.payload)
            self.pieces += self._stream.pop(self._now)

    def pause(self, seconds: float) -> None:
        self._now += abs(seconds)
        self._caller.pause(seconds)

    def end(self) -> list[Piece]:
        self.pieces += self._stream.pop(self._now + HOLD_S)
        return self.pieces

    @property
    def seconds(self) -> float:
        return sum(len(each.samples) for each in self.pieces) / 16_000


def test_what_comes_whole_is_heard_whole_across_both_wraps() -> None:
    line = Line()
    line.say(frames(tone(440, 2)))
    line.end()
    assert line.seconds == 2
    assert not any(each.pause for each in line.pieces)
    assert line.stats == SpeakerStats(decoded=100)


def test_a_lost_frame_is_recovered_in_its_place() -> None:
    line = Line()
    line.say(frames(voice(1)), lost={20, 30, 31})
    line.end()
    assert line.seconds == 1
    assert not any(each.pause for each in line.pieces)
    assert (line.stats.lost, line.stats.concealed, line.stats.decoded) == (3, 3, 47)


def test_recovered_sound_is_nearer_to_what_was_said_than_silence() -> None:
    packets = frames(voice(4))
    lost = set(range(10, 190, 7))
    whole, holed = Line(), Line()
    whole.say(packets)
    holed.say(packets, lost)
    said, heard = (
        np.concatenate([each.samples for each in line.end()]).reshape(-1, 320)
        for line in (whole, holed)
    )
    missing = sorted(lost)
    spectra = [np.abs(np.fft.rfft(each[missing])) for each in (said, heard)]
    assert np.square(spectra[1] - spectra[0]).mean() < 0.4 * np.square(spectra[0]).mean()


def test_a_long_gap_is_invented_for_100_ms_and_its_last_frame_recovered() -> None:
    line = Line()
    line.say(frames(voice(4)), lost=set(range(50, 150)))
    line.end()
    assert line.stats.lost == 100
    assert line.stats.concealed == 6
    silence = [each.pause for each in line.pieces if each.pause]
    assert silence == [pytest.approx(94 * 0.02)]
    assert line.seconds + sum(silence) == pytest.approx(4)


def test_a_pause_between_words_is_silence_and_no_loss() -> None:
    line = Line()
    line.say(frames(voice(0.5)))
    line.pause(3)
    line.say(frames(voice(0.5, seed=1)))
    line.end()
    assert (line.stats.lost, line.stats.concealed) == (0, 0)
    assert [each.pause for each in line.pieces if each.pause] == [3]


def test_a_loss_at_the_end_is_not_invented_before_somebody_goes_on() -> None:
    line = Line()
    line.say(frames(voice(1)), lost=set(range(40, 50)))
    line.end()
    assert line.stats.concealed == 0
    assert line.seconds == pytest.approx(0.8)


def test_timestamps_that_go_back_make_no_gap() -> None:
    line = Line()
    line.say(frames(voice(0.2)))
    line.pause(-60)
    line.say(frames(voice(0.2)))
    line.end()
    assert not any(each.pause for each in line.pieces)
    assert line.seconds == pytest.approx(0.4)


def test_a_frame_that_is_no_opus_costs_itself_alone() -> None:
    line = Line()
    payloads = frames(voice(1))
    payloads[25] = b"\xff" * 9
    line.say(payloads)
    line.end()
    assert (line.stats.unreadable, line.stats.decoded, line.stats.concealed) == (1, 49, 1)
    assert line.seconds == 1


@given(st.lists(st.sampled_from([0, 0, 0, 1, 2, 5, 50, 2_999]), max_size=40))
def test_what_is_invented_is_bounded_whatever_is_lost(gaps: list[int]) -> None:
    stats = SpeakerStats()
    stream = Stream(stats)
    [payload] = frames(tone(300, 0.02))
    place, invented = 0, 0
    for now, gap in enumerate([0, *gaps]):
        place += gap + 1
        packet = Packet(SSRC, place % 2**16, place * FRAME % 2**32, payload)
        assert stream.push(packet, now)
        stream.fill(packet, payload)
        pieces = list(stream.pop(now + 2 * HOLD_S))
        assert len(pieces) <= 7
        seconds = sum(each.pause + len(each.samples) / 16_000 for each in pieces)
        assert seconds == pytest.approx((gap + 1) * 0.02 if now else 0.02)
        invented += len(pieces) - 1
    assert stats.concealed == invented
    assert stats.lost == sum(gaps)
