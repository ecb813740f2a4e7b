"""A deaf call over the wire: it heals by itself, or says that it can't."""

# ruff: noqa: SLF001 - a task of discord.py is killed here

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from bot.discord.ears.connection import Connection
from bot.discord.ears.stats import CallStats
from bot.discord.ears.watchdog import Facts, Judge, Watchdog, WatchLimits
from tests.discord.ears.hearing import Hearing
from tests.discord.ears.joining import join
from tests.discord.server.talkers import Talker
from tests.discord.server.voice_gateway import VoiceServer
from tests.discord.server.voice_listening import agreed, until
from tests.discord.server.voice_protocol import Close, Op
from tests.discord.server.voice_sounds import tone
from tests.discord.server.voice_stand_in import BOT, CHANNEL, StandIn

ALICE, BOB = 11, 12
HASTY = WatchLimits(cut_s=1.5, away_s=3.0, outside_s=1.0, pending_s=0.5, rekey_s=0.5, rejoin_s=1.0)


@dataclass
class Owner:
    """Who keeps a connection to the channel."""

    discord_: StandIn
    heard: Hearing
    connection: Connection
    done: list[str] = field(default_factory=list)

    def look(self) -> tuple[CallStats, Facts]:
        return self.heard.ears.stats(), self.connection.facts()

    async def rekey(self) -> None:
        self.done.append("rekey")
        await self.connection.rekey()

    async def rejoin(self) -> None:
        self.done.append("rejoin")
        await self.connection.disconnect(force=True)
        self.connection = await join(self.discord_, self.heard)

    async def tell(self) -> None:
        self.done.append("tell")


@asynccontextmanager
async def watched(discord_: StandIn, heard: Hearing) -> AsyncIterator[Owner]:
    owner = Owner(discord_, heard, await join(discord_, heard))
    watchdog = Watchdog(
        Judge(HASTY),
        owner.look,
        rekey=owner.rekey,
        rejoin=owner.rejoin,
        tell=owner.tell,
        every_s=0.1,
    )
    running = asyncio.create_task(watchdog.run())
    try:
        yield owner
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


@asynccontextmanager
async def talking(talker: Talker) -> AsyncIterator[None]:
    """Have somebody talk all the time."""

    async def talk() -> None:
        while True:
            await talker.say(tone(440, 0.5), 48_000)

    task = asyncio.create_task(talk())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_commit_that_never_came_is_noticed_and_healed(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    call = server.call(CHANNEL)
    alice = call.join(ALICE)
    async with watched(discord_, heard) as owner:
        await server.until_settled(BOT)
        await agreed(owner.connection, alice)
        server.weather.withheld.add(Op.MLS_ANNOUNCE_COMMIT_TRANSITION)
        bob = call.join(BOB)
        await server.until_settled(BOT)
        server.weather.withheld.clear()
        async with talking(bob):
            await heard.until(lambda _: heard.of(BOB).opened > 50)
        assert set(owner.done) == {"rekey"}
        assert heard.of(BOB).sealed > 36


async def test_a_group_that_never_lets_it_in_again_is_given_up_and_told_once(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    call = server.call(CHANNEL)
    alice = call.join(ALICE)
    async with watched(discord_, heard) as owner:
        await server.until_settled(BOT)
        await agreed(owner.connection, alice)
        server.weather.withheld |= {Op.MLS_WELCOME, Op.MLS_ANNOUNCE_COMMIT_TRANSITION}
        server.weather.withheld |= {Op.MLS_PROPOSALS}
        bob = call.join(BOB)
        async with talking(bob):
            await until(lambda: "tell" in owner.done, seconds=40)
            await asyncio.sleep(1)
        assert owner.done == ["rekey"] * 2 + ["rejoin"] * 3 + ["tell"]
        assert heard.of(BOB).opened == 0
        assert not heard.events[BOB]


async def test_a_connection_whose_task_died_is_made_anew(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    async with watched(discord_, heard) as owner:
        first = owner.connection
        await agreed(first, alice)
        assert first._connection._runner is not None
        first._connection._runner.cancel()
        await until(lambda: owner.connection is not first)
        await server.until_settled(BOT)
        await agreed(owner.connection, alice)
        async with talking(alice):
            await heard.until(lambda _: heard.of(ALICE).opened > 20)
        assert owner.done == ["rejoin"]


async def test_a_reconnect_that_comes_to_no_end_is_ended_though_nobody_speaks(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    async with watched(discord_, heard) as owner:
        first = owner.connection
        await agreed(first, alice)
        server.weather.withheld.add(Op.READY)
        server.close(server.session(BOT), Close.VOICE_SERVER_CRASHED)
        await until(lambda: len(server.past) == 2)
        server.weather.withheld.clear()
        await until(lambda: owner.connection is not first, seconds=10)
        await server.until_settled(BOT)
        await agreed(owner.connection, alice)
        async with talking(alice):
            await heard.until(lambda _: heard.of(ALICE).opened > 20)
        assert owner.done == ["rejoin"]


async def test_a_way_for_sound_that_was_forgotten_is_found_again(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    alice = server.call(CHANNEL).join(ALICE)
    async with watched(discord_, heard) as owner:
        await agreed(owner.connection, alice)
        server.weather.nat_timeout_s = 0
        async with talking(alice):
            await until(lambda: owner.done == ["rejoin"])
            server.weather.nat_timeout_s = None
            await heard.until(lambda _: heard.of(ALICE).opened > 20)
        assert owner.done == ["rejoin"]


async def test_a_kick_is_no_reason_to_come_back(
    server: VoiceServer, discord_: StandIn, heard: Hearing
) -> None:
    async with watched(discord_, heard) as owner:
        discord_.kick()
        await until(lambda: not owner.connection.alive())
        await asyncio.sleep(0.5)
        assert owner.done == []
    assert len(server.past) == 1
