"""Translate, from the menu of a message: to all or to one, in time and late, long and short."""

import asyncio
from pathlib import Path

from tests.discord.home import MEANING, answered, club, file, friend, home, known, note
from tests.discord.server.faults import Drop, rate_limited
from tests.discord.server.messages import Message
from tests.discord.server.permissions import NOTHING
from tests.discord.server.server import DiscordServer
from tests.telegram.home import EN, Engines

LONG = " ".join(f"This is sentence {number} of a long story." for number in range(300))


def spoken(message: Message) -> bool:
    """A voice message, or the sound file that stands for it."""
    return [each.data for each in message.attachments] == [note()]


async def test_translate_answers_everybody_where_the_bot_is_a_member(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        here = club(discord)
        sent = here.anna.voice(note(), seconds=1)
        binh = here.member(discord.person("Bình", locale="vi"))
        await house.stores.preferences.change_person(known(here.anna), spoken=EN)
        asked = binh.choose("Translate", sent)
        text = await asked.wait_for(text=MEANING)
        voice = await asked.wait_for(where=lambda m: m.voice)
        assert "Tiếng Anh".lower() in text.content.lower(), "in the language of who asks"
        assert not text.ephemeral
        assert not voice.ephemeral
        assert voice.data == note()
        (request,) = house.engines.heard
        assert request.source == "en"
        again = binh.choose("Translate", sent)
        await again.wait_for(text=MEANING)


async def test_translate_answers_the_person_alone_where_nobody_asked_for_a_bot(
    tmp_path: Path,
) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        here = club(discord, bot=None)
        here.anna.person.installed = True
        sent = here.anna.voice(note(), seconds=1)
        asked = here.anna.choose("Translate", sent)
        text = await asked.wait_for(text=MEANING)
        voice = await asked.wait_for(where=spoken)
        assert text.ephemeral
        assert voice.ephemeral
        assert not here.member(discord.person("Bình")).in_sight


async def test_where_only_so_many_messages_are_allowed_a_long_text_is_a_file(
    tmp_path: Path,
) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path, Engines(LONG)):
        here = club(discord, bot=None)
        here.anna.person.installed = True
        asked = here.anna.choose("Translate", here.anna.voice(note(), seconds=1))
        text = await asked.wait_for(text="sentence 0 of")
        voice = await asked.wait_for(where=spoken)
        assert asked.in_sight == [text, voice]
        whole = text.data.decode()
        assert LONG in whole
        assert LONG.upper() in whole


async def test_a_text_that_just_fits_leaves_room_for_the_voice(tmp_path: Path) -> None:
    engines = Engines(" ".join(LONG.split()[:550]))
    async with DiscordServer.start() as discord, home(discord, tmp_path, engines):
        here = club(discord, bot=None)
        here.anna.person.installed = True
        asked = here.anna.choose("Translate", here.anna.voice(note(), seconds=1))
        await asked.wait_for(where=spoken)
        assert len(asked.in_sight) == 5
        assert not any(message.attachments for message in asked.in_sight[:-1])


async def test_translate_works_alone_with_the_bot(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        chat = friend(discord)
        sent = chat.send(file("picture.png", "image/png", b"png"), file("memo.wav"))
        await answered(chat, sent)
        asked = chat.choose("Translate", sent)
        text = await asked.wait_for(text=MEANING)
        voice = await asked.wait_for(where=lambda m: m.voice)
        assert not text.ephemeral
        assert not voice.ephemeral


async def test_translate_works_in_a_private_chat_of_two_others(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        anna, binh = discord.person("Anna"), discord.person("Bình")
        anna.installed = True
        theirs = discord.world.private(anna, binh, with_bot=False)
        sent = binh.at(theirs).voice(note(), seconds=1)
        asked = anna.at(theirs).choose("Translate", sent)
        text = await asked.wait_for(text=MEANING)
        assert text.ephemeral
        await asked.wait_for(where=spoken)


async def test_translate_shows_the_place_in_the_queue_where_the_text_will_stand(
    tmp_path: Path,
) -> None:
    engines = Engines(gates={"hear": asyncio.Event()})
    async with (
        DiscordServer.start() as discord,
        home(discord, tmp_path, engines, desk={"at_once": 1}),
    ):
        here = club(discord)
        friend(discord, "Bình").voice(note(), seconds=1)
        asked = here.anna.choose("Translate", here.anna.voice(note(), seconds=1))
        line = await asked.wait_for(text="number 1")
        engines.gates["hear"].set()
        assert await asked.wait_for(text=MEANING) is line


async def test_after_a_quarter_of_an_hour_the_answer_comes_in_the_channel(tmp_path: Path) -> None:
    engines = Engines(gates={"hear": asyncio.Event()})
    async with DiscordServer.start() as discord, home(discord, tmp_path, engines):
        here = club(discord)
        sent = here.anna.voice(note(), seconds=1)
        asked = here.anna.choose("Translate", sent)
        await asked.answered()
        discord.clock.turn(16 * 60)
        engines.gates["hear"].set()
        await answered(here.anna, sent)


async def test_who_can_be_answered_nowhere_is_told_so_in_private(tmp_path: Path) -> None:
    engines = Engines(gates={"hear": asyncio.Event()})
    async with DiscordServer.start() as discord, home(discord, tmp_path, engines):
        here = club(discord, bot=None)
        here.anna.person.installed = True
        asked = here.anna.choose("Translate", here.anna.voice(note(), seconds=1))
        await asked.answered()
        discord.clock.turn(16 * 60)
        engines.gates["hear"].set()
        private = here.anna.person.private()
        await private.wait_for(text="may not write where you asked")


async def test_translate_survives_what_happens_on_the_way(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        here = club(discord)
        for fault in (Drop(processed=True), Drop(processed=False), rate_limited(0.1)):
            discord.faults.add("Edit Original Interaction Response", fault)
        discord.faults.add("Create Followup Message", rate_limited(0.1))
        asked = here.anna.choose("Translate", here.anna.voice(note(), seconds=1))
        await asked.wait_for(text=MEANING)
        await asked.wait_for(where=lambda m: m.voice)
        assert len(asked.in_sight) == 2


async def test_translate_says_why_there_is_no_answer(tmp_path: Path) -> None:
    async with (
        DiscordServer.start() as discord,
        home(discord, tmp_path, limits={"bytes": 10}),
    ):
        here = club(discord, bot=NOTHING)
        asked = here.anna.choose("Translate", here.anna.voice(note(), seconds=1))
        await asked.wait_for(text="larger than 10 B")
        nothing = here.anna.choose("Translate", here.anna.say("hello"))
        await nothing.wait_for(text="no recording in that message")
