"""Who is in which voice channel, and how: the voice states of the API."""

from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING

from tests.discord.server import events
from tests.discord.server.channels import Channel, Kind
from tests.discord.server.clock import timestamp
from tests.discord.server.people import User
from tests.discord.server.permissions import Permission
from tests.discord.server.refusals import Json
from tests.discord.server.voice_door import Voice

if TYPE_CHECKING:
    from tests.discord.server.guilds import Guild


@dataclass(eq=False)
class Call:
    """Somebody's presence in a voice channel."""

    guild: "Guild" = field(repr=False)
    user: User
    channel: Channel
    session: str = field(default_factory=lambda: token_hex(16))
    """For the bot, that of its gateway session."""
    self_deaf: bool = False
    self_mute: bool = False
    deaf: bool = False
    """Whether a moderator has deafened them."""
    mute: bool = False
    suppress: bool = False
    """Whether they are only in a stage's audience."""
    asked_to_speak: float | None = None
    """When they asked to leave the audience, as Unix time."""
    over: bool = False

    def shape(self, *, member: bool = True) -> Json:
        """A Voice State."""
        asked = self.asked_to_speak
        shape = {
            "guild_id": str(self.guild.id),
            "channel_id": None if self.over else str(self.channel.id),
            "user_id": str(self.user.id),
            "session_id": self.session,
            "deaf": self.deaf,
            "mute": self.mute,
            "self_deaf": self.self_deaf,
            "self_mute": self.self_mute,
            "self_video": False,
            "suppress": self.suppress,
            "request_to_speak_timestamp": timestamp(asked) if asked else None,
        }
        known = self.guild.members.get(self.user.id) if member else None
        return shape | ({"member": known.shape()} if known else {})

    def begin(self) -> None:
        """Take the place in the channel, and let the bot know where to connect."""
        self.suppress = self.channel.kind == Kind.STAGE
        self.guild.calls[self.user.id] = self
        self._expect()

    def move(self, channel: Channel) -> None:
        """Go, or be taken, to another channel of the server."""
        self.channel, self.suppress = channel, channel.kind == Kind.STAGE
        self._expect()

    def end(self) -> None:
        """Leave, or be put out."""
        del self.guild.calls[self.user.id]
        self.over, self.suppress = True, False
        self._tell()
        if self._of_bot and self.guild.world.voice is not None:
            self.guild.world.voice.dismissed(self.guild.id, self.user.id)

    def change(
        self,
        *,
        self_deaf: bool | None = None,
        self_mute: bool | None = None,
        deaf: bool | None = None,
        mute: bool | None = None,
    ) -> None:
        """Mute or deafen, by oneself or by a moderator."""
        self.self_deaf = self.self_deaf if self_deaf is None else self_deaf
        self.self_mute = self.self_mute if self_mute is None else self_mute
        self.deaf = self.deaf if deaf is None else deaf
        self.mute = self.mute if mute is None else mute
        self._tell()

    def speak(self, *, suppress: bool) -> None:
        """Leave a stage's audience, or go back into it."""
        self.suppress, self.asked_to_speak = suppress, None
        self._tell()

    def ask_to_speak(self, when: float | None) -> None:
        """Raise a hand in a stage's audience, or take it down."""
        self.asked_to_speak = when
        self._tell()

    def hand_over(self, voice: Voice | None) -> None:
        """Send the bot to another voice server, as when the region changes or one goes down.

        It is first told that there is none for the moment, as Discord does; with ``None`` it
        stays at that. The same one again ends the connection and asks for a new one.
        """
        assert self._of_bot, "people's apps are not served here"
        world = self.guild.world
        if world.voice is not None and voice is not world.voice:
            world.voice.dismissed(self.guild.id, self.user.id)
        world.voice = voice
        world.tell(events.voice_server_update(self.guild, token_hex(8), None))
        if voice is not None:
            self._announce(self._admit())

    @property
    def _of_bot(self) -> bool:
        return self.user is self.guild.world.bot

    def _expect(self) -> None:
        token = self._admit()
        self._tell()
        self._announce(token)

    def _admit(self) -> str:
        """Let the voice server know who comes; return the token."""
        token = token_hex(8)
        voice = self.guild.world.voice
        if self._of_bot and voice is not None:
            voice.expect(
                self.guild.id,
                self.channel.id,
                self.user.id,
                self.session,
                token,
                stage=self.channel.kind == Kind.STAGE,
            )
        return token

    def _announce(self, token: str) -> None:
        world = self.guild.world
        if self._of_bot:
            endpoint = world.voice.endpoint if world.voice else None
            world.tell(events.voice_server_update(self.guild, token, endpoint))

    def _tell(self) -> None:
        self.guild.world.tell(events.voice_state_update(self))
        self.guild.world.bell.ring()


def connect(
    guild: "Guild",
    user: User,
    channel: Channel,
    *,
    session: str,
    self_deaf: bool,
    self_mute: bool,
) -> Call | None:
    """Do what an account's gateway asks; where it may not, nothing happens at all."""
    call = guild.call_of(user)
    if call is not None and call.channel is channel and call.session == session:
        call.change(self_deaf=self_deaf, self_mute=self_mute)
        return call
    if not _may_enter(guild, user, channel):
        return None
    if call is not None and call.session == session:
        call.self_deaf, call.self_mute = self_deaf, self_mute
        call.move(channel)
        return call
    call = Call(guild, user, channel, session, self_deaf, self_mute)
    call.begin()
    return call


def _may_enter(guild: "Guild", user: User, channel: Channel) -> bool:
    held = channel.permissions(user)
    if not (channel.vocal and held & Permission.VIEW_CHANNEL and held & Permission.CONNECT):
        return False
    inside = sum(call.channel is channel for call in guild.calls.values())
    full = 0 < channel.user_limit <= inside
    return not full or bool(held & Permission.MOVE_MEMBERS)
