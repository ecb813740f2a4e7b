"""What is taken for a note, who may have it interpreted, and what can be wrong with it."""

import asyncio
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from bot.discord.client import Additions
from tests.discord.home import (
    MEANING,
    PaperCalls,
    answered,
    club,
    file,
    friend,
    home,
    known,
    note,
)
from tests.discord.server.events import Intent
from tests.discord.server.faults import (
    DOWNLOAD,
    Drop,
    Redirect,
    Refuse,
    Truncate,
    bad_gateway,
    server_error,
)
from tests.discord.server.server import DiscordServer
from tests.pipeline.fake_stages import file_of
from tests.telegram.home import EN, Engines


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("memo.m4a", "audio/mp4"),
        ("MEMO.WAV", None),
        ("memo.opus", "application/octet-stream"),
        ("no suffix", "audio/ogg; codecs=opus"),
        ("clip.mp4", "video/mp4"),
    ],
)
async def test_sound_is_known_by_its_type_or_by_its_name(
    tmp_path: Path, name: str, kind: str | None
) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        chat = friend(discord)
        await answered(chat, chat.send(file(name, kind)))


async def test_every_recording_of_a_message_is_answered(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        chat = friend(discord)
        sent = chat.send(file("1.ogg"), file("picture.png", data=b"png"), file("2.ogg"))
        await answered(chat, sent)
        await answered(chat, sent)
        assert len(house.engines.heard) == 2
        await chat.quiet()


async def test_in_a_server_notes_are_left_alone_until_it_wants_them(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        here = club(discord)
        here.anna.voice(note(), seconds=1)
        await here.anna.quiet()
        await house.stores.preferences.change_chat(here.chat, active=True)
        await answered(here.anna, here.anna.voice(note(), seconds=1))
        elsewhere = here.anna.person.at(here.guild.text("elsewhere"))
        elsewhere.voice(note(), seconds=1)
        await elsewhere.quiet()
        assert len(house.engines.heard) == 1


async def test_what_a_server_wants_holds_in_its_channels_threads_and_calls(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        here = club(discord)
        await house.stores.preferences.change_chat(here.chat.whole, active=True)
        thread = here.channel.open_thread("Nấu ăn", here.anna.person)
        for place in (here.channel, thread, here.guild.voice("Call")):
            seat = here.anna.person.at(place)
            text, _ = await answered(seat, seat.voice(note(), seconds=1))
            assert text.channel is place


@pytest.mark.parametrize(
    "words", ["translate", "Translate!", "dịch", unicodedata.normalize("NFD", "dịch"), "/dich", "@"]
)
async def test_whoever_asks_for_an_older_note_gets_it(tmp_path: Path, words: str) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        here = club(discord)
        sent = here.anna.voice(note(), seconds=1)
        binh = here.member(discord.person("Bình"))
        await house.stores.preferences.change_person(known(here.anna), spoken=EN)
        binh.say(words.replace("@", discord.bot.mention), reply_to=sent)
        await answered(binh, sent)
        (request,) = house.engines.heard
        assert request.source == "en", "it is Anna who speaks"


async def test_two_people_may_ask_for_the_same_note(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        here = club(discord)
        sent = here.anna.voice(note(), seconds=1)
        for name in ("Bình", "Chi"):
            seat = here.member(discord.person(name))
            seat.say("dịch", reply_to=sent)
            await answered(here.anna, sent)


async def test_a_film_is_interpreted_when_it_is_asked_for(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        here = club(discord)
        await house.stores.preferences.change_chat(here.chat, active=True)
        film = here.anna.send(file("holiday.mp4", "video/mp4"))
        await here.anna.quiet()
        here.anna.say("translate", reply_to=film)
        await answered(here.anna, film)
        asked = here.anna.say(discord.bot.mention, files=[file("other.mp4", "video/mp4")])
        await answered(here.anna, asked)


async def test_a_note_in_reply_to_an_answer_is_meant_for_the_bot(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        here = club(discord)
        sent = here.anna.voice(note(), seconds=1)
        here.anna.say("translate", reply_to=sent)
        text, _ = await answered(here.anna, sent)
        again = here.anna.voice(note(), seconds=1, reply_to=text)
        await answered(here.anna, again)
        here.anna.say("thank you!", reply_to=text)
        await here.anna.quiet()


async def test_who_calls_the_bot_without_a_note_is_told_how(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        here = club(discord)
        sent = here.anna.say(f"{discord.bot.mention} hello")
        how = await here.anna.wait_for(reply_to=sent)
        assert "Apps" in how.content
        older = here.anna.say("no note")
        sent = here.anna.say(f"{discord.bot.mention}", reply_to=older)
        await here.anna.wait_for(text="Apps", reply_to=sent)


async def test_talk_between_people_is_left_alone(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        here = club(discord)
        await house.stores.preferences.change_chat(here.chat, active=True)
        older = here.anna.say("hello")
        here.anna.say("translate", reply_to=older)
        here.anna.say("translate")
        here.anna.send(file("picture.png", "image/png", b"png"))
        await here.anna.quiet()


async def test_another_bots_notes_are_left_alone(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        here = club(discord)
        await house.stores.preferences.change_chat(here.chat, active=True)
        machine = discord.person("Machine")
        machine.bot = True
        here.member(machine).voice(note(), seconds=1)
        await here.anna.quiet()


async def test_alone_with_the_bot_everything_is_answered(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        chat = friend(discord)
        await chat.wait_for(text="/language", reply_to=chat.say("hello?"))
        picture = chat.send(file("picture.png", "image/png", b"png"))
        await chat.wait_for(text="not a sound file", reply_to=picture)
        await chat.wait_for(text="Apps", reply_to=chat.say("translate"))
        sent = chat.send(file("memo.txt", "text/plain", b"words"))
        await chat.wait_for(text="not a sound file", reply_to=sent)


async def test_a_claimed_length_is_only_good_for_refusing(tmp_path: Path) -> None:
    async with (
        DiscordServer.start(pace=100) as discord,
        home(discord, tmp_path, limits={"seconds": 5.0}) as house,
    ):
        chat = friend(discord)
        sent = chat.voice(note(), seconds=86_400.0)
        await chat.wait_for(text="longer than 5 seconds", reply_to=sent)
        assert not house.engines.heard
        for claim in (0.0, -1.0, 1e-9):
            await answered(chat, chat.voice(note(), seconds=claim))


async def test_a_file_that_says_it_is_too_large_is_not_fetched(tmp_path: Path) -> None:
    async with (
        DiscordServer.start() as discord,
        home(discord, tmp_path, limits={"bytes": 1_000}) as house,
    ):
        chat = friend(discord)
        sent = chat.send(file(data=b"x" * 2_000))
        await chat.wait_for(text="larger than 1,000 B", reply_to=sent)
        assert not discord.requests_to(DOWNLOAD)
        assert not house.engines.heard


async def test_a_file_that_lies_about_its_size_is_cut_off(tmp_path: Path) -> None:
    async with (
        DiscordServer.start() as discord,
        home(discord, tmp_path, limits={"bytes": 50_000}) as house,
    ):
        chat = friend(discord)
        sent = chat.send(file())
        ((key, stored),) = discord.world.files.items()
        discord.world.files[key] = replace(stored, data=b"x" * 30_000_000)
        await chat.wait_for(text="larger than 48.8 kB", reply_to=sent)
        assert not house.engines.heard


async def test_a_download_survives_what_happens_on_the_way(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        chat = friend(discord)
        for faults in ((Drop(processed=False), Truncate(100)), (server_error(), bad_gateway())):
            for fault in faults:
                discord.faults.add(DOWNLOAD, fault)
            await answered(chat, chat.voice(note(), seconds=1))
        assert [file_of(request) for request in house.engines.heard] == [note(), note()]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Refuse(403, 0, ""), "send it again"),
        (Refuse(418, 0, ""), "permissions"),
        (bad_gateway(), "can't be reached"),
    ],
)
async def test_a_file_that_is_not_given_ends_in_a_sentence(
    tmp_path: Path, fault: Refuse, said: str
) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path):
        chat = friend(discord)
        discord.faults.always(DOWNLOAD, fault)
        await chat.wait_for(text=said, reply_to=chat.voice(note(), seconds=1))


async def test_a_file_that_is_said_to_be_elsewhere_is_not_fetched_from_there(
    tmp_path: Path,
) -> None:
    asked: list[web.Request] = []

    async def inside(request: web.Request) -> web.Response:
        asked.append(request)
        return web.Response(body=note())

    application = web.Application()
    application.router.add_get("/secret", inside)
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        discord.faults.add(DOWNLOAD, Redirect(f"http://127.0.0.1:{runner.addresses[0][1]}/secret"))
        chat = friend(discord)
        await chat.wait_for(text="permissions", reply_to=chat.voice(note(), seconds=1))
        await runner.cleanup()
        assert not asked
        assert not house.engines.heard


async def test_a_note_that_waited_for_longer_than_its_file_is_kept(tmp_path: Path) -> None:
    engines = Engines(gates={"hear": asyncio.Event()})
    async with (
        DiscordServer.start() as discord,
        home(discord, tmp_path, engines, desk={"at_once": 1}),
    ):
        chat = friend(discord)
        first = chat.voice(note(), seconds=1)
        second = chat.voice(note(), seconds=1)
        await chat.wait_for(text="number 1", reply_to=second)
        discord.clock.turn(25 * 3600)
        engines.gates["hear"].set()
        await answered(chat, first)
        await chat.wait_for(text="does not have this any more", reply_to=second)


async def test_without_the_right_to_read_messages_it_goes_on_and_says_so(tmp_path: Path) -> None:
    async with (
        DiscordServer.start(granted=Intent(0)) as discord,
        home(discord, tmp_path) as house,
    ):
        here = club(discord)
        (wish,) = discord.gateway.identified
        assert not wish["intents"] & Intent.MESSAGE_CONTENT
        await house.stores.preferences.change_chat(here.chat, active=True)
        sent = here.anna.voice(note(), seconds=1)
        await here.anna.quiet()
        await answered(here.anna, here.anna.say(discord.bot.mention, files=[file()]))
        card = await here.anna.use("settings").wait_for()
        assert "Message Content Intent" in card.content
        asked = here.anna.choose("Translate", sent)
        await asked.wait_for(text=MEANING)
        private = here.anna.person.private()
        await answered(private, private.voice(note(), seconds=1))


async def test_a_server_that_the_bot_leaves_is_forgotten(tmp_path: Path) -> None:
    calls = PaperCalls()
    async with (
        DiscordServer.start() as discord,
        home(discord, tmp_path, additions=Additions(calls=calls)) as house,
    ):
        here = club(discord)
        await house.stores.preferences.change_chat(here.chat, active=True)
        here.guild.kick(discord.bot)
        assert await calls.heard("gone") == here.guild.id
        assert not (await house.stores.preferences.of_chat(here.chat)).active


async def test_settings_are_those_of_the_channel_where_they_are_opened(tmp_path: Path) -> None:
    async with DiscordServer.start() as discord, home(discord, tmp_path) as house:
        here = club(discord)
        card = await here.anna.use("settings").wait_for()
        await here.anna.press(card, "Interpret every note").wait_for(text="every voice note")
        assert (await house.stores.preferences.of_chat(here.chat)).active
        await answered(here.anna, here.anna.voice(note(), seconds=1))
