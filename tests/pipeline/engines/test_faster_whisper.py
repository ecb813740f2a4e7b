"""Whisper, as the demo model hears it: recorded speech from voices kept out of its training."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from pipeline import audio, catalogue
from pipeline.engines.faster_whisper import FasterWhisper, Model, find_speech
from pipeline.errors import ModelDamagedError, UnsupportedLanguageError
from pipeline.specs import AudioLimits, VadSpec, WhisperSpec
from pipeline.types import Audio, Detection, Language, Transcript

EN, VI, JA = Language("en"), Language("vi"), Language("ja")
DEMO = Path(__file__).parents[3] / "pipeline" / "demo"
NOTES: list[dict[str, Any]] = json.loads((DEMO / "notes" / "notes.json").read_text("utf-8"))
ENTRY = catalogue.load().find("demo-whisper")
SPEC = WhisperSpec(
    model=ENTRY.name,
    path=DEMO / "whisper",
    languages=frozenset({EN, VI}),
    threads=1,
    workers=1,
    window=ENTRY.window,
    chunk_s=ENTRY.chunk_s,
    joins=ENTRY.joins,
)
ALL: frozenset[Language] = frozenset()


class CountingModel(Model):
    passes: ClassVar[list[int]] = []
    """Frames of each pass through the encoder."""
    tries: ClassVar[list[tuple[int, tuple[float, ...]]]] = []
    """Hypotheses and temperatures of each try to write a window down."""

    def transcribe(self, *arguments: Any, **wishes: Any) -> Any:
        self.tries.append((wishes["beam_size"], wishes["temperature"]))
        return super().transcribe(*arguments, **wishes)

    def compute(self, features: Any) -> Any:
        self.passes.append(features.shape[-1])
        return super().compute(features)


class Counting(FasterWhisper):
    model_class = CountingModel


@pytest.fixture(scope="module")
def demo() -> FasterWhisper:
    return FasterWhisper(SPEC)


def note(number: int) -> Audio:
    return audio.decode(DEMO / "notes" / NOTES[number]["file"], AudioLimits())


def hear(
    engine: FasterWhisper,
    sound: Audio,
    allowed: frozenset[Language] = ALL,
    *,
    hotwords: Sequence[str] = (),
    words: bool = False,
) -> Transcript:
    spans = find_speech(sound, VadSpec())
    detection = engine.detect(sound, spans, allowed)
    return engine.transcribe(sound, spans, detection, hotwords=hotwords, words=words)


def joined(*sounds: Audio, pause_s: float = 0.7) -> Audio:
    pause = np.random.default_rng(3).normal(0, 1e-4, round(pause_s * audio.RATE))
    parts = [part for sound in sounds for part in (sound.samples, pause.astype(np.float32))]
    return Audio(np.concatenate(parts), audio.RATE)


@pytest.mark.parametrize("number", range(len(NOTES)))
def test_what_was_said_is_written_down_in_its_language(demo: FasterWhisper, number: int) -> None:
    heard = hear(demo, note(number))
    assert heard.text == NOTES[number]["text"]
    assert heard.language == NOTES[number]["language"]
    assert heard.probability > 0.9
    assert (heard.model, heard.doubts) == ("demo-whisper", ())
    assert heard.seconds == pytest.approx(NOTES[number]["seconds"], abs=0.1)


def test_the_whole_window_says_the_same_as_the_cut_one(demo: FasterWhisper) -> None:
    whole = FasterWhisper(replace(SPEC, window="full"))
    for number in range(len(NOTES)):
        assert hear(whole, note(number)).text == hear(demo, note(number)).text


@pytest.mark.parametrize("window", ["full", "speech"])
def test_detection_and_transcription_share_one_encoder_pass(window: Any) -> None:
    CountingModel.passes.clear()
    hear(Counting(replace(SPEC, window=window)), note(0))
    assert len(CountingModel.passes) == 1
    assert (CountingModel.passes[0] == 3000) == (window == "full")


def test_a_doubtful_text_is_heard_again_in_the_whole_window() -> None:
    CountingModel.passes.clear()
    hear(Counting(replace(SPEC, log_probability_limit=0.0)), note(0))
    short, whole = CountingModel.passes
    assert short < whole == 3000


def test_in_a_hurry_one_hypothesis_is_followed_once_and_the_words_are_the_same() -> None:
    engine = Counting(SPEC)
    CountingModel.tries.clear()
    spans = find_speech(note(0), VadSpec())
    detection = engine.detect(note(0), spans, ALL)
    usual = engine.transcribe(note(0), spans, detection)
    hurried = engine.transcribe(note(0), spans, detection, hurried=True)
    assert hurried.text == usual.text
    assert CountingModel.tries == [(5, (0.0,)), (1, (0.0,))]
    doubtful = Counting(replace(SPEC, log_probability_limit=0.0))
    doubtful.transcribe(note(0), spans, detection, hurried=True)
    assert CountingModel.tries[2:] == [(1, (0.0,)), (1, (0.0,))], "no other temperatures"


def test_no_speech_of_one_person_is_kept_for_the_next() -> None:
    engine = Counting(SPEC)
    CountingModel.passes.clear()
    hear(engine, note(0))
    hear(engine, note(0))
    assert len(CountingModel.passes) == 2


def test_detection_chooses_among_the_allowed_languages_only(demo: FasterWhisper) -> None:
    sound = note(0)
    spans = find_speech(sound, VadSpec())
    assert demo.detect(sound, spans, frozenset({VI})) == Detection(VI, 1.0)
    assert demo.detect(sound, spans, frozenset({VI, JA})).language == VI
    assert demo.detect(sound, spans, frozenset({EN, VI})).language == EN


def test_a_language_the_model_lacks_is_refused(demo: FasterWhisper) -> None:
    sound = note(0)
    spans = find_speech(sound, VadSpec())
    with pytest.raises(UnsupportedLanguageError):
        demo.detect(sound, spans, frozenset({JA}))
    with pytest.raises(UnsupportedLanguageError):
        demo.transcribe(sound, spans, Detection(JA, 1.0))


def test_words_carry_times_when_asked_for(demo: FasterWhisper) -> None:
    sound = note(1)
    heard = hear(demo, sound, words=True)
    words = [word for segment in heard.segments for word in segment.words]
    assert " ".join(word.text for word in words) == heard.text
    edges = [edge for word in words for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert 0 <= edges[0] < edges[-1] <= sound.seconds
    assert all(0 <= word.probability <= 1 for word in words)


@pytest.mark.parametrize("hotwords", [["Dragoman", "Hà Nội"], ["passport"], ["😀", "\0"]])
def test_hotwords_do_not_break_the_text(demo: FasterWhisper, hotwords: list[str]) -> None:
    assert hear(demo, note(0), hotwords=hotwords).text == NOTES[0]["text"]


@pytest.mark.parametrize("prompt", ["Thank you.", "Xin chào. Tạm biệt.", "zxq"])
def test_a_prompt_does_not_break_the_text(demo: FasterWhisper, prompt: str) -> None:
    sound = note(0)
    spans = find_speech(sound, VadSpec())
    heard = demo.transcribe(sound, spans, Detection(EN, 1.0), prompt=prompt)
    assert heard.text == NOTES[0]["text"]


@pytest.mark.parametrize(
    "context", [{"hotwords": ["passport"] * 300}, {"prompt": "zxq " * 400}, {"prompt": "\0" * 999}]
)
def test_more_context_than_fits_fails_nobody(demo: FasterWhisper, context: Any) -> None:
    sound = note(0)
    spans = find_speech(sound, VadSpec())
    assert demo.transcribe(sound, spans, Detection(EN, 1.0), **context).language == EN
    assert hear(demo, sound).text == NOTES[0]["text"]


def test_of_a_long_recording_nothing_is_lost_and_nothing_said_twice(demo: FasterWhisper) -> None:
    english = [number for number, note in enumerate(NOTES) if note["language"] == "en"] * 6
    heard = hear(demo, joined(*map(note, english)))
    assert heard.seconds > 60
    assert heard.text == " ".join(NOTES[number]["text"] for number in english)
    starts = [segment.start for segment in heard.segments]
    assert starts == sorted(starts)


def test_progress_is_told_window_by_window(demo: FasterWhisper) -> None:
    sound = joined(note(0), note(1), note(2))
    spans = find_speech(sound, VadSpec())
    told: list[float] = []
    demo.transcribe(sound, spans, Detection(EN, 1.0), progress=told.append)
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == pytest.approx(spans[-1].end)


@pytest.mark.parametrize("level", [0.0, 1e-4, 0.02])
def test_silence_and_noise_hold_no_speech(level: float) -> None:
    noise = np.random.default_rng(5).normal(0, level, 5 * audio.RATE).astype(np.float32)
    assert find_speech(Audio(noise, audio.RATE), VadSpec()) == ()


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json"])
def test_damaged_files_are_named_as_such(tmp_path: Path, name: str) -> None:
    place = tmp_path / "model"
    shutil.copytree(DEMO / "whisper", place)
    (place / name).write_bytes(b"\0" * 100)
    with pytest.raises(ModelDamagedError):
        FasterWhisper(replace(SPEC, path=place))
