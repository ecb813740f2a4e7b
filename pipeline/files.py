"""The bytes of a sound file, within limits."""

import io
import os
import stat
from pathlib import Path

from pipeline.errors import AudioTooLargeError, EmptyAudioError, MissingAudioError
from pipeline.specs import AudioLimits


def contents(sound: Path | bytes, limits: AudioLimits) -> bytes:
    """Return them; blocks where they lie in a file.

    A pipe or device in its place is neither waited for nor read. Raises MissingAudioError,
    EmptyAudioError and AudioTooLargeError, the latter two before anything is read.
    """
    if isinstance(sound, bytes):
        _check(len(sound), limits)
        return sound
    try:
        file = io.FileIO(sound, opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))
    except IsADirectoryError:
        raise MissingAudioError(reason="folder") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise MissingAudioError from error
    with file:
        return read(file, limits)


def read(file: io.FileIO, limits: AudioLimits) -> bytes:
    """Return what is in an open file, as long as it is now; raises as ``contents``."""
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise MissingAudioError
    _check(status.st_size, limits)
    data = bytearray()
    try:
        while len(data) < status.st_size and (part := file.read(status.st_size - len(data))):
            data += part
    except OSError as error:
        raise MissingAudioError from error
    return bytes(data)


def _check(size: int, limits: AudioLimits) -> None:
    if size > limits.bytes:
        raise AudioTooLargeError(limit=limits.bytes)
    if not size:
        raise EmptyAudioError
