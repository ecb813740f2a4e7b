"""How many cores this process may use, which are often fewer than the machine has."""

import math
import os
from pathlib import Path
from typing import Final

CPU_MAX: Final = Path("/sys/fs/cgroup/cpu.max")
"""Where a container sees its own bound, under version 2 of control groups."""


def usable(cpu_max: Path = CPU_MAX) -> int:
    """Return how many cores this process may keep busy, 1 or more."""
    affinity = getattr(os, "sched_getaffinity", None)
    here = len(affinity(0)) if affinity else os.cpu_count() or 1
    return int(min(here, quota(cpu_max)))


def quota(cpu_max: Path) -> float:
    """Return the cores that such a file allows, rounded up; infinity without a bound.

    It holds two numbers of µs, which may be used of how many; or ``max`` for the first.
    """
    try:
        used, period = map(int, cpu_max.read_text("ascii").split())
    except (OSError, ValueError):
        return math.inf
    return math.ceil(used / period) if used > 0 and period > 0 else math.inf
