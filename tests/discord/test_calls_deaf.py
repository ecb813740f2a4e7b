"""A call that can't be heard any more heals by itself, or people are told."""

from pathlib import Path

from tests.discord.calling import RATE, caption, room, voice
from tests.discord.server.talkers import Faults
from tests.discord.server.voice_listening import until

SEALED = Faults(undecryptable=1.0)


async def test_a_stretch_that_no_key_opens_costs_that_stretch_alone(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        await anna.say(voice("en-table"), RATE, faults=SEALED)
        lost = call.calls.by_server[call.guild.id].counted().speakers[anna.user]
        assert lost.sealed > 50
        assert not lost.decoded
        await anna.say(voice("en-passport"), RATE)
        shown = await call.until_shown(caption("en-passport"), 20)
        assert caption("en-table") not in shown.content


async def test_a_call_that_stays_deaf_is_told_so_once_and_is_heard_when_it_can_be(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        first = call.voice.session(call.server.bot.id)
        for _ in range(8):
            await anna.say(voice("en-table"), RATE, faults=SEALED)
            if any("can't hear this call" in each.content for each in call.server.world.by_bot()):
                break
        await call.until_shown("can't hear this call", 5)
        assert call.voice.session(call.server.bot.id) is not first
        await call.voice.until_settled(call.server.bot.id)
        await anna.say(voice("en-passport"), RATE)
        await call.until_shown(caption("en-passport"), 20)
        told = [each for each in call.server.world.by_bot() if "can't hear" in each.content]
        assert len(told) == 1


async def test_a_voice_task_that_dies_brings_the_bot_back_by_itself(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        connection = call.calls.by_server[call.guild.id].line.connection
        assert connection is not None
        runner = connection._connection._runner  # noqa: SLF001 - nothing else kills it
        assert runner is not None
        runner.cancel()
        await until(
            lambda: call.calls.by_server[call.guild.id].line.connection not in {None, connection},
            15,
        )
        await call.voice.until_settled(call.server.bot.id)
        await anna.say(voice("en-passport"), RATE)
        await call.until_shown(caption("en-passport"), 20)
