from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from storage.database import Database, open_database


@dataclass
class SetClock:
    """A clock that goes only when it is told to."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


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
