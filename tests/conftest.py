"""Every test runs under a guard: code that blocks the event loop fails it.

Examples of hypothesis have no deadline: a busy machine is no defect. What needs an extra is left
out where it is not installed, and so is what is of its absence where it is.
"""

import signal
from collections.abc import Iterable, Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import settings

from tests.extras import HERE

# Shells start what runs in the background so that it ignores this, and so do its own programs.
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def loop_guard() -> Iterator[BlockBuster]:
    """Fail the test if the event loop is blocked."""
    with blockbuster_ctx() as guard:
        yield guard


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Leave out what can't be shown with the extras that are here, and say so."""
    for item in items:
        for wish, is_wanted in (("needs", True), ("lacks", False)):
            for mark in item.iter_markers(wish):
                (extra,) = mark.args
                if HERE[extra] is not is_wanted:
                    state = "not installed" if is_wanted else "installed"
                    item.add_marker(pytest.mark.skip(reason=f"the extra {extra} is {state}"))
