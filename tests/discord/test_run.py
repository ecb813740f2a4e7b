"""``dragoman run`` with nothing but tokens: a process of its own, real models, real signals."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from tests.discord.calling import NOTE, RATE, caption, plain, voice
from tests.discord.home import club, friend
from tests.discord.server.messages import Message
from tests.discord.server.permissions import Permission
from tests.discord.server.server import TOKEN, DiscordServer
from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_listening import until
from tests.discord.server.voice_people import come_in
from tests.integration.program import DEMO, ROOT, surroundings
from tests.telegram.bot_api.server import BotApi

pytestmark = pytest.mark.slow

START_S = 30.0
"""On a busy machine: a process starts, and its models are loaded."""
GRACE_S = 20.0
"""As ``desk.grace_s`` is by default."""
SAID = "en-passport"
TEXT, MEANING = NOTE[SAID]["text"], NOTE[SAID]["translation"]


@asynccontextmanager
async def dragoman(
    discord: DiscordServer, folder: Path, authority: Path | None = None, /, **chosen: str
) -> AsyncIterator[Process]:
    """Run the program on this Discord; kill it, should it be there at the end.

    ``authority`` is what it trusts, and ``chosen`` its settings by their names in the environment.
    """
    settings = {"PROFILE": "demo", "STORAGE__PATH": str(folder / "dragoman.db"), **chosen}
    around = surroundings() | {f"DRAGOMAN_{name}": value for name, value in settings.items()}
    if authority is not None:
        around["SSL_CERT_FILE"] = str(authority)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.discord.program", discord.api, discord.world.gateway),
        *("run", "--verbose"),
        cwd=ROOT,
        env=around,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        process_group=0,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.communicate()


async def terminated(process: Process) -> str:
    """Send SIGTERM, see that all of it ends well and in time, and return the log."""
    family = await asyncio.to_thread(lambda: psutil.Process(process.pid).children(recursive=True))
    assert family, "the engines run in a process of their own"
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(GRACE_S):
        _, written = await process.communicate()
    _, alive = await asyncio.to_thread(psutil.wait_procs, family, timeout=5)
    assert not alive
    log = written.decode()
    assert process.returncode == 0, log
    lines = [json.loads(line) for line in log.splitlines()]
    assert lines[-1]["event"] == "stopped"
    assert not [line for line in lines if line["level"] == "error" or "exception" in line]
    return log


def recorded() -> bytes:
    return (DEMO / "notes" / f"{SAID}.ogg").read_bytes()


def told(log: str, *tokens: str) -> list[str]:
    """Return what a log tells of who was there, what was said, and these tokens."""
    return [each for each in (*tokens, TEXT, MEANING, "Anna", "lounge") if each in log]


async def online(discord: DiscordServer) -> None:
    """Wait until the bot is told of what is sent."""
    lines = discord.gateway.lines
    await discord.world.bell.until(lambda: any(line.session for line in lines), START_S)


@pytest.mark.parametrize("platforms", [{"telegram"}, {"telegram", "discord"}])
async def test_each_platform_with_a_token_is_served_and_no_other(
    tmp_path: Path, platforms: set[str]
) -> None:
    sound = await asyncio.to_thread(recorded)
    async with DiscordServer.start() as discord, BotApi.start() as telegram:
        chosen = {
            "TELEGRAM__TOKEN": telegram.token,
            "TELEGRAM__API_URL": f"http://127.0.0.1:{telegram.port}",
        }
        if "discord" in platforms:
            chosen["DISCORD__TOKEN"] = discord.token
        async with dragoman(discord, tmp_path, **chosen) as process:
            chat = telegram.person("Anna", language="vi").private()
            note = await chat.voice(sound)
            await chat.wait_for(text=MEANING, reply_to=note, timeout=START_S)
            await chat.wait_for(kind="voice", reply_to=note, timeout=START_S)
            if "discord" in platforms:
                await online(discord)
                seat = friend(discord)
                sent = seat.voice(sound, seconds=2.4)
                await seat.wait_for(text=MEANING, reply_to=sent, timeout=START_S)
                await seat.wait_for(where=lambda m: m.voice, reply_to=sent, timeout=START_S)
            log = await terminated(process)
        assert bool(discord.requests) is ("discord" in platforms)
        assert not telegram.updates.pending
    assert not told(log, discord.token, telegram.token)


async def test_a_call_is_left_in_order_and_come_back_to_after_a_restart(tmp_path: Path) -> None:
    authority, sound = tmp_path / "authority.pem", await asyncio.to_thread(voice, SAID)
    async with VoiceServer.start() as voices, DiscordServer.start(voice=voices) as discord:
        await asyncio.to_thread(authority.write_text, voices.authority)
        there = club(discord, bot=Permission.ADMINISTRATOR)
        anna = there.anna.person.at(there.guild.voice("lounge"))
        talker = come_in(anna, voices)

        async def shown(words: str) -> Message:
            return await anna.wait_for(where=lambda m: words in plain(m), timeout=START_S)

        async def interpreted() -> None:
            """Have the bot in the call, say something, and see and hear what it means."""
            await anna.use("join").wait_for(text="I am in", timeout=START_S)
            session = await voices.until_settled(discord.bot.id)
            await talker.say(sound, RATE)
            assert plain(await shown(TEXT)) == f"**Anna:** {caption(SAID)}"
            await until(lambda: bool(session.ears.speech), START_S)
            assert not session.ears.in_the_clear

        async with dragoman(discord, tmp_path, authority, DISCORD__TOKEN=discord.token) as process:
            await online(discord)
            seat = there.anna.person.private()
            sent = seat.voice(await asyncio.to_thread(recorded), seconds=2.4)
            await seat.wait_for(text=MEANING, reply_to=sent, timeout=START_S)
            await seat.wait_for(where=lambda m: m.voice, reply_to=sent, timeout=START_S)
            await interpreted()
            log = await terminated(process)
        assert there.guild.call_of(discord.bot) is None
        assert not discord.gateway.lines
        async with dragoman(discord, tmp_path, authority, DISCORD__TOKEN=discord.token) as process:
            await online(discord)
            await shown("I am listening")
            await interpreted()
            log += await terminated(process)
        assert log.count('"call joined"') == 2
    assert not told(log, discord.token)


async def test_a_wrong_token_is_one_sentence_and_a_failure(tmp_path: Path) -> None:
    token = TOKEN[::-1]
    async with (
        DiscordServer.start() as discord,
        dragoman(discord, tmp_path, DISCORD__TOKEN=token) as process,
    ):
        async with asyncio.timeout(START_S):
            _, written = await process.communicate()
    log = written.decode()
    assert process.returncode == 1
    assert "discord.com/developers/applications" in log.splitlines()[-1]
    assert token not in log
    assert "Traceback" not in log
