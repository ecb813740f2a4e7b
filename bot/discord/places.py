"""Discord's people, servers and channels under the names by which they are remembered."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

import discord

from bot.types import Address
from storage.types import Chat, Person

PLATFORM: Final = "discord"
TITLE: Final = "Discord"
"""As people write it."""
NOBODY: Final = Person(PLATFORM, "0")
"""Somebody whose account Discord hides: nothing is remembered about them."""
_REMEMBERED: Final = 10_000
"""People whose language is remembered; who was seen the longest ago is forgotten first."""

Interaction: TypeAlias = discord.Interaction[discord.Client]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes, in Discord's numbers."""

    channel: int
    answers: int | None = None
    """The message that it replies to."""

    @classmethod
    def of(cls, address: Address) -> Self:
        """Return the place of an answer; behind a slash is which recording of the message."""
        chat = address.chat
        message = address.message.partition("/")[0]
        return cls(int(chat.topic or chat.id), int(message))


def account(user: discord.abc.User) -> Person:
    """Return the person behind an account."""
    return Person(PLATFORM, str(user.id))


def roles(user: discord.abc.User) -> frozenset[str]:
    """Return the ids of a member's roles; none of an account that is not known as a member."""
    if not isinstance(user, discord.Member):
        return frozenset()
    return frozenset(str(role.id) for role in user.roles)


def chat(server: int | None, channel: int) -> Chat:
    """Return a channel or thread of a server; without a server, a direct conversation."""
    if server is None:
        return Chat(PLATFORM, str(channel))
    return Chat(PLATFORM, str(server), str(channel))


def chat_of(message: discord.Message) -> Chat:
    """Return where a message is."""
    channel = message.channel
    # A server that is out of order is not known, but that it is a server is.
    server = channel.guild_id if isinstance(channel, discord.PartialMessageable) else None
    return chat(message.guild.id if message.guild else server, channel.id)


def address_of(message: discord.Message) -> Address:
    """Return where an answer to the message goes."""
    return Address(chat_of(message), str(message.id))


def is_private(message: discord.Message) -> bool:
    """Say whether nobody else is there."""
    return isinstance(message.channel, discord.DMChannel)


def is_alone(interaction: Interaction) -> bool:
    """Say whether the person and the bot are alone where this happens."""
    return interaction.guild_id is None and not interaction.context.private_channel


def is_guest(interaction: Interaction) -> bool:
    """Say whether only the person has the bot, and not the server or group where they use it."""
    return (
        not is_alone(interaction)
        and interaction.is_user_integration()
        and not interaction.is_guild_integration()
    )


def may_write(interaction: Interaction) -> bool:
    """Say whether the bot may write where this happens, and not only answer."""
    if is_alone(interaction):
        return True
    allowed = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    writes = allowed.send_messages_in_threads if in_thread else allowed.send_messages
    return allowed.view_channel and writes


class Locales:
    """The languages of people's apps, which Discord tells with interactions but not with messages.

    They are kept in memory only, as Discord names them.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[int, str] = OrderedDict()

    def see(self, interaction: Interaction) -> str:
        """Remember and return the language of who interacts."""
        tag = str(interaction.locale)
        self._seen[interaction.user.id] = tag
        self._seen.move_to_end(interaction.user.id)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return tag

    def of(self, message: discord.Message) -> str:
        """Return the author's language as last seen, or else the one a community has chosen."""
        server = message.guild
        common = str(server.preferred_locale) if server and "COMMUNITY" in server.features else ""
        return self._seen.get(message.author.id, common)
