"""What is repeated, what is not, and who waits with whom."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.ext import ExtBot

from bot.telegram.patience import ONCE, Patience
from tests.telegram.bot_api.chats import Seat
from tests.telegram.bot_api.faults import (
    Drop,
    Fault,
    Refuse,
    Slow,
    bad_gateway,
    flood_wait,
    server_error,
)
from tests.telegram.bot_api.server import BotApi
from tests.telegram.bots import note, request


@asynccontextmanager
async def patient(telegram: BotApi, patience_s: float = 5.0) -> AsyncIterator[ExtBot[int]]:
    bot = ExtBot(
        telegram.token,
        base_url=telegram.base_url,
        base_file_url=telegram.base_file_url,
        request=request(patience_s),
        get_updates_request=request(patience_s),
        rate_limiter=Patience(first_pause_s=0.02),
    )
    async with bot:
        yield bot


def met(telegram: BotApi, person: str = "Anna") -> Seat:
    chat = telegram.person(person).private()
    chat.chat.started = True
    return chat


@pytest.mark.parametrize("fault", [server_error(), bad_gateway(), flood_wait(1)])
@pytest.mark.parametrize("method", ["sendMessage", "sendVoice"])
async def test_what_was_certainly_not_done_is_done_once_in_the_end(
    method: str, fault: Fault
) -> None:
    async with BotApi.start() as telegram, patient(telegram) as bot:
        chat = met(telegram)
        telegram.faults.add(method, fault, times=2)
        if method == "sendMessage":
            await bot.send_message(chat.chat.id, "once")
        else:
            await bot.send_voice(chat.chat.id, note())
        assert len(chat.messages) == 1


@pytest.mark.parametrize("method", ["sendMessage", "sendVoice"])
async def test_a_connection_that_broke_is_tried_again(method: str) -> None:
    async with BotApi.start() as telegram, patient(telegram) as bot:
        chat = met(telegram)
        telegram.faults.add(method, Drop(processed=False), times=2)
        if method == "sendMessage":
            await bot.send_message(chat.chat.id, "once")
        else:
            await bot.send_voice(chat.chat.id, note())
        assert len(chat.messages) == 1


async def test_a_chat_is_never_flooded_by_broken_connections() -> None:
    async with BotApi.start() as telegram, patient(telegram) as bot:
        chat = met(telegram)
        telegram.faults.always("sendMessage", Drop(processed=True))
        with pytest.raises(NetworkError):
            await bot.send_message(chat.chat.id, "again")
        assert len(chat.messages) == 3
        telegram.faults.clear()


async def test_a_voice_is_not_sent_again_after_a_silence() -> None:
    async with BotApi.start() as telegram, patient(telegram, patience_s=0.3) as bot:
        chat = met(telegram)
        telegram.faults.add("sendVoice", Slow(0.6))
        with pytest.raises(TimedOut):
            await bot.send_voice(chat.chat.id, note())
        await asyncio.sleep(0.8)
        assert len(telegram.calls_to("sendVoice")) == 1
        assert len(chat.messages) == 1


async def test_a_text_is_sent_again_after_a_silence() -> None:
    async with BotApi.start() as telegram, patient(telegram, patience_s=0.3) as bot:
        chat = met(telegram)
        telegram.faults.add("sendMessage", Slow(5))
        await bot.send_message(chat.chat.id, "hello")
        assert len(chat.messages) == 1


async def test_what_changes_nothing_when_done_twice_is_repeated_however_it_failed() -> None:
    async with BotApi.start() as telegram, patient(telegram, patience_s=0.3) as bot:
        chat = met(telegram)
        sent = await bot.send_message(chat.chat.id, "one")
        for fault in (Drop(processed=False), Slow(1, processed=False), server_error()):
            telegram.faults.add("editMessageText", fault)
        await bot.edit_message_text("two", chat.chat.id, sent.message_id)
        assert chat.messages[0].text == "two"


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (Refuse(400, "Bad Request: chat not found"), BadRequest),
        (Refuse(403, "Forbidden: bot was blocked by the user"), TelegramError),
        (flood_wait(100_000), RetryAfter),
    ],
)
async def test_a_refusal_is_believed_at_once(fault: Fault, seen: type[TelegramError]) -> None:
    async with BotApi.start() as telegram, patient(telegram) as bot:
        telegram.faults.add("sendMessage", fault)
        with pytest.raises(seen):
            await bot.send_message(met(telegram).chat.id, "hello")
        assert len(telegram.calls_to("sendMessage")) == 1


async def test_what_is_not_worth_it_is_tried_once() -> None:
    async with BotApi.start() as telegram, patient(telegram) as bot:
        telegram.faults.add("sendChatAction", server_error())
        with pytest.raises(NetworkError):
            await bot.send_chat_action(met(telegram).chat.id, "typing", rate_limit_args=ONCE)
        assert len(telegram.calls_to("sendChatAction")) == 1


async def test_a_flooded_chat_does_not_hold_the_others() -> None:
    async with BotApi.start() as telegram, patient(telegram) as bot:
        anna, binh = met(telegram, "Anna"), met(telegram, "Bình")
        telegram.faults.add("sendMessage", flood_wait(2), chat=anna.chat.id)
        slow = asyncio.create_task(bot.send_message(anna.chat.id, "hello"))
        await asyncio.sleep(0.2)
        began = time.monotonic()
        also_slow = asyncio.create_task(bot.send_message(anna.chat.id, "second"))
        await bot.send_message(binh.chat.id, "hello")
        assert time.monotonic() - began < 1
        assert not anna.messages
        await asyncio.gather(slow, also_slow)
        assert len(telegram.calls_to("sendMessage")) == 4, "the second waited without asking"


async def test_chat_actions_do_not_use_up_a_groups_messages() -> None:
    async with BotApi.start() as telegram, patient(telegram) as bot:
        group = telegram.group("Family", creator=telegram.person("Anna"))
        async with asyncio.timeout(5):
            for _ in range(25):
                await bot.send_chat_action(group.id, "typing")
            await bot.send_message(group.id, "hello")
