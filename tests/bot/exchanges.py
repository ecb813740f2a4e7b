"""Doubles that implement the real protocols: replies, exchanges, and a memory of messages."""

import asyncio
from collections import Counter

from bot.desk import Exchange
from bot.types import Address, Reply, VoiceNote
from pipeline.errors import DragomanError, StorageError
from pipeline.types import Sound, Speech, Transcript, Translation
from storage.types import Chat, Person

PLATFORM = "paper"


def person(id_: object = 1) -> Person:
    return Person(PLATFORM, str(id_))


def chat(id_: object = 1, topic: str = "") -> Chat:
    return Chat(PLATFORM, str(id_), topic)


class KeptReply:
    """A reply that keeps what it was given, and fails where it is told to."""

    def __init__(self) -> None:
        self.said: list[tuple[str, object]] = []
        self.failures: dict[str, BaseException] = {}
        self.working_calls = 0

    def names(self) -> list[str]:
        return [name for name, _ in self.said]

    def sentences(self) -> list[str]:
        return [str(what) for name, what in self.said if name == "apologize"]

    async def working(self) -> None:
        self.working_calls += 1
        await self._pause("working")

    async def waiting(self, place: int) -> None:
        await self._say("waiting", place)

    async def text(self, heard: Transcript, translation: Translation) -> None:
        await self._say("text", (heard.text, translation.text, translation.doubts))

    async def speech(self, speech: Speech) -> None:
        await self._say("speech", speech.engine)

    async def apologize(self, sentence: str, _: str) -> None:
        await self._say("apologize", sentence)

    async def _say(self, name: str, what: object) -> None:
        await self._pause(name)
        self.said.append((name, what))

    async def _pause(self, name: str) -> None:
        await asyncio.sleep(0)
        if name in self.failures:
            raise self.failures[name]


class Recording:
    """A sound that is brought when it is asked for."""

    def __init__(self, sound: Sound = b"sound", failure: BaseException | None = None) -> None:
        self.sound, self.failure = sound, failure
        self.fetched = 0

    async def fetch(self) -> Sound:
        self.fetched += 1
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        return self.sound


def note(
    message: object = 1,
    *,
    who: Person | None = None,
    where: Chat | None = None,
    locale: str = "en",
    recording: Recording | None = None,
) -> VoiceNote:
    asker = who or person()
    return VoiceNote(
        address=Address(where or chat(), str(message)),
        speaker=asker,
        asker=asker,
        locale=locale,
        fetch=(recording or Recording()).fetch,
    )


class PaperSeen:
    """Remembers messages as ``storage.Notes`` does, without a disk."""

    def __init__(self) -> None:
        self.taken: set[tuple[Chat, str]] = set()
        self.failure: StorageError | None = None

    async def take(self, chat: Chat, person: Person, message: str) -> bool:
        assert person.platform == chat.platform
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        new = (chat.whole, message) not in self.taken
        self.taken.add((chat.whole, message))
        return new


class Ledger:
    """Opens exchanges that end when they are told to, and writes down what happened."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, object]] = []
        self.open: dict[str, asyncio.Event] = {}
        self.failures: dict[str, BaseException] = {}
        self.running = 0
        self.most_running = 0
        self.mute = False
        self.lingering: dict[str, asyncio.Event] = {}
        """Until when these have something left to do when their turn is over."""

    def exchange(self, note: VoiceNote, reply: Reply) -> Exchange:
        assert reply is not None
        return PaperExchange(self, note.address.message)

    def let(self, *messages: object) -> None:
        """Let these be answered."""
        for message in messages:
            self.open.setdefault(str(message), asyncio.Event()).set()

    def of(self, event: str) -> list[str]:
        return [message for name, message, _ in self.events if name == event]

    def facts(self, event: str) -> dict[str, object]:
        return {message: fact for name, message, fact in self.events if name == event}

    def ends(self) -> Counter[str]:
        ends = {"answered", "refused", "abandoned"}
        return Counter(message for name, message, _ in self.events if name in ends)


class PaperExchange:
    def __init__(self, ledger: Ledger, message: str) -> None:
        self._ledger, self._message = ledger, message

    async def answer(self) -> None:
        ledger = self._ledger
        self._write("begun")
        ledger.running += 1
        ledger.most_running = max(ledger.most_running, ledger.running)
        try:
            await ledger.open.setdefault(self._message, asyncio.Event()).wait()
            if self._message in ledger.failures:
                raise ledger.failures[self._message]
            self._write("answered")
        finally:
            ledger.running -= 1

    async def afterwards(self) -> None:
        if self._message in self._ledger.lingering:
            self._write("lingers")
            await self._ledger.lingering[self._message].wait()
            self._write("gone")

    async def waiting(self, place: int) -> None:
        await asyncio.sleep(0)
        self._write("waiting", place)

    async def refuse(self, error: DragomanError) -> None:
        await asyncio.sleep(0)
        self._write("refused", error)

    async def abandon(self, error: DragomanError) -> None:
        if self._ledger.mute:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        if f"farewell {self._message}" in self._ledger.failures:
            raise self._ledger.failures[f"farewell {self._message}"]
        self._write("abandoned", error)

    def _write(self, event: str, fact: object = None) -> None:
        self._ledger.events.append((event, self._message, fact))


async def seen_through(exchange: Exchange) -> None:
    """Do what the desk does when a note's turn has come."""
    await exchange.answer()
    await exchange.afterwards()


async def settle(rounds: int = 20) -> None:
    """Let everything that can go on without time go on."""
    for _ in range(rounds):
        await asyncio.sleep(0)
