"""Everything the server knows: the bot, the people, the servers, the channels, the files."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from tests.discord.server.channels import Channel, Kind
from tests.discord.server.clock import Clock, Snowflakes, snowflake_seconds
from tests.discord.server.commands import Command
from tests.discord.server.events import PRIVILEGED, Event, Intent
from tests.discord.server.guilds import MIB, Guild
from tests.discord.server.interactions import Interaction
from tests.discord.server.messages import Attachment, Message
from tests.discord.server.people import Person, Role, User
from tests.discord.server.permissions import EVERYONE, NOTHING, Permission
from tests.discord.server.posting import Upload
from tests.discord.server.refusals import Json, unknown
from tests.discord.server.seats import Seat
from tests.discord.server.voice_door import Voice
from tests.discord.server.watching import Bell

LINK_S = 24 * 3600.0
"""Seconds for which a link to an attachment is good."""
_LIMITED = {
    Intent.GUILD_PRESENCES: 1 << 13,
    Intent.GUILD_MEMBERS: 1 << 15,
    Intent.MESSAGE_CONTENT: 1 << 19,
}
"""Application flags of small bots that have been granted an intent."""


@dataclass
class World:
    """The state behind the API."""

    token: str = field(repr=False)
    name: str = "Dragoman"
    granted: Intent = PRIVILEGED
    """Which privileged intents the application has."""
    voice: Voice | None = None
    """Where the bot is sent to speak; without one, it is told to wait."""
    answer_within: float = 3.0
    """Seconds in which an interaction must be answered first."""
    file_limit: int = 10 * MIB
    """Bytes one file may have, where no boosts raise it."""
    cdn: str = ""
    """Where files are downloaded from; the server fills it in."""
    gateway: str = ""
    """Where the gateway listens; the server fills it in."""
    clock: Clock = field(default_factory=Clock)
    bell: Bell = field(default_factory=Bell)
    people: list[Person] = field(default_factory=list)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    """All that were ever opened, by id."""
    files: dict[tuple[int, int, str], Attachment] = field(default_factory=dict)
    """By channel, id and name, as in the path of a download."""
    commands: dict[int | None, list[Command]] = field(default_factory=dict)
    """What the bot has registered: for a server, or under ``None`` everywhere."""
    interactions: list[Interaction] = field(default_factory=list)
    listeners: list[Callable[[Event], None]] = field(default_factory=list)
    """Who passes events on to the bot."""

    def __post_init__(self) -> None:
        """Make the bot's account; its application has the same id."""
        self.ids = Snowflakes(self.clock)
        self.bot = User(self.ids.next(), self.name.lower(), self.name, bot=True)
        self.developer = self.person("Developer")

    def tell(self, event: Event) -> None:
        """Let the gateway pass an event on."""
        if event.heard:
            for listener in self.listeners:
                listener(event)

    def born(self, snowflake: int) -> float:
        """When an id was made, as Unix time."""
        return snowflake_seconds(snowflake)

    def person(self, name: str, *, locale: str = "en-US", installed: bool = False) -> Person:
        """Somebody new, whose app speaks this language."""
        number = self.ids.next()
        person = Person(number, f"user{number % 10**6}", name, world=self, locale=locale)
        person.installed = installed
        self.people.append(person)
        return person

    def guild(
        self, name: str, *, owner: Person, bot: Permission | None = NOTHING, locale: str = "en-US"
    ) -> Guild:
        """Open a server; ``bot`` is what the bot's own role allows, ``None`` keeps it out."""
        guild = Guild(self, self.ids.next(), name, owner, locale)
        guild.roles[guild.id] = Role(guild.id, "@everyone", EVERYONE, position=0)
        self.guilds[guild.id] = guild
        guild.join(owner)
        if bot is not None:
            guild.join_bot(bot)
        return guild

    def open_channel(
        self, kind: Kind, name: str = "", *, number: int | None = None, **facts: Any
    ) -> Channel:
        """Make a channel, and hang it where it belongs; nobody is told."""
        channel = Channel(self, number or self.ids.next(), kind, name, **facts)
        self.channels[channel.id] = channel
        if channel.guild is not None:
            channel.guild.channels[channel.id] = channel
        return channel

    def private(self, *people: User, with_bot: bool = True) -> Channel:
        """The private channel of these people with the bot, or without it among themselves."""
        for channel in self.channels.values():
            if channel.people == people and channel.with_bot == with_bot:
                return channel
        group = len(people) + with_bot > 2
        kind = Kind.GROUP if group else Kind.DM
        return self.open_channel(kind, people=people, with_bot=with_bot)

    def seat(self, person: Person, channel: Channel) -> Seat:
        """Somebody's place in a channel."""
        return Seat(person, channel)

    def met(self, user: User) -> bool:
        """Whether somebody has a server in common with the bot."""
        return any(guild.with_bot and user.id in guild.members for guild in self.guilds.values())

    def refuses(self, user: User) -> bool:
        """Whether somebody takes no private messages from the bot."""
        if not isinstance(user, Person):
            return True
        return user.closed or not (user.installed or self.met(user))

    def channel(self, channel_id: int) -> Channel:
        """Find a channel. Raises RefusalError."""
        channel = self.channels.get(channel_id)
        if channel is None or channel.deleted:
            raise unknown("Channel")
        return channel

    def find_guild(self, guild_id: int) -> Guild:
        """Find a server that the bot is in. Raises RefusalError."""
        guild = self.guilds.get(guild_id)
        if guild is None or not guild.with_bot:
            raise unknown("Guild")
        return guild

    def user(self, user_id: int) -> User:
        """Find an account. Raises RefusalError."""
        for user in (self.bot, *self.people):
            if user.id == user_id:
                return user
        raise unknown("User")

    def store(
        self,
        channel: Channel,
        upload: Upload,
        *,
        seconds: float | None = None,
        waveform: str | None = None,
        description: str | None = None,
        ephemeral: bool = False,
    ) -> Attachment:
        """Keep a file under a link that is good for a day."""
        number, filename = self.ids.next(), upload.known_name
        now = self.clock.now()
        link = (
            f"{self.cdn}/attachments/{channel.id}/{number}/{quote(filename)}"
            f"?ex={int(now + LINK_S):x}&is={int(now):x}&hm={token_hex(8)}&"
        )
        attachment = Attachment(
            number,
            filename,
            upload.known_type,
            upload.data,
            link,
            description=description,
            seconds=seconds,
            waveform=waveform,
            ephemeral=ephemeral,
        )
        self.files[channel.id, number, filename] = attachment
        return attachment

    def commands_at(self, guild: Guild | None) -> Iterable[Command]:
        """The commands that are registered for a place, its own before those of everywhere."""
        own = self.commands.get(guild.id, []) if guild else []
        return [*own, *self.commands.get(None, [])]

    def application(self) -> Json:
        """The bot's Application."""
        flags = sum(bit for intent, bit in _LIMITED.items() if intent & self.granted)
        return {
            "id": str(self.bot.id),
            "name": self.name,
            "icon": None,
            "description": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "00" * 32,
            "owner": self.developer.shape(),
            "team": None,
            "flags": flags,
            "approximate_guild_count": sum(guild.with_bot for guild in self.guilds.values()),
            "integration_types_config": {"0": {}, "1": {}},
            "bot": self.bot.shape(),
        }

    def by_bot(self) -> list[Message]:
        """Everything the bot wrote anywhere, in order."""
        written = [message for c in self.channels.values() for message in c.from_bot]
        return sorted(written, key=lambda message: message.id)
