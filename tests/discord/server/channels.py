"""Channels of every kind: text, voice, stage, threads, and private ones."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from tests.discord.server import events
from tests.discord.server.clock import timestamp
from tests.discord.server.messages import Message
from tests.discord.server.people import Role, User
from tests.discord.server.permissions import EVERYTHING, NOTHING, Overwrite, Permission
from tests.discord.server.refusals import (
    Json,
    missing_access,
    missing_permissions,
    refused,
    unknown,
)

if TYPE_CHECKING:
    from tests.discord.server.guilds import Guild
    from tests.discord.server.world import World


class Kind(IntEnum):
    """Channel types of the API reference."""

    TEXT = 0
    DM = 1
    VOICE = 2
    GROUP = 3
    PUBLIC_THREAD = 11
    STAGE = 13


VOCAL = frozenset({Kind.VOICE, Kind.STAGE})


@dataclass(eq=False)
class Channel:
    """One channel, with everything that was ever written in it."""

    world: "World" = field(repr=False)
    id: int
    kind: Kind
    name: str = ""
    guild: "Guild | None" = field(default=None, repr=False)
    """``None`` for private ones."""
    parent: "Channel | None" = field(default=None, repr=False)
    """The channel a thread belongs to."""
    people: tuple[User, ...] = ()
    """Who is in a private channel besides the bot, or instead of it."""
    with_bot: bool = True
    """Whether the bot is in the private channel; in those of others it only answers commands."""
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    """By the id of a role or a user."""
    bitrate: int = 64_000
    user_limit: int = 0
    """How many fit into a voice channel; 0 is any number."""
    owner: User | None = None
    """Who opened the thread."""
    archived: bool = False
    locked: bool = False
    deleted: bool = False
    messages: list[Message] = field(default_factory=list, repr=False)
    """In order; deleted ones stay, and say so."""
    typing: list[float] = field(default_factory=list, repr=False)
    """When the bot showed itself typing, as Unix time."""

    @property
    def from_bot(self) -> list[Message]:
        """What the bot wrote, in order, deleted messages included."""
        return [message for message in self.messages if message.by_bot]

    @property
    def vocal(self) -> bool:
        """Whether people can speak in it."""
        return self.kind in VOCAL

    @property
    def thread(self) -> bool:
        """Whether it is a thread."""
        return self.kind == Kind.PUBLIC_THREAD

    def shape(self) -> Json:
        """A Channel."""
        last = str(self.messages[-1].id) if self.messages else None
        shape: Json = {"id": str(self.id), "type": int(self.kind), "last_message_id": last}
        if self.guild is None:
            shape["recipients"] = [user.shape() for user in self.people]
            return shape | ({"name": self.name or None} if self.kind == Kind.GROUP else {})
        shape |= {"guild_id": str(self.guild.id), "name": self.name, "flags": 0}
        if self.parent is not None:
            return shape | self._thread_shape(self.parent)
        shape |= {
            "parent_id": None,
            "position": 0,
            "nsfw": False,
            "rate_limit_per_user": 0,
            "permission_overwrites": [self._overwrite(*pair) for pair in self.overwrites.items()],
        }
        if self.vocal:
            return shape | {
                "bitrate": self.bitrate,
                "user_limit": self.user_limit,
                "rtc_region": None,
            }
        return shape | {"topic": None, "default_auto_archive_duration": 1440}

    def _thread_shape(self, parent: "Channel") -> Json:
        opened = timestamp(self.world.born(self.id))
        return {
            "parent_id": str(parent.id),
            "owner_id": str(self.owner.id if self.owner else 0),
            "rate_limit_per_user": 0,
            "message_count": len(self.messages),
            "total_message_sent": len(self.messages),
            "member_count": 1,
            "thread_metadata": {
                "archived": self.archived,
                "auto_archive_duration": 1440,
                "archive_timestamp": opened,
                "locked": self.locked,
                "create_timestamp": opened,
            },
        }

    def _overwrite(self, target: int, overwrite: Overwrite) -> Json:
        role = self.guild is not None and target in self.guild.roles
        return {
            "id": str(target),
            "type": 0 if role else 1,
            "allow": str(int(overwrite.allow)),
            "deny": str(int(overwrite.deny)),
        }

    @property
    def seen_by_bot(self) -> bool:
        """Whether the bot is told what happens here."""
        return bool(self.permissions(self.world.bot) & Permission.VIEW_CHANNEL)

    def permissions(self, user: User) -> Permission:
        """What somebody may do here."""
        if self.guild is None:
            inside = user in self.people or (self.with_bot and user is self.world.bot)
            return EVERYTHING if inside else NOTHING
        return self.guild.permissions(user, self.parent or self)

    def overwrite(
        self, who: Role | User, *, allow: Permission = NOTHING, deny: Permission = NOTHING
    ) -> None:
        """Change what a role or a member may do here."""
        self.overwrites[who.id] = Overwrite(allow, deny)
        self.world.tell(events.channel("CHANNEL_UPDATE", self))

    def rename(self, name: str) -> None:
        """Give it another name."""
        self.name = name
        self.world.tell(events.channel(f"{self._word}_UPDATE", self))

    def archive(self, *, locked: bool = False) -> None:
        """Put a thread away; a locked one only moderators open again."""
        self.archived, self.locked = True, locked
        self.world.tell(events.channel("THREAD_UPDATE", self))

    def open_thread(self, name: str, by: User, *, about: Message | None = None) -> "Channel":
        """Open a public thread below this channel; one about a message takes over its id."""
        assert self.guild is not None, "threads belong to servers"
        number = about.id if about else self.world.ids.next()
        thread = self.world.open_channel(
            Kind.PUBLIC_THREAD, name, number=number, guild=self.guild, parent=self, owner=by
        )
        self.world.tell(events.thread_create(thread))
        return thread

    def delete(self) -> None:
        """Take it away, with its threads; whoever speaks in it is put out."""
        assert self.guild is not None, "private channels stay"
        for thread in [c for c in self.guild.channels.values() if c.parent is self]:
            thread.delete()
        for call in [c for c in self.guild.calls.values() if c.channel is self]:
            call.end()
        self.deleted = True
        del self.guild.channels[self.id]
        self.world.tell(events.channel(f"{self._word}_DELETE", self))
        self.world.bell.ring()

    @property
    def _word(self) -> str:
        return "THREAD" if self.thread else "CHANNEL"

    def find(self, message_id: int) -> Message | None:
        """The message under this id, unless it was deleted or is for one person only."""
        for message in self.messages:
            if message.id == message_id and not message.deleted and message.only_for is None:
                return message
        return None

    def message(self, message_id: int) -> Message:
        """Find a message. Raises RefusalError."""
        message = self.find(message_id)
        if message is None:
            raise unknown("Message")
        return message

    def post(self, message: Message) -> Message:
        """Put a message here and tell the bot, if it may see it."""
        self.messages.append(message)
        if message.only_for is None:
            self.world.tell(events.message_create(message))
        self.world.bell.ring()
        return message

    def check(self, *needed: Permission) -> None:
        """Raise RefusalError unless the bot sees the channel and may do this in it."""
        if self.guild is None and not self.with_bot:
            raise missing_access()
        if self.guild is not None and self.world.bot.id not in self.guild.members:
            raise missing_access()
        held = self.permissions(self.world.bot)
        if not held & Permission.VIEW_CHANNEL:
            raise missing_access()
        if not all(permission & held for permission in needed):
            raise missing_permissions()

    def check_writable(self) -> None:
        """Raise RefusalError unless the bot may write here."""
        if self.guild is None:
            self.check()
            if any(self.world.refuses(user) for user in self.people):
                raise refused(403, 50007, "Cannot send messages to this user")
            return
        self.check(Permission.SEND_MESSAGES_IN_THREADS if self.thread else Permission.SEND_MESSAGES)
        if self.archived and self.locked:
            self.check(Permission.MANAGE_THREADS)
