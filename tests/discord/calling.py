"""The whole bot with the demo models, in a call of the Discord of these tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
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
from bot.discord.client import Discord, Wire
from bot.interpreter import Interpreter
from bot.settings import Settings
from bot.stores import Stores
from pipeline import audio
from pipeline.pipeline import Pipeline
from pipeline.specs import AudioLimits
from pipeline.workers import ThreadWorker
from storage.database import open_database
from storage.types import Chat
from tests.discord.server.channels import Channel
from tests.discord.server.guilds import Guild
from tests.discord.server.messages import Message
from tests.discord.server.permissions import Permission
from tests.discord.server.seats import Seat
from tests.discord.server.server import DiscordServer
from tests.discord.server.talkers import Talker
from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_people import come_in, go
from tests.integration.program import DEMO, NOTES
from tests.pipeline.fake_stages import Memory
from tests.telegram.home import settings_for

RATE = 16_000
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


@dataclass
class Room:
    """A Discord server with a voice channel, and the bot."""

    server: DiscordServer
    voice: VoiceServer
    settings: Settings
    stores: Stores
    commands: Commands
    pipeline: Pipeline
    desk: Desk
    calls: Calls
    bot: Discord
    guild: Guild
    channel: Channel
    anna: Seat
    """Owns the server; her seat is the voice channel."""

    @property
    def chat(self) -> Chat:
        """The server, as it is remembered."""
        return Chat("discord", str(self.guild.id))

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
        notice = await self.until_shown("listening")
        await self.voice.until_settled(self.server.bot.id)
        return notice

    async def until_shown(self, words: str, seconds: float = 10) -> Message:
        """Wait for a message of the bot with the words, added ones included."""

        def found() -> Message | None:
            mine = [each for each in self.server.world.by_bot() if words in plain(each)]
            return mine[-1] if mine else None

        async with asyncio.timeout(seconds):
            while (message := found()) is None:  # noqa: ASYNC110 - edits ring no bell
                await asyncio.sleep(0.02)
        return message


def plain(message: Message) -> str:
    """What people read, without the signs that keep it from being markup."""
    return message.content.replace("\\", "")


@asynccontextmanager
async def room(folder: Path, **choices: Any) -> AsyncIterator[Room]:
    """Run the bot on the demo models."""
    async with AsyncExitStack() as stack:
        voices = await stack.enter_async_context(VoiceServer.start())
        server = await stack.enter_async_context(DiscordServer.start(voice=voices))
        own = {"token": server.token}
        chosen = await settings_for(folder, discord=own, **choices)
        spec = await asyncio.to_thread(app.pipeline_spec, chosen)
        worker = await stack.enter_async_context(
            ThreadWorker(name="compute", timeout_s=60, threads=1)
        )
        stores = Stores.of(
            await stack.enter_async_context(open_database(chosen.storage.path)), chosen
        )
        pipeline = Pipeline(spec, compute=worker, network=worker, cache=Memory())
        desk = Desk(Interpreter(pipeline, stores, chosen).open, stores.notes, Bounds(), spec.limits)
        commands = Commands(stores, chosen, desk, pipeline.voices)
        wire = Wire(
            first_pause_s=0.02,
            ready_s=0.05,
            connector=lambda: aiohttp.TCPConnector(ssl=voices.trusted),
        )
        calls = Calls(desk, commands, stores, chosen)
        bot = build(chosen, desk, commands, stores, calls, wire)
        anna = server.person("Anna")
        guild = server.guild("Club", owner=anna, bot=Permission.ADMINISTRATOR)
        channel = guild.voice("lounge")
        running = asyncio.create_task(bot.run())
        identified = server.gateway.identified
        await server.world.bell.until(lambda: bool(identified) or running.done(), 10)
        try:
            yield Room(
                server,
                voices,
                chosen,
                stores,
                commands,
                pipeline,
                desk,
                calls,
                bot,
                guild,
                channel,
                anna.at(channel),
            )
        finally:
            await bot.stop()
            await desk.drain(5)
            await bot.close()
            await running
