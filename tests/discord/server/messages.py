"""A message as everybody in the channel sees it, and what a person can do with it."""

import re
from dataclasses import dataclass, field
from enum import IntFlag
from typing import TYPE_CHECKING

from tests.discord.server import events
from tests.discord.server.clock import timestamp
from tests.discord.server.people import User
from tests.discord.server.refusals import Json

if TYPE_CHECKING:
    from tests.discord.server.channels import Channel
    from tests.discord.server.interactions import Interaction

DEFAULT, REPLY, CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND = 0, 19, 20, 23
"""Message types of the API reference."""


class Flag(IntFlag):
    """Message flags of the API reference."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    IS_VOICE_MESSAGE = 1 << 13
    IS_COMPONENTS_V2 = 1 << 15


PLAIN = Flag(0)


@dataclass(frozen=True, slots=True)
class Mentions:
    """Who a message pings."""

    users: tuple[User, ...] = ()
    roles: tuple[int, ...] = ()
    everyone: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file under a message."""

    id: int
    filename: str
    content_type: str | None
    data: bytes = field(repr=False)
    url: str = field(repr=False)
    description: str | None = None
    seconds: float | None = None
    """Of a voice message, as its sender tells it."""
    waveform: str | None = field(default=None, repr=False)
    """Base64, of a voice message."""
    ephemeral: bool = False

    def shape(self) -> Json:
        """An Attachment."""
        told: Json = {
            "content_type": self.content_type,
            "description": self.description,
            "duration_secs": self.seconds,
            "waveform": self.waveform,
            "ephemeral": self.ephemeral or None,
        }
        return {
            "id": str(self.id),
            "filename": self.filename,
            "size": len(self.data),
            "url": self.url,
            "proxy_url": self.url,
        } | {name: value for name, value in told.items() if value is not None}


@dataclass(eq=False)
class Message:
    """One message."""

    id: int
    channel: "Channel" = field(repr=False)
    author: User
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    components: list[Json] = field(default_factory=list, repr=False)
    flags: Flag = PLAIN
    type: int = DEFAULT
    mentions: Mentions = Mentions()
    reply_to: "Message | None" = field(default=None, repr=False)
    interaction: "Interaction | None" = field(default=None, repr=False)
    """What it answers, if it was written through an interaction's token."""
    only_for: User | None = None
    """Who alone sees an ephemeral one."""
    nonce: str | None = None
    edited: float | None = None
    """Unix time."""
    deleted: bool = False
    history: list[tuple[float, str]] = field(default_factory=list, repr=False)
    """What it said before each edit, oldest first, with the Unix time of the edit."""
    reactions: dict[str, list[User]] = field(default_factory=dict)
    revision: int = 0
    """Counts every change anybody can see."""

    def __str__(self) -> str:
        """What a person sees of it, in short."""
        files = "".join(f" [{attachment.filename}]" for attachment in self.attachments)
        labels = "".join(f" ({label})" for label in self.labels)
        return f"{self.content!r}{files}{labels}"

    @property
    def by_bot(self) -> bool:
        """Whether the bot under test wrote it."""
        return self.author is self.channel.world.bot

    @property
    def thinking(self) -> bool:
        """Whether it only says that the bot thinks."""
        return bool(self.flags & Flag.LOADING)

    @property
    def voice(self) -> bool:
        """Whether it is a voice message."""
        return bool(self.flags & Flag.IS_VOICE_MESSAGE)

    @property
    def ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return self.only_for is not None

    @property
    def data(self) -> bytes:
        """The bytes of its only file."""
        (attachment,) = self.attachments
        return attachment.data

    @property
    def controls(self) -> list[Json]:
        """Its buttons and selects, row by row."""
        return [control for row in self.components for control in row["components"]]

    @property
    def labels(self) -> list[str]:
        """What its buttons and selects show."""
        return [
            str(control.get("label") or control.get("placeholder") or control.get("custom_id"))
            for control in self.controls
        ]

    @property
    def open_to_bot(self) -> bool:
        """Whether the bot reads it without the intent for contents."""
        bot = self.channel.world.bot
        return self.by_bot or self.channel.guild is None or bot in self.mentions.users

    def shape(self, *, contents: bool = True, inner: bool = False) -> Json:
        """A Message; an inner one does not carry the message it answers in turn."""
        shape: Json = {
            "id": str(self.id),
            "channel_id": str(self.channel.id),
            "type": self.type,
            "author": self.author.shape(),
            "content": self.content if contents else "",
            "attachments": [a.shape() for a in self.attachments] if contents else [],
            "embeds": self.embeds if contents else [],
            "components": self.components if contents else [],
            "timestamp": timestamp(self.channel.world.born(self.id)),
            "edited_timestamp": timestamp(self.edited) if self.edited else None,
            "flags": int(self.flags),
            "tts": False,
            "pinned": False,
            "mention_everyone": self.mentions.everyone,
            "mentions": [user.shape() for user in self.mentions.users],
            "mention_roles": [str(role) for role in self.mentions.roles],
        }
        if self.nonce is not None:
            shape["nonce"] = self.nonce
        if self.reactions:
            shape["reactions"] = [self._reaction(*pair) for pair in self.reactions.items()]
        if self.reply_to is not None:
            shape |= self._reference(self.reply_to, contents=contents, inner=inner)
        if self.interaction is not None:
            shape |= self.interaction.trace()
        return shape

    def frame(self) -> Json:
        """What the gateway adds: the server, and the author's place in it."""
        guild = self.channel.guild
        if guild is None:
            return {}
        member = guild.members.get(self.author.id)
        told = {"member": member.shape(user=False)} if member else {}
        return {"guild_id": str(guild.id), **told}

    def _reaction(self, emoji: str, users: list[User]) -> Json:
        return {
            "emoji": {"id": None, "name": emoji},
            "count": len(users),
            "count_details": {"normal": len(users), "burst": 0},
            "me": self.channel.world.bot in users,
            "me_burst": False,
            "burst_colors": [],
        }

    def _reference(self, answered: "Message", *, contents: bool, inner: bool) -> Json:
        guild = self.channel.guild
        reference = {
            "type": 0,
            "message_id": str(answered.id),
            "channel_id": str(answered.channel.id),
            **({"guild_id": str(guild.id)} if guild else {}),
        }
        if inner:
            return {"message_reference": reference}
        shown = None
        if not answered.deleted:
            shown = answered.shape(contents=contents or answered.open_to_bot, inner=True)
        return {"message_reference": reference, "referenced_message": shown}

    def edit(self, content: str) -> None:
        """Let its author change the text."""
        self.rewrite(content)
        self.touch()

    def rewrite(self, content: str) -> None:
        """Replace the text, and keep what it was; the first words after thinking are no edit."""
        if self.thinking:
            self.flags &= ~Flag.LOADING
        else:
            self.edited = self.channel.world.clock.now()
            self.history.append((self.edited, self.content))
        self.content = content

    def touch(self) -> None:
        """Tell everybody of a change."""
        self.revision += 1
        if self.only_for is None:
            self.channel.world.tell(events.message_update(self))
        self.channel.world.bell.ring()

    def delete(self) -> None:
        """Take it away, by its author or a moderator."""
        if self.deleted:
            return
        self.deleted = True
        self.revision += 1
        if self.only_for is None:
            self.channel.world.tell(events.message_delete(self))
        self.channel.world.bell.ring()

    def react(self, emoji: str, by: User) -> None:
        """Put an emoji under it."""
        users = self.reactions.setdefault(emoji, [])
        if by not in users:
            users.append(by)
            self.channel.world.tell(events.reaction(self, by, emoji, added=True))
            self.channel.world.bell.ring()

    def unreact(self, emoji: str, by: User) -> None:
        """Take one's emoji away."""
        users = self.reactions.get(emoji, [])
        if by in users:
            users.remove(by)
            if not users:
                del self.reactions[emoji]
            self.channel.world.tell(events.reaction(self, by, emoji, added=False))
            self.channel.world.bell.ring()


def mentioned(text: str, *, named: str) -> list[int]:
    """Ids of the accounts (``@``) or roles (``@&``) that a text names, each once."""
    pattern = r"<@!?(\d+)>" if named == "@" else r"<@&(\d+)>"
    return list(dict.fromkeys(int(found) for found in re.findall(pattern, text)))
