import asyncio
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import DatabaseLockedError
from storage.database import open_database
from tests.storage.children import child, line
from tests.storage.surroundings import permit


async def test_two_processes_on_a_new_file_each_take_what_the_other_did_not(path: Path) -> None:
    async with child("take", path) as one, child("take", path) as two:
        (first, _), (second, _) = await asyncio.wait_for(
            asyncio.gather(one.communicate(), two.communicate()), 30
        )
        assert (one.returncode, two.returncode) == (0, 0)
    taken = [int(number) for number in (first + second).split()]
    assert sorted(taken) == list(range(200))


@pytest.mark.parametrize("committed", [1, 7, 40])
async def test_a_writer_killed_in_the_act_loses_nothing_that_it_committed(
    path: Path, committed: int
) -> None:
    async with child("write", path) as process:
        for _ in range(committed):
            last = int(await line(process))
        process.send_signal(signal.SIGKILL)
        rest = (await process.communicate())[0].split()
    last = int(rest[-1]) if rest else last
    async with open_database(path) as database:
        await database.check()
        rows = await database.rows("SELECT platform, account FROM link_tries")
    left = {int(account.split()[0]) for half, account in rows if half == "left"}
    right = {int(account.split()[0]) for half, account in rows if half == "right"}
    assert left == right
    assert left >= set(range(last + 1))


async def test_a_file_that_another_process_keeps_gets_a_clear_word(path: Path) -> None:
    async with open_database(path):
        pass
    async with child("hold", path) as holder:
        assert await line(holder) == "held"
        with pytest.raises(DatabaseLockedError) as caught:
            async with open_database(path, busy_s=0.1):
                pass
        assert caught.value.details["path"] == str(path)
        assert holder.stdin is not None
        holder.stdin.close()
        await holder.wait()
    async with open_database(path, busy_s=0.1) as database:
        await database.check()


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that an unprivileged process reaches, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


async def test_a_file_that_may_only_be_read_gets_a_clear_word(public_folder: Path) -> None:
    path = public_folder / "dragoman.db"
    async with open_database(path):
        pass
    permit(path, 0o444)
    permit(public_folder, 0o555)
    async with child("look", path) as process:
        assert await line(process) == "storage.unavailable"


async def test_a_folder_that_may_not_be_written_gets_a_clear_word(public_folder: Path) -> None:
    permit(public_folder, 0o555)
    async with child("look", public_folder / "deeper" / "dragoman.db") as process:
        assert await line(process) == "storage.unavailable"
