import hashlib
from pathlib import Path

import pytest

from pipeline.errors import DatabaseMigrationError
from storage.database import open_database
from storage.schema import MIGRATIONS

RELEASED = {
    "0001_beginnings.sql": "42a43698d17d6884358b6dd3b6cb21674e9630ef382e81021b9a9f0ea80ef168",
    "0002_calls.sql": "9b11fc27f03e17289be6949081eaf8238279c69cf3941df8c237ef4bcee6033e",
    "0003_voices.sql": "8d7d43a6865c3eb4108fbc38338d3e82a00da74897dc0fed4de0610c1b993d2b",
}
"""SHA-256 of the schemas that are in use somewhere."""


def migrations(folder: Path, **scripts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, script in scripts.items():
        (folder / f"{name.removeprefix('m')}.sql").write_text(script, encoding="utf-8")
    return folder


FIRST = "CREATE TABLE a (x INTEGER) STRICT;\nINSERT INTO a VALUES (1);\n"


async def test_a_migration_that_fails_midway_leaves_the_old_version_as_it_was(
    path: Path, tmp_path: Path
) -> None:
    old = migrations(tmp_path / "old", m0001_a=FIRST)
    new = migrations(
        tmp_path / "new",
        m0001_a=FIRST,
        m0002_b="CREATE TABLE b (x INT) STRICT;",
        m0003_c="CREATE TABLE c (x INT) STRICT; UPDATE a SET x = 2; INSERT INTO no VALUES (1);",
    )
    async with open_database(path, migrations=old):
        pass
    with pytest.raises(DatabaseMigrationError) as caught:
        async with open_database(path, migrations=new):
            pass
    assert caught.value.details["version"] == 3
    async with open_database(path, migrations=old) as database:
        assert await database.rows("PRAGMA user_version") == [(1,)], "not half of the way either"
        assert await database.rows("SELECT name FROM sqlite_schema") == [("a",)]
    (new / "0003_c.sql").unlink()
    async with open_database(path, migrations=new) as database:
        assert await database.rows("PRAGMA user_version") == [(2,)]
        assert await database.rows("SELECT x FROM a") == [(1,)]
        assert await database.rows("SELECT name FROM sqlite_schema WHERE name = 'c'") == []


async def test_a_migration_runs_once(path: Path, tmp_path: Path) -> None:
    folder = migrations(tmp_path / "m", m0001_a=FIRST)
    for _ in range(3):
        async with open_database(path, migrations=folder) as database:
            assert await database.rows("SELECT x FROM a") == [(1,)]


async def test_a_migration_may_rebuild_a_table_but_not_leave_a_reference_dangling(
    path: Path, tmp_path: Path
) -> None:
    first = (
        "CREATE TABLE a (x INTEGER PRIMARY KEY) STRICT;\n"
        "CREATE TABLE b (x INTEGER REFERENCES a) STRICT;\n"
        "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1);\n"
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b;\n  DELETE FROM b;\nEND;\n"
        "-- a comment; with a semicolon, and one at the end\n"
        "INSERT INTO b VALUES (1); DELETE FROM b WHERE x = ';'; -- done"
    )
    rebuild = (
        "CREATE TABLE n (x INTEGER PRIMARY KEY, y INTEGER) STRICT;\n"
        "INSERT INTO n SELECT x, 2 FROM a;\nDROP TABLE a;\nALTER TABLE n RENAME TO a;\n"
    )
    folder = migrations(tmp_path / "m", m0001_a=first, m0002_b=rebuild)
    async with open_database(path, migrations=folder) as database:
        assert await database.rows("SELECT y FROM a JOIN b USING (x)") == [(2,), (2,)]
    migrations(folder, m0003_c="DELETE FROM a;\n")
    with pytest.raises(DatabaseMigrationError):
        async with open_database(path, migrations=folder):
            pass


async def test_a_gap_in_the_migrations_is_noticed(path: Path, tmp_path: Path) -> None:
    folder = migrations(tmp_path / "m", m0001_a=FIRST, m0003_c="SELECT 1;")
    with pytest.raises(ValueError, match="0003_c"):
        async with open_database(path, migrations=folder):
            pass


def test_a_released_schema_never_changes() -> None:
    sums = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in MIGRATIONS.iterdir()
        if file.name in RELEASED
    }
    assert sums == RELEASED
