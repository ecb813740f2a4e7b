"""The routes that an interaction's token opens: the first answer, and the messages after it."""

from tests.discord.server import posting
from tests.discord.server.bodies import Callback, Choices, MessageForm
from tests.discord.server.commands import CommandKind
from tests.discord.server.components import ModalForm
from tests.discord.server.forms import Form, read
from tests.discord.server.interactions import (
    FOLLOWUPS_LIMIT,
    Answer,
    Interaction,
    InteractionKind,
    Modal,
)
from tests.discord.server.messages import (
    CHAT_INPUT_COMMAND,
    CONTEXT_MENU_COMMAND,
    REPLY,
    Flag,
    Message,
)
from tests.discord.server.posting import Uploads
from tests.discord.server.refusals import Json, invalid, refused, unknown
from tests.discord.server.requests import Ask
from tests.discord.server.world import World

_SETTABLE = (
    Flag.EPHEMERAL | Flag.SUPPRESS_EMBEDS | Flag.SUPPRESS_NOTIFICATIONS | Flag.IS_VOICE_MESSAGE
)
_POSSIBLE = {
    InteractionKind.COMMAND: {Answer.MESSAGE, Answer.DEFERRED_MESSAGE, Answer.FORM},
    InteractionKind.COMPONENT: set(Answer) - {Answer.CHOICES},
    InteractionKind.AUTOCOMPLETE: {Answer.CHOICES},
    InteractionKind.FORM: set(Answer) - {Answer.CHOICES, Answer.FORM},
}
"""Which answers each kind of interaction takes."""


class _Deferral(Form):
    """The data of a deferral: only whether the answer will be ephemeral."""

    flags: int = 0


def answer_interaction(world: World, ask: Ask) -> Json | None:
    """Create Interaction Response."""
    interaction = _by_token(world, ask, unknown("interaction"))
    if interaction.id != ask.number("interaction"):
        raise unknown("interaction")
    interaction.check_fresh()
    form = ask.read(Callback)
    answer = Answer(form.type) if form.type in set(Answer) else None
    if answer not in _POSSIBLE[interaction.kind]:
        raise invalid("type", "INTERACTION_INVALID_RESPONSE_TYPE", "Not for this interaction")
    _ANSWERS[answer](interaction, form.data or {}, ask.uploads)
    interaction.answer = answer
    world.bell.ring()
    if ask.query.get("with_response") not in {"1", "true"}:
        return None
    resource: Json = {"type": int(answer)}
    if interaction.original is not None and answer in {Answer.MESSAGE, Answer.UPDATE}:
        resource["message"] = interaction.original.shape()
    return {"interaction": interaction.response(), "resource": resource}


def _say(interaction: Interaction, data: Json, uploads: Uploads) -> None:
    form = read(MessageForm, data, below="data")
    interaction.original = _post(interaction, form, uploads, _ephemeral(interaction, form.marks))


def _defer(interaction: Interaction, data: Json, _: Uploads) -> None:
    flags = Flag(read(_Deferral, data, below="data").flags)
    if flags & ~Flag.EPHEMERAL:
        raise invalid("data.flags", "BITFIELD_VALUE_INVALID", "Only EPHEMERAL can be deferred")
    hidden = _ephemeral(interaction, flags)
    world = interaction.channel.world
    interaction.original = interaction.channel.post(
        Message(
            world.ids.next(),
            interaction.channel,
            world.bot,
            flags=Flag.LOADING | (Flag.EPHEMERAL if hidden else Flag(0)),
            type=_kind(interaction),
            reply_to=_answered(interaction),
            interaction=interaction,
            only_for=interaction.person if hidden else None,
        )
    )


def _defer_update(interaction: Interaction, _: Json, __: Uploads) -> None:
    interaction.original = _source(interaction)
    interaction.overlook(interaction.original)


def _update(interaction: Interaction, data: Json, uploads: Uploads) -> None:
    message = _source(interaction)
    posting.change(message, read(MessageForm, data, below="data"), uploads)
    interaction.original = message


def _suggest(interaction: Interaction, data: Json, _: Uploads) -> None:
    interaction.choices = [choice.shape() for choice in read(Choices, data, below="data").choices]


def _open_form(interaction: Interaction, data: Json, _: Uploads) -> None:
    interaction.modal = Modal(interaction, read(ModalForm, data, below="data").shape())


_ANSWERS = {
    Answer.MESSAGE: _say,
    Answer.DEFERRED_MESSAGE: _defer,
    Answer.DEFERRED_UPDATE: _defer_update,
    Answer.UPDATE: _update,
    Answer.CHOICES: _suggest,
    Answer.FORM: _open_form,
}


def create_followup(world: World, ask: Ask) -> Json:
    """Create Followup Message; after a deferral the first one becomes the answer itself."""
    interaction = _open(world, ask)
    form = ask.read(MessageForm)
    waiting = interaction.original
    if waiting is not None and waiting.thinking and not waiting.deleted:
        _finish(waiting, form, ask.uploads)
        return waiting.shape()
    if interaction.alone and len(interaction.followups) >= FOLLOWUPS_LIMIT:
        raise refused(
            400, 40094, "This interaction has hit the maximum number of follow up messages"
        )
    hidden = _ephemeral(interaction, form.marks)
    message = _post(interaction, form, ask.uploads, hidden, after=waiting)
    interaction.followups.append(message)
    world.bell.ring()
    return message.shape()


def get_message(world: World, ask: Ask) -> Json:
    """Get Original Interaction Response, Get Followup Message."""
    return _written(world, ask).shape()


def edit_message(world: World, ask: Ask) -> Json:
    """Edit Original Interaction Response, Edit Followup Message."""
    message = _written(world, ask)
    posting.change(message, ask.read(MessageForm), ask.uploads)
    return message.shape()


def delete_message(world: World, ask: Ask) -> None:
    """Delete Original Interaction Response, Delete Followup Message."""
    _written(world, ask).delete()


def _by_token(world: World, ask: Ask, refusal: Exception) -> Interaction:
    for interaction in reversed(world.interactions):
        if interaction.token == ask.path["token"]:
            return interaction
    raise refusal


def _open(world: World, ask: Ask) -> Interaction:
    interaction = _by_token(world, ask, unknown("Webhook"))
    if ask.number("application") != world.bot.id:
        raise unknown("Webhook")
    interaction.check_open()
    return interaction


def _written(world: World, ask: Ask) -> Message:
    """The message that the path names, if this interaction wrote it and it is still there."""
    interaction = _open(world, ask)
    if ask.path["message"] == "@original":
        found = interaction.original
    else:
        number = ask.number("message")
        found = next((m for m in interaction.in_sight if m.id == number), None)
    if found is None or found.deleted:
        raise unknown("Message")
    return found


def _source(interaction: Interaction) -> Message:
    if interaction.message is None:
        raise invalid("type", "INTERACTION_INVALID_RESPONSE_TYPE", "There is no message to update")
    return interaction.message


def _ephemeral(interaction: Interaction, flags: Flag) -> bool:
    return bool(flags & Flag.EPHEMERAL) or interaction.hushed


def _kind(interaction: Interaction) -> int:
    if interaction.command is None:
        return REPLY
    typed = interaction.command.form.type == CommandKind.CHAT_INPUT
    return CHAT_INPUT_COMMAND if typed else CONTEXT_MENU_COMMAND


def _answered(interaction: Interaction) -> Message | None:
    """The message whose button was pressed, or whose menu was used."""
    if interaction.message is not None or interaction.command is None:
        return interaction.message
    on_message = interaction.command.form.type == CommandKind.MESSAGE
    return interaction.channel.find(int(interaction.data["target_id"])) if on_message else None


def _post(
    interaction: Interaction,
    form: MessageForm,
    uploads: Uploads,
    hidden: bool,  # noqa: FBT001 - a fact about the message
    *,
    after: Message | None = None,
) -> Message:
    message = posting.write(
        interaction.channel,
        form,
        uploads,
        settable=_SETTABLE,
        type=REPLY if after else _kind(interaction),
        reply_to=after or _answered(interaction),
        interaction=interaction,
        only_for=interaction.person if hidden else None,
    )
    if hidden:
        message.flags |= Flag.EPHEMERAL
    return interaction.channel.post(message)


def _finish(waiting: Message, form: MessageForm, uploads: Uploads) -> None:
    """Put a first message in the place of the deferral, which has settled who sees it."""
    made = posting.write(
        waiting.channel, form, uploads, settable=_SETTABLE, only_for=waiting.only_for
    )
    waiting.rewrite(made.content)
    waiting.embeds, waiting.mentions = made.embeds, made.mentions
    waiting.attachments, waiting.components = made.attachments, made.components
    waiting.flags |= made.flags & ~Flag.EPHEMERAL
    waiting.touch()
