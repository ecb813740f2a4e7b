"""The whole bot but its engines, connected to the Discord of these tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import discord
import numpy as np

from bot.commands import Commands
from bot.desk import Bounds, Desk
from bot.discord.client import Additions, Discord, Wire
from bot.discord.outbox import Outbox
from bot.enrolment import Enrolments
from bot.interpreter import Interpreter
from bot.ordering import Orders
from bot.reception import Reception
from bot.settings import Settings
from bot.stores import Stores
from pipeline.audio import encode
from pipeline.pipeline import Pipeline
from pipeline.specs import AudioLimits
from pipeline.types import Audio
from storage.database import open_database
from storage.types import Chat, Person
from tests.discord.server import people
from tests.discord.server.channels import Channel
from tests.discord.server.guilds import Guild
from tests.discord.server.messages import Message
from tests.discord.server.people import Role
from tests.discord.server.permissions import NOTHING, Permission
from tests.discord.server.posting import Upload
from tests.discord.server.seats import Seat
from tests.discord.server.server import DiscordServer
from tests.pipeline.fake_stages import SPEC, Memory
from tests.telegram.home import GRACE_S, Engines, settings_for

MEANING = "Chúc ngủ ngon."
"""What the engines make of “Good night.”"""
QUICK = Wire(first_pause_s=0.02, ready_s=0.05)


@cache
def note(seconds: float = 1.0) -> bytes:
    """Ogg Opus, as apps record it."""
    times = np.arange(int(48_000 * seconds)) / 48_000
    return encode(Audio((0.3 * np.sin(2 * np.pi * 330 * times)).astype(np.float32), 48_000)).data


def file(name: str = "memo.ogg", kind: str | None = None, data: bytes = b"") -> Upload:
    return Upload(name, kind, data or note())


class PaperCalls:
    """Calls that write down what they are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []
        self._told = asyncio.Event()

    async def heard(self, name: str) -> object:
        """Wait until something is told, and return what it was about."""
        async with asyncio.timeout(5):
            while name not in dict(self.told):
                self._told.clear()
                await self._told.wait()
        return dict(self.told)[name]

    async def started(self, client: discord.Client, outbox: Outbox) -> None:
        assert isinstance(outbox, Outbox)
        self._tell("started", [guild.id for guild in client.guilds])

    def posted(self, message: discord.Message) -> None:
        self._tell("posted", message.id)

    async def voice_state(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        places = [each.channel.id if each.channel else None for each in (before, after)]
        self._tell("voice_state", (member.id, *places))

    async def gone(self, guild: discord.Guild) -> None:
        self._tell("gone", guild.id)

    async def stop(self) -> None:
        self._tell("stop", None)

    async def close(self) -> None:
        self._tell("close", None)

    def _tell(self, name: str, what: object) -> None:
        self.told.append((name, what))
        self._told.set()


@dataclass
class Home:
    """The running bot."""

    server: DiscordServer
    engines: Engines
    settings: Settings
    stores: Stores
    desk: Desk
    commands: Commands
    bot: Discord
    running: asyncio.Task[None]
    before: int = 0
    """Sessions that bots have opened earlier."""

    async def down(self) -> None:
        """Stop as ``dragoman run`` stops; raises what ``run`` raised."""
        await self.bot.stop()
        await self.desk.drain(GRACE_S)
        await self.bot.close()
        await self.running

    async def connected(self) -> None:
        """Wait until the gateway keeps events for the bot."""
        opened = self.server.gateway.identified
        await self.server.world.bell.until(
            lambda: len(opened) > self.before or self.running.done(), 10
        )


@dataclass
class Club:
    """A server with one channel and one of its members, who owns it."""

    guild: Guild
    channel: Channel
    anna: Seat

    @property
    def chat(self) -> Chat:
        """The channel, as it is remembered."""
        return Chat("discord", str(self.guild.id), str(self.channel.id))

    def member(self, person: people.Person, *roles: Role) -> Seat:
        """Let somebody in, to the same channel."""
        self.guild.join(person, *roles)
        return person.at(self.channel)


def club(server: DiscordServer, bot: Permission | None = NOTHING, **facts: Any) -> Club:
    anna = server.person("Anna")
    guild = server.guild("Club", owner=anna, bot=bot, **facts)
    channel = guild.text("general")
    return Club(guild, channel, anna.at(channel))


def friend(server: DiscordServer, name: str = "Anna", **facts: Any) -> Seat:
    """Somebody alone with the bot, whom a server in common allows to be written to."""
    person = server.person(name, **facts)
    server.guild("Met", owner=person)
    return person.private()


def known(seat: Seat) -> Person:
    """The person, as remembered."""
    return Person("discord", str(seat.person.id))


async def answered(seat: Seat, message: Message) -> tuple[Message, Message]:
    """Wait for the text and the voice under a note."""
    text = await seat.wait_for(text=MEANING, reply_to=message)
    voice = await seat.wait_for(where=lambda m: m.voice, reply_to=message)
    return text, voice


@asynccontextmanager
async def home(
    server: DiscordServer,
    folder: Path,
    engines: Engines | None = None,
    /,
    *,
    additions: Additions | None = None,
    wire: Wire = QUICK,
    working_every_s: float = 4.0,
    patience_s: float = 0.3,
    **choices: Any,
) -> AsyncIterator[Home]:
    """Run the bot on fake engines."""
    engines = engines or Engines()
    own = {"token": server.token} | choices.pop("discord", {})
    chosen = await settings_for(folder, discord=own, **choices)
    async with AsyncExitStack() as stack:
        stores = Stores.of(
            await stack.enter_async_context(open_database(chosen.storage.path)), chosen
        )
        line = Pipeline(SPEC, decoding=engines, compute=engines, network=engines, cache=Memory())
        bounds = Bounds(
            chosen.desk.at_once, chosen.desk.per_person, chosen.desk.per_chat, chosen.desk.total
        )
        limits = AudioLimits(**chosen.limits.model_dump())
        enrolments = Enrolments(engines.studio, stores.voices) if engines.studio else None
        orders = Orders(stores, enrolments.languages) if enrolments else None
        interpret = Interpreter(line, stores, chosen, working_every_s, orders=orders).open
        desk = Desk(
            Reception(interpret, enrolments, stores, lambda: chosen.desk.timeout_s).open,
            stores.notes,
            bounds,
            limits,
            patience_s=patience_s,
        )
        commands = Commands(stores, chosen, desk, line.voices, enrolments)
        bot = Discord(
            chosen.discord,
            desk,
            commands,
            limit=lambda: limits.bytes,
            additions=additions,
            wire=wire,
        )
        before = len(server.gateway.identified)
        running = asyncio.create_task(bot.run())
        house = Home(server, engines, chosen, stores, desk, commands, bot, running, before)
        try:
            await house.connected()
            yield house
        finally:
            await house.down()
