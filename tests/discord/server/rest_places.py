"""The routes about the bot itself, servers, channels, threads and places in voice."""

from datetime import datetime

from tests.discord.server.bodies import CreateDm, ModifyVoiceState, StartThread
from tests.discord.server.calls import Call
from tests.discord.server.channels import Channel, Kind
from tests.discord.server.people import User
from tests.discord.server.permissions import Permission
from tests.discord.server.refusals import Json, refused, unknown
from tests.discord.server.requests import Ask
from tests.discord.server.world import World


def get_me(world: World, _: Ask) -> Json:
    """Get Current User."""
    return world.bot.shape() | {"verified": True, "mfa_enabled": False, "locale": "en-US"}


def get_application(world: World, _: Ask) -> Json:
    """Get Current Application."""
    return world.application()


def get_gateway(world: World, _: Ask) -> Json:
    """Get Gateway Bot."""
    limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    return {"url": world.gateway, "shards": 1, "session_start_limit": limit}


def get_user(world: World, ask: Ask) -> Json:
    """Get User."""
    return world.user(ask.number("user")).shape()


def create_dm(world: World, ask: Ask) -> Json:
    """Create DM; that somebody takes none shows only when one is sent."""
    return world.private(world.user(ask.read(CreateDm).recipient_id)).shape()


def get_guild(world: World, ask: Ask) -> Json:
    """Get Guild."""
    return world.find_guild(ask.number("guild")).shape()


def get_member(world: World, ask: Ask) -> Json:
    """Get Guild Member."""
    guild = world.find_guild(ask.number("guild"))
    member = guild.members.get(world.user(ask.number("user")).id)
    if member is None:
        raise unknown("Member")
    return member.shape()


def leave_guild(world: World, ask: Ask) -> None:
    """Leave Guild."""
    world.find_guild(ask.number("guild")).kick(world.bot)


def get_channel(world: World, ask: Ask) -> Json:
    """Get Channel."""
    channel = world.channel(ask.number("channel"))
    channel.check()
    return channel.shape()


def start_thread(world: World, ask: Ask) -> Json:
    """Start Thread without Message; only public ones are served here."""
    channel = _parent(world, ask)
    form = ask.read(StartThread)
    if form.type not in {None, Kind.PUBLIC_THREAD}:
        raise refused(400, 50024, "Cannot execute action on this channel type")
    return channel.open_thread(form.name, world.bot).shape()


def start_thread_from_message(world: World, ask: Ask) -> Json:
    """Start Thread from Message."""
    channel = _parent(world, ask)
    message = channel.message(ask.number("message"))
    if message.id in world.channels:
        raise refused(400, 160004, "A thread has already been created for this message")
    form = ask.read(StartThread)
    return channel.open_thread(form.name, world.bot, about=message).shape()


def join_thread(world: World, ask: Ask) -> None:
    """Join Thread; a bot is told of public threads without it."""
    thread = world.channel(ask.number("channel"))
    thread.check()
    if not thread.thread:
        raise refused(400, 50024, "Cannot execute action on this channel type")


def get_own_voice_state(world: World, ask: Ask) -> Json:
    """Get Current User Voice State."""
    return _call(world, ask, world.bot).shape()


def get_voice_state(world: World, ask: Ask) -> Json:
    """Get User Voice State."""
    return _call(world, ask, world.user(ask.number("user"))).shape()


def modify_own_voice_state(world: World, ask: Ask) -> None:
    """Modify Current User Voice State: speak on a stage, or ask for it."""
    call = _call(world, ask, world.bot)
    form = ask.read(ModifyVoiceState)
    if call.channel.kind != Kind.STAGE or form.channel_id not in {None, call.channel.id}:
        raise refused(400, 50024, "Cannot execute action on this channel type")
    if form.request_to_speak_timestamp is not None:
        call.channel.check(Permission.REQUEST_TO_SPEAK)
        call.ask_to_speak(datetime.fromisoformat(form.request_to_speak_timestamp).timestamp())
    if form.suppress is not None:
        if not form.suppress:
            call.channel.check(Permission.MUTE_MEMBERS)
        call.speak(suppress=form.suppress)


def _call(world: World, ask: Ask, user: User) -> Call:
    call = world.find_guild(ask.number("guild")).call_of(user)
    if call is None:
        raise unknown("Voice State")
    return call


def _parent(world: World, ask: Ask) -> Channel:
    channel = world.channel(ask.number("channel"))
    channel.check(Permission.CREATE_PUBLIC_THREADS)
    if channel.kind != Kind.TEXT:
        raise refused(400, 50024, "Cannot execute action on this channel type")
    return channel
