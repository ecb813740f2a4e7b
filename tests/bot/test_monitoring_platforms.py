"""Whether platforms are connected, and how calls are heard, asked of the real ones over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.desk import Desk
from bot.health import CallWatch
from bot.messages import CATALOGUES
from bot.metrics import Metrics
from bot.monitoring import House, ask, open_monitoring, under_way
from bot.settings import Monitoring
from bot.stores import Stores
from bot.types import Platform
from storage.database import open_database
from tests.bot.probing import free_port, until
from tests.discord.calling import IMPATIENT, RATE, caption, room, voice
from tests.discord.server.talkers import Faults
from tests.discord.server.voice_listening import until as settled
from tests.telegram.bot_api.faults import bad_gateway
from tests.telegram.bot_api.server import BotApi
from tests.telegram.home import home

SEALED = Faults(undecryptable=1.0)
POOR = Faults(loss=0.4, seed=1)


@asynccontextmanager
async def watched(
    folder: Path, platform: Platform, desk: Desk, stores: Stores
) -> AsyncIterator[Monitoring]:
    """Monitor a platform; the database that is checked is another one."""
    settings = Monitoring(port=free_port())
    async with open_database(folder / "checked.db") as database:
        house = House(database, stores, desk, lambda: 0.0, (), (platform,), Metrics(()))
        async with open_monitoring(settings, house):
            yield settings


async def until_said(settings: Monitoring, *sentences: str) -> None:
    async def said() -> bool:
        return (await ask(settings, "en")).sentences == sentences

    await until(said, 20)


READY = CATALOGUES["en"]["health.ready"]


async def test_telegram_is_connected_while_it_answers(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as here:
        parts = (here.bot, here.desk, here.stores)
        async with watched(tmp_path, *parts) as settings:
            await until_said(settings, READY)
        telegram.faults.always("getMe", bad_gateway())
        async with watched(tmp_path, *parts) as settings:
            missing = CATALOGUES["en"]["health.platform"].format(platform="Telegram")
            await until_said(settings, missing)
        telegram.faults.clear()
        await here.bot.close()
        async with watched(tmp_path, *parts) as settings:
            await until_said(settings, missing)


async def test_discord_is_connected_while_its_gateway_is(tmp_path: Path) -> None:
    async with room(tmp_path) as there:
        parts = (there.bot, there.desk, there.stores)
        async with watched(tmp_path, *parts) as settings:
            await until_said(settings, READY)
        there.server.gateway.down = True
        there.server.gateway.cut()
        async with watched(tmp_path, *parts) as settings:
            missing = CATALOGUES["en"]["health.platform"].format(platform="Discord")
            await until_said(settings, missing)
        there.server.gateway.down = False


async def looked_at(watch: CallWatch) -> None:
    """Look as often as the health of a program does."""
    loop = asyncio.get_running_loop()
    while True:
        watch.look(loop.time())
        await asyncio.sleep(1)


async def test_what_is_heard_in_a_call_is_counted_and_stays_counted_when_it_is_over(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as there:
        watch = CallWatch(lambda: dict(under_way([there.bot])))
        anna = there.come_in(there.anna)
        await there.summon()
        await anna.say(voice("en-passport"), RATE)
        await there.until_shown(caption("en-passport"))
        watch.look(0)
        assert (watch.under_way, watch.people, watch.deaf) == (1, 1, 0)
        assert watch.frames.total["heard"] > 50
        heard = watch.frames.total["heard"]
        there.go(there.anna, anna)
        there.calls.by_server[there.guild.id].end("asked")
        await settled(lambda: not there.calls.by_server, 10)
        watch.look(1)
        assert (watch.under_way, watch.frames.total["heard"]) == (0, heard)


async def test_over_a_poor_line_the_share_that_is_lost_shows(tmp_path: Path) -> None:
    async with room(tmp_path) as there:
        watch = CallWatch(lambda: dict(under_way([there.bot])))
        anna = there.come_in(there.anna)
        await there.summon()
        looking = asyncio.create_task(looked_at(watch))
        try:
            for _ in range(3):
                await anna.say(voice("en-passport"), RATE, faults=POOR)
            await settled(lambda: watch.worst > 0, 5)
        finally:
            looking.cancel()
            await asyncio.wait({looking})
        assert watch.worst == pytest.approx(POOR.loss, abs=0.05)
        assert watch.frames.total["lost"] > 50


async def test_a_call_is_unwell_when_its_people_are_told_and_heals_with_it(tmp_path: Path) -> None:
    async with room(tmp_path) as there:
        watch = CallWatch(lambda: dict(under_way([there.bot])), IMPATIENT)
        looking = asyncio.create_task(looked_at(watch))
        try:
            anna = there.come_in(there.anna)
            await there.summon()
            for _ in range(8):
                await anna.say(voice("en-table"), RATE, faults=SEALED)
                if any("can't hear this call" in m.content for m in there.server.world.by_bot()):
                    break
            await there.until_shown("can't hear this call", 5)
            await settled(lambda: watch.deaf == 1, 5)
            assert watch.finding().fault == "calls"
            assert watch.frames.total["undecryptable"] > 50
            await there.voice.until_settled(there.server.bot.id)
            await anna.say(voice("en-passport"), RATE)
            await there.until_shown(caption("en-passport"), 20)
            await settled(lambda: watch.finding().ok, 5)
        finally:
            looking.cancel()
            await asyncio.wait({looking})
