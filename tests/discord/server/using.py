"""What a person's app does with a command: who sees it, and how it is filled in."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tests.discord.server.channels import Channel
from tests.discord.server.commands import CHOSEN, Command, CommandKind, Option, OptionKind
from tests.discord.server.messages import Message
from tests.discord.server.people import Person, Role, User
from tests.discord.server.permissions import Permission
from tests.discord.server.posting import Upload
from tests.discord.server.refusals import Json

if TYPE_CHECKING:
    from tests.discord.server.guilds import Guild

Value: TypeAlias = str | bool | int | float | User | Role | Channel | Upload
"""What can be given to an option."""
_PLAIN = CHOSEN | {OptionKind.BOOLEAN: bool}
_RICH: dict[OptionKind, tuple[type, ...]] = {
    OptionKind.USER: (User,),
    OptionKind.CHANNEL: (Channel,),
    OptionKind.ROLE: (Role,),
    OptionKind.MENTIONABLE: (User, Role),
    OptionKind.ATTACHMENT: (Upload,),
}


def installs(person: Person, channel: Channel) -> dict[int, str]:
    """Who has brought the application to a place: 0 the server, 1 the person, with their ids."""
    found = {}
    if channel.guild is not None and channel.guild.with_bot:
        found[0] = str(channel.guild.id)
    if channel.guild is None and channel.with_bot and channel.world.met(person):
        found[0] = "0"
    if person.installed:
        found[1] = str(person.id)
    return found


def visible(person: Person, channel: Channel) -> Iterable[Command]:
    """The commands that somebody's app offers in a place."""
    guild = channel.guild
    held = channel.permissions(person)
    context = 0 if guild is not None else 1 if channel.with_bot else 2
    for command in channel.world.commands_at(guild):
        brought = command.installs & installs(person, channel).keys()
        allowed = guild is None or (
            held & Permission.USE_APPLICATION_COMMANDS and command.needs & held == command.needs
        )
        if brought and context in command.contexts and allowed:
            yield command


def find(person: Person, channel: Channel, name: str, kind: CommandKind) -> Command:
    """A command by name, as somebody's app shows it. Raises AssertionError."""
    offered = [command for command in visible(person, channel) if command.form.type == kind]
    for command in offered:
        if command.form.name == name:
            return command
    names = sorted(command.form.name for command in offered)
    raise AssertionError(f"{person.name}'s app offers no {name!r}, only {names}")


def owners(command: Command, person: Person, channel: Channel) -> dict[str, str]:
    """Whose installation lets the command be used here, as the interaction tells it."""
    brought = installs(person, channel)
    return {str(kind): owner for kind, owner in brought.items() if kind in command.installs}


@dataclass
class Filled:
    """A command with its options given, on its way to the bot."""

    channel: Channel
    resolved: Json = field(default_factory=dict)
    """The objects behind the ids that were given."""

    def fill(
        self, options: list[Option], path: list[str], values: Mapping[str, Value], typed: str | None
    ) -> list[Json]:
        """Fill in options below a path of subcommands. Raises AssertionError.

        ``typed`` is the name of the option that is still being typed, if one is.
        """
        if path:
            option = next((one for one in options if one.name == path[0]), None)
            assert option is not None, f"no subcommand {path[0]!r}"
            below = self.fill(option.options, path[1:], values, typed)
            return [{"type": int(option.type), "name": option.name, "options": below}]
        known = {option.name: option for option in options}
        assert values.keys() <= known.keys(), f"the command takes only {sorted(known)}"
        missing = {option.name for option in options if option.required} - values.keys()
        assert not missing or typed, f"the app asks for {sorted(missing)}"
        return [self._given(known[name], value, typed == name) for name, value in values.items()]

    def _given(self, option: Option, value: Value, focused: bool) -> Json:  # noqa: FBT001 - a fact
        shape: Json = {"type": int(option.type), "name": option.name}
        if focused:
            assert option.autocomplete, f"{option.name} completes nothing"
            return shape | {"value": value, "focused": True}
        if option.type in _RICH:
            assert isinstance(value, _RICH[option.type]), f"{option.name} takes no {value!r}"
            return shape | {"value": self._resolve(option, value)}
        _check_plain(option, value)
        return shape | {"value": value}

    def _resolve(self, option: Option, value: Value) -> str:
        guild = self.channel.guild
        if isinstance(value, Upload):
            stored = self.channel.world.store(self.channel, value, ephemeral=True)
            return self._keep("attachments", stored.id, stored.shape())
        if isinstance(value, Channel):
            allowed = option.channel_types
            assert not allowed or value.kind in allowed, f"{option.name}: not this kind"
            return self.place(value)
        if isinstance(value, Role):
            return self._keep("roles", value.id, value.shape())
        assert isinstance(value, User)
        return self.user(value, guild)

    def user(self, user: User, guild: "Guild | None") -> str:
        """Keep an account, and its place in the server."""
        member = guild.members.get(user.id) if guild else None
        if member is not None:
            held = str(int(self.channel.permissions(user)))
            shape = member.shape(user=False) | {"permissions": held}
            self._keep("members", user.id, shape)
        return self._keep("users", user.id, user.shape())

    def place(self, channel: Channel) -> str:
        """Keep a channel, with what the bot may do there."""
        held = str(int(channel.permissions(self.channel.world.bot)))
        return self._keep("channels", channel.id, channel.shape() | {"permissions": held})

    def message(self, message: Message) -> str:
        """Keep a message."""
        return self._keep("messages", message.id, message.shape())

    def _keep(self, kind: str, number: int, shape: Json) -> str:
        self.resolved.setdefault(kind, {})[str(number)] = shape
        return str(number)


def _check_plain(option: Option, value: Value) -> None:
    """Hold a value to what the app lets people enter. Raises AssertionError."""
    name = option.name
    truth = isinstance(value, bool)
    right = isinstance(value, _PLAIN[option.type]) and truth == (option.type == OptionKind.BOOLEAN)
    assert right, f"{name} takes no {value!r}"
    if option.choices:
        values = [choice.value for choice in option.choices]
        assert value in values, f"{name} is one of {values}"
    if isinstance(value, str):
        least, most = option.min_length or 0, option.max_length or 6000
        assert least <= len(value) <= most, f"{name} has {least} to {most} characters"
    elif option.type != OptionKind.BOOLEAN:
        assert isinstance(value, int | float)
        low = -math.inf if option.min_value is None else option.min_value
        high = math.inf if option.max_value is None else option.max_value
        assert low <= value <= high, f"{name} is {low} to {high}"
