"""A program that makes one clip and sends it, and dies at the place it is told.

Run as ``python -m tests.integration.own_voice_program DATABASE CHAT PLACE KNOWS``. CHAT is a folder
in the place of a chat platform's servers: what was sent stays there, whoever dies. KNOWS is ``yes``
for a platform that knows a message again, as Discord does by its nonce. PLACE is a verb of Jobs, or
``speak`` or ``deliver``, with ``before `` or ``after ``; or ``nowhere``.
"""

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bot import app, settings
from bot.own_voice import follow_ups
from bot.stores import Stores
from bot.types import Address
from pipeline import stages
from pipeline.cloning import VOICE, Cloning
from pipeline.specs import EspeakSpec, XttsSpec
from pipeline.types import Language, Speech, Voice
from pipeline.workers import ProcessWorker
from storage.clips import Delivery, Job
from storage.database import open_database
from storage.jobs import Jobs
from storage.ownership import sole_owner
from storage.sealing import Seal

T = TypeVar("T")

NAME = "paper"
MODEL = "xtts-v2"
KEY = bytes(range(32))
EN = Language("en")


class Fate:
    """Kills this process, by a signal that nothing can catch, at one place."""

    def __init__(self, place: str) -> None:
        self._place = place

    async def around(self, verb: str, act: Callable[[], Awaitable[T]]) -> T:
        """Do it, and die before or after it, if it is the place."""
        self._meet(f"before {verb}")
        result = await act()
        if result is not None:  # a claim that finds nothing is none
            self._meet(f"after {verb}")
        return result

    def _meet(self, place: str) -> None:
        if place == self._place:
            os.kill(os.getpid(), signal.SIGKILL)


class FatefulJobs(Jobs):
    """The jobs, with a place to die around every change of state."""

    fate: Fate

    async def claim(self) -> Job | None:
        return await self.fate.around("claim", lambda: super(FatefulJobs, self).claim())

    async def begin(self, job: Job) -> bool:
        return await self.fate.around("begin", lambda: super(FatefulJobs, self).begin(job))

    async def done(self, job: Job, speech: Speech, made_s: float) -> bool:
        done = super().done
        return await self.fate.around("done", lambda: done(job, speech, made_s))

    async def claim_delivery(self, platform: str) -> Delivery | None:
        claim = super().claim_delivery
        return await self.fate.around("claim_delivery", lambda: claim(platform))

    async def delivered(self, delivery: Delivery) -> bool:
        delivered = super().delivered
        return await self.fate.around("delivered", lambda: delivered(delivery))


class SpokenCloning(Cloning):
    """Own voices by espeak-ng, in a process of their own: this needs no torch."""

    fate: Fate

    async def speak(
        self, spec: XttsSpec, text: str, language: Language, packed: bytes, seed: int
    ) -> Speech:
        assert (packed, seed > 0) == (b"latents", True)

        async def spoken() -> Speech:
            speech = await self.call(stages.speak, EspeakSpec(), text, language, Voice())
            return replace(speech, engine=spec.model, voice=VOICE)

        return await self.fate.around("speak", spoken)


class PaperChat:
    """A platform whose messages are the files of a folder."""

    name = NAME

    def __init__(self, folder: Path, fate: Fate, *, knows: bool) -> None:
        self._folder = folder
        self._fate = fate
        self._knows = knows

    async def run(self) -> None:
        raise AssertionError

    async def stop(self) -> None:
        raise AssertionError

    async def close(self) -> None:
        raise AssertionError

    async def tell(self, address: Address, sentence: str) -> None:
        raise AssertionError(address, sentence)

    async def deliver(self, address: Address, speech: Speech, caption: str) -> None:
        async def send() -> bool:
            await asyncio.to_thread(self._write, address, speech, caption)
            return True

        await self._fate.around("deliver", send)

    def _write(self, address: Address, speech: Speech, caption: str) -> None:
        digest = hashlib.sha256(speech.clip.data).hexdigest()[:16]
        number = 0 if self._knows else len(list(self._folder.iterdir()))
        path = self._folder / f"{address.message}.{digest}.{number}"
        path.write_text(f"{speech.engine} {speech.language}\n{caption}")


async def work(database: Path, folder: Path, fate: Fate, *, knows: bool) -> None:
    """Go on until the clip is sent and nothing is left to do."""
    chosen = settings.load(
        profile="demo",
        storage={"path": str(database)},
        own_voice={"models": [MODEL], "key": KEY.hex(), "retries": 10},
    )
    chat = PaperChat(folder, fate, knows=knows)
    async with (
        sole_owner(database),
        open_database(database) as opened,
        app.open_pipeline(chosen) as pipeline,
        ProcessWorker(name="clone", timeout_s=30, start_timeout_s=30) as worker,
    ):
        jobs = FatefulJobs(opened, Seal(KEY), tries=1 + chosen.own_voice.retries)
        jobs.fate = fate
        stores = replace(Stores.of(opened, chosen), jobs=jobs)
        await stores.voices.prove()
        cloning = SpokenCloning([XttsSpec(MODEL, Path("nowhere"), frozenset({EN}))], worker)
        cloning.fate = fate
        voice = follow_ups(stores, cloning, pipeline, lambda: True, [chat], asyncio.Event())
        running = asyncio.create_task(voice.run())
        while not await _is_over(stores):  # noqa: ASYNC110 - another program could have ended it
            await asyncio.sleep(0.02)
        await voice.stop()
        await running


async def _is_over(stores: Stores) -> bool:
    counts = await stores.queue.counts()
    return sum(counts.values()) == counts["delivered"] + counts["failed"] + counts["dropped"]


def main() -> None:
    """Work until death."""
    database, folder, place, knows = sys.argv[1:]
    asyncio.run(work(Path(database), Path(folder), Fate(place), knows=knows == "yes"))


if __name__ == "__main__":
    main()
