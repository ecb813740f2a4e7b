"""Samples of real synthetic speech, spoiled one way at a time; consent read right and wrong."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.messages.en import voices as english
from bot.messages.vi import voices as vietnamese
from pipeline import engines
from pipeline.audio import decode, encode, resample
from pipeline.engines.espeak import Espeak
from pipeline.enrolling import LISTENING, Sample, check, check_consent, check_voices, consent
from pipeline.errors import (
    ConsentVoiceError,
    ConsentWordsError,
    SampleClippedError,
    SampleNoisyError,
    SampleSilentError,
    SampleTooShortError,
    SampleVoicesError,
)
from pipeline.specs import AudioLimits, EspeakSpec, SampleSpec
from pipeline.types import Audio, Language, Span, Transcript, Voice

EN, RATE, SPEC = Language("en"), 24_000, SampleSpec()
TEXT = (
    "I lost my passport at the station yesterday, and I need help to find it. My grandmother "
    "grows roses behind the house, and the train leaves in the evening. "
)


@cache
def said(voice: str = "en-us+m3", text: str = TEXT) -> Audio:
    """Speak, with a peak of 0.6 and half a second before and after."""
    spoken = resample(Espeak(EspeakSpec()).synthesize(text, EN, Voice(voice))[0], RATE).samples
    return Audio(np.pad(spoken * np.float32(0.6 / np.abs(spoken).max()), RATE // 2), RATE)


def noisy(audio: Audio, ratio_db: float) -> Audio:
    """Add white noise that much quieter than the speech."""
    noise = np.random.default_rng(5).standard_normal(len(audio.samples), np.float32)
    speech = audio.samples[np.abs(audio.samples) > 0]
    loudness = np.sqrt(np.square(speech).mean()) * 10 ** (-ratio_db / 20)
    return Audio((audio.samples + loudness * noise).astype(np.float32), audio.rate)


def louder(audio: Audio, times: float) -> Audio:
    return Audio(np.clip(audio.samples * np.float32(times), -1, 1), audio.rate)


def sent(audio: Audio) -> Audio:
    """Give it the way of a voice note: through Opus at 32 kbit/s."""
    return decode(encode(audio).data, AudioLimits(), rate=RATE)


def spans(audio: Audio) -> tuple[Span, ...]:
    return engines.find_speech(resample(audio, 16_000), LISTENING)


def checked(audio: Audio) -> Sample:
    return check(audio, spans(audio), SPEC)


# --- samples


@pytest.mark.parametrize("voice", ["en-us+m3", "en-us+f3", "en-us+whisper", "vi+m1"])
def test_clean_speech_is_taken(voice: str) -> None:
    sample = checked(sent(said(voice)))
    assert sample.audio.rate == RATE
    assert 7 < sample.audio.seconds < said(voice).seconds
    assert sample.clipped < SPEC.clipped / 4
    assert sample.ratio_db > 40


@pytest.mark.parametrize("seconds", [0.0, 0.01, 8.0])
def test_silence_is_called_silence(seconds: float) -> None:
    with pytest.raises(SampleSilentError):
        checked(Audio(np.zeros(round(seconds * RATE), np.float32), RATE))


def test_speech_that_can_hardly_be_heard_is_refused() -> None:
    with pytest.raises(SampleSilentError):
        checked(louder(said(), 0.02))
    assert checked(louder(said(), 0.2)).level_db > SPEC.level_db


def test_too_little_speech_is_refused_however_long_the_recording_is() -> None:
    short = said(text="I lost my passport at the station yesterday.")
    long = Audio(np.pad(short.samples, (0, 20 * RATE)), RATE)
    with pytest.raises(SampleTooShortError) as caught:
        checked(long)
    assert caught.value.details["limit"] == 6.0
    assert 1 < int(caught.value.details["seconds"]) < 5


def test_what_is_more_than_enough_is_left_away() -> None:
    assert checked(said(text=TEXT * 5)).audio.seconds == 30.0


def test_long_pauses_are_no_part_of_a_voice() -> None:
    half = said().samples
    sample = checked(Audio(np.concatenate([half, np.zeros(4 * RATE, np.float32), half]), RATE))
    assert sample.audio.seconds < 2 * checked(said()).audio.seconds + 0.5


@pytest.mark.parametrize("ratio_db", [20, 30])
def test_a_little_noise_does_no_harm_and_is_measured(ratio_db: int) -> None:
    assert abs(checked(sent(noisy(said(), ratio_db))).ratio_db - ratio_db) < 2


@pytest.mark.parametrize("ratio_db", [0, 5, 12])
def test_much_noise_is_refused(ratio_db: int) -> None:
    with pytest.raises(SampleNoisyError):
        checked(sent(noisy(said(), ratio_db)))


@pytest.mark.parametrize("times", [5, 8, 15])
def test_clipping_is_heard_after_opus_too(times: float) -> None:
    with pytest.raises(SampleClippedError):
        checked(sent(louder(said(), times)))


@pytest.mark.parametrize("times", [5, 8, 15])
def test_clipping_below_full_scale_is_heard(times: float) -> None:
    with pytest.raises(SampleClippedError):
        checked(louder(louder(said(), times), 0.3))


def test_spans_that_are_not_of_this_recording_break_nothing() -> None:
    with pytest.raises((SampleSilentError, SampleTooShortError)):
        check(said(text="Hello."), (Span(100.0, 107.0),), SPEC)


# --- whose voice


def voiceprint(audio: Audio) -> NDArray[np.float32]:
    """A print that tells these few voices apart: the shape of the mean spectrum."""
    frames = audio.samples[: len(audio.samples) // 512 * 512].reshape(-1, 512)
    spectrum = np.log(np.square(np.abs(np.fft.rfft(frames))).mean(axis=0)[1:200] + 1e-9)
    bands = np.array([band.mean() for band in np.array_split(spectrum, 24)])
    bands -= np.polyval(np.polyfit(np.arange(24), bands, 1), np.arange(24))
    found: NDArray[np.float32] = (bands / np.linalg.norm(bands)).astype(np.float32)
    return found


def alternating(*voices: str) -> Audio:
    parts: Sequence[NDArray[np.float32]] = [checked(said(voice)).audio.samples for voice in voices]
    return Audio(np.concatenate(parts), RATE)


@pytest.mark.parametrize("voice", ["en-us+m3", "en-us+f3", "en-us+klatt"])
def test_one_person_is_one_voice(voice: str) -> None:
    check_voices(alternating(voice, voice), voiceprint, SPEC)


@pytest.mark.parametrize(
    "voices", [("en-us+m3", "en-us+f3"), ("en-us+f3", "en-us+f3", "en-us+klatt")]
)
def test_a_second_person_is_heard(voices: tuple[str, ...]) -> None:
    with pytest.raises(SampleVoicesError):
        check_voices(alternating(*voices), voiceprint, SPEC)


def test_a_sample_too_short_to_compare_is_one_voice() -> None:
    check_voices(Audio(said().samples[: 4 * RATE], RATE), voiceprint, SPEC)


# --- consent

SENTENCE = english.CONSENT.format(phrase=english.PHRASES[0])
CATALOGUES = pytest.mark.parametrize("catalogue", [english, vietnamese], ids=["en", "vi"])


def heard(text: str) -> Transcript:
    return Transcript(text, EN, 1.0, (), 5.0, "demo-whisper")


@CATALOGUES
def test_every_sentence_is_consent_when_it_is_read(catalogue: Any) -> None:
    for phrase in catalogue.PHRASES:
        sentence = catalogue.CONSENT.format(phrase=phrase)
        assert consent(sentence, heard(sentence.lower().replace(":", "").rstrip(".")))


@CATALOGUES
def test_a_recording_of_another_sentence_is_no_consent(catalogue: Any) -> None:
    sentences = [catalogue.CONSENT.format(phrase=phrase) for phrase in catalogue.PHRASES]
    for shown in sentences:
        assert [each for each in sentences if consent(shown, heard(each))] == [shown]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I let Dragoman speak with a copy of my voice",
        english.PHRASES[0],
        SENTENCE.replace("I let", "I never let"),
        SENTENCE.replace("I let", "I don't let"),
        SENTENCE + " Haha, of course you may not.",
        SENTENCE * 2,
        "Thank you for watching.",
    ],
)
def test_anything_else_is_no_consent(text: str) -> None:
    assert not consent(SENTENCE, heard(text))


def test_vietnamese_negation_is_no_consent() -> None:
    sentence = vietnamese.CONSENT.format(phrase=vietnamese.PHRASES[0])
    assert not consent(sentence, heard(sentence.replace("cho phép", "không cho phép")))


@pytest.mark.parametrize(
    "text",
    [
        "i let dragon man speak with a copy of my voice a green boat waits below the old bridge",
        "I let Dragoman speak with the copy of my voice. A green boat waits below the old britch.",
    ],
)
def test_a_misheard_word_is_forgiven(text: str) -> None:
    assert consent(SENTENCE, heard(text))


def test_consent_must_be_in_the_voice_of_the_sample() -> None:
    sample, own, other = (said(voice) for voice in ("en-us+m3", "en-us+m3", "en-us+f3"))
    read = heard(SENTENCE)
    check_consent(SENTENCE, read, own, sample, voiceprint, SPEC)
    with pytest.raises(ConsentVoiceError):
        check_consent(SENTENCE, read, other, sample, voiceprint, SPEC)
    with pytest.raises(ConsentWordsError):
        check_consent(SENTENCE, heard("Hello."), own, sample, voiceprint, SPEC)


@CATALOGUES
def test_the_sentences_are_many_short_and_without_figures(catalogue: Any) -> None:
    assert len(set(catalogue.PHRASES)) >= 16
    for phrase in catalogue.PHRASES:
        assert len(catalogue.CONSENT.format(phrase=phrase)) < 110
        assert not any(letter.isdigit() for letter in phrase)
