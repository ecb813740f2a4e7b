"""The bot's life: it connects, outlasts what happens to the connection, keeps secrets, and ends."""

import asyncio
import logging
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot import logs, messages
from bot.discord.client import Additions, Discord
from bot.logs import JsonLine
from bot.settings import Discord as Settings
from bot.types import Address
from pipeline.errors import PlatformError, PlatformRefusedError, PlatformUnreachableError
from storage.types import Chat
from tests.discord.home import (
    MEANING,
    QUICK,
    Home,
    PaperCalls,
    answered,
    club,
    file,
    friend,
    home,
    note,
)
from tests.discord.server.events import Intent
from tests.discord.server.faults import DOWNLOAD, Drop, Refuse, rate_limited, server_error
from tests.discord.server.gateway import Gateway
from tests.discord.server.reaching import reaching
from tests.discord.server.server import DiscordServer
from tests.discord.server.voice_listening import until
from tests.telegram.home import Engines


def lone(token: str) -> Discord:
    """A bot that never comes as far as to use what it stands on."""
    unused: Any = Unused()
    return Discord(Settings(token=SecretStr(token)), unused, unused, limit=lambda: 1, wire=QUICK)


class Unused:
    """Commands that nobody uses."""

    def menu(self, _: str) -> tuple[()]:
        return ()


async def failure(bot: Discord) -> PlatformError:
    with pytest.raises(PlatformError) as raised:
        await bot.run()
    await bot.stop()
    await bot.close()
    return raised.value


async def ended(house: Home) -> PlatformError:
    """Wait for a bot that can't go on."""
    with pytest.raises(PlatformError) as raised:
        await asyncio.wait_for(asyncio.shield(house.running), 10)
    house.running = asyncio.create_task(asyncio.sleep(0))
    return raised.value


def whole(error: BaseException) -> str:
    """Everything that a traceback of the error shows."""
    return "".join(traceback.format_exception(error)) + repr(error)


async def test_a_voice_note_is_answered_with_text_and_then_with_a_voice(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path):
        chat = friend(server)
        text, voice = await answered(chat, chat.voice(note(), seconds=1))
        assert text.content == "-# English\n> Good night.\n-# Vietnamese\nChúc ngủ ngon."
        assert text.id < voice.id


async def test_it_asks_for_no_more_than_it_needs(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path):
        (asked,) = server.gateway.identified
        assert Intent(asked["intents"]) == (
            Intent.GUILDS
            | Intent.GUILD_VOICE_STATES
            | Intent.GUILD_MESSAGES
            | Intent.DIRECT_MESSAGES
            | Intent.MESSAGE_CONTENT
        )


async def test_stopping_leaves_no_task_and_no_connection(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with DiscordServer.start() as server:
        async with home(server, tmp_path):
            chat = friend(server)
            await answered(chat, chat.voice(note(), seconds=1))
        assert not server.gateway.lines
        ours = {task for task in asyncio.all_tasks() - before if "discord.py" in repr(task)}
        assert not ours
    assert asyncio.all_tasks() == before


async def test_a_note_that_is_being_answered_when_the_bot_stops_is_finished(tmp_path: Path) -> None:
    engines = Engines(gates={"speak": asyncio.Event()})
    async with DiscordServer.start() as server, home(server, tmp_path, engines) as house:
        chat = friend(server)
        sent = chat.voice(note(), seconds=1)
        await chat.wait_for(text=MEANING, reply_to=sent)
        await house.bot.stop()
        late = chat.voice(note(), seconds=1)
        await chat.wait_for(text="send this note again in a minute", reply_to=late)
        engines.gates["speak"].set()
        await chat.wait_for(where=lambda m: m.voice, reply_to=sent)


@pytest.mark.parametrize("token", ["canary", "cana\nry", "canarý", "canary" * 20])
async def test_a_wrong_token_ends_in_one_clear_sentence_without_it(token: str) -> None:
    async with DiscordServer.start():
        error = await failure(lone(token))
    assert isinstance(error, PlatformRefusedError)
    for locale in ("en", "vi"):
        said = messages.sentence(error, locale)
        assert "DRAGOMAN_DISCORD__TOKEN" in said
        assert "BotFather" not in said
    assert "cana" not in whole(error)


async def test_a_token_that_is_taken_back_ends_in_one_clear_sentence(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path) as house:
        server.gateway.close(4004)
        error = await ended(house)
        assert error.details["reason"] == "token.discord"


async def test_an_intent_that_is_taken_back_ends_in_one_clear_sentence(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path) as house:
        server.gateway.close(4014)
        error = await ended(house)
        assert isinstance(error, PlatformRefusedError)
        assert "Message Content Intent" in messages.sentence(error, "en")
        assert "Message Content Intent" in messages.sentence(error, "vi")


async def test_a_discord_that_is_not_there_is_asked_again_until_the_bot_is_stopped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = f"127.0.0.1:{taken.getsockname()[1]}"
        with reaching(f"http://{nowhere}/api", f"ws://{nowhere}/gateway/"):
            bot = lone("canary")
            running = asyncio.create_task(bot.run())
            await until(lambda: caplog.messages.count("platform not reached") > 1, 10)
            await bot.stop()
            await running
            await bot.close()
    assert "canary" not in caplog.text


async def test_a_discord_that_comes_late_is_served_from_then_on(tmp_path: Path) -> None:
    async with DiscordServer.start() as server:
        server.faults.add("Get Current User", Drop(processed=False), times=3)
        async with home(server, tmp_path):
            chat = friend(server)
            await answered(chat, chat.voice(note(), seconds=1))


def reconnect(gateway: Gateway) -> None:
    gateway.reconnect()


def cut(gateway: Gateway) -> None:
    gateway.cut()


def invalidate(gateway: Gateway) -> None:
    gateway.invalidate(resumable=True)


@pytest.mark.parametrize("happens", [reconnect, cut, invalidate])
async def test_what_is_sent_while_the_connection_is_gone_is_answered_once(
    tmp_path: Path, happens: Callable[[Gateway], None]
) -> None:
    async with DiscordServer.start() as server, home(server, tmp_path):
        chat = friend(server)
        await answered(chat, chat.voice(note(), seconds=1))
        happens(server.gateway)
        sent = chat.voice(note(), seconds=1)
        await answered(chat, sent)
        await chat.quiet()
        assert server.gateway.resumed
        assert len(chat.in_sight) == 4


async def test_what_is_to_be_told_waits_for_the_connection() -> None:
    async with DiscordServer.start() as server:
        chat = friend(server)
        address = Address(Chat("discord", str(chat.channel.id)), str(chat.say("/help").id))
        bot = lone(server.token)
        told = asyncio.create_task(bot.tell(address, "hello"))
        await asyncio.sleep(0.05)
        assert not told.done()
        await bot.close()
        with pytest.raises(PlatformUnreachableError):
            await told


async def test_calls_are_told_what_happens(tmp_path: Path) -> None:
    calls = PaperCalls()
    async with DiscordServer.start() as server:
        here = club(server)
        room = here.guild.voice("Call")
        async with home(server, tmp_path, additions=Additions(calls=calls)):
            assert await calls.heard("started") == [here.guild.id]
            here.anna.person.at(room).join()
            assert await calls.heard("voice_state") == (here.anna.person.id, None, room.id)
            server.gateway.forget()
            server.gateway.cut()
            here.guild.kick(server.bot)
            await asyncio.sleep(0)
        names = [name for name, _ in calls.told]
        assert names.count("started") == 1
        assert names[-2:] == ["stop", "close"]


async def everything_goes_wrong(server: DiscordServer, house: Home) -> None:
    here = club(server)
    for route in ("Create Message", DOWNLOAD, "Create Interaction Response"):
        for fault in (server_error(), Drop(processed=False), rate_limited(0.1)):
            server.faults.add(route, fault)
    sent = here.anna.say("canary-words translate", files=[file("canary-file.ogg")])
    await here.anna.quiet()
    here.anna.say("translate", reply_to=sent)
    await here.anna.wait_for(where=lambda m: m.voice, reply_to=sent, timeout=20)
    await here.anna.use("language", speak="canary-words").wait_for()
    card = await here.anna.use("glossary", term="canary-words").wait_for(timeout=20)
    await here.anna.press(card, "Add…").wait_for()
    form = await here.anna.press(card, "Type…").opened()
    await form.submit(line="canary-words = more canary-words").wait_for()
    refused = Refuse(400, 50035, "canary-words")
    server.faults.add("Create Message", refused, times=2, channel=here.channel.id)
    here.anna.say("translate", reply_to=sent)
    await here.anna.person.private().wait_for()
    house.engines.failures["hear"] = ValueError("canary-words")
    await here.anna.choose("Translate", sent).wait_for()
    server.gateway.cut()
    await here.anna.use("status").wait_for(timeout=20)


async def test_no_token_and_nothing_that_was_said_is_in_any_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", *logs.OURS):
        caplog.set_level(logging.DEBUG, logger=name)
    logging.getLogger("tests").debug("the capture works")
    async with DiscordServer.start() as server:
        engines = Engines(text="Canary-words were said.")
        async with home(server, tmp_path, engines) as house:
            try:
                await everything_goes_wrong(server, house)
            finally:
                server.faults.clear()
            seen = f"{vars(house.bot)!r}{house.bot!r}"
    assert "the capture works" in caplog.text
    line = JsonLine()
    tokens = [server.token, *(each.token for each in server.world.interactions)]
    for record in caplog.records:
        seen += line.format(record)
        raw = f"{vars(record)!r}{record.getMessage()}"
        raw += whole(record.exc_info[1]) if record.exc_info and record.exc_info[1] else ""
        assert not any(token in raw for token in tokens)
    ours = [record for record in caplog.records if record.name.startswith("bot.discord")]
    assert ours, "there is something to be seen"
    for canary in (*tokens, "canary-file", "/attachments/"):
        assert canary not in seen
    assert "canary-words" not in seen.lower()


async def test_no_token_and_no_address_of_a_file_is_kept(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        chat = friend(discord)
        await answered(chat, chat.voice(note(), seconds=1))
        addresses = [each.url for each in discord.world.files.values()]
    kept = await asyncio.to_thread(disk, tmp_path)
    assert str(chat.channel.id).encode() in kept, "the note itself was noted"
    for secret in (discord.token, *addresses, "attachments/"):
        assert secret.encode() not in kept


def disk(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


async def test_the_libraries_may_log_again_when_the_bot_is_gone(tmp_path: Path) -> None:
    libraries = [logging.getLogger(name) for name in ("discord", "aiohttp")]
    before = [(each.propagate, each.handlers[:]) for each in libraries]
    async with DiscordServer.start() as server, home(server, tmp_path):
        assert not any(each.propagate for each in libraries)
    assert [(each.propagate, each.handlers[:]) for each in libraries] == before
