"""A copy takes the database's place; what was there before is never destroyed."""

import asyncio
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.errors import (
    DatabaseCorruptError,
    DatabaseForeignError,
    DatabaseFullError,
    DatabaseLockedError,
    DatabaseNewerError,
    DatabaseUnavailableError,
    DragomanError,
    SealError,
)
from storage import files
from storage.database import back_up, open_database
from storage.ownership import sole_owner
from storage.preferences import Preferences
from storage.restoring import restore
from storage.sealing import Seal
from storage.types import Person
from tests.storage.children import child, line
from tests.storage.releases import LATEST, NUMBERS, Tables, everything, leave, shape
from tests.storage.surroundings import content, mode, names, put

MAI = Person("telegram", "1")


async def say(path: Path, speed: float) -> None:
    """Write something by which the database is known."""
    async with open_database(path) as database:
        await Preferences(database).change_person(MAI, speed=speed)


def speed(tables: Tables) -> float | None:
    return next((row["speed"] for row in tables["profiles"]), None)


@pytest.fixture
async def copy(path: Path, tmp_path: Path) -> Path:
    """A copy that says 0.75, of a database that says 1.5 by now."""
    await say(path, 0.75)
    await back_up(path, tmp_path / "copy.db")
    await say(path, 1.5)
    return tmp_path / "copy.db"


async def test_the_copy_is_the_database_and_what_was_there_lies_beside_it(
    path: Path, copy: Path
) -> None:
    before, copied = everything(path), content(copy)
    aside = await restore(copy, path)
    assert aside is not None
    assert aside.parent == path.parent
    assert everything(aside) == before
    assert speed(everything(path)) == 0.75
    assert content(copy) == copied
    assert names(path.parent) == [path.name, f"{path.name}.lock", aside.name]
    assert {mode(path), mode(aside)} == {0o600}
    async with open_database(path) as database:
        await database.check()
        assert (await Preferences(database).of_person(MAI)).speed == 0.75


async def test_where_nothing_was_there_is_nothing_to_set_aside(path: Path, copy: Path) -> None:
    elsewhere = path.parent / "deeper" / "dragoman.db"
    assert await restore(copy, elsewhere) is None
    assert speed(everything(elsewhere)) == 0.75
    assert mode(elsewhere) == 0o600
    assert mode(elsewhere.parent) == 0o700


async def test_what_was_set_aside_can_be_put_back(path: Path, copy: Path) -> None:
    aside = await restore(copy, path)
    assert aside is not None
    again = await restore(aside, path)
    assert again is not None
    assert again != aside
    assert speed(everything(path)) == 1.5
    assert [speed(everything(each)) for each in (aside, again)] == [1.5, 0.75]


async def test_what_a_killed_program_had_in_its_log_is_set_aside_too(
    path: Path, copy: Path
) -> None:
    async with child("write", path) as process:
        for _ in range(5):
            await line(process)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert path.with_name(f"{path.name}-wal").stat().st_size
    aside = await restore(copy, path)
    assert aside is not None
    assert len(everything(aside)["link_tries"]) >= 10
    assert not everything(path)["link_tries"]
    assert not [name for name in names(path.parent) if name.endswith(("-wal", "-shm"))]


async def test_a_copy_that_has_a_log_of_its_own_is_taken_with_it(path: Path) -> None:
    killed = path.parent / "killed.db"
    async with child("write", killed) as process:
        for _ in range(5):
            await line(process)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    before = content(killed), content(killed.with_name("killed.db-wal"))
    await restore(killed, path)
    assert len(everything(path)["link_tries"]) >= 10
    assert (content(killed), content(killed.with_name("killed.db-wal"))) == before


@pytest.mark.parametrize("number", NUMBERS)
async def test_a_copy_of_every_release_keeps_its_schema_until_it_is_opened(
    path: Path, tmp_path: Path, number: int
) -> None:
    leave(tmp_path / "old.db", number)
    before = everything(tmp_path / "old.db"), shape(tmp_path / "old.db")
    await restore(tmp_path / "old.db", path)
    assert (everything(path), shape(path)) == before
    async with open_database(path) as database:
        await database.check()
        assert await database.rows("PRAGMA user_version") == [(LATEST,)]


@pytest.mark.parametrize("number", NUMBERS[:-1])
async def test_the_copy_from_before_an_upgrade_is_the_way_back(path: Path, number: int) -> None:
    leave(path, number)
    before = everything(path)
    async with open_database(path):
        pass
    await restore(path.with_name(f"{path.name}.schema-{number}"), path)
    assert shape(path)[0] == number
    assert everything(path)["profiles"] == before["profiles"]


def damaged(whole: bytes) -> bytes:
    return whole[:40_960] + b"\xa5" * 8_192 + whole[49_152:]


async def refused(copy: Path, path: Path, kind: type[DragomanError]) -> DragomanError:
    """Try; return the error. Nothing may have changed."""
    before, around = everything(path), names(path.parent)
    with pytest.raises(kind) as caught:
        await restore(copy, path)
    assert everything(path) == before
    assert [name for name in names(path.parent) if not name.endswith(".lock")] == [
        name for name in around if not name.endswith(".lock")
    ]
    return caught.value


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        (b"hello, this is no database\n" * 100, DatabaseCorruptError),
        (b"", DatabaseCorruptError),
        (b"SQLite format 3\x00", DatabaseCorruptError),
        (os.urandom(50_000), DatabaseCorruptError),
    ],
    ids=["text", "empty", "header-only", "noise"],
)
async def test_a_file_that_is_no_database_is_refused(
    path: Path, copy: Path, written: bytes, kind: type[DragomanError]
) -> None:
    put(copy, written)
    error = await refused(copy, path, kind)
    assert error.details["path"] == str(copy)
    assert content(copy) == written


async def test_a_damaged_copy_is_refused(path: Path, copy: Path) -> None:
    put(copy, damaged(content(copy)))
    await refused(copy, path, DatabaseCorruptError)


async def test_a_copy_with_dangling_references_is_refused(path: Path, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as editor:
        editor.execute("INSERT INTO accounts VALUES ('t', '1', 99)")
        editor.commit()
    await refused(copy, path, DatabaseCorruptError)


async def test_another_programs_database_is_refused(path: Path, copy: Path) -> None:
    put(copy, b"")
    with closing(sqlite3.connect(copy)) as editor:
        editor.execute("CREATE TABLE theirs (x)")
        editor.commit()
    await refused(copy, path, DatabaseForeignError)


async def test_another_programs_database_is_not_replaced(tmp_path: Path, copy: Path) -> None:
    theirs = tmp_path / "theirs" / "theirs.db"
    theirs.parent.mkdir()
    with closing(sqlite3.connect(theirs)) as editor:
        editor.execute("CREATE TABLE theirs (x)")
        editor.commit()
    await refused(copy, theirs, DatabaseForeignError)


async def test_a_newer_copy_is_refused(path: Path, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as editor:
        editor.execute("PRAGMA user_version = 4711")
    error = await refused(copy, path, DatabaseNewerError)
    assert error.details["version"] == 4711


async def test_what_is_no_file_or_the_database_itself_is_refused(
    path: Path, tmp_path: Path
) -> None:
    await say(path, 1.5)
    (tmp_path / "link.db").symlink_to(path)
    for wrong in (tmp_path / "absent.db", tmp_path, path, tmp_path / "link.db"):
        error = await refused(wrong, path, DatabaseUnavailableError)
        assert error.details["reason"] in {"missing", "itself"}


async def test_while_a_program_serves_it_nothing_is_replaced(path: Path, copy: Path) -> None:
    async with sole_owner(path):
        await refused(copy, path, DatabaseLockedError)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM notes").fetchall()
        with pytest.raises(DatabaseLockedError):
            await restore(copy, path)
    assert speed(everything(path)) == 1.5


async def test_what_a_newer_release_has_written_may_be_set_aside(path: Path, copy: Path) -> None:
    with closing(sqlite3.connect(path)) as editor:
        editor.execute("PRAGMA user_version = 4711")
    aside = await restore(copy, path)
    assert aside is not None
    assert shape(aside)[0] == 4711
    assert speed(everything(path)) == 0.75


async def died(path: Path) -> tuple[bytes, bytes]:
    """Say 1.75 and die with that in the log; return file and log."""
    await say(path, 1.5)
    log = path.with_name(f"{path.name}-wal")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("UPDATE profiles SET speed = 1.75")
        left = content(path), content(log)
    put(path, left[0])
    put(log, left[1])
    return left


@pytest.mark.parametrize("harm", ["torn", "noise"])
async def test_what_is_damaged_is_replaced_and_kept_as_it_is(
    path: Path, copy: Path, harm: str
) -> None:
    whole, log = await died(path)
    put(path, {"torn": whole[:5_000], "noise": os.urandom(9_000)}[harm])
    harmed = content(path)
    aside = await restore(copy, path)
    assert aside is not None
    assert content(aside) == harmed
    assert content(aside.with_name(f"{aside.name}-wal")) == log
    assert speed(everything(path)) == 0.75
    async with open_database(path) as database:
        await database.check()


async def test_the_key_must_open_what_is_kept_of_voices(path: Path, tmp_path: Path) -> None:
    voices = tmp_path / "voices.db"
    leave(voices, 3)
    leave(path, 3)
    before = everything(path)
    with pytest.raises(SealError):
        await restore(voices, path, Seal(bytes(32)))
    assert everything(path) == before
    assert len(names(path.parent)) == 2
    for seal in (Seal(bytes(range(32))), None):
        assert await restore(voices, path, seal) is not None
    back = tmp_path / "back.db"
    await back_up(path, back)
    assert await restore(back, path, Seal(bytes(32))) is not None, "it has no voices"
    leave(tmp_path / "first.db", 1)
    assert await restore(tmp_path / "first.db", path, Seal(bytes(32))) is not None


async def test_without_room_nothing_is_replaced(path: Path, copy: Path) -> None:
    before = everything(path)
    async with child("put_back_without_room", path, copy) as process:
        assert await line(process) == "storage.unavailable"
    assert everything(path) == before
    assert names(path.parent) == [path.name, f"{path.name}.lock"]


@pytest.mark.parametrize("patience_ms", [0, 1, 2, 4, 8, 16, 32])
async def test_cancelled_it_is_the_one_or_the_other(
    path: Path, copy: Path, patience_ms: int
) -> None:
    task = asyncio.create_task(restore(copy, path))
    await asyncio.sleep(patience_ms / 1000)
    task.cancel()
    await asyncio.wait({task})
    assert speed(everything(path)) in {0.75, 1.5}
    assert not [name for name in names(path.parent) if name.startswith(".")]


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["", "noise"])
async def test_killed_at_any_moment_it_is_the_one_or_the_other(
    path: Path, copy: Path, tmp_path: Path, harm: str
) -> None:
    old, log = await died(path)
    if harm:
        old = os.urandom(9_000)
    found: set[str] = set()
    number = 0
    while number < 40 or len(found) < 2:
        place = tmp_path / str(number) / path.name
        put(place, old)
        put(place.with_name(f"{path.name}-wal"), log)
        async with child("put_back", place, copy) as process:
            assert await line(process) == "restoring"
            await asyncio.sleep(number * 0.001)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        await asyncio.to_thread(files.clear, place)
        found.add(after_a_start(place, old, log, harm))
        number += 1
    assert found == {"old", "restored"}


def after_a_start(place: Path, old: bytes, log: bytes, harm: str) -> str:
    """Say which it is, once the next program has begun; it must be whole."""
    around = names(place.parent)
    asides = [name for name in around if "replaced" in name and not name.endswith("-wal")]
    assert not [name for name in around if name.startswith(".")]
    if not asides:
        if harm:
            assert content(place) == old
            assert content(place.with_name(f"{place.name}-wal")) == log
        else:
            assert speed(everything(place)) == 1.75
        return "old"
    assert speed(everything(place)) == 0.75
    (aside,) = (place.with_name(name) for name in asides)
    if harm:
        assert content(aside) == old
        assert content(aside.with_name(f"{aside.name}-wal")) == log
    else:
        assert speed(everything(aside)) == 1.75
    return "restored"


async def test_what_a_killed_program_left_is_cleared_by_the_next(path: Path) -> None:
    await say(path, 1.5)
    beside = path.with_name(f"{path.name}.replaced-20261121T120000Z")
    os.link(path, beside)
    for name in (".schema-1.0badcafe", ".schema-1.0badcafe-journal", ".restored.0badcafe"):
        put(path.with_name(f".{path.name}{name}"), b"half")
    mine = path.with_name(f".{path.name}.mine")
    put(mine, b"somebody's")
    async with open_database(path):
        assert len(names(path.parent)) > 5, "who does not own it clears nothing away"
    async with open_database(path, owned=True):
        pass
    assert names(path.parent) == [mine.name, path.name]
    assert speed(everything(path)) == 1.5


def test_a_full_disk_is_called_full() -> None:
    with pytest.raises(DatabaseFullError), files.unavailable(Path("d.db")):
        Path("/dev/full").write_bytes(b"x")
