"""The bot's life: it starts, takes updates by polling or webhook, keeps its secrets, and ends."""

import asyncio
import logging
import socket
import traceback
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from bot import messages
from bot.logs import JsonLine
from bot.settings import Telegram as TelegramSettings
from bot.settings import Webhook
from bot.telegram.client import Telegram
from bot.types import Address
from pipeline.errors import PlatformError, PlatformRefusedError, PlatformUnreachableError
from storage.types import Chat
from tests.discord.server.voice_listening import until
from tests.telegram.bot_api.faults import (
    DOWNLOAD,
    Drop,
    Refuse,
    Slow,
    bad_gateway,
    conflict,
    flood_wait,
    server_error,
)
from tests.telegram.bot_api.ogg import ogg_opus
from tests.telegram.bot_api.server import BotApi
from tests.telegram.bot_api.webhooks import SECRET_HEADER
from tests.telegram.bots import note
from tests.telegram.home import Engines, Home, home
from tests.telegram.hooks import free_port, proxy

SECRET = "canary-secret-of-the-webhook"  # noqa: S105 - opens nothing
MEANING = "Chúc ngủ ngon."


def lone(api_url: str, token: str) -> Telegram:
    """A bot that never comes as far as to use what it stands on."""
    settings = TelegramSettings(token=SecretStr(token), api_url=api_url)
    unused: Any = None
    return Telegram(settings, unused, unused, first_pause_s=0.01)


async def failure(bot: Telegram) -> PlatformError:
    with pytest.raises(PlatformError) as raised:
        await bot.run()
    await bot.stop()
    await bot.close()
    return raised.value


def whole(error: BaseException) -> str:
    """Everything that a traceback of the error shows."""
    return "".join(traceback.format_exception(error)) + repr(error)


async def test_a_voice_note_is_answered_with_text_and_then_with_a_voice(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        chat = telegram.person("Anna").private()
        sent = await chat.voice(note())
        text = await chat.wait_for(text=MEANING, reply_to=sent)
        voice = await chat.wait_for(kind="voice", reply_to=sent)
        assert "Good night." in text.text
        assert text.id < voice.id
        assert ogg_opus(voice.data) is not None
        assert voice.media["duration"] == 1


async def test_stopping_leaves_no_task_and_nothing_to_be_delivered_again(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with BotApi.start() as telegram:
        inside = asyncio.all_tasks()
        async with home(telegram, tmp_path):
            chat = telegram.person("Anna").private()
            await chat.wait_for(kind="voice", reply_to=await chat.voice(note()))
        assert not telegram.updates.pending
        assert {
            task for task in asyncio.all_tasks() - inside if "Server" not in repr(task)
        } == set()
        asked = len(telegram.calls_to("getUpdates"))
        await asyncio.sleep(0.2)
        assert len(telegram.calls_to("getUpdates")) == asked
    assert asyncio.all_tasks() == before


async def test_a_note_that_is_being_answered_when_the_bot_stops_is_finished(tmp_path: Path) -> None:
    engines = Engines(gates={"speak": asyncio.Event()})
    async with BotApi.start() as telegram:
        chat = telegram.person("Anna").private()
        async with home(telegram, tmp_path, engines) as house:
            sent = await chat.voice(note())
            await chat.wait_for(text=MEANING, reply_to=sent)
            await house.bot.stop()
            late = await chat.voice(note())
            engines.gates["speak"].set()
            await chat.wait_for(kind="voice", reply_to=sent)
            await chat.quiet()
        async with home(telegram, tmp_path):
            await chat.wait_for(kind="voice", reply_to=late)


async def test_a_short_conflict_is_waited_out(tmp_path: Path) -> None:
    async with BotApi.start() as telegram:
        telegram.faults.add("getUpdates", conflict(), times=3)
        async with home(telegram, tmp_path):
            chat = telegram.person("Anna").private()
            await chat.wait_for(text=MEANING, reply_to=await chat.voice(note()))


async def test_a_second_copy_of_the_bot_ends_in_one_clear_sentence(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        telegram.faults.always("getUpdates", conflict())
        await telegram.person("Anna").private().say("/help")
        with pytest.raises(PlatformRefusedError) as raised:
            await asyncio.wait_for(asyncio.shield(house.running), 10)
        assert "Another copy" in messages.sentence(raised.value, "en")
        telegram.faults.clear()
        house.running = asyncio.create_task(asyncio.sleep(0))


@pytest.mark.parametrize("token", [f"710000001:{'canary' * 6}"[:45], "canary", "a:b"])
async def test_a_wrong_token_ends_in_one_clear_sentence_without_it(token: str) -> None:
    async with BotApi.start() as telegram:
        error = await failure(lone(f"http://127.0.0.1:{telegram.port}", token))
    assert isinstance(error, PlatformRefusedError)
    for locale in ("en", "vi"):
        assert "@BotFather" in messages.sentence(error, locale)
    assert token not in whole(error)


async def test_a_server_that_is_not_there_is_asked_again_until_the_bot_is_stopped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        bot = lone(f"http://127.0.0.1:{taken.getsockname()[1]}", "1:canary")
        running = asyncio.create_task(bot.run())
        await until(lambda: caplog.messages.count("platform not reached") > 1, 10)
        await bot.stop()
        await running
        await bot.close()
    assert "canary" not in caplog.text


async def test_a_server_that_comes_late_is_served_from_then_on(tmp_path: Path) -> None:
    async with BotApi.start() as telegram:
        telegram.faults.add("getMe", bad_gateway(), times=10)
        async with home(telegram, tmp_path):
            chat = telegram.person("Anna").private()
            await chat.wait_for(text=MEANING, reply_to=await chat.voice(note()))


async def test_polling_goes_on_whatever_happens_to_it(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path, read_timeout_s=0.5):
        chat = telegram.person("Anna").private()
        for fault in (
            server_error(),
            bad_gateway(),
            Drop(processed=False),
            Drop(processed=True),
            flood_wait(1),
            Refuse(400, "Bad Request: something new"),
        ):
            telegram.faults.add("getUpdates", fault)
            await chat.wait_for(text=MEANING, reply_to=await chat.voice(note()))
        assert len([each for each in chat.chat.from_bot if each.kind == "voice"]) >= 5


async def test_what_is_to_be_told_waits_for_the_connection() -> None:
    async with BotApi.start() as telegram:
        chat = telegram.person("Anna").private()
        sent = await chat.say("/help")
        address = Address(Chat("telegram", str(chat.chat.id)), str(sent.id))
        bot = lone(f"http://127.0.0.1:{telegram.port}", telegram.token)
        told = asyncio.create_task(bot.tell(address, "hello"))
        await asyncio.sleep(0.05)
        assert not told.done()
        await bot.close()
        with pytest.raises(PlatformUnreachableError):
            await told


async def test_the_menu_is_no_reason_not_to_start(tmp_path: Path) -> None:
    async with BotApi.start() as telegram:
        telegram.faults.add("setMyCommands", Refuse(400, "Bad Request: BOT_COMMAND_INVALID"))
        async with home(telegram, tmp_path):
            chat = telegram.person("Anna").private()
            await chat.wait_for(text=MEANING, reply_to=await chat.voice(note()))


async def everything_goes_wrong(telegram: BotApi, house: Home) -> None:
    chat = telegram.person("Anna").private()
    for method in ("getFile", DOWNLOAD, "sendMessage", "sendVoice", "answerCallbackQuery"):
        for fault in (server_error(), bad_gateway(), Drop(processed=False), flood_wait(1)):
            telegram.faults.add(method, fault)
    telegram.faults.add("getUpdates", Refuse(200, "not JSON: canary-words", page=True))
    telegram.faults.add("sendChatAction", Slow(1))
    sent = await chat.document(note(), "canary-file.ogg", "audio/ogg", caption="canary-words")
    await chat.wait_for(kind="voice", reply_to=sent, timeout=30)
    await chat.say("/status canary-words")
    card = await chat.wait_for(where=lambda m: bool(m.buttons))
    await card.press("canary-words")
    await chat.wait_for(text="")
    telegram.faults.add("getFile", Refuse(400, "Bad Request: canary-words"))
    await chat.wait_for(reply_to=await chat.voice(note()))
    house.engines.failures["hear"] = ValueError("canary-words")
    await chat.wait_for(reply_to=await chat.voice(note()))


async def test_no_token_and_nothing_that_was_said_is_in_any_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("tests").debug("the capture works")
    async with BotApi.start() as telegram:
        engines = Engines(text="Canary-words were said.")
        async with home(telegram, tmp_path, engines) as house:
            try:
                await everything_goes_wrong(telegram, house)
            finally:
                telegram.faults.clear()
            seen = f"{vars(house.bot)!r}{house.bot!r}"
        assert "the capture works" in caplog.text
        line = JsonLine()
        for record in caplog.records:
            seen += line.format(record)
            raw = f"{vars(record)!r}{record.getMessage()}"
            raw += whole(record.exc_info[1]) if record.exc_info and record.exc_info[1] else ""
            assert telegram.token not in raw
        ours = [record for record in caplog.records if record.name.startswith("bot.telegram")]
        assert ours, "there is something to be seen"
        for canary in (telegram.token, telegram.token.partition(":")[2], "canary-file"):
            assert canary not in seen
        assert "canary-words" not in seen.lower()
        assert not any(call.leaks_token for call in telegram.calls)
        assert telegram.token not in str(telegram.world.webhook)


async def test_no_token_and_no_address_of_a_file_is_kept(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        chat = telegram.person("Anna").private()
        await chat.wait_for(kind="voice", reply_to=await chat.voice(note()))
    kept = await asyncio.to_thread(disk, tmp_path)
    assert str(chat.chat.id).encode() in kept, "the note itself was noted"
    paths = [call.parameters["path"] for call in telegram.calls_to("download")]
    assert paths
    for secret in (telegram.token, telegram.token.partition(":")[2], *paths):
        assert secret.encode() not in kept


def disk(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


async def test_the_libraries_may_log_again_when_the_bot_is_gone(tmp_path: Path) -> None:
    libraries = [logging.getLogger(name) for name in ("telegram", "httpx", "httpcore", "tornado")]
    before = [(each.propagate, each.handlers[:]) for each in libraries]
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        assert not any(each.propagate for each in libraries)
    assert [(each.propagate, each.handlers[:]) for each in libraries] == before


async def test_updates_come_by_webhook_behind_a_server_that_speaks_tls(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    port = free_port()
    async with BotApi.start() as telegram, proxy(port) as (public, certificate):
        url = f"https://127.0.0.1:{public}/dragoman/updates"
        webhook = {"url": url, "secret": SECRET, "port": port}
        async with home(telegram, tmp_path, telegram={"webhook": webhook}):
            assert telegram.world.webhook is not None
            telegram.world.webhook.certificate = certificate
            chat = telegram.person("Anna").private()
            await chat.wait_for(kind="voice", reply_to=await chat.voice(note()))
            async with ClientSession() as stranger:
                local = f"http://127.0.0.1:{port}/dragoman/updates"
                for headers in ({}, {SECRET_HEADER: "guess"}):
                    async with stranger.post(local, json={}, headers=headers) as response:
                        assert response.status == 403
                async with stranger.post(f"http://127.0.0.1:{port}/other", json={}) as response:
                    assert response.status == 404
            telegram.updates.redeliver()
            await telegram.updates.settled()
            await chat.quiet()
            assert not telegram.calls_to("getUpdates")
        assert telegram.token not in url
        assert SECRET not in caplog.text + str(caplog.records)
        # Back to polling, the webhook is taken down.
        async with home(telegram, tmp_path):
            await chat.wait_for(text=MEANING, reply_to=await chat.voice(note()))


async def test_a_note_that_came_by_webhook_is_finished_when_the_bot_stops(tmp_path: Path) -> None:
    port, engines = free_port(), Engines(gates={"speak": asyncio.Event()})
    async with BotApi.start() as telegram, proxy(port) as (public, certificate):
        webhook = {"url": f"https://127.0.0.1:{public}/x", "secret": SECRET, "port": port}
        chat = telegram.person("Anna").private()
        async with home(telegram, tmp_path, engines, telegram={"webhook": webhook}) as house:
            assert telegram.world.webhook is not None
            telegram.world.webhook.certificate = certificate
            sent = await chat.voice(note())
            await chat.wait_for(text=MEANING, reply_to=sent)
            await house.bot.stop()
            engines.gates["speak"].set()
            await chat.wait_for(kind="voice", reply_to=sent)


async def test_a_port_that_is_taken_ends_in_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with BotApi.start() as telegram:
            settings = TelegramSettings(
                token=SecretStr(telegram.token),
                api_url=f"http://127.0.0.1:{telegram.port}",
                webhook=Webhook(url="https://127.0.0.1/x", secret=SecretStr(SECRET), port=port),
            )
            async with home(telegram, tmp_path) as house:
                other = Telegram(settings, house.desk, house.commands, first_pause_s=0.01)
                with pytest.raises(Exception, match=r"telegram\.webhook\.port"):
                    await other.run()
                await other.close()
