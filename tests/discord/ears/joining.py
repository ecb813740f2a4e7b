"""How the bot of these tests comes into a channel."""

import discord

from bot.discord.ears.connection import Connection
from tests.discord.ears.hearing import Hearing
from tests.discord.server.voice_stand_in import CHANNEL, StandIn


async def join(discord_: StandIn, heard: Hearing, channel: int = CHANNEL) -> Connection:
    place = discord_.guild.get_channel(channel)
    assert isinstance(place, discord.VoiceChannel | discord.StageChannel)
    return await place.connect(cls=Connection.with_ears(heard.ears), timeout=10)
