"""How an answer appears in the chat, also where Telegram gets in its way."""

import asyncio
import re
from pathlib import Path

import pytest

from bot import messages
from bot.types import Address
from pipeline.types import Doubt
from storage.types import Chat, Person
from tests.telegram.bot_api.faults import Drop, Slow, flood_wait, server_error
from tests.telegram.bot_api.server import BotApi
from tests.telegram.bots import note
from tests.telegram.home import Engines, home

MEANING = "Chúc ngủ ngon."


async def test_what_was_said_is_shown_as_it_was_said(tmp_path: Path) -> None:
    engines = Engines(text="5 < 6 & <b>bold</b> @anna https://example.org")
    async with BotApi.start() as telegram, home(telegram, tmp_path, engines):
        chat = telegram.person("Anna").private()
        sent = await chat.voice(note())
        answer = await chat.wait_for(reply_to=sent, kind="text")
        assert engines.text in answer.text
        (call,) = telegram.calls_to("sendMessage")
        assert "is_disabled" in str(call.parameters["link_preview_options"])


async def test_what_is_doubtful_is_marked_in_the_language_of_the_reader(tmp_path: Path) -> None:
    engines = Engines(text="Call 115 now.")
    async with BotApi.start() as telegram, home(telegram, tmp_path, engines):
        chat = telegram.person("Anna", language="vi").private()
        answer = await chat.wait_for(reply_to=await chat.voice(note()), kind="text")
        assert "\N{WARNING SIGN}" in answer.text
        assert messages.doubt(Doubt.NUMBERS, "vi") in answer.text


async def test_a_long_answer_comes_in_parts_before_the_voice(tmp_path: Path) -> None:
    said = " ".join(f"This is sentence {number} of a long story." for number in range(300))
    engines = Engines(text=said)
    async with BotApi.start() as telegram, home(telegram, tmp_path, engines):
        chat = telegram.person("Anna").private()
        sent = await chat.voice(note())
        await chat.wait_for(kind="voice", reply_to=sent)
        *texts, voice = chat.chat.from_bot
        assert voice.kind == "voice"
        assert len(texts) > 3
        whole = " ".join(message.text for message in texts)
        for number in range(300):
            assert f"sentence {number} of" in whole
            assert f"SENTENCE {number} OF" in whole


async def test_typing_is_shown_until_the_text_and_recording_until_the_voice(tmp_path: Path) -> None:
    engines = Engines(gates={"translate": asyncio.Event(), "speak": asyncio.Event()})
    async with BotApi.start() as telegram, home(telegram, tmp_path, engines, working_every_s=0.1):
        chat = telegram.person("Anna").private()
        await chat.voice(note())
        actions = chat.chat.actions
        await telegram.world.bell.until(lambda: len(actions) >= 3, 5)
        assert {action.name for action in actions} == {"typing"}
        engines.gates["translate"].set()
        await chat.wait_for(text=MEANING)
        await chat.wait_for_action("record_voice")
        engines.gates["speak"].set()
        await chat.wait_for(kind="voice")
        shown = len(actions)
        await asyncio.sleep(0.4)
        assert len(actions) <= shown + 1, "it ends with the work"


async def test_whoever_waits_is_told_the_place_once_and_the_line_goes_away(tmp_path: Path) -> None:
    engines = Engines(gates={"hear": asyncio.Event()})
    async with (
        BotApi.start() as telegram,
        home(telegram, tmp_path, engines, desk={"at_once": 1}),
    ):
        anna, binh = telegram.person("Anna").private(), telegram.person("Bình").private()
        await anna.voice(note())
        second = await binh.voice(note())
        line = await binh.wait_for(text="number 1", reply_to=second)
        engines.gates["hear"].set()
        await binh.wait_for(text=MEANING, reply_to=second)
        await telegram.world.bell.until(lambda: line.deleted, 5)
        assert len([m for m in binh.chat.from_bot if not m.deleted and m.kind == "text"]) == 1


async def test_a_note_that_was_deleted_meanwhile_is_answered_all_the_same(tmp_path: Path) -> None:
    engines = Engines(gates={"hear": asyncio.Event()})
    async with BotApi.start() as telegram, home(telegram, tmp_path, engines):
        chat = telegram.person("Anna").private()
        sent = await chat.voice(note())
        await telegram.updates.settled()
        await sent.delete()
        engines.gates["hear"].set()
        await chat.wait_for(text=MEANING)
        await chat.wait_for(kind="voice")


async def test_a_person_who_blocks_the_bot_meanwhile_costs_nothing_else(tmp_path: Path) -> None:
    engines = Engines(gates={"hear": asyncio.Event()})
    async with BotApi.start() as telegram, home(telegram, tmp_path, engines):
        anna, binh = telegram.person("Anna").private(), telegram.person("Bình").private()
        await anna.voice(note())
        await telegram.updates.settled()
        await anna.block()
        engines.gates["hear"].set()
        await binh.wait_for(text=MEANING, reply_to=await binh.voice(note()))
        assert not anna.chat.from_bot


async def test_who_takes_no_voice_messages_gets_a_sound_file(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        chat = telegram.person("Anna").private()
        chat.chat.voice_forbidden = True
        sent = await chat.voice(note())
        await chat.wait_for(text=MEANING, reply_to=sent)
        file = await chat.wait_for(kind="audio", reply_to=sent)
        assert file.data == note()


async def test_where_no_sound_is_allowed_the_text_stands_and_it_is_said(tmp_path: Path) -> None:
    async with BotApi.start(privacy=False) as telegram, home(telegram, tmp_path) as house:
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.supergroup("Club", creator=anna), "creator")
        await house.stores.preferences.change_chat(Chat("telegram", str(chat.chat.id)), active=True)
        chat.chat.forbidden = frozenset({"voice", "audio"})
        sent = await chat.voice(note())
        await chat.wait_for(text=MEANING, reply_to=sent)
        await chat.wait_for(text="voice could not be made", reply_to=sent)


async def test_a_group_that_becomes_a_supergroup_meanwhile_gets_its_answer_there(
    tmp_path: Path,
) -> None:
    engines = Engines(gates={"hear": asyncio.Event()})
    async with BotApi.start() as telegram, home(telegram, tmp_path, engines):
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        await chat.say("/translate", reply_to=await chat.voice(note()))
        await telegram.updates.settled()
        upgraded = anna.joins(chat.chat.upgrade(), "creator")
        engines.gates["hear"].set()
        await upgraded.wait_for(text=MEANING)
        await upgraded.wait_for(kind="voice")
        assert not chat.chat.from_bot


async def test_in_a_topic_that_was_deleted_the_asker_is_told_in_private(tmp_path: Path) -> None:
    engines = Engines(gates={"hear": asyncio.Event()})
    async with BotApi.start() as telegram, home(telegram, tmp_path, engines):
        anna = telegram.person("Anna")
        club = telegram.supergroup("Club", creator=anna, forum=True)
        topic = club.open_topic("Nấu ăn", anna)
        chat = anna.joins(club, "creator", topic=topic)
        anna.private().chat.started = True
        await chat.say("/translate", reply_to=await chat.voice(note()))
        await telegram.updates.settled()
        del club.topics[topic]
        engines.gates["hear"].set()
        await anna.private().wait_for(text="may not write where you asked")
        assert not club.from_bot


@pytest.mark.parametrize("started", [True, False])
async def test_in_a_closed_topic_the_asker_is_told_in_private(
    tmp_path: Path,
    started: bool,  # noqa: FBT001 - a case
) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        anna = telegram.person("Anna")
        club = telegram.supergroup("Club", creator=anna, forum=True)
        chat = anna.joins(club, "creator", topic=club.open_topic("Nấu ăn", anna))
        private = anna.private()
        private.chat.started = started
        older = await chat.voice(note())
        club.closed.add(chat.topic)
        await chat.say("/translate", reply_to=older)
        if started:
            await private.wait_for(text="may not write where you asked")
            await private.quiet()
        await chat.quiet()
        assert len(private.chat.from_bot) == int(started)
        await private.voice(note())
        await private.wait_for(text=MEANING)


async def test_a_voice_that_telegram_is_silent_about_is_neither_lost_nor_doubled(
    tmp_path: Path,
) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path, read_timeout_s=0.4):
        chat = telegram.person("Anna").private()
        telegram.faults.add("sendVoice", Slow(0.8))
        sent = await chat.voice(note())
        await chat.wait_for(kind="voice", reply_to=sent)
        await chat.quiet(1)
        assert [message.kind for message in chat.chat.from_bot] == ["text", "voice"]


async def test_an_answer_survives_what_happens_on_the_way(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        for method in ("getFile", "sendMessage", "sendVoice", "sendChatAction"):
            telegram.faults.add(method, server_error())
        for method in ("getFile", "sendMessage", "sendVoice"):
            telegram.faults.add(method, flood_wait(1))
            telegram.faults.add(method, Drop(processed=False))
        chat = telegram.person("Anna").private()
        sent = await chat.voice(note())
        await chat.wait_for(kind="voice", reply_to=sent)
        assert [message.kind for message in chat.chat.from_bot] == ["text", "voice"]


async def test_a_voice_is_delivered_later_under_the_note(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        chat = telegram.person("Anna").private()
        sent = await chat.voice(note())
        await chat.wait_for(kind="voice", reply_to=sent)
        address = Address(Chat("telegram", str(chat.chat.id)), str(sent.id))
        await house.bot.deliver(address, house.engines.speech(), "in your voice")
        later = await chat.wait_for(text="in your voice", kind="voice", reply_to=sent)
        assert later.data == note()
        await house.bot.tell(address, "good news & <more>")
        await chat.wait_for(text=re.compile("^good news & <more>$"), reply_to=sent)


async def test_the_voice_is_left_out_for_who_wants_text_only(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        chat = telegram.person("Anna").private()
        person = Person("telegram", str(chat.person.id))
        await house.stores.preferences.change_person(person, quick_voice=False)
        await chat.wait_for(text=MEANING, reply_to=await chat.voice(note()))
        await chat.quiet()
        assert len(chat.chat.from_bot) == 1
