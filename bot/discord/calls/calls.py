"""All calls, one for each server: begun when asked or unasked, come back to after a restart."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

import discord

from bot import messages
from bot.calling import CallFacts
from bot.commands import Commands
from bot.discord.calls.call import Call, House, Reason
from bot.discord.calls.presence import VocalChannel, people_in
from bot.discord.ears.watchdog import WatchLimits
from bot.discord.outbox import Outbox
from bot.discord.places import PLATFORM, Place
from bot.settings import Current
from bot.stores import Stores
from bot.types import Intake
from pipeline.engines.silero import Silero
from pipeline.errors import (
    CallLostError,
    CallRefusedError,
    DragomanError,
    PlatformError,
    StorageError,
)
from storage.calls import OpenCall
from storage.types import Chat

_log = logging.getLogger(__name__)

_LOOK_S: Final = 0.2
_LOST: Final[frozenset[Reason]] = frozenset({"kicked", "gone", "connection"})
"""Ends that nobody here has asked for."""


class Calls:
    """See ``bot.discord.client.Calls`` and ``bot.calling.Switchboard``."""

    def __init__(
        self,
        desk: Intake,
        commands: Commands,
        stores: Stores,
        settings: Current,
        watch: WatchLimits | None = None,
    ) -> None:
        """``watch`` says how patient each call's watchdog is."""
        self._desk = desk
        self._commands = commands
        self._stores = stores
        self._settings = settings
        self._watch = watch or WatchLimits()
        self._house: House | None = None
        self.ready = asyncio.Event()
        """The servers are known."""
        self.by_server: dict[int, Call] = {}
        """The calls under way, by their servers' ids."""
        self._staying: dict[int, asyncio.Task[None]] = {}
        self._doors: dict[int, asyncio.Lock] = {}
        """One person at a time brings us into a call of a server."""
        self._beginning: set[asyncio.Task[None]] = set()
        self._stopping = False
        commands.calling.connect(self)

    def of(self, guild: discord.Guild | None) -> Call | None:
        """Return the server's call."""
        return self.by_server.get(guild.id) if guild else None

    def under_way(self, chat: Chat) -> CallFacts | None:
        """Return how the server's call is doing."""
        call = self.by_server.get(int(chat.id))
        return call.facts() if call else None

    def named(self, chat: Chat, id_: str) -> str | None:
        """Return how a channel, thread or role of the server is shown."""
        if self._house is None:
            return f"#{id_}"
        guild = self._house.client.get_guild(int(chat.id))
        if guild is None:
            return None
        found = guild.get_channel_or_thread(int(id_))
        if found is not None:
            return f"#{found.name}"
        role = guild.get_role(int(id_))
        return f"@{role.name.removeprefix('@')}" if role else None

    async def started(self, client: discord.Client, outbox: Outbox) -> None:
        """Begin, and come back to the calls that an earlier run was in."""
        silero = await asyncio.to_thread(Silero)
        self._house = House(
            client,
            outbox,
            self._desk,
            self._stores,
            self._commands.calling,
            self._settings,
            silero,
            self._watch,
        )
        self.ready.set()
        self._begin(self._come_back())

    async def voice_state(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        """Take note of who comes and goes."""
        guild, call = member.guild, self.by_server.get(member.guild.id)
        if member.id == guild.me.id:
            if call is not None and isinstance(after.channel, VocalChannel):
                call.moved(after.channel)
            return
        if call is not None:
            call.changed()
        elif after.channel is not None and after.channel != before.channel and not member.bot:
            self._begin(self._join_unasked(guild, after.channel))

    def posted(self, message: discord.Message) -> None:
        """Take note that something was written."""
        call = self.of(message.guild)
        if call is not None:
            call.posted(message)

    async def gone(self, guild: discord.Guild) -> None:
        """Forget a server that the bot was removed from."""
        call = self.by_server.get(guild.id)
        if call is not None:
            call.end("gone")

    async def stop(self) -> None:
        """Join no call any more."""
        self._stopping = True
        for task in tuple(self._beginning):
            task.cancel()

    async def close(self) -> None:
        """Leave every call, to come back to it after the restart."""
        await self.stop()
        for call in self.by_server.values():
            call.end("stopping")
        tasks = (*self._beginning, *self._staying.values())
        if tasks:
            await asyncio.wait(tasks)

    async def join(self, channel: VocalChannel) -> Call:
        """Join a voice channel, or return the call that is there already.

        Raises CallRefusedError, PlatformError and StorageError.
        """
        guild = channel.guild
        async with self._doors.setdefault(guild.id, asyncio.Lock()):
            call = self.by_server.get(guild.id)
            if call is not None and call.over.done():
                await self.leave(guild)
                call = None
            if call is not None and call.channel.id == channel.id:
                return call
            if call is not None and people_in(call.channel):
                raise CallRefusedError(reason="elsewhere")
            if call is not None:
                await self.leave(guild)
            return await self._open(channel)

    async def leave(self, guild: discord.Guild) -> bool:
        """Leave the server's call, as asked; return whether there was one."""
        call, task = self.by_server.get(guild.id), self._staying.get(guild.id)
        if call is None or task is None:
            return False
        call.end("asked")
        await call.closed.wait()
        return True

    async def _open(self, channel: VocalChannel) -> Call:
        house = await self._started()
        if self._stopping:
            raise CallRefusedError(reason="stopping")
        guild = channel.guild
        chat = Chat(PLATFORM, str(guild.id))
        chosen = await self._stores.calls.of(chat)
        place = _place(channel, chosen.captions)
        _check(channel, place)
        call = Call(house, channel, place, chosen)
        await call.open()
        try:
            await self._stores.calls.opened(chat, str(channel.id), str(place))
        except BaseException:
            await call.close()
            raise
        self.by_server[guild.id] = call
        self._staying[guild.id] = asyncio.create_task(self._stay(call, chat))
        _log.info("call joined", extra={"platform": PLATFORM})
        return call

    async def _started(self) -> House:
        """Wait until the servers are known: commands may come a moment before."""
        try:
            async with asyncio.timeout(self._settings.now.calls.join_timeout_s):
                await self.ready.wait()
        except TimeoutError:
            raise CallRefusedError(reason="voice") from None
        if self._house is None:
            raise CallRefusedError(reason="voice")
        return self._house

    async def _stay(self, call: Call, chat: Chat) -> None:
        """See a call through to its end."""
        end = self._commands.calling.watch(chat, call.changed)
        call.changed()  # until now, nobody was told of who has declined
        try:
            reason = await asyncio.shield(call.over)
        finally:
            end()
            await call.close()
            self.by_server.pop(int(chat.id), None)
            self._staying.pop(int(chat.id), None)
        _log.info("call left", extra={"platform": PLATFORM, "reason": reason})
        if reason == "stopping":
            return
        if reason == "session":
            left = OpenCall(chat, str(call.channel.id), str(call.place), time.time())
            self._begin(self._return_to(left))
            return
        if call.next is not None and await self._followed(call.next, call.place):
            return
        if int(chat.id) in self.by_server:  # somebody was quicker with another call
            return
        try:
            await self._stores.calls.closed(chat)
        except StorageError as error:
            _log.warning("a call is not closed in storage", extra={"code": error.code})
        await self._explain(call.place, call.channel.guild, reason)

    async def _followed(self, channel: VocalChannel, place: int) -> bool:
        """Begin a call where we were moved to, or say why not."""
        try:
            await self.join(channel)
        except DragomanError as error:
            locale = messages.locale_of(str(channel.guild.preferred_locale))
            await self._say(place, messages.public(error, locale))
            return False
        return True

    async def _explain(self, place: int, guild: discord.Guild, reason: Reason) -> None:
        """Say why the call is over, if nobody has asked for that."""
        locale = messages.locale_of(str(guild.preferred_locale))
        if reason == "alone":
            await self._say(place, messages.say("call.left.alone", locale))
        elif reason in _LOST:
            await self._say(place, messages.sentence(CallLostError(reason=reason), locale))

    async def _say(self, place: int, sentence: str) -> None:
        if self._house is None:
            return
        try:
            await self._house.outbox.say(Place(place), sentence)
        except PlatformError as error:
            _log.warning("a call's end is not told", extra={"code": error.code})

    async def _come_back(self) -> None:
        """Join again what was left by a restart, or say why not."""
        for each in await self._stores.calls.open_calls(PLATFORM):
            await self._come_back_to(each)

    async def _return_to(self, left: OpenCall) -> None:
        """Join again what was left by a new session, once Discord has told of the server."""
        house = await self._started()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.now.calls.join_timeout_s):
                while house.client.get_channel(int(left.channel)) is None:  # noqa: ASYNC110 - the library has no event for it
                    await asyncio.sleep(_LOOK_S)
        await self._come_back_to(left, "connection")

    async def _come_back_to(self, left: OpenCall, why: str = "restart") -> None:
        """Join again, or say why not; ``why`` is the reason of a CallLostError."""
        client = self._house and self._house.client
        guild = client.get_guild(int(left.chat.id)) if client else None
        channel = guild.get_channel(int(left.channel)) if guild else None
        if guild is None:
            await self._stores.calls.closed(left.chat)
            return
        try:
            if isinstance(channel, VocalChannel) and people_in(channel):
                await self.join(channel)
                return
        except DragomanError as error:
            _log.warning("not come back to a call", extra={"code": error.code, **error.details})
        await self._stores.calls.closed(left.chat)
        locale = messages.locale_of(str(guild.preferred_locale))
        await self._say(int(left.place), messages.sentence(CallLostError(reason=why), locale))

    async def _join_unasked(self, guild: discord.Guild, channel: discord.abc.Connectable) -> None:
        """Join the channel that the server has chosen for that, when somebody comes in."""
        chosen = await self._stores.calls.of(Chat(PLATFORM, str(guild.id)))
        if isinstance(channel, VocalChannel) and chosen.auto_join == str(channel.id):
            await self.join(channel)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it in a task of its own; what fails is noted."""
        if self._stopping:
            work.close()
            return

        async def run() -> None:
            try:
                await work
            except DragomanError as error:
                _log.warning("no call begun", extra={"code": error.code, **error.details})

        task = asyncio.create_task(run())
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)


def _place(channel: VocalChannel, captions: str | None) -> int:
    """Return where captions go: what the server has chosen, if it is still there."""
    chosen = channel.guild.get_channel_or_thread(int(captions)) if captions else None
    return chosen.id if chosen else channel.id


def _check(channel: VocalChannel, place: int) -> None:
    """Refuse what Discord would refuse, with the reason that it would not give."""
    me, writes = channel.guild.me, channel.guild.get_channel_or_thread(place)
    here = channel.permissions_for(me)
    there = writes.permissions_for(me) if writes else here
    sends = (
        there.send_messages_in_threads
        if isinstance(writes, discord.Thread)
        else there.send_messages
    )
    if not (here.view_channel and here.connect and there.view_channel and sends):
        raise CallRefusedError(reason="permission")
    limit = channel.user_limit
    if limit and len(channel.voice_states) >= limit and not here.move_members:
        raise CallRefusedError(reason="full")
