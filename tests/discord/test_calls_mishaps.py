"""What goes wrong in a call at an awkward moment ends no call, and has nobody heard untold."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.discord.calls.presence import VocalChannel
from pipeline.errors import DatabaseUnavailableError
from pipeline.segments import Final, Utterance
from pipeline.types import Audio
from tests.discord.calling import RATE, Room, caption, plain, room, voice
from tests.discord.server.voice_listening import until

DECLINE = "Don't listen to me · Đừng nghe tôi"


class Wrapped:
    """Something that is kept, of which a part fails or waits."""

    def __init__(self, kept: object) -> None:
        self._kept = kept
        self.failures = 0
        self.gate = asyncio.Event()
        self.reached = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept, name)

    async def unheard(self, *facts: Any) -> Any:
        """Fail so often."""
        if self.failures:
            self.failures -= 1
            raise DatabaseUnavailableError(path="x", reason="disk I/O error")
        return await self.__getattr__("unheard")(*facts)

    async def opened(self, *facts: Any) -> Any:
        """Wait for the gate."""
        self.reached.set()
        await self.gate.wait()
        return await self.__getattr__("opened")(*facts)


async def begun(call: Room) -> Any:
    """Have Anna in a call; return it."""
    call.come_in(call.anna)
    await call.summon()
    await until(lambda: call.is_heard(call.anna))
    return call.calls.by_server[call.guild.id]


def fails_once(call: Room) -> Any:
    """Have it fail to ask once who has declined; return the call."""
    active: Any = call.calls.by_server[call.guild.id]
    preferences: Any = Wrapped(call.stores.preferences)
    preferences.failures = 1
    stores = replace(call.stores, preferences=preferences)
    active._house = replace(active._house, stores=stores)  # noqa: SLF001 - fails at will
    return active


@pytest.mark.parametrize("timeout_s", [0.001, 86_400.0])
async def test_who_looks_in_and_leaves_before_being_told_ends_no_call(
    tmp_path: Any, timeout_s: float
) -> None:
    async with room(tmp_path, desk={"timeout_s": timeout_s}) as call:
        await begun(call)
        bob = call.member("Bob")
        talker = call.come_in(bob)
        await asyncio.sleep(0.3)
        call.go(bob, talker)
        await asyncio.sleep(1)
        assert call.is_heard(call.anna)


async def test_who_joins_while_a_call_that_was_moved_ends_is_answered(tmp_path: Any) -> None:
    async with room(tmp_path) as call:
        active = await begun(call)
        other = call.guild.voice("other")
        guild = active.channel.guild
        await until(lambda: guild.get_channel(other.id) is not None)
        there = guild.get_channel(other.id)
        assert isinstance(there, VocalChannel)
        active.moved(there)
        async with asyncio.timeout(15):
            await call.calls.join(there)
        assert call.calls.by_server[call.guild.id].channel.id == there.id


async def test_a_call_hears_again_once_the_storage_answers_again(tmp_path: Any) -> None:
    async with room(tmp_path) as call:
        await begun(call)
        fails_once(call).changed()
        await until(lambda: not call.is_heard(call.anna))
        await until(lambda: call.is_heard(call.anna))


async def test_nobody_is_kept_untold_although_the_storage_failed_meanwhile(tmp_path: Any) -> None:
    async with room(tmp_path) as call:
        await begun(call)
        active = fails_once(call)
        await call.stores.calls.change(call.chat, keeps=True)
        active.changed()
        await until(lambda: not call.is_heard(call.anna))
        await until(lambda: call.is_heard(call.anna))
        notices = [each for each in call.server.world.by_bot() if "listening" in plain(each)]
        assert len(notices) > 1


async def test_what_the_ears_send_late_of_who_has_declined_is_not_shown(tmp_path: Any) -> None:
    async with room(tmp_path) as call:
        call.come_in(call.anna)
        notice = await call.summon()
        await until(lambda: call.is_heard(call.anna))
        active: Any = call.calls.by_server[call.guild.id]
        call.anna.press(notice, DECLINE)
        await until(lambda: not call.is_heard(call.anna))
        said = Utterance(Audio(voice("en-table"), RATE), 1.0, 3.0)
        active._event(call.anna.person.id, Final(said, 0, same=False))  # noqa: SLF001 - late
        await asyncio.sleep(2)
        assert caption("en-table") not in "".join(map(plain, call.server.world.by_bot()))


async def test_who_declines_while_the_call_is_written_down_is_not_heard(tmp_path: Any) -> None:
    async with room(tmp_path) as call:
        call.come_in(call.anna)
        calls: Any = Wrapped(call.stores.calls)
        call.calls._stores = replace(call.stores, calls=calls)  # noqa: SLF001 - waits at will
        call.anna.use("join")
        notice = await call.until_shown("I am listening")
        await calls.reached.wait()
        call.anna.press(notice, DECLINE)
        account = str(call.anna.person.id)
        async with asyncio.timeout(5):
            while account not in await call.stores.preferences.unheard("discord", [account]):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.05)
        calls.gate.set()
        await until(lambda: bool(call.calls.by_server))
        await until(lambda: not call.is_heard(call.anna))


@pytest.mark.timeout(90)
async def test_a_call_that_ends_while_it_is_joined_again_is_left(tmp_path: Any) -> None:
    async with room(tmp_path, calls={"join_timeout_s": 2}) as call:
        active = await begun(call)
        connection = active.line.connection
        call.server.gateway.freeze()
        connection._connection._runner.cancel()  # noqa: SLF001 - the voice gateway has gone
        await until(lambda: active.line.connection is None, 10)
        await asyncio.sleep(0.3)
        async with asyncio.timeout(30):
            await call.calls.leave(active.channel.guild)
