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

_LONGEST: Final = RATE * 120 // 1000
"""Samples of the longest frame there is."""


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


class Decoder(discord.opus.Decoder):
    """Frames of one source, in their order, to 16 kHz mono: float32 of shape (n,) in [-1, 1].

    discord.py's own ``decode`` gives 16-bit samples, through lists, at three times the cost.
    """

    SAMPLING_RATE = RATE
    CHANNELS = 1

    def __init__(self) -> None:
        """Begin as after silence; raises EngineUnavailableError."""
        load()
        super().__init__()  # type: ignore[no-untyped-call]  # so it is in discord.py
        self._samples = np.empty(_LONGEST, np.float32)
        self._pointer = self._samples.ctypes.data_as(discord.opus.c_float_ptr)
        self._length = RATE // 50
        """Samples of the last frame."""

    def hear(self, frame: bytes) -> NDArray[np.float32]:
        """Decode a frame, of 2.5 to 120 ms; raises UnreadableAudioError."""
        samples = self._decoded(frame, _LONGEST, fec=False)
        self._length = len(samples)
        return samples

    def recover(self, following: bytes) -> NDArray[np.float32]:
        """Decode the frame before ``following`` from what that one tells of it.

        Senders that fear losses tell a coarse copy (RFC 6716, 2.1.7); without one it is concealed.
        Raises UnreadableAudioError.
        """
        return self._decoded(following, self._length, fec=True)

    def conceal(self) -> NDArray[np.float32]:
        """Invent a frame as long as the last one; again and again, it fades."""
        return self._decoded(None, self._length, fec=False)

    def _decoded(self, frame: bytes | None, room: int, *, fec: bool) -> NDArray[np.float32]:
        if frame == b"":  # which libopus would take for a loss
            raise UnreadableAudioError
        size = len(frame) if frame else 0
        try:
            count = discord.opus._lib.opus_decode_float(  # noqa: SLF001 - there is no other way
                self._state, frame, size, self._pointer, room, fec
            )
        except discord.opus.OpusError as error:
            raise UnreadableAudioError from error
        return self._samples[:count].clip(-1, 1)
