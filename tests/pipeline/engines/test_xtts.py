"""The real coqui-tts on a small network with random weights; runs where the extra is installed."""

import logging
import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pipeline import engines, languages, latents, records
from pipeline.engines.espeak import Espeak
from pipeline.errors import (
    EngineError,
    EngineUnavailableError,
    LatentsError,
    ModelDamagedError,
    ModelMissingError,
    TextTooLongError,
    UnsupportedLanguageError,
)
from pipeline.latents import Latents
from pipeline.specs import EspeakSpec, XttsSpec
from pipeline.types import Audio, Language, Voice
from tests.extras import HAS_CLONE

if TYPE_CHECKING or HAS_CLONE:
    import torch

    from pipeline.engines.xtts import Tokenizer, Xtts
    from pipeline.engines.xtts_shapes import TINY, make_xtts

EN, VI, JA = Language("en"), Language("vi"), Language("ja")
CANARY = "pelikanhaus"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_xtts(replace(TINY, vietnamese=True), tmp_path_factory.mktemp("xtts") / "tiny")


def spec(folder: Path, **changed: Any) -> XttsSpec:
    spoken = languages.supported_by("xtts") | {VI}
    choices = {"threads": 1, "growth": 0.02, "slack": 8, **changed}
    return XttsSpec("tiny", folder, **{"languages": spoken, **choices})


@pytest.fixture(scope="session")
def xtts(folder: Path) -> "Xtts":
    return Xtts(spec(folder))


def said(text: str, voice: str = "en") -> Audio:
    return Espeak(EspeakSpec()).synthesize(text, EN, Voice(voice))[0]


@pytest.fixture(scope="session")
def sample() -> Audio:
    return said("I lost my passport at the station yesterday, and I need help to find it. " * 2)


@pytest.fixture(scope="session")
def voice(xtts: "Xtts", sample: Audio) -> Latents:
    return xtts.latents(sample)


def speak(xtts: "Xtts", text: str, voice: Latents, language: Language = EN, seed: int = 0) -> Audio:
    parts = list(xtts.speak(text, language, voice, seed))
    return Audio(np.concatenate([part.samples for part in parts]), parts[0].rate)


# --- where the extra is missing


@pytest.mark.lacks("clone")
def test_without_the_extra_the_engine_is_unavailable_and_says_why(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError) as caught:
        engines.cloner(spec(tmp_path))
    assert caught.value.details == {"engine": "tiny", "reason": "clone"}


# --- hostile text


@pytest.mark.needs("clone")
@pytest.mark.parametrize("text", ["", " ", "?!", "\0", "\ud800", "\u200b"])
def test_text_without_anything_to_say_is_refused(xtts: "Xtts", voice: Latents, text: str) -> None:
    with pytest.raises(EngineError):
        xtts.speak(text, EN, voice)


@pytest.mark.needs("clone")
@pytest.mark.parametrize(
    "text",
    ["a\0b", "hello\ud800", "<speak>hi</speak>", "😀", "[STOP][START]", "%s", "你好", "1e999"],
)
def test_odd_characters_are_survived(xtts: "Xtts", voice: Latents, text: str) -> None:
    assert speak(xtts, text, voice).seconds > 0.1


@pytest.mark.needs("clone")
def test_too_many_characters_are_refused_before_any_is_spoken(xtts: "Xtts", voice: Latents) -> None:
    with pytest.raises(TextTooLongError) as caught:
        xtts.speak("a" * 100_000, EN, voice)
    assert caught.value.details["limit"] == 2_000


@pytest.mark.needs("clone")
@pytest.mark.parametrize("language", [EN, VI, JA, Language("hi"), Language("ar")])
def test_figures_that_swell_when_read_are_read_in_parts_or_refused(
    xtts: "Xtts", voice: Latents, language: Language
) -> None:
    figures = "9" * 100
    try:
        first = next(xtts.speak(figures, language, voice))
    except EngineError as error:
        assert figures[:9] not in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert first.seconds < 28.1


@pytest.mark.needs("clone")
def test_what_is_said_reaches_no_log_and_no_error(
    xtts: "Xtts",
    voice: Latents,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    speak(xtts, f"{CANARY} " * 40, voice)
    with pytest.raises(EngineError) as caught:
        xtts.speak(CANARY * 500, EN, voice)
    assert CANARY not in caplog.text + "".join(capfd.readouterr()) + str(caught.value)


# --- sound


@pytest.mark.needs("clone")
def test_speech_is_mono_float_at_24_khz(xtts: "Xtts", voice: Latents) -> None:
    audio = speak(xtts, "I lost my passport.", voice)
    assert audio.rate == 24_000
    assert audio.samples.dtype == np.float32
    assert audio.samples.ndim == 1
    assert 0 < np.abs(audio.samples).max() <= 1


@pytest.mark.needs("clone")
@pytest.mark.parametrize("language", sorted(languages.supported_by("xtts") | {VI}))
def test_every_language_of_the_table_is_spoken(
    xtts: "Xtts", voice: Latents, language: Language
) -> None:
    assert speak(xtts, languages.name(language, language) + " 25.", voice, language).seconds > 0.1


@pytest.mark.needs("clone")
def test_a_long_text_is_spoken_in_parts_while_it_is_asked_for(xtts: "Xtts", voice: Latents) -> None:
    sentence = "The train to the mountains leaves from platform nine in the evening. "
    parts = xtts.speak(sentence * 8, EN, voice)
    first = next(parts)
    rest = list(parts)
    assert len(rest) == 2, "240 characters at once, whole sentences"
    assert first.seconds < 28.1


@pytest.mark.needs("clone")
def test_the_same_seed_speaks_the_same_and_another_speaks_anew(
    xtts: "Xtts", voice: Latents
) -> None:
    one, same, other = (speak(xtts, "Good morning.", voice, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.samples, same.samples)
    assert not np.array_equal(one.samples, other.samples)


@pytest.mark.needs("clone")
def test_two_people_sound_differently(xtts: "Xtts", voice: Latents) -> None:
    other = xtts.latents(said("Seven birds sleep in the orange tree behind the house.", "en+f3"))
    one, two = (speak(xtts, "Good morning.", each, seed=1) for each in (voice, other))
    length = min(len(one.samples), len(two.samples))
    assert not np.allclose(one.samples[:length], two.samples[:length], atol=1e-6)


@pytest.mark.needs("clone")
def test_a_decoder_that_never_ends_is_stopped_in_proportion_to_the_text(
    folder: Path, voice: Latents
) -> None:
    patient = Xtts(spec(folder, growth=1.5, slack=0))
    short = speak(patient, "Hello there.", voice).seconds
    assert 0.5 < short < 4


# --- voices


@pytest.mark.needs("clone")
def test_latents_survive_being_kept(xtts: "Xtts", voice: Latents) -> None:
    kept = latents.unpack(latents.pack(voice))
    one, two = (speak(xtts, "Good morning.", each) for each in (voice, kept))
    assert np.array_equal(one.samples, two.samples)


@pytest.mark.needs("clone")
def test_latents_of_another_model_are_refused(xtts: "Xtts", voice: Latents) -> None:
    for other in (replace(voice, model="vixtts"), replace(voice, condition=np.ones((32, 9), "f4"))):
        with pytest.raises(LatentsError):
            xtts.speak("Hello.", EN, other)


@pytest.mark.needs("clone")
@pytest.mark.parametrize(
    "audio",
    [
        Audio(np.zeros(0, np.float32), 24_000),
        Audio(np.zeros(240_000, np.float32), 24_000),
        Audio(np.ones(100, np.float32), 24_000),
    ],
    ids=["nothing", "silence", "a click"],
)
def test_no_voice_is_made_of_nothing(xtts: "Xtts", audio: Audio) -> None:
    with pytest.raises(EngineError):
        xtts.latents(audio)


@pytest.mark.needs("clone")
def test_broken_samples_do_not_reach_the_voice(xtts: "Xtts", sample: Audio) -> None:
    broken = sample.samples.copy()
    broken[::1000] = np.nan
    assert np.isfinite(xtts.latents(Audio(broken, sample.rate)).speaker).all()


@pytest.mark.needs("clone")
def test_a_voiceprint_is_that_of_the_latents(xtts: "Xtts", voice: Latents, sample: Audio) -> None:
    print_ = xtts.voiceprint(sample)
    assert np.allclose(print_, voice.speaker, atol=1e-6)
    assert abs(float(np.linalg.norm(print_)) - 1) < 1e-5


# --- languages


@pytest.mark.needs("clone")
def test_vietnamese_needs_a_model_that_was_trained_for_it(tmp_path: Path, voice: Latents) -> None:
    stock = Xtts(spec(make_xtts(TINY, tmp_path / "stock")))
    with pytest.raises(UnsupportedLanguageError):
        stock.speak("Xin chào.", VI, voice)


@pytest.mark.needs("clone")
def test_a_language_the_catalogue_does_not_give_the_model_is_refused(
    folder: Path, voice: Latents
) -> None:
    only = Xtts(spec(folder, languages=frozenset({VI})))
    assert speak(only, "Tôi có 1.500 con mèo, 2,5 con chó.", voice, VI).seconds > 0.1
    with pytest.raises(UnsupportedLanguageError):
        only.speak("Hello.", EN, voice)


@pytest.mark.needs("clone")
def test_vietnamese_figures_are_read_as_words(folder: Path) -> None:
    read = partial(Tokenizer(str(folder / "vocab.json")).preprocess_text, lang="vi")
    assert read("Có  15 con") == "có mười lăm con"
    assert read("1.500 đồng") == "một nghìn năm trăm đồng"
    assert read("2,5 cân") == "hai phẩy năm cân"
    assert read("0912345678901").startswith("không chín một hai")


@pytest.mark.needs("clone")
def test_figures_that_the_library_can_not_read_are_read_still(folder: Path) -> None:
    tokenizer = Tokenizer(str(folder / "vocab.json"))
    assert tokenizer.preprocess_text("25", "hi").split() == ["दो", "पाँच"]
    assert tokenizer.preprocess_text("1. května", "cs") == "jedna . května"


# --- files


@pytest.mark.needs("clone")
@pytest.mark.parametrize("file", ["config.json", "model.pth", "vocab.json"])
def test_a_file_that_is_not_what_was_fetched_is_not_loaded(
    folder: Path, tmp_path: Path, file: str
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    whole = (copy / file).read_bytes()
    (copy / file).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ModelDamagedError) as caught:
        Xtts(spec(copy))
    assert caught.value.details["file"] == file


@pytest.mark.needs("clone")
def test_files_that_nobody_fetched_are_not_loaded(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    (copy / "model.json").unlink()
    with pytest.raises(ModelMissingError):
        Xtts(spec(copy))


def fetched(folder: Path) -> Path:
    """Record the files as they are now, as if they had been fetched so."""
    record = records.read(folder, "tiny")
    assert record
    files = {name: records.fingerprint(folder / name) for name in record.files}
    records.write(folder, replace(record, files=files))
    return folder


class Trojan:
    """Touches a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return (exec, (f"open({str(self.trace)!r}, 'w')",))


@pytest.mark.needs("clone")
def test_weights_that_carry_code_are_not_run(folder: Path, tmp_path: Path) -> None:
    copy, trace = Path(shutil.copytree(folder, tmp_path / "copy")), tmp_path / "ran"
    (copy / "model.pth").write_bytes(pickle.dumps({"model": Trojan(trace)}))
    with pytest.raises(ModelDamagedError):
        Xtts(spec(fetched(copy)))
    assert not trace.exists()


@pytest.mark.needs("clone")
def test_a_checkpoint_of_the_first_release_is_read_and_left_as_it_is(
    folder: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    library = import_module("TTS.tts.models.xtts")
    weights = torch.load(copy / "model.pth", weights_only=True)
    with library._legacy_safe_globals():  # noqa: SLF001 - where its classes were then
        torch.save({**weights, "config": library.XttsConfig()}, copy / "model.pth")
    before = (copy / "model.pth").read_bytes()
    assert b"XttsAudioConfig" in before
    Xtts(spec(fetched(copy)))
    assert (copy / "model.pth").read_bytes() == before


@pytest.mark.needs("clone")
@pytest.mark.parametrize("text", ["", "[]", "{", '{"model_args": {"gpt_layers": "many"}}'])
def test_a_configuration_that_makes_no_sense_is_damage(
    folder: Path, tmp_path: Path, text: str
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    (copy / "config.json").write_text(text)
    with pytest.raises(ModelDamagedError):
        Xtts(spec(fetched(copy)))


@pytest.mark.needs("clone")
def test_a_model_is_never_written_to(folder: Path, voice: Latents) -> None:
    before = {each: each.stat().st_mtime_ns for each in folder.iterdir()}
    speak(Xtts(spec(folder)), "Hello.", voice)
    assert {each: each.stat().st_mtime_ns for each in folder.iterdir()} == before


PROGRAM = """
import sys
sys.stdin.close()
from pathlib import Path
from pipeline import engines, languages
from pipeline.specs import XttsSpec
folder = Path(sys.argv[1])
engines.cloner(XttsSpec("tiny", folder, frozenset(languages.supported_by("xtts"))))
"""


@pytest.mark.needs("clone")
@pytest.mark.slow
def test_loading_asks_nobody_and_accepts_nothing(folder: Path, tmp_path: Path) -> None:
    keep = {name: value for name, value in os.environ.items() if name != "COQUI_TOS_AGREED"}
    environment = {**keep, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.rglob("*tos_agreed*"))


def test_the_bot_never_loads_torch() -> None:
    program = "import sys, pipeline.engines; print(*({'torch', 'TTS'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=50
    )
    assert done.stdout.split() == []
