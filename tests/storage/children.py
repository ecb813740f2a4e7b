"""Processes of their own, which do something to a database and may be killed at it."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("another_process.py")


@asynccontextmanager
async def child(verb: str, path: Path, *more: Path) -> AsyncIterator[Process]:
    """Run a verb of ``another_process``; it does not outlive the body."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        CHILD,
        verb,
        path,
        *more,
        stdin=PIPE,
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def line(process: Process) -> str:
    """Return the next line that it says; empty at its end."""
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
