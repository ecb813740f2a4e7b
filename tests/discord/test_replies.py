"""How an answer appears, also where Discord gets in its way."""

import asyncio
import base64
from pathlib import Path

import pytest

from bot import messages
from bot.types import Address
from pipeline.types import Doubt
from storage.types import Chat
from tests.discord.home import MEANING, answered, club, file, friend, home, known, note
from tests.discord.server.events import ALWAYS, Event
from tests.discord.server.faults import Drop, bad_gateway, banned, rate_limited, server_error
from tests.discord.server.messages import Flag
from tests.discord.server.permissions import Permission
from tests.discord.server.server import DiscordServer
from tests.telegram.home import Engines

LONG = " ".join(f"This is sentence {number} of a long story." for number in range(300))


async def test_the_voice_is_a_voice_message_and_pings_nobody(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        here = club(discord)
        await house.stores.preferences.change_chat(here.chat, active=True)
        text, voice = await answered(here.anna, here.anna.voice(note(), seconds=1))
        assert text.id < voice.id
        assert voice.flags & Flag.IS_VOICE_MESSAGE
        assert voice.data == note()
        assert not voice.content
        (sound,) = voice.attachments
        assert sound.seconds == 1.0
        assert base64.b64decode(sound.waveform or "") == b"\x10"
        assert not text.mentions.users
        assert not voice.mentions.users


async def test_what_was_said_is_shown_as_it_was_said_and_pings_nobody(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord:
        here = club(discord)
        role = here.guild.role("Cooks")
        said = f"**5** < 6 @everyone {here.anna.person.mention} <@&{role.id}> https://a.example/_x_"
        async with home(discord, tmp_path, Engines(text=said)):
            sent = here.anna.say("translate", files=[file()])
            answer = await here.anna.wait_for(reply_to=sent)
        assert r"\*\*5\*\* \< 6 @everyone \<@" in answer.content
        assert "<https://a.example/_x_>" in answer.content
        mentions = answer.mentions
        assert (mentions.users, mentions.roles, mentions.everyone) == ((), (), False)


async def test_what_is_doubtful_is_marked_in_the_language_of_the_reader(tmp_path: Path) -> None:
    engines = Engines(text="Call 115 now.")
    async with DiscordServer.start() as discord, home(discord, tmp_path, engines):
        chat = friend(discord, locale="vi")
        await chat.use("status").wait_for()
        answer = await chat.wait_for(reply_to=chat.voice(note(), seconds=1))
        assert messages.doubt(Doubt.NUMBERS, "vi") in answer.content


async def test_a_community_is_answered_in_the_language_it_has_chosen(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path, limits={"bytes": 10}):
        here = club(discord, locale="vi")
        sent = here.anna.say("dịch", files=[file()])
        await here.anna.wait_for(text="larger than 10 B", reply_to=sent)
        told = here.guild.creation(everybody=False) | {"features": ["COMMUNITY"]}
        discord.world.tell(Event("GUILD_UPDATE", ALWAYS, lambda _: told))
        sent = here.anna.say("dịch", files=[file()])
        await here.anna.wait_for(text="lớn hơn 10 B", reply_to=sent)


async def test_a_long_answer_comes_in_parts_before_the_voice(tmp_path: Path) -> None:
    async with DiscordServer.start(pace=100) as discord, home(discord, tmp_path, Engines(LONG)):
        chat = friend(discord)
        sent = chat.voice(note(), seconds=1)
        await chat.wait_for(where=lambda m: m.voice, reply_to=sent)
        *texts, voice = chat.in_sight
        assert voice.voice
        assert len(texts) > 10
        whole = " ".join(message.content for message in texts)
        for number in range(300):
            assert f"sentence {number} of" in whole
            assert f"SENTENCE {number} OF" in whole


async def test_typing_is_shown_while_there_is_work_and_not_for_ever(tmp_path: Path) -> None:
    engines = Engines(gates={"translate": asyncio.Event(), "speak": asyncio.Event()})
    async with DiscordServer.start() as discord, home(discord, tmp_path, engines):
        chat = friend(discord)
        chat.voice(note(), seconds=1)
        typing = chat.channel.typing
        await chat.bell.until(lambda: len(typing) == 1, 5)
        engines.gates["translate"].set()
        await chat.wait_for(text=MEANING)
        engines.gates["speak"].set()
        await chat.wait_for(where=lambda m: m.voice)
        shown = len(typing)
        await asyncio.sleep(0.3)
        assert len(typing) == shown


async def test_whoever_waits_is_told_the_place_and_the_line_goes_away(tmp_path: Path) -> None:
    engines = Engines(gates={"hear": asyncio.Event()})
    async with (
        DiscordServer.start() as discord,
        home(discord, tmp_path, engines, desk={"at_once": 1}),
    ):
        anna, binh = friend(discord), friend(discord, "Bình")
        anna.voice(note(), seconds=1)
        second = binh.voice(note(), seconds=1)
        line = await binh.wait_for(text="number 1", reply_to=second)
        assert line.flags & Flag.SUPPRESS_NOTIFICATIONS
        engines.gates["hear"].set()
        await answered(binh, second)
        await binh.bell.until(lambda: line.deleted, 5)


async def test_a_note_that_was_deleted_meanwhile_is_answered_all_the_same(tmp_path: Path) -> None:
    engines = Engines(gates={"hear": asyncio.Event()})
    async with DiscordServer.start() as discord, home(discord, tmp_path, engines):
        chat = friend(discord)
        sent = chat.voice(note(), seconds=1)
        await chat.bell.until(lambda: bool(chat.channel.typing), 5)
        sent.delete()
        engines.gates["hear"].set()
        await chat.wait_for(text=MEANING)
        await chat.wait_for(where=lambda m: m.voice)


@pytest.mark.parametrize(
    ("denied", "kinds"),
    [
        (Permission.SEND_VOICE_MESSAGES, ["text", "file"]),
        (Permission.SEND_VOICE_MESSAGES | Permission.ATTACH_FILES, ["text", "sentence"]),
        (Permission.ATTACH_FILES, ["text", "sentence"]),
    ],
)
async def test_where_no_voice_is_allowed_it_is_a_file_or_said(
    tmp_path: Path, denied: Permission, kinds: list[str]
) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        here = club(discord)
        here.channel.overwrite(discord.bot, deny=denied)
        sent = here.anna.say("translate", files=[file()])
        await here.anna.wait_for(text=MEANING, reply_to=sent)
        if kinds[1] == "file":
            sound = await here.anna.wait_for(reply_to=sent)
            assert sound.data == note()
            assert not sound.voice
        else:
            await here.anna.wait_for(text="voice could not be made", reply_to=sent)


@pytest.mark.parametrize("closed", [False, True])
async def test_where_the_bot_may_not_write_the_asker_is_told_in_private(
    tmp_path: Path,
    closed: bool,  # noqa: FBT001 - a case
) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        here = club(discord)
        here.channel.overwrite(discord.bot, deny=Permission.SEND_MESSAGES)
        here.anna.person.closed = closed
        here.anna.say("translate", files=[file()])
        private = here.anna.person.private()
        if closed:
            await private.quiet(0.5)
        else:
            await private.wait_for(text="may not write where you asked")
            await private.quiet()
        assert not here.anna.in_sight


async def test_who_has_asked_for_nothing_is_told_nothing(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        here = club(discord)
        here.channel.overwrite(discord.bot, deny=Permission.SEND_MESSAGES)
        await house.stores.preferences.change_chat(here.chat, active=True)
        here.anna.voice(note(), seconds=1)
        await here.anna.person.private().quiet(0.5)
        assert discord.requests_to("Create Message"), "it has tried"
        assert not discord.from_bot


async def test_where_the_past_is_hidden_it_answers_without_a_reply(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        here = club(discord)
        here.channel.overwrite(discord.bot, deny=Permission.READ_MESSAGE_HISTORY)
        here.anna.say("translate", files=[file()])
        text = await here.anna.wait_for(text=MEANING)
        assert text.reply_to is None
        await here.anna.wait_for(where=lambda m: m.voice)


async def test_an_answer_survives_what_happens_on_the_way_and_comes_once(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        faults = (Drop(processed=True), Drop(processed=False), rate_limited(0.1))
        for skip in (0, 1):
            for fault in faults:
                discord.faults.add("Create Message", fault, skip=skip)
        discord.faults.add("Trigger Typing Indicator", server_error())
        chat = friend(discord)
        sent = chat.voice(note(), seconds=1)
        await answered(chat, sent)
        await chat.quiet()
        assert [message.voice for message in chat.in_sight] == [False, True]


async def test_it_waits_for_discord_to_come_back(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        discord.faults.add("Create Message", bad_gateway())
        chat = friend(discord)
        await answered(chat, chat.voice(note(), seconds=1))


async def test_who_is_banned_does_not_go_on_asking(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        discord.faults.add("Create Message", banned(), times=2)
        chat = friend(discord)
        chat.voice(note(), seconds=1)
        await chat.quiet(1)
        assert not chat.in_sight
        assert len(discord.requests_to("Create Message")) == 2, "the text, and that it failed"


async def test_a_voice_is_delivered_later_under_the_note(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        here = club(discord)
        thread = here.anna.person.at(here.channel.open_thread("Nấu ăn", here.anna.person))
        sent = thread.say("hello")
        place = Chat("discord", str(here.guild.id), str(thread.channel.id))
        address = Address(place, str(sent.id))
        await house.bot.deliver(address, house.engines.speech(), "in *your* voice")
        await thread.wait_for(text=r"in \*your\* voice", reply_to=sent)
        await thread.wait_for(where=lambda m: m.voice, reply_to=sent)
        await house.bot.tell(Address(place, f"{sent.id}/1"), "good news & <more>")
        await thread.wait_for(text=r"good news & \<more>", reply_to=sent)


async def test_the_voice_is_left_out_for_who_wants_text_only(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        chat = friend(discord)
        await house.stores.preferences.change_person(known(chat), quick_voice=False)
        await chat.wait_for(text=MEANING, reply_to=chat.voice(note(), seconds=1))
        await chat.quiet()
        assert len(chat.in_sight) == 1
