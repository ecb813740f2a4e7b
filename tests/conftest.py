"""Every test runs under a guard: code that blocks the event loop fails it."""

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx


@pytest.fixture(autouse=True)
def loop_guard() -> Iterator[BlockBuster]:
    """Fail the test if the event loop is blocked."""
    with blockbuster_ctx() as guard:
        yield guard
