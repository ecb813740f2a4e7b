"""Opus, through the libopus that comes with PyAV: no system package is needed."""

import ctypes.util
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import discord.opus
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import EngineUnavailableError, UnreadableAudioError

RATE: Final = 16_000
"""Hertz of what is decoded: what recognisers hear, given by libopus itself."""
SILENCE: Final = discord.opus.OPUS_SILENCE
"""The frame that Discord's clients send five times when somebody stops; nobody encrypts it."""

_FULL_SCALE: Final = np.float32(1 / 32768)


def load() -> None:
    """Give discord.py its libopus, for hearing and for speaking.

    Raises EngineUnavailableError if there is none.
    """
    if discord.opus.is_loaded():
        return
    for path in (*_beside_pyav(), ctypes.util.find_library("opus")):
        if path is None:
            continue
        try:
            discord.opus.load_opus(path)
        except (OSError, AttributeError):
            continue
        return
    raise EngineUnavailableError(engine="libopus")


def _beside_pyav() -> list[str]:
    """Where PyAV's wheels keep it: beside the package on Linux, inside it on a Mac."""
    spec = find_spec("av")
    if spec is None or not spec.submodule_search_locations:
        return []
    package = Path(spec.submodule_search_locations[0])
    found = [*package.parent.glob("av.libs/libopus*"), *package.glob(".dylibs/libopus*")]
    return [str(path) for path in found]


class Decoder:
    """Frames of one source, in their order, to 16 kHz mono: float32 of shape (n,) in [-1, 1]."""

    def __init__(self) -> None:
        """Begin as after silence; raises EngineUnavailableError."""
        load()
        self._libopus = _Mono()  # type: ignore[no-untyped-call]  # the library left it untyped

    def decode(self, frame: bytes) -> NDArray[np.float32]:
        """Decode a frame, of 2.5 to 120 ms; raises UnreadableAudioError."""
        return self._decode(frame, fec=False)

    def recover(self, following: bytes) -> NDArray[np.float32]:
        """Decode the frame before ``following`` from what that one tells of it.

        Senders that fear losses tell a coarse copy (RFC 6716, 2.1.7); without one it is concealed.
        Raises UnreadableAudioError.
        """
        return self._decode(following, fec=True)

    def conceal(self) -> NDArray[np.float32]:
        """Invent a frame as long as the last one; again and again, it fades."""
        return self._decode(None, fec=False)

    def _decode(self, frame: bytes | None, *, fec: bool) -> NDArray[np.float32]:
        try:
            if frame is None:
                pcm = self._libopus.decode(None, fec=False)
            else:
                pcm = self._libopus.decode(frame, fec=fec)
        except discord.opus.OpusError as error:
            raise UnreadableAudioError from error
        return np.frombuffer(pcm, np.int16).astype(np.float32) * _FULL_SCALE


class _Mono(discord.opus.Decoder):
    SAMPLING_RATE = RATE
    CHANNELS = 1
    SAMPLES_PER_FRAME = RATE // 50
