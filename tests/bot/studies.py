"""An interpreter with a real memory on disk, and stages that answer from a table."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.interpreter import Interpreter, NoteExchange
from bot.observing import Finished
from bot.overload import Ladder
from bot.settings import Current, load
from bot.stores import Stores
from bot.types import VoiceNote
from pipeline.pipeline import Pipeline
from pipeline.types import Language, Request
from storage.database import Database, open_database
from storage.notes import Note
from tests.bot.exchanges import KeptReply, chat, note, person
from tests.pipeline.fake_stages import EN, SPEC, Stages

SETTINGS = load(profile="demo", targets=("vi", "en"), desk={"timeout_s": 30.0})


class GatedStages(Stages):
    """Stages that wait where they are told to."""

    def __init__(self, text: str = "Good night.", language: Language = EN) -> None:
        super().__init__(text, language)
        self.gates: dict[str, asyncio.Event] = {}
        self.reached = asyncio.Event()

    async def call(self, fn: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
        if fn.__name__ in self.gates:
            self.reached.set()
            await self.gates[fn.__name__].wait()
        return await super().call(fn, *args, **options)

    def request(self) -> Request:
        """Return what was last asked to be heard."""
        requests = [asked[1] for asked in self.asked if asked[0] == "hear"]
        assert isinstance(requests[-1], Request)
        return requests[-1]


class Watching:
    """An observer that passes on what it is told."""

    def __init__(self, told: Callable[[Finished], None]) -> None:
        self.finished = told


class Study:
    def __init__(self, database: Database, settings: Current = SETTINGS) -> None:
        self.database = database
        self.stores = Stores.of(database, settings.now)
        self.stages = GatedStages()
        self.pipeline = Pipeline(
            SPEC,
            decoding=self.stages,
            compute=self.stages,
            network=self.stages,
            cache=self.stores.translations,
            speeches=self.stores.speeches,
        )
        self.settings = settings.now
        self._current = settings
        self.ladder = Ladder()
        self.interpreter = Interpreter(
            self.pipeline, self.stores, settings, working_every_s=0.01, ladder=self.ladder
        )
        self.reply = KeptReply()

    def watch(self, told: Callable[[Finished], None]) -> None:
        """Have an observer told of every note from now on."""
        self.interpreter = Interpreter(
            self.pipeline, self.stores, self._current, 0.01, Watching(told), ladder=self.ladder
        )

    async def exchange(self, about: VoiceNote | None = None) -> NoteExchange:
        """Return an exchange about a note that the desk has taken."""
        about = about or note()
        assert await self.stores.notes.take(about.address.chat, about.asker, about.key)
        return self.interpreter.open(about, self.reply)

    async def answer(self, about: VoiceNote | None = None) -> None:
        await (await self.exchange(about)).answer()

    async def outcome(self) -> str | None:
        """Return how the only note ended; ``None`` if it did not."""
        (entry,) = (await self.stores.people.export(person()))["notes"]
        outcome = entry["outcome"]
        assert outcome is None or isinstance(outcome, str)
        return outcome

    async def unfinished(self) -> tuple[Note, ...]:
        return await self.stores.notes.unfinished()


@asynccontextmanager
async def opened(folder: Path, settings: Current = SETTINGS) -> AsyncIterator[Study]:
    async with open_database(folder / "dragoman.db") as database:
        yield Study(database, settings)


__all__ = ["SETTINGS", "GatedStages", "Study", "chat", "note", "opened", "person"]
