"""What has changed while the program runs is what people meet from then on."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.commands import Commands
from bot.desk import Bounds, Desk
from bot.enrolment import Enrolments
from bot.overload import Ladder
from bot.reloading import Live
from bot.serving import pass_on
from bot.settings import load
from pipeline.cloning import Cloning
from pipeline.specs import AudioLimits, SampleSpec, XttsSpec
from pipeline.studio import Studio
from pipeline.types import Audio, Language
from storage.transcripts import KeptCall, Line
from storage.types import Chat, Person
from tests.bot.counters import ADMIN, ME, PaperQueue
from tests.bot.exchanges import KeptReply, Ledger, PaperSeen, chat, note, settle
from tests.bot.recordings import PaperStudio
from tests.bot.studies import Study, opened
from tests.pipeline.fake_stages import Stages
from tests.storage.surroundings import digest

EN, VI, FR = Language("en"), Language("vi"), Language("fr")
HERE = replace(ME, alone=True)
SILENCE = Audio(np.zeros(24_000, np.float32), 24_000)
XTTS = XttsSpec("xtts-v2", Path("nowhere"), frozenset({EN}))
BASE: dict[str, Any] = {"profile": "demo", "targets": ("vi", "en")}


class Bot:
    """People's side of a bot whose settings change."""

    def __init__(self, study: Study, live: Live) -> None:
        self.study, self.live = study, live
        self.studio = PaperStudio()
        self.enrolments = Enrolments(self.studio, study.stores.voices)
        self.ledger = Ledger()
        self.desk = Desk(self.ledger.exchange, PaperSeen(), Bounds(), AudioLimits())
        self.commands = Commands(
            study.stores, live, PaperQueue(), study.pipeline.voices, self.enrolments
        )

    async def change(self, **choices: Any) -> None:
        """Change the settings."""
        self.live.now = await asyncio.to_thread(load, **BASE, **choices)
        pass_on(self.study.stores, self.desk, self.study.ladder, None, self.live.now)


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    live = Live(await asyncio.to_thread(load, **BASE))
    async with opened(tmp_path, live) as study:
        yield Bot(study, live)


# the next note


async def test_the_languages_of_a_note_are_those_of_now(bot: Bot) -> None:
    await bot.study.answer()
    assert bot.study.stages.request().targets == (VI, EN)
    await bot.change(hearing={"allowed": ["fr"]})
    bot.live.now = bot.live.now.model_copy(update={"targets": (FR,)})
    await bot.study.answer(note(2))
    assert bot.study.stages.request().targets == (FR,)
    assert bot.study.stages.request().allowed == {FR}


async def test_a_note_may_take_as_long_as_is_said_now(bot: Bot) -> None:
    bot.study.stages.gates["hear"] = asyncio.Event()
    await bot.change(desk={"timeout_s": 0.05})
    await bot.study.answer()
    assert await bot.study.outcome() == "worker.timeout"


async def test_the_desk_takes_what_it_is_told_now(bot: Bot) -> None:
    async def take(message: object, **facts: Any) -> dict[str, str]:
        await bot.desk.take(replace(note(message, where=chat(message)), **facts), KeptReply())
        await settle()
        refused = bot.ledger.facts("refused")
        return {each: getattr(error, "code", "") for each, error in refused.items()}

    await bot.change(desk={"at_once": 1})
    for message in (1, 2):
        assert not await take(message)
    assert (bot.desk.working(), bot.desk.waiting()) == (1, 1)
    await bot.change(desk={"at_once": 2, "per_person": 2})
    await settle()
    assert (bot.desk.working(), bot.desk.waiting()) == (2, 0), "there is room at once"
    assert await take(3) == {"3": "busy"}
    bot.ledger.let(1, 2)
    await settle()


async def test_a_sample_is_what_is_wanted_now(bot: Bot) -> None:
    asked: list[Any] = []

    class Cloners(Stages):
        async def call(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Any:
            asked.append((fn.__name__, *args))
            return SILENCE

    workers = Cloners()
    studio = Studio(bot.study.pipeline, Cloning([XTTS], workers), AudioLimits(), SampleSpec())
    chosen = await asyncio.to_thread(load, **BASE, own_voice={"sample": {"least_s": 9.0}})
    pass_on(bot.study.stores, bot.desk, Ladder(), studio, chosen)
    assert await studio.sample(SILENCE) is SILENCE
    (_, _, _, wanted), _ = asked
    assert wanted.least_s == 9.0


# what is kept


async def test_answers_are_kept_as_long_and_as_many_as_is_said_now(bot: Bot) -> None:
    cache = bot.study.stores.translations
    await cache.put(digest("a"), "b")
    assert await cache.get(digest("a")) == "b"
    await bot.change(translating={"cache_hours": 0.5}, storage={"speech_hours": 0.1})
    assert await cache.get(digest("a")) is None, "it would be kept too long"
    await bot.study.stores.sweep()
    assert await bot.study.database.rows("SELECT count(*) FROM cached") == [(0,)]
    await cache.put(digest("a"), "c")
    assert await cache.get(digest("a")) == "c"
    await bot.change(storage={"translations_mb": 1})
    await cache.put(digest("a"), "d" * 500_000)
    assert await cache.get(digest("a")) == "c", "it is too large by now"


async def test_transcripts_are_kept_as_long_as_is_said_now(bot: Bot) -> None:
    stores, server = bot.study.stores, Chat("discord", "900")
    await stores.calls.change(server, keeps=True)
    call = KeptCall(server, "70", "a", time.time() - 86_400 * 2)
    line = Line(0.0, 1.0, Person("discord", "1"), "Mai", VI, "Xin chào.", EN, "Hello.")
    assert await stores.transcripts.add(call, line)
    await bot.change(storage={"transcript_days": 1})
    assert not await stores.transcripts.add(call, line)
    await stores.sweep()
    assert await bot.study.database.rows("SELECT count(*) FROM call_lines") == [(0,)]


# what is said


async def test_who_is_an_operator_is_asked_each_time(bot: Bot) -> None:
    mine = replace(ME, person=Person("telegram", "77"), chat=Chat("telegram", "77"))
    grant = "grant 20002 30 10"
    assert "by you, everywhere" not in (await bot.commands.run(mine, "premium", grant)).text
    await bot.change(telegram={"operators": ["77"]})
    assert "by you, everywhere: 1" in (await bot.commands.run(mine, "premium", grant)).text
    await bot.change()
    assert "by you, everywhere" not in (await bot.commands.run(mine, "premium")).text


async def test_cards_say_what_holds_now(bot: Bot) -> None:
    server = replace(ADMIN, chat=Chat("discord", "900"))
    before = (await bot.commands.run(server, "privacy")).text
    assert "24" in before
    await bot.change(
        translating={"cache_hours": 3.0},
        storage={"speech_hours": 2.0, "transcript_days": 0},
        own_voice={"collects": True, "sample": {"least_s": 11}},
    )
    after = (await bot.commands.run(server, "privacy")).text
    assert "3" in after
    assert "24" not in after
    assert "transcript" in before.lower()
    assert "transcript" not in after.lower()
    card = await bot.commands.run(HERE, "voice", "enroll")
    assert "11 to 30 seconds" in card.text
    assert any("collect" in button.data for row in card.rows for button in row)
    bot.enrolments.end(HERE.person)


async def test_the_first_languages_on_offer_are_those_of_now(bot: Bot) -> None:
    bot.live.now = bot.live.now.model_copy(update={"targets": (FR,)})
    card = await bot.commands.run(ME, "start")
    labels = [button.label for row in card.rows for button in row]
    assert labels[0] == "French"
    assert "French" in (await bot.commands.run(ADMIN, "settings")).text
