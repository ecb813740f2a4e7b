"""The methods that change what is already in a chat, and answer a tap."""

from tests.telegram.bot_api.messages import Message
from tests.telegram.bot_api.parameters import (
    AnswerCallbackQuery,
    EditMessageCaption,
    EditMessageReplyMarkup,
    EditMessageText,
    Existing,
    SetMessageReaction,
)
from tests.telegram.bot_api.refusals import Json, bad_request
from tests.telegram.bot_api.sending import caption_content, markup_shape, text_content
from tests.telegram.bot_api.world import World

_EMOJI = """
❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤\u200d🔥
🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨
🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷\u200d♂ 🤷 🤷\u200d♀ 😡
"""
REACTIONS = frozenset(_EMOJI.split())
"""The emoji that ReactionTypeEmoji allows."""


def edit_message_text(world: World, asked: EditMessageText) -> Json:
    """editMessageText; keys that are not sent again are gone."""
    content = text_content(asked.text, asked.parse_mode, asked.entities)
    message = _own(world, asked)
    if message.kind != "text":
        raise bad_request("there is no text in the message to edit")
    return _changed(message, content, markup_shape(asked.reply_markup))


def edit_message_caption(world: World, asked: EditMessageCaption) -> Json:
    """editMessageCaption."""
    caption = caption_content(asked.caption, asked.parse_mode, asked.caption_entities)
    message = _own(world, asked)
    if message.file is None:
        raise bad_request("there is no caption in the message to edit")
    content = {message.kind: message.media} | caption
    return _changed(message, content, markup_shape(asked.reply_markup))


def edit_message_reply_markup(world: World, asked: EditMessageReplyMarkup) -> Json:
    """editMessageReplyMarkup."""
    message = _own(world, asked)
    return _changed(message, message.content, markup_shape(asked.reply_markup))


def delete_message(world: World, asked: Existing) -> bool:
    """deleteMessage: its own, anybody's in a private chat, and as an admin."""
    chat = world.chat(asked.chat_id)
    chat.check_writable()
    message = chat.find(asked.message_id)
    if message is None:
        raise bad_request("message to delete not found")
    admin = chat.members.get(world.bot.id) == "administrator"
    if not (message.by_bot or admin or chat.kind == "private"):
        raise bad_request("message can't be deleted")
    message.deleted = True
    message.touch()
    return True


def set_message_reaction(world: World, asked: SetMessageReaction) -> bool:
    """setMessageReaction."""
    chat = world.chat(asked.chat_id)
    chat.check_writable()
    message = chat.find(asked.message_id)
    if message is None:
        raise bad_request("message to react not found")
    emoji = [reaction.emoji for reaction in asked.reaction]
    if not REACTIONS.issuperset(emoji):
        raise bad_request("REACTION_INVALID")
    message.reactions[world.bot.id] = emoji
    message.touch()
    return True


def answer_callback_query(world: World, asked: AnswerCallbackQuery) -> bool:
    """answerCallbackQuery: once, and not too late."""
    query = world.queries.get(asked.callback_query_id)
    if query is None or query.expired or query.answer is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    query.answer = {"text": asked.text, "show_alert": asked.show_alert}
    world.bell.ring()
    return True


def _own(world: World, asked: Existing) -> Message:
    chat = world.chat(asked.chat_id)
    chat.check_writable()
    message = chat.find(asked.message_id)
    if message is None:
        raise bad_request("message to edit not found")
    if not message.by_bot:
        raise bad_request("message can't be edited")
    return message


def _changed(message: Message, content: Json, markup: Json | None) -> Json:
    keys = markup if markup and markup.get("inline_keyboard") else None
    if content == message.content and (keys or {}) == (message.markup or {}):
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly "
            "the same as a current content and reply markup of the message"
        )
    limits = message.chat.world.limits
    if limits:
        limits.admit(message.chat.id, group=message.chat.kind != "private")
    message.change(content, keys)
    return message.shape()
