"""Whether the bot does its work: what is looked at, and one sentence about what is wrong.

Checks that have to wait for something are made again and again beside everything else, and what
they found last is told: a probe never waits for a disk, and many probes make no work.
"""

import asyncio
import logging
import shutil
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from bot import messages
from bot.calling import CallFacts
from bot.discord.ears.stats import CallStats, SpeakerStats
from bot.discord.ears.watchdog import Facts, Judge, WatchLimits
from pipeline.errors import StorageError
from pipeline.worker_supervisor import WorkerStats
from storage.database import Database

_log = logging.getLogger(__name__)

BEAT_S: Final = 1.0
_EVERY_S: Final = 20.0
"""Between two of the checks that wait; container probes come about every 30 s."""
_PATIENCE_S: Final = 10.0
"""How long such a check may take."""
_STALE_S: Final = 60.0
"""What was found longer ago counts for nothing."""
_SPARE_S: Final = 15.0
"""Over its timeout, for a worker to be stopped in: its supervisor has 5 s to reap it."""
_LATELY_S: Final = 600.0
_STARTS: Final = 5
"""So many starts of one worker lately are too many: one that rests starts at most twice."""
_DROPPED: Final = ("foreign", "sealed", "broken", "refused", "unknown", "overflown")
"""Of ``CallStats``: datagrams that were of no use."""
_MINUTE_S: Final = 60.0
_TELLING: Final = 250
"""Frames of 20 ms; fewer say nothing of a line."""
_ROOM: Final = 512 * 1024 * 1024
"""Bytes free below which the disk is nearly full: by default the caches alone may take 320 MiB."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found."""

    check: str
    fault: str = ""
    """The name of a sentence, without its ``health.``; empty where nothing is wrong."""
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.fault

    def sentence(self, locale: str) -> str:
        """Say it in one sentence."""
        return messages.say(f"health.{self.fault or 'fine'}", locale, **self.facts)


class Check(Protocol):
    """Something that is looked at. Nothing of it raises."""

    @property
    def name(self) -> str:
        """Of this check: a label of a metric."""
        ...

    async def find(self) -> Finding:
        """Look; what takes too long is cancelled."""
        ...


class Watch(Protocol):
    """Something that is looked at once a second, and never waited for. Nothing of it raises."""

    def look(self, now: float) -> None:
        """Take note; ``now`` is in seconds on any clock."""
        ...

    def finding(self) -> Finding:
        """Return what the last look has found."""
        ...


class Health:
    """Looks at everything while ``run`` does."""

    def __init__(
        self,
        watches: Sequence[Watch] = (),
        checks: Sequence[Check] = (),
        delayed: Callable[[float], None] | None = None,
        every_s: float = _EVERY_S,
        patience_s: float = _PATIENCE_S,
        stale_s: float = _STALE_S,
    ) -> None:
        """``delayed`` is told, once a second, how many seconds late the event loop was."""
        self._watches = tuple(watches)
        self._checks = tuple(checks)
        self._delayed = delayed
        self._every_s = every_s
        self._patience_s = patience_s
        self._stale_s = stale_s
        self._found: dict[str, tuple[float, Finding]] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        async with asyncio.TaskGroup() as looks:
            looks.create_task(self._beat())
            for check in self._checks:
                looks.create_task(self._repeat(check))

    def findings(self) -> tuple[Finding, ...]:
        """Return what is known now, of every check."""
        watched = (watch.finding() for watch in self._watches)
        return (*watched, *(self._last(check.name) for check in self._checks))

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT_S
            await asyncio.sleep(BEAT_S)
            now = loop.time()
            if self._delayed is not None:
                self._delayed(max(0.0, now - due))
            for watch in self._watches:
                watch.look(now)

    async def _repeat(self, check: Check) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(self._patience_s):
                    found = await check.find()
            except TimeoutError:
                found = Finding(check.name, "slow", {"check": check.name})
            before = self._found.get(check.name)
            if not found.ok and (before is None or before[1].fault != found.fault):
                _log.warning("unwell", extra={"check": check.name, "fault": found.fault})
            self._found[check.name] = (loop.time(), found)
            await asyncio.sleep(self._every_s)

    def _last(self, name: str) -> Finding:
        at, found = self._found.get(name, (0.0, None))
        if found is None:
            return Finding(name, "starting", {"check": name})
        age = asyncio.get_running_loop().time() - at
        if age > self._every_s + self._patience_s + self._stale_s:
            return Finding(name, "unchecked", {"check": name, "seconds": round(age)})
        return found


class DatabaseCheck:
    """Writes to the database: the number of its schema, as it is, which changes nothing."""

    name = "database"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self) -> Finding:
        """See Check."""
        try:
            async with self._database.transaction() as transaction:
                [(number,)] = await transaction.rows("PRAGMA user_version")
                await transaction.run(f"PRAGMA user_version = {int(number)}")
        except StorageError as error:
            return Finding(self.name, "database", {"code": error.code})
        return Finding(self.name)


class DiskCheck:
    """Looks at how much room is left where the database lies."""

    name = "disk"

    def __init__(self, database: Path, room: int = _ROOM) -> None:
        """``room`` is in bytes."""
        self.free: int | None = None
        """Bytes, at the last look."""
        self._folder = database.expanduser().absolute().parent
        self._room = room

    async def find(self) -> Finding:
        """See Check."""
        try:
            usage = await asyncio.to_thread(shutil.disk_usage, self._folder)
        except OSError:
            return Finding(self.name, "disk.unreadable")
        self.free = usage.free
        if self.free < self._room:
            return Finding(self.name, "disk", {"free_mib": self.free // 2**20})
        return Finding(self.name)


class PlatformCheck:
    """Asks a platform whether it is connected."""

    def __init__(self, platform: str, connected: Callable[[], Awaitable[bool]]) -> None:
        self.name = f"platform.{platform.lower()}"
        self._platform = platform
        self._connected = connected

    async def find(self) -> Finding:
        """See Check."""
        if await self._connected():
            return Finding(self.name)
        return Finding(self.name, "platform", {"platform": self._platform})


class Working(Protocol):
    """A worker, as ``pipeline.workers.ProcessWorker``."""

    @property
    def stats(self) -> WorkerStats:
        """What can be said now without waiting."""
        ...


class WorkerWatch:
    """Notices a worker that is stuck, or that starts again and again."""

    def __init__(
        self, name: str, worker: Working, limit_s: float, *, restless: bool = False
    ) -> None:
        """``limit_s`` is the longest that a call may take.

        A ``restless`` worker may start as often as it likes: files that strangers send end it.
        """
        self.name = name
        self.worker = worker
        self.call_s = 0.0
        """For how long the call under way has been, to the second; 0 without one."""
        self.limit_s = limit_s
        self._restless = restless
        self._since: float | None = None
        self._looked = 0.0
        self._calls = 0
        self._restarts = 0
        self._starts: deque[float] = deque()

    def look(self, now: float) -> None:
        """See Watch."""
        stats = self.worker.stats
        if stats.paused and self._since is not None:
            self._since += now - self._looked
        self._looked = now
        if not stats.busy:
            self._since = None
        elif self._since is None or stats.calls != self._calls:
            self._since = now
        self._calls = stats.calls
        self.call_s = 0.0 if self._since is None else now - self._since
        self._starts.extend([now] * (stats.restarts - self._restarts))
        self._restarts = stats.restarts
        while self._starts and now - self._starts[0] > _LATELY_S:
            self._starts.popleft()

    def finding(self) -> Finding:
        """See Watch."""
        check = f"worker.{self.name}"
        if self.call_s > self.limit_s + _SPARE_S:
            facts = {"worker": self.name, "seconds": round(self.call_s)}
            return Finding(check, "worker.stuck", facts)
        if len(self._starts) >= _STARTS and not self._restless:
            facts = {"worker": self.name, "count": len(self._starts)}
            return Finding(check, "worker.restarts", facts)
        return Finding(check)


@dataclass(frozen=True, slots=True)
class Observed:
    """What can be seen of a call at one moment."""

    stats: CallStats
    connection: Facts
    facts: CallFacts


class CallWatch:
    """Counts what is heard in calls, and notices deaf ones, by the judgement of their watchdogs."""

    def __init__(
        self,
        calls: Callable[[], Mapping[Hashable, Observed]],
        limits: WatchLimits | None = None,
    ) -> None:
        """Look at what ``calls`` returns; ``limits`` are those of their watchdogs."""
        self.under_way = self.deaf = self.people = self.waiting = 0
        """Calls, calls that can't be heard, people who are heard, clips that wait to be said."""
        self.waited_s = 0.0
        """How long ago the words of the oldest of these clips were said, in seconds."""
        self.worst = 0.0
        """The greatest share of frames, in [0, 1], that one call has not heard in a minute."""
        self.frames = Growth(*_fates(SpeakerStats()))
        """By their fates."""
        self.dropped = Growth(*_DROPPED)
        """Datagrams, by the reason."""
        self.unsaid = Growth()
        """Clips."""
        self._calls = calls
        self._limits = limits or WatchLimits()
        self._judges: dict[Hashable, Judge] = {}
        self._losses: dict[Hashable, Loss] = {}

    def look(self, now: float) -> None:
        """See Watch."""
        calls = self._calls()
        self._judges = {call: self._judges.get(call) or Judge(self._limits) for call in calls}
        for call, seen in calls.items():
            self._judges[call].look(seen.stats, seen.connection, now)
        self.under_way = len(calls)
        self.deaf = sum(judge.deaf for judge in self._judges.values())
        self.people = sum(seen.facts.people for seen in calls.values())
        self.waiting = sum(seen.facts.waiting for seen in calls.values())
        self.waited_s = max((seen.facts.waited_s for seen in calls.values()), default=0.0)
        self._losses = {call: self._losses.get(call) or Loss() for call in calls}
        for call, seen in calls.items():
            self._losses[call].look(seen.stats, now)
        self.worst = max((loss.share for loss in self._losses.values()), default=0.0)
        self.unsaid.take({call: {"old": seen.facts.dropped} for call, seen in calls.items()})
        self.dropped.take({call: _dropped(seen.stats) for call, seen in calls.items()})
        self.frames.take(
            {
                (call, speaker): _fates(stats)
                for call, seen in calls.items()
                for speaker, stats in seen.stats.speakers.items()
            }
        )

    def finding(self) -> Finding:
        """See Watch."""
        return Finding("calls", "calls" if self.deaf else "", {"count": self.deaf})


class Growth:
    """The sum of numbers that only grow, of things that come and go."""

    def __init__(self, *names: str) -> None:
        self.total = Counter(dict.fromkeys(names, 0))
        self._last: Mapping[Hashable, Mapping[str, int]] = {}

    def take(self, seen: Mapping[Hashable, Mapping[str, int]]) -> None:
        """Add what has come since the last time; a number that has shrunk began anew."""
        for thing, numbers in seen.items():
            last = self._last.get(thing, {})
            for name, number in numbers.items():
                before = last.get(name, 0)
                self.total[name] += number - before if number >= before else number
        self._last = seen


class Loss:
    """How much of what was sent to one call lately was not heard."""

    def __init__(self) -> None:
        self.share = 0.0
        """Of the frames of the last minute, in [0, 1]; 0 while there are too few to tell."""
        self._frames = Growth("heard", "lost")
        self._past: deque[tuple[float, Counter[str]]] = deque()

    def look(self, stats: CallStats, now: float) -> None:
        """Take note; ``now`` is in seconds on any clock."""
        self._frames.take(
            {
                speaker: {
                    "heard": each.decoded,
                    "lost": each.lost + each.unreadable + each.hurried,
                }
                for speaker, each in stats.speakers.items()
            }
        )
        self._past.append((now, self._frames.total.copy()))
        while now - self._past[0][0] > _MINUTE_S:
            self._past.popleft()
        lately = self._frames.total - self._past[0][1]
        self.share = lately["lost"] / lately.total() if lately.total() >= _TELLING else 0.0


def _fates(speaker: SpeakerStats) -> dict[str, int]:
    return {
        "heard": speaker.decoded,
        "lost": speaker.lost,
        "undecryptable": speaker.sealed,
        "unreadable": speaker.unreadable,
        "hurried": speaker.hurried,
        "late": speaker.late,
        "concealed": speaker.concealed,
    }


def _dropped(stats: CallStats) -> dict[str, int]:
    return {reason: getattr(stats, reason) for reason in _DROPPED}
