"""Own voices as people meet them on Discord: in direct conversation, or attached to the command."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.types import Address
from storage.premium import Role
from storage.types import Chat, Person
from tests.bot.recordings import MODEL, PaperStudio, recording
from tests.discord.home import Home, answered, club, friend, home, known, note
from tests.discord.server.faults import Refuse
from tests.discord.server.messages import Message
from tests.discord.server.permissions import Permission
from tests.discord.server.posting import Upload
from tests.discord.server.server import DiscordServer
from tests.telegram.home import Engines

OWN = {"models": (MODEL,), "key": "00" * 32}


def spoken(**facts: Any) -> Upload:
    return Upload("memo.ogg", "audio/ogg", recording(**facts))


def reads(data: Any) -> str:
    """What the recogniser hears in such a recording."""
    return str(json.loads(data)["text"]) if data.startswith(b"{") else "Good night."


def asked(message: Message) -> str:
    """The sentence that is to be read aloud."""
    return message.content.partition("“")[2].partition("”")[0]


@asynccontextmanager
async def booth(server: DiscordServer, folder: Path, **choices: Any) -> AsyncIterator[Home]:
    engines = Engines(reads=reads, studio=PaperStudio())
    async with home(server, folder, engines, own_voice=OWN, **choices) as house:
        yield house


async def kept(house: Home) -> list[Person]:
    return [each.person for each in await house.stores.voices.all()]


async def test_a_voice_is_enrolled_in_direct_conversation(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        chat = friend(server)
        card = await chat.use("voice enroll").wait_for()
        assert "6 to 30 seconds" in card.content
        sample = chat.send(spoken())
        sentence = asked(await chat.wait_for(text="“", reply_to=sample))
        assert await kept(house) == []
        read = chat.send(spoken(text=sentence))
        await chat.wait_for(text="Done", reply_to=read)
        assert await kept(house) == [known(chat)]
        card = await chat.use("voice own").wait_for(text="speak in your voice")
        await chat.press(card, "Let me hear it").wait_for(text="on its way")
        job = await house.stores.jobs.claim()
        assert job is not None
        assert (job.order.person, job.order.message) == (known(chat), str(card.id))
        card = await chat.use("voice delete").wait_for(text="can't be undone")
        await chat.press(card, "Delete my voice").wait_for(text="1 samples")
        assert await kept(house) == []


async def test_in_a_server_it_goes_on_in_direct_conversation(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        here = club(server)
        told = await here.anna.use("voice enroll").wait_for()
        assert told.ephemeral
        direct = here.anna.person.private()
        assert f"/@me/{direct.channel.id}" in told.content
        await direct.wait_for(text="6 to 30 seconds")
        loud = here.anna.send(spoken())
        await here.anna.quiet()
        sample = direct.send(spoken())
        sentence = asked(await direct.wait_for(text="“", reply_to=sample))
        assert sentence
        assert loud.id != sample.id
        assert await kept(house) == []


async def test_who_takes_no_messages_may_attach_recordings_which_nobody_else_sees(
    tmp_path: Path,
) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        here = club(server)
        binh = here.member(server.person("Bình"))
        server.faults.add("Create DM", Refuse(403, 50007, "Cannot send messages to this user"))
        told = await here.anna.use("voice enroll").wait_for()
        assert "attach" in told.content
        asks = await here.anna.use("voice enroll", recording=spoken()).wait_for(text="“")
        for each in ("30 days", "your own translations alone", "can't speak Vietnamese"):
            assert each in asks.content
        done = here.anna.use("voice enroll", recording=spoken(text=asked(asks)))
        await done.wait_for(text="Done")
        assert await kept(house) == [known(here.anna)]
        assert not binh.in_sight


async def test_a_note_in_a_server_is_never_taken_for_a_sample(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        here = club(server)
        await house.stores.preferences.change_chat(here.chat, active=True)
        asks = await here.anna.use("voice enroll", recording=spoken()).wait_for(text="“")
        await answered(here.anna, here.anna.send(spoken(text="Good night.")))
        here.anna.send(spoken(text=asked(asks)))
        await here.anna.wait_for(text=asked(asks))
        assert await kept(house) == []


@pytest.mark.parametrize("sound", [b"no sound", note()])
async def test_what_can_not_be_a_sample_is_refused_with_its_reason(
    tmp_path: Path, sound: bytes
) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        chat = friend(server)
        upload = Upload("memo.ogg", "audio/ogg", sound)
        await chat.use("voice enroll", recording=upload).wait_for(text="not a sound file")
        assert await kept(house) == []


@pytest.mark.parametrize(
    "forged", ["voice:own:enroll", "voice:own:enroll:collect", "voice:own:test", "voice:own:keep"]
)
async def test_a_forged_button_makes_no_voice(tmp_path: Path, forged: str) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        here = club(server)
        card = await here.anna.use("voice own").wait_for()
        await here.anna.operate(card, {"type": 2, "custom_id": forged}).wait_for(
            where=lambda m: bool(m.content)
        )
        here.anna.send(spoken())
        await here.anna.quiet()
        assert await kept(house) == []
        assert await house.stores.queue.counts() == {}


async def test_who_manages_a_server_grants_to_people_and_roles_there(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        here = club(server)
        choir = here.guild.role("choir")
        binh = here.member(server.person("Bình"), choir)
        premium = house.stores.premium
        refused = await binh.use("premium grant", who=binh.person).wait_for()
        assert "Only who runs me" in refused.content
        assert await premium.holds(known(binh), here.chat) is None
        listed = await here.anna.use("premium grant", who=binh.person, days=7, minutes=3).wait_for(
            text=str(binh.person.id)
        )
        assert listed.ephemeral
        allowed = await premium.holds(known(binh), here.chat)
        assert allowed is not None
        assert allowed.minutes == 3
        elsewhere = Chat("discord", "1")
        assert await premium.holds(known(binh), elsewhere) is None, "there alone"
        await here.anna.use("premium revoke", who=binh.person).wait_for(text="Granted here: 0")
        await here.anna.use("premium grant", who=choir).wait_for(text=f"role {choir.id}")
        [grant] = await premium.list(here.chat)
        assert grant.to == Role(here.chat.whole, str(choir.id))
        mine = await binh.use("premium list").wait_for()
        assert "10 minutes a day, 10 of them left" in mine.content
        assert str(choir.id) not in mine.content


async def test_who_has_granted_takes_it_back_with_a_tap_and_others_can_not(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        here = club(server)
        binh = here.member(server.person("Bình"))
        card = await here.anna.use("premium grant", who=binh.person).wait_for()
        other = await binh.use("premium list").wait_for()
        forged = f"premium:revoke:person:{binh.person.id}"
        pressed = binh.operate(other, {"type": 2, "custom_id": forged})
        await pressed.wait_for(text="Only who runs me")
        assert await house.stores.premium.holds(known(binh), here.chat)
        await here.anna.press(card, f"✕ {binh.person.id}").wait_for(text="Granted here: 0")
        assert await house.stores.premium.holds(known(binh), here.chat) is None


async def test_the_operator_grants_everywhere(tmp_path: Path) -> None:
    async with DiscordServer.start() as server:
        chat = friend(server, "Olga")
        own = {"operators": [str(chat.person.id)]}
        async with booth(server, tmp_path, discord=own) as house:
            binh = server.person("Bình")
            here = club(server, Permission.ADMINISTRATOR)
            here.member(binh)
            olga = here.member(chat.person)
            await olga.use("premium grant", who=binh).wait_for(text="everywhere: 1")
            anywhere = Chat("discord", "1")
            assert await house.stores.premium.holds(Person("discord", str(binh.id)), anywhere)


async def test_a_clip_that_is_delivered_again_after_a_crash_is_seen_once(tmp_path: Path) -> None:
    async with DiscordServer.start() as server, booth(server, tmp_path) as house:
        chat = friend(server)
        sent = chat.send(spoken(text="Good night."))
        await answered(chat, sent)
        before = len(chat.in_sight)
        address = Address(Chat("discord", str(chat.channel.id)), str(sent.id))
        for _ in range(2):
            await house.bot.deliver(address, house.engines.speech(), "in your voice")
        assert len(chat.in_sight) - before == 2, "the caption and the clip"
