"""What the gateway tells the bot, and which intents it needs to hear it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntFlag
from typing import TYPE_CHECKING

from tests.discord.server.refusals import Json

if TYPE_CHECKING:
    from tests.discord.server.calls import Call
    from tests.discord.server.channels import Channel
    from tests.discord.server.guilds import Guild
    from tests.discord.server.interactions import Interaction
    from tests.discord.server.messages import Message
    from tests.discord.server.people import Member, Role, User


class Intent(IntFlag):
    """Gateway intents of the API reference."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_VOICE_STATES = 1 << 7
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


ALWAYS = Intent(0)
PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
"""Those that an application must be granted."""
DEFINED = (1 << 26) - 1 & ~(0b11 << 17 | 0b11 << 22)
"""All bits that mean an intent."""


@dataclass(frozen=True)
class Event:
    """One dispatch, shaped for each session by its intents."""

    name: str
    needs: Intent
    """One of these is enough; ``ALWAYS`` needs none."""
    shape: Callable[[Intent], Json] = field(repr=False)
    heard: bool = True
    """Whether the bot may hear it at all."""


def _plain(name: str, needs: Intent, data: Json, *, heard: bool = True) -> Event:
    return Event(name, needs, lambda _: data, heard=heard)


def _message_event(name: str, message: "Message") -> Event:
    private = message.channel.guild is None
    needs = Intent.DIRECT_MESSAGES if private else Intent.GUILD_MESSAGES

    def shape(intents: Intent) -> Json:
        contents = bool(intents & Intent.MESSAGE_CONTENT) or message.open_to_bot
        return message.shape(contents=contents) | message.frame()

    return Event(name, needs, shape, heard=message.channel.seen_by_bot)


def message_create(message: "Message") -> Event:
    """Somebody wrote, the bot included."""
    return _message_event("MESSAGE_CREATE", message)


def message_update(message: "Message") -> Event:
    """A message has changed."""
    return _message_event("MESSAGE_UPDATE", message)


def message_delete(message: "Message") -> Event:
    """A message is gone."""
    private = message.channel.guild is None
    needs = Intent.DIRECT_MESSAGES if private else Intent.GUILD_MESSAGES
    data = {"id": str(message.id), "channel_id": str(message.channel.id)}
    data |= _guild_id(message.channel.guild)
    return _plain("MESSAGE_DELETE", needs, data, heard=message.channel.seen_by_bot)


def reaction(message: "Message", user: "User", emoji: str, *, added: bool) -> Event:
    """Somebody put an emoji under a message, or took it away."""
    guild = message.channel.guild
    private = guild is None
    needs = Intent.DIRECT_MESSAGE_REACTIONS if private else Intent.GUILD_MESSAGE_REACTIONS
    data: Json = {
        "user_id": str(user.id),
        "channel_id": str(message.channel.id),
        "message_id": str(message.id),
        "emoji": {"id": None, "name": emoji},
        "burst": False,
        "type": 0,
    }
    data |= _guild_id(guild)
    if added:
        data |= {"message_author_id": str(message.author.id)}
        if guild is not None and user.id in guild.members:
            data |= {"member": guild.members[user.id].shape()}
    name = "MESSAGE_REACTION_ADD" if added else "MESSAGE_REACTION_REMOVE"
    return _plain(name, needs, data, heard=message.channel.seen_by_bot)


def typing(channel: "Channel", user: "User", when: float) -> Event:
    """Somebody is writing."""
    guild = channel.guild
    needs = Intent.DIRECT_MESSAGE_TYPING if guild is None else Intent.GUILD_MESSAGE_TYPING
    data: Json = {
        "channel_id": str(channel.id),
        "user_id": str(user.id),
        "timestamp": int(when),
    }
    data |= _guild_id(guild)
    if guild is not None:
        data |= {"member": guild.members[user.id].shape()}
    return _plain("TYPING_START", needs, data, heard=channel.seen_by_bot)


def guild_create(guild: "Guild", *, added: bool = False) -> Event:
    """A server is there: at the start, after an outage, or because the bot was added."""

    def shape(intents: Intent) -> Json:
        both = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES
        told = {} if added else {"unavailable": False}
        return guild.creation(everybody=intents & both == both) | told

    return Event("GUILD_CREATE", Intent.GUILDS, shape, heard=guild.with_bot)


def guild_delete(guild: "Guild", *, outage: bool = False) -> Event:
    """The bot was put out, or in an outage the server can't be reached for a while."""
    data: Json = {"id": str(guild.id)} | ({"unavailable": True} if outage else {})
    return _plain("GUILD_DELETE", Intent.GUILDS, data)


def channel(name: str, about: "Channel") -> Event:
    """CHANNEL_CREATE, CHANNEL_UPDATE, CHANNEL_DELETE, THREAD_UPDATE or THREAD_DELETE.

    A change is told even if it takes the channel from the bot's sight.
    """
    guild = about.guild
    return _plain(name, Intent.GUILDS, about.shape(), heard=guild is not None and guild.with_bot)


def thread_create(thread: "Channel") -> Event:
    """A thread was opened."""
    data = thread.shape() | {"newly_created": True}
    return _plain("THREAD_CREATE", Intent.GUILDS, data, heard=thread.seen_by_bot)


def role(name: str, guild: "Guild", about: "Role") -> Event:
    """GUILD_ROLE_CREATE or GUILD_ROLE_UPDATE."""
    data = _guild_id(guild) | {"role": about.shape()}
    return _plain(name, Intent.GUILDS, data, heard=guild.with_bot)


def member(name: str, about: "Member") -> Event:
    """GUILD_MEMBER_ADD or GUILD_MEMBER_UPDATE; bots are always told of themselves."""
    guild = about.guild
    own = about.user is guild.world.bot
    needs = ALWAYS if own else Intent.GUILD_MEMBERS
    return _plain(name, needs, _guild_id(guild) | about.shape(), heard=guild.with_bot)


def member_remove(about: "Member") -> Event:
    """Somebody left the server, or was put out."""
    data = _guild_id(about.guild) | {"user": about.user.shape()}
    heard = about.guild.with_bot
    return _plain("GUILD_MEMBER_REMOVE", Intent.GUILD_MEMBERS, data, heard=heard)


def voice_state_update(call: "Call") -> Event:
    """Somebody came into a voice channel, left it, or changed how they are there."""
    heard = call.guild.with_bot or call.user is call.guild.world.bot
    return _plain("VOICE_STATE_UPDATE", Intent.GUILD_VOICE_STATES, call.shape(), heard=heard)


def voice_server_update(guild: "Guild", token: str, endpoint: str | None) -> Event:
    """Where the bot shall connect; ``None`` says that there is no server for the moment."""
    data = _guild_id(guild) | {"token": token, "endpoint": endpoint}
    return _plain("VOICE_SERVER_UPDATE", ALWAYS, data)


def interaction_create(interaction: "Interaction") -> Event:
    """Somebody used a command, a button, a select or a form."""
    return _plain("INTERACTION_CREATE", ALWAYS, interaction.shape())


def _guild_id(guild: "Guild | None") -> Json:
    return {"guild_id": str(guild.id)} if guild is not None else {}
