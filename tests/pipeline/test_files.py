"""The bytes of what is said to be a sound file, and nothing else's."""

import io
import os
from pathlib import Path

import pytest

from pipeline import errors, files
from pipeline.specs import AudioLimits
from tests.pipeline import audio_files

LIMITS = AudioLimits()


@pytest.mark.timeout(5)
def test_what_is_no_file_is_missing_and_nobody_waits_for_it(tmp_path: Path) -> None:
    paths = [
        *audio_files.write_no_files(tmp_path),
        tmp_path / "gone.ogg",
        tmp_path / "nul\0.ogg",
        tmp_path / ("long" * 100),
        Path(__file__) / "below-a-file.ogg",
    ]
    assert len(paths) == 9
    for path in paths:
        with pytest.raises(errors.MissingAudioError):
            files.contents(path, LIMITS)


def test_a_disk_that_fails_while_reading_is_missing_audio(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    path.write_bytes(b"sound")
    with io.FileIO(path) as file:
        write_only = os.open(path, os.O_WRONLY)
        os.dup2(write_only, file.fileno())
        os.close(write_only)
        with pytest.raises(errors.MissingAudioError):
            files.read(file, LIMITS)


def test_too_many_bytes_are_refused_before_any_is_read(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.ogg"
    with sparse.open("wb") as file:
        file.truncate(2**40)
    for sound in (sparse, b"x" * 1001):
        with pytest.raises(errors.AudioTooLargeError) as refusal:
            files.contents(sound, AudioLimits(bytes=1000))
        assert refusal.value.details == {"limit": 1000}
    assert files.contents(b"x" * 1000, AudioLimits(bytes=1000)) == b"x" * 1000


def test_nothing_is_empty(tmp_path: Path) -> None:
    empty = tmp_path / "empty.ogg"
    empty.touch()
    for sound in (empty, b"", Path("/proc/self/status")):
        with pytest.raises(errors.EmptyAudioError):
            files.contents(sound, LIMITS)


def test_a_file_that_shrinks_while_it_is_read_gives_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    path.write_bytes(bytes(10 * 2**20))

    class Shrinking(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            os.truncate(path, 5 * 2**20)
            return super().read(size)

    with Shrinking(path) as file:
        assert files.read(file, LIMITS) == bytes(5 * 2**20)
