"""The real ``dragoman run``, as a process of its own: started, asked, wounded, and ended."""

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from prometheus_client.parser import text_string_to_metric_families

from tests.bot.probing import free_port, until
from tests.integration.program import ROOT, surroundings

START_S = 60.0
END_S = 90.0
"""The grace that it gives its notes, its farewell, and some more on a busy machine."""
_EXPECTED_ERRORS = frozenset({"child died in a call"})
"""What is logged as an error where we have killed the worker."""

Sample = tuple[str, tuple[tuple[str, str], ...]]
"""A metric's name, and its labels."""


@dataclass(frozen=True, slots=True)
class End:
    """How a run of the program ended."""

    status: int
    seconds: float
    """From the signal on."""
    orphans: int
    """Processes of its family that outlived it."""


@dataclass(eq=False)
class Program:
    """The program, which may run several times on the same memory."""

    folder: Path
    """Its database and its log."""
    settings: Mapping[str, str]
    """By their names in the environment, without ``DRAGOMAN_``."""
    api: str
    gateway: str
    authority: Path
    """What it trusts when it connects to the voice server."""
    process: Process | None = None
    restarts: int = 0
    kills: int = 0
    ends: list[End] = field(default_factory=list)
    counters: defaultdict[Sample, float] = field(default_factory=lambda: defaultdict(float))
    """What only grows, over all runs."""
    _before: dict[Sample, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find a port for its metrics."""
        self.port = free_port()

    @property
    def log(self) -> Path:
        """Everything it has logged."""
        return self.folder / "log"

    @property
    def is_up(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.returncode is None

    async def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        chosen = {
            "PROFILE": "demo",
            "STORAGE__PATH": str(self.folder / "dragoman.db"),
            "MONITORING__PORT": str(self.port),
            **self.settings,
        }
        around = surroundings() | {f"DRAGOMAN_{name}": value for name, value in chosen.items()}
        self._before = {}
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.discord.program", self.api, self.gateway),
                *("run", "--verbose"),
                cwd=ROOT,
                env=around | {"SSL_CERT_FILE": str(self.authority)},
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=log,
                process_group=0,
            )
        await until(self.ready, START_S)

    async def ready(self) -> bool:
        """Ask whether it finds nothing wrong."""
        return not await self.complaints()

    async def complaints(self) -> list[str]:
        """Ask what is wrong."""
        try:
            told = json.loads(await self._page("ready"))
        except (aiohttp.ClientError, TimeoutError) as error:
            if self.process is not None and self.process.returncode is not None:
                raise RuntimeError(f"it ended with {self.process.returncode}") from error
            return [type(error).__name__]
        return [each["sentence"] for each in told["checks"] if not each["ok"]]

    async def read(self) -> dict[Sample, float]:
        """Read its metrics, and add what has grown to ``counters``; nothing if it is not there."""
        try:
            page = await self._page("metrics")
        except (aiohttp.ClientError, TimeoutError):
            return {}
        found: dict[Sample, float] = {}
        for family in text_string_to_metric_families(page):
            for each in family.samples:
                found[each.name, tuple(sorted(each.labels.items()))] = each.value
        for sample, value in found.items():
            if sample[0].endswith(("_total", "_bucket", "_count", "_sum")):
                self.counters[sample] += value - self._before.get(sample, 0)
        self._before = found
        return found

    async def _page(self, name: str) -> str:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session,
            session.get(f"http://127.0.0.1:{self.port}/{name}") as answer,
        ):
            return await answer.text()

    def counted(self, name: str, **labels: str) -> float:
        """Return how much a counter has grown, over all runs and labels but those given."""
        wanted = set(labels.items())
        found = self.counters.items()
        return sum(value for (each, of), value in found if each == name and wanted <= set(of))

    def family(self) -> list[psutil.Process]:
        """Return its processes, the first being its own. Blocks."""
        if self.process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(self.process.pid)
            return [root, *root.children(recursive=True)]
        return []

    async def kill_worker(self) -> None:
        """Kill the process that computes, as the kernel does when there is no memory left."""

        def kill() -> bool:
            sizes = {}
            for each in self.family()[1:]:
                with suppress(psutil.NoSuchProcess):
                    sizes[each] = each.memory_info().rss
            if not sizes:
                return False
            max(sizes, key=lambda each: sizes[each]).kill()
            return True

        self.kills += await asyncio.to_thread(kill)

    async def end(self) -> End:
        """Have it end in order. Raises TimeoutError."""
        assert self.process is not None
        await self.read()
        family = await asyncio.to_thread(self.family)
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(END_S):
            status = await self.process.wait()
        took = time.monotonic() - began
        _, alive = await asyncio.to_thread(psutil.wait_procs, family[1:], timeout=5)
        end = End(status, took, len(alive))
        self.ends.append(end)
        return end

    async def destroy(self) -> None:
        """Let nothing of it be left."""
        if self.process is not None and self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()


@dataclass(frozen=True, slots=True)
class Log:
    """What the log says of the whole time, and what it must not say."""

    lines: int
    warnings: dict[str, int]
    """By the event."""
    errors: dict[str, int]
    """Those that nobody has provoked."""
    foreign: int
    """Lines that are none of ours: what a library, or a traceback, has printed."""
    told: int
    """Things that people have said, are called, or may know, found in it."""


def read_log(path: Path, secrets: frozenset[str]) -> Log:
    """Read the log to its end. Blocks."""
    warnings: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    lines, foreign, told = 0, 0, 0
    for raw in path.read_text("utf-8").splitlines():
        lines += 1
        line = _facts(raw)
        if line is None:
            foreign += 1
            told += any(each in raw for each in secrets)
            continue
        words = json.dumps(line, ensure_ascii=False)
        told += any(each in words for each in secrets)
        if line["level"] == "warning":
            warnings[line["event"]] += 1
        elif line["level"] != "info" or "exception" in line:
            errors[line["event"]] += line["event"] not in _EXPECTED_ERRORS
    return Log(lines, dict(warnings), {k: v for k, v in errors.items() if v}, foreign, told)


def _facts(raw: str) -> dict[str, Any] | None:
    with suppress(ValueError):
        line = json.loads(raw)
        if isinstance(line, dict) and "level" in line and "event" in line:
            return line
    return None
