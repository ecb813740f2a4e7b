"""Commands, buttons and asked-for lines: from Telegram to the cards and back."""

import logging
from collections import OrderedDict
from dataclasses import replace
from typing import Final

from telegram import CallbackQuery, Message, User
from telegram.constants import ChatMemberStatus
from telegram.ext import ExtBot

from bot import messages
from bot.cards import Caller, Card
from bot.commands import Commands
from bot.telegram import places
from bot.telegram.outbox import Outbox, refusals
from bot.telegram.places import PLATFORM
from pipeline.errors import PlatformError, PlatformRefusedError, StorageError
from storage.types import Chat, Clock, Person

_ADMINS: Final = frozenset({ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR})
_SETTINGS: Final = "settings"
_PATIENCE_S: Final = 600.0
"""How long a card waits for the line that it asks for."""
_MOST_ASKED: Final = 10_000
"""Cards that wait at the same time; the oldest is forgotten first."""

_log = logging.getLogger(__name__)


class Cards:
    """Shows cards and takes what people do with them. Every method raises PlatformError."""

    def __init__(self, bot: ExtBot[int], outbox: Outbox, commands: Commands, clock: Clock) -> None:
        self._bot = bot
        self._outbox = outbox
        self._commands = commands
        self._clock = clock
        self._asked: OrderedDict[tuple[int, Person], tuple[str, float]] = OrderedDict()

    async def run(self, message: Message, person: Person, name: str, words: str = "") -> None:
        """Answer a command."""
        caller = await self._caller(message, message.from_user, person)
        caller = replace(caller, about=places.person_above(message))
        card = await self._commands.run(caller, name, words)
        if name == _SETTINGS:
            card = await self._with_sight(caller, card)
        await self._send(message, person, card)

    async def answer(self, message: Message, person: Person) -> bool:
        """Take a line that a card asked for; False if none did.

        In a group only a reply to a message of ours is such a line.
        """
        asks = self._asks(message, person)
        if not asks or not message.text:
            return False
        caller = await self._caller(message, message.from_user, person)
        await self._send(message, person, await self._commands.answer(caller, asks, message.text))
        return True

    async def press(self, query: CallbackQuery) -> None:
        """Answer a pressed button."""
        message, data = query.message, query.data or ""
        # Of an old message Telegram tells the chat, but not the topic, nor who opened it.
        known = isinstance(message, Message) and (
            message.is_accessible or places.is_private(message)
        )
        if not isinstance(message, Message) or not known:
            tag = query.from_user.language_code or ""
            locale = await self._commands.locale(places.account(query.from_user), tag)
            await self._outbox.try_alert(query.id, messages.say("card.stale", locale))
            return
        caller = await self._presser(message, query.from_user)
        card = await self._commands.press(caller, data)
        await self._outbox.try_alert(query.id, card.text if card.alert else "")
        if card.alert:
            return
        if data.startswith(_SETTINGS):
            card = await self._with_sight(caller, card)
        await self._replace(message, caller, card)

    async def _replace(self, message: Message, caller: Caller, card: Card) -> None:
        self._expect(message, caller.person, card)
        place = places.place_of(message.reply_to_message or message)
        if card.file is not None:
            await self._outbox.card(place, card)
        elif card.asks and len(card.rows) <= 1 and not caller.private:
            # Only what replies to the bot is sure to be shown to it, so open the reply field.
            await self._outbox.card(place, replace(card, rows=()), ask=True)
            await self._outbox.try_removing(message.chat.id, message.message_id)
        else:
            try:
                await self._outbox.replace(message, card)
            except PlatformRefusedError:
                await self._outbox.card(place, card)

    async def _send(self, message: Message, person: Person, card: Card) -> None:
        self._expect(message, person, card)
        private = places.is_private(message)
        place = places.place_of(message)
        await self._outbox.card(
            replace(place, answers=None) if private else place, card, ask=not private
        )

    def _expect(self, message: Message, person: Person, card: Card) -> None:
        key = (message.chat.id, person)
        self._asked.pop(key, None)
        if card.asks:
            self._asked[key] = (card.asks, self._clock() + _PATIENCE_S)
            if len(self._asked) > _MOST_ASKED:
                self._asked.popitem(last=False)

    def _asks(self, message: Message, person: Person) -> str:
        asks, until = self._asked.get((message.chat.id, person), ("", 0.0))
        older = message.reply_to_message
        to_us = (
            older is not None and older.from_user is not None and older.from_user.id == self._bot.id
        )
        return asks if self._clock() < until and (to_us or places.is_private(message)) else ""

    async def _caller(self, message: Message, user: User | None, person: Person) -> Caller:
        private = places.is_private(message)
        return Caller(
            person,
            places.chat_of(message),
            (user.language_code if user else None) or "",
            private=private,
            admin=not private and await self._is_admin(message, user),
            alone=private,
            message=str(message.message_id),
        )

    async def _presser(self, message: Message, user: User) -> Caller:
        """Return who presses; for a card that an anonymous admin opened, any admin is that one."""
        caller = await self._caller(message, user, places.account(user))
        opened = message.reply_to_message
        if caller.admin and opened is not None and places.in_the_groups_name(opened):
            return replace(caller, person=Person(PLATFORM, str(message.chat.id)))
        return caller

    async def _is_admin(self, message: Message, user: User | None) -> bool:
        if places.in_the_groups_name(message):
            return True
        if user is None or user.is_bot:
            return False
        try:
            with refusals():
                member = await self._bot.get_chat_member(message.chat.id, user.id)
        except PlatformError as error:
            _log.warning("admin not recognised", extra={"code": error.code})
            return False
        return member.status in _ADMINS

    async def _with_sight(self, caller: Caller, card: Card) -> Card:
        """Add to a group's settings that the bot is not shown the notes it is to interpret."""
        if caller.private or card.alert or await self._sees(caller.chat):
            return card
        try:
            wanted = await self._commands.listens(caller.chat)
        except StorageError:
            return card
        if not wanted:
            return card
        locale = await self._commands.locale(caller.person, caller.locale)
        return replace(card, text=f"{card.text}\n\n{messages.say('reply.unseen', locale)}")

    async def _sees(self, chat: Chat) -> bool:
        """Say whether Telegram shows the bot every message of the group."""
        if self._bot.bot.can_read_all_group_messages:
            return True
        try:
            with refusals():
                member = await self._bot.get_chat_member(int(chat.id), self._bot.id)
        except PlatformError:
            return True
        return member.status in _ADMINS
