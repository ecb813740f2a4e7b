"""How many cores may be used: those of the machine, less what the process is held to."""

import math
import os
from pathlib import Path

import pytest

from bot import cores

HERE = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("written", "allowed"),
    [
        ("50000 100000\n", 1),
        ("100000 100000\n", 1),
        ("150000 100000\n", 2),
        ("9900000 100000\n", 99),
    ],
)
def test_a_container_s_bound_is_kept_to(tmp_path: Path, written: str, allowed: int) -> None:
    (tmp_path / "cpu.max").write_text(written)
    assert cores.usable(tmp_path / "cpu.max") == min(HERE, allowed)
    assert cores.quota(tmp_path / "cpu.max") == allowed


@pytest.mark.parametrize("written", ["max 100000\n", "", "max", "0 100000", "1 0", "-1 -1", "x y"])
def test_without_a_bound_all_are_usable(tmp_path: Path, written: str) -> None:
    (tmp_path / "cpu.max").write_text(written)
    assert cores.quota(tmp_path / "cpu.max") == math.inf
    assert cores.usable(tmp_path / "cpu.max") == HERE


def test_where_nothing_tells_of_a_bound_all_are_usable(tmp_path: Path) -> None:
    assert cores.usable(tmp_path / "absent") == HERE
    assert cores.usable(tmp_path) == HERE


def test_a_process_that_is_held_to_one_core_uses_one(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert cores.usable(tmp_path / "absent") == 1
    finally:
        os.sched_setaffinity(0, before)
