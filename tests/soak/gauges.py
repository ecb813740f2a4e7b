"""What the program takes of the machine while people use it."""

import asyncio
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import psutil

from tests.soak.program import Program

_EVERY_S = 2.0
_MIB = 2**20
_LEAST = 30
"""Samples of one process from which something can be said: a minute of them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The family at one moment."""

    at: float
    """By the monotonic clock, in seconds."""
    run: tuple[int, ...]
    """Whose memory it is: the program's process, and the largest of its workers, by number."""
    mib: float
    """Resident, of all of them."""
    own_mib: float
    """Of the program's own process."""


@dataclass(frozen=True, slots=True)
class Slope:
    """How memory grows, by least squares, in MiB an hour."""

    mib_per_hour: float
    error: float
    """Its standard error; what lies within twice of it is no growth that could be told."""
    seconds: float
    """Over how long."""


@dataclass(eq=False)
class Gauges:
    """Samples, taken every two seconds while ``run`` runs."""

    program: Program
    samples: list[Sample] = field(default_factory=list)
    deaf: int = 0
    """Samples at which a call could not be heard, whatever was tried."""
    waiting: int = 0
    """The most notes that waited at once."""
    _cpu: dict[psutil.Process, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            await self.sample()
            await asyncio.sleep(_EVERY_S)

    async def sample(self) -> None:
        """Take one sample, if the program is there."""
        if not self.program.is_up:
            return
        await asyncio.to_thread(self._measure)
        found = await self.program.read()
        self.deaf += found.get(("dragoman_calls_deaf", ()), 0) > 0
        waits = found.get(("dragoman_desk_waiting_notes", ()), 0)
        self.waiting = max(self.waiting, int(waits))

    def _measure(self) -> None:
        sizes: dict[int, int] = {}
        for process in self.program.family():
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                sizes[process.pid] = process.memory_info().rss
                spent = process.cpu_times()
                self._cpu[process] = spent.user + spent.system
        if sizes:
            whole, own = sum(sizes.values()) / _MIB, next(iter(sizes.values())) / _MIB
            root, *children = sizes
            run = (root, *sorted(children, key=lambda each: -sizes[each])[:1])
            self.samples.append(Sample(time.monotonic(), run, whole, own))

    @property
    def peak_mib(self) -> float:
        """The most that was held at once."""
        return max((each.mib for each in self.samples), default=0.0)

    @property
    def cpu_s(self) -> float:
        """Processor time of all its processes, in seconds."""
        return sum(self._cpu.values())

    def slope(self, *, own: bool = False) -> Slope | None:
        """Return how the family's memory grows, or only that of the program's own process.

        Every stretch in which the same processes live has a level of its own; what they have in
        common is the slope. In the first half of each, a process meets what it will always hold:
        its models, and its longest notes. ``None`` where nothing lived long enough.
        """
        stretches: defaultdict[tuple[int, ...], list[Sample]] = defaultdict(list)
        for each in self.samples:
            stretches[each.run[:1] if own else each.run].append(each)
        times, sizes, levels = [], [], 0
        for samples in stretches.values():
            warm = samples[len(samples) // 2 :]
            if len(warm) < _LEAST:
                continue
            at = np.array([each.at for each in warm])
            mib = np.array([each.own_mib if own else each.mib for each in warm])
            times.append(at - at.mean())
            sizes.append(mib - mib.mean())
            levels += 1
        if not times:
            return None
        x, y = np.concatenate(times) / 3600, np.concatenate(sizes)
        slope = float(x @ y / (x @ x))
        rest = y - slope * x
        free = len(x) - levels - 1
        error = float(np.sqrt(rest @ rest / free / (x @ x)))
        seconds = sum(float(each[-1] - each[0]) for each in times)
        return Slope(slope, error, seconds)
