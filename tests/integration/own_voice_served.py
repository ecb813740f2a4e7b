"""``paper_platform`` with own voices: its one person has a voice, and espeak-ng speaks with it.

Run as ``python -m tests.integration.own_voice_served DATABASE``.
"""

import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from bot import logs, settings
from bot.commands import Commands
from bot.serving import serve
from bot.settings import Current, Settings
from bot.stores import Stores
from bot.types import Intake
from pipeline.cloning import Cloning
from pipeline.specs import XttsSpec
from pipeline.types import Audio, Language
from pipeline.workers import ProcessWorker
from storage.database import open_database
from storage.types import Person
from storage.voices import Consent
from tests.integration.own_voice_program import EN, KEY, MODEL, Fate, SpokenCloning
from tests.integration.paper_platform import NAME, PaperPlatform

MAI = Person(NAME, "1")
CONSENT = Consent(
    sentence=hashlib.sha256(b"a sentence").hexdigest(),
    language=Language("vi"),
    words=1.0,
    likeness=0.9,
)


async def enrol(chosen: Settings) -> None:
    """Let the person have a voice, and ten minutes a day of it."""
    async with open_database(chosen.storage.path) as database:
        stores = Stores.of(database, chosen)
        await stores.voices.prove()
        noise = np.random.default_rng(1).uniform(-1, 1, 6 * 24_000).astype(np.float32)
        await stores.voices.keep(MAI, CONSENT, Audio(noise, 24_000), {MODEL: b"latents"})
        await stores.premium.grant(MAI, chat=None, minutes=10)


@asynccontextmanager
async def open_cloning(chosen: Settings) -> AsyncIterator[Cloning]:
    """Speak by espeak-ng, in a process as the real one's."""
    own = chosen.own_voice
    async with ProcessWorker(
        name="clone", timeout_s=30, start_timeout_s=30, niceness=own.niceness, idle_s=1.0
    ) as worker:
        cloning = SpokenCloning([XttsSpec(MODEL, Path("nowhere"), frozenset({EN}))], worker)
        cloning.fate = Fate("nowhere")
        yield cloning


def main() -> None:
    """Serve until a signal."""
    logs.begin(verbose=True)
    chosen = settings.load(
        profile="demo",
        targets=("en", "vi"),
        storage={"path": sys.argv[1]},
        own_voice={"models": [MODEL], "key": KEY.hex()},
    )

    def build(_: Current, desk: Intake, __: Commands, ___: Stores) -> Sequence[PaperPlatform]:
        return (PaperPlatform(desk),)

    asyncio.run(enrol(chosen))
    asyncio.run(serve(chosen, build, open_cloning))


if __name__ == "__main__":
    main()
