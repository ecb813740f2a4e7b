import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.errors import (
    DatabaseCorruptError,
    DatabaseForeignError,
    DatabaseFullError,
    DatabaseLockedError,
    DatabaseNewerError,
    DatabaseUnavailableError,
    StorageError,
)
from storage.database import Database, open_database
from storage.ownership import sole_owner
from tests.storage.surroundings import content, mode, names, permit, put

CANARY = "chim-hoàng-yến"
SLOW = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)"
    " SELECT count(*) FROM n"
)
ADD = "INSERT INTO link_tries (platform, account, tried) VALUES ('t', ?, 0)"
COUNT = "SELECT count(*) FROM link_tries"


class StopEverythingError(BaseException):
    """Not an Exception, as a shutdown is not."""


async def count(database: Database) -> int:
    [(rows,)] = await database.rows(COUNT)
    return int(rows)


async def opens(path: Path) -> None:
    async with open_database(path, busy_s=0.1):
        pass


async def test_a_new_file_is_for_its_owner_alone(database: Database) -> None:
    folder = database.path.parent
    assert set(names(folder)) >= {"dragoman.db", "dragoman.db-wal"}
    assert {mode(folder / name) for name in names(folder)} == {0o600}
    assert mode(folder) == 0o700


async def test_an_open_file_is_closed_to_others(path: Path) -> None:
    await opens(path)
    permit(path, 0o664)
    async with open_database(path):
        assert {mode(path.parent / name) for name in names(path.parent)} == {0o600}


async def test_every_table_is_strict_and_references_hold(database: Database) -> None:
    tables = await database.rows(
        "SELECT name, strict FROM pragma_table_list"
        " WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    assert len(tables) >= 8
    assert [name for name, strict in tables if not strict] == []
    assert await database.rows("PRAGMA journal_mode") == [("wal",)]
    with pytest.raises(StorageError):
        await database.rows("INSERT INTO accounts VALUES ('t', '1', 99)")


async def test_a_cancelled_transaction_leaves_nothing_and_holds_nobody_up(
    database: Database,
) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        async with database.transaction() as transaction:
            await transaction.run(ADD, "half")
            begun.set()
            await transaction.rows(SLOW)

    task = asyncio.create_task(work())
    await begun.wait()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(database) == 0
    async with database.transaction() as transaction:
        await transaction.run(ADD, "whole")
    assert await count(database) == 1


@pytest.mark.parametrize("patience", range(40))
async def test_cancelled_at_any_step_a_transaction_is_all_or_nothing(
    database: Database, patience: int
) -> None:
    async def work() -> None:
        async with database.transaction() as transaction:
            await transaction.run(ADD, "one")
            await transaction.run(ADD, "two")

    task = asyncio.create_task(work())
    for _ in range(patience):
        await asyncio.sleep(0.0001)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert await count(database) in {0, 2}
    async with database.transaction() as transaction:
        await transaction.run(ADD, "three")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, StopEverythingError])
async def test_whatever_ends_the_body_undoes_it(
    database: Database, error: type[BaseException]
) -> None:
    async def work() -> None:
        async with database.transaction() as transaction:
            await transaction.run(ADD, "half")
            raise error

    caught: BaseException | None = None
    try:
        await work()
    except BaseException as raised:  # noqa: BLE001 - a KeyboardInterrupt would end pytest
        caught = raised
    assert isinstance(caught, error)
    assert await count(database) == 0


async def test_nobody_sees_a_transaction_before_it_is_committed(database: Database) -> None:
    async def read_meanwhile() -> int:
        return await count(database)

    async with database.transaction() as transaction:
        await transaction.run(ADD, "x")
        reading = asyncio.create_task(read_meanwhile())
        await transaction.run(ADD, "y")
        assert not reading.done()
    assert await reading == 2


async def test_asking_the_database_inside_a_transaction_is_an_error_not_a_deadlock(
    database: Database,
) -> None:
    async with database.transaction() as transaction:
        with pytest.raises(RuntimeError):
            await database.rows(COUNT)
        with pytest.raises(RuntimeError):
            async with database.transaction():
                pass
        await transaction.run(ADD, "fine")
    assert await count(database) == 1


async def test_a_hundred_tasks_lose_nothing(database: Database) -> None:
    await database.rows(ADD, "0")

    async def add_one() -> None:
        async with database.transaction() as transaction:
            [(value,)] = await transaction.rows("SELECT tried FROM link_tries")
            await transaction.run("UPDATE link_tries SET tried = ?", value + 1)

    await asyncio.gather(*(add_one() for _ in range(100)))
    assert await database.rows("SELECT tried FROM link_tries") == [(100.0,)]


async def test_a_closed_database_says_so(path: Path) -> None:
    async with open_database(path) as database:
        pass
    with pytest.raises(DatabaseUnavailableError) as caught:
        await count(database)
    assert caught.value.details["reason"] == "closed"


async def test_closing_waits_for_the_transaction_under_way(path: Path) -> None:
    async with open_database(path) as database:
        begun = asyncio.Event()

        async def work() -> None:
            async with database.transaction() as transaction:
                await transaction.run(ADD, "x")
                begun.set()
                await transaction.rows(SLOW)

        task = asyncio.create_task(work())
        await begun.wait()
    await task
    async with open_database(path) as database:
        assert await count(database) == 1


async def test_half_a_character_is_refused_without_being_quoted(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StorageError) as caught:
        await database.rows(ADD, f"{CANARY}\ud83d")
    logging.getLogger("somebody").error("failed", exc_info=caught.value)
    assert CANARY not in caplog.text
    assert await count(database) == 0


async def test_no_value_reaches_a_log_at_any_level(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="aiosqlite")
    await database.rows(ADD, CANARY)
    with pytest.raises(StorageError) as caught:
        await database.rows("INSERT INTO link_codes VALUES (?, 99, '', '', 0)", CANARY.encode())
    logging.getLogger("somebody").error("failed", exc_info=caught.value)
    assert "storage" in caplog.text
    assert CANARY not in caplog.text
    assert repr(CANARY.encode()) not in caplog.text


@pytest.mark.parametrize(
    "written",
    [b"hello, this is no database\n" * 100, b"\x00\x00", os.urandom(5000), b"SQLite format 3\x00"],
    ids=["text", "two-bytes", "noise", "header-only"],
)
async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(
    path: Path, written: bytes
) -> None:
    put(path, written)
    with pytest.raises(DatabaseCorruptError) as caught:
        await opens(path)
    assert caught.value.code == "storage.corrupt"
    assert content(path) == written


@pytest.fixture
async def full_of_rows(path: Path) -> Path:
    async with open_database(path) as database, database.transaction() as transaction:
        for number in range(3000):
            await transaction.run(ADD, f"account {number}")
    return path


def damage(path: Path, what: Callable[[bytearray], None]) -> None:
    harmed = bytearray(content(path))
    what(harmed)
    put(path, bytes(harmed))


def truncate(harmed: bytearray) -> None:
    del harmed[len(harmed) // 2 :]


def scribble(harmed: bytearray) -> None:
    harmed[40960:81920] = os.urandom(40960)


@pytest.mark.parametrize("harm", [truncate, scribble])
async def test_a_damaged_file_is_noticed_when_opening(
    full_of_rows: Path, harm: Callable[[bytearray], None]
) -> None:
    damage(full_of_rows, harm)
    with pytest.raises(DatabaseCorruptError):
        await opens(full_of_rows)


async def test_a_full_check_finds_what_the_quick_one_does_not(full_of_rows: Path) -> None:
    editor = sqlite3.connect(full_of_rows)
    editor.execute("INSERT INTO accounts VALUES ('t', '1', 99)")
    editor.commit()
    editor.close()
    async with open_database(full_of_rows) as database:
        with pytest.raises(DatabaseCorruptError):
            await database.check()


async def test_a_sound_file_passes_the_full_check(full_of_rows: Path) -> None:
    async with open_database(full_of_rows) as database:
        await database.check()


@pytest.mark.parametrize("place", ["/proc/dragoman.db", "/dev/zero", "/dev/null/dragoman.db"])
async def test_an_impossible_place_gets_a_clear_word(place: str) -> None:
    with pytest.raises(DatabaseUnavailableError) as caught:
        await opens(Path(place))
    assert caught.value.details["path"] == place
    assert caught.value.details["reason"]


async def test_a_folder_or_a_pipe_is_no_database(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(DatabaseUnavailableError):
            await opens(place)


async def test_another_programs_database_is_refused_and_left_as_it_is(path: Path) -> None:
    put(path, b"")
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    permit(path, 0o644)
    before = content(path)
    with pytest.raises(DatabaseForeignError):
        await opens(path)
    assert content(path) == before
    assert mode(path) == 0o644


async def test_a_newer_file_is_refused_and_left_as_it_is(path: Path) -> None:
    await opens(path)
    editor = sqlite3.connect(path)
    editor.execute("PRAGMA user_version = 4711")
    editor.close()
    before = content(path)
    with pytest.raises(DatabaseNewerError) as caught:
        await opens(path)
    assert caught.value.details["version"] == 4711
    assert content(path) == before


async def test_a_full_disk_is_said_and_costs_nothing_that_was_kept(database: Database) -> None:
    await database.rows(ADD, "kept")
    [(pages,)] = await database.rows("PRAGMA page_count")
    await database.rows(f"PRAGMA max_page_count = {pages + 2}")

    async def fill() -> None:
        async with database.transaction() as transaction:
            for number in range(10_000):
                await transaction.run(ADD, f"{number} " * 100)

    with pytest.raises(DatabaseFullError):
        await fill()
    assert await count(database) == 1
    await database.rows("PRAGMA max_page_count = 1000000")
    await database.rows(ADD, "again")
    await database.check()


async def test_waiting_for_another_process_never_holds_the_loop(path: Path) -> None:
    await opens(path)
    other = sqlite3.connect(path, isolation_level=None)
    async with open_database(path, busy_s=0.5) as database:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(database.rows(ADD, "x"))
        longest = 0.0
        while not waiting.done():
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - before)
        with pytest.raises(DatabaseLockedError):
            await waiting
        other.execute("ROLLBACK")
        await database.rows(ADD, "x")
    other.close()
    assert longest < 0.4


async def test_a_database_behind_a_link_is_the_same_one(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "dragoman.db").symlink_to(tmp_path / "disk" / "dragoman.db")
    for _ in range(2):
        async with sole_owner(tmp_path / "dragoman.db"), open_database(tmp_path / "dragoman.db"):
            with pytest.raises(DatabaseLockedError):
                async with sole_owner(tmp_path / "disk" / "dragoman.db"):
                    pass
    assert (tmp_path / "dragoman.db").is_symlink()
