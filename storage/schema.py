"""The numbered migrations that make the schema: read from their folder, split into statements."""

import sqlite3
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

MIGRATIONS: Final = resources.files("storage") / "migrations"
"""Of this release; the number of the last one is the number of its schema."""


def scripts(folder: Traversable = MIGRATIONS) -> tuple[str, ...]:
    """Return the scripts in the order of their numbers; raises ValueError where one is missing."""
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    for number, file in enumerate(files, start=1):
        if not file.name.startswith(f"{number:04}_"):
            raise ValueError(f"{file.name} is not migration {number}")
    return tuple(file.read_text(encoding="utf-8") for file in files)


def statements(script: str) -> Iterator[str]:
    """Split at the semicolons that end a statement: none in a text, a comment or a trigger."""
    statement = ""
    *parts, rest = script.split(";")
    for part in parts:
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    yield statement + rest
