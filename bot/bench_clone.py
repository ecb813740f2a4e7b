"""``dragoman bench clone``: what own voice takes of this machine, and what it takes from text.

Text is interpreted in turns: alone, beside a clip that is made and gives way, as ``busy = "wait"``
has it, and beside one that does not.
"""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from bot.bench_clips import LANGUAGE, BenchClip, speak_clips
from bot.bench_measuring import Plan, decoder_worker, patient_worker, peaks, request, run
from bot.memory import MemoryCache
from pipeline import baselines, cloning, engines
from pipeline.cloning import Cloning
from pipeline.errors import EngineUnavailableError
from pipeline.pipeline import Heard, Pipeline
from pipeline.specs import EspeakSpec, PipelineSpec, RecognizerRoutes, XttsSpec
from pipeline.types import Audio, Voice
from pipeline.workers import ProcessWorker

_SAMPLE_S: Final = 10.0
_SENTENCE: Final = "The train to the mountains leaves in the evening, so take warm clothes along. "
_UNDER_WAY_S: Final = 1.0
"""After this, a clip is being spoken, and no longer being read."""


@dataclass(frozen=True, slots=True)
class ClonePlan:
    """What is measured."""

    text: Plan
    """The stages beside which clips are made."""
    xtts: XttsSpec
    random: bool
    """Whether the cloner's weights are random, and to be made where its spec says."""
    niceness: int
    sentences: tuple[int, ...] = (1, 2)
    """Of the texts that are spoken."""
    runs: int = 5
    """Of each text, and of each clip alone and beside."""


@dataclass(slots=True)
class Cloned:
    """Everything that was measured."""

    plan: ClonePlan
    load_s: float = 0.0
    """From the start of the process until the model can speak."""
    learn_s: float = 0.0
    """Latents of a sample of 10 s."""
    spoken: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    """By characters of the text: seconds of speech, and seconds it took."""
    alone_ms: list[float] = field(default_factory=list)
    """To the text of a clip."""
    beside_ms: list[float] = field(default_factory=list)
    """As above, while a clip in somebody's voice is made, and gives way."""
    against_ms: list[float] = field(default_factory=list)
    """As above, but it does not give way."""
    hear_s: list[float] = field(default_factory=list)
    """To hear such a clip where clips are made, to see whether it says its text."""
    memory_mib: float = 0.0
    """Peak of the cloner's process."""
    load: tuple[float, float] = (0.0, 0.0)
    """Load average of the last minute, before and after: other work spoils the figures."""


async def measure_clone(plan: ClonePlan, progress: Callable[[int, int], None]) -> Cloned:
    """Do it; ``progress`` is told steps done and steps to do.

    Raises EngineUnavailableError without the extra ``clone``, and DragomanError.
    """
    measured, before = Cloned(plan), os.getloadavg()[0]
    async with patient_worker("preparation") as preparing:
        clips, sample = await preparing.call(_prepared, plan)
    async with (
        decoder_worker(plan.text.limits) as decoder,
        patient_worker("text") as text,
        patient_worker("clone", plan.niceness) as clone,
    ):
        started = time.monotonic()
        await clone.call(_loaded, plan.xtts)
        measured.load_s = time.monotonic() - started
        started = time.monotonic()
        latents = await clone.call(cloning.learn, plan.xtts, sample)
        measured.learn_s = time.monotonic() - started
        pipeline = _pipeline(plan.text, decoder, text)
        bench = _Bench(plan, measured, clone, latents, pipeline, progress)
        await bench.speak()
        await bench.text(clips)
        pid = clone.stats.pid
        if pid is not None:
            found = await asyncio.to_thread(peaks, {"clone": pid})
            measured.memory_mib = found["clone"]
    measured.load = (before, os.getloadavg()[0])
    return measured


class _Bench:
    def __init__(
        self,
        plan: ClonePlan,
        measured: Cloned,
        clone: ProcessWorker,
        latents: bytes,
        pipeline: Pipeline,
        progress: Callable[[int, int], None],
    ) -> None:
        self._plan = plan
        self._measured = measured
        self._cloning = Cloning([plan.xtts], clone, clone)
        self._waiting = False
        self._latents = latents
        self._pipeline = pipeline
        self._ears = pipeline.elsewhere(clone)
        self._progress = progress
        self._done = 0

    async def speak(self) -> None:
        """Speak every text as often as planned."""
        for sentences in self._plan.sentences:
            said = (_SENTENCE * sentences).strip()
            taken = self._measured.spoken.setdefault(len(said), [])
            for seed in range(self._plan.runs):
                started = time.monotonic()
                seconds = await self._spoken(said, seed)
                taken.append((seconds, time.monotonic() - started))
                self._tick()

    async def text(self, clips: list[BenchClip]) -> None:
        """Interpret the clips in turns, alone and beside a clip that is made."""
        measured = self._measured
        for clip in clips:
            await self._interpreted(clip)
            await self._heard(clip)
            measured.hear_s.append(await self._heard(clip))
        for _ in range(self._plan.runs):
            measured.alone_ms += [await self._interpreted(clip) for clip in clips]
            stop = asyncio.Event()
            speaking = asyncio.create_task(self._speaking(stop, clips[-1]))
            await asyncio.sleep(_UNDER_WAY_S)
            async with self._cloning.giving_way(lambda: not self._waiting):
                measured.beside_ms += [await self._interpreted(clip) for clip in clips]
            measured.against_ms += [await self._interpreted(clip) for clip in clips]
            stop.set()
            await speaking
            self._tick()

    async def _speaking(self, stop: asyncio.Event, clip: BenchClip) -> None:
        """Make clips and hear them; random weights say nothing, so that another clip is heard."""
        while not stop.is_set():
            await self._spoken((_SENTENCE * max(self._plan.sentences)).strip(), 0)
            await self._heard(clip)

    async def _heard(self, clip: BenchClip) -> float:
        """Hear the clip where clips are made; return how long that took."""
        started = time.monotonic()
        async with aclosing(self._ears.run(request(clip, LANGUAGE, None))) as events:
            async for event in events:
                if isinstance(event, Heard):
                    break
        return time.monotonic() - started

    async def _spoken(self, said: str, seed: int) -> float:
        xtts = self._plan.xtts
        speech = await self._cloning.speak(xtts, said, LANGUAGE, self._latents, seed)
        return speech.clip.seconds

    async def _interpreted(self, clip: BenchClip) -> float:
        await asyncio.sleep(self._plan.text.settle_s)
        self._waiting = True
        try:
            times, _ = await run(self._pipeline, request(clip, None, None))
        finally:
            self._waiting = False
        return times["text"]

    def _tick(self) -> None:
        self._done += 1
        self._progress(self._done, (len(self._plan.sentences) + 1) * self._plan.runs)


def _prepared(plan: ClonePlan) -> tuple[list[BenchClip], Audio]:
    """Make models, clips and a sample in a process that ends."""
    text = plan.text
    whisper = (text.whisper_shape, text.whisper.path) if text.whisper_shape else None
    nllb = (text.nllb_shape, text.nllb.path) if text.nllb_shape else None
    baselines.make_models(whisper, nllb)
    if plan.random:
        _make(plan.xtts.path)
    voice = engines.synthesizer(EspeakSpec())
    spoken, _ = voice.synthesize(_SENTENCE * 9, LANGUAGE, Voice())
    sample = Audio(spoken.samples[: round(_SAMPLE_S * spoken.rate)], spoken.rate)
    return speak_clips(sorted(text.seconds)), sample


def _make(folder: Path) -> None:
    try:
        from pipeline.engines.xtts_shapes import XTTS_V2, make_xtts  # noqa: PLC0415 - needs torch
    except ImportError as error:
        raise EngineUnavailableError(engine="xtts", reason="clone") from error
    make_xtts(XTTS_V2, folder)


def _loaded(spec: XttsSpec) -> None:
    engines.cloner(spec)


def _pipeline(plan: Plan, decoder: ProcessWorker, worker: ProcessWorker) -> Pipeline:
    spec = PipelineSpec(
        recognizers=RecognizerRoutes(default=plan.whisper),
        translators=(plan.nllb,),
        synthesizers=(plan.synthesizer,),
        vad=plan.vad,
        limits=plan.limits,
    )
    return Pipeline(
        spec, decoding=decoder, compute=worker, network=worker, cache=MemoryCache(hours=0)
    )


def endless_cloner(spec: XttsSpec) -> XttsSpec:
    """Return the spec for random weights: as much sound as the text would take."""
    return replace(spec, growth=1.0, slack=0)


def record(measured: Cloned) -> dict[str, object]:
    """Return everything as plain data; seconds, and milliseconds where it says so."""
    plan = measured.plan
    texts = (measured.alone_ms, measured.beside_ms, measured.against_ms)
    alone, beside, against = (float(np.median(each)) for each in texts)
    return {
        "model": plan.xtts.model,
        "random": plan.random,
        "threads": plan.xtts.threads,
        "niceness": plan.niceness,
        "load_s": round(measured.load_s, 2),
        "learn_s": round(measured.learn_s, 2),
        "hear_s": round(float(np.median(measured.hear_s)), 2),
        "memory_mib": round(measured.memory_mib),
        "spoken": [
            {
                "characters": characters,
                "speech_s": round(float(np.median([speech for speech, _ in taken])), 2),
                "took_s": round(float(np.median([took for _, took in taken])), 2),
                "real_time_factor": round(
                    float(np.median([took / speech for speech, took in taken])), 2
                ),
            }
            for characters, taken in measured.spoken.items()
        ],
        "text_alone_p50_ms": round(alone, 1),
        "text_beside_p50_ms": round(beside, 1),
        "slower_percent": round(100 * (beside / alone - 1), 1),
        "text_against_p50_ms": round(against, 1),
        "machine_load": [round(each, 2) for each in measured.load],
    }
