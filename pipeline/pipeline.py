"""Decode, hear, translate, speak: each result is given out as soon as it is there."""

import copy
import hashlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self, TypeAlias

from pipeline import checks, joints, routing, sentences, stages, terms
from pipeline.decoding import Decoder
from pipeline.errors import DragomanError, NoSpeechError, UnsupportedLanguageError
from pipeline.specs import PipelineSpec, SynthesizerSpec, TranslatorSpec
from pipeline.types import (
    Doubt,
    Language,
    Request,
    Speech,
    Term,
    Transcript,
    Translation,
    Voice,
)
from pipeline.workers import Worker

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """The first result: the words as they were spoken."""

    transcript: Transcript
    decode_ms: float
    hear_ms: float


@dataclass(frozen=True, slots=True)
class Translated:
    """The second: what they mean."""

    translation: Translation
    translate_ms: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """The third, if it was wished: the meaning, spoken."""

    speech: Speech
    speak_ms: float


@dataclass(frozen=True, slots=True)
class Unspoken:
    """Instead of the third: every voice failed, and this is why the last one did."""

    error: DragomanError
    speak_ms: float


Event: TypeAlias = Heard | Translated | Spoken | Unspoken


class TranslationCache(Protocol):
    """Remembers translated sentences for a while; keys are opaque digests."""

    async def get(self, key: str) -> str | None:
        """Return what was put under the key, unless it has expired or been dropped."""
        ...

    async def put(self, key: str, value: str) -> None:
        """Remember the value."""
        ...


class SpeechCache(Protocol):
    """Remembers spoken texts for a while; keys are opaque digests."""

    async def get(self, key: str) -> Speech | None:
        """Return what was put under the key, unless it has expired or been dropped."""
        ...

    async def put(self, key: str, value: Speech) -> None:
        """Remember the value."""
        ...


class Pipeline:
    """The stages, on the workers it is given; ``decoding`` is for nothing else."""

    def __init__(
        self,
        spec: PipelineSpec,
        *,
        decoding: Worker,
        compute: Worker,
        network: Worker,
        cache: TranslationCache,
        speeches: SpeechCache | None = None,
    ) -> None:
        self.decoder = Decoder(decoding)
        self._spec = spec
        self._compute = compute
        self._network = network
        self._cache = cache
        self._speeches = speeches

    def elsewhere(self, compute: Worker) -> Self:
        """Return the same stages, computed by another worker: what it does holds up nobody here."""
        other = copy.copy(self)
        other._compute = compute  # noqa: SLF001 - of the same class
        return other

    async def warm(self) -> None:
        """Load what most requests will need; raises ModelError and WorkerError."""
        spec = self._spec
        preferred = (
            spec.recognizers.default,
            *(routed for _, routed in spec.recognizers.routes),
            *filter(None, [spec.recognizers.smaller]),
            *(each for each in spec.translators[:1] if not each.remote),
            *(each for each in spec.synthesizers[:1] if not each.remote),
        )
        await self.decoder.warm()
        await self._compute.call(stages.warm, preferred, spec.vad)

    async def run(
        self, request: Request, on_progress: Callable[[float], None] | None = None
    ) -> AsyncGenerator[Event, None]:
        """Interpret one sound, yielding Heard, Translated and, if wished, Spoken or Unspoken.

        What is in the listener's language already, or could not be translated, is not spoken.
        ``on_progress`` is told how many seconds of the sound have been heard.
        Raises AudioError, LanguageError, ModelError and WorkerError before Heard, none after
        Translated.
        """
        yield (heard := await self._hear(request, on_progress))
        transcript = heard.transcript
        started = time.perf_counter()
        target = routing.target(transcript, request.targets)
        translation = await self._translate(transcript, target, request.terms)
        yield Translated(translation, _ms_since(started))
        wanted = request.voice_into in {None, translation.target}
        if request.voice is not None and wanted and translation.source != translation.target:
            yield await self._speak(translation, request.voice)

    async def voices(self, language: Language) -> list[str]:
        """Return the names of the voices that can be asked for, the one used by default first.

        They are those of the first engine that has the language and answers; none, if no one does.
        """
        for spec in routing.synthesizers(self._spec.synthesizers, language):
            try:
                return await self._worker(spec).call(stages.voices, spec, language)
            except DragomanError as error:
                _log.warning("no voices", extra={"engine": spec.engine, "code": error.code})
        return []

    def _worker(self, spec: TranslatorSpec | SynthesizerSpec) -> Worker:
        return self._network if spec.remote else self._compute

    async def _hear(self, request: Request, on_progress: Callable[[float], None] | None) -> Heard:
        spec = self._spec
        decoded = await self.decoder.decode(request.sound, spec.limits)
        heard = replace(request, sound=decoded.audio)
        hearing = await self._compute.call_reporting(
            on_progress, stages.hear, heard, spec.recognizers, spec.vad, spec.limits
        )
        transcript = _new(hearing.transcript, request.follows)
        transcript = transcript.with_doubts(checks.doubts_of_transcript(transcript))
        return Heard(transcript, decoded.decode_ms, hearing.hear_ms)

    async def _translate(
        self, heard: Transcript, target: Language, wishes: Sequence[Term]
    ) -> Translation:
        """Translate by the first engine that can; failing all, pass the original on, marked."""
        source = heard.language
        if source == target:
            return Translation(heard.text, source, target, "none", heard.doubts)
        parts = sentences.split(heard.text, source)
        wanted = terms.concerning(wishes, heard.text, target)
        for spec in routing.translators(self._spec.translators, source, target):
            try:
                translated = await self._sentences(spec, parts, source, target)
            except DragomanError as error:
                _log.warning("translator failed", extra={"engine": spec.engine, "code": error.code})
                continue
            text = sentences.join(translated, target)
            text, missing = await self._settled(spec, text, wanted, source, target)
            doubts = checks.doubts_of_translation(heard.text, text, source, target)
            if missing:
                doubts = (*doubts, Doubt.TERMS)
            return Translation(text, source, target, spec.engine, (*heard.doubts, *doubts))
        return Translation(heard.text, source, source, "none", (*heard.doubts, Doubt.UNTRANSLATED))

    async def _settled(
        self,
        spec: TranslatorSpec,
        text: str,
        wanted: Sequence[Term],
        source: Language,
        target: Language,
    ) -> tuple[str, tuple[Term, ...]]:
        """Let the terms read as wished; where one is not found, ask what it is by itself."""
        if not wanted:
            return text, ()
        text, missing = terms.settle(text, wanted, {})
        if not missing:
            return text, ()
        alone = [each.text for each in missing]
        try:
            renderings = await self._sentences(spec, alone, source, target)
        except DragomanError as error:
            _log.warning("terms failed", extra={"engine": spec.engine, "code": error.code})
            return text, missing
        return terms.settle(text, missing, dict(zip(alone, renderings, strict=True)))

    async def _sentences(
        self, spec: TranslatorSpec, parts: list[str], source: Language, target: Language
    ) -> list[str]:
        """Translate each part, asking the engine only for what the cache does not know."""
        keys = [_key(spec.engine, source, target, part) for part in parts]
        known = {key: await self._cache.get(key) for key in keys}
        missing = {key: part for key, part in zip(keys, parts, strict=True) if known[key] is None}
        if missing:
            answers = await self._worker(spec).call(
                stages.translate, spec, list(missing.values()), source, target
            )
            for key, answer in zip(missing, answers, strict=True):
                known[key] = answer
                await self._cache.put(key, answer)
        return [known[key] or "" for key in keys]

    async def _speak(self, translation: Translation, voice: Voice) -> Spoken | Unspoken:
        """Speak by the first voice that can."""
        started = time.perf_counter()
        text, language = translation.text, translation.target
        failure: DragomanError = UnsupportedLanguageError(language=language, engine="speech")
        for spec in routing.synthesizers(self._spec.synthesizers, language):
            try:
                speech = await self._spoken(spec, text, language, voice)
            except DragomanError as error:
                _log.warning("voice failed", extra={"engine": spec.engine, "code": error.code})
                failure = error
            else:
                return Spoken(speech, _ms_since(started))
        return Unspoken(failure, _ms_since(started))

    async def _spoken(
        self, spec: SynthesizerSpec, text: str, language: Language, voice: Voice
    ) -> Speech:
        """Take what was spoken before, or have it spoken now and remember it."""
        key = _key(spec.engine, language, voice.name or "", str(voice.speed), text)
        known = await self._speeches.get(key) if self._speeches is not None else None
        if known is not None:
            return known
        speech = await self._worker(spec).call(stages.speak, spec, text, language, voice)
        if self._speeches is not None:
            await self._speeches.put(key, speech)
        return speech


def _new(heard: Transcript, follows: str) -> Transcript:
    """Return what was not said before; raises NoSpeechError if that is nothing."""
    if not follows:
        return heard
    text = joints.continued(follows, heard.text)
    if not text:
        raise NoSpeechError
    return replace(heard, text=text)


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _ms_since(started: float) -> float:
    return 1000 * (time.perf_counter() - started)
