import hashlib
import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path

import pytest

from pipeline.errors import DatabaseMigrationError
from pipeline.types import Language
from storage.database import open_database
from storage.glossary import Glossary, Term
from storage.links import Links
from storage.notes import Notes
from storage.people import People
from storage.preferences import PersonPreferences, Preferences
from storage.types import Chat, Person

SHIPPED = resources.files("storage") / "migrations"
RELEASED = {
    "0001_beginnings.sql": "42a43698d17d6884358b6dd3b6cb21674e9630ef382e81021b9a9f0ea80ef168",
}
"""SHA-256 of the schemas that are in use somewhere."""
MAI = Person("telegram", "1")
GROUP = Chat("telegram", "-100")
VERSION_1 = """
INSERT INTO profiles (id, spoken, target, allowed, quick_voice, voice, speed, locale)
    VALUES (5, 'vi', 'en', 'en vi', 1, 'af_heart', 1.25, 'vi'), (9, NULL, 'fr', NULL, 0, NULL,
    NULL, NULL);
INSERT INTO accounts VALUES ('telegram', '1', 5), ('discord', '2', 5), ('discord', '3', 9);
INSERT INTO chats VALUES (3, 'telegram', '-100', '', 1, 'en', 'vi', 0),
    (4, 'telegram', '-100', '7', NULL, NULL, NULL, NULL);
INSERT INTO terms VALUES (5, NULL, 'phở', 'Phở', 'noodle soup', 'en'),
    (NULL, 3, 'hội an', 'Hội An', NULL, '');
INSERT INTO link_codes VALUES (x'00ff', 5, 'telegram', '1', 1.5);
INSERT INTO link_tries VALUES ('discord', '3', 2.5);
INSERT INTO notes VALUES ('telegram', '-100', '7', '42', '1', 3.5, 4.5, 'done', '{"hear": 1.5}'),
    ('telegram', '-100', '', '43', '1', 3.5, NULL, NULL, '{}');
INSERT INTO cached VALUES ('translation', x'01', 1, 2, 300, '', CAST('xin chào' AS BLOB)),
    ('speech', x'02', 1, 2, 500, '{}', x'ff00');
"""
"""Something in every table of the first release."""


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
        for file in SHIPPED.iterdir()
        if file.name in RELEASED
    }
    assert sums == RELEASED


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, whatever they are."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        ).fetchall()
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr)  # noqa: S608 - a name of the schema
            for (name,) in names
        }


async def test_what_the_first_release_has_written_comes_up_to_date_intact(
    path: Path, tmp_path: Path
) -> None:
    first = (SHIPPED / "0001_beginnings.sql").read_text(encoding="utf-8")
    async with open_database(path, migrations=migrations(tmp_path / "v1", m0001_a=first)):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1)
        connection.commit()
    before = everything(path)
    assert all(before.values()), "there is something in every table"
    async with open_database(path) as database:
        await database.check()
        assert await database.rows("PRAGMA user_version") == [(3,)]
        after = everything(path)
        unchosen = {"profiles": [(*row, None) for row in before["profiles"]]}
        assert {name: after[name] for name in before} == before | unchosen
        assert not any(rows for name, rows in after.items() if name not in before)
        assert await Preferences(database).of_person(MAI) == PersonPreferences(
            spoken=Language("vi"),
            target=Language("en"),
            allowed=frozenset({Language("vi"), Language("en")}),
            quick_voice=True,
            voice="af_heart",
            speed=1.25,
            locale=Language("vi"),
        )
        assert await Glossary(database).terms(GROUP) == (Term("Hội An"),)
        assert len(await Links(database).accounts(MAI)) == 2
        assert [note.message for note in await Notes(database).unfinished()] == ["43"]
        receipt = await People(database).forget(MAI)
        assert (receipt.accounts, receipt.terms, receipt.notes, receipt.lines) == (2, 1, 2, 0)
        await Preferences(database).forget_chat(GROUP)
        assert await database.rows("SELECT count(*) FROM chats") == [(0,)]
