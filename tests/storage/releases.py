"""Databases as the releases have left them on the disk: each schema, with something in every table.

``released/0001.sql`` and on hold rows that the stores of that release have written themselves. They
are frozen; a new schema gets a new file.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from storage.schema import scripts

SCHEMAS: Final = scripts()
NUMBERS: Final = range(1, len(SCHEMAS) + 1)
LATEST: Final = len(SCHEMAS)
ROWS: Final = Path(__file__).with_name("released")
OURS: Final = 0x44524147

Tables = dict[str, list[dict[str, Any]]]


def leave(path: Path, number: int) -> None:
    """Make the database as the release with that schema has left it."""
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for script in SCHEMAS[:number]:
            connection.executescript(script)
        connection.executescript((ROWS / f"{number:04}.sql").read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA application_id = {OURS}")
        connection.execute(f"PRAGMA user_version = {number}")
        connection.commit()


def everything(path: Path) -> Tables:
    """Return every row of every table by its columns, whatever they are."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        names = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        ).fetchall()
        return {
            name: sorted(map(dict, connection.execute(f"SELECT * FROM {name}")), key=repr)  # noqa: S608 - a name of the schema
            for (name,) in names
        }


def shape(path: Path) -> tuple[int, list[tuple[str, str]]]:
    """Return the number of the schema, and all that it is made of."""
    with closing(sqlite3.connect(path)) as connection:
        [(version,)] = connection.execute("PRAGMA user_version")
        made = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
        return version, sorted(made)
