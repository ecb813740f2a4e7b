"""What another process does to a database: run as ``python another_process.py <verb> <path>``."""

import asyncio
import os
import sqlite3
import sys
import tempfile
from pathlib import Path

from pipeline.errors import DragomanError
from storage.database import open_database
from storage.notes import Notes
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


VERBS = {"take": take, "write": write, "hold": hold, "look": look}

if __name__ == "__main__":
    asyncio.run(VERBS[sys.argv[1]](Path(sys.argv[2])))
