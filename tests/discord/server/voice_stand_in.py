"""The smallest text half there can be: it only tells an unpatched discord.Client where voice is."""

# ruff: noqa: SLF001 - it stands where discord.py's own gateway and login stand

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import aiohttp
import discord

from tests.discord.server.voice_door import Voice
from tests.discord.server.voice_gateway import VoiceServer

GUILD, CHANNEL, OTHER_CHANNEL, STAGE = 100, 101, 102, 103
BOT = 2**60 + 5


@dataclass(eq=False)
class StandIn:
    """What Discord's main gateway says about voice, and nothing more."""

    client: discord.Client
    state: Any = field(repr=False)
    """The client's, which its gateway keeps."""
    voice: Voice
    channel: int | None = None
    """Where the bot is."""
    session: str = ""
    answers_s: float = 0.01
    """How long an answer takes; discord.py misses one that comes before it begins to wait."""
    farewell_s: float = 0.1
    """How long it takes to confirm that the bot has left: longer than it takes to hang up.

    With 0 the news is there before the request has returned.
    """
    resumable: bool = False
    """Whether it says twice where voice is, so that discord.py gets as far as a resume."""
    _answered: float = 0.0
    """When the last answer comes, in the loop's time; the next one comes after it."""

    @property
    def guild(self) -> discord.Guild:
        """The server with two voice channels and a stage."""
        guild = self.client.get_guild(GUILD)
        assert guild is not None
        return guild

    async def join(
        self,
        channel: int = CHANNEL,
        *,
        timeout: float = 10,  # noqa: ASYNC109 - as discord.py has it
    ) -> discord.VoiceClient:
        """Connect as a bot does."""
        place = self.guild.get_channel(channel)
        assert isinstance(place, discord.VoiceChannel | discord.StageChannel)
        return await place.connect(timeout=timeout)

    async def voice_state(
        self,
        guild_id: int,
        channel_id: int | None,
        self_mute: bool = False,  # noqa: FBT001, FBT002 - called so by discord.py
        self_deaf: bool = False,  # noqa: FBT001, FBT002 - called so by discord.py
    ) -> None:
        """Do what the bot wishes: come in, move, or leave."""
        del guild_id, self_mute, self_deaf
        delay = self.answers_s if channel_id is not None else self.farewell_s
        if not delay:
            self._wish(channel_id)
            return
        loop = asyncio.get_running_loop()
        self._answered = max(loop.time() + delay, self._answered + self.answers_s)
        loop.call_at(self._answered, self._wish, channel_id)

    def _wish(self, channel: int | None) -> None:
        if channel is None:
            self.kick()
        elif channel != self.channel:
            self.move(channel)
        else:
            self._tell_state()
            if self.resumable:
                self._tell_server(self.voice.endpoint)
                self._tell_state()

    def move(self, channel: int) -> None:
        """Let the bot be in another channel."""
        self.session = self.session or token_hex(16)
        self.channel = channel
        self._tell_state()
        self.hand_over()

    def hand_over(self) -> None:
        """Give the bot a voice server, as at first or when the region changes."""
        self._token = token_hex(8)
        assert self.channel is not None
        self.voice.expect(
            GUILD, self.channel, BOT, self.session, self._token, stage=self.channel == STAGE
        )
        self._tell_server(self.voice.endpoint)

    def kick(self) -> None:
        """Put the bot out."""
        self.channel = None
        self._tell_state()
        self.session = ""
        self.voice.dismissed(GUILD, BOT)

    def _tell_state(self) -> None:
        self.state.parse_voice_state_update(
            {
                "guild_id": GUILD,
                "channel_id": self.channel,
                "user_id": BOT,
                "session_id": self.session,
                "deaf": False,
                "mute": False,
                "self_deaf": False,
                "self_mute": False,
                "self_video": False,
                "suppress": False,
                "request_to_speak_timestamp": None,
            }
        )

    def _tell_server(self, endpoint: str) -> None:
        self.state.parse_voice_server_update(
            {"guild_id": GUILD, "token": self._token, "endpoint": endpoint}
        )


@asynccontextmanager
async def standing_in(server: VoiceServer) -> AsyncIterator[StandIn]:
    """Run an unpatched client that has never heard of a text half."""
    client: Any = discord.Client(intents=discord.Intents(guilds=True, voice_states=True))
    await client._async_setup_hook()  # what login() does first
    state = client._connection
    state.user = discord.ClientUser(state=state, data=_BOT)
    state._add_guild(discord.Guild(data=_GUILD, state=state))
    client.ws = stand_in = StandIn(client, state, server)
    connector = aiohttp.TCPConnector(ssl=server.trusted)
    async with aiohttp.ClientSession(connector=connector) as client.http._HTTPClient__session:
        try:
            yield stand_in
        finally:
            for voice in client.voice_clients:
                await voice.disconnect(force=True)


_BOT: Any = {
    "id": BOT,
    "username": "dragoman",
    "discriminator": "0",
    "avatar": None,
    "bot": True,
}
_GUILD: Any = {
    "id": GUILD,
    "name": "Home",
    "owner_id": 1,
    "members": [
        {"user": _BOT, "roles": [], "joined_at": None, "deaf": False, "mute": False, "flags": 0}
    ],
    "channels": [
        {
            "id": number,
            "type": kind,
            "name": name,
            "position": 0,
            "bitrate": 64_000,
            "user_limit": 0,
            "permission_overwrites": [],
        }
        for number, kind, name in (
            (CHANNEL, 2, "Lounge"),
            (OTHER_CHANNEL, 2, "Kitchen"),
            (STAGE, 13, "Stage"),
        )
    ],
}
