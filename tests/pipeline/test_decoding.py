"""Strangers' files, real decoders, and a process that may be lost."""

import asyncio
import math
import os
import resource
import signal
import struct
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from pipeline import audio, decoding
from pipeline.confinement import Confinement
from pipeline.decoding import Decoder
from pipeline.errors import (
    AudioError,
    AudioTooLargeError,
    AudioTooLongError,
    EmptyAudioError,
    MissingAudioError,
    UnreadableAudioError,
    WorkerLostError,
    WorkerTimeoutError,
)
from pipeline.specs import AudioLimits
from pipeline.types import Audio, Sound
from pipeline.workers import ProcessWorker
from tests.pipeline import audio_files
from tests.pipeline import confined_tasks as tasks
from tests.pipeline.audio_files import SoundFile, encoded, tone
from tests.pipeline.worker_rig import eventually, process_worker

LIMITS = AudioLimits()
GOOD = [*audio_files.good_files(), *audio_files.odd_files()]
HOSTILE = audio_files.hostile_files()
NOTE = encoded("ogg", "libopus")


def worker(limits: AudioLimits = LIMITS, **choices: Any) -> ProcessWorker:
    return decoding.worker(limits, start_timeout_s=20, **choices)


@pytest.fixture(scope="module")
def long() -> bytes:
    """Ten minutes, all that is allowed."""
    return audio_files.long_opus(600)


@pytest.fixture
async def process() -> AsyncIterator[ProcessWorker]:
    async with worker() as running:
        yield running


@pytest.fixture
def decoder(process: ProcessWorker) -> Decoder:
    return Decoder(process)


async def outcome(decoder: Decoder, sound: Sound, limits: AudioLimits = LIMITS) -> str:
    """Return ``heard``, or the code of the error."""
    try:
        await decoder.decode(sound, limits)
    except AudioError as error:
        return error.code
    return "heard"


# What people send


async def test_whatever_can_be_heard_is_heard_as_without_a_process(decoder: Decoder) -> None:
    for rate in (16_000, 24_000):
        for file in GOOD:
            expected = await asyncio.to_thread(audio.decode, file.data, LIMITS, rate=rate)
            decoded = await decoder.decode(file.data, LIMITS, rate)
            assert decoded.audio.rate == rate
            assert np.array_equal(decoded.audio.samples, expected.samples), file.name
            assert 0 < decoded.decode_ms < 5_000


async def test_whatever_can_not_is_refused_with_its_reason(
    process: ProcessWorker, decoder: Decoder
) -> None:
    await decoder.warm()
    before = process.stats.pid
    for file in HOSTILE:
        assert file.error is not None
        with pytest.raises(AudioError) as refusal:
            await decoder.decode(file.data, LIMITS)
        assert type(refusal.value) is file.error, file.name
    assert process.stats.pid == before, "it takes more to end it"


async def test_limits_are_told_as_they_are(decoder: Decoder) -> None:
    with pytest.raises(AudioTooLongError) as long:
        await decoder.decode(NOTE, AudioLimits(seconds=0.5))
    assert long.value.details == {"limit": 0.5}
    repeating = await asyncio.to_thread(audio_files.m4a_repeating, chunks=2_000, size=20_000)
    for sound in (bytes(1_001), repeating):
        with pytest.raises(AudioTooLargeError) as large:
            await decoder.decode(sound, AudioLimits(seconds=1e9, bytes=max(1_000, len(sound) - 1)))
        assert large.value.details["limit"] in {1_000, len(repeating) - 1}


async def test_files_are_read_here_and_decoded_there(decoder: Decoder, tmp_path: Path) -> None:
    (path,) = await asyncio.to_thread(
        audio_files.write, tmp_path, [SoundFile("note.ogg", NOTE, 1.0)]
    )
    from_file = await decoder.decode(path, LIMITS)
    assert np.array_equal(
        from_file.audio.samples, (await decoder.decode(NOTE, LIMITS)).audio.samples
    )
    with pytest.raises(MissingAudioError):
        await decoder.decode(tmp_path / "gone.ogg", LIMITS)
    with pytest.raises(EmptyAudioError):
        await decoder.decode(b"", LIMITS)


async def test_sound_in_memory_needs_no_process(process: ProcessWorker, decoder: Decoder) -> None:
    sound = Audio(tone(1.0), 16_000)
    assert (await decoder.decode(sound, LIMITS)).audio is sound
    assert process.stats.pid is None


async def test_it_works_as_anybody_and_next_to_nothing_is_open(long: bytes) -> None:
    limits = decoding.confinement(LIMITS)
    prepare = partial(tasks.as_nobody, decoding.prepare)
    nobody = Confinement(limits.memory_bytes, limits.answer_bytes, prepare)
    async with process_worker(confinement=nobody) as process:
        decoder = Decoder(process)
        for file in [*GOOD, *HOSTILE]:
            code = await outcome(decoder, file.data)
            assert code == (file.error.code if file.error else "heard"), file.name
        assert (await decoder.decode(long, LIMITS)).audio.seconds == pytest.approx(600, abs=0.1)
        child = await asyncio.to_thread(psutil.Process, process.stats.pid)
        facts = await asyncio.to_thread(child.as_dict, ["username", "num_fds", "num_threads"])
        assert facts.pop("username") != "root"
        assert facts == {"num_fds": 4, "num_threads": 1}


# Files that cost more than they should


async def test_an_hour_is_refused_when_ten_minutes_are_decoded(decoder: Decoder) -> None:
    hour = await asyncio.to_thread(audio_files.long_opus, 3_600)
    assert await outcome(decoder, hour) == "audio.too_long"
    assert await outcome(decoder, NOTE) == "heard"


async def test_a_small_file_that_wants_gigabytes_gets_none(
    process: ProcessWorker, decoder: Decoder
) -> None:
    bloating = audio_files.m4a_bloating(60_000_000)  # 1.4 GB, and more while it grows
    assert len(bloating) < 2_000
    await decoder.warm()
    before = process.stats.pid
    started = time.monotonic()
    assert (await outcome(decoder, bloating)).startswith("audio.")
    assert time.monotonic() - started < 5
    assert process.stats.pid == before
    assert process.stats.rss_bytes < 300 * 2**20
    assert await outcome(decoder, NOTE) == "heard"


async def test_memory_is_enough_for_the_longest_and_the_largest(
    decoder: Decoder, long: bytes
) -> None:
    rate, seconds = 48_000, 340
    largest = await asyncio.to_thread(
        lambda: audio_files.wav(bytes(rate * seconds * 4), channels=2, rate=rate)
    )
    assert 0.95 * LIMITS.bytes < len(largest) <= LIMITS.bytes
    for sound, length in ((long, 600), (largest, seconds)):
        decoded = await decoder.decode(sound, LIMITS)
        assert decoded.audio.seconds == pytest.approx(length, abs=0.1)


@pytest.mark.parametrize("seconds", [1.0, 1_000.0])
async def test_memory_follows_the_limits(seconds: float) -> None:
    limits = AudioLimits(seconds=seconds, bytes=32 * 2**20)
    sound = await asyncio.to_thread(audio_files.long_opus, round(seconds))
    async with worker(limits) as process:
        decoder = Decoder(process)
        decoded = await decoder.decode(sound, limits)
        assert decoded.audio.seconds == pytest.approx(seconds, abs=0.1)
        assert await outcome(decoder, sound, AudioLimits(seconds / 2)) == "audio.too_long"


async def test_little_memory_is_refused_in_one_sentence_and_the_next_is_heard(
    long: bytes,
) -> None:
    tight = AudioLimits(seconds=1.0, bytes=1_000_000)
    async with worker(tight, memory_mb=32) as process:
        decoder = Decoder(process)
        bloated = await asyncio.gather(outcome(decoder, long), outcome(decoder, bytes(60_000_000)))
        assert set(bloated) == {"audio.unreadable"}
        assert await outcome(decoder, NOTE) == "heard"


async def test_who_takes_too_long_is_ended_and_the_next_is_heard(long: bytes) -> None:
    async with worker(timeout_s=0.25) as process:
        decoder = Decoder(process)
        assert await outcome(decoder, NOTE) == "heard"
        before = process.stats.pid
        with pytest.raises(WorkerTimeoutError):
            await decoder.decode(long, LIMITS)
        assert await outcome(decoder, NOTE) == "heard"
        assert process.stats.pid != before


# A decoder that is lost, or taken over


async def struck(process: ProcessWorker, sound: bytes, number: signal.Signals) -> None:
    """Decode, and have the process hit in the middle of it."""
    decoder = Decoder(process)
    await decoder.warm()
    await eventually(lambda: not process.stats.busy)
    call = asyncio.create_task(decoder.decode(sound, LIMITS))
    await eventually(lambda: process.stats.busy)
    await asyncio.sleep(0.1)
    assert process.stats.pid is not None
    os.kill(process.stats.pid, number)
    await call


async def test_a_crash_is_the_files_fault_and_many_stop_nobody(
    process: ProcessWorker, decoder: Decoder, long: bytes
) -> None:
    for _ in range(4):
        with pytest.raises(UnreadableAudioError):
            await struck(process, long, signal.SIGSEGV)
    assert await outcome(decoder, NOTE) == "heard"
    assert process.stats.restarts == 4


async def test_who_is_killed_from_outside_is_not_the_files_fault(
    process: ProcessWorker, decoder: Decoder, long: bytes
) -> None:
    with pytest.raises(WorkerLostError):
        await struck(process, long, signal.SIGKILL)
    assert await outcome(decoder, NOTE) == "heard"


async def test_who_gives_up_harms_nobody(
    process: ProcessWorker, decoder: Decoder, long: bytes
) -> None:
    await decoder.warm()
    before = process.stats.pid
    call = asyncio.create_task(decoder.decode(long, LIMITS))
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await outcome(decoder, NOTE) == "heard"
    assert process.stats.pid == before


class Liar:
    """A worker whose decoder was taken over, and says what it likes."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    async def call(self, _: Callable[..., Any], /, *__: Any, **___: Any) -> Any:
        return bytearray(self.answer)

    async def call_reporting(self, *_: Any, **__: Any) -> Any:
        raise AssertionError


@pytest.mark.parametrize("answer", [b"", bytes(7), bytes(8), bytes(9), bytes(8 + 4_001)])
async def test_what_is_no_samples_is_no_sound(answer: bytes) -> None:
    with pytest.raises(UnreadableAudioError):
        await Decoder(Liar(answer)).decode(NOTE, LIMITS)


@pytest.mark.parametrize("took", [math.nan, math.inf, -1.0])
async def test_a_time_that_can_not_be_is_none(took: float) -> None:
    decoded = await Decoder(Liar(struct.pack("!d", took) + bytes(400))).decode(NOTE, LIMITS)
    assert decoded.decode_ms == 0


async def test_where_no_process_can_be_started_no_file_is_blamed() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with decoding.worker(AudioLimits(), start_timeout_s=20) as worker:
        await asyncio.to_thread(len, "")  # the pool has its thread
        used = await asyncio.to_thread(lambda: len([*Path("/proc/self/fd").iterdir()]))
        resource.setrlimit(resource.RLIMIT_NOFILE, (used - 1, before[1]))
        try:
            with pytest.raises(WorkerLostError) as lost:
                await Decoder(worker).decode(encoded("ogg", "libopus"), AudioLimits())
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert lost.value.details["reason"] == "not started"
