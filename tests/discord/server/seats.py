"""One person's place in one channel: what they do there, and what they see of the bot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.discord.server import calls, events
from tests.discord.server.calls import Call
from tests.discord.server.channels import Channel
from tests.discord.server.commands import CommandKind
from tests.discord.server.components import LINK, ControlKind
from tests.discord.server.interactions import Interaction, InteractionKind, start
from tests.discord.server.messages import DEFAULT, REPLY, Attachment, Flag, Message
from tests.discord.server.people import Person, User
from tests.discord.server.permissions import Permission
from tests.discord.server.posting import EVERYBODY, Upload, pings
from tests.discord.server.refusals import Json
from tests.discord.server.using import Filled, Value, find, installs, owners, visible
from tests.discord.server.watching import Bell, Watcher

_SEND = Permission.SEND_MESSAGES
WAVEFORM = "AAgQGCAoMDhASFBYYGhweA=="
"""What an app sends as the picture of a short voice message."""


@dataclass(eq=False)
class Seat(Watcher):
    """A person in a channel. What is done here happens at once; what is waited for is awaited."""

    person: Person
    channel: Channel

    @property
    def bell(self) -> Bell:
        """What rings at every change."""
        return self.channel.world.bell

    @property
    def in_sight(self) -> Sequence[Message]:
        """What the bot wrote here, without what only others see."""
        return [m for m in self.channel.from_bot if m.only_for in {None, self.person}]

    def say(
        self, text: str, *, reply_to: Message | None = None, files: Sequence[Upload] = ()
    ) -> Message:
        """Write a text, with files if wanted."""
        attachments = [self.channel.world.store(self.channel, one) for one in files]
        return self._post(text, attachments, Flag(0), reply_to)

    def send(self, *files: Upload, reply_to: Message | None = None) -> Message:
        """Send files without a text."""
        return self.say("", reply_to=reply_to, files=files)

    def voice(
        self,
        data: bytes,
        *,
        seconds: float,
        waveform: str | None = WAVEFORM,
        filename: str = "voice-message.ogg",
        reply_to: Message | None = None,
    ) -> Message:
        """Send a voice message; what the app claims of it need not be true."""
        upload = Upload(filename, "audio/ogg", data)
        stored = self.channel.world.store(self.channel, upload, seconds=seconds, waveform=waveform)
        return self._post("", [stored], Flag.IS_VOICE_MESSAGE, reply_to)

    def _post(
        self, text: str, files: list[Attachment], flags: Flag, reply_to: Message | None
    ) -> Message:
        world = self.channel.world
        held = self.channel.permissions(self.person)
        writes = Permission.SEND_MESSAGES_IN_THREADS if self.channel.thread else _SEND
        assert held & writes, f"{self.person.name} may not write here"
        message = Message(
            world.ids.next(),
            self.channel,
            self.person,
            text,
            attachments=files,
            flags=flags,
            type=REPLY if reply_to else DEFAULT,
            mentions=pings(self.channel, self.person, text, EVERYBODY, reply_to),
            reply_to=reply_to,
        )
        self.channel.archived = False
        return self.channel.post(message)

    def type(self) -> None:
        """Be seen typing."""
        now = self.channel.world.clock.now()
        self.channel.world.tell(events.typing(self.channel, self.person, now))

    @property
    def commands(self) -> list[str]:
        """The names of the commands that the app offers here."""
        return [command.form.name for command in visible(self.person, self.channel)]

    def use(self, path: str, **values: Value) -> Interaction:
        """Use a slash command; a subcommand is ``"command sub"``.

        Raises AssertionError where the app would not let it be sent.
        """
        return self._use(InteractionKind.COMMAND, path, values, None)

    async def complete(self, path: str, option: str, typed: str, **values: Value) -> list[Json]:
        """Type into an option and return what the bot suggests: ``name`` and ``value`` of each.

        Raises AssertionError, TimeoutError.
        """
        values[option] = typed
        return await self._use(InteractionKind.AUTOCOMPLETE, path, values, option).suggested()

    def _use(
        self, kind: InteractionKind, path: str, values: dict[str, Value], typed: str | None
    ) -> Interaction:
        name, *below = path.split()
        command = find(self.person, self.channel, name, CommandKind.CHAT_INPUT)
        filled = Filled(self.channel)
        options = filled.fill(command.form.options, below, values, typed)
        data: Json = {"id": str(command.id), "name": name, "type": 1, "options": options}
        if command.guild is not None:
            data["guild_id"] = str(command.guild.id)
        if filled.resolved:
            data["resolved"] = filled.resolved
        held = owners(command, self.person, self.channel)
        return start(kind, self.person, self.channel, data, owners=held, command=command)

    def choose(self, name: str, target: Message | User) -> Interaction:
        """Choose an entry of the menu on a message or an account. Raises AssertionError."""
        on_message = isinstance(target, Message)
        kind = CommandKind.MESSAGE if on_message else CommandKind.USER
        command = find(self.person, self.channel, name, kind)
        filled = Filled(self.channel)
        if isinstance(target, Message):
            number = filled.message(target)
        else:
            number = filled.user(target, self.channel.guild)
        data: Json = {
            "id": str(command.id),
            "name": name,
            "type": int(kind),
            "target_id": number,
            "resolved": filled.resolved,
        }
        held = owners(command, self.person, self.channel)
        return start(
            InteractionKind.COMMAND, self.person, self.channel, data, owners=held, command=command
        )

    def press(self, message: Message, label: str) -> Interaction:
        """Press the button with this label. Raises AssertionError."""
        for control in self._controls(message):
            if control["type"] == ControlKind.BUTTON and control.get("label") == label:
                assert control["style"] != LINK, f"{label!r} opens a page"
                return self.operate(message, control)
        raise AssertionError(f"no button {label!r} to press among {message.labels}")

    def pick(self, message: Message, *picked: str | User | Channel) -> Interaction:
        """Pick in the only select of a message: labels of entries, or people, or channels.

        Raises AssertionError.
        """
        selects = [c for c in self._controls(message) if c["type"] != ControlKind.BUTTON]
        assert len(selects) == 1, f"not one select among {message.labels}"
        (select,) = selects
        assert select["min_values"] <= len(picked) <= select["max_values"], "too many or too few"
        if select["type"] == ControlKind.STRING_SELECT:
            known = {one["label"]: one["value"] for one in select["options"]}
            values = [known[str(label)] for label in picked]
            return self.operate(message, select, values=values)
        filled = Filled(self.channel)
        numbers = []
        for one in picked:
            assert not isinstance(one, str), "pick people or channels themselves"
            if isinstance(one, User):
                numbers.append(filled.user(one, self.channel.guild))
            else:
                numbers.append(filled.place(one))
        return self.operate(message, select, values=numbers, resolved=filled.resolved)

    def operate(self, message: Message, control: Json, **data: Any) -> Interaction:
        """Send any component interaction: a hostile app is not bound to what is shown."""
        told = {
            "custom_id": control["custom_id"],
            "component_type": int(control["type"]),
            "id": 1,
            **data,
        }
        held = {str(kind): owner for kind, owner in installs(self.person, self.channel).items()}
        source = message.interaction
        return start(
            InteractionKind.COMPONENT,
            self.person,
            self.channel,
            told,
            owners=source.owners if source else held,
            message=message,
        )

    def _controls(self, message: Message) -> list[Json]:
        assert message.only_for in {None, self.person}, f"{self.person.name} does not see it"
        return [control for control in message.controls if not control.get("disabled")]

    def join(self, *, self_deaf: bool = False, self_mute: bool = False) -> Call:
        """Come into this voice channel, or switch over from another; raises AssertionError."""
        guild = self.channel.guild
        assert guild is not None
        call = guild.call_of(self.person)
        call = calls.connect(
            guild,
            self.person,
            self.channel,
            session=call.session if call else f"{self.person.id:x}",
            self_deaf=self_deaf,
            self_mute=self_mute,
        )
        assert call is not None, f"{self.person.name} may not enter {self.channel.name}"
        return call

    def leave(self) -> None:
        """Leave voice."""
        guild = self.channel.guild
        call = guild.call_of(self.person) if guild else None
        assert call is not None, f"{self.person.name} is in no call"
        call.end()
