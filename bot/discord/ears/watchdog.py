"""Notices when a call is not heard any more, and does something about it.

A connection can look well and be deaf: the task that reads the voice gateway died, the group moved
on without us, a router forgot the way. What people say is then lost without an error anywhere. The
judge sees it in what the ears count; nothing in here knows Discord.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bot.discord.ears.stats import CallStats
from pipeline.errors import DragomanError

_log = logging.getLogger(__name__)


class Verdict(Enum):
    """What is to be done."""

    OK = "ok"
    REKEY = "rekey"
    """Ask to be taken out of the encrypted group and in again."""
    REJOIN = "rejoin"
    """Leave the call and come again."""
    DEAF = "deaf"
    """Nothing more: tell people."""


class Symptom(Enum):
    """What is wrong."""

    DEAD = "dead"
    """Nobody reads the voice gateway."""
    AWAY = "away"
    """We are on our way back into the call, and don't arrive."""
    CUT = "cut"
    """People begin to speak, and nothing comes."""
    SEALED = "sealed"
    """What comes is of another voice session."""
    OUTSIDE = "outside"
    """We don't get into the encrypted group."""
    ESTRANGED = "estranged"
    """We are in it, and can open nobody's frames."""
    PARTLY = "partly"
    """Some people's frames can't be opened, while others' can."""


_REKEYED: Final = {Symptom.OUTSIDE, Symptom.ESTRANGED, Symptom.PARTLY}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the connection knows of itself."""

    alive: bool = True
    """Somebody reads the voice gateway, or it has been left for good."""
    ready: bool = True
    """Frames can be opened: we are in the group, or there is none."""
    pending: bool = False
    """A change of the group is under way."""
    away: bool = False
    """We are on our way into the call, or back into it."""


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """How patient the judge is, and how often it tries."""

    unopened: int = 36
    """Frames in a row that can't be opened, as many as Discord's own JavaScript library bears."""
    cut_s: float = 10.0
    """Seconds without any sound after somebody began to speak."""
    sealed_s: float = 5.0
    away_s: float = 8.0
    """A reconnect takes a second or two, but the library waits ever longer before each."""
    outside_s: float = 10.0
    """A gateway gives members some 2 s to commit; more than one may fail to."""
    pending_s: float = 10.0
    """How long a change under way excuses what can't be opened: so long old keys are kept."""
    rekeys: int = 2
    rejoins: int = 3
    rekey_s: float = 5.0
    """Time to take effect; each further try has twice as much."""
    rejoin_s: float = 15.0
    """As above."""
    forget_s: float = 600.0
    """Tries are forgotten after so long without a symptom; and as soon as all are heard again."""


@dataclass(slots=True)
class _Spell:
    """Something that lasts."""

    since: float | None = None

    def see(self, now: float, *, begins: bool, ends: bool) -> float:
        """Return for how long it has lasted, in seconds."""
        if ends:
            self.since = None
        elif begins and self.since is None:
            self.since = now
        return 0.0 if self.since is None else now - self.since


class Judge:
    """Looks at the statistics of one call, about once a second. Pure: it keeps no clock."""

    def __init__(self, limits: WatchLimits = WatchLimits()) -> None:
        self.symptom: Symptom | None = None
        """What was seen at the last look."""
        self.deaf = False
        """Every try is spent, and nothing has been heard since."""
        self._limits = limits
        self._last = CallStats()
        self._rekeys = self._rejoins = 0
        self._patience = 0.0
        """Until then, the last remedy may still take effect."""
        self._ill = 0.0
        """When a symptom was last seen."""
        self._forgiven: dict[int, int] = {}
        """How many frames of each speaker nobody could have opened."""
        self._opened = 0.0
        """When a frame was last opened."""
        self._pending = _Spell()
        self._begin_anew()

    def look(self, stats: CallStats, facts: Facts, now: float) -> Verdict:
        """Judge what has happened since the last look, ``now`` in seconds on any clock."""
        last, self._last = self._last, stats
        if stats.opened > last.opened:
            self._opened = now
        if not facts.ready or now < self._patience:
            self._forgiven = {user: each.sealed for user, each in stats.speakers.items()}
        for user in self._forgiven.keys() - stats.speakers.keys():
            del self._forgiven[user]
        self.symptom = self._symptom(last, stats, facts, now)
        if self.symptom is None:
            if self._healed(last, stats) or now - self._ill > self._limits.forget_s:
                self._rekeys = self._rejoins = 0
                self.deaf = False
            return Verdict.OK
        self._ill = now
        return Verdict.OK if now < self._patience else self._remedy(self.symptom, now)

    def _symptom(
        self, last: CallStats, stats: CallStats, facts: Facts, now: float
    ) -> Symptom | None:
        limits = self._limits
        came, sealed = _voice(stats) - _voice(last), stats.sealed - last.sealed
        failing = self._failing(stats, limits.unopened)
        afresh = failing & self._growing(last, stats)
        announced = stats.announced > last.announced
        cut = self._cut.see(now, begins=announced, ends=came > 0)
        strange = self._strange.see(now, begins=sealed > 0, ends=came > sealed)
        away = self._away.see(now, begins=facts.away, ends=not facts.away)
        outside = self._outside.see(now, begins=came > sealed, ends=facts.ready)
        pending = self._pending.see(now, begins=facts.pending, ends=not facts.pending)
        self._sealed.see(now, begins=bool(afresh), ends=not failing)
        if not facts.alive:
            return Symptom.DEAD
        for symptom, lasted, limit in (
            (Symptom.AWAY, away, limits.away_s),
            (Symptom.CUT, cut, limits.cut_s),
            (Symptom.SEALED, strange, limits.sealed_s),
            (Symptom.OUTSIDE, outside, limits.outside_s),
        ):
            if lasted >= limit:
                return symptom
        excused = facts.pending and pending < limits.pending_s
        if not afresh or excused or self._sealed.since is None:
            return None
        return Symptom.PARTLY if self._opened >= self._sealed.since else Symptom.ESTRANGED

    def _failing(self, stats: CallStats, tolerance: int) -> set[int]:
        """Return whose frames can't be opened, too many in a row."""
        return {
            user
            for user, each in stats.speakers.items()
            if min(each.sealed_in_a_row, each.sealed - self._forgiven.get(user, 0)) > tolerance
        }

    def _growing(self, last: CallStats, stats: CallStats) -> set[int]:
        before = {user: each.sealed for user, each in last.speakers.items()}
        return {user for user, each in stats.speakers.items() if each.sealed > before.get(user, 0)}

    def _healed(self, last: CallStats, stats: CallStats) -> bool:
        rows = (each.sealed_in_a_row for each in stats.speakers.values())
        return stats.opened > last.opened and max(rows, default=0) <= self._limits.unopened

    def _remedy(self, symptom: Symptom, now: float) -> Verdict:
        """Return the mildest that has not been tried too often."""
        limits = self._limits
        if symptom in _REKEYED and self._rekeys < limits.rekeys:
            self._patience = now + limits.rekey_s * 2**self._rekeys
            self._rekeys += 1
            verdict = Verdict.REKEY
        elif symptom is Symptom.PARTLY:
            return Verdict.OK
        elif self._rejoins < limits.rejoins:
            self._patience = now + limits.rejoin_s * 2**self._rejoins
            self._rejoins += 1
            verdict = Verdict.REJOIN
        else:
            self.deaf = True
            return Verdict.DEAF
        self._begin_anew()
        return verdict

    def _begin_anew(self) -> None:
        """Have every symptom show itself again from the start."""
        self._cut, self._strange, self._outside, self._sealed = (_Spell() for _ in range(4))
        self._away = _Spell()


class Watchdog:
    """Looks, and does what the judge says.

    ``look`` returns what the ears and the connection tell, the connection of that moment.
    ``rekey`` and ``rejoin`` may raise DragomanError: that try is spent. ``tell`` is awaited once
    when everything was tried in vain, and again only if the call was heard in between.
    """

    def __init__(
        self,
        judge: Judge,
        look: Callable[[], tuple[CallStats, Facts]],
        *,
        rekey: Callable[[], Awaitable[None]],
        rejoin: Callable[[], Awaitable[None]],
        tell: Callable[[], Awaitable[None]],
        clock: Callable[[], float] = time.monotonic,
        every_s: float = 1.0,
    ) -> None:
        self._judge = judge
        self._look = look
        self._remedies = {Verdict.REKEY: rekey, Verdict.REJOIN: rejoin}
        self._tell = tell
        self._clock = clock
        self._every_s = every_s

    async def run(self) -> None:
        """Watch until cancelled."""
        told = False
        while True:
            await asyncio.sleep(self._every_s)
            verdict = self._judge.look(*self._look(), self._clock())
            if verdict is Verdict.DEAF and not told:
                _log.warning("a call can't be heard", extra=self._why(verdict))
                await self._tell()
            elif remedy := self._remedies.get(verdict):
                _log.warning("a call is not heard", extra=self._why(verdict))
                await self._tried(remedy)
            told = self._judge.deaf

    async def _tried(self, remedy: Callable[[], Awaitable[None]]) -> None:
        try:
            await remedy()
        except DragomanError as error:
            _log.warning("a remedy failed", extra={"code": error.code})

    def _why(self, verdict: Verdict) -> dict[str, str]:
        symptom = self._judge.symptom
        return {"verdict": verdict.value, "symptom": symptom.value if symptom else ""}


def _voice(stats: CallStats) -> int:
    return stats.datagrams - stats.foreign
