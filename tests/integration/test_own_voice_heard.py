"""A clip that says something else than its text is not sent: a real recogniser hears it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot import app, settings
from pipeline import stages
from pipeline.cloning import VOICE, Cloning
from pipeline.specs import EspeakSpec, XttsSpec
from pipeline.types import Language, Speech, Voice
from pipeline.workers import ThreadWorker
from tests.bot.own_voices import XTTS, Workshop, workshop

pytestmark = pytest.mark.timeout(120)


class Slips(Cloning):
    """Own voices by espeak-ng, which say what they are told to, and then what they should."""

    def __init__(self, *slips: str) -> None:
        super().__init__([XTTS], ThreadWorker(name="clone", timeout_s=30.0))
        self.slips = list(slips)
        self.said: list[str] = []
        self.seeds: list[int] = []

    async def speak(
        self, spec: XttsSpec, text: str, language: Language, packed: bytes, seed: int
    ) -> Speech:
        assert packed == b"latents"
        self.seeds.append(seed)
        self.said.append(self.slips.pop(0) if self.slips else text)
        speech = await self.worker.call(
            stages.speak, EspeakSpec(), self.said[-1], language, Voice()
        )
        return replace(speech, engine=spec.model, voice=VOICE)


@asynccontextmanager
async def listening(folder: Path, *slips: str) -> AsyncIterator[tuple[Workshop, Slips]]:
    chosen = await asyncio.to_thread(settings.load, profile="demo")
    async with workshop(folder) as shop, app.open_pipeline(chosen) as pipeline:
        shop.pipeline, cloning = pipeline, Slips(*slips)
        shop.cloning = cloning
        await shop.enrol()
        yield shop, cloning


async def test_a_clip_that_says_its_text_is_sent(tmp_path: Path) -> None:
    async with listening(tmp_path) as (shop, cloning):
        await shop.order(text="It is not important.")
        async with shop.at_work():
            await shop.until("delivered")
        assert cloning.said == ["It is not important."]
        assert len(shop.chats[0].delivered) == 1


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("I can't hear you.", "Where is the hospital?"),
        ("Where is the hospital?", "Don't worry."),
        ("It is important.", "It is not important."),  # three letters of fourteen
        ("He is breathing.", "He is not breathing."),
    ],
)
async def test_one_that_says_something_else_is_withheld_and_the_person_told(
    tmp_path: Path, text: str, slip: str
) -> None:
    async with listening(tmp_path, slip, slip) as (shop, cloning):
        await shop.order(text=text)
        async with shop.at_work():
            await shop.until_settled()
        assert cloning.said == [slip, slip]
        assert len(set(cloning.seeds)) == 2, "made again, another way"
        assert await shop.outcomes() == ["clip.unlike"]
        assert shop.chats[0].delivered == []
        [(_, told)] = shop.chats[0].told
        assert "did not say the right words" in told


async def test_one_that_says_its_text_the_second_time_is_sent(tmp_path: Path) -> None:
    async with listening(tmp_path, "Where is the hospital?") as (shop, cloning):
        await shop.order(text="I can't hear you.")
        async with shop.at_work():
            await shop.until("delivered")
        assert cloning.said == ["Where is the hospital?", "I can't hear you."]
        assert shop.chats[0].told == []
