"""A live call: heard through the encryption, captioned, and spoken, with the demo models."""

import asyncio
from pathlib import Path

from pipeline.types import Audio, Language, Request
from tests.discord.calling import NOTE, RATE, Room, caption, plain, room, voice
from tests.discord.server.talkers import Faults
from tests.discord.server.voice_listening import until

ROUGH = Faults(loss=0.03, reorder=0.05, duplicate=0.05, padding=0.1, jitter_s=0.02)


async def spoken(call: Room, seconds: float = 10) -> None:
    """Wait until the bot has said something, and is silent again."""
    ears = call.voice.session(call.server.bot.id).ears
    async with asyncio.timeout(seconds):
        before = -1
        while not ears.speech or len(ears.speech) > before:
            before = len(ears.speech)
            await asyncio.sleep(0.4)


async def understood(call: Room) -> str:
    """What a person in the call has heard the bot say, as the recogniser understands it."""
    pcm = call.voice.session(call.server.bot.id).ears.pcm()
    request = Request(sound=Audio(pcm, 48_000), targets=(Language("en"),), voice=None)
    async for event in call.pipeline.run(request):
        return event.transcript.text  # type: ignore[union-attr]  # the first is Heard
    raise AssertionError


async def test_speech_is_captioned_and_its_translation_is_heard_in_the_call(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        notice = await call.summon()
        assert notice.channel == call.channel
        await anna.say(voice("en-passport"), RATE)
        shown = await call.until_shown(caption("en-passport"))
        assert plain(shown) == f"**Anna:** {caption('en-passport')}"
        await spoken(call)
        assert not call.voice.session(call.server.bot.id).ears.in_the_clear
        assert await understood(call) == NOTE["en-passport"]["translation"]


async def test_people_join_late_and_leave_over_a_bad_line_and_everyone_is_understood(
    tmp_path: Path,
) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        await anna.say(voice("en-table"), RATE, faults=ROUGH)
        binh_seat = call.member("Bình")
        binh = call.come_in(binh_seat)
        await until(lambda: call.is_heard(binh_seat), 10)
        await call.voice.call(call.channel.id).settled()
        await binh.say(voice("vi-doctor"), RATE, faults=ROUGH)
        await call.until_shown(f"Bình: {caption('vi-doctor')}".replace(":", ":**"))
        call.go(call.anna, anna)
        await call.voice.call(call.channel.id).settled()
        await binh.say(voice("vi-bathroom"), RATE, faults=ROUGH)
        await call.until_shown(caption("vi-bathroom"))
        said = "\n".join(map(plain, call.server.world.by_bot()))
        for name in ("en-table", "vi-doctor", "vi-bathroom"):
            assert said.count(caption(name)) == 1
        asked = call.server.most_within(
            5, "Create Message", "Edit Message", channel=call.channel.id
        )
        assert asked <= 5
