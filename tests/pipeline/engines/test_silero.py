"""Silero on streams: the same answers however the stream is parted, from its model file alone."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from faster_whisper.vad import get_vad_model
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline import audio
from pipeline.engines.silero import Silero, Stream
from pipeline.errors import EngineError
from pipeline.segments import FRAME, RATE
from pipeline.specs import AudioLimits

NOTE = Path("pipeline/demo/notes/en-passport.ogg")
OTHER = Path("pipeline/demo/kokoro/model.onnx")

Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def silero() -> Silero:
    return Silero()


@pytest.fixture(scope="module")
def speech() -> Samples:
    samples = audio.decode(NOTE, AudioLimits()).samples
    return samples[: len(samples) // FRAME * FRAME]


def printed(program: str, *arguments: object) -> str:
    run = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert run.stderr == ""
    return run.stdout.strip()


# --- where it comes from


def test_the_bots_process_gets_the_model_without_the_recogniser() -> None:
    program = (
        "import sys; from pipeline.engines.silero import Silero\n"
        "Silero().stream()\n"
        "print({'av', 'ctranslate2', 'faster_whisper', 'tokenizers'} & set(sys.modules))"
    )
    assert printed(program) == "set()"


@pytest.mark.parametrize(
    ("model", "details"),
    [
        (None, {"engine": "silero"}),
        (b"\0 not a model", {"engine": "silero"}),
        (OTHER.read_bytes(), {"engine": "silero", "reason": "another model"}),
    ],
)
def test_a_wheel_without_this_model_is_no_engine(
    tmp_path: Path, model: bytes | None, details: dict[str, str]
) -> None:
    assets = tmp_path / "faster_whisper" / "assets"
    assets.mkdir(parents=True)
    (assets.parent / "__init__.py").touch()
    if model is not None:
        (assets / "silero_vad_v6.onnx").write_bytes(model)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pipeline.engines.silero import Silero\n"
        "from pipeline.errors import EngineUnavailableError\n"
        "try: Silero()\n"
        "except EngineUnavailableError as error: print(error.details)"
    )
    assert printed(program, tmp_path) == str(details)


# --- hostile sound


@pytest.mark.parametrize("length", [1, FRAME - 1, FRAME + 1])
def test_parts_of_a_frame_are_refused(silero: Silero, length: int) -> None:
    with pytest.raises(ValueError, match=str(length)):
        silero.stream().probabilities(np.zeros(length, np.float32))


def test_nothing_is_answered_to_nothing(silero: Silero) -> None:
    assert silero.stream().probabilities(np.zeros(0, np.float32)).shape == (0,)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30, -1.0, 1.0])
def test_whatever_is_heard_the_answers_are_probabilities(silero: Silero, value: float) -> None:
    found = silero.stream().probabilities(np.full(20 * FRAME, value, np.float32))
    assert ((found >= 0) & (found <= 1)).all()


def test_a_library_that_fails_is_an_engine_that_fails(speech: Samples) -> None:
    session = onnxruntime.InferenceSession(OTHER, providers=["CPUExecutionProvider"])
    with pytest.raises(EngineError) as caught:
        Stream(session).probabilities(speech)
    assert caught.value.details == {"engine": "silero"}


# --- one stream


@given(st.lists(st.integers(1, 9), min_size=1, max_size=80))
def test_however_the_stream_is_parted_the_answers_are_the_same(
    silero: Silero, speech: Samples, sizes: list[int]
) -> None:
    edges = [each * FRAME for each in np.cumsum(sizes).tolist()]
    stream = silero.stream()
    parts = [stream.probabilities(part) for part in np.split(speech, edges)]
    whole = silero.stream().probabilities(speech)
    assert np.concatenate(parts).tolist() == whole.tolist()


def test_it_hears_what_faster_whisper_hears_in_a_file(silero: Silero, speech: Samples) -> None:
    """Except at the very end: theirs silences the last 64 samples of what it is given."""
    theirs = get_vad_model()(speech.copy())
    ours = silero.stream().probabilities(speech)
    assert ours[:-1].tolist() == theirs[:-1].tolist()
    silenced = speech.copy()
    silenced[-64:] = 0
    assert silero.stream().probabilities(silenced).tolist() == theirs.tolist()


def test_speech_is_told_from_silence_and_noise(silero: Silero, speech: Samples) -> None:
    noise = np.random.default_rng(1).normal(0, 0.01, 5 * RATE // FRAME * FRAME)
    assert silero.stream().probabilities(np.zeros(FRAME * 100, np.float32)).max() < 0.1
    assert silero.stream().probabilities(noise.astype(np.float32)).max() < 0.2
    assert (silero.stream().probabilities(speech) > 0.5).mean() > 0.5


def test_a_stream_that_was_reset_has_heard_nothing(silero: Silero, speech: Samples) -> None:
    stream = silero.stream()
    first = stream.probabilities(speech)
    assert stream.probabilities(speech).tolist() != first.tolist()
    stream.reset()
    assert stream.probabilities(speech).tolist() == first.tolist()


def test_streams_in_many_threads_know_nothing_of_each_other(
    silero: Silero, speech: Samples
) -> None:
    def listen(shift: int) -> list[float]:
        stream, rolled = silero.stream(), np.roll(speech, shift * FRAME)
        return [p for frame in np.split(rolled, 125) for p in stream.probabilities(frame).tolist()]

    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(listen, range(8)))
    assert together == [listen(shift) for shift in range(8)]
