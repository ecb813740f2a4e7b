"""A booth: where the tests of enrolments record voices."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.cards import Card
from bot.commands import Commands
from bot.desk import Exchange
from bot.enrolment import Enrolments
from bot.reception import Reception
from bot.sections import OwnVoice
from bot.settings import Settings
from bot.types import Reply, VoiceNote
from storage.types import Chat, Person
from tests.bot.counters import ME, PaperQueue, sound
from tests.bot.exchanges import KeptReply, Recording, note, person, seen_through
from tests.bot.recordings import MODEL, PaperStudio, recording
from tests.bot.studies import SETTINGS, Study, opened

HERE = replace(ME, alone=True, message="77")
KEY = bytes(range(32)).hex()


def settings(**choices: object) -> Settings:
    """Settings with own voices."""
    own = OwnVoice.model_validate({"models": (MODEL,), "key": KEY, **choices})
    return SETTINGS.model_copy(update={"own_voice": own})


@dataclass
class Booth:
    """Where people record their voice."""

    study: Study
    studio: PaperStudio
    enrolments: Enrolments
    commands: Commands
    number: int = 100

    def open(self, about: VoiceNote, reply: Reply) -> Exchange:
        timeout_s = self.study.settings.desk.timeout_s
        interpret = self.study.interpreter.open
        return Reception(interpret, self.enrolments, self.study.stores, lambda: timeout_s).open(
            about, reply
        )

    async def note(
        self, data: bytes, who: Person = ME.person, where: Chat = HERE.chat, **facts: object
    ) -> VoiceNote:
        """A recording that was sent and that the desk has taken."""
        self.number += 1
        about = replace(note(self.number, who=who, where=where, recording=Recording(data)), **facts)  # type: ignore[arg-type]  # fields of a note
        assert await self.study.stores.notes.take(about.address.chat, about.asker, about.key)
        return about

    async def record(
        self, data: bytes, who: Person = ME.person, where: Chat = HERE.chat, **facts: object
    ) -> str:
        """Send a recording; return the last that was said to it."""
        reply = KeptReply()
        await seen_through(self.open(await self.note(data, who, where, **facts), reply))
        name, what = reply.said[-1]
        return str(what) if name == "apologize" else name

    async def press(self, data: str) -> Card:
        return sound(await self.commands.press(HERE, data))

    async def run(self, words: str) -> Card:
        return sound(await self.commands.run(HERE, "voice", words))

    async def begun(self, voice: str = "Mai") -> str:
        """Begin, and send a sample; return the sentence to read."""
        await self.run("enroll")
        return asked(await self.record(recording(voice)))

    async def kept(self) -> list[Person]:
        return [each.person for each in await self.study.stores.voices.all()]


def asked(said: str) -> str:
    """The sentence that is to be read aloud."""
    return said.partition("“")[2].partition("”")[0]


def on_disk(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*")}


@asynccontextmanager
async def booth_in(folder: Path) -> AsyncIterator[Booth]:
    """Open one that collects samples, on a database in the folder."""
    chosen = settings(collects=True)
    async with opened(folder, chosen) as study:
        studio = PaperStudio()
        enrolments = Enrolments(studio, study.stores.voices)
        commands = Commands(study.stores, chosen, PaperQueue(), study.pipeline.voices, enrolments)
        yield Booth(study, studio, enrolments, commands)
        enrolments.end(*{ME.person, *map(person, range(50))})
