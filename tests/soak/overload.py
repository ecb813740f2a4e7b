"""Five times as much as the machine can do: what people see of it, and until it is calm again."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

from tests.soak.ledger import Fate, Note
from tests.soak.program import Log, read_log
from tests.soak.soak import Town, answered, town
from tests.soak.speech import Recording
from tests.soak.watching import LOOK_S

Send: TypeAlias = Callable[[Recording], Awaitable[Note]]

SETTINGS = {
    "OVERLOAD__SMALLER_AFTER_S": "2",
    "OVERLOAD__TEXT_ONLY_AFTER_S": "5",
    "OVERLOAD__REFUSE_AFTER_S": "12",
    "TRANSLATING__CACHE_HOURS": "0",
    "STORAGE__SPEECH_HOURS": "0",
}
"""The demo models are some ten times as fast as others, so the ladder is lower: their queue, as
long as anybody's, would never be long enough for all of it. And no cache helps."""
FACTOR = 5
_PEOPLE = 150
"""On each platform."""
_BUSY = 16
"""On each platform, while it is measured what the machine can do: as many notes wait at most."""
_SENTENCES = 7
"""Of a note: some 20 s, so that there is work to do before a platform's own limits are met."""
_WARM_S = 5.0
_POOL = 40
_CALM_S = 180.0
_DESK = ("waiting", "working")
_SERVED = (Fate.ANSWERED, Fate.TEXT_ONLY)
"""So many wait all the time that there are no voices after a while."""


@dataclass(eq=False)
class Overloaded:
    """Everything that is known at the end."""

    town: Town
    capacity: float
    """Notes a second, at most."""
    offered_s: float
    notes: list[Note]
    """Those of the overload alone."""
    calm_s: float | None = None
    """From the last note until one was answered as ever; ``None`` if none was."""
    unwell: list[str] = field(default_factory=list)
    log: Log | None = None


async def overload(folder: Path, capacity_s: float, overload_s: float, seed: int = 0) -> Overloaded:
    """Measure what the machine can do, offer five times as much, and watch it come back."""
    async with town(folder, seconds=float("inf"), think_s=1.0, seed=seed, **SETTINGS) as here:
        here.on_telegram.meet(_PEOPLE, 0)
        here.on_discord.meet(_PEOPLE, 0)
        supply = here.society.supply
        pool = [await supply.of(lambda: supply.script.note(_SENTENCES)) for _ in range(_POOL)]
        await here.program.start()
        beside = [asyncio.create_task(each.run()) for each in (here.watching, here.gauges)]
        try:
            capacity = await _capacity(here, pool, capacity_s)
            await answered(here.society.ledger)
            before = len(here.society.ledger.notes)
            await _pour(here, pool, FACTOR * capacity, overload_s)
            stopped = time.monotonic()
            notes = here.society.ledger.notes[before:]
            calm_s = await _calm(here, pool, stopped)
            await answered(here.society.ledger)
            done = Overloaded(here, capacity, overload_s, notes, calm_s)
            done.unwell = await here.program.complaints()
            await here.program.end()
            here.watching.look()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        done.log = await asyncio.to_thread(read_log, here.program.log, here.secrets)
        return done


def _senders(here: Town, most: int) -> list[Send]:
    """Return what sends a note from each of so many people of both platforms, in turns."""
    on_telegram, on_discord = here.on_telegram, here.on_discord
    pairs = zip(on_telegram.alone[:most], on_discord.alone[:most], strict=True)
    return [
        send
        for one, other in pairs
        for send in (
            partial(on_telegram.send, one, "note"),
            partial(on_discord.send, other, "note"),
        )
    ]


async def _capacity(here: Town, pool: list[Recording], seconds: float) -> float:
    """Let people send the next note when the last was answered; return how many were, a second."""
    end = time.monotonic() + _WARM_S + seconds

    async def live(send: Send, at: int) -> None:
        while time.monotonic() < end:
            note = await send(pool[at % len(pool)])
            at += 1
            await here.society.patience(note)

    async with asyncio.TaskGroup() as lives:
        for at, send in enumerate(_senders(here, _BUSY)):
            lives.create_task(live(send, at))
    notes = here.society.ledger.notes
    ends = [note.seen[-1].at for note in notes if note.fate in _SERVED]
    return sum(end - seconds <= at < end for at in ends) / seconds


async def _pour(here: Town, pool: list[Recording], rate: float, seconds: float) -> None:
    """Send so many notes a second, whatever becomes of them."""
    senders, sent, began = _senders(here, _PEOPLE), 0, time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        while sent < now * rate:
            await senders[sent % len(senders)](pool[sent % len(pool)])
            sent += 1
        await asyncio.sleep(LOOK_S)


async def _calm(here: Town, pool: list[Recording], stopped: float) -> float | None:
    """Return how long after the last note somebody's was answered as ever, and nobody waits."""
    seat = here.on_telegram.alone[0]
    while time.monotonic() - stopped < _CALM_S:
        found = await here.program.read()
        busy = sum(found.get((f"dragoman_desk_{each}_notes", ()), 1) for each in _DESK)
        if not busy:
            sent = time.monotonic()
            note = await here.on_telegram.send(seat, "after", pool[0])
            await here.society.patience(note)
            if note.fate is Fate.ANSWERED and not note.hurried:
                return sent - stopped
        await asyncio.sleep(1)
    return None
