"""Real recordings become a sample, or are refused; a sentence counts only when it was read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.messages.en import consent as english
from pipeline import cloning, studio
from pipeline.audio import encode
from pipeline.cloning import Cloning
from pipeline.engines.espeak import Espeak
from pipeline.errors import (
    AudioError,
    AudioTooLongError,
    ConsentVoiceError,
    ConsentWordsError,
    DragomanError,
    NoSpeechError,
    SampleSilentError,
    SampleTooShortError,
    SampleVoicesError,
    UnreadableAudioError,
)
from pipeline.pipeline import Pipeline
from pipeline.specs import AudioLimits, EspeakSpec, SampleSpec, XttsSpec
from pipeline.studio import RATE, Studio
from pipeline.types import Audio, Request, Voice
from pipeline.workers import ThreadWorker
from tests.pipeline.fake_stages import EN, SPEC, Memory, Stages
from tests.pipeline.readings import sentence

SENTENCE = sentence(english, [each[0] for each in english.WORDS])
TEXT = "In the morning I walk to the market and buy bread, fruit and a newspaper. "
LIMITS = AudioLimits()
VIXTTS = XttsSpec("vixtts", Path("nowhere"), frozenset())
XTTS = XttsSpec("xtts-v2", Path("nowhere"), frozenset({EN}))


@pytest.fixture(scope="module")
def sent() -> Callable[[str], bytes]:
    """Texts as somebody speaks them and an app sends them: Ogg Opus."""
    voice = Espeak(EspeakSpec())
    return {
        text: encode(voice.synthesize(text, EN, Voice())[0]).data
        for text in (3 * TEXT, 10 * TEXT, "Good night.", SENTENCE)
    }.__getitem__


class Cloners(ThreadWorker):
    """A worker whose cloners tell voices apart as they are told; all else is real."""

    def __init__(self) -> None:
        super().__init__(name="cloners", timeout_s=30.0)
        self.likeness = 0.9
        self.several = False
        self.asked: list[str] = []

    async def call(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        self.asked.append(fn.__name__)
        if fn is studio.check_voices:
            if self.several:
                raise SampleVoicesError
            return None
        if fn is studio.likeness_of:
            assert all(isinstance(each, Audio) and each.rate == RATE for each in args[1:])
            return self.likeness
        if fn is cloning.learn:
            return f"latents of {args[0].model}".encode()
        return await super().call(fn, *args, **kwargs)


class Booth:
    def __init__(self, text: str = SENTENCE) -> None:
        self.cloners, self.stages = Cloners(), Stages(text)
        self.decoder = ThreadWorker(name="decoder", timeout_s=30.0)
        pipeline = Pipeline(
            SPEC, decoding=self.decoder, compute=self.stages, network=self.stages, cache=Memory()
        )
        self.studio = Studio(pipeline, Cloning([XTTS, VIXTTS], self.cloners), LIMITS, SampleSpec())

    def heard(self) -> Request:
        (request,) = [asked[1] for asked in self.stages.asked if asked[0] == "hear"]
        assert isinstance(request, Request)
        return request


SAMPLE = Audio(np.full(8 * RATE, 0.1, np.float32), RATE)


async def test_a_recording_as_apps_send_it_is_a_sample(sent: Callable[[str], bytes]) -> None:
    booth = Booth()
    sample = await booth.studio.sample(sent(3 * TEXT))
    assert sample.rate == RATE
    assert 6 < sample.seconds < 20
    assert booth.cloners.asked == ["speech", "check_voices"]


async def test_a_sample_is_no_longer_than_it_may_be(sent: Callable[[str], bytes]) -> None:
    sample = await Booth().studio.sample(sent(10 * TEXT))
    assert sample.seconds == 30


@pytest.mark.parametrize(
    ("sound", "kind"),
    [
        (encode(Audio(np.zeros(10 * RATE, np.float32), RATE)).data, SampleSilentError),
        (b"no sound", UnreadableAudioError),
        (encode(Audio(np.zeros(125 * RATE, np.float32), RATE)).data, AudioTooLongError),
        (Path("/nowhere/at/all.ogg"), AudioError),
    ],
)
async def test_what_is_no_sample_is_refused_before_any_cloner_is_loaded(
    sound: bytes | Path, kind: type[DragomanError]
) -> None:
    booth = Booth()
    with pytest.raises(kind):
        await booth.studio.sample(sound)
    assert set(booth.cloners.asked) <= {"speech"}


async def test_no_file_reaches_the_cloners() -> None:
    booth = Booth()
    for sound in (b"no sound", Path("/nowhere/at/all.ogg")):
        with pytest.raises(AudioError):
            await booth.studio.sample(sound)
    assert booth.cloners.asked == []


async def test_a_short_sample_is_refused_and_may_be_a_part_of_one(
    sent: Callable[[str], bytes],
) -> None:
    booth = Booth()
    with pytest.raises(SampleTooShortError):
        await booth.studio.sample(sent("Good night."))
    assert 0.3 < (await booth.studio.speech(sent("Good night."), 0.0)).seconds < 3


async def test_several_voices_are_no_sample(sent: Callable[[str], bytes]) -> None:
    booth = Booth()
    booth.cloners.several = True
    with pytest.raises(SampleVoicesError):
        await booth.studio.sample(sent(3 * TEXT))


async def test_a_sentence_that_was_read_by_the_same_person_is_measured(
    sent: Callable[[str], bytes],
) -> None:
    booth = Booth()
    reading = await booth.studio.reading(sent(SENTENCE), SENTENCE, EN, SAMPLE)
    assert (reading.words, reading.likeness) == (1.0, 0.9)
    request = booth.heard()
    assert (request.source, request.targets, request.voice) == (EN, (EN,), None)
    assert not booth.stages.batches(), "nobody translates it"


@pytest.mark.parametrize("text", ["Good night.", SENTENCE.replace("I let", "I never let")])
async def test_another_sentence_is_not_even_compared(
    sent: Callable[[str], bytes], text: str
) -> None:
    booth = Booth(text)
    with pytest.raises(ConsentWordsError):
        await booth.studio.reading(sent(SENTENCE), SENTENCE, EN, SAMPLE)
    assert booth.cloners.asked == []


async def test_the_sentence_in_another_voice_is_no_consent(sent: Callable[[str], bytes]) -> None:
    booth = Booth()
    booth.cloners.likeness = 0.59
    with pytest.raises(ConsentVoiceError):
        await booth.studio.reading(sent(SENTENCE), SENTENCE, EN, SAMPLE)


async def test_silence_is_no_consent(sent: Callable[[str], bytes]) -> None:
    booth = Booth()
    booth.stages.failures["whisper"] = NoSpeechError()
    with pytest.raises(NoSpeechError):
        await booth.studio.reading(sent(SENTENCE), SENTENCE, EN, SAMPLE)


async def test_every_cloner_learns_the_voice() -> None:
    assert await Booth().studio.latents(SAMPLE) == {
        "xtts-v2": b"latents of xtts-v2",
        "vixtts": b"latents of vixtts",
    }
