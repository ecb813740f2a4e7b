"""Who waits for a clip, at which place, and how long it is likely to take: nothing is changed."""

import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from storage.database import Database
from storage.types import Clock, Person

_RECENT: Final = 50
"""How many of the latest clips say how fast this machine is."""
_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job stands."""

    place: int
    """1 is the next; 0 is being worked on, or made."""
    seconds: float | None
    """Until it is made, by the median speed of the latest clips; ``None`` before there is one. Of
    what is made, until it is sent or tried again; 0 is now."""
    is_made: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that was given up."""

    number: int
    platform: str
    created: float
    """Seconds since the epoch."""
    finished: float
    tries: int
    code: str
    """Of the error that ended it."""


@dataclass(frozen=True, slots=True)
class _Open:
    voice: int
    mine: bool
    state: str
    characters: int
    priority: int
    due_s: float
    """Until it may be tried; less than 0 is since when."""
    for_s: float
    """Since its turn came."""


class JobQueue:
    """What can be said of the jobs. Every verb raises StorageError."""

    def __init__(self, database: Database, clock: Clock = time.time) -> None:
        self._database = database
        self._clock = clock

    async def mine(self, person: Person) -> tuple[Place, ...]:
        """Return the places of the person's clips that are still to come, the first first."""
        now = self._clock()
        rows = await self._database.rows(
            "SELECT voice, EXISTS (SELECT 1 FROM consented WHERE consented.voice = jobs.voice"
            " AND consented.platform = ? AND consented.account = ?), state, characters, priority,"
            " due - ?, ? - coalesce(served, ?)"
            " FROM jobs WHERE finished IS NULL AND expires > ? ORDER BY priority DESC,"
            " (SELECT max(served) FROM jobs AS past WHERE past.voice = jobs.voice), id LIMIT ?",
            person.platform,
            person.id,
            now,
            now,
            now,
            now,
            _MOST,
        )
        jobs = [_Open(row[0], bool(row[1]), *row[2:]) for row in rows]
        return tuple(_places(jobs, await self.seconds_per_character()))

    async def seconds_per_character(self) -> float | None:
        """Return how long a character takes here, by the median of the latest fifty clips."""
        rows = await self._database.rows(
            "SELECT made / max(characters, 1) FROM jobs WHERE made IS NOT NULL"
            " ORDER BY served DESC LIMIT ?",
            _RECENT,
        )
        return statistics.median(pace for (pace,) in rows) if rows else None

    async def counts(self) -> Mapping[str, int]:
        """Return how many jobs there are in each state, those of the last 30 days included."""
        rows = await self._database.rows("SELECT state, count(*) FROM jobs GROUP BY state")
        return Counter(dict(rows))

    async def oldest_s(self) -> float:
        """Return how many seconds ago the oldest clip still to come was ordered; 0 without any."""
        now = self._clock()
        [(created,)] = await self._database.rows(
            "SELECT min(created) FROM jobs WHERE finished IS NULL AND expires > ?", now
        )
        return 0.0 if created is None else max(0.0, now - created)

    async def dead(self, most: int = 100) -> tuple[DeadLetter, ...]:
        """Return the latest jobs that were given up, the last first."""
        rows = await self._database.rows(
            "SELECT id, platform, created, finished, tries, outcome FROM jobs"
            " WHERE state = 'failed' ORDER BY finished DESC, id DESC LIMIT ?",
            most,
        )
        return tuple(DeadLetter(*row) for row in rows)


def _places(jobs: list[_Open], pace: float | None) -> Iterator[Place]:
    """Yield the places of those that are mine, as ``Jobs.claim`` will come to them."""
    ends_s = 0.0
    for each in jobs:
        if each.state in {"done", "delivering"}:
            if each.mine:
                yield Place(0, max(0.0, each.due_s), is_made=True)
        elif each.state != "queued":
            ends_s += max(0.0, (pace or 0.0) * each.characters - each.for_s)
            if each.mine:
                yield Place(0, None if pace is None else ends_s)
    queued = [each for each in jobs if each.state == "queued"]
    for place, each in enumerate(_in_turns(queued), start=1):
        ends_s = max(ends_s, each.due_s) + (pace or 0.0) * each.characters
        if each.mine:
            yield Place(place, None if pace is None else ends_s)


def _in_turns(queued: list[_Open]) -> Iterator[_Open]:
    """Yield each voice's jobs in turns; last those that have to wait before they are tried."""
    turns: Counter[int] = Counter()
    ranked = []
    for number, each in enumerate(queued):
        waits_s = max(0.0, each.due_s)
        turns[each.voice] += not waits_s
        ranked.append((waits_s, -each.priority, turns[each.voice], number))
    yield from (queued[number] for *_, number in sorted(ranked))
