"""What all people have in common: what they say, how long they wait, what they do next."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from tests.soak.ledger import Fate, Ledger, Note
from tests.soak.speech import Recording, Script

_T = TypeVar("_T")
PATIENCE_S = 120.0
"""How long somebody waits for an answer before they send something else."""

_LATER_S = 15.0
"""When somebody who was refused tries again."""


@dataclass(eq=False)
class Supply:
    """What people say, made in a thread while they need it."""

    script: Script
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    async def of(self, make: Callable[[], _T]) -> _T:
        """Return the next thing of one kind, such as ``supply.script.note``."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, make)

    def close(self) -> None:
        """Make nothing more."""
        self._thread.shutdown(cancel_futures=True)


@dataclass(eq=False)
class Budget:
    """Seconds of speech that are to be handed in, by everybody together."""

    seconds: float
    notes_s: float = 0.0
    calls_s: float = 0.0

    @property
    def handed_s(self) -> float:
        """What has been handed in."""
        return self.notes_s + self.calls_s

    @property
    def share(self) -> float:
        """How far it is used up."""
        return self.handed_s / self.seconds

    @property
    def is_spent(self) -> bool:
        """Whether everybody may stop."""
        return self.handed_s >= self.seconds


@dataclass(eq=False)
class Errands:
    """Commands and buttons: asked, and answered."""

    asked: Counter[str] = field(default_factory=Counter)
    """By platform."""
    answered: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Society:
    """What everybody shares."""

    ledger: Ledger
    supply: Supply
    budget: Budget
    errands: Errands
    dice: random.Random
    think_s: float
    """How long people mostly take from one answer to their next note."""

    async def think(self) -> None:
        """Do something else for a while."""
        await asyncio.sleep(self.dice.expovariate(1 / self.think_s))

    async def recording(self) -> tuple[str, Recording]:
        """Return what somebody sends next, and of which kind it is."""
        script, draw = self.supply.script, self.dice.random()
        if draw < 0.06:
            return "hostile", await self.supply.of(script.hostile)
        if draw < 0.16:
            return "file", await self.supply.of(script.file)
        return "note", await self.supply.of(script.note)

    def handed_in(self, note: Note) -> None:
        """Count the speech of a note."""
        if note.said is not None:
            self.budget.notes_s += note.seconds

    async def patience(self, *notes: Note) -> None:
        """Wait until the notes have come to an end, or nobody would wait any longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                for note in notes:
                    await note.over.wait()
        if any(note.fate is Fate.REFUSED for note in notes):
            await asyncio.sleep(_LATER_S)
