"""Recorded speech over HTTP: the demo models, in a real worker, make text and voice of it."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import numpy as np
import pytest

from bot import app, messages
from bot.settings import Settings
from bot.stores import Stores
from pipeline.audio import decode, encode
from pipeline.errors import NoSpeechError
from pipeline.pipeline import Pipeline
from pipeline.specs import AudioLimits
from pipeline.types import Audio
from tests.integration.program import DEMO, NOTES
from tests.telegram.bot_api.chats import Seat
from tests.telegram.bot_api.ogg import ogg_opus
from tests.telegram.bot_api.server import BotApi
from tests.telegram.home import home
from tests.telegram.hooks import free_port, proxy

pytestmark = pytest.mark.slow


def real(settings: Settings, stores: Stores) -> AbstractAsyncContextManager[Pipeline]:
    return app.open_pipeline(settings, stores.translations, stores.speeches)


async def told(chat: Seat, expected: dict[str, str]) -> None:
    """Send a recorded note, and check the answer to the last sample."""
    data = await asyncio.to_thread((DEMO / "notes" / expected["file"]).read_bytes)
    sent = await chat.voice(data)
    text = await chat.wait_for(kind="text", reply_to=sent, timeout=40)
    assert expected["text"] in text.text
    assert expected["translation"] in text.text
    voice = await chat.wait_for(kind="voice", reply_to=sent, timeout=20)
    opus = ogg_opus(voice.data)
    assert opus is not None
    sound = await asyncio.to_thread(decode, voice.data, AudioLimits())
    assert abs(sound.seconds - voice.media["duration"]) <= 1
    assert sound.seconds > 0.5
    assert np.sqrt(np.mean(sound.samples**2)) > 0.01, "it can be heard"


async def test_recorded_notes_are_answered_over_polling(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path, pipeline=real):
        for expected in NOTES:
            await told(telegram.person(expected["file"]).private(), expected)


async def test_recorded_notes_are_answered_over_a_webhook(tmp_path: Path) -> None:
    port = free_port()
    async with BotApi.start() as telegram, proxy(port) as (public, certificate):
        webhook = {
            "url": f"https://127.0.0.1:{public}/updates",
            "secret": "secret-of-the-webhook",
            "port": port,
        }
        async with home(telegram, tmp_path, pipeline=real, telegram={"webhook": webhook}):
            assert telegram.world.webhook is not None
            telegram.world.webhook.certificate = certificate
            await told(telegram.person("Anna").private(), NOTES[0])


async def test_silence_ends_in_a_sentence(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path, pipeline=real):
        chat = telegram.person("Anna", language="vi").private()
        silence = await asyncio.to_thread(encode, Audio(np.zeros(32_000, np.float32), 16_000))
        sent = await chat.voice(silence.data)
        said = await chat.wait_for(reply_to=sent, timeout=40)
        assert said.text == messages.sentence(NoSpeechError(), "vi")
