"""Where Telegram is strict, the Bot API server of these tests is; formatting included."""

import html
from typing import Any

import pytest
from aiohttp import ClientSession, FormData
from hypothesis import given
from hypothesis import strategies as st
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    MessageEntity,
    ReactionTypeEmoji,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, EndPointNotFound
from telegram.helpers import escape_markdown

from tests.telegram.bot_api.entities import formatted
from tests.telegram.bot_api.server import BotApi
from tests.telegram.bots import bare, note

FLAG = "🇻🇳"
"""Two code points, four UTF-16 code units."""


def keys(*rows: list[dict[str, Any]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(**key) for key in row] for row in rows])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"text": " \n"}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": FLAG * 1024 + "x"}, "message is too long"),
        ({"text": "x", "reply_markup": keys([{"text": "k"}])}, "Text buttons are unallowed"),
        (
            {"text": "x", "reply_markup": keys([{"text": "k", "callback_data": "ế" * 22}])},
            "BUTTON_DATA_INVALID",
        ),
        (
            {"text": "x", "reply_markup": keys(*[[{"text": "k", "callback_data": "x"}]] * 101)},
            "REPLY_MARKUP_TOO_LONG",
        ),
        ({"text": "x", "reply_to_message_id": 99}, "message to be replied not found"),
        ({"text": "x", "message_thread_id": 99}, "message thread not found"),
        ({"text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"),
        ({"text": "x", "entities": [MessageEntity("bold", 0, 2)]}, "out of bounds"),
        ({"text": FLAG, "entities": [MessageEntity("bold", 0, 1)]}, "inside a character"),
        ({"text": "x", "api_kwargs": {"chat": 7}}, "unknown parameter chat"),
        ({"text": "x", "api_kwargs": {"reply_markup": "{"}}, "reply_markup"),
    ],
)
async def test_a_wrong_message_is_refused(arguments: dict[str, Any], why: str) -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = telegram.person("Anna").private()
        chat.chat.started = True
        with pytest.raises(BadRequest):
            await bot.send_message(chat.chat.id, **arguments)
        assert why in telegram.calls[-1].description
        assert not chat.messages


async def test_what_is_just_allowed_is_taken() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = telegram.person("Anna").private()
        await chat.say("/start")
        data = "ế" * 21 + "x"
        await bot.send_message(chat.chat.id, FLAG * 1024)
        await bot.send_message(
            chat.chat.id, "x" * 4096, reply_markup=keys([{"text": "k", "callback_data": data}])
        )
        sent = await bot.send_voice(chat.chat.id, note(), caption="x" * 1024)
        with pytest.raises(BadRequest, match="Message caption is too long"):
            await bot.edit_message_caption(chat.chat.id, sent.message_id, caption="x" * 1025)
        assert len(chat.chat.from_bot) == 3


async def test_an_edit_has_to_change_something_that_is_there_and_its_own() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = telegram.person("Anna").private()
        theirs = await chat.say("/start")
        key = keys([{"text": "k", "callback_data": "x"}])
        mine = await bot.send_message(chat.chat.id, "hello", reply_markup=key)
        with pytest.raises(BadRequest, match="Message is not modified"):
            await mine.edit_text("hello", reply_markup=key)
        with pytest.raises(BadRequest, match="Message is not modified"):
            await mine.edit_reply_markup(key)
        await mine.edit_text("hello")
        assert not chat.chat.from_bot[0].labels
        with pytest.raises(BadRequest, match="Message is not modified"):
            await mine.edit_reply_markup(None)
        with pytest.raises(BadRequest, match="Message can't be edited"):
            await bot.edit_message_text("mine", chat.chat.id, theirs.id)
        with pytest.raises(BadRequest, match="There is no caption"):
            await bot.edit_message_caption(chat.chat.id, mine.message_id, caption="x")
        await mine.delete()
        with pytest.raises(BadRequest, match="Message to edit not found"):
            await mine.edit_text("again")
        with pytest.raises(BadRequest, match="Message to delete not found"):
            await mine.delete()


async def test_in_a_group_only_an_admin_deletes_what_others_wrote() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        anna = telegram.person("Anna")
        family = telegram.group("Family", creator=anna)
        sent = await anna.joins(family, "creator").say("hello")
        with pytest.raises(BadRequest, match="can't be deleted"):
            await bot.delete_message(family.id, sent.id)
        family.set_member(telegram.world.bot, "administrator", anna)
        await bot.delete_message(family.id, sent.id)
        assert sent.deleted


async def test_a_tap_is_answered_once_and_in_time_whatever_it_carries() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = telegram.person("Anna").private()
        await chat.say("/start")
        key = keys([{"text": "k", "callback_data": "x"}])
        sent = await bot.send_message(chat.chat.id, "hello", reply_markup=key)
        shown = chat.chat.from_bot[0]
        await shown.tap("k")
        (await shown.press("forged")).expired = True
        *_, tapped, forged = await bot.get_updates()
        assert tapped.callback_query is not None
        assert forged.callback_query is not None
        assert (tapped.callback_query.message, forged.callback_query.data) == (sent, "forged")
        await tapped.callback_query.answer()
        for query in (tapped.callback_query, forged.callback_query):
            with pytest.raises(BadRequest, match="Query is too old"):
                await query.answer()


@pytest.mark.parametrize(
    ("data", "kind"),
    [(note(), "voice"), (b"RIFF" + bytes(60), "document"), (note()[:-9], "document")],
)
async def test_only_ogg_opus_is_a_voice(data: bytes, kind: str) -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = telegram.person("Anna").private()
        await chat.say("/start")
        await bot.send_voice(chat.chat.id, data, duration=1)
        assert [message.kind for message in chat.chat.from_bot] == [kind]


async def test_files_have_to_exist_and_to_hold_something() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = telegram.person("Anna").private()
        await chat.say("/start")
        with pytest.raises(BadRequest, match="Invalid file_id"):
            await bot.get_file("AwACAgIAAxkB")
        with pytest.raises(BadRequest, match="Wrong file identifier"):
            await bot.send_voice(chat.chat.id, "AwACAgIAAxkB")
        with pytest.raises(BadRequest, match="File must be non-empty"):
            await bot.send_voice(chat.chat.id, b"")
        secret = await chat.voice(note())
        async with ClientSession() as client:
            path = f"{telegram.base_file_url}{telegram.token}/voice/file_0.oga"
            async with client.get(path) as answer:
                assert answer.status == 404
            await bot.get_file(secret.media["file_id"])
            async with client.get(path) as answer:
                assert await answer.read() == note()


async def test_a_chat_action_a_reaction_and_a_command_have_to_be_known_ones() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = telegram.person("Anna").private()
        sent = await chat.say("/start")
        with pytest.raises(BadRequest, match="Wrong parameter action"):
            await bot.send_chat_action(chat.chat.id, "thinking")
        with pytest.raises(BadRequest, match="Reaction_invalid"):
            await bot.set_message_reaction(chat.chat.id, sent.id, ReactionTypeEmoji(FLAG))
        with pytest.raises(BadRequest, match="Bot_command_invalid"):
            await bot.set_my_commands([BotCommand("Help", "what I do")])
        with pytest.raises(BadRequest, match="an https url must be provided"):
            await bot.set_webhook("http://127.0.0.1:9/updates")
        with pytest.raises(EndPointNotFound):
            await bot.do_api_request("sendTelepathy")


async def test_broken_requests_are_answered_and_never_crash_the_server() -> None:
    async with BotApi.start() as telegram, ClientSession() as client:
        url = f"{telegram.base_url}{telegram.token}/sendVoice"
        attached = FormData({"chat_id": "1", "voice": "attach://nowhere"})
        attached.add_field("other", b"x", filename="x")
        for body in (
            {"data": b"{", "headers": {"Content-Type": "application/json"}},
            {"json": [1]},
            {"data": b"--", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
            {"data": b"--", "headers": {"Content-Type": "multipart/form-data"}},
            {"data": attached},
            {"json": {"chat_id": {}, "voice": 7}},
        ):
            async with client.post(url, **body) as answer:
                assert answer.status == 400
                assert (await answer.json())["description"].startswith("Bad Request: ")


@pytest.mark.parametrize(
    ("mode", "text", "why"),
    [
        ("HTML", "a < b", 'Unsupported start tag "" at byte offset 2'),
        ("HTML", "ế<font>x</font>", 'Unsupported start tag "font" at byte offset 3'),
        ("HTML", "<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("HTML", "x</b>", "Unexpected end tag at byte offset 1"),
        ("HTML", "<b><i>x</b></i>", 'expected "</i>", found "</b>"'),
        ("MarkdownV2", "1.0", "Character '.' is reserved and must be escaped"),
        ("MarkdownV2", "*x", "Can't find end of Bold entity at byte offset 0"),
        ("MarkdownV2", "ế `x", "Can't find end of Code entity at byte offset 4"),
    ],
)
async def test_broken_formatting_is_refused_in_telegrams_words(
    mode: str, text: str, why: str
) -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = telegram.person("Anna").private()
        await chat.say("/start")
        with pytest.raises(BadRequest, match="Can't parse entities"):
            await bot.send_message(chat.chat.id, text, parse_mode=mode)
        assert why in telegram.calls[-1].description


async def resent(bot: Bot, sent: Message, mode: ParseMode) -> Message:
    """Send a message again, written down by the library."""
    text = sent.text_html if mode == ParseMode.HTML else sent.text_markdown_v2
    return await bot.send_message(sent.chat_id, text, parse_mode=mode)


@pytest.mark.parametrize(
    "text",
    [
        f"{FLAG} <b>bold <i>and slanted</i></b> &lt;plain&gt; &amp; <u>under</u> <s>gone</s>",
        '<a href="https://example.org/?a=1&amp;b=2">link</a> then <code>a * b</code>',
        '<pre><code class="language-python">x = 1</code></pre> <pre>plain</pre>',
        "<blockquote>one\ntwo</blockquote>\nthree <tg-spoiler>four</tg-spoiler>",
        '<span class="tg-spoiler">five</span>\n<blockquote expandable>six\n7</blockquote>\n8',
    ],
)
async def test_formatting_survives_what_the_library_makes_of_it(text: str) -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        chat = telegram.person("Anna").private()
        await chat.say("/start")
        sent = await bot.send_message(chat.chat.id, text, parse_mode=ParseMode.HTML)
        assert sent.entities
        for mode in (ParseMode.HTML, ParseMode.MARKDOWN_V2):
            again = await resent(bot, sent, mode)
            assert (again.text, again.entities) == (sent.text, sent.entities)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60))
def test_any_escaped_text_is_read_as_it_was(text: str) -> None:
    assert formatted(html.escape(text), "HTML").text == text.rstrip()
    assert formatted(escape_markdown(text, version=2), "MarkdownV2").text == text.rstrip()


async def test_a_member_may_not_write_where_a_group_forbids_it_and_an_admin_may() -> None:
    async with BotApi.start() as telegram, bare(telegram) as bot:
        anna = telegram.person("Anna")
        club = telegram.supergroup("Club", creator=anna, forum=True)
        topic = club.open_topic("Nấu ăn", anna)
        club.closed.add(topic)
        club.forbidden = frozenset({"voice"})
        with pytest.raises(BadRequest, match="Topic_closed"):
            await bot.send_message(club.id, "x", message_thread_id=topic)
        with pytest.raises(BadRequest, match="Not enough rights to send voice notes"):
            await bot.send_voice(club.id, note())
        assert len(club.messages) == 1
        club.set_member(telegram.world.bot, "administrator", anna)
        await bot.send_message(club.id, "x", message_thread_id=topic)
        await bot.send_voice(club.id, note())
        assert [message.kind for message in club.from_bot] == ["text", "voice"]
