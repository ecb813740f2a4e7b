"""How a voice message looks before it is heard: its loudness over time."""

from typing import Final

import numpy as np

from pipeline.types import Audio

_POINTS: Final = 256
_POINT_S: Final = 0.1
_QUIET_DB: Final = -50.0
_LOUD_DB: Final = -10.0
"""Speech is normally recorded at -35 to -15 dBFS."""


def waveform(audio: Audio) -> bytes:
    """Return at most 256 values, 0 to 255: RMS in decibels of equal stretches of at least 100 ms.

    The samples are at least one, finite and in [-1, 1].
    """
    samples = audio.samples
    points = int(np.clip(audio.seconds / _POINT_S, 1, _POINTS))
    starts = np.arange(points) * len(samples) // points
    energy = np.add.reduceat(np.square(samples), starts, dtype=np.float64)
    power = energy / np.diff(starts, append=len(samples))
    decibels = 10 * np.log10(np.maximum(power, 1e-10))
    height = (decibels - _QUIET_DB) / (_LOUD_DB - _QUIET_DB)
    return bytes(np.rint(np.clip(height, 0, 1) * 255).astype(np.uint8))
