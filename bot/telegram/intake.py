"""Messages come in: notes go to the desk, commands to the cards; chats come and go."""

import logging
import re
import unicodedata
from functools import partial
from typing import Final, NamedTuple

from telegram import ChatMemberUpdated, ExternalReplyInfo, Message
from telegram.constants import ChatMemberStatus, ChatType
from telegram.ext import ExtBot

from bot import messages
from bot.commands import Commands
from bot.telegram import places
from bot.telegram.commands import Cards
from bot.telegram.outbox import Outbox
from bot.telegram.places import NOBODY, PLATFORM, TITLE, Place
from bot.telegram.recordings import Downloads, Recording, recording_of
from bot.telegram.replies import TelegramReply
from bot.types import Intake, VoiceNote
from pipeline.errors import PlatformRefusedError, StorageError
from storage.types import Chat, Clock, Person

_COMMAND: Final = re.compile(
    r"/([a-z0-9_]{1,32})(?:@(\w+))?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL
)
_REQUEST: Final = re.compile(r"(translate|dịch|dich)[\s.!?…]*", re.IGNORECASE)
"""What people write under a note that they want to understand."""
_TRANSLATE: Final = frozenset({"translate", "dich"})
"""Commands that ask the same; Telegram allows no others than Latin letters."""
_GONE: Final = frozenset({ChatMemberStatus.LEFT, ChatMemberStatus.BANNED})

_log = logging.getLogger(__name__)


class _Found(NamedTuple):
    """A message with sound in it."""

    message: Message | ExternalReplyInfo
    recording: Recording


class Messages:
    """Takes what people send. Every method raises PlatformError and StorageError."""

    def __init__(
        self,
        bot: ExtBot[int],
        outbox: Outbox,
        downloads: Downloads,
        cards: Cards,
        desk: Intake,
        commands: Commands,
        clock: Clock,
    ) -> None:
        self._bot = bot
        self._outbox = outbox
        self._downloads = downloads
        self._cards = cards
        self._desk = desk
        self._commands = commands
        self._clock = clock

    async def take(self, message: Message) -> None:
        """Do what a message asks for, if it is meant for the bot."""
        if message.migrate_to_chat_id is not None:
            new = Chat(PLATFORM, str(message.migrate_to_chat_id))
            await self._commands.moved(Chat(PLATFORM, str(message.chat.id)), new)
            return
        asker = places.person_of(message)
        if asker is None:
            return
        note = _found(message)
        if note is not None:
            if await self._wanted(message, note.recording):
                await self._bring(note, asker, message)
        elif command := _COMMAND.fullmatch(message.text or ""):
            await self._obey(message, asker, command)
        elif (self._mentioned(message) or _requests(message)) and (older := _found_above(message)):
            await self._bring(older, asker, message)
        elif not await self._cards.answer(message, asker):
            await self._hint(message, asker)

    async def _obey(self, message: Message, asker: Person, command: re.Match[str]) -> None:
        """Carry out a command, unless it is another bot's."""
        name, to, words = command[1].lower(), command[2], command[3] or ""
        if to is not None and to.lower() != self._bot.username.lower():
            return
        if name not in _TRANSLATE:
            if to or places.is_private(message) or name in self._names():
                await self._cards.run(message, asker, name, words)
        elif older := _found_above(message):
            await self._bring(older, asker, message)
        else:
            await self._say(message, asker, "reply.which")

    def _names(self) -> set[str]:
        """Return the commands that are ours; in a group, others may be another bot's."""
        return {each.name for each in self._commands.menu("en")}

    async def membership(self, change: ChatMemberUpdated) -> None:
        """Forget a group that the bot has left."""
        chat, status = change.chat, change.new_chat_member.status
        if chat.type == ChatType.PRIVATE:
            return
        if status in _GONE:
            await self._commands.left(Chat(PLATFORM, str(chat.id)))

    async def _wanted(self, message: Message, recording: Recording) -> bool:
        """Say whether a recording is to be interpreted: asked for, or the group wants all."""
        if places.is_private(message) or self._mentioned(message) or _requests(message):
            return True
        older = message.reply_to_message
        if older is not None and older.from_user is not None and older.from_user.id == self._bot.id:
            return older.forum_topic_created is None
        if recording.filmed:
            return False
        try:
            return await self._commands.listens(places.chat_of(message))
        except StorageError as error:
            # Whether anybody here wants to hear from the bot can't be known.
            _log.warning("note passed over", extra={"code": error.code})
            return False

    def _mentioned(self, message: Message) -> bool:
        words = message.text or message.caption or ""
        return re.search(rf"@{self._bot.username}\b", words, re.IGNORECASE) is not None

    async def _bring(self, note: _Found, asker: Person, asking: Message) -> None:
        """Bring a note to the desk, or say at once why Telegram won't give it."""
        tag = _tag(asking)
        locale = await self._commands.locale(asker, tag)
        answered = note.message if isinstance(note.message, Message) else asking
        address = places.address_of(answered)
        reply = TelegramReply(self._outbox, Place.of(address), asker, locale, self._clock)
        if self._downloads.too_large(note.recording):
            refusal = PlatformRefusedError(platform=TITLE, reason="too_large")
            await reply.apologize(messages.sentence(refusal, locale), refusal.code)
            return
        await self._desk.take(
            VoiceNote(
                address=address,
                speaker=_speaker(note.message),
                asker=asker,
                locale=tag,
                fetch=partial(self._downloads.fetch, note.recording),
                seconds=note.recording.seconds,
                size=note.recording.size,
                asked="" if note.message is asking else str(asking.message_id),
            ),
            reply,
        )

    async def _hint(self, message: Message, asker: Person) -> None:
        """Answer what is no note and no command, where the bot is alone with the person."""
        if not places.is_private(message):
            if self._mentioned(message):
                await self._say(message, asker, "reply.which")
        elif message.text and _requests(message):
            await self._say(message, asker, "reply.which")
        elif message.text:
            await self._cards.run(message, asker, "help")
        elif message.effective_attachment is not None:
            await self._say(message, asker, "audio.unreadable")

    async def _say(self, message: Message, asker: Person, sentence: str) -> None:
        locale = await self._commands.locale(asker, _tag(message))
        await self._outbox.say(places.place_of(message), messages.say(sentence, locale))


def _tag(message: Message) -> str:
    """Return the language of the sender's app, as Telegram names it."""
    user = message.from_user
    return (user.language_code if user else None) or ""


def _requests(message: Message) -> bool:
    """Say whether the words ask to understand a note."""
    words = unicodedata.normalize("NFC", message.text or message.caption or "")
    return _REQUEST.fullmatch(words.strip().removeprefix("/")) is not None


def _found(message: Message | ExternalReplyInfo) -> _Found | None:
    recording = recording_of(message)
    return None if recording is None else _Found(message, recording)


def _found_above(message: Message) -> _Found | None:
    """Return the note that the message replies to, here or in another chat."""
    older = message.reply_to_message or message.external_reply
    return _found(older) if older else None


def _speaker(message: Message | ExternalReplyInfo) -> Person:
    """Return whose voice it is, as far as Telegram tells."""
    if isinstance(message, ExternalReplyInfo):
        return places.author(message.origin)
    if message.forward_origin is not None:
        return places.author(message.forward_origin)
    return places.person_of(message) or NOBODY
