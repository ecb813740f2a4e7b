"""A real Prometheus reads a running bot: what is shown and watched has data, and means it."""

import asyncio
import json
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.bot.probing import free_port, until
from tests.integration.program import DEMO, NOTES, ROOT, surroundings

OPS = ROOT / "ops"
NOTE = DEMO / "notes" / NOTES[0]["file"]
PROMETHEUS = shutil.which("prometheus")
PANELS = json.loads((OPS / "dashboard.json").read_text("utf-8"))["panels"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel.get("targets", ())]
EMPTY = (
    "dragoman_eased_notes_total",
    "dragoman_time_to_own_voice_seconds",
    "dragoman_own_voice_clips_total",
    "dragoman_own_voice_making_seconds_total",
)
"""Nobody has had to wait or ordered a clip in their own voice: no label has a value yet."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        PROMETHEUS is None, reason="Prometheus is not installed: apt install prometheus"
    ),
]


@asynccontextmanager
async def started(*command: object, **surrounding: str) -> AsyncIterator[Process]:
    """Run a program; kill it, should it be there at the end."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=ROOT,
        env=surroundings() | surrounding,
        stdin=PIPE,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def configure(folder: Path, bot: int) -> Path:
    """Write the shipped configuration with this bot in it, and in a hurry."""
    shipped = (OPS / "prometheus.yml").read_text("utf-8")
    assert "dragoman:9464" in shipped
    chosen = shipped.replace("dragoman:9464", f"127.0.0.1:{bot}").replace(": 15s", ": 1s")
    shutil.copy(OPS / "alerts.yml", folder)
    file = folder / "prometheus.yml"
    file.write_text(chosen, "utf-8")
    return file


class Reader:
    """Asks Prometheus."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self._address = f"http://127.0.0.1:{port}/api/v1"
        self._session = session

    async def ask(self, what: str, **parameters: str) -> Any:
        async with self._session.get(f"{self._address}/{what}", params=parameters) as answer:
            told = await answer.json()
            assert told["status"] == "success", (parameters, told)
            return told["data"]

    async def values(self, expression: str) -> list[float]:
        """Return the value of every series that the expression has now."""
        result = (await self.ask("query", query=expression))["result"]
        return [float(each["value"][1]) for each in result]

    async def has(self, expression: str) -> bool:
        try:
            return bool(await self.values(expression))
        except aiohttp.ClientError:
            return False

    async def rules(self) -> dict[str, dict[str, Any]]:
        (group,) = (await self.ask("rules"))["groups"]
        return {rule["name"]: rule for rule in group["rules"]}


@asynccontextmanager
async def scraped(folder: Path) -> AsyncIterator[tuple[Process, Reader]]:
    """A bot that answers two notes, and a Prometheus that has read it before and after."""
    bot, web = free_port(), free_port()
    config = await asyncio.to_thread(configure, folder, bot)
    paper = (sys.executable, "-m", "tests.integration.paper_platform", folder / "d.db", 5)
    prometheus = (
        *(PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}"),
        f"--web.listen-address=127.0.0.1:{web}",
    )
    async with (
        aiohttp.ClientSession() as session,
        started(*paper, DRAGOMAN_MONITORING__PORT=str(bot)) as process,
        started(*prometheus),
    ):
        reader = Reader(web, session)
        await until(lambda: reader.has("dragoman_healthy == 1"), 30)
        assert process.stdin is not None
        for number in range(2):
            process.stdin.write(f"{NOTE}#{number}\n".encode())
        await until(lambda: reader.has('dragoman_notes_total{outcome="done"} == 2'), 30)
        await until(lambda: reader.has("count_over_time(dragoman_notes_total[1m]) > 2"), 10)
        yield process, reader


async def test_every_panel_and_every_alert_has_what_it_asks_for(tmp_path: Path) -> None:
    async with scraped(tmp_path) as (process, reader):
        assert await reader.values('up{job="dragoman"}') == [1]
        for expression in EXPRESSIONS:
            asked = expression.replace("$instance", ".*").replace("$__rate_interval", "1m")
            values = await reader.values(asked)
            expected = not any(name in expression for name in EMPTY)
            assert bool(values) is expected, (asked, values)
        assert await reader.values("sum(dragoman_time_to_text_seconds_count)") == [2]
        assert await reader.values("dragoman_worker_resident_memory_bytes > 5e7")
        rules = await reader.rules()
        assert {each["health"] for each in rules.values()} == {"ok"}
        assert {each["state"] for each in rules.values()} == {"inactive"}
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0

        async def noticed() -> bool:
            return bool((await reader.rules())["DragomanDown"]["state"] == "pending")

        await until(noticed, 15)


async def test_a_bot_that_hangs_is_down_and_not_merely_silent(tmp_path: Path) -> None:
    async with scraped(tmp_path) as (process, reader):
        process.send_signal(signal.SIGSTOP)
        try:
            await until(lambda: reader.has('up{job="dragoman"} == 0'), 20)
        finally:
            process.send_signal(signal.SIGCONT)
        await until(lambda: reader.has('up{job="dragoman"} == 1'), 20)
