"""One person in a call: their packets in, what they say out, on the call's clock."""

import math
from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bot.discord.ears.opus import RATE, SILENCE
from bot.discord.ears.rtp import Packet
from bot.discord.ears.stats import SpeakerStats
from bot.discord.ears.stream import Piece, Stream
from pipeline.segments import Provisional, Resumed, Segmenter, SegmentEvent

Opener: TypeAlias = Callable[[bytes], bytes | None]
"""Takes the end-to-end encryption off a payload; ``None`` if it can't."""

_PAUSE_S: Final = 1.0
"""By so much, pauses may put sound ahead of the clock."""
_DELAY_S: Final = 0.5
"""By so much, networks may delay it; what comes later was said later."""
_AHEAD_S: Final = 30.0
"""Sound may come so much faster than time passes: a network that was stuck lets everything go at
once. What comes still faster is dropped, or one person could keep the ears busy for everybody."""


class Speaker:
    """Puts one person's sound on the call's clock and gives it to a segmenter of their own."""

    def __init__(self, segmenter: Segmenter) -> None:
        self.stats = SpeakerStats()
        self.came = 0.0
        """When the last packet came, in seconds on the call's clock."""
        self._segmenter = segmenter
        self._ssrc: int | None = None
        self._stream: Stream | None = None
        self._heard = 0.0
        """When the packet came that was heard last."""
        self._end = -math.inf
        """Where the sound so far ends, in seconds on the call's clock."""
        self._sound: list[tuple[float, NDArray[np.float32]]] = []
        """What was heard since the last turn, and when it was said."""
        self._provisional: int | None = None
        """The number of the utterance that may have ended."""

    @property
    def speaks(self) -> bool:
        """Whether the person is speaking, short pauses aside."""
        return self._segmenter.speaking

    def take(self, packet: Packet, now: float, opener: Opener) -> None:
        """Take a packet that came ``now``; the opener is asked only for what is worth opening.

        Raises EngineUnavailableError.
        """
        self.came = now
        self.stats.received += 1
        if self._end > now + _AHEAD_S:
            self.stats.hurried += 1
            return
        if self._stream is None or packet.ssrc != self._ssrc:
            self._ssrc, self._stream = packet.ssrc, Stream(self.stats)
        if self._stream.push(packet, now):
            frame = self._opened(packet.payload, opener)
            if frame is not None:
                self._stream.fill(packet, frame)
        self._listen(now)

    def pass_time(self, now: float) -> list[SegmentEvent]:
        """Return what has come of the packets until ``now``; raises what the segmenter raises."""
        self._listen(now)
        events = self._digest()
        # Silence is counted from the last packet: sound may lie ahead of the clock, or behind it.
        return self._noted(events + self._segmenter.idle(self._end + now - self._heard))

    def hang_up(self) -> None:
        """Let go of the stream: the next packet begins another."""
        self._ssrc = self._stream = None

    def finish(self) -> list[SegmentEvent]:
        """End what was being said; raises what the segmenter raises."""
        return self._noted(self._digest() + self._segmenter.flush())

    def withdraw(self) -> list[SegmentEvent]:
        """Say that what may have been an utterance is void: nothing more comes of it."""
        if self._provisional is None:
            return []
        return self._noted([Resumed(self._provisional)])

    def _opened(self, payload: bytes, opener: Opener) -> bytes | None:
        if payload in {b"", SILENCE}:
            return payload
        frame = opener(payload)
        if frame is None:
            self.stats.sealed += 1
            self.stats.sealed_in_a_row += 1
        else:
            self.stats.opened += 1
            self.stats.sealed_in_a_row = 0
        return frame

    def _listen(self, now: float) -> None:
        for piece in self._stream.pop(now) if self._stream else ():
            self._sound.append((self._place(piece), piece.samples))

    def _digest(self) -> list[SegmentEvent]:
        """Give the segmenter what was heard, as much at once as follows without a gap."""
        sound, self._sound = self._sound, []
        events, begin = [], 0
        for end in range(1, len(sound) + 1):
            at, samples = sound[end - 1]
            if end == len(sound) or sound[end][0] - at > (len(samples) + 1) / RATE:
                together = np.concatenate([each for _, each in sound[begin:end]])
                events += self._segmenter.push(together, sound[begin][0])
                begin = end
        return events

    def _place(self, piece: Piece) -> float:
        """Say when a piece was spoken.

        Timestamps tell it best, as networks delay; the clock sees to it that neither timestamps
        that jump nor pauses that the sender does not count lead astray.
        """
        seconds = len(piece.samples) / RATE
        latest = piece.arrived - seconds
        at = self._end + max(0.0, min(piece.pause, piece.arrived + _PAUSE_S - self._end))
        if latest - at > _DELAY_S:
            at = latest
        self._heard, self._end = piece.arrived, at + seconds
        return at

    def _noted(self, events: list[SegmentEvent]) -> list[SegmentEvent]:
        for event in events:
            self._provisional = event.number if isinstance(event, Provisional) else None
        return events
