"""The real python-telegram-bot, unpatched, meets the Bot API server of these tests."""

import asyncio
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from blockbuster import BlockBuster
from telegram import BotCommand, BotCommandScopeChat, MessageEntity
from telegram.constants import ChatMemberStatus

from tests.telegram.bot_api.ogg import ogg_opus
from tests.telegram.bot_api.server import BotApi
from tests.telegram.bot_api.webhooks import SECRET_HEADER
from tests.telegram.bots import bare, build, note, polling

SECRET = "canary-secret"  # noqa: S105 - opens nothing


async def test_a_person_starts_the_bot_taps_a_key_and_sees_the_message_change() -> None:
    async with BotApi.start() as telegram, polling(telegram):
        anna = telegram.person("Anna", language="vi")
        chat = anna.private()
        await chat.say("/start")
        hello = await chat.wait_for(text="hello vi")
        assert hello.labels == ["Tiếng Việt"]
        tap = await hello.tap("Tiếng Việt")
        assert await tap.answered() == {"text": "noted", "show_alert": False}
        chosen = await chat.wait_for(text="chosen speak:vi")
        assert chosen is hello
        assert not chosen.buttons
        assert [content["text"] for content in chosen.history] == ["hello vi"]
        await chat.quiet()


async def test_a_voice_note_is_downloaded_and_answered_by_a_voice_message() -> None:
    async with BotApi.start() as telegram, polling(telegram):
        chat = telegram.person("Anna").private()
        sent = await chat.voice(note())
        reply = await chat.wait_for(kind="voice", reply_to=sent)
        assert reply.data == note()
        assert reply.media["duration"] == 3
        assert reply.text == f"heard Voice of {len(note())}"
        assert [action.name for action in chat.chat.actions] == ["record_voice"]
        await telegram.updates.settled()
        methods = [call.method for call in telegram.calls if call.method != "getUpdates"]
        wanted = ["sendChatAction", "getFile", "download", "sendVoice"]
        assert [method for method in methods if method in wanted] == wanted


async def test_sound_arrives_in_every_form_people_send_it() -> None:
    async with BotApi.start() as telegram, polling(telegram):
        chat = telegram.person("Anna").private()
        await chat.audio(note(), "song.ogg", "audio/ogg", seconds=1, caption="listen")
        await chat.wait_for(text="heard Audio")
        await chat.video_note(note(), seconds=1)
        await chat.wait_for(text="heard VideoNote")
        await chat.document(note(), "Ghi âm.m4a", "audio/mp4")
        await chat.wait_for(text="heard Document")
        forwarded = await chat.forward(await chat.voice(note()), hidden=True)
        await chat.wait_for(text="heard Voice", reply_to=forwarded)


async def test_a_reply_shows_the_bot_the_older_note() -> None:
    async with BotApi.start() as telegram, polling(telegram):
        chat = telegram.person("Anna").private()
        older = await chat.say("bánh mì")
        await chat.say("translate", reply_to=older)
        await chat.wait_for(text=f"read translate about {older.id}")
        await older.edit("bánh bao")
        await chat.wait_for(text="edited to bánh bao")


async def test_in_a_group_the_bot_sees_only_what_is_meant_for_it() -> None:
    async with BotApi.start() as telegram, polling(telegram):
        anna, binh = telegram.person("Anna"), telegram.person("Bình")
        family = telegram.group("Family", creator=anna)
        here, there = anna.joins(family, "creator"), binh.joins(family)
        await here.say("good morning")
        await there.voice(note())
        await there.say("/start@another_bot")
        await there.say("/start@dragoman_bot")
        hello = await there.wait_for(text="hello")
        await there.say("thanks", reply_to=hello)
        await here.wait_for(text="read thanks")
        await there.quiet()
        assert len(family.from_bot) == 2


async def test_as_an_admin_the_bot_sees_everything() -> None:
    async with BotApi.start() as telegram, polling(telegram):
        anna, binh = telegram.person("Anna"), telegram.person("Bình")
        club = telegram.supergroup("Club", creator=anna, bot="administrator")
        await binh.joins(club).voice(note())
        await binh.joins(club).wait_for(kind="voice")
        await binh.joins(club).say("good morning")
        await binh.joins(club).wait_for(text="read good morning")


async def test_an_answer_stays_in_its_topic() -> None:
    async with BotApi.start() as telegram, polling(telegram):
        anna = telegram.person("Anna")
        club = telegram.supergroup("Club", creator=anna, bot="administrator", forum=True)
        cooking = club.open_topic("Nấu ăn", anna)
        in_topic, outside = anna.joins(club, "creator", topic=cooking), anna.joins(club, "creator")
        sent = await in_topic.voice(note())
        reply = await in_topic.wait_for(kind="voice", reply_to=sent)
        assert reply.thread == cooking
        await outside.say("hello")
        assert (await outside.wait_for(text="read hello")).thread is None


async def test_people_and_chats_can_be_looked_up() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        anna, binh = telegram.person("Anna", username="anna_nguyen"), telegram.person("Bình")
        club = telegram.supergroup("Club", creator=anna, bot="administrator")
        binh.joins(club)
        assert (await bot.get_me()).username == "dragoman_bot"
        assert (await bot.get_chat(club.id)).title == "Club"
        statuses = [(await bot.get_chat_member(club.id, who.id)).status for who in (anna, binh)]
        assert statuses == [ChatMemberStatus.OWNER, ChatMemberStatus.MEMBER]
        admins = await bot.get_chat_administrators(club.id)
        assert {admin.user.id for admin in admins} == {anna.id, bot.id}
        await bot.leave_chat(club.id)
        assert club.members[bot.id] == "left"


async def test_command_menus_are_kept_by_scope_and_language() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        english, vietnamese = BotCommand("help", "what I do"), BotCommand("help", "tôi làm gì")
        scope = BotCommandScopeChat(telegram.person("Anna").id)
        await bot.set_my_commands([english])
        await bot.set_my_commands([vietnamese], scope=scope, language_code="vi")
        assert await bot.get_my_commands() == (english,)
        assert await bot.get_my_commands(scope, "vi") == (vietnamese,)
        assert await bot.get_my_commands(scope) == ()


async def test_files_reactions_captions_and_deletions_reach_the_chat() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = telegram.person("Anna").private()
        sent = await chat.say("my data")
        await bot.set_message_reaction(chat.chat.id, sent.id, "👍")
        assert sent.reactions == {bot.id: ["👍"]}
        await bot.send_document(chat.chat.id, b"{}", filename="data.json", caption="yours")
        export = await chat.wait_for(kind="document")
        assert (export.data, export.media["file_name"]) == (b"{}", "data.json")
        await bot.edit_message_caption(chat.chat.id, export.id, caption="all of it")
        assert export.text == "all of it"
        song = await bot.send_audio(chat.chat.id, note(), duration=1, title="Lời ru")
        assert song.audio is not None
        assert song.audio.title == "Lời ru"
        again = await bot.send_audio(chat.chat.id, song.audio.file_id)
        assert again.audio == song.audio
        await bot.delete_message(chat.chat.id, export.id)
        assert export.deleted


async def test_commands_are_marked_in_utf_16() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        await telegram.person("Anna").private().say("🇻🇳 /start and https://example.org.")
        (update,) = await bot.get_updates()
        assert update.message is not None
        entities = update.message.parse_entities()
        assert {(mark.type, text) for mark, text in entities.items()} == {
            (MessageEntity.BOT_COMMAND, "/start"),
            (MessageEntity.URL, "https://example.org"),
        }


async def test_an_anonymous_admin_writes_in_the_groups_name() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        anna = telegram.person("Anna")
        club = telegram.supergroup("Club", creator=anna, bot="administrator")
        await replace(anna.joins(club, "creator"), anonymous=True).say("/settings")
        *_, update = await bot.get_updates()
        assert update.message is not None
        assert update.message.from_user is not None
        assert update.message.from_user.username == "GroupAnonymousBot"
        assert update.message.sender_chat == update.message.chat


async def test_waiting_in_vain_says_what_the_bot_wrote_instead() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = telegram.person("Anna").private()
        await chat.say("/start")
        await bot.send_message(chat.chat.id, "sorry")
        with pytest.raises(AssertionError, match=r"in vain; the bot wrote .*'sorry'"):
            await chat.wait_for(text="welcome", timeout=0.1)
        first = await chat.wait_for(text=re.compile("^s.rry$"))
        with pytest.raises(AssertionError, match="in vain"):
            await chat.wait_for(text="sorry", timeout=0.1)
        quiet = asyncio.create_task(chat.quiet(0.2))
        await asyncio.sleep(0)
        await bot.edit_message_text("sorry again", chat.chat.id, first.id)
        with pytest.raises(AssertionError):
            await quiet
        assert await chat.wait_for(text="again") is first


async def test_a_bot_in_privacy_mode_does_not_see_a_picture_or_a_mention() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        anna = telegram.person("Anna")
        here = anna.joins(telegram.group("Family", creator=anna), "creator")
        await here.send({"photo": []})
        await here.say("@dragoman_bot translate")
        assert [update.message for update in await bot.get_updates()] == [None]


@pytest.fixture
def leaf(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, and its key."""
    made = trustme.CA().issue_cert("127.0.0.1")
    certificate, key = tmp_path / "leaf.pem", tmp_path / "key.pem"
    certificate.write_bytes(made.cert_chain_pems[0].bytes())
    key.write_bytes(made.private_key_pem.bytes())
    return certificate, key


def may_block(guard: BlockBuster, call: str, file: str, function: str) -> None:
    """The library touches the disk here while it starts, or on a server of one's own."""
    guard.functions[call].can_block_in(f"telegram/{file}", function)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


async def test_updates_are_posted_to_a_webhook_that_checks_its_secret(tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}/updates"
    async with BotApi.start(local=tmp_path) as telegram, await build(telegram) as app:
        assert app.updater is not None
        await app.start()
        await app.updater.start_webhook(
            "127.0.0.1", port, "updates", webhook_url=address, secret_token=SECRET
        )
        chat = telegram.person("Anna").private()
        await chat.say("hello")
        await chat.wait_for(text="read hello")
        async with ClientSession() as stranger:
            for headers in ({}, {SECRET_HEADER: "guess"}):
                async with stranger.post(address, json={}, headers=headers) as response:
                    assert response.status == 403
        telegram.updates.redeliver()
        await telegram.updates.settled()
        assert [delivery.status for delivery in telegram.deliveries] == [200, 200]
        assert len({delivery.update_id for delivery in telegram.deliveries}) == 1
        await app.updater.stop()
        await app.stop()


async def test_a_webhook_over_tls_is_trusted_by_the_certificate_it_uploads(
    leaf: tuple[Path, Path], loop_guard: BlockBuster
) -> None:
    may_block(loop_guard, "io.BufferedReader.read", "ext/_updater.py", "_start_webhook")
    port, (certificate, key) = free_port(), leaf
    address = f"https://127.0.0.1:{port}/updates"
    async with BotApi.start() as telegram, await build(telegram) as app:
        assert app.updater is not None
        await app.start()
        await app.updater.start_webhook(
            "127.0.0.1", port, "updates", cert=certificate, key=key, webhook_url=address
        )
        chat = telegram.person("Anna").private()
        await chat.say("hello")
        await chat.wait_for(text="read hello")
        assert (await app.bot.get_webhook_info()).has_custom_certificate
        await app.updater.stop()
        await app.stop()


async def test_a_webhook_that_refuses_gets_the_update_again(tmp_path: Path) -> None:
    answers = iter([500, 403, 200])
    arrived: list[int] = []

    async def take(request: web.Request) -> web.Response:
        arrived.append((await request.json())["update_id"])
        return web.Response(status=next(answers))

    async with (
        BotApi.start(local=tmp_path) as telegram,
        bare(telegram) as bot,
        TestServer(web_app(take)) as hook,
    ):
        await bot.set_webhook(str(hook.make_url("/")))
        await telegram.person("Anna").private().say("hello")
        await telegram.updates.settled()
        assert [delivery.status for delivery in telegram.deliveries] == [500, 403, 200]
        assert len(set(arrived)) == 1
        info = await bot.get_webhook_info()
        assert info.last_error_message == "Wrong response from the webhook: 403 Forbidden"


def web_app(take: Callable[[web.Request], Awaitable[web.Response]]) -> web.Application:
    app = web.Application()
    app.router.add_post("/", take)
    return app


async def test_a_server_of_ones_own_hands_out_large_files_on_disk(
    tmp_path: Path, loop_guard: BlockBuster
) -> None:
    may_block(loop_guard, "os.stat", "_utils/files.py", "is_local_file")
    large = bytes(21 * 2**20)
    async with BotApi.start(local=tmp_path) as telegram, bare(telegram) as bot:
        sent = await telegram.person("Anna").private().document(large, "talk.mp3", "audio/mpeg")
        file = await bot.get_file(sent.media["file_id"])
        assert file.file_path is not None
        assert await asyncio.to_thread(Path(file.file_path).read_bytes) == large


async def test_no_log_and_no_record_of_the_server_shows_the_token(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with BotApi.start() as telegram, ClientSession() as client:
        url = telegram.base_url + telegram.token
        chat = telegram.person("Anna").private()
        await chat.say("hello")
        for path, body in (
            ("/getMe", {}),
            ("/nothing", {"text": telegram.token}),
            ("/sendMessage", {"chat_id": chat.chat.id, "text": telegram.token}),
            ("/getFile", {"file_id": telegram.token}),
            ("/setWebhook", {"url": f"https://[::1]:9/{telegram.token}", "secret_token": SECRET}),
            ("/deleteWebhook", {}),
        ):
            async with client.post(url + path, json=body) as answer:
                await answer.read()
        async with client.get(f"{telegram.base_file_url}{telegram.token}/x") as answer:
            assert answer.status == 404
        seen = f"{caplog.text}{telegram!r}{telegram.calls!r}"
        assert telegram.token not in seen
        assert SECRET not in seen
        leaks = [call.method for call in telegram.calls if call.leaks_token]
        assert leaks == ["sendMessage", "getFile", "setWebhook"]


async def test_what_ffmpeg_writes_is_ogg_opus_and_a_cut_file_is_not() -> None:
    whole = ogg_opus(note(1.0))
    assert whole is not None
    assert whole.channels == 1
    assert whole.seconds == pytest.approx(1.0, abs=0.03)
    assert ogg_opus(note()[:-1]) is None
    assert ogg_opus(note().replace(b"OpusHead", b"\x01vorbis\x00", 1)) is None
    assert ogg_opus(b"") is None
    assert ogg_opus(b"RIFF" + bytes(100)) is None
