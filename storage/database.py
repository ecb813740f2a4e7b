"""One SQLite file: open, migrate, transact, back up. No other file knows aiosqlite."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import aiosqlite

from pipeline.errors import (
    DatabaseCopyError,
    DatabaseCorruptError,
    DatabaseForeignError,
    DatabaseFullError,
    DatabaseLockedError,
    DatabaseMigrationError,
    DatabaseNewerError,
    DatabaseUnavailableError,
    StorageError,
)
from storage import files
from storage.ownership import sole_owner
from storage.schema import MIGRATIONS, scripts, statements

Value: TypeAlias = str | bytes | int | float | None
Row: TypeAlias = tuple[Any, ...]
"""One row of a result; the migrations' STRICT tables say what its columns are."""

_T = TypeVar("_T")

_log = logging.getLogger(__name__)

_APPLICATION_ID: Final = 0x44524147
"""Marks the file as ours (``DRAG``), so that no other program's database is ever migrated."""
_OLDEST_SQLITE: Final = (3, 37, 0)
"""The first release with STRICT tables."""

_ERRORS: Final[dict[int, type[StorageError]]] = {
    sqlite3.SQLITE_CORRUPT: DatabaseCorruptError,
    sqlite3.SQLITE_NOTADB: DatabaseCorruptError,
    sqlite3.SQLITE_BUSY: DatabaseLockedError,
    sqlite3.SQLITE_LOCKED: DatabaseLockedError,
    sqlite3.SQLITE_PROTOCOL: DatabaseLockedError,
    sqlite3.SQLITE_FULL: DatabaseFullError,
    sqlite3.SQLITE_AUTH: DatabaseUnavailableError,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnavailableError,
    sqlite3.SQLITE_IOERR: DatabaseUnavailableError,
    sqlite3.SQLITE_PERM: DatabaseUnavailableError,
    sqlite3.SQLITE_READONLY: DatabaseUnavailableError,
}
_LEFT_OUT: Final = ("cached", "call_lines", "open_calls", "link_codes", "voices")
"""Tables that are empty in copies; what hangs on their rows goes with them."""


class Transaction:
    """What may be awaited between begin and commit: SQL, and nothing else."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        """Return every row of the result."""
        return [tuple(row) for row in await self._connection.execute_fetchall(sql, values)]

    async def row(self, sql: str, *values: Value) -> Row | None:
        """Return the first row of the result, if there is one."""
        rows = await self.rows(sql, *values)
        return rows[0] if rows else None

    async def run(self, sql: str, *values: Value) -> int:
        """Execute a statement without a result; return how many rows it changed."""
        async with self._connection.execute(sql, values) as cursor:
            return cursor.rowcount


class Database:
    """An open database. One connection, one transaction at a time."""

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self.path = path
        self._connection = connection
        self._statements = Transaction(connection)
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None
        self._closed = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commit what the body did, or undo it if the body fails or is cancelled.

        Await nothing but the transaction's SQL in the body: everybody else waits for it.
        Raises StorageError.
        """
        async with self._held():
            try:
                await self._statements.rows("BEGIN IMMEDIATE")
                yield self._statements
                await uninterrupted(self._connection.commit())
            except BaseException:
                await uninterrupted(self._connection.rollback())
                raise

    async def rows(self, sql: str, *values: Value) -> list[Row]:
        """Execute one statement as a transaction of its own; return every row of its result.

        Raises StorageError.
        """
        async with self._held():
            return await self._statements.rows(sql, *values)

    async def row(self, sql: str, *values: Value) -> Row | None:
        """Execute one statement as a transaction of its own; return the first row, if any.

        Raises StorageError.
        """
        rows = await self.rows(sql, *values)
        return rows[0] if rows else None

    async def scrub(self) -> None:
        """Overwrite what deleted rows left behind; call after erasing. Raises StorageError.

        The file's own pages are overwritten on deletion (``secure_delete``), the write-ahead log
        is emptied here, or later where another process is just reading.
        """
        done = await self.row("PRAGMA wal_checkpoint(TRUNCATE)")
        if done is None or done[0]:
            _log.warning("erased data stays in the write-ahead log until no one reads")

    async def check(self) -> None:
        """Read every page and index. Raises DatabaseCorruptError; may take seconds."""
        await _check(self, "PRAGMA integrity_check(1)")
        if await self.rows("PRAGMA foreign_key_check"):
            raise DatabaseCorruptError(path=str(self.path), reason="dangling reference")

    async def forget_copies(self) -> None:
        """Remove the copies that were kept before upgrades over 30 days ago; call now and then.

        Raises StorageError.
        """
        with files.unavailable(self.path):
            await asyncio.to_thread(files.forget_copies, self.path)

    async def version(self, known: int) -> int:
        """Return the number of its schema, which may be up to ``known``; 0 if it is empty.

        Raises DatabaseForeignError and DatabaseNewerError.
        """
        [(identity,)] = await self.rows("PRAGMA application_id")
        [(tables,)] = await self.rows("SELECT count(*) FROM sqlite_schema")
        if identity != _APPLICATION_ID and (identity or tables):
            raise DatabaseForeignError(path=str(self.path))
        [(version,)] = await self.rows("PRAGMA user_version")
        if version > known:
            raise DatabaseNewerError(path=str(self.path), version=version, known=known)
        return int(version)

    async def _prepare(self, wanted: tuple[str, ...], *, owned: bool) -> None:
        """Refuse what is not ours or not sound, before anything is written; then migrate."""
        version = await self.version(len(wanted))
        await _check(self, "PRAGMA quick_check(1)")
        [(mode,)] = await self.rows("PRAGMA journal_mode = WAL")
        if mode != "wal":
            raise DatabaseUnavailableError(path=str(self.path), reason="no write-ahead log here")
        for pragma in (
            "PRAGMA synchronous = NORMAL",
            "PRAGMA secure_delete = ON",
            "PRAGMA temp_store = MEMORY",
            "PRAGMA trusted_schema = OFF",
            "PRAGMA cell_size_check = ON",
        ):
            await self.rows(pragma)
        if not 0 < version < len(wanted):
            await self._migrate(wanted)
        else:
            async with nullcontext() if owned else sole_owner(self.path):
                version = await self.version(len(wanted))
                if version < len(wanted):
                    await self._keep_copy(version, len(wanted))
                await self._migrate(wanted)
        # Only now: a migration that rebuilds a table needs the references to look away.
        await self.rows("PRAGMA foreign_keys = ON")

    async def _keep_copy(self, version: int, known: int) -> None:
        """Keep what the release before can open; raises DatabaseCopyError."""
        target = files.copy_of(self.path, version)
        try:
            await _back_up(self.path, target, known)
        except DatabaseCorruptError:
            raise
        except StorageError as error:
            reason = error.details.get("reason", error.code)
            raise DatabaseCopyError(path=str(target), reason=reason) from error
        _log.info("a copy is kept from before the upgrade", extra={"version": version})

    async def _migrate(self, wanted: tuple[str, ...]) -> None:
        """Apply what is missing, all of it or nothing."""
        number = 0
        try:
            async with self.transaction() as transaction:
                [(version,)] = await transaction.rows("PRAGMA user_version")
                for number, script in enumerate(wanted[version:], start=version + 1):
                    await _apply(transaction, script, number)
        except StorageError as error:
            if type(error) is not StorageError:
                raise
            raise DatabaseMigrationError(path=str(self.path), version=number) from error

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        if self._owner is not None and self._owner is task:
            raise RuntimeError("inside a transaction, use the transaction")
        async with self._lock:
            if self._closed:
                raise DatabaseUnavailableError(path=str(self.path), reason="closed")
            self._owner = task
            try:
                with _translated(self.path):
                    yield
            finally:
                self._owner = None

    async def _close(self) -> None:
        async with self._lock:
            self._closed = True


@asynccontextmanager
async def open_database(
    path: Path, *, busy_s: float = 5.0, migrations: Traversable = MIGRATIONS, owned: bool = False
) -> AsyncIterator[Database]:
    """Open the database, creating it and its folder if need be, and bring it up to date.

    The file is for its owner alone (mode 0600). Durable when the process dies; a power cut may
    cost the last moments, never the file. Another process that holds the file is waited for
    ``busy_s`` seconds. ``migrations`` is a folder of ``0001_what.sql`` and on; those that are
    missing are applied as a whole, after a copy was kept beside the file, and only where no other
    program serves it: ``owned`` says that the caller is its sole owner already.
    Raises DatabaseUnavailableError, DatabaseLockedError, DatabaseCorruptError,
    DatabaseForeignError, DatabaseNewerError, DatabaseCopyError, DatabaseMigrationError and
    DatabaseFullError.
    """
    # aiosqlite writes every statement with its values, which people may have said, to this log.
    logging.getLogger("aiosqlite").addFilter(_not_debug)
    wanted = await asyncio.to_thread(scripts, migrations)
    path = await asyncio.to_thread(files.absolute, path)
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        reason = f"SQLite {sqlite3.sqlite_version} is too old"
        raise DatabaseUnavailableError(path=str(path), reason=reason)
    with files.unavailable(path):
        if owned:
            await asyncio.to_thread(files.clear, path)
        await asyncio.to_thread(files.create, path)
    async with connected(path, busy_s) as connection:
        database = Database(connection, path)
        try:
            await database._prepare(wanted, owned=owned)  # noqa: SLF001 - opening is part of the class
            with files.unavailable(path):
                await asyncio.to_thread(files.restrict, path)
            yield database
        finally:
            await uninterrupted(database._close())  # noqa: SLF001 - as above


async def back_up(source: Path, target: Path) -> None:
    """Write a checked copy of the database while others go on; replace what was there, at once.

    The copy is one file of mode 0600, with the schema that the database has. It leaves out what
    the database holds only for a while, and voices: one that was deleted must not come back.
    Raises StorageError.
    """
    known = len(await asyncio.to_thread(scripts))
    source, target = [await asyncio.to_thread(files.absolute, each) for each in (source, target)]
    if not await asyncio.to_thread(source.is_file):
        raise DatabaseUnavailableError(path=str(source), reason="missing")
    await _back_up(source, target, known)


async def _back_up(source: Path, target: Path, known: int) -> None:
    part = files.part_of(target)
    with files.unavailable(target), _damage_of(source):
        try:
            await uninterrupted(asyncio.to_thread(files.create_copy, part, target, source))
            await uninterrupted(_copy(source, part, target, known))
            await uninterrupted(asyncio.to_thread(files.put_in_place, part, target))
        finally:
            await uninterrupted(asyncio.to_thread(part.unlink, missing_ok=True))


async def _copy(source: Path, part: Path, target: Path, known: int) -> None:
    async with connected(part, busy_s=0) as sink, connected(source, busy_s=5) as origin:
        with _translated(target):
            await origin.backup(sink)
        copied = Database(sink, source)
        await copied.version(known)
        copy = Database(sink, target)
        tables = await copy.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
        for statement in (
            "PRAGMA secure_delete = ON",
            "PRAGMA journal_mode = DELETE",
            *(f"DELETE FROM {name}" for name in _LEFT_OUT if (name,) in tables),  # noqa: S608 - names of ours
            "VACUUM",
        ):
            await copy.rows(statement)
        await copied.check()


@contextmanager
def _damage_of(source: Path) -> Iterator[None]:
    """Name the source for damage, wherever it was met: the copy is new, and as whole as that."""
    try:
        yield
    except DatabaseCorruptError as error:
        raise DatabaseCorruptError(**{**error.details, "path": str(source)}) from error


@asynccontextmanager
async def connected(path: Path, busy_s: float) -> AsyncIterator[aiosqlite.Connection]:
    """Open the file with SQLite, and nothing else; raises StorageError."""
    connection = aiosqlite.connect(path, timeout=busy_s, isolation_level=None)

    async def start() -> None:
        await connection

    try:
        with _translated(path):
            await uninterrupted(start())
        yield connection
    finally:
        with _translated(path):
            await uninterrupted(connection.close())


async def _apply(transaction: Transaction, script: str, number: int) -> None:
    for statement in statements(script):
        await transaction.run(statement)
    if await transaction.rows("PRAGMA foreign_key_check"):
        raise StorageError(reason="dangling reference")
    await transaction.run(f"PRAGMA application_id = {_APPLICATION_ID}")
    await transaction.run(f"PRAGMA user_version = {number}")


async def _check(database: Database, pragma: str) -> None:
    [(problem,)] = await database.rows(pragma)
    if problem != "ok":
        raise DatabaseCorruptError(path=str(database.path), reason="failed its check")


async def uninterrupted(work: Coroutine[Any, Any, _T]) -> _T:
    """Finish the work even if the task is cancelled meanwhile; then the cancellation goes on."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as cancellation:
            cancelled = cancellation
    if cancelled is not None:
        task.exception()
        raise cancelled
    return task.result()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours; none of them quotes a value."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        reason = getattr(error, "sqlite_errorname", type(error).__name__)
        raise _ERRORS.get(code, StorageError)(path=str(path), reason=reason) from error
    except UnicodeEncodeError:
        # It carries the whole value, so it must not be the cause of what is logged.
        raise StorageError(path=str(path), reason="half a character") from None


def _not_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG
