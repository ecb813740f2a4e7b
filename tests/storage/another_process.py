"""What another process does to a database: ``python another_process.py <verb> <path> ...``."""

import asyncio
import os
import resource
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from pipeline.errors import DragomanError
from storage.database import open_database
from storage.notes import Notes
from storage.restoring import restore
from storage.types import Chat, Person


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def take(path: Path) -> None:
    """Take 200 messages, and say those that were not taken by somebody else."""
    async with open_database(path) as database:
        notes = Notes(database)
        for number in range(200):
            if await notes.take(Chat("telegram", "1"), Person("telegram", "2"), str(number)):
                say(number)


async def write(path: Path) -> None:
    """Write pairs for ever, and say each that is committed."""
    async with open_database(path) as database:
        number = 0
        while True:
            async with database.transaction() as transaction:
                for half in ("left", "right"):
                    await transaction.run(
                        "INSERT INTO link_tries VALUES (?, ?, 0)", half, f"{number} " * 200
                    )
            say(number)
            number += 1


async def hold(path: Path) -> None:
    """Keep the file until the input ends."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    say("held")
    await asyncio.to_thread(sys.stdin.read)
    connection.close()


async def look(path: Path) -> None:
    """Open it, without a superuser's privileges, and say what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        # Imports what is imported late, while the interpreter's own files can be read.
        async with open_database(Path(folder) / "first.db"):
            pass
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    try:
        async with open_database(path):
            say("opened")
    except DragomanError as error:
        say(error.code)


async def upgrade(path: Path, migrations: Path) -> None:
    """Bring it up to date with the migrations of a folder, and keep it until the input ends."""
    say("opening")
    async with open_database(path, migrations=migrations):
        say("opened")
        await asyncio.to_thread(sys.stdin.read)


async def upgrade_without_room(path: Path) -> None:
    """Bring it up to date where no file may become larger than a part of it."""
    room = (await asyncio.to_thread(path.stat)).st_size // 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        async with open_database(path):
            say("opened")
    except DragomanError as error:
        say(error.code)


async def put_back(path: Path, copy: Path) -> None:
    """Put the copy in its place."""
    say("restoring")
    await restore(copy, path)
    say("restored")
    await asyncio.to_thread(sys.stdin.read)


async def put_back_without_room(path: Path, copy: Path) -> None:
    """Put the copy in its place where no file may become as large."""
    room = (await asyncio.to_thread(copy.stat)).st_size // 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        await restore(copy, path)
    except DragomanError as error:
        say(error.code)


VERBS: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
    "take": take,
    "write": write,
    "hold": hold,
    "look": look,
    "upgrade": upgrade,
    "upgrade_without_room": upgrade_without_room,
    "put_back": put_back,
    "put_back_without_room": put_back_without_room,
}

if __name__ == "__main__":
    asyncio.run(VERBS[sys.argv[1]](*map(Path, sys.argv[2:])))
