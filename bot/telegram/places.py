"""Telegram's people, chats and topics under the names by which they are remembered."""

from dataclasses import dataclass
from typing import Final, Self

from telegram import Chat as TelegramChat
from telegram import Message, MessageOrigin, MessageOriginUser, User
from telegram.constants import ChatType

from bot.types import Address
from storage.types import Chat, Person

PLATFORM: Final = "telegram"
TITLE: Final = "Telegram"
"""As people write it."""
NOBODY: Final = Person(PLATFORM, "0")
"""Somebody whose account Telegram hides: nothing is remembered about them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes, in Telegram's numbers."""

    chat: int
    topic: int | None = None
    answers: int | None = None
    """The message that it replies to."""

    @classmethod
    def of(cls, address: Address) -> Self:
        """Return the place of an answer."""
        chat = address.chat
        return cls(int(chat.id), int(chat.topic) if chat.topic else None, int(address.message))


def person_of(message: Message) -> Person | None:
    """Return who wrote it: an account, or the group or channel in whose name it is written.

    ``None`` for another bot.
    """
    if message.sender_chat is not None:
        return _chat_as_person(message.sender_chat)
    user = message.from_user
    return None if user is None or user.is_bot else account(user)


def person_above(message: Message) -> Person | None:
    """Return whose message this one replies to, if that is a person's own account."""
    older = message.reply_to_message
    if older is None or older.sender_chat is not None or older.forum_topic_created is not None:
        return None
    return person_of(older)


def account(user: User) -> Person:
    """Return the person behind an account."""
    return Person(PLATFORM, str(user.id))


def author(origin: MessageOrigin) -> Person:
    """Return who wrote what was forwarded or quoted from elsewhere."""
    if isinstance(origin, MessageOriginUser):
        return account(origin.sender_user)
    chat = getattr(origin, "sender_chat", None) or getattr(origin, "chat", None)
    return _chat_as_person(chat) if chat else NOBODY


def _chat_as_person(chat: TelegramChat) -> Person:
    return Person(PLATFORM, str(chat.id))


def chat_of(message: Message) -> Chat:
    """Return the chat, or the topic of it that the message is in."""
    topic = str(message.message_thread_id) if message.is_topic_message else ""
    return Chat(PLATFORM, str(message.chat.id), topic)


def address_of(message: Message) -> Address:
    """Return where an answer to the message goes."""
    return Address(chat_of(message), str(message.message_id))


def place_of(message: Message) -> Place:
    """Return where an answer to the message goes, in Telegram's numbers."""
    return Place.of(address_of(message))


def is_private(message: Message) -> bool:
    """Say whether nobody else is there."""
    return message.chat.type == ChatType.PRIVATE


def in_the_groups_name(message: Message) -> bool:
    """Say whether an anonymous admin wrote it."""
    return message.sender_chat is not None and message.sender_chat.id == message.chat.id
