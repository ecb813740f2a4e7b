"""What is wrong with a recording is said in one plain sentence: real sound, real ears.

Only the voiceprints are the tests' own, as no weights come with the package: a cloner's would tell
people apart, these tell the voices of espeak-ng apart. The demo recogniser knows no sentence of
consent, so that it hears something else in every reading.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from bot import app, settings
from pipeline import enrolling, studio
from pipeline.audio import encode
from pipeline.cloning import Cloning
from pipeline.specs import AudioLimits, SampleSpec, XttsSpec
from pipeline.studio import Studio
from pipeline.types import Audio
from pipeline.workers import ThreadWorker
from tests.discord.home import friend
from tests.discord.home import home as discord_home
from tests.discord.server.posting import Upload
from tests.discord.server.server import DiscordServer
from tests.pipeline.samples import EN, RATE, louder, noisy, said, voiceprint
from tests.telegram.bot_api.server import BotApi
from tests.telegram.home import Engines
from tests.telegram.home import home as telegram_home

MODEL = "xtts-v2"
OWN = {"models": (MODEL,), "key": "00" * 32}
ALIKE = 0.8
"""Where the tests' voiceprints part these voices: one person's parts are 0.9 alike, others 0.5."""
XTTS = XttsSpec(MODEL, Path("nowhere"), frozenset({EN}))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def quiet(seconds: float) -> Audio:
    return Audio(np.zeros(round(seconds * RATE), np.float32), RATE)


def joined(*parts: Audio) -> Audio:
    return Audio(np.concatenate([each.samples for each in parts]), RATE)


BAD: dict[str, Callable[[], Audio]] = {
    "short": lambda: said(text="I lost my passport at the station yesterday."),
    "short in a long recording": lambda: joined(said(text="Good night, everybody."), quiet(12)),
    "silent": lambda: quiet(9),
    "faint": lambda: louder(said(), 0.02),
    "noisy": lambda: noisy(said(), 6),
    "clipped": lambda: louder(said(), 8),
    "two people": lambda: joined(said("en-us+m3"), said("en-us+f3")),
}
"""Recordings that no voice can be made of."""
SENTENCES = {
    "short": ("I need 6 seconds of speech", "Tôi cần 6 giây tiếng nói"),
    "short in a long recording": ("I need 6 seconds of speech", "Tôi cần 6 giây tiếng nói"),
    "silent": ("I hardly heard you", "Tôi gần như không nghe thấy bạn"),
    "faint": ("closer to the microphone", "gần micrô hơn"),
    "noisy": ("too much noise behind you", "Xung quanh bạn ồn quá"),
    "clipped": ("so loud that it crackles", "Tiếng to quá nên bị rè"),
    "two people": ("I hear more than one voice", "Tôi nghe thấy nhiều hơn một giọng"),
}
"""What the person is told, in English and in Vietnamese."""


@pytest.fixture(scope="module")
def sounds() -> dict[str, bytes]:
    """The recordings as apps send them: Ogg Opus."""
    good = {"good": said(), "another sentence": said(text="I refuse. Good night, everybody.")}
    return {
        name: encode(sound).data
        for name, sound in ({name: record() for name, record in BAD.items()} | good).items()
    }


class Listeners(ThreadWorker):
    """The cloners' worker, with the tests' voiceprints."""

    async def call(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if fn is studio.check_voices:
            _, sample, wanted = args
            return await super().call(enrolling.check_voices, sample, voiceprint, wanted)
        return await super().call(fn, *args, **kwargs)


class Talk(Protocol):
    """Somebody alone with the bot, who speaks English or Vietnamese."""

    async def begin(self) -> None: ...

    async def send(self, sound: bytes, answer: str) -> str:
        """Send it, and return what was answered, which has these words."""
        ...


class TelegramTalk:
    def __init__(self, server: BotApi, locale: str) -> None:
        self.seat = server.person("Mai", language=locale).private()

    async def begin(self) -> None:
        await self.seat.say("/voice enroll")
        await self.seat.wait_for(text="/voice delete", timeout=30)

    async def send(self, sound: bytes, answer: str) -> str:
        sent = await self.seat.voice(sound)
        return (await self.seat.wait_for(text=answer, reply_to=sent, timeout=60)).text


class DiscordTalk:
    def __init__(self, server: DiscordServer, locale: str) -> None:
        self.seat = friend(server, "Mai", locale="vi" if locale == "vi" else "en-US")

    async def begin(self) -> None:
        await self.seat.use("voice enroll").wait_for(text="/voice delete")

    async def send(self, sound: bytes, answer: str) -> str:
        sent = self.seat.send(Upload("memo.ogg", "audio/ogg", sound))
        return (await self.seat.wait_for(text=answer, reply_to=sent, timeout=60)).content


@asynccontextmanager
async def real_studio() -> AsyncIterator[Studio]:
    """The studio on the demo's models, in their own processes."""
    chosen = await asyncio.to_thread(settings.load, profile="demo")
    async with app.open_pipeline(chosen) as pipeline:
        cloning = Cloning([XTTS], Listeners(name="clone", timeout_s=60))
        yield Studio(pipeline, cloning, AudioLimits(), SampleSpec(alike=ALIKE))


@pytest.mark.parametrize("locale", ["en", "vi"])
@pytest.mark.parametrize(
    ("serve", "home", "talk"),
    [
        (BotApi.start, telegram_home, TelegramTalk),
        (DiscordServer.start, discord_home, DiscordTalk),
    ],
    ids=["telegram", "discord"],
)
async def test_each_fault_of_a_recording_is_said_in_one_plain_sentence(
    tmp_path: Path, sounds: dict[str, bytes], serve: Any, home: Any, talk: Any, locale: str
) -> None:
    async with real_studio() as made, serve() as server:
        mai: Talk = talk(server, locale)
        async with home(server, tmp_path, Engines(studio=made), own_voice=OWN) as house:
            for number, fault in enumerate(BAD):
                if number % 4 == 0:  # five refused recordings end an enrolment
                    await mai.begin()
                answer = SENTENCES[fault][locale == "vi"]
                told = await mai.send(sounds[fault], answer)
                assert "\n" not in told, fault
                assert told.count(". ") == 0, "one sentence"
            assert not await house.stores.voices.all()


async def test_a_good_sample_is_taken_and_another_sentence_is_heard_for_what_it_is(
    tmp_path: Path, sounds: dict[str, bytes]
) -> None:
    async with real_studio() as made, BotApi.start() as server:
        mai = TelegramTalk(server, "en")
        async with telegram_home(server, tmp_path, Engines(studio=made), own_voice=OWN) as house:
            await mai.begin()
            told = await mai.send(sounds["good"], "good sample")
            assert "“I let Dragoman speak with a copy of my voice: " in told
            told = await mai.send(sounds["another sentence"], "I did not hear that sentence")
            assert "“I let Dragoman" in told, "there is another try"
            assert not await house.stores.voices.all()
