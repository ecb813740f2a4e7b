from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from storage.database import Database, open_database
from tests.storage.surroundings import SetClock


@pytest.fixture(autouse=True)
def loop_guard() -> Iterator[BlockBuster]:
    """Storage must not block the loop; the tests themselves may."""
    with blockbuster_ctx(scanned_modules=["storage"]) as guard:
        yield guard


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "dragoman.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    async with open_database(path) as opened:
        yield opened
