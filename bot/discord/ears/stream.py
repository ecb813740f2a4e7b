"""One source of a speaker: packets in any order to sound, with what is missing concealed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.discord.ears.jitter import Arrival, Frame, JitterBuffer
from bot.discord.ears.opus import RATE, Decoder
from bot.discord.ears.rtp import CLOCK_HZ, Packet
from bot.discord.ears.stats import SpeakerStats
from pipeline.errors import UnreadableAudioError

_INVENTED: Final = 5
"""Frames concealed one after the other, 100 ms: what libopus invents has faded by then."""
_TIMES: Final = 1 << 32
_TICKS: Final = CLOCK_HZ // RATE


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Some sound, and the silence before it."""

    samples: NDArray[np.float32]
    """Shape (n,), 16 kHz, in [-1, 1]."""
    pause: float
    """Seconds of silence that the sender's timestamps tell of, at least 0, without an upper limit:
    they are not to be trusted."""
    arrived: float
    """When its packet came, in seconds on the call's clock."""


class Stream:
    """Everything one SSRC has sent, counted into the statistics of its speaker."""

    def __init__(self, stats: SpeakerStats) -> None:
        """Begin; raises EngineUnavailableError if there is no libopus."""
        self._stats = stats
        self._buffer = JitterBuffer()
        self._decoder = Decoder()
        self._expected: int | None = None
        """The timestamp of what follows without a gap."""
        self._length = RATE // 50
        """Samples of the last frame."""
        self._unreadable = 0
        """Frames in a row, just before, that were no Opus."""

    def push(self, packet: Packet, now: float) -> bool:
        """Take note of a packet; whether it is new, and so worth opening and filling in."""
        arrival = self._buffer.push(packet.sequence, packet.timestamp, now)
        match arrival:
            case Arrival.DUPLICATE:
                self._stats.duplicate += 1
            case Arrival.LATE | Arrival.STRAY:
                self._stats.late += 1
        return arrival is Arrival.NEW

    def fill(self, packet: Packet, frame: bytes) -> None:
        """Give a new packet its Opus frame."""
        self._buffer.fill(packet.sequence, frame)

    def pop(self, now: float) -> Iterator[Piece]:
        """Yield the sound whose turn it is."""
        while (frame := self._buffer.pop(now)) is not None:
            self._stats.lost += frame.lost
            try:
                yield from self._sound(frame)
            except UnreadableAudioError:
                self._stats.unreadable += 1
                self._unreadable += 1

    def _sound(self, frame: Frame) -> Iterator[Piece]:
        lost = frame.lost + self._unreadable
        gap = self._gap(frame)
        missing = min(lost, round(gap / self._length))
        for _ in range(min(missing - 1, _INVENTED)):
            gap -= self._length
            yield self._invented(self._decoder.conceal(), 0, frame)
        if missing:
            recovered = self._decoder.recover(frame.payload)
            gap = max(0, gap - len(recovered))
            yield self._invented(recovered, gap, frame)
            gap = 0
        samples = self._decoder.hear(frame.payload)
        self._unreadable = 0
        self._length = len(samples)
        self._expected = (frame.timestamp + _TICKS * len(samples)) % _TIMES
        self._stats.decoded += 1
        yield Piece(samples, gap / RATE, frame.arrived)

    def _gap(self, frame: Frame) -> int:
        """Return the samples between the end of the last frame and this one, at least 0."""
        if self._expected is None:
            return 0
        ahead = (frame.timestamp - self._expected + _TIMES // 2) % _TIMES - _TIMES // 2
        return max(0, ahead // _TICKS)

    def _invented(self, samples: NDArray[np.float32], gap: int, frame: Frame) -> Piece:
        self._stats.concealed += 1
        return Piece(samples, gap / RATE, frame.arrived)
