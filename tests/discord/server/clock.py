"""Wall time that a test may turn forward, and the ids that carry it."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

EPOCH_MS = 1_420_070_400_000
"""Milliseconds at the first second of 2015, from which snowflakes count."""


@dataclass
class Clock:
    """Unix time, in seconds."""

    ahead: float = 0.0
    """How far it has been turned."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.ahead

    def turn(self, seconds: float) -> None:
        """Let so much time have passed."""
        self.ahead += seconds


@dataclass
class Snowflakes:
    """Ids that grow with time: 22 bits below the milliseconds since Discord's epoch."""

    clock: Clock
    _last: int = 0

    def next(self) -> int:
        """A new id."""
        made = (int(self.clock.now() * 1000) - EPOCH_MS) << 22
        self._last = max(made, self._last + 1)
        return self._last


def timestamp(seconds: float) -> str:
    """Unix time as ISO 8601."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def snowflake_seconds(snowflake: int) -> float:
    """When an id was made, as Unix time."""
    return ((snowflake >> 22) + EPOCH_MS) / 1000
