import logging
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from kokoro_onnx.config import DEFAULT_VOCAB
from phonemizer.backend import EspeakBackend

from pipeline import languages
from pipeline.engines.kokoro import ACCENTS, Kokoro
from pipeline.errors import (
    EngineError,
    ModelDamagedError,
    ModelMissingError,
    UnsupportedLanguageError,
)
from pipeline.specs import KokoroSpec
from pipeline.types import Audio, Language, Voice

EN, VI = Language("en"), Language("vi")
DEMO = Path("pipeline/demo/kokoro")
CANARY = "pelikanhaus"


@pytest.fixture(scope="module")
def kokoro() -> Kokoro:
    return Kokoro(KokoroSpec("demo-kokoro", DEMO, threads=2))


@pytest.fixture
def polyglot(tmp_path: Path) -> Kokoro:
    """The demo model with a voice file that has the public model's names."""
    names = "af_alloy af_heart am_adam bf_alice bf_emma bm_lewis ef_dora em_alex ff_siwis hf_alpha"
    names += " if_sara jf_alpha pm_alex pf_dora zf_xiaobei"
    shutil.copy(DEMO / "model.onnx", tmp_path)
    with np.load(DEMO / "voices.bin") as demo, (tmp_path / "voices.bin").open("wb") as file:
        np.savez(file, **dict.fromkeys(names.split(), demo["af_demo"]))
    return Kokoro(KokoroSpec("kokoro", tmp_path, threads=1))


def say(kokoro: Kokoro, text: str, speed: float = 1.0) -> Audio:
    return kokoro.synthesize(text, EN, Voice(speed=speed))[0]


# --- hostile text


@pytest.mark.parametrize("text", ["", " ", "?!", "\0", "\ud800", "\u200b"])
def test_text_without_anything_to_say_is_refused(kokoro: Kokoro, text: str) -> None:
    with pytest.raises(EngineError):
        say(kokoro, text)


@pytest.mark.parametrize(
    "text",
    ["a\0b", "hello\ud800", "<speak>hello</speak>", "😀", "(yes) [no] {maybe}", "你好", "%s"],
)
def test_odd_characters_are_survived(kokoro: Kokoro, text: str) -> None:
    assert say(kokoro, text).seconds > 0.1


def test_too_many_characters_are_refused_and_not_cut(kokoro: Kokoro) -> None:
    with pytest.raises(EngineError) as caught:
        say(kokoro, "a" * 100_000)
    assert caught.value.details["limit"] == 5_000


@pytest.mark.parametrize("word", ["passport", "no stop nor comma here "])
def test_text_longer_than_the_model_takes_at_once_loses_nothing(kokoro: Kokoro, word: str) -> None:
    once, long = say(kokoro, word * 10), say(kokoro, word * 60)
    assert long.seconds > 5.5 * once.seconds


def test_every_line_is_spoken(kokoro: Kokoro) -> None:
    assert say(kokoro, "good morning\n\ngood night").seconds > 1.6 * say(kokoro, "good").seconds


# --- sound


def test_speech_is_mono_float_without_clipping(kokoro: Kokoro) -> None:
    audio = say(kokoro, "I lost my passport.")
    assert audio.rate == 24_000
    assert audio.samples.dtype == np.float32
    assert audio.samples.ndim == 1
    assert 0 < np.abs(audio.samples).max() <= 1


@pytest.mark.parametrize(("speed", "bound"), [(0.01, 0.5), (99.0, 2.0)])
def test_speed_stays_within_what_the_library_takes(
    kokoro: Kokoro, speed: float, bound: float
) -> None:
    wished, bounded = say(kokoro, "good morning", speed), say(kokoro, "good morning", bound)
    assert wished.samples.tolist() == bounded.samples.tolist()


def test_speed_changes_the_duration(kokoro: Kokoro) -> None:
    slow, fast = (say(kokoro, "I lost my passport.", speed) for speed in (0.5, 2.0))
    assert slow.seconds > 2.5 * fast.seconds


def test_threads_hear_what_one_hears(kokoro: Kokoro) -> None:
    texts = [f"Platform {number} is on the left." for number in range(8)]
    serial = [say(kokoro, text).samples.tobytes() for text in texts]
    with ThreadPoolExecutor(4) as threads:
        audios = list(threads.map(lambda text: say(kokoro, text), texts * 2))
    assert [audio.samples.tobytes() for audio in audios] == serial * 2


# --- languages and voices


def test_vietnamese_is_refused_and_not_mangled(kokoro: Kokoro) -> None:
    for act in (kokoro.voices, lambda language: kokoro.synthesize("xin chào", language, Voice())):
        with pytest.raises(UnsupportedLanguageError):
            act(VI)


def test_a_language_without_a_voice_in_the_file_is_refused(kokoro: Kokoro) -> None:
    with pytest.raises(UnsupportedLanguageError):
        kokoro.synthesize("bonjour", Language("fr"), Voice())


@pytest.mark.parametrize(
    ("language", "wish", "used"),
    [
        ("en", None, "af_heart"),
        ("en", "am_adam", "am_adam"),
        ("en", "bf_alice", "bf_alice"),
        ("en", "nobody", "af_heart"),
        ("en", "ff_siwis", "af_heart"),
        ("es", None, "ef_dora"),
        ("fr", "af_heart", "ff_siwis"),
        ("hi", None, "hf_alpha"),
        ("it", "", "if_sara"),
        ("pt", None, "pf_dora"),
        ("pt", "pm_alex", "pm_alex"),
    ],
)
def test_a_voice_is_used_if_it_speaks_the_language(
    polyglot: Kokoro, language: str, wish: str | None, used: str
) -> None:
    audio, name = polyglot.synthesize("a 1 2 3", Language(language), Voice(wish))
    assert name == used
    assert audio.seconds > 0.1


@pytest.mark.parametrize("language", ["ja", "zh", "vi"])
def test_a_language_whose_sounds_the_model_lacks_is_refused(
    polyglot: Kokoro, language: str
) -> None:
    with pytest.raises(UnsupportedLanguageError):
        polyglot.synthesize("1 2 3", Language(language), Voice())


LOST = {
    "en-us": ("Where is the station, please?", False),
    "en-gb": ("Where is the station, please?", False),
    "es": ("La estación está cerca, señor.", False),
    "fr-fr": ("Où est la gare, s'il vous plaît ?", False),
    "hi": ("नमस्ते, आप कैसे हैं?", False),
    "it": ("Dov'è la stazione degli autobus?", False),
    "pt-br": ("Onde fica a estação? Não sei.", False),
    "vi": ("Tôi bị mất hộ chiếu ở đâu", True),
    "cmn": ("今天天气很好", True),
    "ja": ("こんにちは", True),
}


@pytest.mark.parametrize(("accent", "text", "loses"), [(key, *each) for key, each in LOST.items()])
@pytest.mark.usefixtures("kokoro")  # tells phonemizer which library to load
def test_languages_are_chosen_by_what_the_vocabulary_loses(
    accent: str, text: str, *, loses: bool
) -> None:
    written = EspeakBackend(accent, with_stress=True).phonemize([text])[0]
    lost = [sign for sign in written if sign not in DEFAULT_VOCAB and sign not in "-¿ "]
    assert bool(lost) is loses
    assert (accent in ACCENTS.values()) is not loses


def test_the_accents_are_those_of_the_language_table() -> None:
    known = {languages.kokoro(language) for language in languages.supported_by("kokoro")}
    assert set(ACCENTS.values()) - known == {"en-gb"}
    assert known <= set(ACCENTS.values())


def test_marks_of_foreign_words_are_not_spoken(polyglot: Kokoro) -> None:
    audio, _ = polyglot.synthesize("hola weekend", Language("es"), Voice())
    marked, _ = polyglot.synthesize("hola en weekend es", Language("es"), Voice())
    assert audio.seconds < marked.seconds


# --- the model's files


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError):
        Kokoro(KokoroSpec("kokoro", tmp_path))


@pytest.mark.parametrize("file", ["model.onnx", "voices.bin"])
@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"PK\x03\x04broken"])
def test_a_damaged_file_is_named(tmp_path: Path, file: str, content: bytes) -> None:
    shutil.copytree(DEMO, tmp_path / "model")
    (tmp_path / "model" / file).write_bytes(content)
    with pytest.raises(ModelDamagedError) as caught:
        Kokoro(KokoroSpec("kokoro", tmp_path / "model"))
    assert caught.value.details["file"] == file


@pytest.mark.parametrize("shape", [(510, 1, 128), (510,), (0,)])
def test_voices_of_another_shape_are_damage(tmp_path: Path, shape: tuple[int, ...]) -> None:
    shutil.copy(DEMO / "model.onnx", tmp_path)
    with (tmp_path / "voices.bin").open("wb") as file:
        np.savez(file, af_heart=np.zeros(shape, np.float32))
    with pytest.raises(ModelDamagedError):
        Kokoro(KokoroSpec("kokoro", tmp_path))


def test_pickled_voices_are_never_unpickled(tmp_path: Path) -> None:
    shutil.copy(DEMO / "model.onnx", tmp_path)
    with (tmp_path / "voices.bin").open("wb") as file:
        np.savez(file, af_heart=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ModelDamagedError):
        Kokoro(KokoroSpec("kokoro", tmp_path))


# --- silence about what is said


def test_nothing_said_reaches_a_log(kokoro: Kokoro, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    say(kokoro, CANARY)
    with pytest.raises(EngineError) as caught:
        say(kokoro, "^ \u25b2")  # no phonemes: kokoro-onnx's own message quotes the text
    assert not caplog.records
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


CHILD = f"""
import logging
from pathlib import Path
logging.basicConfig(level=logging.DEBUG)
from pipeline.engines.kokoro import Kokoro
from pipeline.specs import KokoroSpec
from pipeline.types import Voice
Kokoro(KokoroSpec("demo", Path("{DEMO}"))).synthesize("{CANARY}", "en", Voice())
"""


def test_nothing_is_printed_even_when_the_environment_asks_for_it() -> None:
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        capture_output=True,
        env={"LOG_LEVEL": "DEBUG", "PYTHONPATH": "."},
        timeout=60,
        check=True,
    )
    assert not child.stdout
    assert not re.search(CANARY[:6], child.stderr.decode())
