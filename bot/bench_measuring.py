"""What ``dragoman bench`` does: the same clips, in turn, by the pipeline and by the libraries.

Each contestant has a process of its own, loaded and warm before anything is counted. In every
round each has its turn, and another one begins: a machine that slows down slows them all.
"""

import asyncio
import json
import os
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from bot.bench_clips import LANGUAGE, BenchClip, speak_clips
from bot.memory import MemoryCache
from pipeline import baselines, decoding, narrowing, stages
from pipeline.decoding import Decoder
from pipeline.errors import ConfigurationError, EngineError
from pipeline.pipeline import Heard, Pipeline, Spoken, Translated, Unspoken
from pipeline.shapes import NllbShape, WhisperShape
from pipeline.specs import (
    AudioLimits,
    NllbSpec,
    PipelineSpec,
    RecognizerRoutes,
    SynthesizerSpec,
    VadSpec,
    WhisperSpec,
    Window,
)
from pipeline.types import Language, Request, Voice
from pipeline.workers import ProcessWorker

TARGET: Final = Language("vi")
KEPT_PIECES: Final = 30_000
"""What the narrowed translator may write: about the pieces that two languages use."""
_PATIENCE_S = 900.0

Milliseconds: TypeAlias = dict[str, float]
Turn: TypeAlias = Callable[[BenchClip], Awaitable[Milliseconds]]
Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured, how often, and with which models."""

    whisper: WhisperSpec
    nllb: NllbSpec
    synthesizer: SynthesizerSpec
    vad: VadSpec = field(default_factory=VadSpec)
    limits: AudioLimits = field(default_factory=AudioLimits)
    whisper_shape: WhisperShape | None = None
    """Set if the recogniser's weights are random, and to be made where its spec says."""
    nllb_shape: NllbShape | None = None
    """As above, for the translator."""
    seconds: tuple[float, ...] = (2.0, 5.0, 10.0, 30.0)
    runs: int = 5
    work: Path
    """For models that are made."""
    settle_s: float = 0.25
    """Between turns: OpenMP's threads spin for 0.2 s after work, on the cores of the next."""


@dataclass(slots=True)
class Measured:
    """Everything that was measured; times in milliseconds."""

    plan: Plan
    times: dict[tuple[str, float, str], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By contestant, seconds of the clip, and stage."""
    words: dict[float, int] = field(default_factory=dict)
    """Heard by the pipeline, by seconds of the clip; with random weights, one for every token."""
    cached: list[float] = field(default_factory=list)
    """Second and later uses of a translation that is remembered."""
    passes: dict[str, int] = field(default_factory=dict)
    """Windows that the encoder saw for the shortest clip, by contestant."""
    peaks_mib: dict[str, float] = field(default_factory=dict)
    """Peak resident memory of this process (``parent``), of the decoder's, and of each
    contestant's."""
    load: tuple[float, float] = (0.0, 0.0)
    """Load average of the last minute, before and after: other work spoils the figures."""


async def measure(plan: Plan, progress: Progress) -> Measured:
    """Do it; ``progress`` is told turns done and turns to do. Raises DragomanError."""
    measured = Measured(plan)
    before = os.getloadavg()[0]
    async with patient_worker("preparation") as worker:
        clips, narrowed = await _prepared(plan, worker)
    async with AsyncExitStack() as stack:
        arena = _Arena(plan, stack)
        await arena.enter(narrowed)
        await arena.warm(clips, measured)
        await arena.compete(clips, measured, progress)
        await arena.look_closer(clips[0], measured)
        measured.peaks_mib = await asyncio.to_thread(peaks, arena.pids())
    measured.load = (before, os.getloadavg()[0])
    return measured


def patient_worker(name: str, niceness: int = 0) -> ProcessWorker:
    """Return a worker that may take its time."""
    return ProcessWorker(
        name=name, timeout_s=_PATIENCE_S, start_timeout_s=_PATIENCE_S, niceness=niceness
    )


def decoder_worker(limits: AudioLimits) -> ProcessWorker:
    """Return the worker that decodes, as the bot has it."""
    return decoding.worker(limits, start_timeout_s=_PATIENCE_S)


async def _prepared(plan: Plan, worker: ProcessWorker) -> tuple[list[BenchClip], Path | None]:
    """Make models and clips in a process that ends: what this takes is nobody's memory."""
    whisper = (plan.whisper_shape, plan.whisper.path) if plan.whisper_shape else None
    nllb = (plan.nllb_shape, plan.nllb.path) if plan.nllb_shape else None
    await worker.call(baselines.make_models, whisper, nllb)
    narrowed = await worker.call(_narrowed, plan.nllb.path, plan.work / f"{plan.nllb.model}-narrow")
    return await worker.call(speak_clips, sorted(plan.seconds)), narrowed


def _narrowed(path: Path, folder: Path) -> Path | None:
    """Make a narrowed view of a translator; ``None`` if its vocabulary is small already.

    Raises ConfigurationError if the folder can't be written to.
    """
    vocabulary = path / "shared_vocabulary.json"
    pieces = json.loads(vocabulary.read_text("utf-8")) if vocabulary.exists() else []
    if len(pieces) < 2 * KEPT_PIECES:
        return None
    kept = narrowing.allowed(pieces, pieces[:KEPT_PIECES], lambda piece: [piece])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in path.iterdir():
            (folder / file.name).unlink(missing_ok=True)
            (folder / file.name).symlink_to(file.resolve())
        for name in (narrowing.VMAP, narrowing.VMAP_TARGETS):
            (folder / name).unlink(missing_ok=True)
        (folder / narrowing.VMAP).write_text("\t" + " ".join(kept) + "\n", "utf-8")
        (folder / narrowing.VMAP_TARGETS).write_text("eng_Latn\nvie_Latn\n", "utf-8")
    except OSError as error:
        raise ConfigurationError(setting="--work", reason=error.strerror or "") from error
    return folder


class _Arena:
    """The contestants, each in its process."""

    def __init__(self, plan: Plan, stack: AsyncExitStack) -> None:
        self._plan = plan
        self._stack = stack
        self._workers: dict[str, ProcessWorker] = {}
        self._decoding: ProcessWorker
        self._turns: dict[str, Turn] = {}
        self._words: dict[float, int] = {}

    async def enter(self, narrowed: Path | None) -> None:
        """Start the workers and say who does what."""
        plan = self._plan
        self._decoding = await self._start("decoder", decoder_worker(plan.limits))
        ours = await self._start("ours")
        self._turns["ours"] = partial(self._interpret, ours, plan.whisper, None, Voice())
        self._turns["ours.given"] = partial(self._interpret, ours, plan.whisper, LANGUAGE, None)
        other = replace(plan.whisper, window=other_window(plan.whisper))
        cut = await self._start("ours.other_window")
        self._turns["ours.other_window"] = partial(self._hear, cut, other)
        self._turns["bare"] = partial(self._bare, await self._start("bare"))
        stock = await self._start("stock")
        self._turns["stock"] = partial(self._stock, stock, None)
        self._turns["stock.given"] = partial(self._stock, stock, LANGUAGE)
        if plan.whisper_shape and baselines.has_transformers():
            worker = await self._start("transformers")
            self._turns["transformers"] = partial(self._transformers, worker, plan.whisper_shape)
        if narrowed is not None:
            small = await self._start("ours.narrowed")
            self._turns["ours.wide"] = partial(self._translate, ours, plan.nllb)
            spec = replace(plan.nllb, path=narrowed)
            self._turns["ours.narrowed"] = partial(self._translate, small, spec)

    async def warm(self, clips: list[BenchClip], measured: Measured) -> None:
        """Load every model, and learn how much there is to write for each clip."""
        for clip in clips:
            await self._turns["ours"](clip)
        measured.words = self._words
        for name, turn in list(self._turns.items()):
            try:
                await turn(clips[0])
            except EngineError:
                if name != "transformers":  # nobody needs it, and it breaks with others' releases
                    raise
                del self._turns[name]

    async def compete(self, clips: list[BenchClip], measured: Measured, progress: Progress) -> None:
        """Give everybody a turn on every clip, as often as the plan says."""
        names = list(self._turns)
        done, total = 0, self._plan.runs * len(clips) * len(names)
        for run in range(self._plan.runs):
            first = run % len(names)
            for clip in clips:
                for name in (*names[first:], *names[:first]):
                    await asyncio.sleep(self._plan.settle_s)
                    for stage, ms in (await self._turns[name](clip)).items():
                        measured.times[name, clip.seconds, stage].append(ms)
                    done += 1
                    progress(done, total)

    async def look_closer(self, clip: BenchClip, measured: Measured) -> None:
        """Count encoder passes, and use translations again."""
        plan, ours, stock = self._plan, self._workers["ours"], self._workers["stock"]
        decoded = await Decoder(self._decoding).decode(clip.data, plan.limits)
        for suffix, source in (("", None), (".given", LANGUAGE)):
            hear = partial(
                stages.hear,
                replace(request(clip, source, None), sound=decoded.audio),
                _routes(plan.whisper),
                plan.vad,
                plan.limits,
            )
            measured.passes[f"ours{suffix}"] = await ours.call(baselines.passes, hear)
            tokens = self._tokens(clip)
            plain = partial(baselines.stock, clip.data, plan.whisper, source, tokens)
            measured.passes[f"stock{suffix}"] = await stock.call(baselines.passes, plain)
        pipeline = self._pipeline(ours, plan.whisper, MemoryCache(hours=1))
        for _ in range(plan.runs + 1):
            times, _ = await run(pipeline, request(clip, LANGUAGE, None))
            measured.cached.append(times["translate"])
        del measured.cached[0]

    def pids(self) -> dict[str, int]:
        """Return the processes at work."""
        pids = {name: worker.stats.pid for name, worker in self._workers.items()}
        return {"parent": os.getpid(), **{name: pid for name, pid in pids.items() if pid}}

    async def _start(self, name: str, worker: ProcessWorker | None = None) -> ProcessWorker:
        worker = worker or patient_worker(name)
        self._workers[name] = await self._stack.enter_async_context(worker)
        return worker

    def _pipeline(
        self, worker: ProcessWorker, whisper: WhisperSpec, cache: MemoryCache
    ) -> Pipeline:
        plan = self._plan
        spec = PipelineSpec(
            recognizers=_routes(whisper),
            translators=(plan.nllb,),
            synthesizers=(plan.synthesizer,),
            vad=plan.vad,
            limits=plan.limits,
        )
        return Pipeline(spec, decoding=self._decoding, compute=worker, network=worker, cache=cache)

    async def _interpret(
        self,
        worker: ProcessWorker,
        whisper: WhisperSpec,
        source: Language | None,
        voice: Voice | None,
        clip: BenchClip,
    ) -> Milliseconds:
        pipeline = self._pipeline(worker, whisper, MemoryCache(hours=0))
        times, self._words[clip.seconds] = await run(pipeline, request(clip, source, voice))
        return times

    async def _hear(
        self, worker: ProcessWorker, whisper: WhisperSpec, clip: BenchClip
    ) -> Milliseconds:
        plan = self._plan
        decoded = await Decoder(self._decoding).decode(clip.data, plan.limits)
        wish = replace(request(clip, None, None), sound=decoded.audio)
        hearing = await worker.call(stages.hear, wish, _routes(whisper), plan.vad, plan.limits)
        return {"heard": decoded.decode_ms + hearing.hear_ms}

    async def _bare(self, worker: ProcessWorker, clip: BenchClip) -> Milliseconds:
        plan, pair, tokens = self._plan, (LANGUAGE, TARGET), self._tokens(clip)
        taken = await worker.call(
            baselines.bare, clip.data, plan.whisper, plan.vad, plan.nllb, pair, tokens
        )
        heard = taken.decode_ms + taken.hear_ms
        return {
            "heard": heard,
            "translate": taken.translate_ms,
            "text": heard + taken.translate_ms,
        }

    async def _stock(
        self, worker: ProcessWorker, language: Language | None, clip: BenchClip
    ) -> Milliseconds:
        whisper, tokens = self._plan.whisper, self._tokens(clip)
        taken = await worker.call(baselines.stock, clip.data, whisper, language, tokens)
        return {"heard": taken.hear_ms}

    async def _transformers(
        self, worker: ProcessWorker, shape: WhisperShape, clip: BenchClip
    ) -> Milliseconds:
        whisper, tokens = self._plan.whisper, self._words[clip.seconds]
        taken = await worker.call(
            baselines.transformers, clip.data, shape, whisper.threads, whisper.beam, tokens
        )
        return {"heard": taken.hear_ms}

    async def _translate(
        self, worker: ProcessWorker, spec: NllbSpec, clip: BenchClip
    ) -> Milliseconds:
        started = time.perf_counter()
        await worker.call(stages.translate, spec, clip.sentences, LANGUAGE, TARGET)
        return {"translate": _ms_since(started)}

    def _tokens(self, clip: BenchClip) -> int | None:
        """Return how much a model that never ends by itself is to write."""
        return self._words[clip.seconds] if self._plan.whisper_shape else None


def other_window(whisper: WhisperSpec) -> Window:
    """Return the window that the model is not set to."""
    return "speech" if whisper.window == "full" else "full"


def _routes(whisper: WhisperSpec) -> RecognizerRoutes:
    return RecognizerRoutes(default=whisper)


def request(clip: BenchClip, source: Language | None, voice: Voice | None) -> Request:
    """Return what is asked about a clip."""
    return Request(
        sound=clip.data,
        targets=(TARGET, LANGUAGE),
        source=source,
        allowed=frozenset({LANGUAGE, TARGET}),
        voice=voice,
    )


async def run(pipeline: Pipeline, wish: Request) -> tuple[Milliseconds, int]:
    """Interpret once; return the stages' times and the number of words that were heard."""
    times: Milliseconds = {}
    words = 0
    started = time.perf_counter()
    async for event in pipeline.run(wish):
        match event:
            case Heard():
                times |= {"decode": event.decode_ms, "hear": event.hear_ms}
                times["heard"] = event.decode_ms + event.hear_ms
                words = len(event.transcript.text.split())
            case Translated():
                times |= {"translate": event.translate_ms, "text": _ms_since(started)}
            case Spoken():
                times |= {"speak": event.speak_ms, "total": _ms_since(started)}
            case Unspoken():
                raise event.error
    return times, words


def _ms_since(started: float) -> float:
    return 1000 * (time.perf_counter() - started)


def peaks(pids: dict[str, int]) -> dict[str, float]:
    """Return the peak resident memory of each process, in MiB, as the kernel keeps it (VmHWM)."""
    found = {}
    for name, pid in pids.items():
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
        peak = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
        found[name] = int(peak) / 1024
    return found
