"""When many notes wait: each is worked on with the care there is time for, and says so."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.observing import Finished
from bot.types import Live
from pipeline.types import Doubt
from tests.bot.exchanges import note, person
from tests.bot.studies import SETTINGS, Study, opened
from tests.pipeline.fake_stages import VI

HURRIED, UNSPOKEN = Doubt.HURRIED, Doubt.UNSPOKEN
SMALLER_S, TEXT_ONLY_S = 9.0, 30.0
"""Waits that lead to these rungs."""


@pytest.fixture
async def study(tmp_path: Path) -> AsyncIterator[Study]:
    async with opened(tmp_path) as study:
        yield study


async def test_on_the_first_rung_it_is_heard_in_a_hurry_and_spoken_as_ever(study: Study) -> None:
    study.ladder.feel(SMALLER_S)
    await study.answer()
    assert study.stages.request().hurried
    assert study.reply.said == [
        ("text", ("Good night.", "Chúc ngủ ngon.", (HURRIED,))),
        ("speech", "gtts"),
    ]


async def test_on_the_second_there_is_text_alone_in_one_message_that_says_so(study: Study) -> None:
    study.ladder.feel(TEXT_ONLY_S)
    await study.answer()
    assert study.stages.request().voice is None
    assert study.reply.said == [("text", ("Good night.", "Chúc ngủ ngon.", (HURRIED, UNSPOKEN)))]
    assert await study.outcome() == "done"


async def test_who_wants_no_voice_is_not_told_of_one(study: Study) -> None:
    await study.stores.preferences.change_person(person(), quick_voice=False)
    study.ladder.feel(TEXT_ONLY_S)
    await study.answer()
    assert study.reply.said == [("text", ("Good night.", "Chúc ngủ ngon.", (HURRIED,)))]


async def test_what_is_in_the_listeners_language_misses_no_voice(tmp_path: Path) -> None:
    only = SETTINGS.model_copy(update={"targets": (VI,)})
    async with opened(tmp_path, only) as study:
        study.stages.language = VI
        study.ladder.feel(TEXT_ONLY_S)
        await study.answer()
        assert study.reply.said == [("text", ("Good night.", "Good night.", (HURRIED,)))]


async def test_calls_that_are_not_spoken_miss_no_voice_either(study: Study) -> None:
    study.ladder.feel(TEXT_ONLY_S)
    live = replace(note(), live=Live(spoken=False))
    await study.interpreter.open(live, study.reply).answer()
    assert study.reply.said == [("text", ("Good night.", "Chúc ngủ ngon.", (HURRIED,)))]


async def test_the_rung_counts_on_which_the_turn_came_and_an_observer_learns_it(
    study: Study,
) -> None:
    seen: list[Finished] = []
    study.watch(seen.append)
    exchange = await study.exchange()
    study.ladder.feel(SMALLER_S)
    await exchange.answer()
    await study.answer(note(2))
    assert [each.step for each in seen] == ["smaller", "smaller"]
