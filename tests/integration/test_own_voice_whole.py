"""From the sample to the follow-up, through a restart, on the real coqui-tts and both platforms.

The network is small and random, so that what it speaks means nothing, and its voiceprints tell
nobody apart: what is heard, and how alike voices must be, is therefore set. All else is real.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from bot import messages
from bot.own_voice import follow_ups
from pipeline import languages
from pipeline.audio import decode, encode
from pipeline.cloning import Cloning
from pipeline.engines.espeak import Espeak
from pipeline.pipeline import Pipeline
from pipeline.specs import AudioLimits, EspeakSpec, SampleSpec, XttsSpec
from pipeline.studio import Studio
from pipeline.types import Language, Voice
from pipeline.workers import ProcessWorker, ThreadWorker
from storage.types import Person
from tests.bot.own_voices import CONSENT
from tests.discord.home import friend, known
from tests.discord.home import home as discord_home
from tests.discord.server.posting import Upload
from tests.discord.server.server import DiscordServer
from tests.pipeline.fake_stages import SPEC, Memory
from tests.telegram.bot_api.server import BotApi
from tests.telegram.home import Engines
from tests.telegram.home import home as telegram_home

IS_INSTALLED = bool(util.find_spec("TTS"))
if TYPE_CHECKING or IS_INSTALLED:
    from pipeline.engines.xtts_shapes import TINY, make_xtts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not IS_INSTALLED, reason="the extra clone is not installed (requirements/clone.txt)"
    ),
]
EN, VI = Language("en"), Language("vi")
MODEL = "tiny"
OWN = {"models": (MODEL,), "key": "00" * 32}
SAMPLE = "I lost my passport at the station yesterday, and I need help to find it. " * 2
PHRASE = messages.say("own.phrase", "en")
NOTE, MEANING = "Chúc ngủ ngon nhé.", "CHÚC NGỦ NGON NHÉ."
"""What is said in Vietnamese, and what the engines make of it in English."""
TOOK = re.compile(r"Synthetic.*It took \d+ s", re.DOTALL)
"""The label of every clip."""


class Talk(Protocol):
    """Somebody alone with the bot, on either platform."""

    async def send(self, sound: bytes) -> Any: ...

    async def command(self, words: str) -> Any: ...

    async def press(self, card: Any, label: str) -> None: ...

    async def told(self, text: str) -> Any: ...

    async def answered(self, note: Any) -> None:
        """Wait for text and quick voice under a note."""

    async def clip(self, asked: Any) -> None:
        """Wait for the clip that follows up, with its label, and for nothing else."""

    @property
    def person(self) -> Person: ...


class TelegramTalk:
    def __init__(self, server: BotApi) -> None:
        self.seat = server.person("Mai").private()

    async def send(self, sound: bytes) -> Any:
        return await self.seat.voice(sound)

    async def command(self, words: str) -> Any:
        await self.seat.say(f"/{words}")

    async def press(self, card: Any, label: str) -> None:
        await (await card.tap(label)).answered()

    async def told(self, text: str) -> Any:
        return await self.seat.wait_for(text=text, timeout=120)

    async def answered(self, note: Any) -> None:
        await self.seat.wait_for(text=MEANING, reply_to=note)
        await self.seat.wait_for(kind="voice", reply_to=note)

    async def clip(self, asked: Any) -> None:
        clip = await self.seat.wait_for(kind="voice", reply_to=asked, timeout=120)
        assert TOOK.search(clip.content["caption"])
        await self.seat.quiet()

    @property
    def person(self) -> Person:
        return Person("telegram", str(self.seat.person.id))


class DiscordTalk:
    def __init__(self, server: DiscordServer) -> None:
        self.seat = friend(server, "Mai")

    async def send(self, sound: bytes) -> Any:
        return self.seat.send(Upload("memo.ogg", "audio/ogg", sound))

    async def command(self, words: str) -> Any:
        self.seat.use(words)

    async def press(self, card: Any, label: str) -> None:
        await self.seat.press(card, label).wait_for(text="on its way")

    async def told(self, text: str) -> Any:
        return await self.seat.wait_for(text=text, timeout=120)

    async def answered(self, note: Any) -> None:
        await self.seat.wait_for(text=MEANING, reply_to=note)
        await self.seat.wait_for(where=lambda m: m.voice, reply_to=note)

    async def clip(self, asked: Any) -> None:
        await self.seat.wait_for(text=TOOK, reply_to=asked, timeout=120)
        await self.seat.wait_for(where=lambda m: m.voice, reply_to=asked, timeout=120)
        await self.seat.quiet()

    @property
    def person(self) -> Person:
        return known(self.seat)


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> XttsSpec:
    folder = make_xtts(TINY, tmp_path_factory.mktemp("xtts") / MODEL)
    spoken = languages.supported_by("xtts")
    return XttsSpec(MODEL, folder, spoken, threads=1, growth=0.02, slack=8)


@pytest.fixture(scope="module")
def sounds() -> dict[str, bytes]:
    """What Mai records."""
    voice = Espeak(EspeakSpec())
    return {
        text: encode(voice.synthesize(text, EN, Voice())[0]).data
        for text in (SAMPLE, "A sentence that is read aloud, word by word.")
    }


@asynccontextmanager
async def cloners(spec: XttsSpec, engines: Engines) -> AsyncIterator[Cloning]:
    """The cloner in a process of its own, and the studio that uses it."""
    async with ProcessWorker(name="clone", timeout_s=120, start_timeout_s=120) as worker:
        cloning = Cloning([spec], worker)
        decoder = ThreadWorker(name="decoder", timeout_s=30)
        pipeline = Pipeline(
            SPEC, decoding=decoder, compute=engines, network=engines, cache=Memory()
        )
        alike = SampleSpec(alike=-1.0, same=-1.0)
        engines.studio = Studio(pipeline, cloning, AudioLimits(), alike)
        yield cloning


@asynccontextmanager
async def following(house: Any, cloning: Cloning, engines: Engines) -> AsyncIterator[None]:
    """Make what waits, and send it, as the program does after its start."""
    line = Pipeline(SPEC, decoding=engines, compute=engines, network=engines, cache=Memory())
    voices = follow_ups(house.stores, cloning, line, lambda: True, [house.bot], asyncio.Event())
    work = asyncio.create_task(voices.run())
    try:
        yield
    finally:
        await voices.stop()
        await work


PLATFORMS = pytest.mark.parametrize(
    ("serve", "home", "talk"),
    [
        (BotApi.start, telegram_home, TelegramTalk),
        (DiscordServer.start, discord_home, DiscordTalk),
    ],
    ids=["telegram", "discord"],
)


@PLATFORMS
async def test_a_voice_is_enrolled_and_speaks_after_a_restart(
    tmp_path: Path, spec: XttsSpec, sounds: dict[str, bytes], serve: Any, home: Any, talk: Any
) -> None:
    sample, reading = sounds.values()
    async with serve() as server:
        mai: Talk = talk(server)
        engines = Engines()
        async with cloners(spec, engines), home(server, tmp_path, engines, own_voice=OWN) as house:
            await mai.command("voice enroll")
            await mai.told("6 to 30 seconds")
            await mai.send(sample)
            asks = await mai.told("“")
            words = getattr(asks, "content", None)
            shown = words if isinstance(words, str) else asks.text
            engines.text = shown.partition("“")[2].partition("”")[0]
            await mai.send(reading)
            await mai.told("Done")
            await mai.command("voice own")
            card = await mai.told("speak in your voice")
            await mai.press(card, "Let me hear it")
            [voice] = await house.stores.voices.all()
            assert voice.models == (MODEL,)
        # Everything ends; what was asked for is in the database alone.
        engines = Engines(text=PHRASE)
        async with (
            cloners(spec, engines) as cloning,
            home(server, tmp_path, engines, own_voice=OWN) as house,
        ):
            assert dict(await house.stores.queue.counts()) == {"queued": 1}
            async with following(house, cloning, engines):
                await mai.clip(card)
            assert dict(await house.stores.queue.counts()) == {"delivered": 1}


@PLATFORMS
async def test_a_note_is_answered_at_once_and_again_in_the_speakers_voice_after_a_restart(
    tmp_path: Path, spec: XttsSpec, sounds: dict[str, bytes], serve: Any, home: Any, talk: Any
) -> None:
    sample = await asyncio.to_thread(decode, sounds[SAMPLE], AudioLimits())
    async with serve() as server:
        mai: Talk = talk(server)
        engines = Engines(NOTE, VI)
        async with (
            cloners(spec, engines) as cloning,
            home(server, tmp_path, engines, own_voice=OWN, targets=("en",)) as house,
        ):
            latents = await cloning.learn(spec, sample)
            await house.stores.voices.keep(mai.person, CONSENT, sample, {MODEL: latents})
            await house.stores.premium.grant(mai.person, chat=None, minutes=10)
            note = await mai.send(sounds[SAMPLE])
            await mai.answered(note)
            await house.desk.drain(5)
            assert dict(await house.stores.queue.counts()) == {"queued": 1}
        engines = Engines(MEANING, EN)
        async with (
            cloners(spec, engines) as cloning,
            home(server, tmp_path, engines, own_voice=OWN, targets=("en",)) as house,
            following(house, cloning, engines),
        ):
            await mai.clip(note)
            assert dict(await house.stores.queue.counts()) == {"delivered": 1}
            used_s = await house.stores.premium.used_s(mai.person)
            assert used_s > 0
