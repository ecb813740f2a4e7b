"""A program that serves one chat platform made of lines: a file a line in, what is said out.

Run as ``python -m tests.integration.paper_platform DATABASE GRACE``, or with a file of settings in
place of the grace: that one is watched.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bot import logs, settings
from bot.commands import Commands
from bot.reloading import Source
from bot.serving import serve
from bot.settings import Current
from bot.stores import Stores
from bot.types import Address, Intake, VoiceNote
from pipeline.errors import PlatformRefusedError
from pipeline.types import Sound, Speech, Transcript, Translation
from storage.types import Chat, Person

NAME = "paper"


def say(event: str, message: str, what: object = None) -> None:
    """Print what a person would see."""
    print(json.dumps({"event": event, "message": message, "what": what}), flush=True)  # noqa: T201


class PaperReply:
    """What is said about one note."""

    def __init__(self, message: str) -> None:
        self._message = message

    async def working(self) -> None:
        """Show it."""
        say("working", self._message)

    async def waiting(self, place: int) -> None:
        """Show it."""
        say("waiting", self._message, place)

    async def text(self, heard: Transcript, translation: Translation) -> None:
        """Show it."""
        say("text", self._message, [heard.text, translation.text])

    async def speech(self, speech: Speech) -> None:
        """Show it."""
        say("speech", self._message, speech.clip.seconds)

    async def apologize(self, sentence: str, _: str) -> None:
        """Show it."""
        say("apologize", self._message, sentence)


class PaperPlatform:
    """Reads one file name a line; the name is the message too."""

    name = NAME

    def __init__(self, desk: Intake) -> None:
        self._desk = desk
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Take notes until it is stopped; the line ``fail`` is a token that was withdrawn."""
        loop, lines = asyncio.get_running_loop(), asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
        )
        reading = asyncio.create_task(self._read(lines))
        stopping = asyncio.create_task(self._stopped.wait())
        say("connected", "")
        try:
            done, _ = await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            reading.cancel()
            transport.close()

    async def _read(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            if line == b"fail\n":
                raise PlatformRefusedError(platform=NAME, reason="token")
            message = line.decode().strip()
            await self._desk.take(self._note(message), PaperReply(message))
            say("taken", message)
        await asyncio.Event().wait()

    def _note(self, line: str) -> VoiceNote:
        async def fetch() -> Sound:
            return Path(line.partition("#")[0])

        person = Person(NAME, "1")
        return VoiceNote(Address(Chat(NAME, "1"), line), person, person, "en", fetch)

    async def stop(self) -> None:
        """Take nothing more."""
        self._stopped.set()
        say("stopped", "")

    async def close(self) -> None:
        """Say nothing more."""
        say("closed", "")

    async def deliver(self, address: Address, speech: Speech, caption: str) -> None:
        """Show it."""
        say("deliver", address.message, [speech.clip.seconds, caption])

    async def tell(self, address: Address, sentence: str) -> None:
        """Say it."""
        say("tell", address.message, sentence)


def main() -> None:
    """Serve until a signal."""
    database, chosen = sys.argv[1:]
    file = Path(chosen) if chosen.endswith(".toml") else None
    own: dict[str, Any] = {"storage": {"path": database}}
    if file is None:
        own["desk"] = {"grace_s": float(chosen), "per_person": 50, "per_chat": 50}
    logs.begin(verbose=file is None)
    load = partial(settings.load, file, profile="demo", **own)
    source = Source.of(file, load, "en") if file else None

    def build(_: Current, desk: Intake, __: Commands, ___: Stores) -> Sequence[PaperPlatform]:
        return (PaperPlatform(desk),)

    asyncio.run(serve(load(), build, source=source))


if __name__ == "__main__":
    main()
