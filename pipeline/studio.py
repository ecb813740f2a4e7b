"""Recordings become a voice: what an enrolment asks of the workers.

Recordings are decoded where the pipeline's are; samples and latents are worked out in the cloners'
own process; what is read aloud is heard by the pipeline, as any note is.
"""

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final

from pipeline import engines, enrolling, verifying
from pipeline.cloning import Cloning, learn
from pipeline.decoding import SPEECH_RATE
from pipeline.errors import (
    ConsentVoiceError,
    ConsentWordsError,
    NoSpeechError,
)
from pipeline.pipeline import Heard, Pipeline
from pipeline.specs import AudioLimits, SampleSpec, XttsSpec
from pipeline.types import Audio, Language, Request, Sound, Transcript

RATE: Final = 24_000
"""Samples per second of a sample: all that the cloners hear is less."""
_LONGEST_S: Final = 120.0
"""Of a recording; what counts of it is cut to ``SampleSpec.most_s``."""
_READING_S: Final = 1.0
"""Of speech in a sentence that is read: less is none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How well a sentence was read, by the person of the sample."""

    words: float
    """How much of it was heard, in [0, 1]."""
    likeness: float
    """The cosine of both voiceprints, in [-1, 1]."""


class Studio:
    """Makes voices. The first cloner's voiceprints tell people apart."""

    def __init__(
        self,
        pipeline: Pipeline,
        cloning: Cloning,
        limits: AudioLimits,
        sample: SampleSpec,
    ) -> None:
        """``limits`` are of any recording; one of these is bounded to two minutes besides."""
        self._pipeline = pipeline
        self._cloning = cloning
        self._limits = replace(limits, seconds=min(limits.seconds, _LONGEST_S))
        self.bound(sample)

    def bound(self, sample: SampleSpec) -> None:
        """Take such samples from now on."""
        self._sample = sample

    @property
    def languages(self) -> frozenset[Language]:
        """What people's own voices can speak here."""
        return self._cloning.languages

    async def sample(self, sound: Sound) -> Audio:
        """Return what of a recording is a sample, at 24 kHz.

        Raises AudioError, SampleError, EngineError, ModelError and WorkerError.
        """
        recorded = await self.speech(sound, self._sample.least_s)
        await self.check(recorded)
        return recorded

    async def speech(self, sound: Sound, least_s: float) -> Audio:
        """Return the speech of a recording, clean, at 24 kHz and no longer than a sample.

        Raises as ``sample``, but does not listen for several voices.
        """
        wanted = replace(self._sample, least_s=least_s)
        decoded = await self._pipeline.decoder.decode(sound, self._limits, RATE)
        return await self._cloning.call(speech, decoded.audio, self._limits, wanted)

    async def check(self, sample: Audio) -> None:
        """Raise SampleVoicesError if more than one person speaks."""
        await self._cloning.call(check_voices, self._cloning.specs[0], sample, self._sample)

    async def reading(
        self, sound: Sound, sentence: str, language: Language, sample: Audio
    ) -> Reading:
        """Hear whether the sentence is read, in the voice of the sample.

        Raises ConsentError, and otherwise as ``speech``.
        """
        transcript = await self._heard(sound, language)
        if not enrolling.consent(sentence, transcript):
            raise ConsentWordsError
        spoken = await self.speech(sound, _READING_S)
        likeness = await self._cloning.call(likeness_of, self._cloning.specs[0], spoken, sample)
        if likeness < self._sample.same:
            raise ConsentVoiceError
        return Reading(min(1.0, verifying.says(sentence, transcript)), likeness)

    async def latents(self, sample: Audio) -> Mapping[str, bytes]:
        """Return what each cloner learns of the voice, packed, by the catalogue's names.

        Raises EngineError, ModelError and WorkerError.
        """
        cloning = self._cloning
        return {spec.model: await cloning.call(learn, spec, sample) for spec in cloning.specs}

    async def _heard(self, sound: Sound, language: Language) -> Transcript:
        request = Request(sound=sound, targets=(language,), source=language, voice=None)
        async with aclosing(self._pipeline.run(request)) as events:
            async for event in events:
                if isinstance(event, Heard):
                    return event.transcript
        raise NoSpeechError


def speech(sound: Audio, limits: AudioLimits, spec: SampleSpec) -> Audio:
    """Return the speech of a recording; raises AudioError and SampleError."""
    from pipeline import audio  # noqa: PLC0415 - the parent process only names this function

    recording = audio.fitted(sound, limits, RATE)
    spans = engines.find_speech(audio.resample(recording, SPEECH_RATE), enrolling.LISTENING)
    return enrolling.check(recording, spans, spec).audio


def check_voices(spec: XttsSpec, sample: Audio, wanted: SampleSpec) -> None:
    """Raise SampleVoicesError if more than one person speaks."""
    enrolling.check_voices(sample, engines.cloner(spec).voiceprint, wanted)


def likeness_of(spec: XttsSpec, one: Audio, other: Audio) -> float:
    """Return how alike two voices are: the cosine of their voiceprints, in [-1, 1]."""
    voiceprint = engines.cloner(spec).voiceprint
    return enrolling.likeness(voiceprint(one), voiceprint(other))
