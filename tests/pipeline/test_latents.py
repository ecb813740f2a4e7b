"""A kept voice is two arrays: whatever else is found in its place is refused, never run."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import LatentsError
from pipeline.latents import Latents, pack, unpack

VOICE = Latents(
    "xtts-v2",
    np.random.default_rng(1).standard_normal((32, 1024), np.float32),
    np.full(512, 512**-0.5, np.float32),
)
WHOLE = pack(VOICE)


def archive(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]  # objects too: that is the attack
    return file.getvalue()


def parts(**changed: object) -> dict[str, object]:
    with np.load(io.BytesIO(WHOLE)) as arrays:
        return {**arrays, **changed}


class Bomb:
    """Touches a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.trace,))


def test_a_voice_comes_back_as_it_was() -> None:
    again = unpack(WHOLE)
    assert again.model == VOICE.model
    assert np.array_equal(again.condition, VOICE.condition)
    assert np.array_equal(again.speaker, VOICE.speaker)
    assert len(WHOLE) < 140_000


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    bomb = np.array(Bomb(trace), dtype=object)
    for data in (archive(**parts(condition=bomb)), pickle.dumps(Bomb(trace))):
        with pytest.raises(LatentsError):
            unpack(data)
    assert not trace.exists()


def test_an_archive_that_swells_is_not_unpacked() -> None:
    file = io.BytesIO(WHOLE)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("more.npy", bytes(1 << 28))
    assert len(file.getvalue()) < 1 << 20
    with pytest.raises(LatentsError):
        unpack(file.getvalue())


@pytest.mark.parametrize(
    "changed",
    [
        {"version": np.int64(2)},
        {"version": np.array([1, 1])},
        {"model": np.array([0xFF, 0xFE], np.uint8)},
        {"condition": np.full((32, 1024), np.nan, np.float32)},
        {"condition": np.zeros((32, 0), np.float32)},
        {"condition": np.zeros(32, np.float32)},
        {"speaker": np.zeros(512, np.float64)},
        {"speaker": np.array(["a"])},
        {"more": np.zeros(1)},
    ],
    ids=str,
)
def test_other_arrays_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(LatentsError):
        unpack(archive(**parts(**changed)))


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_damage_is_either_harmless_or_refused(place: int, byte: int) -> None:
    data = bytearray(WHOLE)
    data[place] = byte
    try:
        found = unpack(bytes(data))
    except LatentsError:
        return
    assert np.isfinite(found.condition).all()


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(LatentsError):
        unpack(data)


@pytest.mark.parametrize("length", [0, 1, 21, 1000, len(WHOLE) - 1])
def test_a_file_cut_short_is_refused(length: int) -> None:
    with pytest.raises(LatentsError):
        unpack(WHOLE[:length])
