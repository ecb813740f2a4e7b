"""A program that makes one clip and sends it, and dies at the place it is told.

Run as ``python -m tests.integration.own_voice_program DATABASE CHAT PLACE`` and options. CHAT is a
folder in the place of a chat platform's servers: what was sent stays there, whoever dies. PLACE is
a verb of Jobs or Endings, or ``speak``, ``deliver`` or ``tell``, with ``before `` or ``after ``; or
``nowhere``. Options: ``--knows`` for a platform that knows a message again, as Discord does by its
nonce; ``--fails`` with what speaking ends in; ``--retries``, where they are not those of the
settings.
"""

import argparse
import asyncio
import hashlib
import os
import signal
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
from pipeline.errors import DragomanError, EngineError, LatentsError
from pipeline.specs import EspeakSpec, XttsSpec
from pipeline.types import Language, Speech, Voice
from pipeline.workers import ProcessWorker
from storage.clips import Delivery, Ending, Job
from storage.database import Database, open_database
from storage.endings import Endings
from storage.jobs import Jobs
from storage.ownership import sole_owner
from storage.sealing import Seal

T = TypeVar("T")

NAME = "paper"
MODEL = "xtts-v2"
KEY = bytes(range(32))
EN = Language("en")
FAILURES: dict[str, DragomanError] = {
    "passing": EngineError(engine=MODEL),
    "hopeless": LatentsError(model=MODEL),
}


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

    async def retry(self, held: Job | Delivery, code: str) -> bool:
        retry = super().retry
        return await self.fate.around("retry", lambda: retry(held, code))

    async def fail(self, held: Job | Delivery, code: str) -> bool:
        fail = super().fail
        return await self.fate.around("fail", lambda: fail(held, code))

    async def drop(self, held: Job | Delivery, code: str) -> bool:
        drop = super().drop
        return await self.fate.around("drop", lambda: drop(held, code))


class FatefulEndings(Endings):
    """What became of jobs, likewise."""

    fate: Fate

    async def next(self, platform: str) -> Ending | None:
        following = super().next
        return await self.fate.around("next", lambda: following(platform))

    async def settle(self, ending: Ending) -> None:
        async def settled() -> bool:
            await super(FatefulEndings, self).settle(ending)
            return True

        await self.fate.around("settle", settled)


class SpokenCloning(Cloning):
    """Own voices by espeak-ng, in a process of their own: this needs no torch."""

    fate: Fate
    failure: DragomanError | None = None

    async def speak(
        self, spec: XttsSpec, text: str, language: Language, packed: bytes, seed: int
    ) -> Speech:
        assert (packed, seed > 0) == (b"latents", True)

        async def spoken() -> Speech:
            if self.failure is not None:
                raise self.failure
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
        await self._send("tell", address, sentence.encode(), sentence)

    async def deliver(self, address: Address, speech: Speech, caption: str) -> None:
        said = f"{speech.engine} {speech.language}\n{caption}"
        await self._send("deliver", address, speech.clip.data, said)

    async def _send(self, verb: str, address: Address, content: bytes, shown: str) -> None:
        async def send() -> bool:
            await asyncio.to_thread(self._write, address, content, shown)
            return True

        await self._fate.around(verb, send)

    def _write(self, address: Address, content: bytes, shown: str) -> None:
        digest = hashlib.sha256(content).hexdigest()[:16]
        number = 0 if self._knows else len(list(self._folder.iterdir()))
        (self._folder / f"{address.message}.{digest}.{number}").write_text(shown)


async def work(options: argparse.Namespace) -> None:
    """Go on until nothing is left to do."""
    fate, database = Fate(options.place), options.database
    own = {"models": [MODEL], "key": KEY.hex()}
    if options.retries is not None:
        own["retries"] = options.retries
    chosen = settings.load(profile="demo", storage={"path": str(database)}, own_voice=own)
    chat = PaperChat(options.chat, fate, knows=options.knows)
    async with (
        sole_owner(database),
        open_database(database) as opened,
        app.open_pipeline(chosen) as pipeline,
        ProcessWorker(name="clone", timeout_s=30, start_timeout_s=30) as worker,
    ):
        jobs = FatefulJobs(opened, Seal(KEY), tries=1 + chosen.own_voice.retries, pause_s=0.05)
        endings = FatefulEndings(opened, pause_s=0.05)
        jobs.fate = endings.fate = fate
        stores = replace(Stores.of(opened, chosen), jobs=jobs, endings=endings)
        await stores.voices.prove()
        cloning = SpokenCloning([XttsSpec(MODEL, Path("nowhere"), frozenset({EN}))], worker)
        cloning.fate, cloning.failure = fate, FAILURES.get(options.fails)
        voice = follow_ups(stores, cloning, pipeline, lambda: True, [chat], asyncio.Event())
        running = asyncio.create_task(voice.run())
        while await _is_left(opened):
            await asyncio.sleep(0.02)
            voice.wake()
        await voice.stop()
        await running


async def _is_left(opened: Database) -> bool:
    """Say whether a clip is to come, or the end of one to be dealt with."""
    rows = await opened.rows(
        "SELECT 1 FROM jobs WHERE finished IS NULL"
        " OR (state IN ('failed', 'dropped') AND due >= finished)"
    )
    return bool(rows)


def main() -> None:
    """Work until death."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database", type=Path)
    parser.add_argument("chat", type=Path)
    parser.add_argument("place")
    parser.add_argument("--knows", action="store_true")
    parser.add_argument("--fails", choices=FAILURES)
    parser.add_argument("--retries", type=int)
    asyncio.run(work(parser.parse_args()))


if __name__ == "__main__":
    main()
