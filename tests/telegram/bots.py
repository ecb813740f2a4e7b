"""Bots on the real python-telegram-bot, set up against the server of these tests."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    ReplyParameters,
    Update,
)
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)
from telegram.request import HTTPXRequest

from pipeline.audio import encode
from pipeline.types import Audio
from tests.telegram.bot_api.server import BotApi

App: TypeAlias = Application[Any, Any, Any, Any, Any, Any]
Context: TypeAlias = ContextTypes.DEFAULT_TYPE


@cache
def note(seconds: float = 1.0) -> bytes:
    """Ogg Opus, as phones record it."""
    times = np.arange(int(48_000 * seconds)) / 48_000
    return encode(Audio((0.3 * np.sin(2 * np.pi * 330 * times)).astype(np.float32), 48_000)).data


def request(read_timeout: float = 5.0) -> HTTPXRequest:
    return HTTPXRequest(connection_pool_size=8, read_timeout=read_timeout, connect_timeout=2)


@asynccontextmanager
async def bare(telegram: BotApi, *, token: str = "", patience: float = 5.0) -> AsyncIterator[Bot]:
    """A bot that calls methods and has no handlers."""
    bot = Bot(
        token or telegram.token,
        base_url=telegram.base_url,
        base_file_url=telegram.base_file_url,
        local_mode=telegram.world.local is not None,
        request=request(patience),
        get_updates_request=request(patience),
    )
    async with bot:
        yield bot


async def build(telegram: BotApi) -> App:
    """A bot with handlers for a command, a key, a text and whatever holds sound.

    The library looks at files while it is put together, which would block the loop.
    """
    return await asyncio.to_thread(_build, telegram)


def _build(telegram: BotApi) -> App:
    builder = ApplicationBuilder().token(telegram.token).job_queue(None)
    builder = builder.base_url(telegram.base_url).base_file_url(telegram.base_file_url)
    app = builder.concurrent_updates(8).request(request()).get_updates_request(request()).build()
    app.add_handler(CommandHandler("start", _start))
    app.add_handler(CallbackQueryHandler(_choose))
    sound = filters.VOICE | filters.AUDIO | filters.VIDEO_NOTE | filters.Document.ALL
    app.add_handler(MessageHandler(sound, _hear))
    app.add_handler(MessageHandler(filters.TEXT & filters.UpdateType.EDITED, _edited))
    app.add_handler(MessageHandler(filters.TEXT, _read))
    return app


@asynccontextmanager
async def polling(
    telegram: BotApi, on_error: Callable[[Any], None] | None = None
) -> AsyncIterator[App]:
    """Run the bot by long polling."""
    app = await build(telegram)
    async with app:
        await app.start()
        assert app.updater is not None
        await app.updater.start_polling(timeout=2, error_callback=on_error)
        try:
            yield app
        finally:
            await app.updater.stop()
            await app.stop()


async def _start(update: Update, _: Context) -> None:
    assert update.message is not None
    assert update.effective_user is not None
    key = InlineKeyboardButton("Tiếng Việt", callback_data="speak:vi")
    await update.message.reply_text(
        f"hello {update.effective_user.language_code}", reply_markup=InlineKeyboardMarkup([[key]])
    )


async def _choose(update: Update, _: Context) -> None:
    assert update.callback_query is not None
    await update.callback_query.answer("noted")
    await update.callback_query.edit_message_text(f"chosen {update.callback_query.data}")


async def _read(update: Update, _: Context) -> None:
    assert update.message is not None
    older = update.message.reply_to_message
    about = f" about {older.message_id}" if older and not older.forum_topic_created else ""
    await update.message.reply_text(f"read {update.message.text}{about}")


async def _edited(update: Update, _: Context) -> None:
    assert update.edited_message is not None
    await update.edited_message.reply_text(f"edited to {update.edited_message.text}")


async def _hear(update: Update, context: Context) -> None:
    message = update.message
    assert message is not None
    media = message.voice or message.audio or message.video_note or message.document
    assert media is not None
    await message.reply_chat_action("record_voice")
    data = bytes(await (await media.get_file()).download_as_bytearray())
    await context.bot.send_voice(
        message.chat_id,
        InputFile(io.BytesIO(data), "voice.ogg"),
        caption=f"heard {type(media).__name__} of {len(data)}",
        duration=3,
        reply_parameters=ReplyParameters(message.message_id),
        message_thread_id=message.message_thread_id if message.is_topic_message else None,
    )
