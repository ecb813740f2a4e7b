"""Messages come in: notes go to the desk, questions are answered; other talk is left alone."""

import logging
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

import discord

from bot import messages
from bot.cards import Caller
from bot.commands import Commands
from bot.discord import places
from bot.discord.cards import buttons, promise
from bot.discord.outbox import Outbox
from bot.discord.places import Interaction, Locales, Place
from bot.discord.recordings import Downloads, Recording, recordings_of
from bot.discord.replies import Aside, ChannelWay, DiscordReply, InteractionWay, Way
from bot.discord.texts import plain, shortened
from bot.types import Address, Intake, VoiceNote
from pipeline.errors import StorageError
from storage.types import Clock, Person

_REQUEST: Final = re.compile(r"/?(translate|dịch|dich)[\s.!?…]*", re.IGNORECASE)
"""What people write under a note that they want to understand."""
_WRITTEN: Final = frozenset({discord.MessageType.default, discord.MessageType.reply})
"""What people send; the rest is Discord's own news."""
_REPLY: Final = discord.MessageReferenceType.reply

_log = logging.getLogger(__name__)


class _Asked(NamedTuple):
    """A message with sound in it, and who wants to understand it."""

    address: Address
    speaker: Person
    asker: Person
    tag: str
    """The language of the asker's app."""
    key: str
    """The id of the message or interaction that asks."""
    roles: frozenset[str]
    """The speaker's, as far as Discord tells."""
    can_follow: bool = True
    """Whether the bot may write there of its own accord."""


class Messages:
    """Takes what people send. Every method raises PlatformError and StorageError."""

    def __init__(
        self,
        client: discord.Client,
        outbox: Outbox,
        downloads: Downloads,
        desk: Intake,
        commands: Commands,
        locales: Locales,
        clock: Clock,
    ) -> None:
        self._client = client
        self._outbox = outbox
        self._downloads = downloads
        self._desk = desk
        self._commands = commands
        self._locales = locales
        self._clock = clock
        self._stopping = False

    def stop(self) -> None:
        """Take no more notes; people are told that the bot restarts."""
        self._stopping = True

    async def take(self, message: discord.Message) -> None:
        """Do what a message asks for, if it is meant for the bot."""
        if message.author.bot or message.webhook_id or message.type not in _WRITTEN:
            return
        recordings = recordings_of(message)
        older = _older(message)
        if recordings:
            await self._answer(message, await self._wanted(message, recordings), message)
        elif older is None or not (self._mentioned(message) or _requests(message)):
            await self._hint(message)
        elif above := recordings_of(older):
            await self._answer(older, above, message)
        else:
            await self._hint(message)

    async def translate(self, interaction: Interaction, message: discord.Message) -> None:
        """Interpret a message of anybody's, as asked from its menu."""
        guest, alone = places.is_guest(interaction), places.is_alone(interaction)
        await promise(interaction, ephemeral=guest)
        asker, tag = places.account(interaction.user), self._locales.see(interaction)
        address = Address(places.chat(interaction.guild_id, message.channel.id), str(message.id))
        channel = None if guest else ChannelWay(self._outbox, Place.of(address), self._clock)
        way = InteractionWay(interaction, channel)
        recordings = recordings_of(message)
        if not recordings:
            locale = await self._commands.locale(asker, tag)
            await way.texts(plain(messages.say("discord.nothing", locale)))
            return
        # In a menu, Discord tells the roles of who opens it, but not of who wrote the message.
        own = message.author.id == interaction.user.id
        roles = _roles(message, interaction.user if own else message.author)
        asked = _Asked(
            address,
            _speaker(message),
            asker,
            tag,
            str(interaction.id),
            roles,
            can_follow=not guest and places.may_write(interaction),
        )
        aside = None if alone else Aside(self._outbox, asker)
        await self._bring(asked, recordings, lambda: way, aside)

    async def _wanted(
        self, message: discord.Message, recordings: Sequence[Recording]
    ) -> Sequence[Recording]:
        """Return what is to be interpreted: asked for, or the server wants all that is no film."""
        if self._asks(message):
            return recordings
        try:
            listens = await self._commands.listens(places.chat_of(message))
        except StorageError as error:
            # Whether anybody here wants to hear from the bot can't be known.
            _log.warning("note passed over", extra={"code": error.code})
            return ()
        return [each for each in recordings if listens and not each.filmed]

    def _asks(self, message: discord.Message) -> bool:
        """Say whether somebody turns to the bot with a message."""
        older = _older(message)
        return (
            places.is_private(message)
            or self._mentioned(message)
            or _requests(message)
            or (older is not None and older.author == self._client.user)
        )

    def _mentioned(self, message: discord.Message) -> bool:
        """Say whether the bot is called by name; that it is replied to does not count."""
        me = self._client.user
        return me is not None and re.search(rf"<@!?{me.id}>", message.content) is not None

    async def _answer(
        self, holding: discord.Message, recordings: Sequence[Recording], asking: discord.Message
    ) -> None:
        """Interpret recordings of one message, which the same or another one asks for."""
        asker, tag = places.account(asking.author), self._locales.of(asking)
        address = places.address_of(holding)
        roles = _roles(holding, holding.author)
        asked = _Asked(address, _speaker(holding), asker, tag, str(asking.id), roles)
        place, clock = Place.of(address), self._clock
        told = self._asks(asking) and not places.is_private(asking)
        aside = Aside(self._outbox, asker) if told else None
        await self._bring(asked, recordings, lambda: ChannelWay(self._outbox, place, clock), aside)

    async def _bring(
        self,
        asked: _Asked,
        recordings: Sequence[Recording],
        way: Callable[[], Way],
        aside: Aside | None,
    ) -> None:
        """Bring each recording to the desk."""
        locale = await self._commands.locale(asked.asker, asked.tag)
        for number, recording in enumerate(recordings):
            reply = DiscordReply(way(), aside, locale)
            if self._stopping:
                await reply.apologize(messages.say("busy.stopping", locale), "busy")
                return
            key, address = asked.key, asked.address
            if number:
                key = f"{key}/{number}"
                address = replace(address, message=f"{address.message}/{number}")
            note = VoiceNote(
                address=address,
                speaker=asked.speaker,
                asker=asked.asker,
                locale=asked.tag,
                fetch=partial(self._downloads.fetch, recording),
                seconds=recording.seconds,
                size=recording.size,
                asked="" if key == asked.address.message else key,
                roles=asked.roles,
                can_follow=asked.can_follow,
            )
            await self._desk.take(note, reply)

    async def _hint(self, message: discord.Message) -> None:
        """Answer what is no note, where the bot is called or alone with the person."""
        if not places.is_private(message):
            if self._mentioned(message):
                seen = self._client.intents.message_content or _older(message) is None
                await self._say(message, "discord.which" if seen else "discord.unseen")
        elif message.attachments:
            await self._say(message, "audio.unreadable")
        elif _requests(message):
            await self._say(message, "discord.which")
        else:
            await self._help(message)

    async def _help(self, message: discord.Message) -> None:
        asker, tag = places.account(message.author), self._locales.of(message)
        caller = Caller(asker, places.chat_of(message), tag, private=True)
        card = await self._commands.run(caller, "help")
        view = buttons(card, await self._commands.locale(asker, tag))
        place = Place.of(places.address_of(message))
        await self._outbox.text(place, shortened(card.text), view=view)

    async def _say(self, message: discord.Message, sentence: str) -> None:
        asker, tag = places.account(message.author), self._locales.of(message)
        locale = await self._commands.locale(asker, tag)
        place = Place.of(places.address_of(message))
        await self._outbox.say(place, messages.say(sentence, locale))


def _requests(message: discord.Message) -> bool:
    """Say whether the words ask to understand a note."""
    words = unicodedata.normalize("NFC", message.content)
    return _REQUEST.fullmatch(words.strip()) is not None


def _older(message: discord.Message) -> discord.Message | None:
    """Return the message that this one replies to, if it is still there."""
    reference = message.reference
    if reference is None or reference.type is not _REPLY:
        return None
    return reference.resolved if isinstance(reference.resolved, discord.Message) else None


def _speaker(message: discord.Message) -> Person:
    """Return whose voice it is, as far as Discord tells."""
    return places.NOBODY if message.message_snapshots else places.account(message.author)


def _roles(message: discord.Message, seen_as: discord.abc.User) -> frozenset[str]:
    """Return the roles of whose voice it is, as far as Discord tells of the account."""
    return frozenset() if message.message_snapshots else places.roles(seen_as)
