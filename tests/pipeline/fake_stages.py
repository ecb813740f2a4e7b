"""A pipeline whose stages answer from a table: the order of things without the engines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from pipeline import decoding, stages
from pipeline.decoding import Decoded
from pipeline.pipeline import Event, Pipeline
from pipeline.specs import (
    EspeakSpec,
    GttsSpec,
    LibreTranslateSpec,
    NllbSpec,
    PipelineSpec,
    RecognizerRoutes,
    WhisperSpec,
)
from pipeline.types import Audio, Clip, Language, Request, Speech, Transcript, Voice

T = TypeVar("T")

EN, VI = Language("en"), Language("vi")
NORMAL = Voice()
NLLB = NllbSpec("nllb", Path("nllb"))
LIBRE = LibreTranslateSpec("http://127.0.0.1:1")
SPEC = PipelineSpec(
    recognizers=RecognizerRoutes(WhisperSpec("whisper", Path("whisper"))),
    translators=(NLLB, LIBRE),
    synthesizers=(GttsSpec(), EspeakSpec()),
)
WORDS = {
    "Good night.": "Chúc ngủ ngon.",
    "I lost my passport.": "Tôi bị mất hộ chiếu.",
    "Call 115 now.": "Gọi ngay.",
}


def decoded(file: bytes) -> bytes:
    """Answer as a decoder: with the bytes of the file as samples."""
    return decoding.packed(Decoded(Audio(np.frombuffer(file, np.uint8).astype("<f4"), 16_000), 1.0))


def file_of(request: Request) -> bytes:
    """Return the file that was decoded so."""
    assert isinstance(request.sound, Audio)
    return request.sound.samples.astype(np.uint8).tobytes()


class Stages:
    """A worker whose stages answer from a table, and that remembers what it was asked."""

    def __init__(self, text: str = "Good night.", language: Language = EN) -> None:
        self.text, self.language = text, language
        self.failures: dict[str, Exception] = {}
        self.words = dict(WORDS)
        self.asked: list[tuple[Any, ...]] = []

    async def call(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Any:
        self.asked.append((fn.__name__, *args))
        if fn in {stages.warm, decoding.ready}:
            return None
        if fn is decoding.decode:
            return decoded(args[0])
        if fn is stages.hear:
            return self._hear()
        spec = args[0]
        if fn is stages.voices and spec.engine not in self.failures:
            return [f"{spec.engine}-{args[1]}"]
        if spec.engine in self.failures:
            raise self.failures[spec.engine]
        if fn is stages.translate:
            return [self.words.get(sentence, sentence.upper()) for sentence in args[1]]
        return Speech(Clip(b"OggS", 1.0, b""), args[2], spec.engine, "voice")

    async def call_reporting(
        self,
        on_progress: Callable[[float], None] | None,
        fn: Callable[..., Any],
        /,
        *args: Any,
        **options: Any,
    ) -> Any:
        if on_progress:
            on_progress(1.5)
        return await self.call(fn, *args, **options)

    def _hear(self) -> stages.Hearing:
        if "whisper" in self.failures:
            raise self.failures["whisper"]
        heard = Transcript(self.text, self.language, 0.99, (), 2.0, "whisper")
        return stages.Hearing(heard, 2.0)

    def batches(self) -> list[list[str]]:
        return [list(args[2]) for args in self.asked if args[0] == "translate"]


class Memory(Generic[T]):
    def __init__(self) -> None:
        self.values: dict[str, T] = {}

    async def get(self, key: str) -> T | None:
        return self.values.get(key)

    async def put(self, key: str, value: T) -> None:
        self.values[key] = value


class House:
    def __init__(self, text: str = "Good night.", language: Language = EN) -> None:
        self.stages = Stages(text, language)
        self.memory = Memory[str]()
        self.speeches = Memory[Speech]()
        self.pipeline = Pipeline(
            SPEC,
            decoding=self.stages,
            compute=self.stages,
            network=self.stages,
            cache=self.memory,
            speeches=self.speeches,
        )

    async def interpret(
        self,
        targets: tuple[Language, ...] = (VI, EN),
        voice: Voice | None = NORMAL,
        voice_into: Language | None = None,
    ) -> list[Event]:
        request = Request(sound=b"sound", targets=targets, voice=voice, voice_into=voice_into)
        return [event async for event in self.pipeline.run(request)]
