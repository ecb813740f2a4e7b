"""A live call: heard through the encryption, captioned, and spoken, with the demo models."""

from pathlib import Path

from tests.discord.calling import RATE, caption, room, voice


async def test_two_people_are_captioned_and_the_translation_is_heard(tmp_path: Path) -> None:
    async with room(tmp_path) as call:
        anna = call.come_in(call.anna)
        await call.summon()
        await anna.say(voice("en-passport"), RATE)
        await call.until_shown(caption("en-passport"))
