"""Samples of real synthetic speech, spoiled one way at a time."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline import engines
from pipeline.audio import resample
from pipeline.enrolling import LISTENING, Sample, check, check_voices
from pipeline.errors import (
    SampleClippedError,
    SampleNoisyError,
    SampleSilentError,
    SampleTooShortError,
    SampleVoicesError,
)
from pipeline.specs import SampleSpec
from pipeline.types import Audio, Span
from tests.pipeline.samples import RATE, TEXT, louder, noisy, said, sent, voiceprint

SPEC = SampleSpec()


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
