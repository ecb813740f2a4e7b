"""Accounts, and what a server knows of them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.discord.server.clock import timestamp
from tests.discord.server.permissions import Permission
from tests.discord.server.refusals import Json

if TYPE_CHECKING:
    from tests.discord.server.channels import Channel
    from tests.discord.server.guilds import Guild
    from tests.discord.server.seats import Seat
    from tests.discord.server.world import World


@dataclass(eq=False)
class User:
    """An account, of a person or of a bot."""

    id: int
    username: str
    name: str
    """What others read."""
    bot: bool = False

    @property
    def mention(self) -> str:
        """What pings the account when it is written."""
        return f"<@{self.id}>"

    def shape(self) -> Json:
        """A User."""
        return {
            "id": str(self.id),
            "username": self.username,
            "discriminator": "0",
            "global_name": self.name,
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
        }


@dataclass(eq=False)
class Person(User):
    """Somebody with an app."""

    world: "World" = field(kw_only=True, repr=False)
    locale: str = field(default="en-US", kw_only=True)
    """The language of the app, as Discord writes it."""
    installed: bool = False
    """Whether the bot's application is installed for this person, everywhere."""
    closed: bool = False
    """Whether private messages from bots are refused."""

    def at(self, channel: "Channel") -> "Seat":
        """This person's place in a channel."""
        return self.world.seat(self, channel)

    def private(self) -> "Seat":
        """The private chat with the bot."""
        return self.at(self.world.private(self))


@dataclass(eq=False)
class Role:
    """A role of a server; the one under the server's own id is everybody's."""

    id: int
    name: str
    permissions: Permission
    position: int = 1
    managed: bool = False
    """Whether it belongs to a bot."""

    def shape(self) -> Json:
        """A Role."""
        return {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(int(self.permissions)),
            "position": self.position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "icon": None,
            "unicode_emoji": None,
            "managed": self.managed,
            "mentionable": False,
            "flags": 0,
        }


@dataclass(eq=False)
class Member:
    """An account's place in a server."""

    user: User
    guild: "Guild" = field(repr=False)
    joined: float
    """Unix time."""
    roles: list[Role] = field(default_factory=list)
    """Besides everybody's."""
    nick: str | None = None
    timed_out_until: float | None = None
    """Unix time."""

    @property
    def timed_out(self) -> bool:
        """Whether a moderator has silenced the member for a while."""
        until = self.timed_out_until
        return until is not None and until > self.guild.world.clock.now()

    def shape(self, *, user: bool = True) -> Json:
        """A Guild Member, with or without the account."""
        call = self.guild.call_of(self.user)
        until = self.timed_out_until
        return {
            **({"user": self.user.shape()} if user else {}),
            "nick": self.nick,
            "avatar": None,
            "banner": None,
            "roles": [str(role.id) for role in self.roles],
            "joined_at": timestamp(self.joined),
            "premium_since": None,
            "deaf": call.deaf if call else False,
            "mute": call.mute if call else False,
            "flags": 0,
            "pending": False,
            "communication_disabled_until": timestamp(until) if until else None,
        }
