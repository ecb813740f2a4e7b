"""People who speak into a call, without a network: real Opus, real DAVE, real transport."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import discord.opus
import numpy as np
from nacl.secret import Aead
from numpy.typing import NDArray

from bot.discord.ears import opus
from tests.discord.server.dave import Member

KEY = bytes(range(32))
FRAME = 960
"""Samples at 48 kHz, and ticks of a timestamp, in 20 ms."""
RATE = 48_000
_EXTENSION = bytes([0xBE, 0xDE, 0, 1])
_LEVEL = bytes([0x10, 0x7F, 0, 0])

opus.load()  # here, as no event loop may wait for it


@dataclass(frozen=True, slots=True)
class Dressing:
    """What a packet carries beside its payload."""

    sources: int = 0
    extended: bool = True
    padding: int = 0


PLAIN = Dressing()


def seal(
    numbers: tuple[int, int, int],
    payload: bytes,
    dressing: Dressing = PLAIN,
    key: bytes = KEY,
    nonce: int = 0,
) -> bytes:
    """Make a datagram of (ssrc, sequence, timestamp) and a payload."""
    ssrc, sequence, timestamp = numbers
    first = 0x80 | dressing.sources | (0x10 if dressing.extended else 0)
    first |= 0x20 if dressing.padding else 0
    header = struct.pack(">BBHII", first, 0x78, sequence % 2**16, timestamp % 2**32, ssrc)
    header += bytes(4 * dressing.sources)
    content = payload
    if dressing.extended:
        header += _EXTENSION
        content = _LEVEL + content
    if dressing.padding:
        content += bytes(dressing.padding - 1) + bytes([dressing.padding])
    tail = struct.pack(">I", nonce)
    sealed = Aead(key).encrypt(content, header, tail + bytes(20)).ciphertext
    return header + sealed + tail


def tone(hertz: float, seconds: float, loudness: float = 0.3) -> NDArray[np.float32]:
    """Make a sound of shape (n,), at 48 kHz."""
    times = np.arange(round(RATE * seconds)) / RATE
    return (loudness * np.sin(2 * np.pi * hertz * times)).astype(np.float32)


def voice(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """Make something like a voice, at 48 kHz: a gliding pitch with overtones, in syllables."""
    random = np.random.default_rng(seed)
    times = np.arange(round(RATE * seconds)) / RATE
    pitch = 120 + 40 * np.sin(2 * np.pi * (0.7 + random.random()) * times)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sound = sum(np.sin(each * phase) / each for each in range(1, 12))
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * times)
    return (0.12 * sound * syllables).astype(np.float32)


def frames(sound: NDArray[np.float32]) -> list[bytes]:
    """Encode sound at 48 kHz as clients do: 20 ms, stereo, 64 kb/s, ready for losses."""
    encoder = discord.opus.Encoder(
        application="voip", bitrate=64, fec=True, expected_packet_loss=0.1, signal_type="voice"
    )
    whole = np.pad(sound, (0, -len(sound) % FRAME))
    pcm = np.repeat((whole * 32767).astype("<i2")[:, None], 2, axis=1)
    return [
        encoder.encode(pcm[at : at + FRAME].tobytes(), FRAME) for at in range(0, len(pcm), FRAME)
    ]


class Caller:
    """One source; what it sends is numbered as clients do it."""

    def __init__(self, ssrc: int, member: Member | None = None, key: bytes = KEY) -> None:
        self.ssrc = ssrc
        self.member = member
        self.key = key
        self.sequence = 65_500
        self.timestamp = 2**32 - 20 * FRAME
        self._nonce = 0

    def say(self, payloads: list[bytes], dressing: Dressing = PLAIN) -> Iterator[bytes]:
        """Make datagrams of Opus frames that follow each other, without a pause before them."""
        for payload in payloads:
            yield self.send(self.encrypted(payload), dressing)
            self.timestamp += FRAME

    def encrypted(self, payload: bytes) -> bytes:
        """Encrypt for the group, if this caller is in one."""
        return self.member.encrypt(payload) if self.member else payload

    def send(self, payload: bytes, dressing: Dressing = PLAIN) -> bytes:
        """Make the next datagram as it is, at the current timestamp."""
        self.sequence += 1
        self._nonce += 1
        numbers = (self.ssrc, self.sequence, self.timestamp)
        return seal(numbers, payload, dressing, self.key, self._nonce)

    def pause(self, seconds: float) -> None:
        """Say nothing for a while."""
        self.timestamp += round(seconds * RATE)
