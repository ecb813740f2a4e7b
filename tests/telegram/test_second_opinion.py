"""The same handlers under somebody else's idea of Telegram: tg-auto-test, in this process.

It knows one private chat, checks no limits and speaks no HTTP; what it is for is that a misreading
of the Bot API on our side can't hide in a server of our own.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from telegram import Update
from telegram.ext import TypeHandler

from bot.commands import Commands
from bot.desk import Bounds, Desk
from bot.interpreter import Interpreter
from bot.stores import Stores
from bot.telegram.commands import Cards
from bot.telegram.intake import Messages
from bot.telegram.outbox import Outbox
from bot.telegram.patience import Patience
from bot.telegram.recordings import Downloads
from bot.telegram.updates import Updates
from pipeline.pipeline import Pipeline
from pipeline.specs import AudioLimits
from storage.database import open_database
from tests.pipeline.fake_stages import SPEC, Memory
from tests.telegram.bots import note
from tests.telegram.home import Engines, settings_for

serverless = pytest.importorskip(
    "tg_auto_test.test_utils.serverless_telegram_client",
    reason="tg-auto-test declares Python 3.12; on 3.11: pip install --ignore-requires-python",
)


@asynccontextmanager
async def talking(folder: Path) -> AsyncIterator[Any]:
    engines = Engines()
    settings = await settings_for(folder)
    async with open_database(settings.storage.path) as database:
        stores = Stores.of(database, settings)
        line = Pipeline(SPEC, decoding=engines, compute=engines, network=engines, cache=Memory())
        desk = Desk(Interpreter(line, stores, settings).open, stores.notes, Bounds(), AudioLimits())
        commands = Commands(stores, settings, desk, line.voices)

        def build(builder: Any) -> Any:
            patience = Patience(first_pause_s=0.01)
            app = builder.rate_limiter(patience).job_queue(None).build()
            outbox, clock = Outbox(app.bot), time.monotonic
            downloads = Downloads(app.bot, patience, local=False)
            cards = Cards(app.bot, outbox, commands, clock)
            incoming = Messages(app.bot, outbox, downloads, cards, desk, commands, clock)
            updates = Updates(outbox, incoming, cards)

            async def handle(update: Update, _: Any) -> None:
                await updates.handle(update)

            app.add_handler(TypeHandler(Update, handle))
            return app

        client = await asyncio.to_thread(serverless.ServerlessTelegramClient, build)
        await client.connect()
        async with client.conversation("bot", timeout=10) as conversation:
            yield conversation
        await desk.drain(5)
        await client.disconnect()


async def test_a_voice_note_is_answered_with_text_and_voice(tmp_path: Path) -> None:
    async with talking(tmp_path) as chat:
        await chat.send_file(note(), voice_note=True)
        text = await chat.get_response()
        assert "Good night." in text.text
        assert "Chúc ngủ ngon." in text.text
        voice = await chat.get_response()
        assert voice.voice
        assert await voice.download_media(file=bytes) == note()


async def test_a_first_use_takes_three_taps(tmp_path: Path) -> None:
    async with talking(tmp_path) as chat:
        await chat.send_message("/start")
        card = await chat.get_response()
        for _ in range(3):
            await card.click(0)
            card = await chat.get_edit()
        assert "/language" in card.text


async def test_what_is_known_is_given_as_a_file(tmp_path: Path) -> None:
    async with talking(tmp_path) as chat:
        await chat.send_message("/mydata")
        card = await chat.get_response()
        await card.click(0)
        file = await chat.get_response()
        assert json.loads(await file.download_media(file=bytes))["accounts"] == [
            {"platform": "telegram", "id": "9001"}
        ]


async def test_a_language_is_found_by_typing_its_name(tmp_path: Path) -> None:
    async with talking(tmp_path) as chat:
        await chat.send_message("/language")
        card = await chat.get_response()
        await card.click(0)
        await chat.get_edit()
        await chat.send_message("Tiếng Việt")
        assert "Vietnamese" in (await chat.get_response()).text
