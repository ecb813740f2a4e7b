"""The routes about messages: write, edit, delete, read, react, type."""

from tests.discord.server import posting
from tests.discord.server.bodies import CreateMessage, MessageForm
from tests.discord.server.channels import Channel
from tests.discord.server.events import Intent
from tests.discord.server.messages import Message
from tests.discord.server.permissions import Permission
from tests.discord.server.refusals import Json, refused, unknown
from tests.discord.server.requests import Ask
from tests.discord.server.world import World


def create_message(world: World, ask: Ask) -> Json:
    """Create Message."""
    channel = world.channel(ask.number("channel"))
    return posting.create(channel, ask.read(CreateMessage), ask.uploads).shape()


def edit_message(world: World, ask: Ask) -> Json:
    """Edit Message: one's own."""
    channel, message = _there(world, ask)
    if not message.by_bot:
        raise refused(403, 50005, "Cannot edit a message authored by another user")
    if channel.archived and channel.locked:
        raise refused(400, 50083, "Thread is archived")
    posting.change(message, ask.read(MessageForm), ask.uploads)
    return message.shape()


def delete_message(world: World, ask: Ask) -> None:
    """Delete Message: one's own, or with permission anybody's."""
    channel, message = _there(world, ask)
    if not message.by_bot:
        channel.check(Permission.MANAGE_MESSAGES)
    message.delete()


def get_message(world: World, ask: Ask) -> Json:
    """Get Channel Message."""
    channel, message = _there(world, ask)
    channel.check(Permission.READ_MESSAGE_HISTORY)
    return _read(world, message)


def get_messages(world: World, ask: Ask) -> list[Json]:
    """Get Channel Messages, newest first; without permission for history there are none."""
    channel = world.channel(ask.number("channel"))
    channel.check()
    if not channel.permissions(world.bot) & Permission.READ_MESSAGE_HISTORY:
        return []
    before = int(ask.query.get("before", 2**63))
    after = int(ask.query.get("after", 0))
    there = [m for m in channel.messages if after < m.id < before]
    seen = [m for m in there if not m.deleted and m.only_for is None]
    limit = int(ask.query.get("limit", 50))
    kept = seen[:limit] if "after" in ask.query else seen[-limit:]
    return [_read(world, message) for message in reversed(kept)]


def create_reaction(world: World, ask: Ask) -> None:
    """Create Reaction."""
    channel, message = _there(world, ask)
    channel.check(Permission.READ_MESSAGE_HISTORY)
    emoji = _emoji(ask)
    if emoji not in message.reactions:
        channel.check(Permission.ADD_REACTIONS)
    message.react(emoji, world.bot)


def delete_own_reaction(world: World, ask: Ask) -> None:
    """Delete Own Reaction."""
    _, message = _there(world, ask)
    message.unreact(_emoji(ask), world.bot)


def trigger_typing(world: World, ask: Ask) -> None:
    """Trigger Typing Indicator."""
    channel = world.channel(ask.number("channel"))
    channel.check_writable()
    channel.typing.append(world.clock.now())
    world.bell.ring()


def _there(world: World, ask: Ask) -> tuple[Channel, Message]:
    channel = world.channel(ask.number("channel"))
    channel.check()
    return channel, channel.message(ask.number("message"))


def _read(world: World, message: Message) -> Json:
    """A message as REST shows it to an application that may not have been granted contents."""
    granted = bool(world.granted & Intent.MESSAGE_CONTENT)
    return message.shape(contents=granted or message.open_to_bot)


def _emoji(ask: Ask) -> str:
    """A Unicode emoji; emoji of servers are not served here."""
    emoji = ask.path["emoji"]
    if not emoji or emoji.isascii():
        raise unknown("Emoji")
    return emoji
