"""Workers for tests, and eyes for processes."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable

import psutil

from pipeline.confinement import Confinement
from pipeline.workers import ProcessWorker

NAME = "test"


def process_worker(  # noqa: PLR0913 - bounds, each by keyword
    *,
    timeout_s: float = 20.0,
    start_timeout_s: float = 20.0,
    max_memory_mb: int | None = None,
    calls_before_renewal: int | None = None,
    close_grace_s: float = 1.0,
    niceness: int = 0,
    idle_s: float | None = None,
    confinement: Confinement | None = None,
) -> ProcessWorker:
    return ProcessWorker(
        name=NAME,
        timeout_s=timeout_s,
        start_timeout_s=start_timeout_s,
        max_memory_mb=max_memory_mb,
        calls_before_renewal=calls_before_renewal,
        close_grace_s=close_grace_s,
        niceness=niceness,
        idle_s=idle_s,
        confinement=confinement,
    )


async def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - processes set no events
            await asyncio.sleep(0.01)


def exists(pid: int) -> bool:
    """Tell whether the process is there; our own zombies are."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def running(pid: int) -> bool:
    """Tell whether the process runs; an orphan that nobody has reaped yet does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def held() -> tuple[int, int]:
    """Count the open descriptors, and the threads of the workers made here.

    Threads are told by their name: loops' executors, and threads of other tests, come and go.
    """
    threads = [thread for thread in threading.enumerate() if thread.name == NAME]
    return len(os.listdir("/proc/self/fd")), len(threads)  # noqa: PTH208 - counted, not read
