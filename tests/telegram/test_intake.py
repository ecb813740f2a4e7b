"""What people send, and whether it is taken, refused or left alone."""

import asyncio
import unicodedata
from pathlib import Path

import pytest
from aiohttp import web
from blockbuster import BlockBuster

from pipeline.types import Language
from storage.types import Chat, Person
from tests.pipeline.fake_stages import file_of
from tests.telegram.bot_api.chats import Seat, Status
from tests.telegram.bot_api.faults import DOWNLOAD, Drop, Redirect, Truncate, server_error
from tests.telegram.bot_api.messages import Message
from tests.telegram.bot_api.server import BotApi
from tests.telegram.bots import note
from tests.telegram.home import Engines, Home, home

VI, FR = Language("vi"), Language("fr")
MEANING = "Chúc ngủ ngon."


def remembered(chat: Seat, topic: int | None = None) -> Chat:
    return Chat("telegram", str(chat.chat.id), str(topic or ""))


async def switched_on(house: Home, chat: Seat) -> None:
    await house.stores.preferences.change_chat(remembered(chat), active=True)


async def told(chat: Seat, about: Message) -> None:
    await chat.wait_for(text=MEANING, reply_to=about)
    await chat.wait_for(kind="voice", reply_to=about)


async def test_sound_is_taken_in_every_form_people_send_it(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        chat = telegram.person("Anna").private()
        await told(chat, await chat.voice(note()))
        await told(chat, await chat.audio(note(), "a.mp3", "audio/mpeg", seconds=1))
        await told(chat, await chat.video_note(note(), seconds=1))
        await told(chat, await chat.document(note(), "note", "audio/ogg"))
        await told(chat, await chat.document(note(), "Ghi âm.M4A", None))
        await told(chat, await chat.document(note(), "clip.bin", "video/mp4"))
        assert [file_of(request) for request in house.engines.heard] == [note()] * 6


@pytest.mark.parametrize(("name", "mime"), [("a.pdf", "application/pdf"), ("mp3", None)])
async def test_a_file_without_sound_is_refused_with_a_sentence(
    tmp_path: Path, name: str, mime: str | None
) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        chat = telegram.person("Anna").private()
        sent = await chat.document(b"%PDF", name, mime)
        await chat.wait_for(text="not a sound file", reply_to=sent)
        assert not house.engines.heard


async def test_in_a_group_notes_are_left_alone_until_it_is_switched_on(tmp_path: Path) -> None:
    async with BotApi.start(privacy=False) as telegram, home(telegram, tmp_path) as house:
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        await chat.voice(note())
        await chat.say("good morning")
        await chat.quiet()
        await switched_on(house, chat)
        sent = await chat.voice(note())
        await told(chat, sent)
        assert len(house.engines.heard) == 1


@pytest.mark.parametrize(
    "words",
    [
        "/translate",
        "/dich",
        "/translate@dragoman_bot",
        "translate",
        "Dịch!",
        "@dragoman_bot",
        "dich",
    ],
)
@pytest.mark.parametrize("bot", ["member", "administrator"])
async def test_a_group_asks_for_an_older_note_by_replying_to_it(
    tmp_path: Path, words: str, bot: Status
) -> None:
    async with BotApi.start(privacy=bot == "member") as telegram, home(telegram, tmp_path) as house:
        anna, binh = telegram.person("Anna"), telegram.person("Bình", language="vi")
        family = telegram.supergroup("Family", creator=anna, bot=bot)
        here, there = anna.joins(family, "creator"), binh.joins(family)
        await house.stores.preferences.change_person(Person("telegram", str(anna.id)), spoken=FR)
        older = await here.voice(note())
        asked = await there.say(words, reply_to=older)
        if bot == "member" and not words.startswith("/"):
            await there.quiet()  # Telegram shows the bot no such words
            return
        await there.wait_for(text=MEANING, reply_to=older)
        await there.wait_for(kind="voice", reply_to=older)
        (request,) = house.engines.heard
        assert request.source == FR, "the speaker's choice, not the asker's"
        assert asked.chat is family


async def test_two_people_ask_for_the_same_note_and_both_are_answered(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        anna, binh = telegram.person("Anna"), telegram.person("Bình")
        family = telegram.group("Family", creator=anna)
        here, there = anna.joins(family, "creator"), binh.joins(family)
        older = await here.voice(note())
        for seat in (here, there):
            await seat.say("/translate", reply_to=older)
        for _ in range(2):
            await here.wait_for(text=MEANING, reply_to=older)
        assert len(house.engines.heard) == 2


async def test_a_group_that_is_switched_on_may_still_share_films(tmp_path: Path) -> None:
    async with BotApi.start(privacy=False) as telegram, home(telegram, tmp_path) as house:
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        await switched_on(house, chat)
        film = await chat.document(note(), "clip.mp4", "video/mp4")
        await chat.quiet()
        await chat.say("/translate", reply_to=film)
        await chat.wait_for(text=MEANING, reply_to=film)


async def test_a_note_in_a_group_is_taken_when_it_is_meant_for_the_bot(tmp_path: Path) -> None:
    async with BotApi.start(privacy=False) as telegram, home(telegram, tmp_path):
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        sent = await chat.audio(note(), "a.ogg", "audio/ogg", caption="@dragoman_bot please")
        await told(chat, sent)
        answer = chat.chat.from_bot[0]
        await told(chat, await chat.voice(note(), reply_to=answer))


async def test_words_for_others_are_left_alone(tmp_path: Path) -> None:
    async with BotApi.start(privacy=False) as telegram, home(telegram, tmp_path):
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        older = await chat.voice(note())
        await chat.say("/translate@another_bot", reply_to=older)
        await chat.say("@dragoman_bot_two", reply_to=older)
        await chat.say("translate this into a song", reply_to=older)
        await chat.say("translate")
        await chat.say("/roll 20")
        await chat.say("/")
        await chat.quiet()


async def test_asking_without_a_note_is_answered_with_how_to_ask(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        anna = telegram.person("Anna", language="vi")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        sent = await chat.say("/translate", reply_to=await chat.say("good morning"))
        await chat.wait_for(text="/translate", reply_to=sent)
        private = anna.private()
        for words in ("dịch", unicodedata.normalize("NFD", "Dịch"), "/dịch", "/dich"):
            await private.wait_for(text="/translate", reply_to=await private.say(words))


async def test_an_answer_stays_in_its_topic(tmp_path: Path) -> None:
    async with BotApi.start(privacy=False) as telegram, home(telegram, tmp_path) as house:
        anna = telegram.person("Anna")
        club = telegram.supergroup("Club", creator=anna, forum=True)
        cooking, sport = club.open_topic("Nấu ăn", anna), club.open_topic("Thể thao", anna)
        here, there = (anna.joins(club, "creator", topic=topic) for topic in (cooking, sport))
        await house.stores.preferences.change_chat(remembered(here, cooking), active=True)
        sent = await here.voice(note())
        await told(here, sent)
        assert {message.thread for message in club.from_bot} == {cooking}
        await there.voice(note())
        await there.quiet()


async def test_a_forwarded_note_is_its_authors(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        anna, binh = telegram.person("Anna"), telegram.person("Bình")
        preferences = house.stores.preferences
        await preferences.change_person(Person("telegram", str(anna.id)), spoken=FR)
        await preferences.change_person(Person("telegram", str(binh.id)), spoken=VI)
        original = await anna.private().voice(note())
        chat = binh.private()
        for hidden in (False, True):
            await told(chat, await chat.forward(original, hidden=hidden))
        sources = [request.source for request in house.engines.heard]
        assert sorted(map(str, sources)) == sorted(map(str, [FR, FR, None]))


async def test_other_bots_and_edited_messages_are_not_heard(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        chat = telegram.person("Anna").private()
        sent = await chat.audio(note(), "a.ogg", "audio/ogg", caption="first")
        await told(chat, sent)
        await sent.edit("second")
        chat.person.is_bot = True
        await chat.voice(note())
        await chat.quiet()
        assert len(house.engines.heard) == 1


async def test_an_update_that_comes_again_is_passed_over(tmp_path: Path) -> None:
    async with BotApi.start() as telegram:
        chat = telegram.person("Anna").private()
        async with home(telegram, tmp_path):
            await told(chat, await chat.voice(note()))
            await chat.say("/privacy")
            await chat.wait_for(text="/mydata")
            await telegram.updates.settled()
            telegram.updates.redeliver(2)
            await telegram.updates.settled()
            await chat.quiet()
        telegram.updates.redeliver(2)
        async with home(telegram, tmp_path) as house:
            await telegram.updates.settled()
            await chat.wait_for(text="/mydata")
            await chat.quiet()
            assert not house.engines.heard, "notes are remembered across restarts"


async def test_a_note_sent_while_the_bot_was_down_is_answered_when_it_is_up(tmp_path: Path) -> None:
    async with BotApi.start() as telegram:
        chat = telegram.person("Anna").private()
        sent = await chat.voice(note())
        async with home(telegram, tmp_path):
            await told(chat, sent)


async def test_over_20_mb_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        chat = telegram.person("Anna").private()
        sent = await chat.voice(note(), claims={"file_size": 20 * 2**20 + 1})
        await chat.wait_for(text="20 MB", reply_to=sent)
        assert not telegram.calls_to("getFile")


@pytest.mark.parametrize("claim", [1, None])
async def test_a_forged_size_does_not_lift_the_limit(tmp_path: Path, claim: int | None) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path):
        chat = telegram.person("Anna", language="vi").private()
        large = await asyncio.to_thread(bytes, 20 * 2**20 + 1)
        sent = await chat.voice(large, claims={"file_size": claim})
        await chat.wait_for(text="20 MB", reply_to=sent)
        assert not telegram.calls_to(DOWNLOAD)


async def test_a_server_of_ones_own_lifts_the_limit(
    tmp_path: Path, loop_guard: BlockBuster
) -> None:
    # The library looks at the disk on the loop, whether a path is a file there.
    loop_guard.functions["os.stat"].can_block_in("_utils/files.py", "is_local_file")
    files = tmp_path / "files"
    local = {"local_mode": True}
    async with (
        BotApi.start(local=files) as telegram,
        home(telegram, tmp_path, telegram=local) as house,
    ):
        chat = telegram.person("Anna").private()
        large = note() + await asyncio.to_thread(bytes, 20 * 2**20)
        await told(chat, await chat.document(large, "a.ogg", "audio/ogg"))
        (request,) = house.engines.heard
        assert file_of(request) == large


async def test_a_server_of_ones_own_on_another_disk_ends_in_a_sentence(tmp_path: Path) -> None:
    local = {"local_mode": True}
    async with BotApi.start() as telegram, home(telegram, tmp_path, telegram=local) as house:
        chat = telegram.person("Anna").private()
        sent = await chat.voice(note())
        said = await chat.wait_for(reply_to=sent)
        assert said.text.endswith(".")
        assert telegram.token not in said.text
        assert not house.engines.heard


async def test_a_claimed_duration_over_the_limit_is_refused_at_once(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path, limits={"seconds": 60}):
        chat = telegram.person("Anna").private()
        sent = await chat.voice(note(), seconds=61)
        await chat.wait_for(text="longer than 60 seconds", reply_to=sent)
        assert not telegram.calls_to("getFile")


@pytest.mark.parametrize("keep", [0, 100])
async def test_a_download_that_breaks_is_taken_up_again(tmp_path: Path, keep: int) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        telegram.faults.add(DOWNLOAD, server_error())
        telegram.faults.add(DOWNLOAD, Drop(processed=False))
        telegram.faults.add(DOWNLOAD, Truncate(keep))
        telegram.faults.add(DOWNLOAD, Truncate(keep, honest=False))
        chat = telegram.person("Anna").private()
        await told(chat, await chat.voice(note()))
        assert [file_of(request) for request in house.engines.heard] == [note()]


async def test_a_file_that_is_said_to_be_elsewhere_is_not_fetched_from_there(
    tmp_path: Path,
) -> None:
    asked: list[web.Request] = []

    async def inside(request: web.Request) -> web.Response:
        asked.append(request)
        return web.Response(body=note())

    application = web.Application()
    application.router.add_get("/secret", inside)
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        there = f"http://127.0.0.1:{runner.addresses[0][1]}/secret"
        telegram.faults.always(DOWNLOAD, Redirect(there))
        chat = telegram.person("Anna").private()
        await chat.wait_for(text="Telegram", reply_to=await chat.voice(note()), timeout=40)
        await runner.cleanup()
        assert not asked
        assert not house.engines.heard


async def test_a_group_keeps_its_choices_when_it_becomes_a_supergroup(tmp_path: Path) -> None:
    async with BotApi.start(privacy=False) as telegram, home(telegram, tmp_path) as house:
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        await switched_on(house, chat)
        upgraded = anna.joins(chat.chat.upgrade(), "creator")
        await telegram.updates.settled()
        await told(upgraded, await upgraded.voice(note()))


async def test_a_group_that_throws_the_bot_out_is_forgotten(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        anna = telegram.person("Anna")
        chat = anna.joins(telegram.group("Family", creator=anna), "creator")
        await switched_on(house, chat)
        chat.chat.set_member(telegram.world.bot, "kicked", anna)
        await telegram.updates.settled()
        assert not await house.commands.listens(remembered(chat))


async def test_a_person_who_blocks_the_bot_and_comes_back_is_still_known(tmp_path: Path) -> None:
    async with BotApi.start() as telegram, home(telegram, tmp_path) as house:
        chat = telegram.person("Anna").private()
        person = Person("telegram", str(chat.person.id))
        await house.stores.preferences.change_person(person, spoken=FR)
        await chat.block()
        await chat.unblock()
        await telegram.updates.settled()
        await told(chat, await chat.voice(note()))
        assert house.engines.heard[0].source == FR


async def test_a_failure_of_the_engines_ends_in_a_sentence(tmp_path: Path) -> None:
    engines = Engines(failures={"hear": RuntimeError("canary")})
    async with BotApi.start() as telegram, home(telegram, tmp_path, engines):
        chat = telegram.person("Anna", language="vi").private()
        sent = await chat.voice(note())
        said = await chat.wait_for(reply_to=sent)
        assert "canary" not in said.text
        assert said.text.endswith(".")
