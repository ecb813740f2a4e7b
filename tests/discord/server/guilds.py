"""Servers, which the API calls guilds: their roles, members, channels and calls."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.discord.server import events
from tests.discord.server.calls import Call
from tests.discord.server.channels import Channel, Kind
from tests.discord.server.clock import timestamp
from tests.discord.server.people import Member, Person, Role, User
from tests.discord.server.permissions import EVERYTHING, NOTHING, Permission, resolve
from tests.discord.server.refusals import Json

if TYPE_CHECKING:
    from tests.discord.server.world import World

MIB = 1024 * 1024
_FILE_LIMITS = {0: 10 * MIB, 1: 10 * MIB, 2: 50 * MIB, 3: 100 * MIB}


@dataclass(eq=False)
class Guild:
    """One server."""

    world: "World" = field(repr=False)
    id: int
    name: str
    owner: Person
    locale: str = "en-US"
    tier: int = 0
    """Boosts, 0 to 3: they raise the size of files."""
    roles: dict[int, Role] = field(default_factory=dict, repr=False)
    members: dict[int, Member] = field(default_factory=dict, repr=False)
    channels: dict[int, Channel] = field(default_factory=dict, repr=False)
    """Threads included."""
    calls: dict[int, Call] = field(default_factory=dict, repr=False)
    """Who is in a voice channel, by user."""

    @property
    def everyone(self) -> Role:
        """The role that all members have."""
        return self.roles[self.id]

    @property
    def with_bot(self) -> bool:
        """Whether the bot is a member."""
        return self.world.bot.id in self.members

    @property
    def file_limit(self) -> int:
        """Bytes one file may have."""
        return _FILE_LIMITS[self.tier]

    def call_of(self, user: User) -> Call | None:
        """Where somebody is in voice here."""
        return self.calls.get(user.id)

    @property
    def bot_call(self) -> Call:
        """Where the bot is in voice here. Raises AssertionError."""
        call = self.call_of(self.world.bot)
        assert call is not None, "the bot is in no call here"
        return call

    def permissions(self, user: User, channel: Channel | None = None) -> Permission:
        """What a member may do, here or in one channel."""
        member = self.members.get(user.id)
        if member is None:
            return NOTHING
        if user is self.owner:
            return EVERYTHING
        base = self.everyone.permissions
        for role in member.roles:
            base |= role.permissions
        over = channel.overwrites if channel else {}
        held = [over[role.id] for role in member.roles if role.id in over]
        own = over.get(user.id)
        return resolve(base, over.get(self.id), held, own, timed_out=member.timed_out)

    def shape(self) -> Json:
        """A Guild, as GET tells it."""
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner.id),
            "preferred_locale": self.locale,
            "premium_tier": self.tier,
            "roles": [role.shape() for role in self.roles.values()],
            "features": [],
            "emojis": [],
            "stickers": [],
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "afk_timeout": 300,
            "mfa_level": 0,
            "nsfw_level": 0,
            "system_channel_flags": 0,
        }

    def creation(self, *, everybody: bool) -> Json:
        """The data of GUILD_CREATE; without presences only the bot and speakers are told."""
        told = [
            member.shape()
            for member in self.members.values()
            if everybody or member.user is self.world.bot or member.user.id in self.calls
        ]
        rooms = [channel for channel in self.channels.values() if not channel.thread]
        return self.shape() | {
            "joined_at": timestamp(self.members[self.world.bot.id].joined),
            "large": False,
            "member_count": len(self.members),
            "members": told,
            "channels": [channel.shape() for channel in rooms],
            "threads": [
                channel.shape()
                for channel in self.channels.values()
                if channel.thread and channel.seen_by_bot and not channel.archived
            ],
            "voice_states": [call.shape(member=False) for call in self.calls.values()],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def text(self, name: str) -> Channel:
        """Open a text channel."""
        return self._open(Kind.TEXT, name)

    def voice(self, name: str, *, user_limit: int = 0) -> Channel:
        """Open a voice channel."""
        return self._open(Kind.VOICE, name, user_limit=user_limit)

    def stage(self, name: str) -> Channel:
        """Open a stage, where only invited members speak."""
        return self._open(Kind.STAGE, name)

    def _open(self, kind: Kind, name: str, **facts: Any) -> Channel:
        channel = self.world.open_channel(kind, name, guild=self, **facts)
        self.world.tell(events.channel("CHANNEL_CREATE", channel))
        return channel

    def role(self, name: str, permissions: Permission = NOTHING) -> Role:
        """Make a role."""
        role = Role(self.world.ids.next(), name, permissions)
        self.roles[role.id] = role
        self.world.tell(events.role("GUILD_ROLE_CREATE", self, role))
        return role

    def permit(self, role: Role, permissions: Permission) -> None:
        """Change what a role may do everywhere."""
        role.permissions = permissions
        self.world.tell(events.role("GUILD_ROLE_UPDATE", self, role))

    def join(self, user: User, *roles: Role) -> Member:
        """Let somebody in, or give a member these roles and no others."""
        member = self.members.get(user.id)
        if member is not None:
            member.roles = list(roles)
            self.world.tell(events.member("GUILD_MEMBER_UPDATE", member))
            return member
        member = Member(user, self, self.world.clock.now(), list(roles))
        self.members[user.id] = member
        if user is self.world.bot:
            self.world.tell(events.guild_create(self, added=True))
        else:
            self.world.tell(events.member("GUILD_MEMBER_ADD", member))
        return member

    def join_bot(self, permissions: Permission) -> Member:
        """Add the bot, with a role of its own that gives these permissions."""
        role = Role(self.world.ids.next(), self.world.bot.name, permissions, managed=True)
        self.roles[role.id] = role
        return self.join(self.world.bot, role)

    def time_out(self, member: Member, seconds: float) -> None:
        """Silence a member for a while."""
        member.timed_out_until = self.world.clock.now() + seconds
        self.world.tell(events.member("GUILD_MEMBER_UPDATE", member))

    def go_down(self) -> None:
        """Be out of reach for a while."""
        self.world.tell(events.guild_delete(self, outage=True))

    def come_back(self) -> None:
        """Be there again."""
        self.world.tell(events.guild_create(self))

    def kick(self, user: User) -> None:
        """Put somebody out, the bot included; nobody may write or speak here any more."""
        call = self.call_of(user)
        if call is not None:
            call.end()
        member = self.members.pop(user.id)
        if user is self.world.bot:
            self.world.tell(events.guild_delete(self))
        else:
            self.world.tell(events.member_remove(member))
        self.world.bell.ring()
