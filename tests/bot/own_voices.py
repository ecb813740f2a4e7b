"""Own voices with a real memory on disk, cloners that answer from a table, and chats of paper."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bot import own_voice
from bot.observing import FollowUp
from bot.settings import load
from bot.stores import Stores
from bot.types import Address
from pipeline import cloning, stages
from pipeline.cloning import Cloning
from pipeline.errors import NoSpeechError
from pipeline.pipeline import Pipeline
from pipeline.specs import XttsSpec
from pipeline.types import Audio, Clip, Language, Speech
from storage.clips import Order
from storage.database import Database, open_database
from storage.endings import Endings
from storage.jobs import Jobs
from storage.sealing import Seal
from storage.voices import Consent
from tests.bot.exchanges import PLATFORM, chat, person
from tests.pipeline.fake_stages import EN, SPEC, VI, Stages

KEY = bytes(range(32))
MODEL = "xtts-v2"
SETTINGS = load(
    profile="demo", targets=("vi", "en"), own_voice={"models": [MODEL], "key": KEY.hex()}
)
TEXT = "Good night."
"""What the recogniser of the tests hears, unless it is told otherwise."""
CONSENT = Consent(
    sentence=hashlib.sha256(b"a sentence").hexdigest(), language=VI, words=1.0, likeness=0.9
)
XTTS = XttsSpec(MODEL, Path("nowhere"), frozenset({EN, Language("fr")}))


class Ears(Stages):
    """Stages of which the recogniser misses the first few sounds, and waits where it is told to."""

    missed = 0

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.gate = asyncio.Event()
        self.gate.set()
        self.reached = asyncio.Event()

    async def call(self, fn: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
        if fn is stages.hear:
            self.reached.set()
            await self.gate.wait()
        return await super().call(fn, *args, **options)

    def _hear(self) -> stages.Hearing:
        if self.missed:
            self.missed -= 1
            raise NoSpeechError
        return super()._hear()


class Cloners:
    """A worker whose cloners answer from a table, and that remembers what it was asked."""

    def __init__(self) -> None:
        self.failures: list[Any] = []
        """For the next calls, in this order."""
        self.asked: list[tuple[Any, ...]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.reached = asyncio.Event()

    async def call(self, fn: Callable[..., Any], /, *args: Any, **__: Any) -> Any:
        self.asked.append((fn.__name__, *args))
        self.reached.set()
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        if fn is cloning.learn:
            return b"learnt"
        spec, text, language, *_ = args
        return Speech(Clip(b"OggS" + text.encode(), 2.5, b"\x01"), language, spec.model, "own")

    async def call_reporting(
        self, _: Any, fn: Callable[..., Any], /, *args: Any, **options: Any
    ) -> Any:
        return await self.call(fn, *args, **options)

    def seeds(self) -> list[int]:
        return [asked[-1] for asked in self.asked if asked[0] == "speak"]


class PaperChat:
    """A platform that keeps what it is given, and fails where it is told to."""

    def __init__(self, name: str = PLATFORM) -> None:
        self.name = name
        self.delivered: list[tuple[Address, Speech, str]] = []
        self.told: list[tuple[Address, str]] = []
        self.failures: list[Any] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.reached = asyncio.Event()

    async def run(self) -> None:
        raise AssertionError

    async def stop(self) -> None:
        raise AssertionError

    async def close(self) -> None:
        raise AssertionError

    async def tell(self, address: Address, sentence: str) -> None:
        self.reached.set()
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.told.append((address, sentence))

    async def deliver(self, address: Address, speech: Speech, caption: str) -> None:
        self.reached.set()
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.delivered.append((address, speech, caption))


class Workshop:
    """Everything around own voices, with a person who has one."""

    def __init__(self, database: Database, lease_s: float) -> None:
        self.database = database
        jobs = Jobs(database, Seal(KEY), tries=3, pause_s=0.05, lease_s=lease_s)
        endings = Endings(database, pause_s=0.05)
        self.stores = replace(Stores.of(database, SETTINGS), jobs=jobs, endings=endings)
        self.cloners = Cloners()
        self.cloning = Cloning([XTTS], self.cloners)
        self.stages = Ears(TEXT)
        self.pipeline = Pipeline(
            SPEC,
            decoding=self.stages,
            compute=self.stages,
            network=self.stages,
            cache=self.stores.translations,
        )
        self.chats = [PaperChat()]
        self.has_room = True
        self.placed = asyncio.Event()
        self.seen: list[FollowUp] = []
        self.wake: Callable[[], None] = self.placed.set

    def followed_up(self, clip: FollowUp) -> None:
        self.seen.append(clip)

    def voice(self) -> own_voice.OwnVoice:
        """Return own voices as ``dragoman run`` would put them together."""
        return own_voice.follow_ups(
            self.stores,
            self.cloning,
            self.pipeline,
            lambda: self.has_room,
            self.chats,
            self.placed,
            observer=self,
        )

    async def enrol(self, latents: bytes | None = b"latents", who: object = 1) -> None:
        noise = np.random.default_rng(1).uniform(-1, 1, 6 * 24_000).astype(np.float32)
        given: dict[str, bytes] = {} if latents is None else {MODEL: latents}
        await self.keep(Audio(noise, 24_000), given, who)

    async def keep(self, sample: Audio, latents: dict[str, bytes], who: object = 1) -> None:
        """Let the person have a voice, and ten minutes a day of it."""
        await self.stores.voices.keep(person(who), CONSENT, sample, latents)
        await self.stores.premium.grant(person(who), chat=None, minutes=10)

    async def order(self, message: object = 1, **changes: Any) -> None:
        order = Order(
            person=person(),
            chat=chat(),
            message=str(message),
            text=TEXT,
            language=EN,
            locale="en",
            quota_s=600.0,
        )
        assert await self.stores.jobs.add(replace(order, **changes))
        self.placed.set()

    async def states(self) -> list[str]:
        rows = await self.database.rows("SELECT state FROM jobs ORDER BY id")
        return [state for (state,) in rows]

    async def outcomes(self) -> list[str | None]:
        rows = await self.database.rows("SELECT outcome FROM jobs ORDER BY id")
        return [outcome for (outcome,) in rows]

    async def until(self, *states: str) -> None:
        """Wait until the jobs are in these states, with no pause for who looks now and then."""
        async with asyncio.timeout(10):
            while await self.states() != list(states):
                await asyncio.sleep(0.01)
                self.wake()

    async def until_settled(self) -> None:
        """Wait until every job has ended, and its end was dealt with."""
        open_ = (
            "SELECT 1 FROM jobs WHERE finished IS NULL"
            " OR (state IN ('failed', 'dropped') AND due >= finished)"
        )
        async with asyncio.timeout(10):
            while await self.database.rows(open_):
                await asyncio.sleep(0.01)
                self.wake()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[own_voice.OwnVoice]:
        """Run own voices meanwhile; they must end in order."""
        voice = self.voice()
        self.wake = voice.wake
        running = asyncio.create_task(voice.run())
        try:
            yield voice
        finally:
            self.cloners.gate.set()
            for each in self.chats:
                each.gate.set()
            async with asyncio.timeout(10):
                await voice.stop()
                await running


@asynccontextmanager
async def workshop(folder: Path, lease_s: float = 60.0) -> AsyncIterator[Workshop]:
    async with open_database(folder / "dragoman.db") as database:
        made = Workshop(database, lease_s)
        await made.stores.voices.prove()
        yield made
