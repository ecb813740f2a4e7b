"""Two programs on one database would both answer."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import DatabaseLockedError, DatabaseUnavailableError
from storage.ownership import sole_owner

HOLD = """
import asyncio, sys
from pathlib import Path
from storage.ownership import sole_owner

async def main():
    async with sole_owner(Path(sys.argv[1])):
        print("held", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_a_second_owner_is_refused_and_the_first_is_not_hurt(tmp_path: Path) -> None:
    database = tmp_path / "new" / "d.db"
    async with sole_owner(database):
        for _ in range(2):
            with pytest.raises(DatabaseLockedError) as caught:
                async with sole_owner(database):
                    pass
            assert caught.value.details["path"] == str(database)
    async with sole_owner(database):
        pass


def test_a_killed_owner_leaves_nothing_behind(tmp_path: Path) -> None:
    database = tmp_path / "d.db"
    arguments = [sys.executable, "-c", HOLD, str(database)]
    for _ in range(2):
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as owner:
            assert owner.stdout is not None
            assert owner.stdout.readline() == b"held\n"
            refused = subprocess.run(arguments, capture_output=True, check=False, timeout=30)
            assert b"DatabaseLockedError" in refused.stderr
            owner.kill()


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnavailableError):
        async with sole_owner(tmp_path / "file" / "d.db"):
            pass


async def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "d.db.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(DatabaseUnavailableError):
        async with sole_owner(tmp_path / "d.db"):
            pass
    assert not (tmp_path / "precious").exists()
