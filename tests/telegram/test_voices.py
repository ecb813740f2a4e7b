"""Own voices as people meet them on Telegram: in a private chat, and granted by a reply."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from storage.types import Chat, Person
from tests.bot.recordings import MODEL, PaperStudio, recording
from tests.telegram.bot_api.chats import Seat
from tests.telegram.bot_api.messages import Message
from tests.telegram.bot_api.server import BotApi
from tests.telegram.home import Engines, Home, home

OWN = {"models": (MODEL,), "key": "00" * 32, "collects": True}


def reads(data: Any) -> str:
    """What the recogniser hears in such a recording."""
    return str(json.loads(data)["text"])


def asked(message: Message) -> str:
    """The sentence that is to be read aloud."""
    return message.text.partition("“")[2].partition("”")[0]


def known(seat: Seat) -> Person:
    return Person("telegram", str(seat.person.id))


@asynccontextmanager
async def booth(server: BotApi, folder: Path, **choices: Any) -> AsyncIterator[Home]:
    engines = Engines(reads=reads, studio=PaperStudio())
    async with home(server, folder, engines, own_voice=OWN, **choices) as house:
        yield house


async def kept(house: Home) -> list[Person]:
    return [each.person for each in await house.stores.voices.all()]


async def test_a_voice_is_enrolled_tried_and_deleted(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, booth(telegram, tmp_path) as house:
        chat = telegram.person("Mai").private()
        await chat.say("/voice enroll")
        await chat.wait_for(text="6 to 30 seconds")
        sent = await chat.voice(recording(seconds=2))
        await chat.wait_for(text="a little longer", reply_to=sent)
        sent = await chat.voice(recording())
        sentence = asked(await chat.wait_for(text="“", reply_to=sent))
        assert await kept(house) == []
        sent = await chat.voice(recording(text=sentence))
        await chat.wait_for(text="Done", reply_to=sent)
        assert await kept(house) == [known(chat)]
        await chat.say("/voice own")
        card = await chat.wait_for(text="speak in your voice")
        tap = await card.tap("Let me hear it")
        assert "on its way" in (await tap.answered())["text"]
        job = await house.stores.jobs.claim()
        assert job is not None
        assert job.order.message == str(card.id)
        await card.tap("Delete it…")
        sure = await chat.wait_for(text="can't be undone")
        await sure.tap("Delete my voice")
        await chat.wait_for(text="1 samples")
        assert await kept(house) == []


async def test_a_sample_is_collected_from_notes_once_the_person_says_so(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, booth(telegram, tmp_path) as house:
        chat = telegram.person("Mai").private()
        await chat.say("/voice enroll")
        card = await chat.wait_for(text="6 to 30 seconds")
        await card.tap("Collect it from my notes instead")
        await chat.wait_for(text="Thank you")
        sent = await chat.voice(recording(seconds=11))
        await chat.wait_for(kind="voice", reply_to=sent)
        sentence = asked(await chat.wait_for(text="“", reply_to=sent))
        assert await kept(house) == []
        await chat.wait_for(text="Done", reply_to=await chat.voice(recording(text=sentence)))


async def test_a_group_sees_nothing_of_an_enrolment(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, booth(telegram, tmp_path) as house:
        anna = telegram.person("Anna")
        club = telegram.supergroup("Club", creator=anna, bot="administrator")
        here = anna.joins(club, "creator")
        sent = await here.say("/voice enroll")
        await here.wait_for(text="private chat", reply_to=sent)
        await here.say("/voice own")
        card = await here.wait_for(where=lambda m: bool(m.buttons))
        for data in ("voice:own:enroll", "voice:own:enroll:collect", "voice:own:test"):
            query = await card.press(f"{data}@{anna.id}", by=anna)
            assert (await query.answered())["show_alert"]
        await house.stores.preferences.change_chat(Chat("telegram", str(club.id)), active=True)
        await here.wait_for(text="GOOD", reply_to=await here.voice(recording(text="Good")))
        assert await kept(house) == []


async def test_a_forwarded_recording_is_neither_sample_nor_consent(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, booth(telegram, tmp_path) as house:
        chat, john = telegram.person("Mai").private(), telegram.person("John").private()
        his = await john.voice(recording("John"))
        await chat.say("/voice enroll")
        await chat.wait_for(text="6 to 30 seconds")
        for hidden in (False, True):
            sent = await chat.forward(his, hidden=hidden)
            await chat.wait_for(text="forwarded", reply_to=sent)
        assert await kept(house) == []


async def test_an_admin_grants_by_replying_and_takes_it_back(tmp_path: Path) -> None:
    async with BotApi.start(privacy=False) as telegram, booth(telegram, tmp_path) as house:
        anna, binh = telegram.person("Anna"), telegram.person("Bình")
        club = telegram.supergroup("Club", creator=anna, bot="administrator")
        here, there = anna.joins(club, "creator"), binh.joins(club)
        chat = Chat("telegram", str(club.id))
        word = await there.say("good morning")
        await there.say("/premium grant", reply_to=word)
        await there.wait_for(text="Only who runs me")
        await here.say("/premium grant 7 3", reply_to=word)
        card = await here.wait_for(text="Granted here: 1")
        allowed = await house.stores.premium.holds(known(there), chat)
        assert allowed is not None
        assert allowed.minutes == 3
        await there.say("/premium")
        mine = await there.wait_for(text="3 minutes a day")
        assert str(binh.id) not in mine.text
        tap = await card.tap(f"✕ {binh.id}", by=binh)
        assert "somebody else" in (await tap.answered())["text"]
        await card.tap(f"✕ {binh.id}", by=anna)
        await here.wait_for(text="Granted here: 0")
        assert await house.stores.premium.holds(known(there), chat) is None


@pytest.mark.parametrize("words", ["/premium grant", "/premium grant 30 10"])
async def test_a_grant_that_replies_to_nobody_asks_whom_is_meant(
    tmp_path: Path, words: str
) -> None:
    async with BotApi.start() as server:
        chat = server.person("Olga").private()
        own = {"operators": [str(chat.person.id)]}
        async with booth(server, tmp_path, telegram=own):
            await chat.say(words)
            await chat.wait_for(text="Whom do you mean")
