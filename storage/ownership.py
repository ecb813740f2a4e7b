"""One program serves one database: a second would answer the same people again."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pipeline.errors import DatabaseLockedError, DatabaseUnavailableError


@asynccontextmanager
async def sole_owner(database: Path) -> AsyncIterator[None]:
    """Be the only program that serves the database, until the body ends or the process dies.

    A lock of the kernel on a file beside it, so that a crash leaves nothing behind; reading and
    backing up the database need no ownership. Raises DatabaseLockedError when another program
    has it, and DatabaseUnavailableError.
    """
    descriptor = await asyncio.to_thread(_locked, database)
    try:
        yield
    finally:
        os.close(descriptor)


def _locked(database: Path) -> int:
    database = database.expanduser().resolve()  # one lock, by whichever name
    path = database.with_name(f"{database.name}.lock")
    try:
        database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise DatabaseUnavailableError(
            path=str(database), reason=error.strerror or "no lock"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise DatabaseLockedError(path=str(database)) from None
        raise DatabaseUnavailableError(
            path=str(database), reason=error.strerror or "no lock"
        ) from None
    return descriptor
