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
    """1 is the next; 0 is being worked on, or sent."""
    seconds: float | None
    """Until it is made, by the median speed of the latest clips; ``None`` before there is one."""


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
class _Waiting:
    voice: int
    mine: bool
    state: str
    characters: int
    priority: int


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
            " (SELECT max(served) FROM jobs AS past WHERE past.voice = jobs.voice)"
            " FROM jobs WHERE finished IS NULL AND expires > ?"
            " ORDER BY state = 'queued', priority DESC, 6, id LIMIT ?",
            person.platform,
            person.id,
            now,
            _MOST,
        )
        waiting = [_Waiting(row[0], bool(row[1]), *row[2:5]) for row in rows]
        pace = await self.seconds_per_character()
        places, before, place = [], 0, 0
        for each in _in_turns(waiting):
            queued = each.state == "queued"
            place += queued
            to_make = each.state in {"queued", "claimed", "working"}
            before += each.characters if to_make else 0
            if each.mine:
                seconds = None if pace is None else pace * before
                places.append(Place(place if queued else 0, seconds if to_make else 0.0))
        return tuple(places)

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


def _in_turns(waiting: list[_Waiting]) -> Iterator[_Waiting]:
    """Yield first what is held, then each voice's jobs in turns, as ``Jobs.claim`` takes them."""
    yield from (each for each in waiting if each.state != "queued")
    queued = [each for each in waiting if each.state == "queued"]
    turns: Counter[int] = Counter()
    ranked = []
    for number, each in enumerate(queued):
        turns[each.voice] += 1
        ranked.append((-each.priority, turns[each.voice], number))
    yield from (queued[number] for *_, number in sorted(ranked))
