"""Discord's voice half, a bot without a text half, and its ears."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.discord.ears import opus
from bot.discord.ears.ears import Ears
from tests.discord.ears.hearing import Hearing, loud_segmenter
from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_stand_in import StandIn, standing_in


@pytest.fixture
async def server() -> AsyncIterator[VoiceServer]:
    async with VoiceServer.start() as server:
        yield server


@pytest.fixture
async def discord_(server: VoiceServer) -> AsyncIterator[StandIn]:
    async with standing_in(server) as stand_in:
        yield stand_in


@pytest.fixture
async def heard() -> AsyncIterator[Hearing]:
    refused: set[int] = set()
    ears = Ears(
        asyncio.get_running_loop(),
        segmenter=loud_segmenter,
        on_event=lambda user, event: hearing.events[user].append(event),
        admitted=lambda user: user not in refused,
    )
    hearing = Hearing(ears, refused)
    await asyncio.to_thread(opus.load)
    ears.start()
    yield hearing
    await ears.close()
