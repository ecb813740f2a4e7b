"""What an earlier run left is told once; a platform without a token is none."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands import Commands
from bot.desk import Bounds, Desk
from bot.serving import NoPlatformError, platforms, tell_lost
from bot.settings import Settings, load
from bot.types import Address
from pipeline.errors import PlatformError, PlatformRefusedError, PlatformUnreachableError
from pipeline.specs import AudioLimits
from pipeline.types import Language, Speech
from storage.notes import Notes
from tests.bot.exchanges import PLATFORM, chat, person
from tests.bot.studies import SETTINGS, Study, opened


class PaperPlatform:
    name = PLATFORM

    def __init__(self) -> None:
        self.told: dict[str, str] = {}
        self.failure: PlatformError | None = None

    async def run(self) -> None:
        raise AssertionError

    async def stop(self) -> None:
        raise AssertionError

    async def close(self) -> None:
        raise AssertionError

    async def deliver(self, address: Address, speech: Speech, caption: str) -> None:
        raise AssertionError(address, speech, caption)

    async def tell(self, address: Address, sentence: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.told[address.message] = sentence


@pytest.fixture
async def study(tmp_path: Path) -> AsyncIterator[Study]:
    async with opened(tmp_path) as study:
        yield study


async def restart(study: Study, platform: PaperPlatform) -> None:
    await tell_lost(await study.unfinished(), study.stores, [platform], SETTINGS)


async def test_people_are_told_once_each_in_their_language(study: Study) -> None:
    notes, preferences = study.stores.notes, study.stores.preferences
    await preferences.change_person(person(1), locale=Language("en"))
    await preferences.change_person(person(2), spoken=Language("en"))
    for who in (1, 2, 3):
        assert await notes.take(chat(who), person(who), str(who))
    platform = PaperPlatform()
    await restart(study, platform)
    assert platform.told["1"] == platform.told["2"]
    assert platform.told["1"].startswith("I was restarted")
    assert platform.told["3"].startswith("Bot đã khởi động lại")
    platform.told.clear()
    await restart(study, platform)
    assert not platform.told


async def test_who_can_not_be_reached_now_is_told_after_the_next_start(study: Study) -> None:
    await study.stores.notes.take(chat(), person(), "1")
    platform = PaperPlatform()
    platform.failure = PlatformUnreachableError(platform=PLATFORM)
    await restart(study, platform)
    assert len(await study.unfinished()) == 1
    platform.failure = None
    await restart(study, platform)
    assert list(platform.told) == ["1"]


async def test_who_has_blocked_the_bot_is_not_tried_again(study: Study) -> None:
    await study.stores.notes.take(chat(), person(), "1")
    platform = PaperPlatform()
    platform.failure = PlatformRefusedError(platform=PLATFORM)
    await restart(study, platform)
    assert not await study.unfinished()


async def test_what_is_a_day_old_is_let_go_of_in_silence(study: Study) -> None:
    yesterday = Notes(study.database, lambda: time.time() - 90_000)
    await yesterday.take(chat(), person(), "1")
    platform = PaperPlatform()
    await restart(study, platform)
    assert not platform.told
    assert not await study.unfinished()


async def test_a_note_of_a_platform_that_is_not_served_now_stays(study: Study) -> None:
    other = replace(chat(), platform="elsewhere")
    await study.stores.notes.take(other, replace(person(), platform="elsewhere"), "1")
    await restart(study, PaperPlatform())
    assert len(await study.unfinished()) == 1


@pytest.mark.parametrize(
    "chosen", [SETTINGS, load(profile="demo", telegram={"token": ""}, discord={"token": ""})]
)
async def test_a_platform_without_a_token_is_none(study: Study, chosen: Settings) -> None:
    desk = Desk(study.interpreter.open, study.stores.notes, Bounds(), AudioLimits())
    commands = Commands(study.stores, chosen, desk, study.pipeline.voices)
    with pytest.raises(NoPlatformError):
        platforms(chosen, desk, commands, study.stores)
