"""What it costs to decode in a process of its own.

Run as ``python -m tests.pipeline.measure_decoding``: about two minutes. The same recordings are
heard by the demo models in turns: decoded by the process that hears, as libraries do, and apart.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import psutil

from bot import app, settings
from pipeline import audio, decoding, stages
from pipeline.decoding import Decoder
from pipeline.specs import AudioLimits, PipelineSpec
from pipeline.types import Audio, Language, Request
from pipeline.workers import ProcessWorker

NOTES = Path("pipeline/demo/notes")
LIMITS = AudioLimits()
RUNS = {5: 40, 600: 7}
"""How often, by the seconds of a recording."""


def recording(seconds: int) -> bytes:
    """Return the demo notes, again and again, as people send them."""
    notes = [audio.decode(each, LIMITS).samples for each in sorted(NOTES.glob("*.ogg"))]
    samples = np.concatenate(notes * (seconds // 15 + 1))[: seconds * audio.RATE]
    return audio.encode(Audio(samples, audio.RATE)).data


def decode_together(data: bytes) -> float:
    return audio.decode(data, LIMITS).seconds


def hear_together(request: Request, data: bytes, spec: PipelineSpec) -> stages.Hearing:
    heard = replace(request, sound=audio.decode(data, LIMITS))
    return stages.hear(heard, spec.recognizers, spec.vad, LIMITS)


class Ways:
    """Both ways, on processes that are up."""

    def __init__(self, spec: PipelineSpec, compute: ProcessWorker, apart: ProcessWorker) -> None:
        self._spec, self._compute, self._decoder = spec, compute, Decoder(apart)
        self._request = Request(
            sound=b"", targets=(Language("vi"),), source=Language("en"), voice=None
        )

    async def decode_together(self, data: bytes) -> None:
        await self._compute.call(decode_together, data)

    async def decode_apart(self, data: bytes) -> None:
        await self._decoder.decode(data, LIMITS)

    async def hear_together(self, data: bytes) -> None:
        await self._compute.call(hear_together, self._request, data, self._spec)

    async def hear_apart(self, data: bytes) -> None:
        spec, decoded = self._spec, await self._decoder.decode(data, LIMITS)
        heard = replace(self._request, sound=decoded.audio)
        await self._compute.call(stages.hear, heard, spec.recognizers, spec.vad, LIMITS)


async def milliseconds(task: Callable[[bytes], Awaitable[None]], data: bytes) -> float:
    started = time.perf_counter()
    await task(data)
    return 1000 * (time.perf_counter() - started)


async def compare(ways: Ways, seconds: int) -> None:
    """Print the medians of both ways, in turns, and how far apart each two turns are."""
    data = await asyncio.to_thread(recording, seconds)
    pairs = {
        "decoded": (ways.decode_together, ways.decode_apart),
        "heard": (ways.hear_together, ways.hear_apart),
    }
    for name, pair in pairs.items():
        taken: tuple[list[float], list[float]] = ([], [])
        for turn in range(RUNS[seconds] + 1):
            for which in (0, 1) if turn % 2 else (1, 0):
                ms = await milliseconds(pair[which], data)
                if turn:  # the first one warms
                    taken[which].append(ms)
        together, apart = map(median, taken)
        turns = list(zip(*taken, strict=True))
        more, ratio = (median(map(of, turns)) for of in (_more, _ratio))
        print(  # noqa: T201 - this is the output
            f"{seconds} s, {name}: together {together:.1f} ms, apart {apart:.1f} ms; "
            f"of each pair {more:+.1f} ms, ratio {ratio:.3f}"
        )


def _more(pair: tuple[float, float]) -> float:
    return pair[1] - pair[0]


def _ratio(pair: tuple[float, float]) -> float:
    return pair[1] / pair[0]


def idle(process: ProcessWorker) -> None:
    """Print what a decoder that waits takes."""
    memory = psutil.Process(process.stats.pid).memory_full_info()
    resident, alone = memory.rss / 2**20, memory.uss / 2**20
    print(  # noqa: T201 - this is the output
        f"the decoder at rest: {resident:.0f} MiB resident, {alone:.0f} of them its own"
    )


async def main() -> None:
    chosen = settings.load(profile="demo")
    spec = app.pipeline_spec(chosen)
    async with (
        ProcessWorker(name="together", timeout_s=300, start_timeout_s=60) as compute,
        decoding.worker(LIMITS, start_timeout_s=60) as apart,
    ):
        started = time.perf_counter()
        await Decoder(apart).warm()
        taken = 1000 * (time.perf_counter() - started)
        print(f"the decoder's start: {taken:.0f} ms")  # noqa: T201 - this is the output
        idle(apart)
        ways = Ways(spec, compute, apart)
        for seconds in RUNS:
            await compare(ways, seconds)
        idle(apart)


if __name__ == "__main__":
    from tests.pipeline import measure_decoding  # by this name, a child can import its functions

    asyncio.run(measure_decoding.main())
