"""Own voices on a worker of their own: which cloner has a language, and what it is asked to do."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, ParamSpec, Protocol, TypeVar

import numpy as np

from pipeline import engines, latents
from pipeline.errors import UnsupportedLanguageError
from pipeline.marking import MARKS
from pipeline.specs import XttsSpec
from pipeline.types import Audio, Language, Speech
from pipeline.workers import Worker

P = ParamSpec("P")
R = TypeVar("R")

_LOOK_EVERY_S: Final = 0.005
"""Between two looks at whether somebody waits: little of what a short note takes."""
VOICE: Final = "own"
"""The name of every such voice in ``Speech``: it tells nothing of the person."""


class Pausing(Protocol):
    """A worker whose process can stand still: ``ProcessWorker``."""

    def pause(self) -> None:
        """Let it compute nothing until ``resume``."""
        ...

    def resume(self) -> None:
        """Let it go on."""
        ...


class Cloning:
    """The cloners that are set up. Every verb raises ModelError, EngineError and WorkerError."""

    def __init__(
        self, specs: Sequence[XttsSpec], worker: Worker, pausing: Pausing | None = None
    ) -> None:
        """``specs`` are in the order of preference; ``pausing`` is the worker, if it can pause."""
        self.specs = tuple(specs)
        self.worker = worker
        self._pausing = pausing
        self._asked = 0
        """Calls of people who wait for the answer."""

    @property
    def languages(self) -> frozenset[Language]:
        """Those in which there are own voices."""
        return frozenset[Language]().union(*(spec.languages for spec in self.specs))

    def spec(self, language: Language) -> XttsSpec:
        """Return the preferred cloner of the language; raises UnsupportedLanguageError."""
        for spec in self.specs:
            if language in spec.languages:
                return spec
        raise UnsupportedLanguageError(language=language, engine="own voice")

    async def learn(self, spec: XttsSpec, sample: Audio) -> bytes:
        """Return what the cloner keeps of a voice, packed."""
        return await self.worker.call(learn, spec, sample)

    async def speak(
        self, spec: XttsSpec, text: str, language: Language, packed: bytes, seed: int
    ) -> Speech:
        """Speak the text in the voice; raises LatentsError too, and TextTooLongError."""
        return await self.worker.call(speak, spec, text, language, packed, seed)

    @asynccontextmanager
    async def giving_way(self, has_room: Callable[[], bool]) -> AsyncIterator[None]:
        """Let the cloners stand still while there is no room, as long as the body runs.

        They go on while anything else is asked of them: it waits behind what stands still.
        """
        pausing = self._pausing
        if pausing is None:
            yield
            return

        async def watch() -> None:
            while True:
                if self._asked or has_room():
                    pausing.resume()
                else:
                    pausing.pause()
                await asyncio.sleep(_LOOK_EVERY_S)

        watching = asyncio.create_task(watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait({watching})
            pausing.resume()

    async def call(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run anything else where the cloners are loaded, as ``Worker.call`` does."""
        self._asked += 1
        try:
            return await self.worker.call(fn, *args, **kwargs)
        finally:
            self._asked -= 1


def learn(spec: XttsSpec, sample: Audio) -> bytes:
    """Return the latents of the voice, packed; raises EngineError and ModelError."""
    return latents.pack(engines.cloner(spec).latents(sample))


def speak(spec: XttsSpec, text: str, language: Language, packed: bytes, seed: int) -> Speech:
    """Speak the text into a marked Ogg Opus clip; raises EngineError and LatentsError."""
    from pipeline import audio

    voice = latents.unpack(packed)
    parts = list(engines.cloner(spec).speak(text, language, voice, seed))
    spoken = Audio(np.concatenate([part.samples for part in parts]), parts[0].rate)
    return Speech(audio.encode(spoken, MARKS), language, spec.engine, VOICE)
