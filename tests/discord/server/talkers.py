"""People in a call: they speak Opus over RTP, end-to-end encrypted, over lines good and bad."""

import asyncio
import itertools
import math
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from discord import opus
from numpy.typing import NDArray

from tests.discord.server.dave import Member
from tests.discord.server.voice_rtp import (
    FRAME_SAMPLES,
    SILENCE,
    VIDEO,
    Packet,
    audio_level,
    sender_report,
)

if TYPE_CHECKING:
    from tests.discord.server.voice_call import Call

FRAME_S = 0.02
_SILENT_FRAMES = 5
_RATES = {8_000, 12_000, 16_000, 24_000, 48_000}
_BREATH_FRAMES = 10
"""After so many frames without a pause, the receiver is given a moment to empty its buffer."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What a line does to packets; shares are in [0, 1], drawn with the seed."""

    loss: float = 0.0
    lost: frozenset[int] = frozenset()
    """Frames that are lost for certain, counted from 0."""
    duplicate: float = 0.0
    reorder: float = 0.0
    """Share of packets that come after the one or two that follow them."""
    jitter_s: float = 0.0
    """Each packet is late by up to so much."""
    padding: float = 0.0
    """Share of packets with 1 to 255 bytes of RTP padding."""
    undecryptable: float = 0.0
    """Share of frames that no key opens."""
    csrcs: int = 0
    """Contributing sources in each header, 15 at most."""
    extension: bool = True
    """Whether packets carry the audio level."""
    silence: int = _SILENT_FRAMES
    """Frames of silence at the end."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class _Sending:
    at: float
    """Seconds of sound time from the start."""
    frame: int


def _schedule(frames: int, faults: Faults) -> list[_Sending]:
    """Say when each packet comes, those that come twice or not at all included."""
    dice = random.Random(faults.seed)
    sendings = []
    for frame in range(frames):
        lost = dice.random() < faults.loss or frame in faults.lost
        late = dice.random() * faults.jitter_s
        if dice.random() < faults.reorder:
            late += FRAME_S * (dice.randint(1, 2) + 0.5)
        twice = dice.random() < faults.duplicate
        if not lost:
            sendings.append(_Sending(frame * FRAME_S + late, frame))
            if twice:
                again = late + dice.random() * 2 * FRAME_S
                sendings.append(_Sending(frame * FRAME_S + again, frame))
    return sorted(sendings, key=lambda sending: sending.at)


def _encoder(rate: int) -> opus.Encoder:
    """Opus as clients set it up; the codec takes every one of its rates as it is."""
    encoding = type("Encoder", (opus.Encoder,), {"SAMPLING_RATE": rate})
    made: opus.Encoder = encoding(
        application="voip", bitrate=64, fec=True, expected_packet_loss=0.1, signal_type="voice"
    )
    return made


def _frames(samples: NDArray[Any], rate: int) -> list[bytes]:
    """Cut into 20 ms of 16-bit stereo, the last filled up with silence."""
    if rate not in _RATES:
        raise ValueError(f"Opus has no rate of {rate} Hz")
    if samples.dtype != np.int16:
        samples = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
    size = rate // 50
    filled = np.pad(samples, (0, -len(samples) % size))
    return [frame.repeat(2).tobytes() for frame in filled.reshape(-1, size)]


def _encoded(frames: Iterable[bytes], rate: int) -> Iterator[bytes]:
    encoder = _encoder(rate)
    return (encoder.encode(frame, rate // 50) for frame in frames)


def encode(samples: NDArray[Any], rate: int) -> list[bytes]:
    """Encode as ``Talker.say`` does, for ``say_encoded``; half a millisecond for each 20 ms."""
    return list(_encoded(_frames(samples, rate), rate))


class Talker:
    """Somebody in a call."""

    def __init__(
        self, call: "Call", user: int, ssrc: int, member: Member | None, dice: random.Random
    ) -> None:
        self.user = user
        self.ssrc = ssrc
        self.member = member
        """``None`` on a stage, where nothing is end-to-end encrypted."""
        self.sequence = dice.getrandbits(16)
        """Of the packet to come; set it near its end to see it wrap."""
        self.timestamp = dice.getrandbits(32)
        self.sent = 0
        """Packets that went out, duplicates included."""
        self.gone = False
        self._call = call
        self._quiet_since = time.monotonic()

    async def say(
        self,
        samples: NDArray[Any],
        rate: int,
        *,
        speed: float = 1.0,
        faults: Faults = Faults(),
    ) -> None:
        """Say it, and return when the last packet is out.

        ``samples`` has shape ``(n,)``: float in [-1, 1] or int16, at a rate Opus knows.
        ``speed`` sends faster than real time, with honest timestamps; ``math.inf`` at once.
        """
        frames = _frames(samples, rate)
        await self._send(len(frames), _encoded(frames, rate), speed, faults)

    async def say_encoded(
        self, frames: Sequence[bytes], *, speed: float = 1.0, faults: Faults = Faults()
    ) -> None:
        """Say what was encoded before, as when many say the same or it costs too much time."""
        await self._send(len(frames), iter(frames), speed, faults)

    async def _send(
        self, count: int, frames: Iterator[bytes], speed: float, faults: Faults
    ) -> None:
        self._pause()
        self._call.spoken(self)
        packets = self._packets(count, frames, faults)
        ready: list[Packet | None] = []
        start = time.monotonic()
        schedule = _schedule(count + faults.silence, faults)
        for number, sending in enumerate(schedule, 1):
            due = start + sending.at / speed
            if (wait := due - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            elif number % _BREATH_FRAMES == 0:
                await asyncio.sleep(0.001 if speed == math.inf else 0)
            while len(ready) <= sending.frame:
                ready.append(next(packets))
            if (packet := ready[sending.frame]) is not None and not self.gone:
                self._call.transmit(packet)
                self.sent += 1
        for _ in packets:
            pass
        self._quiet_since = time.monotonic()

    def report(self) -> None:
        """Send an RTCP sender report, as clients do every few seconds."""
        for session in self._call.sessions.values():
            data = sender_report(self.ssrc, session.key, session.count())
            session.transmit_sealed(data)

    def film(self, packets: int = 10) -> None:
        """Send video, which bots that listen must not take for sound."""
        for index in range(packets):
            frame = bytes([index]) * 900
            packet = Packet(index, 3000 * index, self.ssrc ^ 1, frame, VIDEO, marker=True)
            self._call.transmit(packet)

    def leave(self) -> None:
        """Go, in the middle of a word if need be; there is no coming back for this talker."""
        self.gone = True
        self._call.leave(self)

    def _pause(self) -> None:
        """Let the clock of RTP run on while nobody speaks."""
        quiet = time.monotonic() - self._quiet_since
        self.timestamp += round(quiet / FRAME_S) * FRAME_SAMPLES
        self.timestamp %= 2**32

    def _packets(
        self, count: int, frames: Iterator[bytes], faults: Faults
    ) -> Iterator[Packet | None]:
        """Encrypt one frame after the other, each when it is asked for.

        ``None`` stands for a frame that can't be sent, as there is no group yet.
        """
        dice = random.Random(faults.seed + 1)
        csrcs = tuple(dice.getrandbits(32) for _ in range(faults.csrcs))
        silence = itertools.repeat(SILENCE, faults.silence)
        for index, frame in enumerate(itertools.chain(frames, silence)):
            level = audio_level(30 if index < count else 127)
            payload = self._protect(frame)
            if payload is not None and dice.random() < faults.undecryptable:
                payload = payload[:1] + bytes([payload[1] ^ 0xFF]) + payload[2:]
            padding = dice.randint(1, 255) if dice.random() < faults.padding else 0
            packet = None
            if payload is not None:
                packet = Packet(
                    self.sequence,
                    self.timestamp,
                    self.ssrc,
                    payload,
                    marker=index == 0,
                    extension=level if faults.extension else None,
                    csrcs=csrcs,
                    padding=padding,
                )
            self.sequence = (self.sequence + 1) % 2**16
            self.timestamp = (self.timestamp + FRAME_SAMPLES) % 2**32
            yield packet

    def _protect(self, frame: bytes) -> bytes | None:
        if self.member is None:
            return frame
        return self.member.encrypt(frame) if self.member.ready else None
