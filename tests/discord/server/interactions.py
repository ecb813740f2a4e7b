"""Commands used, buttons pressed, entries picked, forms sent: what the bot answers in time."""

from dataclasses import dataclass, field
from enum import IntEnum
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from tests.discord.server import events
from tests.discord.server.clock import timestamp
from tests.discord.server.messages import Message
from tests.discord.server.people import Person
from tests.discord.server.permissions import Permission
from tests.discord.server.refusals import Json, refused, unknown
from tests.discord.server.watching import Bell, Watcher

if TYPE_CHECKING:
    from tests.discord.server.channels import Channel
    from tests.discord.server.commands import Command

TOKEN_S = 15 * 60.0
"""Seconds for which the token is good, once the interaction is answered."""
FOLLOWUPS_LIMIT = 5
"""Further messages where the application is installed for the person only."""


class InteractionKind(IntEnum):
    """Interaction types."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    FORM = 5


class Answer(IntEnum):
    """Interaction callback types."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    FORM = 9


@dataclass(eq=False)
class Modal:
    """A form that the bot opened over somebody's chat."""

    interaction: "Interaction" = field(repr=False)
    shape: Json

    @property
    def title(self) -> str:
        """What stands above it."""
        return str(self.shape["title"])

    @property
    def fields(self) -> list[Json]:
        """Its fields, in order."""
        return [row.get("component") or row["components"][0] for row in self.shape["components"]]

    def submit(self, **values: str) -> "Interaction":
        """Fill it in, by the fields' custom ids, and send it."""
        known = {str(one["custom_id"]) for one in self.fields}
        assert values.keys() <= known, f"the form has only {sorted(known)}"
        return self.interaction.then(
            InteractionKind.FORM,
            {
                "custom_id": self.shape["custom_id"],
                "components": [self._filled(row, values) for row in self.shape["components"]],
            },
        )

    def _filled(self, row: Json, values: dict[str, str]) -> Json:
        one = row.get("component") or row["components"][0]
        value = values.get(str(one["custom_id"]), one.get("value") or "")
        least = one.get("min_length", 0) or (1 if one.get("required", True) else 0)
        most = one.get("max_length", 4000)
        assert least <= len(value) <= most, f"the app asks for {least} to {most} characters"
        filled = {"type": 4, "id": 1, "custom_id": one["custom_id"], "value": value}
        if row["type"] == 18:
            return {"type": 18, "id": 2, "component": filled}
        return {"type": 1, "id": 2, "components": [filled]}


@dataclass(eq=False)
class Interaction(Watcher):
    """One thing a person did, and how the bot answers it."""

    id: int
    kind: InteractionKind
    person: Person
    channel: "Channel" = field(repr=False)
    data: Json
    owners: dict[str, str]
    """Who brought the application along: 0 the server, 1 the person."""
    command: "Command | None" = field(default=None, repr=False)
    message: Message | None = field(default=None, repr=False)
    """The message whose button was pressed."""
    token: str = field(default_factory=lambda: token_urlsafe(48), repr=False)
    answer: Answer | None = None
    """How the bot answered first."""
    choices: list[Json] = field(default_factory=list)
    """What the bot suggested for completion."""
    modal: Modal | None = None
    original: Message | None = None
    """The message that is the answer, or that the answer changed."""
    followups: list[Message] = field(default_factory=list)

    @property
    def bell(self) -> Bell:
        """What rings at every change."""
        return self.channel.world.bell

    @property
    def in_sight(self) -> list[Message]:
        """Everything the bot wrote through this interaction, or changed by it."""
        first = [self.original] if self.original is not None else []
        return [*first, *self.followups]

    async def answered(self, seconds: float = 10) -> Answer:
        """Wait for the first answer. Raises TimeoutError."""
        await self.bell.until(lambda: self.answer is not None, seconds)
        assert self.answer is not None
        return self.answer

    async def opened(self, seconds: float = 10) -> Modal:
        """Wait for a form. Raises AssertionError, TimeoutError."""
        await self.answered(seconds)
        assert self.modal is not None, f"no form: {self.answer!r}"
        return self.modal

    async def suggested(self, seconds: float = 10) -> list[Json]:
        """Wait for the choices of a completion. Raises AssertionError, TimeoutError."""
        answer = await self.answered(seconds)
        assert answer == Answer.CHOICES, f"no choices: {answer!r}"
        return self.choices

    def then(self, kind: InteractionKind, data: Json) -> "Interaction":
        """Let the same person go on from here."""
        return start(
            kind,
            self.person,
            self.channel,
            data,
            owners=self.owners,
            message=self.message,
        )

    @property
    def alone(self) -> bool:
        """Whether the application is there for the person only."""
        return "0" not in self.owners

    @property
    def hushed(self) -> bool:
        """Whether all answers are shown to the person alone, whatever the bot asks for."""
        allowed = self.channel.permissions(self.person) & Permission.USE_EXTERNAL_APPS
        return self.alone and self.channel.guild is not None and not allowed

    @property
    def age(self) -> float:
        """Seconds since it was made."""
        world = self.channel.world
        return world.clock.now() - world.born(self.id)

    def check_fresh(self) -> None:
        """Raise RefusalError unless the first answer may be given now."""
        if self.answer is not None:
            raise refused(400, 40060, "Interaction has already been acknowledged.")
        if self.age > self.channel.world.answer_within:
            raise unknown("interaction")

    def check_open(self) -> None:
        """Raise RefusalError unless the token serves for more messages."""
        if self.answer is None:
            raise unknown("Webhook")
        if self.age > TOKEN_S:
            raise refused(401, 50027, "Invalid Webhook Token")

    def shape(self) -> Json:
        """An Interaction."""
        channel, guild, world = self.channel, self.channel.guild, self.channel.world
        held = channel.permissions(self.person)
        shape: Json = {
            "id": str(self.id),
            "application_id": str(world.bot.id),
            "type": int(self.kind),
            "data": self.data,
            "token": self.token,
            "version": 1,
            "channel_id": str(channel.id),
            "channel": channel.shape() | {"permissions": str(int(held))},
            "app_permissions": str(int(channel.permissions(world.bot))),
            "locale": self.person.locale,
            "entitlements": [],
            "authorizing_integration_owners": self.owners,
            "context": _context(channel),
            "attachment_size_limit": guild.file_limit if guild else world.file_limit,
        }
        if self.message is not None:
            shape["message"] = self.message.shape()
        if guild is None:
            return shape | {"user": self.person.shape()}
        member = guild.members[self.person.id].shape() | {"permissions": str(int(held))}
        return shape | {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
            "guild_locale": guild.locale,
            "member": member,
        }

    def trace(self) -> Json:
        """What a message tells of the interaction it answers."""
        app = str(self.channel.world.bot.id)
        told: dict[str, Any] = {
            "id": str(self.id),
            "type": int(self.kind),
            "user": self.person.shape(),
            "authorizing_integration_owners": self.owners,
        }
        traces = {"application_id": app, "webhook_id": app, "interaction_metadata": told}
        if self.command is None:
            return traces
        name = self.command.form.name
        old = {key: told[key] for key in ("id", "type", "user")} | {"name": name}
        return traces | {"interaction": old}

    def response(self) -> Json:
        """What the answer to the answer says of the interaction."""
        original = self.original
        guild = self.channel.guild
        shape: Json = {
            "id": str(self.id),
            "type": int(self.kind),
            "channel_id": str(self.channel.id),
            "created_at": timestamp(self.channel.world.born(self.id)),
            **({"guild_id": str(guild.id)} if guild else {}),
        }
        if original is not None:
            shape |= {
                "response_message_id": str(original.id),
                "response_message_loading": original.thinking,
                "response_message_ephemeral": original.ephemeral,
            }
        return shape


def _context(channel: "Channel") -> int:
    if channel.guild is not None:
        return 0
    return 1 if channel.with_bot and len(channel.people) == 1 else 2


def start(
    kind: InteractionKind,
    person: Person,
    channel: "Channel",
    data: Json,
    *,
    owners: dict[str, str],
    command: "Command | None" = None,
    message: Message | None = None,
) -> Interaction:
    """Send an interaction to the bot."""
    world = channel.world
    interaction = Interaction(
        world.ids.next(), kind, person, channel, data, owners, command, message
    )
    world.interactions.append(interaction)
    world.tell(events.interaction_create(interaction))
    return interaction
