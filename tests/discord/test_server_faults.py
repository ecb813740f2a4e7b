"""What the real discord.py, unpatched, does when Discord limits, fails, hangs up or is slow."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import discord
import pytest

from tests.discord.server.channels import Channel
from tests.discord.server.clients import logged_in
from tests.discord.server.faults import (
    DOWNLOAD,
    Drop,
    Slow,
    Truncate,
    bad_gateway,
    banned,
    rate_limited,
    server_error,
)
from tests.discord.server.limits import EVERYWHERE
from tests.discord.server.seats import Seat
from tests.discord.server.server import DiscordServer

WRITE = "Create Message"


@asynccontextmanager
async def written(
    pace: float = 1.0,
) -> AsyncIterator[tuple[DiscordServer, Channel, discord.PartialMessageable]]:
    """A server, its only channel, and the same channel as a logged-in client has it."""
    async with DiscordServer.start(pace=pace) as server:
        room = server.guild("Club", owner=server.person("Anna")).text("general")
        async with logged_in(server) as client:
            yield server, room, client.get_partial_messageable(room.id)


def said(room: Channel) -> list[str]:
    return [message.content for message in room.messages]


async def test_the_limit_is_told_in_time_and_the_client_keeps_it() -> None:
    async with written(pace=25) as (server, room, place):
        for number in range(11):
            await place.send(str(number))
        assert len(said(room)) == 11
        records = server.requests_to(WRITE, channel=room.id)
        assert {record.status for record in records} == {200}
        assert records[-1].at - records[0].at >= 0.39  # in the third window of 0.2 s


async def test_those_who_ignore_the_limit_are_told_to_wait() -> None:
    async with written() as (server, room, _), aiohttp.ClientSession() as http:
        url = f"{server.api}/channels/{room.id}/messages"
        password = {"Authorization": f"Bot {server.token}"}
        headers = []
        for number in range(6):
            async with http.post(url, json={"content": str(number)}, headers=password) as answer:
                headers.append(answer.headers)
                told = await answer.json(content_type="application/json")
        assert [told.get("X-RateLimit-Remaining") for told in headers[:5]] == list("43210")
        assert {told.get("X-RateLimit-Limit") for told in headers[:5]} == {"5"}
        assert answer.status == 429
        assert headers[5]["Via"]
        assert headers[5]["X-RateLimit-Scope"] == "user"
        assert headers[5]["X-RateLimit-Remaining"] == "0"
        assert 0 < told["retry_after"] <= 5
        assert told["global"] is False
        assert len(said(room)) == 5
        assert server.requests_to(WRITE)[-1].status == 429


async def test_every_channel_has_a_limit_of_its_own() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        club = server.guild("Club", owner=server.person("Anna"))
        rooms = [club.text("one"), club.text("two")]
        begun = time.monotonic()
        for room in 4 * rooms:
            await client.get_partial_messageable(room.id).send("hello")
        assert time.monotonic() - begun < 4
        assert server.most_within(5, WRITE) == 8
        assert server.most_within(5, WRITE, channel=rooms[0].id) == 4


async def test_fifty_requests_a_second_are_the_limit_over_all_routes() -> None:
    async with written() as (server, _, __), aiohttp.ClientSession() as http:
        password = {"Authorization": f"Bot {server.token}"}

        async def ask() -> tuple[int, str | None]:
            async with http.get(f"{server.api}/users/@me", headers=password) as answer:
                return answer.status, answer.headers.get("X-RateLimit-Global")

        answers = await asyncio.gather(*(ask() for _ in range(EVERYWHERE + 5)))
        assert answers.count((429, "true")) >= 5


@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_limit_on_demand_is_waited_for(*, everywhere: bool) -> None:
    async with written() as (server, room, place):
        server.faults.add(WRITE, rate_limited(0.05, everywhere=everywhere))
        await place.send("patient")
        assert said(room) == ["patient"]
        assert [record.status for record in server.requests_to(WRITE)] == [429, 200]


async def test_a_ban_by_the_front_servers_is_an_error() -> None:
    async with written() as (server, room, place):
        server.faults.add(WRITE, banned())
        with pytest.raises(discord.HTTPException) as refused:
            await place.send("lost")
        assert refused.value.status == 429
        assert not said(room)


async def test_a_failing_server_is_asked_again() -> None:
    async with DiscordServer.start() as server, logged_in(server) as client:
        club = server.guild("Club", owner=server.person("Anna"))
        rooms = {club.text("one"): server_error(), club.text("two"): bad_gateway()}
        for room, fault in rooms.items():
            server.faults.add(WRITE, fault, channel=room.id)
        places = [client.get_partial_messageable(room.id) for room in rooms]
        await asyncio.gather(*(place.send("again") for place in places))
        for room in rooms:
            assert said(room) == ["again"]
            assert len(server.requests_to(WRITE, channel=room.id)) == 2


@pytest.mark.parametrize("processed", [False, True])
async def test_a_dropped_connection_leaves_open_what_was_done(*, processed: bool) -> None:
    async with written() as (server, room, place):
        server.faults.add(WRITE, Drop(processed))
        with pytest.raises(aiohttp.ClientError):
            await place.send("perhaps")
        assert said(room) == ["perhaps"] * processed


async def test_what_was_written_twice_with_one_nonce_stands_there_once() -> None:
    async with written() as (server, room, place):
        server.faults.add(WRITE, Drop(processed=True))
        with pytest.raises(aiohttp.ClientError):
            await place.send("once", nonce=42)
        again = await place.send("once", nonce=42)
        assert said(room) == ["once"]
        assert again.id == room.messages[0].id


@pytest.mark.parametrize("processed", [False, True])
async def test_a_slow_answer_takes_effect_even_if_nobody_waits(*, processed: bool) -> None:
    async with written() as (server, room, place):
        server.faults.add(WRITE, Slow(0.3, processed=processed))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.15):
                await place.send("late")
        assert said(room) == ["late"] * processed
        await server.world.bell.until(lambda: said(room) == ["late"], 5)


async def test_faults_can_be_bound_to_a_channel_and_come_later() -> None:
    async with written() as (server, room, place):
        server.faults.add(WRITE, banned(), channel=room.id + 1)
        server.faults.add(WRITE, banned(), skip=1, channel=room.id)
        await place.send("one")
        with pytest.raises(discord.HTTPException):
            await place.send("two")
        assert said(room) == ["one"]
        assert len(server.faults.unmet) == 1
        server.faults.clear()


async def test_a_fault_that_was_ordered_and_never_met_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="never happened"):
        async with written() as (server, _, __):
            server.faults.add(WRITE, banned())


async def test_a_request_that_is_not_served_here_is_refused_and_shows() -> None:
    async with written() as (server, room, place):
        with pytest.raises(discord.NotFound):
            await place._state.http.pin_message(room.id, 1)  # noqa: SLF001
        assert server.requests[-1].title == f"PUT /channels/{room.id}/messages/pins/1"


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[DiscordServer, Seat, discord.Attachment]]:
    """A note that somebody posted, as the client has it."""
    async with written() as (server, room, place):
        (anna,) = server.world.people[1:]
        note = anna.at(room).voice(b"OggS" * 1000, seconds=1)
        (attachment,) = (await place.fetch_message(note.id)).attachments
        yield server, anna.at(room), attachment


async def test_a_link_is_good_for_a_day() -> None:
    async with listening() as (server, _, attachment):
        server.clock.turn(23 * 3600)
        assert len(await attachment.read()) == 4000
        server.clock.turn(2 * 3600)
        with pytest.raises(discord.NotFound):
            await attachment.read()


async def test_a_link_that_was_tampered_with_opens_nothing() -> None:
    async with listening() as (_, __, attachment):
        for changed in ("hm=", "ex=", "attachments/1"):
            attachment.url, kept = attachment.url.replace(changed, changed + "0"), attachment.url
            with pytest.raises(discord.NotFound):
                await attachment.read()
            attachment.url = kept


async def test_a_download_can_fail_in_every_way() -> None:
    async with listening() as (server, _, attachment):
        server.faults.add(DOWNLOAD, Truncate(10))
        with pytest.raises(aiohttp.ClientPayloadError):
            await attachment.read()
        server.faults.add(DOWNLOAD, server_error())
        with pytest.raises(discord.HTTPException):
            await attachment.read()
        server.faults.add(DOWNLOAD, Drop(processed=False), times=2)  # aiohttp asks once again
        with pytest.raises(aiohttp.ClientError):
            await attachment.read()
        server.faults.add(DOWNLOAD, Slow(0.01))
        assert len(await attachment.read()) == 4000


async def test_a_request_that_is_too_large_is_refused_unread() -> None:
    async with written() as (server, room, place):
        data = io.BytesIO(b"\0" * (26 * 2**20))
        with pytest.raises(discord.HTTPException) as refused:
            await place.send(file=discord.File(data, "a.wav"))
        assert (refused.value.status, refused.value.code) == (413, 40005)
        assert server.requests_to(WRITE)[-1].ask is None
        assert not said(room)
