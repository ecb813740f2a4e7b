"""Voice as the gateway tells it, and both halves of this Discord together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import discord
import pytest

from tests.discord.server.channels import Channel
from tests.discord.server.clients import READY_S, Quick, logged_in, running
from tests.discord.server.guilds import Guild
from tests.discord.server.people import Person
from tests.discord.server.permissions import Permission
from tests.discord.server.server import DiscordServer
from tests.discord.server.voice_gateway import VoiceServer


@dataclass
class Paper:
    """A voice door that writes down who was announced at it."""

    endpoint: str = "127.0.0.1:9"
    told: list[tuple[Any, ...]] = field(default_factory=list)

    def expect(
        self, guild: int, channel: int, user: int, session: str, token: str, *, stage: bool
    ) -> None:
        assert token
        self.told.append((guild, channel, user, session, stage))

    def dismissed(self, guild: int, user: int) -> None:
        self.told.append((guild, user))


class Listener(Quick):
    """Keeps what the gateway tells of voice."""

    def __init__(self, **options: Any) -> None:
        intents = discord.Intents(guilds=True, voice_states=True)
        super().__init__(intents=intents, guild_ready_timeout=READY_S, **options)
        self.moves: asyncio.Queue[str] = asyncio.Queue()

    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        places = [state.channel.name if state.channel else "-" for state in (before, after)]
        marks = [name for name in ("self_deaf", "self_mute", "suppress") if getattr(after, name)]
        self.moves.put_nowait(" ".join([member.display_name, *places, *marks]))

    async def next(self) -> str:
        async with asyncio.timeout(5):
            return await self.moves.get()


@dataclass
class House:
    """A server with two voice channels and a stage, its owner, and the bot."""

    server: DiscordServer
    guild: Guild
    lounge: Channel
    other: Channel
    stage: Channel
    anna: Person
    bot: Listener
    paper: Paper

    async def enter(self, channel: Channel | None, **state: bool) -> None:
        """Let the bot ask for a place, without a voice client."""
        guild = self.bot.get_guild(self.guild.id)
        assert guild is not None
        place = None if channel is None else discord.Object(channel.id)
        await guild.change_voice_state(channel=place, **state)


@asynccontextmanager
async def house(voice: VoiceServer | None = None, **options: Any) -> AsyncIterator[House]:
    paper = Paper()
    async with DiscordServer.start(voice=voice or paper) as server:
        anna = server.person("Anna")
        guild = server.guild("Club", owner=anna, bot=Permission.MUTE_MEMBERS)
        rooms = guild.voice("Lounge"), guild.voice("Other"), guild.stage("Hall")
        async with running(server, Listener(**options)) as bot:
            yield House(server, guild, *rooms, anna, bot, paper)


@asynccontextmanager
async def both() -> AsyncIterator[tuple[House, VoiceServer]]:
    """The text half and the real voice half."""
    async with VoiceServer.start() as voice:
        connector = aiohttp.TCPConnector(ssl=voice.trusted)
        async with house(voice, connector=connector) as here:
            yield here, voice


async def connect(here: House, channel: Channel, **options: Any) -> discord.VoiceClient:
    place = here.bot.get_channel(channel.id)
    assert isinstance(place, discord.VoiceChannel | discord.StageChannel)
    return await place.connect(**options)


async def test_people_are_seen_coming_changing_and_going() -> None:
    async with house() as here:
        call = here.anna.at(here.lounge).join(self_mute=True)
        assert await here.bot.next() == "Anna - Lounge self_mute"
        call.change(self_deaf=True)
        assert await here.bot.next() == "Anna Lounge Lounge self_deaf self_mute"
        call.change(self_deaf=False, self_mute=False)
        assert await here.bot.next() == "Anna Lounge Lounge"
        assert here.anna.at(here.other).join() is call
        assert await here.bot.next() == "Anna Lounge Other"
        here.anna.at(here.other).leave()
        assert await here.bot.next() == "Anna Other -"
        assert not here.guild.calls
        assert not here.paper.told


async def test_who_is_in_voice_already_is_known_from_the_start() -> None:
    async with DiscordServer.start() as server:
        anna = server.person("Anna")
        lounge = server.guild("Club", owner=anna).voice("Lounge")
        anna.at(lounge).join(self_deaf=True)
        async with running(server, Listener()) as bot:
            place = bot.get_channel(lounge.id)
            assert isinstance(place, discord.VoiceChannel)
            assert [member.display_name for member in place.members] == ["Anna"]
            state = place.members[0].voice
            assert state is not None
            assert state.self_deaf


async def test_the_voice_server_expects_the_bot_before_the_bot_is_told() -> None:
    async with house() as here:
        await here.enter(here.lounge, self_deaf=True)
        assert await here.bot.next() == "Dragoman - Lounge self_deaf"
        (session,) = here.server.gateway.sessions
        here_, bot = here.guild.id, here.server.bot.id
        assert here.paper.told == [(here_, here.lounge.id, bot, session, False)]
        await here.enter(here.lounge)
        assert await here.bot.next() == "Dragoman Lounge Lounge"
        assert len(here.paper.told) == 1
        await here.enter(here.stage)
        assert await here.bot.next() == "Dragoman Lounge Hall suppress"
        assert here.paper.told[1:] == [(here_, here.stage.id, bot, session, True)]
        await here.enter(None)
        assert await here.bot.next() == "Dragoman Hall -"
        assert here.paper.told[2:] == [(here_, bot)]


async def test_where_the_bot_may_not_come_in_nobody_answers() -> None:
    async with house() as here:
        here.lounge.overwrite(here.guild.everyone, deny=Permission.CONNECT)
        here.other.user_limit = 1
        here.anna.at(here.other).join()
        assert await here.bot.next() == "Anna - Other"
        text = here.guild.text("general")
        for channel in (here.lounge, here.other, text):
            await here.enter(channel)
        await here.enter(here.stage)
        assert await here.bot.next() == "Dragoman - Hall suppress"
        assert len(here.paper.told) == 1


async def test_a_person_who_may_not_come_in_stays_out() -> None:
    async with house() as here:
        binh = here.server.person("Bình")
        here.guild.join(binh)
        here.lounge.overwrite(binh, deny=Permission.VIEW_CHANNEL)
        with pytest.raises(AssertionError, match="may not enter Lounge"):
            binh.at(here.lounge).join()


@pytest.mark.parametrize("how", ["put out", "channel deleted", "kicked"])
async def test_a_bot_that_is_put_out_is_not_expected_any_more(how: str) -> None:
    async with house() as here:
        await here.enter(here.lounge)
        assert await here.bot.next() == "Dragoman - Lounge"
        call = here.guild.bot_call
        if how == "put out":
            call.end()
        elif how == "channel deleted":
            here.lounge.delete()
        else:
            here.guild.kick(here.server.bot)
        assert here.paper.told[-1] == (here.guild.id, here.server.bot.id)
        assert call.over
        assert not here.guild.calls


async def test_a_session_that_is_resumed_keeps_its_place_and_one_that_is_lost_does_not() -> None:
    async with house() as here:
        await here.enter(here.lounge)
        assert await here.bot.next() == "Dragoman - Lounge"
        here.server.gateway.cut()
        await here.server.world.bell.until(lambda: here.server.gateway.resumed == 1, 5)
        assert here.guild.call_of(here.server.bot)
        here.server.gateway.invalidate()
        assert not here.guild.calls
        assert here.paper.told[-1] == (here.guild.id, here.server.bot.id)


async def test_on_a_stage_the_bot_listens_until_it_may_speak() -> None:
    async with house() as here:
        await here.enter(here.stage)
        assert await here.bot.next() == "Dragoman - Hall suppress"
        guild = here.bot.get_guild(here.guild.id)
        assert guild is not None
        await guild.me.request_to_speak()
        call = here.guild.bot_call
        assert call.asked_to_speak == pytest.approx(datetime.now(UTC).timestamp(), abs=5)
        await guild.me.edit(suppress=False)
        assert not call.suppress
        here.stage.overwrite(here.guild.everyone, deny=Permission.REQUEST_TO_SPEAK)
        here.stage.overwrite(here.server.bot, deny=Permission.MUTE_MEMBERS)
        with pytest.raises(discord.Forbidden):
            await guild.me.edit(suppress=False)


async def test_a_voice_state_can_be_looked_up() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        anna = server.person("Anna")
        guild = server.guild("Club", owner=anna)
        anna.at(guild.voice("Lounge")).join(self_mute=True)
        known = await client.http.get_voice_state(guild.id, anna.id)
        assert known["self_mute"]
        with pytest.raises(discord.NotFound) as nowhere:
            await client.http.get_my_voice_state(guild.id)
        assert nowhere.value.code == 10065


async def test_without_a_voice_server_the_bot_waits_in_vain() -> None:
    async with house() as here:
        here.server.world.voice = None
        with pytest.raises(TimeoutError):
            await connect(here, here.lounge, timeout=0.1)


async def test_the_bot_comes_into_the_call_of_the_other_half_and_leaves_it() -> None:
    async with both() as (here, voice):
        client = await connect(here, here.lounge)
        session = await voice.until_settled(here.server.bot.id)
        assert session.admission.channel == here.lounge.id
        await client.disconnect()
        await here.server.world.bell.until(lambda: not here.guild.calls, 5)
        assert session.ended is not None


async def test_the_bot_follows_when_it_is_moved() -> None:
    async with both() as (here, voice):
        client = await connect(here, here.lounge)
        call = here.guild.bot_call
        call.move(here.other)
        await voice.bell.until(lambda: bool(voice.call(here.other.id).sessions), 5)
        await voice.until_settled(here.server.bot.id)
        async with asyncio.timeout(5):
            await asyncio.to_thread(client.wait_until_connected)
        assert client.channel.id == here.other.id
        assert not voice.call(here.lounge.id).sessions


async def test_the_bot_follows_to_another_region() -> None:
    async with both() as (here, voice), VoiceServer.start() as elsewhere:
        voice.trusted.load_verify_locations(cadata=elsewhere.authority)
        client = await connect(here, here.lounge)
        call = here.guild.bot_call
        call.hand_over(elsewhere)
        session = await elsewhere.until_settled(here.server.bot.id)
        assert session.admission.channel == here.lounge.id
        assert client.endpoint == elsewhere.endpoint
        assert [old.ended is not None for old in voice.past] == [True]


async def test_the_bot_notices_that_it_was_put_out() -> None:
    async with both() as (here, voice):
        client = await connect(here, here.lounge)
        await voice.until_settled(here.server.bot.id)
        call = here.guild.bot_call
        call.end()
        async with asyncio.timeout(5):
            while here.bot.voice_clients:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        assert not client.is_connected()
