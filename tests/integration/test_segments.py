"""Recorded speech as it comes in a call, cut into utterances that the demo models understand."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import cycle, islice

import numpy as np
import pytest
from numpy.typing import NDArray

from bot import app, settings
from pipeline import audio
from pipeline.engines.silero import Silero
from pipeline.errors import NoSpeechError
from pipeline.pipeline import Heard, Pipeline, Translated
from pipeline.segments import FRAME, RATE, Segmenter, SegmentEvent, Utterance
from pipeline.specs import AudioLimits, PipelineSpec, SegmentSpec
from pipeline.types import Language, Request
from pipeline.workers import ThreadWorker
from tests.integration.program import DEMO, NOTES
from tests.pipeline.fake_stages import Memory
from tests.pipeline.streams import finals

pytestmark = pytest.mark.slow

EN, VI = Language("en"), Language("vi")
PACKET = RATE // 50

Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def silero() -> Silero:
    return Silero()


@pytest.fixture(scope="module")
def notes() -> list[Samples]:
    return [audio.decode(DEMO / "notes" / each["file"], AudioLimits()).samples for each in NOTES]


@pytest.fixture(scope="module")
def spec() -> PipelineSpec:
    return app.pipeline_spec(settings.load(profile="demo"))


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def noisy(parts: Iterable[Samples], level: float = 0.001) -> Samples:
    """Join the parts, with hiss all over them."""
    sound = np.concatenate(list(parts))
    return (sound + np.random.default_rng(1).normal(0, level, len(sound))).astype(np.float32)


def packets(segmenter: Segmenter, sound: Samples, start: float = 100.0) -> list[SegmentEvent]:
    """Hear the sound in packets of 20 ms, and then nothing any more."""
    events = []
    for place in range(0, len(sound), PACKET):
        events += segmenter.push(sound[place : place + PACKET], start + place / RATE)
    for ms in range(0, 2_000, 20):
        events += segmenter.idle(start + len(sound) / RATE + ms / 1000)
    return events


async def understood(spec: PipelineSpec, said: Iterable[Utterance]) -> list[tuple[str, str]]:
    """Return what was heard and what it means, of each utterance."""
    found = []
    async with ThreadWorker(name="compute", timeout_s=30, threads=1) as worker:
        pipeline = Pipeline(
            spec, decoding=worker, compute=worker, network=worker, cache=Memory[str]()
        )
        before = ""
        for each in said:
            request = Request(
                sound=each.audio,
                targets=(VI, EN),
                voice=None,
                follows=before if each.overlap else "",
            )
            try:
                heard, translated = [event async for event in pipeline.run(request)]
            except NoSpeechError:
                continue
            assert isinstance(heard, Heard)
            assert isinstance(translated, Translated)
            before = heard.transcript.text
            found.append((before, translated.translation.text))
    return found


@pytest.mark.parametrize("level", [0.0, 0.003, 0.01])
async def test_each_note_in_a_long_noisy_stream_is_one_utterance_and_is_understood(
    spec: PipelineSpec, silero: Silero, notes: list[Samples], level: float
) -> None:
    sound = noisy((part for note in notes for part in (note, quiet(1.0))), level)
    said = finals(packets(Segmenter(SegmentSpec(), silero.stream()), sound))
    assert await understood(spec, said) == [(each["text"], each["translation"]) for each in NOTES]


async def test_speech_that_comes_with_packets_only_while_somebody_speaks_is_understood(
    spec: PipelineSpec, silero: Silero, notes: list[Samples]
) -> None:
    """As apps send it: nothing comes between the notes, only time passes."""
    segmenter = Segmenter(SegmentSpec(), silero.stream())
    events = [
        event for turn, note in enumerate(notes) for event in packets(segmenter, note, 60.0 * turn)
    ]
    assert await understood(spec, finals(events)) == [
        (each["text"], each["translation"]) for each in NOTES
    ]
    assert [round(each.start) for each in finals(events)] == [60 * turn for turn in range(6)]


def squeezed(silero: Silero, note: Samples, pause: int = 3, edge: int = 2) -> Samples:
    """Take out what is longer than so many frames of each pause, and the silence at the ends."""
    frames = note[: len(note) // FRAME * FRAME].reshape(-1, FRAME)
    probabilities = silero.stream().probabilities(frames.ravel())
    (speech,) = np.nonzero(probabilities >= 0.5)
    kept, silent = [], 0
    for place in range(max(0, speech[0] - edge), min(len(frames), speech[-1] + edge + 1)):
        silent = silent + 1 if probabilities[place] < 0.35 else 0
        if silent <= pause:
            kept.append(frames[place])
    return np.concatenate(kept)


async def test_a_minute_without_a_pause_is_cut_and_every_sentence_is_told_once(
    spec: PipelineSpec, silero: Silero, notes: list[Samples]
) -> None:
    english = [squeezed(silero, note) for note in notes[:3]]
    sound = noisy(part for note in islice(cycle(english), 24) for part in (note, quiet(0.064)))
    said = finals(packets(Segmenter(SegmentSpec(), silero.stream()), sound))
    assert len(sound) / RATE > 55
    assert len(said) > 3
    # The demo's recogniser was trained on single sentences: let it hear them one by one.
    single = replace(spec, vad=replace(spec.vad, min_silence_ms=100, pad_ms=64))
    texts = [text for text, _ in await understood(single, said)]
    assert " ".join(texts) == " ".join(each["text"] for each in islice(cycle(NOTES[:3]), 24))


async def test_where_a_cut_lies_in_speech_no_sentence_is_told_twice(
    spec: PipelineSpec, silero: Silero, notes: list[Samples]
) -> None:
    vietnamese = [squeezed(silero, note) for note in notes[4:]]
    sound = noisy(part for note in islice(cycle(vietnamese), 14) for part in (note, quiet(0.1)))
    said = finals(packets(Segmenter(SegmentSpec(longest_s=6.0), silero.stream()), sound))
    assert any(each.overlap for each in said)
    texts = [text for text, _ in await understood(spec, said)]
    assert " ".join(texts) == " ".join(each["text"] for each in islice(cycle(NOTES[4:]), 14))


def test_a_minute_of_noise_makes_nobody_deaf_to_a_first_syllable(
    silero: Silero, notes: list[Samples]
) -> None:
    """Silero alone notices this speech 0.4 s late: its memory has grown."""
    soon, late = (noisy([quiet(seconds), notes[1]], 0.003) for seconds in (1.024, 61.44))
    alone = [
        int(np.argmax(silero.stream().probabilities(each[: len(each) // FRAME * FRAME]) >= 0.5))
        for each in (soon, late)
    ]
    assert alone[1] - alone[0] > (61.44 - 1.024) * RATE / FRAME + 10
    starts = [
        finals(packets(Segmenter(SegmentSpec(), silero.stream()), each))[0].start
        for each in (soon, late)
    ]
    assert starts[1] - starts[0] == pytest.approx(61.44 - 1.024, abs=0.1)
