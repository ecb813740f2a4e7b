"""The one composition root: settings become specs, specs become a running pipeline."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path

from bot.memory import MemoryCache
from bot.settings import Settings, UnusableSettingsError
from pipeline import catalogue, decoding, languages, models
from pipeline.catalogue import Entry, Kind
from pipeline.cloning import Cloning
from pipeline.errors import ConfigurationError, DragomanError, SealError
from pipeline.pipeline import Pipeline, SpeechCache, TranslationCache
from pipeline.specs import (
    AudioLimits,
    EspeakSpec,
    GttsSpec,
    KokoroSpec,
    LibreTranslateSpec,
    NllbSpec,
    PipelineSpec,
    RecognizerRoutes,
    SynthesizerSpec,
    TranslatorSpec,
    VadSpec,
    WhisperSpec,
    XttsSpec,
)
from pipeline.types import Language
from pipeline.workers import ProcessWorker, ThreadWorker
from storage import sealing
from storage.sealing import Seal


@asynccontextmanager
async def open_pipeline(
    settings: Settings,
    cache: TranslationCache | None = None,
    speeches: SpeechCache | None = None,
) -> AsyncIterator[Pipeline]:
    """Start the workers and give the pipeline out; raises UnusableSettingsError.

    Without caches, translations are remembered in memory and speech is not.
    """
    spec = await asyncio.to_thread(pipeline_spec, settings)
    workers = settings.workers
    async with (
        decoding.worker(
            spec.limits,
            timeout_s=workers.decode_timeout_s,
            start_timeout_s=workers.start_timeout_s,
            memory_mb=workers.decode_memory_mb,
        ) as decoder,
        ProcessWorker(
            name="interactive", timeout_s=workers.timeout_s, start_timeout_s=workers.start_timeout_s
        ) as compute,
        ThreadWorker(
            name="network", timeout_s=workers.timeout_s, threads=workers.network_threads
        ) as network,
    ):
        if cache is None:
            cache = MemoryCache(settings.translating.cache_hours)
        yield Pipeline(
            spec,
            decoding=decoder,
            compute=compute,
            network=network,
            cache=cache,
            speeches=speeches,
        )


def pipeline_spec(settings: Settings) -> PipelineSpec:
    """Find every model that the settings name; raises UnusableSettingsError."""
    resolver = _Resolver(settings)
    spec = resolver.pipeline()
    if spec is None or resolver.problems:
        raise UnusableSettingsError(resolver.problems)
    return spec


@asynccontextmanager
async def open_cloning(settings: Settings) -> AsyncIterator[Cloning | None]:
    """Give out the cloners of own voices on a worker that stands back; ``None`` without any.

    Its models are loaded when they are first needed. Raises UnusableSettingsError.
    """
    specs = await asyncio.to_thread(cloner_specs, settings)
    if not specs:
        yield None
        return
    own = settings.own_voice
    async with ProcessWorker(
        name="clone",
        timeout_s=own.timeout_s,
        start_timeout_s=own.timeout_s,
        niceness=own.niceness,
        max_memory_mb=own.max_memory_mb,
        idle_s=own.idle_unload_s,
    ) as worker:
        yield Cloning(specs, worker, worker)


def cloner_specs(settings: Settings) -> tuple[XttsSpec, ...]:
    """Find the models of own voices; raises UnusableSettingsError."""
    resolver = _Resolver(settings)
    specs = resolver.cloners()
    if resolver.problems:
        raise UnusableSettingsError(resolver.problems)
    return specs


def check(settings: Settings) -> None:
    """Find everything that the settings name, and see whether the key is that of what is kept.

    Raises UnusableSettingsError with all problems.
    """
    problems: list[DragomanError] = []
    for find in (pipeline_spec, cloner_specs):
        try:
            find(settings)
        except UnusableSettingsError as error:
            problems += error.problems
    try:
        if settings.own_voice.is_set:
            sealing.check(settings.storage.path, Seal(settings.own_voice.secret))
    except SealError as error:
        problems.append(error)
    if problems:
        raise UnusableSettingsError(problems)


class _Resolver:
    """Turns names into specs and notes every name that can't be."""

    def __init__(self, settings: Settings) -> None:
        self.problems: list[DragomanError] = []
        self._settings = settings
        self._catalogue = catalogue.load()

    def pipeline(self) -> PipelineSpec | None:
        settings, hearing = self._settings, self._settings.hearing
        default = self._recognizer("hearing.default", hearing.default)
        routes = {
            language: self._recognizer(f"hearing.routes.{language}", name)
            for language, name in hearing.routes.items()
        }
        trial = hearing.candidate
        candidate = self._recognizer("hearing.candidate.model", trial.model) if trial else None
        hurry = settings.overload
        smaller = self._recognizer("overload.model", hurry.model) if hurry.model else None
        translators = [self._translator(name) for name in settings.translating.order]
        if not translators and settings.translating.libretranslate is None:
            problem = ConfigurationError(setting="translating.order", reason="no_translator")
            self.problems.append(problem)
        synthesizers = [self._synthesizer(name) for name in settings.speaking.order]
        if default is None:
            return None
        return PipelineSpec(
            recognizers=RecognizerRoutes(
                default=default,
                routes=tuple((code, spec) for code, spec in routes.items() if spec is not None),
                candidate=candidate,
                candidate_share=trial.share if trial else 0,
                smaller=smaller,
                kept=hurry.kept,
            ),
            translators=(*(spec for spec in translators if spec), *self._libretranslate()),
            synthesizers=tuple(spec for spec in synthesizers if spec),
            vad=VadSpec(**hearing.vad.model_dump()),
            limits=AudioLimits(**settings.limits.model_dump()),
        )

    def cloners(self) -> tuple[XttsSpec, ...]:
        """Find the models of own voices, and what they need beside them."""
        own, specs = self._settings.own_voice, []
        if own.models and importlib.util.find_spec(_CLONER) is None:
            self.problems.append(ConfigurationError(setting="own_voice.models", reason="clone"))
        for name in own.models:
            found = self._model("own_voice.models", name, Kind.CLONER, "xtts")
            if found is not None:
                spoken = _languages(found[0]) or frozenset()
                specs.append(XttsSpec(name, found[1], spoken, threads=own.threads))
        return tuple(specs)

    def _model(self, setting: str, name: str, kind: Kind, engine: str) -> tuple[Entry, Path] | None:
        """Find a model that may be used and is there, or note why not."""
        try:
            entry = self._catalogue.find(name)
            if entry.kind is not kind or entry.engine != engine:
                raise ConfigurationError(setting=setting, reason="kind", model=name)
            models.permit(entry, commercial=self._settings.commercial)
            return entry, models.require(entry, self._settings.models_dir)
        except DragomanError as error:
            self.problems.append(error)
            return None

    def _recognizer(self, setting: str, name: str) -> WhisperSpec | None:
        found = self._model(setting, name, Kind.TRANSCRIBER, "faster_whisper")
        if found is None:
            return None
        entry, path = found
        hearing = self._settings.hearing
        return WhisperSpec(
            model=name,
            path=path,
            languages=_languages(entry),
            window=hearing.windows.get(name, entry.window),
            chunk_s=entry.chunk_s,
            joins=entry.joins,
            **hearing.model_dump(include=_WHISPER),
        )

    def _translator(self, name: str) -> TranslatorSpec | None:
        found = self._model("translating.order", name, Kind.TRANSLATOR, "nllb")
        if found is None:
            return None
        translating = self._settings.translating
        return NllbSpec(model=name, path=found[1], **translating.model_dump(include=_NLLB))

    def _libretranslate(self) -> tuple[LibreTranslateSpec, ...]:
        server = self._settings.translating.libretranslate
        if server is None:
            return ()
        key = server.api_key.get_secret_value() if server.api_key else None
        return (LibreTranslateSpec(url=server.url, api_key=key, timeout_s=server.timeout_s),)

    def _synthesizer(self, name: str) -> SynthesizerSpec | None:
        speaking = self._settings.speaking
        if name == GttsSpec.engine:
            return GttsSpec(timeout_s=speaking.gtts_timeout_s)
        if name == EspeakSpec.engine:
            return EspeakSpec()
        found = self._model("speaking.order", name, Kind.SYNTHESIZER, "kokoro")
        return found and KokoroSpec(model=name, path=found[1], threads=speaking.threads)


_CLONER = "TTS"
"""The library of coqui-tts; that it is there is seen without loading it."""
_WHISPER = {field.name for field in fields(WhisperSpec)}
_NLLB = {field.name for field in fields(NllbSpec)}


def _languages(entry: Entry) -> frozenset[Language] | None:
    """Return what the model may be given; ``None`` for all that its engine knows."""
    if isinstance(entry.languages, str):
        return None
    return frozenset(map(languages.parse, entry.languages))
