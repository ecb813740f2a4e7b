"""Sessions of the real discord.py, unpatched: opened, refused, cut, resumed, lost."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import pytest

from tests.discord.server.clients import READY_S, Quick, running
from tests.discord.server.events import PRIVILEGED, Intent
from tests.discord.server.gateway import Op
from tests.discord.server.seats import Seat
from tests.discord.server.server import DiscordServer


class Ear(Quick):
    """Counts what it hears, and answers a text with its number."""

    def __init__(self, **options: Any) -> None:
        intents = options.pop("intents", discord.Intents.all())
        super().__init__(intents=intents, guild_ready_timeout=READY_S, **options)
        self.told: list[str] = []
        self.events: asyncio.Queue[str] = asyncio.Queue()

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.told.append(message.content)
            await message.reply(f"{len(self.told)}: {message.content}")

    async def on_ready(self) -> None:
        self.events.put_nowait("ready")

    async def on_resumed(self) -> None:
        self.events.put_nowait("resumed")

    async def on_disconnect(self) -> None:
        self.events.put_nowait("disconnect")

    async def next(self) -> str:
        async with asyncio.timeout(5):
            return await self.events.get()


@asynccontextmanager
async def connected(
    client: Ear | None = None, **options: Any
) -> AsyncIterator[tuple[DiscordServer, Seat, Ear]]:
    """A server, somebody in its only channel, and a client that is ready."""
    async with DiscordServer.start(**options) as server:
        anna = server.person("Anna")
        seat = anna.at(server.guild("Club", owner=anna).text("general"))
        async with running(server, client or Ear()) as ear:
            assert await ear.next() == "ready"
            yield server, seat, ear


async def test_a_client_identifies_and_keeps_beating() -> None:
    async with connected(heartbeat_ms=50) as (server, _, ear):
        await server.world.bell.until(lambda: server.gateway.beats >= 3, 5)
        (asked,) = server.gateway.identified
        assert asked["intents"] == discord.Intents.all().value
        assert "token" not in asked
        assert ear.latency < 1


async def test_how_the_bot_shows_itself_is_kept() -> None:
    async with connected() as (server, _, ear):
        await ear.change_presence(activity=discord.CustomActivity("nghe"))
        await server.world.bell.until(lambda: bool(server.gateway.presences), 5)
        (shown,) = server.gateway.presences
        assert shown["activities"][0]["state"] == "nghe"


async def test_a_wrong_token_is_refused_at_both_doors() -> None:
    async with DiscordServer.start() as server:
        with pytest.raises(discord.LoginFailure):
            async with running(server, Ear(), token="wrong"):  # noqa: S106 - it is none
                pass
        (record,) = server.requests
        assert record.status == 401
        assert await closed_with(server, {"token": "wrong", "intents": 0}) == 4004


async def test_intents_that_were_not_granted_are_refused() -> None:
    async with DiscordServer.start(granted=PRIVILEGED & ~Intent.MESSAGE_CONTENT) as server:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with running(server, Ear()):
                pass
        without = discord.Intents.default()
        async with running(server, Ear(intents=without)) as ear:
            assert ear.application_flags.gateway_guild_members_limited


async def test_events_come_only_as_far_as_intents_cover_them() -> None:
    guilds = discord.Intents(guilds=True)
    async with connected(Ear(intents=guilds)) as (server, seat, ear):
        seat.say("unheard")
        assert seat.channel.guild is not None
        seat.channel.guild.text("told")
        (session,) = server.gateway.sessions.values()
        told = [json.loads(text)["t"] for text in session.dispatches]
        assert told == ["READY", "GUILD_CREATE", "CHANNEL_CREATE"]
        await seat.quiet(0.05)
        assert not ear.told


async def test_what_was_missed_while_the_line_was_cut_is_told_after_the_resume() -> None:
    async with connected() as (server, seat, ear):
        seat.say("before")
        await seat.wait_for(text="1: before")
        server.gateway.cut()
        seat.say("meanwhile")
        assert [await ear.next(), await ear.next()] == ["disconnect", "resumed"]
        await seat.wait_for(text="2: meanwhile")
        seat.say("after")
        await seat.wait_for(text="3: after")
        assert server.gateway.resumed == 1
        assert ear.told == ["before", "meanwhile", "after"]


async def test_a_reconnect_is_obeyed_and_nothing_is_told_twice() -> None:
    async with connected() as (server, seat, ear):
        server.gateway.reconnect()
        assert [await ear.next(), await ear.next()] == ["disconnect", "resumed"]
        seat.say("once")
        await seat.wait_for(text="1: once")
        await seat.quiet(0.05)
        assert len(server.gateway.identified) == 1


@pytest.mark.parametrize("code", [4000, 4009])
async def test_a_closed_session_is_resumed(code: int) -> None:
    async with connected() as (server, _, ear):
        server.gateway.close(code)
        assert [await ear.next(), await ear.next()] == ["disconnect", "resumed"]
        assert server.gateway.resumed == 1


async def test_a_session_that_can_be_kept_is_kept() -> None:
    async with connected() as (server, _, ear):
        server.gateway.invalidate(resumable=True)
        assert [await ear.next(), await ear.next()] == ["disconnect", "resumed"]


async def test_a_lost_session_is_opened_anew_and_what_was_missed_stays_missed() -> None:
    async with connected() as (server, seat, ear):
        server.gateway.invalidate()
        seat.say("missed")
        assert [await ear.next(), await ear.next()] == ["disconnect", "ready"]
        seat.say("heard")
        await seat.wait_for(text="1: heard")
        assert len(server.gateway.identified) == 2


async def test_a_session_that_the_server_forgot_is_opened_anew() -> None:
    async with connected() as (server, seat, ear):
        server.gateway.forget()
        server.gateway.cut()
        seen = [await ear.next() for _ in range(3)]
        assert seen == ["disconnect", "disconnect", "ready"]
        seat.say("hello")
        await seat.wait_for(text="1: hello")


async def test_a_server_that_went_silent_is_left_and_found_again() -> None:
    ear = Ear(heartbeat_timeout=0.2)
    async with connected(ear, heartbeat_ms=50) as (server, seat, _):
        server.gateway.freeze()
        seat.say("into the silence")
        assert [await ear.next(), await ear.next()] == ["disconnect", "resumed"]
        await seat.wait_for(text="1: into the silence")


async def test_a_client_that_went_silent_is_closed() -> None:
    async with (
        DiscordServer.start(heartbeat_ms=20) as server,
        raw(server) as socket,
    ):
        await socket.send_json({"op": Op.IDENTIFY, "d": {"token": server.token, "intents": 0}})
        while (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert socket.close_code == 4009


@asynccontextmanager
async def raw(
    server: DiscordServer, query: str = ""
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A connection that has read the first payload, and goes by no library's manners."""
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{server.world.gateway}?v=10&encoding=json{query}") as socket,
    ):
        if not query:
            assert (await socket.receive_json(timeout=5))["op"] == Op.HELLO
        yield socket


async def closed_with(server: DiscordServer, identify: object, *more: object) -> int | None:
    """Say these things and return the code that ends it."""
    async with raw(server) as socket:
        await socket.send_json({"op": Op.IDENTIFY, "d": identify})
        for payload in more:
            text = payload if isinstance(payload, str) else json.dumps(payload)
            await socket.send_str(text)
        while (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        return socket.close_code


async def test_bad_manners_end_the_connection_each_with_its_code() -> None:
    async with DiscordServer.start() as server:
        good = {"token": server.token, "intents": 1}
        assert await closed_with(server, good | {"intents": 1 << 30}) == 4013
        assert await closed_with(server, good | {"intents": "1"}) == 4013
        assert await closed_with(server, good | {"shard": [1, 2]}) == 4010
        assert await closed_with(server, good, {"op": Op.IDENTIFY, "d": good}) == 4005
        assert await closed_with(server, good, {"op": 99}) == 4001
        assert await closed_with(server, good, "no json") == 4002
        assert await closed_with(server, good, "[]") == 4002
        assert await closed_with(server, good, *[{"op": Op.HEARTBEAT}] * 121) == 4008
        async with raw(server) as socket:
            await socket.send_json({"op": Op.VOICE_STATE_UPDATE, "d": {}})
            await socket.receive(timeout=5)
            assert socket.close_code == 4003


async def test_a_stream_is_compressed_for_those_who_ask() -> None:
    async with DiscordServer.start() as server, raw(server, "&compress=zlib-stream") as socket:
        inflate = zlib.decompressobj()
        for op in (Op.HELLO, Op.HEARTBEAT_ACK):
            data = await socket.receive_bytes(timeout=5)
            assert data.endswith(b"\x00\x00\xff\xff")
            assert json.loads(inflate.decompress(data))["op"] == op
            await socket.send_json({"op": Op.HEARTBEAT, "d": None})


async def test_a_gateway_that_is_down_lets_nobody_in() -> None:
    async with DiscordServer.start() as server:
        server.gateway.down = True
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with raw(server):
                pass
        assert refused.value.status == 503
        server.gateway.down = False
        async with running(server, Ear()):
            assert server.gateway.lines


async def test_members_are_told_when_they_are_asked_for() -> None:
    async with DiscordServer.start() as server:
        anna, binh = server.person("Anna"), server.person("Bình")
        server.guild("Club", owner=anna).join(binh)
        intents = discord.Intents(guilds=True)
        async with running(server, Ear(intents=intents)) as ear:
            (guild,) = ear.guilds
            assert [member.display_name for member in guild.members] == ["Dragoman"]
            (found,) = await guild.query_members("bì")
            assert found.id == binh.id
            (found,) = await guild.query_members(user_ids=[anna.id])
            assert found.display_name == "Anna"


@pytest.mark.parametrize(("code", "left"), [(1000, 0), (1001, 0), (4000, 1)])
async def test_a_client_that_says_goodbye_ends_its_session(code: int, left: int) -> None:
    async with DiscordServer.start() as server:
        async with raw(server) as socket:
            await socket.send_json({"op": Op.IDENTIFY, "d": {"token": server.token, "intents": 0}})
            assert (await socket.receive_json(timeout=5))["t"] == "READY"
            await socket.close(code=code)
        await server.world.bell.until(lambda: not server.gateway.lines, 5)
        assert len(server.gateway.sessions) == left
