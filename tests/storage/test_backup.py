import asyncio
import hashlib
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.errors import DatabaseCorruptError, DatabaseUnavailableError
from pipeline.types import Language
from storage.caches import TranslationCache
from storage.calls import Calls
from storage.database import Database, back_up, open_database
from storage.links import Links
from storage.preferences import Preferences
from storage.transcripts import KeptCall, Line, Transcripts
from storage.types import Chat, Person
from tests.storage.surroundings import content, mode, names, put

MAI = Person("telegram", "1")
CANARY = "con chim hoàng yến trong hầm mỏ"


async def test_a_backup_opens_as_the_database_it_was(database: Database, tmp_path: Path) -> None:
    await Preferences(database).change_person(MAI, target=Language("vi"))
    target = tmp_path / "copy.db"
    await back_up(database.path, target)
    assert mode(target) == 0o600
    assert names(tmp_path) == ["copy.db", "kept"]
    async with open_database(target) as copy:
        assert (await Preferences(copy).of_person(MAI)).target == "vi"
        await copy.check()


async def test_a_backup_holds_nothing_that_was_said(database: Database, tmp_path: Path) -> None:
    cache = TranslationCache(database)
    key = hashlib.sha256(CANARY.encode()).hexdigest()
    await cache.put(key, CANARY)
    await Links(database).offer(MAI)
    calls, transcripts, server = Calls(database), Transcripts(database), Chat("discord", "900")
    await calls.change(server, keeps=True)
    await calls.opened(server, "70", "70")
    vi, en = Language("vi"), Language("en")
    line = Line(0.0, 1.0, Person("discord", "1"), CANARY, vi, CANARY, en, CANARY)
    assert await transcripts.add(KeptCall(server, "70", "a", time.time()), line)
    await back_up(database.path, tmp_path / "copy.db")
    assert CANARY.encode() not in content(tmp_path / "copy.db")
    assert await cache.get(key) == CANARY
    assert await transcripts.lines(server, "a") == (line,)
    async with open_database(tmp_path / "copy.db") as copy:
        assert await copy.rows("SELECT count(*) FROM link_codes") == [(0,)]
        assert await copy.rows("SELECT bytes FROM cached_sizes") == [(0,), (0,)]
        assert await copy.rows("SELECT count(*) FROM kept_calls") == [(0,)]
        assert await Calls(copy).open_calls("discord") == ()
        assert (await Calls(copy).of(server)).keeps


async def test_a_backup_replaces_the_one_before(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    await back_up(database.path, target)
    await Preferences(database).change_person(MAI, speed=1.5)
    await back_up(database.path, target)
    async with open_database(target) as copy:
        assert (await Preferences(copy).of_person(MAI)).speed == 1.5


async def test_people_are_served_while_a_backup_is_made(database: Database, tmp_path: Path) -> None:
    await database.rows("INSERT INTO link_tries VALUES ('t', hex(randomblob(4000000)), 0)")
    backing_up = asyncio.create_task(back_up(database.path, tmp_path / "copy.db"))
    served = 0
    preferences = Preferences(database)
    while not backing_up.done():
        served += 1
        await preferences.change_person(Person("telegram", str(served)), speed=1.0)
    await backing_up
    assert served > 3
    async with open_database(tmp_path / "copy.db") as copy:
        await copy.check()


async def test_a_backup_does_not_overwrite_the_database_itself(
    database: Database, tmp_path: Path
) -> None:
    await Preferences(database).change_person(MAI, speed=1.5)
    (tmp_path / "link.db").symlink_to(database.path)
    for target in (database.path, tmp_path / "link.db"):
        with pytest.raises(DatabaseUnavailableError):
            await back_up(database.path, target)
    assert (await Preferences(database).of_person(MAI)).speed == 1.5
    await database.check()


async def test_a_backup_that_fails_leaves_the_one_before_and_no_rubbish(
    database: Database, tmp_path: Path
) -> None:
    blocked = tmp_path / "folder"
    (blocked / "inside").mkdir(parents=True)
    with pytest.raises(DatabaseUnavailableError):
        await back_up(database.path, blocked)
    assert names(tmp_path) == ["folder", "kept"]
    with pytest.raises(DatabaseUnavailableError):
        await back_up(database.path, Path("/proc/copy.db"))


@pytest.mark.parametrize("patience_ms", [0, 1, 3, 6, 10, 20, 40])
async def test_a_cancelled_backup_leaves_all_or_nothing(
    database: Database, tmp_path: Path, patience_ms: int
) -> None:
    await database.rows("INSERT INTO link_tries VALUES ('t', hex(randomblob(1000000)), 0)")
    target = tmp_path / "out" / "copy.db"
    task = asyncio.create_task(back_up(database.path, target))
    await asyncio.sleep(patience_ms / 1000)
    task.cancel()
    await asyncio.wait({task})
    left = names(target.parent) if target.parent.exists() else []
    assert left in ([], ["copy.db"])
    if left:
        async with open_database(target) as copy:
            await copy.check()


async def test_a_backup_cancelled_as_its_file_appears_leaves_nothing(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    task = asyncio.create_task(back_up(database.path, folder / "copy.db"))
    while not names(folder):  # noqa: ASYNC110 - no event tells of a file
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert names(folder) == []


@pytest.mark.parametrize("harm", ["noise", "torn page", "dangling"])
async def test_damage_is_told_of_the_database_and_not_of_the_copy(
    path: Path, tmp_path: Path, harm: str
) -> None:
    async with open_database(path) as database:
        for number in range(400):
            await database.rows("INSERT INTO link_tries VALUES ('t', ?, 0)", str(number) * 50)
    whole = content(path)
    if harm == "dangling":
        with closing(sqlite3.connect(path)) as editor:
            editor.execute("INSERT INTO accounts VALUES ('t', '1', 99)")
            editor.commit()
    else:
        noise = b"\xa5" * 8_192
        put(path, noise * 6 if harm == "noise" else whole[:40_960] + noise + whole[49_152:])
    with pytest.raises(DatabaseCorruptError) as caught:
        await back_up(path, tmp_path / "copy.db")
    assert caught.value.details["path"] == str(path)
    assert "copy.db" not in names(tmp_path)
