"""``paper_platform`` with own voices: its one person has a voice, and espeak-ng speaks with it.

Run as ``python -m tests.integration.own_voice_served DATABASE`` and options: ``--models`` with the
folder of a real model, in the place of espeak-ng; ``--busy`` as in the settings. A note whose line
ends in ``#held`` is not there before a file ``go`` lies beside the database.
"""

import argparse
import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from bot import app, logs, settings
from bot.commands import Commands
from bot.serving import serve
from bot.settings import Current, Settings
from bot.stores import Stores
from bot.types import Intake, VoiceNote
from pipeline.cloning import Cloning
from pipeline.specs import XttsSpec
from pipeline.types import Audio, Language, Sound
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


class HeldPlatform(PaperPlatform):
    """A platform on which some notes take their time to be fetched."""

    def __init__(self, desk: Intake, go: Path) -> None:
        super().__init__(desk)
        self._go = go

    def _note(self, line: str) -> VoiceNote:
        note = super()._note(line)

        async def fetch() -> Sound:
            while not await asyncio.to_thread(self._go.exists):  # noqa: ASYNC110 - a file rings no bell
                await asyncio.sleep(0.02)
            return await note.fetch()

        return replace(note, fetch=fetch) if line.endswith("#held") else note


async def enrol(chosen: Settings, latents: dict[str, bytes]) -> None:
    """Let the person have a voice, and ten minutes a day of it."""
    async with open_database(chosen.storage.path) as database:
        stores = Stores.of(database, chosen)
        await stores.voices.prove()
        noise = np.random.default_rng(1).uniform(-1, 1, 6 * 24_000).astype(np.float32)
        await stores.voices.keep(MAI, CONSENT, Audio(noise, 24_000), latents)
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
    parser = argparse.ArgumentParser()
    parser.add_argument("database", type=Path)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--busy", default="wait")
    options = parser.parse_args()
    logs.begin(verbose=True)
    own = {"models": [MODEL], "key": KEY.hex(), "busy": options.busy, "idle_unload_s": 3.0}
    chosen = settings.load(
        profile="demo",
        targets=("en", "vi"),
        models_dir=options.models,
        storage={"path": options.database},
        own_voice=own,
    )

    def build(_: Current, desk: Intake, __: Commands, ___: Stores) -> Sequence[PaperPlatform]:
        return (HeldPlatform(desk, options.database.with_name("go")),)

    # The real one learns the voice from its sample.
    asyncio.run(enrol(chosen, {} if options.models else {MODEL: b"latents"}))
    asyncio.run(serve(chosen, build, app.open_cloning if options.models else open_cloning))


if __name__ == "__main__":
    main()
