"""Every test runs under a guard: code that blocks the event loop fails it.

Examples of hypothesis have no deadline: a busy machine is no defect.
"""

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def loop_guard() -> Iterator[BlockBuster]:
    """Fail the test if the event loop is blocked."""
    with blockbuster_ctx() as guard:
        yield guard
