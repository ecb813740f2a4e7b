"""What people in the call hear of a bot: decrypted, decoded, with the times it came at."""

import glob
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import av
import numpy as np
from discord import opus
from numpy.typing import NDArray

from tests.discord.server.voice_rtp import SILENCE, Packet

RATE = 48_000
_MARKER = b"\xfa\xfa"
"""The end of every frame that DAVE has encrypted."""


@cache
def load_opus() -> None:
    """Let discord.py use the libopus that comes with PyAV."""
    folder = Path(av.__file__).parent.parent / "av.libs"
    found = glob.glob(os.fspath(folder / "libopus*"))  # noqa: PTH207 - as short
    opus.load_opus(found[0])


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms that the bot has sent."""

    packet: Packet
    at: float
    """When it came, by the monotonic clock, in seconds."""
    opus: bytes
    encrypted: bool
    """Whether it was encrypted from end to end."""


@dataclass(eq=False)
class Ears:
    """One bot, as heard by a member of the call."""

    decrypt: Callable[[bytes], bytes]
    """Takes one frame of the bot; raises ValueError where no member has the key."""
    frames: list[Frame] = field(default_factory=list)
    """All that were understood, in the order they were understood in."""
    _waiting: list[tuple[Packet, float]] = field(default_factory=list)

    @property
    def unheard(self) -> int:
        """How many frames nobody could decrypt so far."""
        self._retry()
        return len(self._waiting)

    @property
    def speech(self) -> list[Frame]:
        """Those that are more than silence."""
        self._retry()
        return [frame for frame in self.frames if frame.opus != SILENCE]

    @property
    def in_the_clear(self) -> int:
        """How many frames of speech came without end-to-end encryption."""
        return sum(not frame.encrypted for frame in self.speech)

    def take(self, packet: Packet, at: float) -> None:
        """Hear one packet; what is encrypted with keys to come is kept until they have come."""
        self._waiting.append((packet, at))
        self._retry()

    def pcm(self) -> NDArray[np.float32]:
        """Decode everything that was understood, joined without its pauses: mono, 48 kHz."""
        decoder = opus.Decoder()  # type: ignore[no-untyped-call]  # so it is in discord.py
        decoded = [decoder.decode(frame.opus, fec=False) for frame in self.speech]
        stereo = np.frombuffer(b"".join(decoded), np.int16).reshape(-1, 2)
        return np.asarray(stereo.mean(axis=1) / 32768, np.float32)

    def forget(self) -> None:
        """Begin anew."""
        self.frames.clear()
        self._waiting.clear()

    def _retry(self) -> None:
        waiting, self._waiting = self._waiting, []
        for packet, at in waiting:
            frame, encrypted = packet.payload, packet.payload.endswith(_MARKER)
            try:
                decoded = self.decrypt(frame) if encrypted else frame
            except ValueError:
                self._waiting.append((packet, at))
            else:
                self.frames.append(Frame(packet, at, decoded, encrypted))
