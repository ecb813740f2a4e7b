"""What every voice needs: text that can be said, a pace within bounds, sound without its ends."""

import unicodedata

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import EngineError, TextTooLongError
from pipeline.types import Audio

_SLOWEST, _FASTEST = 0.5, 2.0
_JOINERS = "\u200c\u200d"
"""The format characters that change how a word is read, in Persian and in Indic scripts."""
_QUIET = 0.005
"""Of the peak (-46 dB): what is below it at either end is no speech. The softest consonants that
espeak-ng begins or ends with are above."""
_LEAD_S, _TAIL_S = 0.02, 0.1
"""Quiet that is kept, so that soft consonants and the fading end survive."""


def sayable(text: str, engine: str, limit: int) -> str:
    """Return the text composed (NFC), without control and format characters and surrogates.

    Nothing is ever cut off: raises TextTooLongError when there are more than ``limit`` characters,
    and EngineError when there is neither letter, digit nor symbol in it.
    """
    if len(text) > limit:
        raise TextTooLongError(engine=engine, characters=len(text), limit=limit)
    said = "".join(map(_sayable, unicodedata.normalize("NFC", text))).strip()
    if not any(unicodedata.category(character)[0] in "LNS" for character in said):
        raise EngineError(engine=engine, reason="nothing to say")
    return said


def _sayable(character: str) -> str:
    category = unicodedata.category(character)
    if character in _JOINERS or character == "\n":
        return character
    if category == "Cf":
        return ""
    return " " if category[0] == "C" or category in {"Zl", "Zp"} else character


def pace(speed: float) -> float:
    """Return the speed within 0.5 to 2."""
    return max(_SLOWEST, min(_FASTEST, speed))


def spoken(samples: NDArray[np.float32], rate: int, engine: str) -> Audio:
    """Return the sound without the silence around it, finite, its peak at most 1.

    ``samples`` has shape ``(n,)``, ``rate`` is in hertz. Raises EngineError when all is silent.
    """
    finite = np.nan_to_num(samples.astype(np.float32, copy=False), posinf=1.0, neginf=-1.0)
    level = np.abs(finite)
    peak = float(level.max(initial=0.0))
    if not peak:
        raise EngineError(engine=engine, reason="silent")
    loud = np.flatnonzero(level >= _QUIET * peak)
    start = max(0, int(loud[0]) - int(_LEAD_S * rate))
    end = int(loud[-1]) + 1 + int(_TAIL_S * rate)
    return Audio(finite[start:end] / max(1.0, peak), rate)
