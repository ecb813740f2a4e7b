"""Tones to speak and to play, and how to know them again."""

import discord
import numpy as np
from numpy.typing import NDArray

_SAMPLES = 960


def tone(hertz: float, seconds: float, rate: int = 48_000) -> NDArray[np.float32]:
    """A sine at half of full scale, mono, in [-1, 1]."""
    times = np.arange(round(seconds * rate)) / rate
    return np.asarray(0.5 * np.sin(2 * np.pi * hertz * times), np.float32)


def pitch(samples: NDArray[np.float32], rate: int = 48_000) -> float:
    """The strongest frequency, in hertz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * rate / len(samples))


class Played(discord.AudioSource):
    """Mono samples at 48 kHz, as discord.py wants to read them."""

    def __init__(self, samples: NDArray[np.float32]) -> None:
        self._pcm = (samples * 32767).astype(np.int16)
        self._at = 0

    def read(self) -> bytes:
        """Return 20 ms of 16-bit stereo; nothing when there is no more."""
        frame = self._pcm[self._at : self._at + _SAMPLES]
        self._at += _SAMPLES
        return frame.repeat(2).tobytes() if len(frame) == _SAMPLES else b""
