"""Both halves of our own Discord together: an unpatched discord.py comes in at the front door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import discord
import pytest

from tests.discord.server.channels import Channel
from tests.discord.server.clients import READY_S, running
from tests.discord.server.people import Person
from tests.discord.server.permissions import Permission
from tests.discord.server.seats import Seat
from tests.discord.server.server import DiscordServer
from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_listening import Listening, agreed, play, until
from tests.discord.server.voice_people import come_in, go
from tests.discord.server.voice_sounds import pitch, tone

IN_CALLS = Permission.VIEW_CHANNEL | Permission.CONNECT | Permission.SPEAK


@dataclass(eq=False)
class Club:
    """A server with a voice channel, in which Anna sits, and the bot's client."""

    voice: VoiceServer
    server: DiscordServer
    client: discord.Client
    lounge: Channel
    stage: Channel
    anna: Person

    @property
    def bot(self) -> int:
        return self.server.bot.id

    async def join(self, channel: Channel) -> discord.VoiceClient:
        place = self.client.get_channel(channel.id)
        assert isinstance(place, discord.VoiceChannel | discord.StageChannel)
        return await place.connect(timeout=10)

    def seat(self, channel: Channel) -> Seat:
        return self.anna.at(channel)


@pytest.fixture
async def club() -> AsyncIterator[Club]:
    async with VoiceServer.start() as voice, DiscordServer.start(voice=voice) as server:
        anna = server.person("Anna")
        guild = server.guild("Home", owner=anna, bot=IN_CALLS)
        rooms = guild.voice("Lounge"), guild.stage("Stage")
        async with _running(server, voice) as client:
            yield Club(voice, server, client, *rooms, anna)


@asynccontextmanager
async def _running(server: DiscordServer, voice: VoiceServer) -> AsyncIterator[discord.Client]:
    client = discord.Client(
        intents=discord.Intents(guilds=True, voice_states=True),
        connector=aiohttp.TCPConnector(ssl=voice.trusted),
        guild_ready_timeout=READY_S,
    )
    async with running(server, client):
        yield client


async def test_a_bot_and_a_person_hear_each_other(club: Club) -> None:
    seat = club.seat(club.lounge)
    anna = come_in(seat, club.voice)
    client = await club.join(club.lounge)
    session = await club.voice.until_settled(club.bot)
    await agreed(client, anna)
    listening = Listening(client, club.voice.call(club.lounge.id))
    assert [member.id for member in client.channel.members] == [club.anna.id, club.bot]
    await anna.say(tone(440, 0.3), 48_000)
    await until(lambda: len(listening.frames(anna)) == 20)
    assert pitch(listening.pcm(anna)) == pytest.approx(440, abs=5)
    await play(client, 880)
    await until(lambda: len(session.ears.speech) == 25)
    assert session.ears.in_the_clear == 0
    go(seat, anna)
    await until(lambda: [member.id for member in client.channel.members] == [club.bot])
    await client.disconnect()
    await until(lambda: club.voice.closed != [])
    assert session.ended is not None


async def test_a_bot_on_a_stage_needs_no_end_to_end_encryption(club: Club) -> None:
    anna = come_in(club.seat(club.stage), club.voice)
    client = await club.join(club.stage)
    listening = Listening(client, club.voice.call(club.stage.id))
    await anna.say(tone(440, 0.3), 48_000)
    await until(lambda: len(listening.frames(anna)) == 20)
    assert anna.member is None


async def test_a_bot_can_be_in_two_guilds_at_once(club: Club) -> None:
    other = club.server.guild("Away", owner=club.anna, bot=IN_CALLS)
    there = other.voice("Elsewhere")
    await until(lambda: club.client.get_channel(there.id) is not None)
    first, second = await club.join(club.lounge), await club.join(there)
    person = club.server.person("Bea")
    other.join(person)
    bea = come_in(person.at(there), club.voice)
    await club.voice.until_settled(club.bot, there.id)
    await agreed(second, bea)
    assert first.is_connected()
    ears = club.voice.session(club.bot, there.id).ears
    await play(second, 880, 0.2)
    await until(lambda: len(ears.speech) == 10)
    assert club.voice.session(club.bot, club.lounge.id).ears.frames == []
