"""An upgrade leaves the old database or the new one, and always a way back."""

import asyncio
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.errors import (
    DatabaseCopyError,
    DatabaseCorruptError,
    DatabaseLockedError,
    DatabaseNewerError,
)
from pipeline.types import Language
from storage.database import back_up, open_database
from storage.ownership import sole_owner
from storage.preferences import Preferences
from storage.schema import MIGRATIONS
from storage.types import Person
from tests.storage.children import child, line
from tests.storage.releases import LATEST, NUMBERS, everything, leave, shape
from tests.storage.surroundings import content, mode, names

OLD = NUMBERS[:-1]
MAI = Person("telegram", "1001")
SLOW = """
CREATE TABLE slow (x INTEGER) STRICT;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
    INSERT INTO slow SELECT i FROM n;
UPDATE profiles SET voice = 'changed';
"""
SAID = ("Hello, how are you?", "Where is the station?", "Over there.")
"""In the caches and transcripts of the releases."""


def copy_of(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.schema-{number}")


def with_one_more(folder: Path, script: str) -> Path:
    """Return a folder with the migrations of this release and one that is yet to come."""
    folder.mkdir()
    for file in MIGRATIONS.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / f"{LATEST + 1:04}_more.sql").write_text(script, encoding="utf-8")
    return folder


async def upgrade(path: Path) -> None:
    async with open_database(path):
        pass


@pytest.mark.parametrize("number", OLD)
async def test_a_copy_is_kept_with_the_old_schema_and_without_what_was_said(
    path: Path, number: int
) -> None:
    leave(path, number)
    before, (version, made) = everything(path), shape(path)
    await upgrade(path)
    copy = copy_of(path, number)
    assert names(path.parent) == ["dragoman.db", "dragoman.db.lock", copy.name]
    assert mode(copy) == 0o600
    assert shape(copy) == (version, made)
    kept = everything(copy)
    left_out = {"cached", "call_lines", "kept_calls", "open_calls", "link_codes"}
    assert {name for name, rows in kept.items() if not rows} == left_out & kept.keys()
    for name in ("profiles", "accounts", "chats", "terms", "notes"):
        assert kept[name] == before[name]
    assert not [said for said in SAID if said.encode() in content(copy)]


async def test_without_an_upgrade_no_copy_is_made(path: Path) -> None:
    for _ in range(2):
        await upgrade(path)
    leave(path.with_name("other.db"), LATEST)
    await upgrade(path.with_name("other.db"))
    assert not [name for name in names(path.parent) if "schema" in name]


async def test_of_each_schema_the_latest_copy_is_kept(path: Path) -> None:
    leave(path, 1)
    copy_of(path, 1).write_bytes(b"an earlier one")
    await upgrade(path)
    assert shape(copy_of(path, 1))[0] == 1


async def test_a_copy_is_kept_for_thirty_days(path: Path) -> None:
    leave(path, 1)
    await upgrade(path)
    old, young = copy_of(path, 1), copy_of(path, 2)
    young.write_bytes(old.read_bytes())
    for copy, days in ((old, 31), (young, 29)):
        then = time.time() - 86_400 * days
        os.utime(copy, (then, then))
    async with open_database(path) as database:
        await database.forget_copies()
    assert not old.exists()
    assert young.exists()


async def test_what_can_not_be_copied_is_not_upgraded(path: Path) -> None:
    leave(path, 1)
    (copy_of(path, 1) / "in the way").mkdir(parents=True)
    before = everything(path), shape(path)
    with pytest.raises(DatabaseCopyError) as caught:
        await upgrade(path)
    assert caught.value.details["path"] == str(copy_of(path, 1))
    assert (everything(path), shape(path)) == before
    assert names(path.parent) == ["dragoman.db", "dragoman.db.lock", copy_of(path, 1).name]


async def test_on_a_full_disk_the_upgrade_is_not_begun(path: Path) -> None:
    leave(path, 1)
    before = everything(path), shape(path)
    async with child("upgrade_without_room", path) as process:
        assert await line(process) == "storage.copy"
    assert (everything(path), shape(path)) == before
    assert names(path.parent) == ["dragoman.db", "dragoman.db.lock"]
    await upgrade(path)


async def test_a_damaged_database_is_called_damaged_and_not_upgraded(path: Path) -> None:
    leave(path, 1)
    with closing(sqlite3.connect(path)) as editor:
        editor.execute("INSERT INTO accounts VALUES ('t', '1', 99)")
        editor.commit()
    before = shape(path)
    with pytest.raises(DatabaseCorruptError) as caught:
        await upgrade(path)
    assert caught.value.details["path"] == str(path)
    assert shape(path) == before


async def test_under_a_program_that_serves_it_nothing_is_upgraded(path: Path) -> None:
    leave(path, 1)
    async with sole_owner(path):
        with pytest.raises(DatabaseLockedError):
            await upgrade(path)
        assert shape(path)[0] == 1
        async with open_database(path, owned=True):
            assert shape(path)[0] == LATEST


@pytest.mark.parametrize("number", NUMBERS)
async def test_a_backup_changes_nothing_whatever_its_schema(
    path: Path, tmp_path: Path, number: int
) -> None:
    leave(path, number)
    before = everything(path), shape(path)
    async with sole_owner(path):
        await back_up(path, tmp_path / "copy.db")
    assert (everything(path), shape(path)) == before
    assert shape(tmp_path / "copy.db") == before[1]


async def test_what_a_newer_release_has_written_is_not_copied_half_understood(
    path: Path, tmp_path: Path
) -> None:
    more = with_one_more(tmp_path / "more", "CREATE TABLE said (x TEXT) STRICT;")
    async with open_database(path, migrations=more):
        pass
    for refused in (upgrade(path), back_up(path, tmp_path / "copy.db")):
        with pytest.raises(DatabaseNewerError) as caught:
            await refused
        assert caught.value.details["path"] == str(path)
    assert not (tmp_path / "copy.db").exists()


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("patience_s", [0.0, 0.02, 0.1, 0.3])
async def test_killed_in_the_middle_the_database_is_the_old_one(
    path: Path, tmp_path: Path, number: int, patience_s: float
) -> None:
    leave(path, number)
    before = everything(path), shape(path)
    more = with_one_more(tmp_path / "more", SLOW.format(rows=20_000_000))
    async with child("upgrade", path, more) as process:
        assert await line(process) == "opening"
        while not copy_of(path, number).exists():
            assert process.returncode is None
            await asyncio.sleep(0.001)
        await asyncio.sleep(patience_s)
        process.send_signal(signal.SIGKILL)
        assert not await line(process), "it was not done"
    assert (everything(path), shape(path)) == before
    await upgrade(path)
    assert shape(path)[0] == LATEST


@pytest.mark.slow
async def test_killed_at_any_moment_it_is_the_old_one_or_the_new_one(
    path: Path, tmp_path: Path
) -> None:
    more = with_one_more(tmp_path / "more", SLOW.format(rows=50_000))
    found: set[tuple[int, bool, int]] = set()
    number = 0
    while number < 40 or len(found) < 2:
        place = path.with_name(f"{number}") / path.name
        place.parent.mkdir(parents=True)
        leave(place, 1)
        async with child("upgrade", place, more) as process:
            assert await line(process) == "opening"
            await asyncio.sleep(number * 0.005)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        number += 1
        tables, (version, _) = everything(place), shape(place)
        changed = {row["voice"] for row in tables["profiles"]} == {"changed"}
        found.add((version, changed, len(tables.get("slow", ()))))
        async with open_database(place, migrations=more) as database:
            await database.check()
            assert (await Preferences(database).of_person(MAI)).target == Language("en")
    assert found <= {(1, False, 0), (LATEST + 1, True, 50_000)}
