"""What is done when more is asked for than the machine can do: a ladder, climbed rung by rung.

First notes are heard by a smaller model, then they get text only; on either rung they are marked
so. People who wait are told their place by the desk, and whoever would have to wait too long is
refused. As the queue shrinks, the ladder is climbed down again.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_log = logging.getLogger(__name__)

_SHARE: Final = 0.2
"""Of the latest note in the mean of how long notes take: some ten notes are remembered."""
_BACK: Final = 0.5
"""A rung is left when the wait has shrunk to this share of what led to it."""
_REST_S: Final = 5.0
"""How long it must stay so, so that nobody is heard well and badly in turns."""


class Step(IntEnum):
    """The rungs on which notes are still taken."""

    CALM = 0
    SMALLER = 1
    """The smaller recogniser, where it has the language, and no hypotheses beside the best."""
    TEXT_ONLY = 2
    """That, and no voice."""


@dataclass(frozen=True, slots=True)
class Rungs:
    """From how many seconds of waiting, for the last who waits, a rung is climbed."""

    smaller_s: float = 8.0
    text_only_s: float = 20.0
    refuse_s: float = 120.0


class Ladder:
    """Knows how long notes take, and so how long those who come will wait."""

    def __init__(
        self, rungs: Rungs | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``clock`` is in seconds."""
        self._rungs = rungs or Rungs()
        self._clock = clock
        self._pace_s: float | None = None
        self._wait_s = 0.0
        self._step = Step.CALM
        self._since = clock()

    def bound(self, rungs: Rungs) -> None:
        """Climb at other heights from now on."""
        self._rungs = rungs

    @property
    def step(self) -> Step:
        """The rung on which the next note is worked on."""
        now = self._clock()
        while self._step > Step.CALM and self._wait_s <= _BACK * self._height(self._step):
            if now - self._since < _REST_S:
                break
            self._move(Step(self._step - 1), self._since + _REST_S)
        return self._step

    def worked(self, seconds: float) -> None:
        """Learn how long a note kept its turn."""
        before = seconds if self._pace_s is None else self._pace_s
        self._pace_s = before + _SHARE * (seconds - before)

    def wait_s(self, turns: float) -> float:
        """Return how long so many turns, one after the other, will take; 0 as long as none did."""
        return turns * (self._pace_s or 0.0)

    def refuses(self, wait_s: float) -> bool:
        """Say whether that is too long to wait."""
        return wait_s > self._rungs.refuse_s

    def feel(self, wait_s: float) -> None:
        """Take note of how long the last who waits will have to, and climb if that is much."""
        now, step, before = self._clock(), self.step, self._wait_s
        self._wait_s = wait_s
        wanted = max(each for each in Step if wait_s >= self._height(each))
        if wanted > step:
            self._move(wanted, now)
        elif max(before, wait_s) > _BACK * self._height(step):
            self._since = now

    def _height(self, step: Step) -> float:
        return (0.0, self._rungs.smaller_s, self._rungs.text_only_s)[step]

    def _move(self, step: Step, at: float) -> None:
        _log.info("overload", extra={"step": step.name.lower(), "before": self._step.name.lower()})
        self._step, self._since = step, at
