"""A copy takes the database's place: after a mishap, or to go back to an older release."""

import asyncio
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources.abc import Traversable
from pathlib import Path

from pipeline.errors import DatabaseCorruptError, DatabaseNewerError, DatabaseUnavailableError
from storage import files
from storage.database import Database, connected, uninterrupted
from storage.ownership import sole_owner
from storage.schema import MIGRATIONS, scripts
from storage.sealing import Seal, prove

_log = logging.getLogger(__name__)


async def restore(
    copy: Path, path: Path, seal: Seal | None = None, *, migrations: Traversable = MIGRATIONS
) -> Path | None:
    """Put the copy in the database's place; return where what was there lies now, if anything was.

    The copy stays as it is, and is brought up to date only when the database is opened. Killed at
    any moment, the database is the one or the other. With ``seal``, what is kept of voices must
    open with it. Raises DatabaseLockedError while a program serves or reads the database, and
    DatabaseUnavailableError, DatabaseForeignError, DatabaseNewerError, DatabaseCorruptError,
    DatabaseFullError and SealError; nothing is changed then.
    """
    known = len(await asyncio.to_thread(scripts, migrations))
    copy, path = [await asyncio.to_thread(files.absolute, each) for each in (copy, path)]
    async with sole_owner(path):
        with files.unavailable(path):
            await asyncio.to_thread(files.clear, path)
        part = files.part_to_restore(path)
        try:
            with files.unavailable(path):
                await uninterrupted(asyncio.to_thread(_duplicate, copy, path, part))
            with _another_wanted():
                await uninterrupted(_prove(part, copy, known, seal))
            await uninterrupted(_fold(path, known))
            with files.unavailable(path):
                return await uninterrupted(asyncio.to_thread(_switch, part, path))
        finally:
            await uninterrupted(asyncio.to_thread(_remove, part))


def _duplicate(copy: Path, path: Path, part: Path) -> None:
    """Copy the file's bytes, and those of its log: opening it would change what is beside it."""
    if not copy.is_file():
        raise DatabaseUnavailableError(path=str(copy), reason="missing")
    files.create_copy(part, copy, path)
    for suffix in ("", "-wal"):
        with suppress(FileNotFoundError), files.beside(copy, suffix).open("rb") as source:
            target = files.beside(part, suffix)
            files.create(target)
            with target.open("wb") as sink:
                shutil.copyfileobj(source, sink)


async def _prove(part: Path, copy: Path, known: int, seal: Seal | None) -> None:
    """Raise StorageError, which names the copy, unless the part is a whole database of ours."""
    async with connected(part, busy_s=0) as connection:
        database = Database(connection, copy)
        for pragma in ("PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON"):
            await database.rows(pragma)
        if not await database.version(known):
            raise DatabaseCorruptError(path=str(copy), reason="empty")
        await database.check()
        is_sealed = await database.row("SELECT 1 FROM sqlite_schema WHERE name = 'seals'")
        if seal is not None and is_sealed:
            await prove(database, seal)
        await database.rows("PRAGMA journal_mode = DELETE")


@contextmanager
def _another_wanted() -> Iterator[None]:
    """Have it said of a damaged copy that another one is needed, and not that it be restored."""
    try:
        yield
    except DatabaseCorruptError as error:
        raise DatabaseCorruptError(**error.details, step="another") from error


async def _fold(path: Path, known: int) -> None:
    """Bring the log of what is there into its file, so that one name moves all of it.

    Raises DatabaseForeignError and DatabaseLockedError. What is damaged may well be set aside,
    and so may what a newer release has written.
    """
    if not await asyncio.to_thread(path.exists):
        return
    try:
        async with connected(path, busy_s=5) as connection:
            database = Database(connection, path)
            with suppress(DatabaseNewerError):
                await database.version(known)
            await database.rows("PRAGMA journal_mode = DELETE")
    except (DatabaseCorruptError, DatabaseUnavailableError) as error:
        _log.warning("what is replaced can't be read", extra={"code": error.code})


def _switch(part: Path, path: Path) -> Path | None:
    aside = files.set_aside(path) if path.exists() else None
    # A log that is left would be taken for the new file's. See files.clear for a death from here.
    for suffix in files.SIDES:
        left = files.beside(path, suffix)
        with suppress(FileNotFoundError):
            if aside is not None and suffix == "-wal":
                left.replace(files.beside(aside, suffix))
            else:
                left.unlink()
    files.put_in_place(part, path)
    return aside


def _remove(part: Path) -> None:
    for suffix in ("", "-journal", *files.SIDES):
        files.beside(part, suffix).unlink(missing_ok=True)
