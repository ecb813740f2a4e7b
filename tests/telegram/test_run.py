"""``dragoman run`` with nothing but a token: a process of its own, real models, real signals."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.program import DEMO, NOTES, ROOT, surroundings
from tests.telegram.bot_api.server import BotApi

pytestmark = pytest.mark.slow

NOTE = NOTES[0]


@asynccontextmanager
async def dragoman(telegram: BotApi, folder: Path, token: str = "") -> AsyncIterator[Process]:
    """Run the program; kill it, should it be there at the end."""
    chosen = {
        "DRAGOMAN_PROFILE": "demo",
        "DRAGOMAN_TELEGRAM__TOKEN": token or telegram.token,
        "DRAGOMAN_TELEGRAM__API_URL": f"http://127.0.0.1:{telegram.port}",
        "DRAGOMAN_STORAGE__PATH": str(folder / "dragoman.db"),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run", "--verbose"),
        cwd=ROOT,
        env=surroundings() | chosen,
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


async def ended(process: Process, sent: signal.Signals | None = None) -> str:
    """Send the signal, wait for the end, and return the log."""
    if sent is not None:
        process.send_signal(sent)
    async with asyncio.timeout(40):
        _, log = await process.communicate()
    return log.decode()


async def test_one_token_is_all_it_takes(tmp_path: Path) -> None:
    data = await asyncio.to_thread((DEMO / "notes" / NOTE["file"]).read_bytes)
    async with BotApi.start() as telegram, dragoman(telegram, tmp_path) as process:
        chat = telegram.person("Anna", language="vi").private()
        sent = await chat.voice(data)
        await chat.wait_for(text=NOTE["translation"], reply_to=sent, timeout=40)
        await chat.wait_for(kind="voice", reply_to=sent, timeout=20)
        log = await ended(process, signal.SIGTERM)
        assert process.returncode == 0, log
        assert '"connected"' in log
        assert not telegram.updates.pending
    for canary in (telegram.token, NOTE["text"], NOTE["translation"], "Anna", "Traceback"):
        assert canary not in log


async def test_after_a_sudden_death_the_person_is_told_and_nothing_comes_twice(
    tmp_path: Path,
) -> None:
    data = await asyncio.to_thread((DEMO / "notes" / NOTE["file"]).read_bytes)
    async with BotApi.start() as telegram:
        chat = telegram.person("Anna", language="vi").private()
        async with dragoman(telegram, tmp_path) as process:
            sent = await chat.voice(data)
            await chat.wait_for_action("typing", timeout=40)
            os.killpg(process.pid, signal.SIGKILL)
            await process.communicate()
        async with dragoman(telegram, tmp_path) as process:
            (said,) = [await chat.wait_for(kind="text", reply_to=sent, timeout=40)]
            assert "gửi lại" in said.text
            again = await chat.voice(data)
            await chat.wait_for(text=NOTE["translation"], reply_to=again, timeout=40)
            await chat.wait_for(kind="voice", reply_to=again, timeout=20)
            await ended(process, signal.SIGTERM)
        kinds = [message.kind for message in chat.chat.from_bot]
        assert kinds == ["text", "text", "voice"]


async def test_a_wrong_token_is_one_sentence_and_a_failure(tmp_path: Path) -> None:
    token = "710000001:" + "x" * 35
    async with BotApi.start() as telegram, dragoman(telegram, tmp_path, token) as process:
        log = await ended(process)
        assert process.returncode == 1
        assert "@BotFather" in log.splitlines()[-1]
        assert token not in log
        assert "Traceback" not in log
