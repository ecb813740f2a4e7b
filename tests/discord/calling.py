"""The whole bot with the demo models, in a call of the Discord of these tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from numpy.typing import NDArray

from bot import app
from bot.commands import Commands
from bot.desk import Bounds, Desk
from bot.discord.building import build
from bot.discord.calls.calls import Calls
from bot.discord.client import Wire
from bot.discord.ears.watchdog import WatchLimits
from bot.interpreter import Interpreter
from bot.reloading import Live
from bot.settings import Settings
from bot.stores import Stores
from pipeline import audio
from pipeline.pipeline import Pipeline
from pipeline.specs import AudioLimits
from pipeline.workers import ThreadWorker
from storage.database import open_database
from storage.types import Chat
from tests.discord.server.messages import Message
from tests.discord.server.permissions import Permission
from tests.discord.server.seats import Seat
from tests.discord.server.server import DiscordServer
from tests.discord.server.talkers import Talker
from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_listening import until
from tests.discord.server.voice_people import come_in, go
from tests.integration.program import DEMO, NOTES
from tests.pipeline.fake_stages import Memory
from tests.telegram.home import settings_for

RATE = 16_000
IMPATIENT = WatchLimits(
    cut_s=3, sealed_s=1, outside_s=3, pending_s=2, rekeys=1, rejoins=1, rekey_s=1, rejoin_s=1
)
NOTE = {each["file"].removesuffix(".ogg"): each for each in NOTES}
"""What is said in the bundled notes: ``language``, ``text`` and ``translation``, by name."""


def voice(name: str) -> NDArray[np.float32]:
    """The sound of a bundled note, shape ``(n,)`` at 16 kHz."""
    path = DEMO / "notes" / f"{name}.ogg"
    return audio.decode(path, AudioLimits()).samples


def caption(name: str) -> str:
    """How the note stands in a caption."""
    note = NOTE[name]
    return f"{note['text']} → {note['translation']}"


class Room:
    """A Discord server with a voice channel, and the bot, which may go down and come up again."""

    def __init__(
        self, server: DiscordServer, voice: VoiceServer, settings: Settings, pipeline: Pipeline
    ) -> None:
        self.server = server
        self.voice = voice
        self.pipeline = pipeline
        self.settings = settings
        self.live = Live(settings)
        """What holds now."""
        person = server.person("Anna")
        self.guild = server.guild("Club", owner=person, bot=Permission.ADMINISTRATOR)
        self.channel = self.guild.voice("lounge")
        self.anna = person.at(self.channel)
        """Owns the server; her seat is the voice channel."""

    @property
    def chat(self) -> Chat:
        """The server, as it is remembered."""
        return Chat("discord", str(self.guild.id))

    async def up(self) -> None:
        """Start the bot."""
        self._stack = AsyncExitStack()
        chosen, pipeline = self.settings, self.pipeline
        database = await self._stack.enter_async_context(open_database(chosen.storage.path))
        self.stores = Stores.of(database, chosen)
        self.desk = Desk(
            Interpreter(pipeline, self.stores, chosen).open,
            self.stores.notes,
            Bounds(),
            AudioLimits(),
        )
        commands = Commands(self.stores, chosen, self.desk, pipeline.voices)
        self.calls = Calls(self.desk, commands, self.stores, self.live, IMPATIENT)
        wire = Wire(0.02, 0.05, lambda: aiohttp.TCPConnector(ssl=self.voice.trusted))
        self.bot = build(self.live, self.desk, commands, self.stores, self.calls, wire)
        identified = self.server.gateway.identified
        before = len(identified)
        self._running = asyncio.create_task(self.bot.run())
        await self.server.world.bell.until(
            lambda: len(identified) > before or self._running.done(), 10
        )
        await self.calls.ready.wait()

    async def down(self) -> None:
        """Stop it as ``dragoman run`` stops."""
        await self.bot.stop()
        await self.desk.drain(5)
        await self.bot.close()
        await self._running
        await self._stack.aclose()

    def member(self, name: str) -> Seat:
        """Let somebody in."""
        person = self.server.person(name)
        self.guild.join(person)
        return person.at(self.channel)

    def come_in(self, seat: Seat, **facts: Any) -> Talker:
        """Let somebody into the voice channel."""
        return come_in(seat, self.voice, **facts)

    def go(self, seat: Seat, talker: Talker) -> None:
        """Let somebody leave it."""
        go(seat, talker)

    def is_heard(self, seat: Seat) -> bool:
        """Whether the bot listens to this person."""
        call = self.calls.by_server.get(self.guild.id)
        return call is not None and call.is_heard(seat.person.id)

    async def summon(self) -> Message:
        """Have Anna, who must be in the channel, call the bot; return the notice."""
        self.anna.use("join")
        notice = await self.until_shown("I am listening")
        await self.voice.until_settled(self.server.bot.id)
        await until(lambda: self.guild.id in self.calls.by_server)
        return notice

    async def until_shown(self, words: str, seconds: float = 10, *, times: int = 1) -> Message:
        """Wait until so many messages of the bot hold the words; return the last."""

        def found() -> list[Message]:
            return [each for each in self.server.world.by_bot() if words in plain(each)]

        await self.server.world.bell.until(lambda: len(found()) >= times, seconds)
        return found()[-1]


def plain(message: Message) -> str:
    """What people read, without the signs that keep it from being markup."""
    return message.content.replace("\\", "")


@asynccontextmanager
async def room(folder: Path, **choices: Any) -> AsyncIterator[Room]:
    """Run the bot on the demo models."""
    async with AsyncExitStack() as stack:
        voices = await stack.enter_async_context(VoiceServer.start())
        server = await stack.enter_async_context(DiscordServer.start(voice=voices))
        chosen = await settings_for(folder, discord={"token": server.token}, **choices)
        spec = await asyncio.to_thread(app.pipeline_spec, chosen)
        worker = await stack.enter_async_context(
            ThreadWorker(name="compute", timeout_s=60, threads=1)
        )
        pipeline = Pipeline(spec, decoding=worker, compute=worker, network=worker, cache=Memory())
        there = Room(server, voices, chosen, pipeline)
        await there.up()
        try:
            yield there
        finally:
            await there.down()
