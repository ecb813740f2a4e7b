"""Strangers' recordings become samples in a process that can do nothing else.

Whoever sends a recording chose every byte of it, and decoders are the largest part of our code that
such bytes reach. So they run confined, apart from the models, and their answers are samples or the
name of an error: nothing that could do harm here.
"""

import asyncio
import math
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pipeline import files
from pipeline.confinement import Confinement
from pipeline.errors import (
    AudioError,
    AudioTooLargeError,
    AudioTooLongError,
    EngineError,
    UnreadableAudioError,
    WorkerLostError,
)
from pipeline.specs import AudioLimits
from pipeline.types import Audio, Sound
from pipeline.workers import ProcessWorker, Worker

SPEECH_RATE: Final = 16_000
"""Samples per second that the recognisers expect."""
MEMORY_MB: Final = 128
"""What decoders may take beside a file and its samples, in MiB."""
TIMEOUT_S: Final = 60.0
"""How long decoding may take."""

_LEAST_S: Final = 180.0  # of room for samples: the two minutes at 24 kHz of an enrolment
_SAMPLE: Final = np.dtype("<f4")
_TOOK: Final = struct.Struct("!d")  # milliseconds; the samples follow
_MIB: Final = 2**20
_CALLS: Final = 1_000  # then a fresh process: what leaks comes to an end
_COPIES: Final = (2, 3)  # of a file and of its samples, that are held at the same time
_FAULTS: Final = ("died", "garbled")  # of the process, and so of the file


@dataclass(frozen=True, slots=True)
class Decoded:
    """A recording as samples, and what that took."""

    audio: Audio
    decode_ms: float


class Decoder:
    """Decodes on a worker, which should be that of ``worker``."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def warm(self) -> None:
        """Start the worker's process now; raises WorkerError."""
        await self._worker.call(ready)

    async def decode(self, sound: Sound, limits: AudioLimits, rate: int = SPEECH_RATE) -> Decoded:
        """Return the sound as mono at ``rate`` hertz; what is decoded already, as it is.

        Raises AudioError, and UnreadableAudioError too for a file that costs the process its life
        or more memory than it may have; WorkerTimeoutError for one that takes too long.
        """
        if isinstance(sound, Audio):
            return Decoded(sound, 0.0)
        if isinstance(sound, Path):
            sound = await asyncio.to_thread(files.contents, sound, limits)
        data = files.contents(sound, limits)
        try:
            answer = await self._worker.call(decode, data, limits, rate)
            return _unpacked(answer, rate)
        except AudioTooLongError:
            raise AudioTooLongError(limit=limits.seconds) from None
        except AudioTooLargeError:
            raise AudioTooLargeError(limit=limits.bytes) from None
        except WorkerLostError as error:
            if error.details.get("reason") in _FAULTS:
                raise UnreadableAudioError(reason="decoder died") from error
            raise
        except EngineError as error:
            if error.details.get("reason") == MemoryError.__name__:
                raise UnreadableAudioError(reason="memory") from error
            raise


def worker(
    limits: AudioLimits,
    *,
    start_timeout_s: float,
    timeout_s: float = TIMEOUT_S,
    memory_mb: int = MEMORY_MB,
) -> ProcessWorker:
    """Return the worker for a decoder, confined to what recordings within the limits need."""
    return ProcessWorker(
        name="decode",
        timeout_s=timeout_s,
        start_timeout_s=start_timeout_s,
        calls_before_renewal=_CALLS,
        confinement=confinement(limits, memory_mb),
    )


def confinement(limits: AudioLimits, memory_mb: int = MEMORY_MB) -> Confinement:
    """Return what is left to it; ``memory_mb`` is for decoders, beside a file and its samples."""
    of_file, of_samples = _COPIES
    seconds = 1 + max(limits.seconds, _LEAST_S)  # rounded up
    samples = math.ceil(seconds) * SPEECH_RATE * _SAMPLE.itemsize
    return Confinement(
        memory_bytes=memory_mb * _MIB + of_file * limits.bytes + of_samples * samples,
        answer_bytes=_TOOK.size + samples,
        prepare=prepare,
    )


def prepare() -> None:
    """Load everything that decoding needs."""
    from pipeline import audio  # noqa: PLC0415 - the parent process only names this function

    silence = audio.encode(Audio(np.zeros(SPEECH_RATE, np.float32), SPEECH_RATE))
    for data in (silence.data, silence.data[:100]):
        with suppress(AudioError):
            decode(data, AudioLimits(), SPEECH_RATE)


def ready() -> bytes:
    """Do nothing: who is answered has a process."""
    return b""


def decode(data: bytes, limits: AudioLimits, rate: int) -> bytes:
    """Return milliseconds and samples, for ``Decoder``; raises AudioError."""
    from pipeline import audio  # noqa: PLC0415 - as above

    started = time.perf_counter()
    decoded = audio.decode(data, limits, rate=rate)
    return packed(Decoded(decoded, 1000 * (time.perf_counter() - started)))


def packed(decoded: Decoded) -> bytes:
    """Return the samples and what they took, as a ``Decoder`` takes them from its worker."""
    samples = decoded.audio.samples.astype(_SAMPLE, copy=False)
    return b"".join((_TOOK.pack(decoded.decode_ms), samples.data))


def _unpacked(answer: bytes, rate: int) -> Decoded:
    if len(answer) <= _TOOK.size or (len(answer) - _TOOK.size) % _SAMPLE.itemsize:
        raise UnreadableAudioError(reason="no samples")
    (took,) = _TOOK.unpack_from(answer)
    samples = np.frombuffer(answer, _SAMPLE, offset=_TOOK.size)
    return Decoded(Audio(samples, rate), took if 0 <= took < math.inf else 0.0)
