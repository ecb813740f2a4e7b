"""An hour of what people say, with everything going wrong that may."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.discord.server.server import DiscordServer
from tests.discord.server.voice_gateway import VoiceServer
from tests.soak import faults
from tests.soak.calls import LiveCall
from tests.soak.discord_people import DiscordPeople
from tests.soak.faults import Plan, Storm
from tests.soak.gauges import Gauges
from tests.soak.ledger import Ledger
from tests.soak.people import Budget, Errands, Society, Supply
from tests.soak.program import Log, Program, read_log
from tests.soak.speech import Script
from tests.soak.telegram_people import TelegramPeople
from tests.soak.watching import Watching
from tests.telegram.bot_api.server import BotApi

_LAST_S = 180.0
"""How long a note may still take when nobody sends anything any more: Telegram may ask for two
minutes of patience."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many people there are, and how busy they are."""

    alone: int
    """On each platform."""
    groups: int
    """Of each kind, on each platform."""
    talkers: tuple[int, ...]
    """In each call; in every second one they take turns."""
    think_s: float
    plan: Plan


LONG = Size(alone=8, groups=2, talkers=(4, 3), think_s=22.0, plan=faults.LONG)
BRIEF = Size(alone=2, groups=1, talkers=(2,), think_s=10.0, plan=faults.BRIEF)
"""For less speech than would let the long plan take its time."""
BRIEF_S = 600.0


@dataclass(eq=False)
class Town:
    """Both platforms, everybody on them, and the program that serves them."""

    telegram: BotApi
    discord: DiscordServer
    voices: VoiceServer
    society: Society
    watching: Watching
    on_telegram: TelegramPeople
    on_discord: DiscordPeople
    program: Program
    gauges: Gauges

    @property
    def secrets(self) -> frozenset[str]:
        """What must never stand in a log."""
        names = [each.first_name for each in self.telegram.world.people]
        names += [each.name for each in self.discord.world.people if each.name != "Developer"]
        places = [each.title for each in self.telegram.world.chats.values() if each.title]
        places += [each.name for each in self.discord.world.guilds.values()]
        tokens = (self.telegram.token, self.discord.token)
        return self.society.supply.script.sentences | {*names, *places, *tokens}


@asynccontextmanager
async def town(
    folder: Path, *, seconds: float, think_s: float, seed: int = 0, **settings: str
) -> AsyncIterator[Town]:
    """Open both platforms, with nobody there yet; nothing of the program is left at the end."""
    async with AsyncExitStack() as stack:
        voices = await stack.enter_async_context(VoiceServer.start())
        discord = await stack.enter_async_context(DiscordServer.start(voice=voices, seed=seed))
        telegram = await stack.enter_async_context(BotApi.start(flood=True, seed=seed))
        authority = folder / "authority.pem"
        await asyncio.to_thread(authority.write_text, voices.authority)
        supply = Supply(await asyncio.to_thread(Script, seed))
        stack.callback(supply.close)
        society = Society(
            ledger=Ledger(),
            supply=supply,
            budget=Budget(seconds),
            errands=Errands(),
            dice=random.Random(seed),
            think_s=think_s,
        )
        watching = Watching(society.ledger, telegram, discord)
        chosen = {
            "TELEGRAM__TOKEN": telegram.token,
            "TELEGRAM__API_URL": f"http://127.0.0.1:{telegram.port}",
            "DISCORD__TOKEN": discord.token,
            **settings,
        }
        program = Program(folder, chosen, discord.api, discord.world.gateway, authority)
        stack.push_async_callback(program.destroy)
        yield Town(
            telegram,
            discord,
            voices,
            society,
            watching,
            TelegramPeople(telegram, society),
            DiscordPeople(discord, society, watching),
            program,
            Gauges(program),
        )


@dataclass(eq=False)
class Soaked:
    """Everything that is known at the end."""

    town: Town
    storm: Storm
    calls: list[LiveCall]
    began: float
    """By the monotonic clock, in seconds."""
    wall_s: float
    unwell: list[str] = field(default_factory=list)
    """What the program itself found wrong when all was quiet again."""
    log: Log | None = None


async def soak(folder: Path, seconds: float, seed: int = 0) -> Soaked:
    """Let people use the bot until they have handed in so many seconds of speech."""
    size = LONG if seconds >= BRIEF_S else BRIEF
    async with town(folder, seconds=seconds, think_s=size.think_s, seed=seed) as here:
        calls = [
            LiveCall(here.discord, here.voices, here.society, f"Zirkel{at}", people, bool(at % 2))
            for at, people in enumerate(size.talkers)
        ]
        here.on_telegram.meet(size.alone, size.groups)
        here.on_discord.meet(size.alone, size.groups)
        storm = Storm(
            here.telegram,
            here.discord,
            here.voices,
            calls,
            here.program,
            here.society.budget,
            size.plan,
        )
        await here.program.start()
        await here.on_telegram.settle()
        await here.on_discord.settle()
        began = time.monotonic()
        beside = [asyncio.create_task(each.run()) for each in (here.watching, here.gauges)]
        storm.begin()
        try:
            await _used(here, calls, storm)
            storm.cease()
            await answered(here.society.ledger)
            wall = time.monotonic() - began
            done = Soaked(here, storm, calls, began, wall, await _unwell(here.program))
            await here.program.end()
            here.watching.look()
        finally:
            for task in beside:
                task.cancel()
            outcomes = await asyncio.gather(*beside, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        done.log = await asyncio.to_thread(read_log, here.program.log, here.secrets)
        return done


async def _used(here: Town, calls: list[LiveCall], storm: Storm) -> None:
    """Let everybody do what they do, until enough has been said."""
    async with asyncio.TaskGroup() as lives:
        for run in (here.on_telegram.run, here.on_discord.run, storm.run):
            lives.create_task(run())
        for call in calls:
            lives.create_task(call.run())


async def answered(ledger: Ledger) -> None:
    """Wait until nothing is open, or nothing more would come."""
    end = time.monotonic() + _LAST_S
    while ledger.open() and time.monotonic() < end:  # noqa: ASYNC110 - nothing rings for all of them
        await asyncio.sleep(0.1)
    await asyncio.sleep(2)


async def _unwell(program: Program) -> list[str]:
    """Return what the program finds wrong, once it has had time to look."""
    for _ in range(30):
        if not (found := await program.complaints()):
            return []
        await asyncio.sleep(1)
    return found
