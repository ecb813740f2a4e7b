"""Voice messages to the frames that a live call plays."""

from typing import Final

import numpy as np

from pipeline import audio
from pipeline.specs import AudioLimits
from pipeline.types import Clip

RATE: Final = 48_000
"""Samples per second and channel."""
_LIMITS: Final = AudioLimits(seconds=120.0, bytes=4 * 1024 * 1024)
"""Much more than it takes to say an utterance in any language; in memory 23 MB."""


def pcm(clip: Clip) -> bytes:
    """Return the clip as 48 kHz, stereo, signed 16 bits, little-endian: 192 kB a second.

    Raises AudioError for what can't be decoded, and AudioTooLongError beyond 120 seconds.
    """
    mono = audio.decode(clip.data, _LIMITS, rate=RATE).samples
    samples = np.rint(mono * np.iinfo(np.int16).max).astype("<i2")
    return np.repeat(samples, 2).tobytes()
