"""What of people's notes on Discord is said again in their own voice: what can follow, and once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.types import Address
from storage.clips import Order
from storage.types import Chat, Person
from tests.bot.own_voices import CONSENT, MODEL
from tests.bot.recordings import PaperStudio
from tests.discord.home import MEANING, Home, answered, club, file, friend, home, known, note
from tests.discord.server.permissions import NOTHING, Permission
from tests.discord.server.server import DiscordServer
from tests.storage.enrolments import sample
from tests.telegram.home import VI, Engines

OWN = {"models": (MODEL,), "key": "00" * 32}


@asynccontextmanager
async def booth(server: DiscordServer, folder: Path) -> AsyncIterator[Home]:
    async with home(server, folder, Engines(studio=PaperStudio(VI)), own_voice=OWN) as house:
        yield house


async def enrol(house: Home, who: Person) -> None:
    await house.stores.voices.keep(who, CONSENT, sample(), {MODEL: b"latents"})
    await house.stores.premium.grant(who, chat=None, minutes=10)


async def ordered(house: Home) -> list[Order]:
    """What is to be made, when every note is seen to."""
    await house.desk.drain(5)
    orders = []
    while (job := await house.stores.jobs.claim()) is not None:
        orders.append(job.order)
    return orders


async def test_a_note_is_said_again(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        chat = friend(server)
        await enrol(house, known(chat))
        sent = chat.voice(note(), seconds=1)
        await answered(chat, sent)
        [order] = await ordered(house)
        assert (order.message, order.text) == (str(sent.id), MEANING)


async def test_each_recording_of_one_message_is_said_again(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        chat = friend(server)
        await enrol(house, known(chat))
        sent = chat.send(file(), file("second.ogg"))
        await chat.wait_for(
            where=lambda m: bool(m.voice) and sum(bool(each.voice) for each in chat.in_sight) == 2
        )
        orders = await ordered(house)
        assert [order.message for order in orders] == [str(sent.id), f"{sent.id}/1"]
        before = len(chat.in_sight)
        for order in orders:
            address = Address(order.chat, order.message)
            await house.bot.deliver(address, house.engines.speech(), "in your voice")
        clips = chat.in_sight[before:]
        assert [each.voice for each in clips] == [False, True, False, True]
        assert {each.reply_to for each in clips} == {sent}


async def test_the_same_note_is_said_again_once_however_often_it_is_asked_for(
    tmp_path: Path,
) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        here = club(server)
        await enrol(house, known(here.anna))
        sent = here.anna.voice(note(), seconds=1)
        for _ in range(2):
            asked = here.anna.choose("Translate", sent)
            await asked.wait_for(where=lambda m: m.voice)
        [order] = await ordered(house)
        assert order.chat == Chat("discord", str(here.guild.id), str(here.channel.id))


async def test_nothing_follows_where_nobody_asked_for_a_bot(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        here = club(server, bot=None)
        here.anna.person.installed = True
        await enrol(house, known(here.anna))
        asked = here.anna.choose("Translate", here.anna.voice(note(), seconds=1))
        await asked.wait_for(text=MEANING)
        assert await ordered(house) == []


@pytest.mark.parametrize("denied", [Permission.SEND_MESSAGES, Permission.VIEW_CHANNEL, NOTHING])
async def test_nothing_follows_where_the_bot_may_only_answer(
    tmp_path: Path, denied: Permission
) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        here = club(server)
        here.channel.overwrite(server.world.bot, deny=denied)
        await enrol(house, known(here.anna))
        asked = here.anna.choose("Translate", here.anna.voice(note(), seconds=1))
        await asked.wait_for(text=MEANING)
        assert len(await ordered(house)) == (denied == NOTHING)


async def test_it_follows_where_it_is_alone_with_the_person(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        chat = friend(server)
        await enrol(house, known(chat))
        sent = chat.send(file("film.mp4", "video/mp4"))
        asked = chat.choose("Translate", sent)
        await asked.wait_for(text=MEANING)
        assert [order.message for order in await ordered(house)] == [str(sent.id)]
