"""The demo models keep their promise through the whole pipeline, for voices they never heard.

The figures of the documentation are measured on more clips by ``python -m training evaluate``.
"""

import random

import numpy as np
import pytest

from bot import app, settings
from pipeline import audio, sentences, stages
from pipeline.errors import NoSpeechError
from pipeline.specs import PipelineSpec
from pipeline.types import Audio, Language, Request
from training import augment, evaluate, phrases, sounds, speech

EN, VI = Language("en"), Language("vi")
NOISE = ("violet", "rain", "engine", "organ")
"""Kinds that training never used."""


pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def spec() -> PipelineSpec:
    return app.pipeline_spec(settings.load(profile="demo"))


@pytest.fixture(scope="module")
def split() -> phrases.Split:
    return phrases.split(phrases.read())


def recorded(text: str, language: phrases.Language, seed: int) -> bytes:
    """Say it in a voice kept out of training, add 20 dB of unseen noise, and send it as a note."""
    rng = random.Random(seed)
    said = augment.floating(speech.Espeak().say(speech.test_line(text, language, rng)).pcm)
    quiet = np.zeros(round(0.4 * audio.RATE), np.float32)
    clip = np.concatenate([quiet, said * np.float32(rng.uniform(0.3, 1.0)), quiet])
    noise = sounds.TEST_KINDS[rng.choice(NOISE)](np.random.default_rng(seed), len(clip))
    return augment.encode(
        augment.integers(augment.with_noise(clip, noise, 20.0)), audio.RATE, 16_000
    )


def interpreted(spec: PipelineSpec, note: bytes) -> tuple[str, str]:
    """Return the language that was heard and what it means in the other one."""
    request = Request(sound=audio.decode(note, spec.limits), targets=(VI, EN))
    try:
        heard = stages.hear(request, spec.recognizers, spec.vad, spec.limits).transcript
    except NoSpeechError:
        return "", ""
    target = EN if heard.language == VI else VI
    parts = sentences.split(heard.text, heard.language)
    translated = stages.translate(spec.translators[0], parts, heard.language, target)
    return heard.language, sentences.join(translated, target)


def shares(spec: PipelineSpec, pairs: list[phrases.Pair]) -> tuple[float, float]:
    """Return how often the meaning is exact, and how often the language is right."""
    exact, right = [], []
    for seed, pair in enumerate(pairs):
        for language in phrases.LANGUAGES:
            heard, meaning = interpreted(spec, recorded(pair.text(language), language, seed))
            exact.append(meaning == pair.text("vi" if language == "en" else "en"))
            right.append(heard == language)
    return float(np.mean(exact)), float(np.mean(right))


def test_listed_sentences_are_understood_from_unheard_voices(
    spec: PipelineSpec, split: phrases.Split
) -> None:
    exact, right = shares(spec, random.Random(1).sample(split.training, 40))
    assert exact >= 0.9
    assert right >= 0.97


def test_unheard_combinations_of_known_words_are_understood(
    spec: PipelineSpec, split: phrases.Split
) -> None:
    exact, right = shares(spec, list(split.unseen))
    assert exact >= 0.85
    assert right >= 0.97


def test_no_text_is_invented_for_200_clips_of_silence_noise_and_music(spec: PipelineSpec) -> None:
    for clip in evaluate.nothing_clips(seed=7):
        request = Request(sound=Audio(clip, audio.RATE), targets=(VI, EN))
        with pytest.raises(NoSpeechError):
            stages.hear(request, spec.recognizers, spec.vad, spec.limits)
